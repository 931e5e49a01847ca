/* SPDX-License-Identifier: MIT */
/* What anybody asks of a host that lives: the engine's requests, and settings
 * of devices that no guest matrix depends on. */
#ifndef VAP_HOST_REQUEST_H
#define VAP_HOST_REQUEST_H

#include <stdint.h>
#include <sys/types.h>

#include "host/devices_fault.h"
#include "host/host.h"
#include "matrix/request.h"

/** A setting; HOST_ENGINE: it is none, but a request of the engine's. Beside
 *  each: the fields it reads. */
enum host_setting {
    HOST_ENGINE,
    HOST_CARD_ONLINE, /* adapter, value 0 or 1 */
    HOST_CARD_CONFIG, /* adapter, value 0 or 1: SCLP, the card at once and
                       * its queues at the next scan */
    HOST_CARD_COUNT, /* adapter: request_count to 0, its queues' too */
    HOST_QUEUE_ONLINE, /* apqn, value */
    HOST_QUEUE_COUNT, /* apqn */
    HOST_QUEUE_RESET, /* apqn: flush and reset by the bus */
    HOST_AP_DOMAIN, /* value */
    HOST_CONFIG_TIME, /* value, seconds */
    HOST_POLL_THREAD, /* value 0 or 1 */
    HOST_POLL_TIMEOUT, /* value, ns */
    HOST_AUTOPROBE, /* value 0 or 1: new devices are offered to drivers */
    HOST_CARD_DRIVER, /* adapter, value: 1 bind to cex4card, 0 unbind */
    HOST_MATRIX_AUTOPROBE, /* value: of the bus "matrix"; no effect */
    HOST_MDEV_AUTOPROBE, /* value: of the bus "mdev"; no effect */
    HOST_MDEV_UNBIND, /* engine.mdev: removed but for its directory */
    HOST_MDEV_DROP, /* engine.mdev, which was so unbound: that as well */
    HOST_CARD_FAULT, /* adapter, fault, value: all queues, also those to come */
    HOST_QUEUE_FAULT, /* apqn, fault, value */
    HOST_SETTINGS
};

/** One thing asked. A scan is the engine's VAP_SCAN. */
struct host_request {
    enum host_setting setting;
    struct vap_request engine; /* with HOST_ENGINE */
    unsigned adapter;
    uint16_t apqn;
    enum device_fault fault;
    int64_t value;
};

/** Who asks, for the log and for messages. */
struct origin {
    uid_t uid;
    pid_t pid; /* 0 unknown */
    char command[32]; /* /proc/PID/comm, "" unknown */
    const char *door; /* "sysfs", "api", "scan", "start": static */
};

/** Why a list was refused: by the engine, with its why, or by a device. */
struct refusal {
    int error; /* errno number, positive */
    size_t request; /* which of the list, from 0 */
    struct vap_why why; /* verdict VAP_OK: it was a device's setting */
};

/** What has happened since the host was started. */
struct tally {
    uint64_t changes;
    uint64_t refusals;
    uint64_t updates; /* of guests: each stops its processors */
    uint64_t resets; /* of queues by vfio_ap */
};

/** Who owns the state of a living host: what doors (the tree, the API) ask,
 *  on the loop's thread. */
struct owner {
    struct host *host; /* to read */
    struct tally tally; /* to read */

    /**
     * Plans, records, applies and publishes a list as one change. When it
     * returns, whoever reads sees the new state.
     *
     * Returns  0         done
     *          > 0       refused: errno number, *refusal filled. Nothing has
     *                    changed, but for EIO of a VFIO reset
     *          -EINPROGRESS  a remove of an mdev that a guest holds: the guest
     *                    has been asked; ask again when it has closed
     *          other < 0 could not: -ENOSPC, -EIO of the store; -ENOMEM.
     *                    Nothing has changed
     */
    int (*change)(struct owner *owner, const struct origin *origin,
                  const struct host_request *list, size_t n,
                  struct refusal *refusal);

    /**
     * A text was refused before it became a request: for the log. NULL:
     * nobody wants to know.
     *
     * file   the path in the tree, "bus/ap/apmask"
     * text   as it came, of any bytes
     * error  errno number, positive
     */
    void (*refused)(struct owner *owner, const struct origin *origin,
                    const char *file, const char *text, size_t length,
                    int error);
};

#endif
