/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_REMEDY_ACTIONS_H
#define VAP_MATRIX_REMEDY_ACTIONS_H

/* What is in the way of a goal, and all that could be done about it. Inside
 * matrix/ only. */

#include "matrix/remedy.h"

/** Actions of which every set that removes an obstacle has one at least. */
struct vap_branch {
    uint32_t n_few;
    struct vap_action few[8];
    uint32_t mdev; /* of the others: */
    struct vap_mask host_domains; /* VAP_ACT_HOST_DOMAIN, one each */
    struct vap_mask assign_domains; /* VAP_ACT_ASSIGN_DOMAIN */
};

/* Action number i; false when there are no more. */
bool branch_action(const struct vap_branch *branch, uint32_t i,
                   struct vap_action *action);

/* What is in the way in r->change, as planned; false: nothing, the state
 * gives the guest what it is to have. r->unsure is set when there are actions
 * that were not thought of. */
bool branch_of_state(struct vap_remedies *r, struct vap_branch *branch);

/* ... when a plan was refused; false: nothing helps. */
bool branch_of_refusal(struct vap_remedies *r, const struct vap_why *why,
                       struct vap_branch *branch);

#endif
