/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_VIEW_H
#define VAP_MATRIX_VIEW_H

/* The host as a change has it so far: what it has written, and under that
 * the host itself, which stays as it is. Inside matrix/ only. */

#include "matrix/change.h"
#include "matrix/filter.h"

/* An empty change on this host. */
void view_begin(struct vap_change *c, const struct vap_host *host);

static inline const struct vap_mdev *
view_mdev(const struct vap_change *c, uint32_t mdev)
{
    uint32_t at = c->where[mdev];

    return at ? &c->effects[at - 1].now : &c->host->mdevs[mdev];
}

static inline const struct vap_row *
view_row(const struct vap_change *c, unsigned adapter)
{
    return c->row[adapter];
}

static inline const struct vap_queue *
view_queue(const struct vap_change *c, unsigned adapter, unsigned domain)
{
    return &c->queue[adapter][domain];
}

/* Forgets all that was planned; drops effects that change nothing. */
void view_drop(struct vap_change *c);
void view_prune(struct vap_change *c);

/* To write to; a pointer got earlier may have become stale. */
struct vap_effect *view_effect(struct vap_change *c, uint32_t mdev);
struct vap_mdev *view_edit_mdev(struct vap_change *c, uint32_t mdev);
struct vap_row *view_edit_row(struct vap_change *c, unsigned adapter);
struct vap_queue *view_edit_queue(struct vap_change *c, unsigned adapter,
                                  unsigned domain);

/* After a write to a queue's reset_rc, state, zapq_n or tapq_n. */
void view_mark_abnormal(struct vap_change *c, unsigned adapter,
                        unsigned domain);

/* The mdev whose matrix holds the queue; n_slots when none does. */
uint32_t view_owner(struct vap_change *c, unsigned apqn);

/* vap_guest_matrix() of the host as the change has it. */
void view_guest_matrix(const struct vap_change *c, const struct vap_matrix *m,
                       struct vap_matrix *guest);

/* Queues of an adapter that are sound, or no longer. */
void view_set_sound(struct vap_change *c, unsigned adapter,
                    struct vap_mask domains, bool sound);

/* vfio_ap resets queues of an adapter, and notes what they answered. */
void view_reset(struct vap_change *c, unsigned adapter,
                struct vap_mask domains);

/* ... all queues of the product that vfio_ap has. */
void view_reset_all(struct vap_change *c, const struct vap_mask *adapters,
                    const struct vap_mask *domains);

/* For who wants to know in which order things happen, see moments in
 * change.h. After the mdev, or the queue, has become what it is then. */
void view_moment_guest(struct vap_change *c, uint32_t mdev, bool apcb);
void view_moment_reset(struct vap_change *c, const struct vap_reset *reset);
void view_moment_turn(struct vap_change *c, unsigned adapter, unsigned domain,
                      enum vap_driver to, bool gone);

/* When all has been carried out: the order of a change that is one to all. */
void view_moments_once(struct vap_change *c);

/* Adds to a reset what goes on with it; false when it is another. */
bool view_reset_goes_on(struct vap_reset *last, const struct vap_reset *next);

/* What a queue answers to a test (TAPQ) by vfio_ap. */
uint8_t view_test(struct vap_change *c, unsigned adapter, unsigned domain);

#endif
