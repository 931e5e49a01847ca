/* SPDX-License-Identifier: MIT */
/* What the files of the planner share: the mdevs a plan has to do with, and
 * the writes it considers. */
#ifndef VAP_PLANNER_TARGET_H
#define VAP_PLANNER_TARGET_H

#include "planner/planner.h"

/** An mdev that becomes another, or has to step aside for a mask. */
struct target {
    uint32_t slot;
    struct vap_matrix from; /* its matrix; empty when it is to be made */
    struct vap_matrix to; /* empty when it is to go */
    bool made;
    bool goes;
    bool lean; /* what its guest does not get of from is given up first, what
                * it will not get of to comes last: neither costs an update */
    struct vap_matrix begin; /* from, or what lean leaves of it */
    struct vap_matrix end; /* to, or what lean leaves of it */
    struct vap_matrix kept; /* what it has in between, when it has to give
                             * something up before it can get something: all
                             * that is in begin and end */
    struct vap_matrix low; /* kept, or what gap leaves of it */
    bool open; /* by a guest: what it loses, somebody misses */
    bool aside; /* low lacks what the kernel wants given up for a mask */
    bool gap; /* both */
    bool hole; /* some queue that it has or gets is a hole meanwhile, and Linux
                * may be led round an update by it: direct is no bound */
    uint32_t direct; /* updates of begin -> end alone */
    uint32_t split; /* updates that begin -> low -> end costs more */
};

/** The two masks; cleared: what is in both, before and after. */
struct mask_change {
    struct vap_mask from;
    struct vap_mask to;
    struct vap_mask cleared;
    struct vap_mask set; /* newly in it */
};

enum { APMASK, AQMASK, N_MASKS };

struct problem {
    struct host *host;
    struct host *goal; /* as it will be */
    const struct wanted *wanted;
    const struct plan_wish *wish;
    bool trial; /* of a remedy: what it says is not wanted */
    struct mask_change mask[N_MASKS];
    struct target *targets;
    size_t n;
    bool coarse; /* the veto of 7.2 */
};

/* Fills problem from host and wanted. 0; 1 with a reason; -ENOMEM */
int targets_find(struct problem *p, const struct wanted *wanted,
                 struct plan *plan);
/* Builds p->goal, the same. */
int targets_goal(struct problem *p, struct plan *plan);
/* Begin, end and what is between, and what each target's moves cost. 0 or
 * -ENOMEM */
int targets_cost(struct problem *p);
void problem_done(struct problem *p);

/* What it costs a target to go from one of n matrices, the first its own, to
 * another, so many to a row; and what its guest misses at each. 0 or
 * -ENOMEM */
int targets_way(const struct problem *p, const struct target *t,
                const struct vap_matrix *at, unsigned n, uint32_t *updates,
                unsigned row, uint32_t *missing);

/* The ids that the kernel refuses to set newly in the mask while an mdev has
 * this matrix. */
struct vap_mask target_blocks(const struct problem *p, int mask,
                              const struct vap_matrix *m);

/** Who waits for whom: a target may have its `end` when all that it waits for
 *  have given up their `begin`; a mask may be set likewise. */
struct waits {
    size_t n; /* vertices: the targets, then each id of each mask: to set it */
    uint32_t *first; /* n + 1: of vertex v, on[first[v]] to on[first[v+1]-1] */
    uint32_t *on;
    bool *present; /* is there anything to do for it? */
};

static inline uint32_t
waits_vertex(const struct problem *p, int mask, unsigned id)
{
    return (uint32_t)p->n + (uint32_t)mask * VAP_IDS + id;
}

int waits_find(const struct problem *p, struct waits *w);
void waits_done(struct waits *w);

/**
 * Chooses the targets that move in two steps, so that nobody waits for
 * himself.
 *
 * split  w->n of them, filled
 * ring   w->n of them: set for those that somebody in a ring with them waits
 *        for, split or not; else left alone
 * bound  the extra updates no choice can do without
 *
 * Returns  1 no choice is better, 0 unknown, -ENOMEM
 */
int cycles_cut(const struct problem *p, const struct waits *w, bool *split,
               bool *ring, uint32_t *bound);

/** A write as the model has it. */
struct move {
    enum {
        MOVE_MASK, /* which, mask */
        MOVE_MATRIX, /* which, matrix */
        MOVE_CREATE, /* which */
        MOVE_REMOVE
    } kind;
    uint32_t which; /* target, or APMASK or AQMASK */
    struct vap_mask mask;
    struct vap_matrix matrix;
};

/** When a mask that both loses and gains ids is written. */
enum mask_style { MASK_TWICE, MASK_EARLY, MASK_LATE, MASK_STYLES };

struct moves {
    struct move *list;
    size_t n;
    size_t room;
};

/* Puts moves in order. 0 or -ENOMEM */
int order_moves(const struct problem *p, const struct waits *w,
                const bool *split, const enum mask_style style[N_MASKS],
                struct moves *out);

/**
 * The best of all orders, where there is little to move.
 *
 * out    filled when it returns 1
 * whole  there is no better: else a gap may be one in which less is missing
 *
 * Returns 1; 0 there is too much to try; -ENOMEM
 */
int search_moves(const struct problem *p, struct moves *out, bool *whole);

/**
 * Carries moves out on a copy of the host.
 *
 * plan  filled: steps, updates, gap
 *
 * Returns  0        what is wanted is reached
 *          1        a step was refused, or it is not reached; *reason in words
 *          -ENOMEM
 */
int attempt(const struct problem *p, const struct moves *moves,
            struct plan *plan, char **reason);

static inline struct vap_matrix
target_and(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return (struct vap_matrix){ vap_mask_and(a->adapters, b->adapters),
                                vap_mask_and(a->domains, b->domains),
                                vap_mask_and(a->control, b->control) };
}

static inline struct vap_request
target_config(const struct target *t, const struct vap_matrix *matrix)
{
    return (struct vap_request){ .op = VAP_AP_CONFIG,
                                 .mdev = t->slot,
                                 .matrix = *matrix };
}

static inline struct vap_request
target_mask(int which, struct vap_mask mask)
{
    struct vap_request r = { .op = which == APMASK ? VAP_APMASK : VAP_AQMASK };

    *(which == APMASK ? &r.edit.adapters : &r.edit.domains) = vap_edit_to(mask);
    return r;
}

#endif
