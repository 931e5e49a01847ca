/* SPDX-License-Identifier: MIT */
/* Why a guest has a queue, an adapter or a domain, or has it not: facts, for
 * others to put in words. */
#ifndef VAP_MATRIX_EXPLAIN_H
#define VAP_MATRIX_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "matrix/host.h"

/** What keeps a thing from a guest, in the order in which one asks. A chain
 *  of causes is a set of these: vap_caused(). */
enum vap_cause {
    VAP_CAUSE_ADAPTER_UNASSIGNED, /* the mdev's matrix lacks it */
    VAP_CAUSE_DOMAIN_UNASSIGNED,
    VAP_CAUSE_OTHER_MDEV, /* another mdev has the queue: its owner */
    VAP_CAUSE_ADAPTER_ABSENT, /* the host configuration lacks it */
    VAP_CAUSE_ADAPTER_UNSCANNED, /* ... but the next scan will find it */
    VAP_CAUSE_DOMAIN_ABSENT,
    VAP_CAUSE_DOMAIN_UNSCANNED,
    VAP_CAUSE_NO_DEVICE, /* the host has both ids, and no such queue */
    VAP_CAUSE_KEPT, /* both masks keep it for the default driver */
    VAP_CAUSE_OVERRIDDEN, /* its driver_override names no vfio_ap */
    VAP_CAUSE_DEFAULT_DRIVER, /* the default driver has it */
    VAP_CAUSE_UNBOUND, /* no driver has it */
    VAP_CAUSE_RESET_FAILED, /* vfio_ap has it, its last reset failed */
    VAP_CAUSE_HOLES, /* it is sound; its adapter has a hole elsewhere */
    VAP_CAUSE_NO_QUEUE_LEFT, /* no adapter, or no domain, is left with it */
    VAP_CAUSE_STALE, /* nothing: the rule has not looked again */

    /* Of what a guest has. */
    VAP_CAUSE_LEFTOVER, /* the state does not give it; the rule has not
                         * looked again */
    VAP_CAUSE_NOT_TOLD, /* guest_matrix has it, the guest's APCB has not */
    VAP_CAUSE_LEAVING, /* the hardware lost it; the next scan takes it */
    VAP_CAUSE_DECONFIGURED, /* it passes the filter and answers nothing; a
                             * reset of its mdev fails with EIO */
    VAP_CAUSE_CHECKSTOPPED,
    VAP_CAUSES
};

static inline bool
vap_caused(uint32_t causes, enum vap_cause cause)
{
    return (causes >> cause & 1) != 0;
}

/** One queue, for one mdev. */
struct vap_queue_facts {
    uint16_t apqn;
    uint32_t mdev; /* n_slots: none was asked about */
    uint32_t owner; /* whose matrix has it; n_slots: nobody's */
    bool given; /* the mdev's guest_matrix has it */
    bool due; /* the state gives it */
    uint32_t causes;
    uint8_t driver; /* enum vap_driver */
    uint8_t override; /* enum vap_driver; VAP_NO_DRIVER: none */
    uint8_t reset_rc; /* of the last reset by vfio_ap; meant with
                       * VAP_CAUSE_RESET_FAILED */
};

/** One adapter, for one mdev. */
struct vap_adapter_facts {
    uint8_t adapter;
    uint32_t mdev;
    bool given; /* the guest_matrix has queues of it */
    bool due;
    uint32_t causes;
    struct vap_mask domains; /* that the mdev has and the host too */
    struct vap_mask holes; /* those where its queue is not sound */
};

/** One domain, for one mdev. */
struct vap_domain_facts {
    uint8_t domain;
    uint32_t mdev;
    bool given; /* the guest_matrix has queues of it */
    bool due;
    uint32_t causes;
    struct vap_mask adapters; /* that the mdev has and the host too */
    struct vap_mask holes; /* those whose queue of it is not sound */
    struct vap_mask sole; /* those of which it is the only hole */
};

/** All of an mdev. */
struct vap_mdev_facts {
    uint32_t mdev;
    struct vap_matrix due; /* what the state gives; one-sided is none */
    struct vap_matrix absent; /* assigned, and the host has it not */
    struct vap_mask holed; /* adapters with a hole */
    struct vap_mask stale; /* adapters due, and not given */
    struct vap_mask leftover; /* adapters given, and not due */
    bool differs; /* its guest_matrix is not what is due */
    bool not_told; /* a guest has it, with another APCB */
};

/** Domains of the matrix, in the host configuration, where the adapter's
 *  queue is not sound. A matrix cannot leave out one queue, so any of them
 *  costs the adapter. */
struct vap_mask vap_holes(const struct vap_host *host,
                          const struct vap_matrix *m, unsigned adapter);

/** mdev: n_slots for a queue that belongs to nobody. */
struct vap_queue_facts vap_explain_queue(const struct vap_host *host,
                                         unsigned apqn, uint32_t mdev);

struct vap_adapter_facts vap_explain_adapter(const struct vap_host *host,
                                             unsigned adapter, uint32_t mdev);
struct vap_domain_facts vap_explain_domain(const struct vap_host *host,
                                           unsigned domain, uint32_t mdev);
void vap_explain_mdev(const struct vap_host *host, uint32_t mdev,
                      struct vap_mdev_facts *facts);

#endif
