/* SPDX-License-Identifier: MIT */
/* Uevents to whoever listens in a network namespace: as the kernel sends them
 * (udevd, udevadm monitor -k), and as udevd passes them on (libudev). */
#ifndef VAP_BASE_NETLINK_H
#define VAP_BASE_NETLINK_H

#include <stdbool.h>
#include <stddef.h>

/* The most that the kernel takes. */
#define NETLINK_MAX 2048

/**
 * A descriptor for the namespace this process is in.
 *
 * Returns it, the caller's; -EPERM, -EPROTONOSUPPORT, -EMFILE
 */
int netlink_open(void);

/**
 * Sends an event in the kernel's name, which gives it its SEQNUM, and, when
 * udev is set, passes it on as udevd would.
 *
 * text     "add@/devices/ap/card07", NUL, "ACTION=add", NUL, ...; without
 *          SEQNUM, with SUBSYSTEM
 *
 * Returns  0; -EPERM without CAP_SYS_ADMIN over the namespace, or, for udev,
 *          CAP_NET_ADMIN; -EMSGSIZE; -ETIMEDOUT it did not come back
 * Source   Linux 6.12 lib/kobject_uevent.c, uevent_net_rcv_skb(); systemd 252
 *          device-monitor.c, struct monitor_netlink_header
 */
int netlink_send(int fd, const char *text, size_t length, bool udev);

/* The header of a message between udevd and libudev, for an event's text with
 * all its variables. Out: the whole message, of at most size bytes. Returns
 * its length, or -EMSGSIZE. */
long netlink_udev_message(const char *text, size_t length, char *out,
                          size_t size);

#endif
