/* SPDX-License-Identifier: MIT */
/* From what a host is to what is wanted of it: an order of writes such that
 * none is refused, no guest is ever without a queue that it has before and
 * after, and guests are updated as rarely as can be. It is found in a small
 * model (which guest waits for which) and then carried out, write by write,
 * on a copy of the host by the engine: what a plan says, the engine has said.
 *
 * A step is one write: apmask, aqmask, create, remove, assign_*, unassign_*
 * or ap_config. */
#ifndef VAP_PLANNER_PLANNER_H
#define VAP_PLANNER_PLANNER_H

#include "host/host.h"
#include "planner/wanted.h"

struct plan_step {
    struct vap_request request;
    uint32_t updates; /* guests' APCBs that it sets, as the rule counts */
    unsigned missing; /* queues and control domains that some guest has before
                       * the plan and after it, and lacks after this step */
};

struct plan {
    struct plan_step *steps;
    size_t n;
    uint32_t updates; /* of all steps */
    uint32_t bound; /* no order of writes costs fewer updates */
    size_t gap; /* steps after which a guest lacks what it is to keep. Not 0:
                 * no order keeps it, see below */
    size_t gap_bound; /* no order has a smaller gap */
    unsigned missing; /* of all those steps together */
    bool best; /* no order has a smaller gap, and with that gap fewer updates:
                * known, not guessed */
    char *reason; /* what is wanted cannot be, in words; NULL: it can */
    char *remedy; /* what to do about it; may be NULL */
};

struct plan_wish {
    bool no_ap_config; /* the kernel has no such file: up to 6.9 */
};

/**
 * Plans.
 *
 * host  gets slots and names for mdevs to be; its state is left alone
 * out   the caller's, for plan_done(); also when it returns 1
 *
 * A gap is there only where a kernel forbids every other way: 7.2 refuses to
 * add an adapter to apmask that some mdev has with any domain, also with one
 * that aqmask does not hold, and likewise for aqmask. Then the mdev gives the
 * adapter up for as long as it takes to write the mask.
 *
 * Returns  0        planned; with no step when all is as wanted
 *          1        what is wanted cannot be: *out has reason
 *          -ENOMEM
 * Source   the vetoes: linux-abi.md 2.3, 2.7, 4.4; Linux vfio_ap_ops.c,
 *          ap_bus.c
 */
int plan_make(struct host *host, const struct wanted *wanted,
              const struct plan_wish *wish, struct plan *out);

void plan_done(struct plan *plan);

/** One thing that is not as wanted. */
struct plan_difference {
    enum {
        PLAN_APMASK, /* wanted.adapters, found.adapters */
        PLAN_AQMASK, /* wanted.domains, found.domains */
        PLAN_ABSENT, /* the mdev is not there: wanted */
        PLAN_PRESENT, /* it is, and should not be: found */
        PLAN_MATRIX /* wanted, found */
    } kind;
    const char *mdev; /* lent by the wanted, or by the host */
    struct vap_matrix wanted;
    struct vap_matrix found;
};

/**
 * What is not as wanted, masks first, then mdevs in their order.
 *
 * out  an array on the heap for the caller to free
 *
 * Returns  how many; -ENOMEM
 */
int plan_differences(const struct host *host, const struct wanted *wanted,
                     struct plan_difference **out);

#endif
