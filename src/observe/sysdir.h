/* SPDX-License-Identifier: MIT */
/* A directory that looks like /sys: the machine's own, the tree of a virtual
 * host, or a copy that somebody has unpacked. It is read and never written,
 * and what any user may read is enough. */
#ifndef VAP_OBSERVE_SYSDIR_H
#define VAP_OBSERVE_SYSDIR_H

#include "host/host.h"

/* So often a host is read, at most, until two readings in a row agree. */
#define SYSDIR_READINGS 6

/** What is to be said of a reading beside the host. */
struct sysdir_report {
    char *notes; /* what could not be seen, and what was taken for granted
                  * instead: a line each; "" for none */
    bool settled; /* two readings agreed; without it the host kept changing,
                   * and what was read may never have been true at once */
    char error[256]; /* after 1: why this is no host; one line */
};

/**
 * Reads the host: configuration, masks, cards, queues with their drivers and
 * overrides, mdevs with their matrices, and who of them is in use. Files that
 * a kernel does not have yet (6.1 and on are known) are done without.
 *
 * Its rule is that of the kernel that has such files, linux-7.2 from 6.19 on
 * and linux-6.12 before, and what its guests get is as the kernel shows it,
 * whether the state gives that or not. Not to be seen in any /sys: control
 * domains of guests, which are as the state gives them; which resets
 * failed; which scan of the bus found a queue; who holds an mdev none of whose
 * queues is in use; what a guest is called (it is "guest of NAME").
 *
 * dir     lent
 * out     the caller's from here, with host_free()
 * report  filled in any case; for sysdir_report_done()
 *
 * Returns  0    done
 *          1    refused: it has no AP bus, or no two readings made one state
 *          < 0  could not: -ENOENT, -ENOTDIR, -EACCES, -ENOMEM
 * Source   docs/linux-abi.md; Linux ap_bus.c, ap_queue.c, vfio_ap_ops.c
 */
int sysdir_load(const char *dir, struct host **out,
                struct sysdir_report *report);

void sysdir_report_done(struct sysdir_report *report);

/* Has the directory an AP bus? */
bool sysdir_has_bus(const char *dir);

#endif
