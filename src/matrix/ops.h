/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_OPS_H
#define VAP_MATRIX_OPS_H

/* What each request does to the change; plan.c has the table. Inside
 * matrix/ only. Each answers a verdict, and why is never NULL. */

#include "matrix/change.h"

typedef enum vap_verdict vap_op_function(struct vap_change *c,
                                         const struct vap_request *r,
                                         struct vap_why *why);

/* bus.c */
vap_op_function op_bind, op_unbind, op_probe, op_override;
vap_op_function op_apmask, op_aqmask;
vap_op_function op_hardware, op_scan, op_host;
vap_op_function op_card_state, op_queue_state, op_fail, op_autoprobe;

/* mdev.c */
vap_op_function op_assign, op_unassign, op_ap_config;
vap_op_function op_create, op_remove;
vap_op_function op_open, op_close, op_reset, op_look_again;

/** A product of ids that no mdev but self may have a queue of. */
struct vap_contest {
    struct vap_mask adapters;
    struct vap_mask domains;
    uint32_t self; /* n_slots: nobody */
    uint32_t next_mdev; /* from here, its queues above next_apqn, */
    uint32_t next_apqn; /* go on looking */
};

/* The product that a request must not share: assign, ap_config, masks. Empty
 * for other requests. */
struct vap_contest contest_of(const struct vap_change *c,
                              const struct vap_request *r);

/* The next queue of the product that another mdev has, and whose. */
bool contest_next(const struct vap_change *c, struct vap_contest *contest,
                  struct vap_why *why);

#endif
