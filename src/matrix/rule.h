/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_RULE_H
#define VAP_MATRIX_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "matrix/change.h"

/** Which of an mdev's three lists of ids. */
enum vap_list { VAP_ADAPTERS, VAP_DOMAINS, VAP_CONTROL };

/** What guests get, as a set of answers to what happens. Each may be NULL:
 *  nothing then. They read and change the state through matrix/view.h. */
struct vap_rule {
    const char *name;
    const char *summary;
    int kernel; /* enum vap_kernel it brings, or -1 */

    /* the mdev's matrix has just gained, or lost, an id */
    void (*assigned)(struct vap_change *c, uint32_t mdev, enum vap_list list,
                     unsigned id);
    void (*unassigned)(struct vap_change *c, uint32_t mdev, enum vap_list list,
                       unsigned id);
    /* ... or has been written whole; old: what it was */
    void (*configured)(struct vap_change *c, uint32_t mdev,
                       const struct vap_matrix *old);
    void (*opened)(struct vap_change *c, uint32_t mdev);
    void (*closed)(struct vap_change *c, uint32_t mdev); /* vm still set */
    void (*remove_held)(struct vap_change *c, uint32_t mdev);
    void (*removing)(struct vap_change *c, uint32_t mdev); /* exists still */
    /* vfio_ap has just got a queue, or is about to give it up */
    void (*bound)(struct vap_change *c, unsigned apqn);
    void (*released)(struct vap_change *c, unsigned apqn);
    /* a scan found ids gone or come (c->gained), before any queue goes and
     * with bus.config the old one yet; and it has ended */
    void (*host_changed)(struct vap_change *c, const struct vap_matrix *lost);
    void (*scanned)(struct vap_change *c);
    void (*look_again)(struct vap_change *c);
    /* the whole list has been carried out */
    void (*settle)(struct vap_change *c);
    /* counts each guest update as it is sent, not one a change at most */
    bool counts_each;
};

extern const struct vap_rule vap_rule_state;
extern const struct vap_rule vap_rule_linux_7_2;
extern const struct vap_rule vap_rule_linux_6_12;
extern const struct vap_rule vap_rule_fcfs;

/* The table of rules, in the order to show them; the first is the default. */
extern const struct vap_rule *const vap_rules[];
extern const size_t vap_n_rules;

/* By name; NULL when there is none. */
const struct vap_rule *vap_rule_named(const char *name);

#endif
