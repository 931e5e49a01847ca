/* SPDX-License-Identifier: MIT */
/* Can another host give a guest what it has here? */
#ifndef VAP_PLANNER_MIGRATE_H
#define VAP_PLANNER_MIGRATE_H

#include "host/host.h"

/** One thing that the other host lacks. */
struct migrate_lack {
    enum {
        LACKS_ADAPTER, /* adapter: not in its configuration */
        LACKS_DOMAIN, /* domain */
        LACKS_CONTROL, /* domain, for control */
        LACKS_TYPE, /* adapter: its card is another, type */
        LACKS_MASK, /* apqn: kept for that host's own drivers */
        LACKS_FREE, /* apqn: in another mdev, holder */
        LACKS_DRIVER, /* apqn: not bound to vfio_ap, or its reset failed */
        LACKS_STATE, /* apqn: deconfigured or checkstopped, and not so here */
        LACKS_NAME, /* an mdev of that name is there and is not empty */
        LACKS_VM /* its guest has another mdev there, holder */
    } what;
    uint8_t adapter;
    uint8_t domain;
    uint32_t holder; /* slot on the other host */
};

struct migrate {
    struct vap_matrix has; /* what the guest has: its guest matrix */
    struct vap_matrix unused; /* assigned, and not in it */
    struct migrate_lack *lacks; /* of the same ids; none: it can */
    size_t n_lacks;
    bool mapped; /* it can give as much under other ids: */
    bool exact; /* not mapped: and there is no way, known and not guessed */
    uint8_t adapter[VAP_IDS]; /* by what it has */
    uint8_t domain[VAP_IDS];
    struct vap_matrix there; /* what its mdev has on the other host: the same
                              * ids, or those mapped to */
};

/**
 * Compares.
 *
 * from, slot  an mdev that exists
 * to          the other host
 * out         the caller's, for migrate_done()
 *
 * A queue counts as given when `to` would give it to a guest as it is now: of
 * the same card type, bound to vfio_ap, in no other mdev, and at work unless it
 * is not at work here either. What nobody sees
 * from outside, a domain's master keys, is not compared. Control domains are
 * mapped as the usage domains of the same number, else to themselves.
 *
 * Returns 0 or -ENOMEM
 */
int migrate_compare(const struct host *from, uint32_t slot,
                    const struct host *to, struct migrate *out);

void migrate_done(struct migrate *m);

#endif
