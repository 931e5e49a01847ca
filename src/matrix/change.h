/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_CHANGE_H
#define VAP_MATRIX_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "matrix/host.h"
#include "matrix/request.h"
#include "matrix/verdict.h"

/** What a change makes of one mdev. What it was is in the host still. */
struct vap_effect {
    uint32_t mdev; /* slot */
    uint32_t updates; /* times the guest's APCB is set, its CPUs stopped */
    uint32_t clears; /* times it is taken away whole */
    struct vap_mdev now;
};

/** ZAPQs of one adapter that answered alike. */
struct vap_reset {
    uint8_t adapter;
    uint8_t rc;
    uint32_t times; /* each of the queues, in a row */
    struct vap_mask domains;
};

/** What a moment of a change is about. */
enum vap_moment_kind {
    VAP_MOMENT_GUEST, /* what an mdev's guest has becomes another */
    VAP_MOMENT_RESET, /* queues are reset */
    VAP_MOMENT_TURN /* queues turn somebody else's, one after the other */
};

/** One of the things that happen in a change, one after the other. */
struct vap_moment {
    enum vap_moment_kind kind;
    uint32_t mdev; /* GUEST: its slot */
    bool apcb; /* GUEST: matrix is what its guest has now; else what
                * guest_matrix shows, and nobody is told */
    struct vap_matrix matrix;
    struct vap_reset queues; /* RESET; TURN: which, their domains by number,
                              * and times that each was reset just before it
                              * left, maybe 0 */
    enum vap_driver to; /* TURN: whose they are now */
    bool gone; /* TURN: nobody's, they have vanished */
};

/** What plan found out: the host as it will be, as far as it differs. About
 *  800 KiB; allocate it once and use it for every plan. */
struct vap_change {
    /* read these */
    uint32_t n_effects;
    struct vap_effect *effects; /* the mdevs touched, in order of touching */
    size_t n_resets;
    struct vap_reset *resets; /* in the order they are to be done: after the
                               * guests have lost, before any has gained */
    size_t n_moments;
    struct vap_moment *moments; /* all of it, in order; NULL: not written
                                 * down. See vap_change_moments() */
    struct vap_mask rows; /* adapters with a queue that changes driver,
                           * override or reset result; see new_row */

    /* for matrix/ */
    const struct vap_host *host;
    struct vap_bus bus;
    struct vap_matrix gained; /* by the host, in this scan */
    struct vap_matrix settle; /* ids whose mdevs `state` looks at again */
    struct vap_mask cold; /* adapters with a copy in new_queue */
    struct vap_mask reset_rows; /* adapters with anything in was_reset */
    struct vap_mask was_reset[VAP_IDS];
    const struct vap_row *row[VAP_IDS];
    const struct vap_queue *queue[VAP_IDS];
    uint32_t *where; /* by slot: effect number + 1, or 0 */
    uint32_t max_effects;
    size_t max_resets;
    size_t max_moments;
    bool each; /* moments are the kernel's, not those of a change that is
                * one to all */
    struct vap_moment spare_moment; /* written when moments are full */
    uint32_t owner[VAP_IDS]; /* by domain, of adapter owner_row */
    unsigned owner_row; /* VAP_IDS: none known */
    bool full;
    struct vap_effect spare; /* written when effects are full */
    struct vap_row new_row[VAP_IDS];
    struct vap_queue new_queue[VAP_IDS][VAP_IDS];
};

/** Why a request was refused: the first reason found. */
struct vap_why {
    enum vap_verdict verdict;
    size_t request; /* which of the list, from 0 */
    uint32_t holder; /* SHARED, IN_USE, VM_TWICE: the other mdev's slot */
    uint16_t apqn; /* RESERVED, SHARED, IN_USE: the queue */
    unsigned limit; /* NO_SUCH_ID: the highest id */
    bool by_driver; /* RESERVED: not by the masks but because an overridden
                     * queue is bound to the default driver */
};

/**
 * Storage for changes of a host with n_slots mdevs.
 *
 * where     n_slots numbers
 * effects   one for each mdev that a change can touch; n_slots is enough
 * resets    1,024 are enough for most; a plan that needs more says
 *           VAP_NO_ROOM, and can be tried again with more
 *
 * All lent for the change's life.
 */
void vap_change_init(struct vap_change *change, uint32_t *where,
                     uint32_t n_slots, struct vap_effect *effects,
                     uint32_t max_effects, struct vap_reset *resets,
                     size_t max_resets);

/**
 * Has plans with this change write down their moments.
 *
 * moments  max of them, lent for the change's life. 1,024 are enough for
 *          most; a plan that needs more says VAP_NO_ROOM
 *
 * A single request under a linux-* rule has the moments of that kernel:
 * a guest matrix, the resets that go with it, each queue's way from driver to
 * driver. A list, and every change under the other rules, is one to all who
 * look at it: guests lose, queues are reset, they turn, guests gain.
 *
 * Not in it are masks, matrices and ids, which are as wanted before anything
 * follows from them. Guests for which a scan of the bus is the occasion have
 * it in the order of their slots; Linux in that of its list of mdevs.
 *
 * Source   Linux vfio_ap_ops.c: an APCB is set, then what left it is reset;
 *          ap_bus.c, ap_device_remove(), __ap_revise_reserved(),
 *          ap_scan_bus()
 */
void vap_change_moments(struct vap_change *change, struct vap_moment *moments,
                        size_t max);

/**
 * Works out what requests would change, one after the other as one change,
 * and changes nothing. All or none: one refused refuses the list.
 *
 * change   filled for vap_apply(); empty when refused. Good until the next
 *          plan with it, or until the host changes
 * why      what stood in the way; may be NULL
 *
 * A single request under a linux-* rule counts guest updates and resets as
 * that kernel does. A list, and every change under the other rules, costs a
 * guest at most one update.
 *
 * Returns  VAP_OK, or the verdict of the request that was refused. VAP_HELD
 *          and VAP_RESET_FAILED as the answer to a list of one come with a
 *          change that happens all the same; in a longer list they refuse it
 */
enum vap_verdict vap_plan(const struct vap_host *host,
                          const struct vap_request *list, size_t n,
                          struct vap_change *change, struct vap_why *why);

/** Makes the planned change true, and empties it. Cannot fail. host: the one
 *  it was planned on. */
void vap_apply(struct vap_host *host, struct vap_change *change);

/**
 * The next reason for the same refusal of a single request, after RESERVED,
 * SHARED or IN_USE: the holder's next queue, or the next holder's first.
 *
 * scratch  any change; emptied
 *
 * Returns  true, *why filled; false when there is no further one
 */
bool vap_why_next(const struct vap_host *host,
                  const struct vap_request *request, struct vap_change *scratch,
                  struct vap_why *why);

#endif
