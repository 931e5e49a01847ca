/* SPDX-License-Identifier: MIT */
/* The smallest sets of actions that give a guest what it lacks. Every set is
 * tried: planned on the host, under its rule, with its vetoes; none is
 * guessed. */
#ifndef VAP_MATRIX_REMEDY_H
#define VAP_MATRIX_REMEDY_H

#include "matrix/change.h"

/** What a guest is to have. */
enum vap_want {
    VAP_WANT_QUEUE, /* adapter and domain */
    VAP_WANT_ADAPTER, /* with one domain at least */
    VAP_WANT_DOMAIN, /* with one adapter at least */
    VAP_WANT_MDEV /* every adapter that the mdev has and the host too */
};

struct vap_goal {
    enum vap_want want;
    uint32_t mdev; /* it exists */
    uint8_t adapter;
    uint8_t domain;
};

/** What one does about it, in the order in which it is done. */
enum vap_act {
    VAP_ACT_SCAN, /* the bus looks at what the hardware has got */
    VAP_ACT_HOST_ADAPTER, /* the host is given it: adapter */
    VAP_ACT_HOST_DOMAIN, /* domain */
    VAP_ACT_UNASSIGN_ADAPTER, /* of the mdev itself or another: mdev */
    VAP_ACT_UNASSIGN_DOMAIN,
    VAP_ACT_APMASK, /* adapter leaves apmask */
    VAP_ACT_AQMASK, /* domain leaves aqmask */
    VAP_ACT_OVERRIDE, /* the queue gets vfio_ap by its driver_override */
    VAP_ACT_BIND, /* to vfio_ap; it is unbound before, if need be */
    VAP_ACT_ASSIGN_ADAPTER,
    VAP_ACT_ASSIGN_DOMAIN,
    VAP_ACT_RESET /* the guest resets its mdev */
};

struct vap_action {
    enum vap_act act;
    uint32_t mdev;
    uint8_t adapter;
    uint8_t domain;
};

#define VAP_REMEDY_ACTIONS 256 /* the most of one remedy */
#define VAP_REMEDY_REQUESTS (3 * VAP_REMEDY_ACTIONS + 1) /* of its requests */

/** A set that works, and what comes of it. */
struct vap_remedy {
    uint32_t mdev; /* the goal's */
    uint32_t n_actions;
    struct vap_action actions[VAP_REMEDY_ACTIONS];
    bool look; /* then the mdev's ap_config is written back as it is, which
                * changes nothing, but the rule looks again */
    uint32_t n_requests; /* that this takes */
    uint32_t gained; /* queues, by the mdev's guest */
    uint32_t lost;
    uint32_t others_gained; /* by the guests of other mdevs */
    uint32_t others_lost;
    uint32_t host_lost; /* by the default driver */
    uint32_t updates; /* of all guests, as one change */
};

/** A search. About 350 KiB; no need to clear it. */
struct vap_remedies {
    /* the caller's */
    struct vap_remedy *found;
    size_t room; /* for so many */
    uint32_t budget; /* so many sets are tried, a few more at the end */

    /* the answer */
    bool met; /* the guest has it; nothing is to be done */
    size_t n; /* found, the least disturbing first */
    bool complete; /* they are all of the smallest sets; without it they work
                    * and no part of one does, but there may be smaller ones
                    * or others */
    bool no_room; /* the change was too small for some set */
    uint32_t tries;

    /* for matrix/ */
    const struct vap_host *host;
    struct vap_change *change;
    uint32_t mdev;
    struct vap_mask adapters; /* that the guest is to have, all of them */
    struct vap_mask domains;
    struct vap_remedy path; /* the set being tried */
    uint32_t limit;
    bool deeper; /* a larger set might do */
    bool unsure; /* ... or one that was not tried */
    struct vap_request requests[VAP_REMEDY_REQUESTS];
};

/**
 * Finds what would give the guest what it lacks. Nothing is changed.
 *
 * scratch  any change with room for one; emptied
 *
 * The size of a set is its number of actions. A look again is none: it does
 * not change the state. Least disturbing: no other guest loses a queue, nor
 * this one, nor the host; few guest updates; many queues gained; few
 * requests.
 */
void vap_remedies(const struct vap_host *host, const struct vap_goal *goal,
                  struct vap_change *scratch, struct vap_remedies *r);

/** The requests a remedy takes, in their order; list has room for
 *  remedy->n_requests, VAP_REMEDY_REQUESTS at most. Returns how many. */
size_t vap_remedy_requests(const struct vap_host *host,
                           const struct vap_remedy *remedy,
                           struct vap_request *list);

#endif
