/* SPDX-License-Identifier: MIT */
/* The planner from top to bottom. Each way to write the masks that the order
 * allows is carried out on a copy; the best of those that work is the plan. */
#include "planner/target.h"

#include "base/auto.h"

#include <errno.h>

void
plan_done(struct plan *plan)
{
    free(plan->steps);
    free(plan->reason);
    free(plan->remedy);
    *plan = (struct plan){ 0 };
}

static void
moves_done(struct moves *moves)
{
    free(moves->list);
}

static bool
is_better(const struct plan *a, const struct plan *b)
{
    if (a->gap != b->gap)
        return a->gap < b->gap;
    if (a->missing != b->missing)
        return a->missing < b->missing;
    if (a->updates != b->updates)
        return a->updates < b->updates;
    return a->n < b->n;
}

/* Keeps the better of two; best is none yet without any. */
static void
choose(struct plan *best, struct plan *other, bool *any)
{
    if (*any && !is_better(other, best)) {
        plan_done(other);
        return;
    }
    plan_done(best);
    *best = *other;
    *other = (struct plan){ 0 };
    *any = true;
}

static int
try_style(const struct problem *p, const struct waits *w, const bool *split,
          const enum mask_style style[N_MASKS], struct plan *out, char **reason)
{
    AUTO(moves_done) struct moves moves = { 0 };
    int r = order_moves(p, w, split, style, &moves);

    if (!r)
        r = attempt(p, &moves, out, reason);
    if (r)
        plan_done(out);
    return r;
}

/* A mask that only loses ids, or only gains some, is written once anyhow. */
static int
styles_of(const struct problem *p, int mask)
{
    const struct mask_change *m = &p->mask[mask];

    return vap_mask_equal(&m->from, &m->cleared) || vap_mask_empty(&m->set)
               ? 1
               : MASK_STYLES;
}

static int
try_all(const struct problem *p, const struct waits *w, const bool *split,
        struct plan *best, char **reason)
{
    int n = styles_of(p, APMASK) * styles_of(p, AQMASK);
    bool any = false;

    for (int i = 0; i < n; i++) {
        const enum mask_style style[N_MASKS] = {
            (enum mask_style)(i % styles_of(p, APMASK)),
            (enum mask_style)(i / styles_of(p, APMASK)),
        };
        AUTO(plan_done) struct plan other = { 0 };
        int r = try_style(p, w, split, style, &other, reason);

        if (r < 0)
            return r;
        if (r == 0)
            choose(best, &other, &any);
    }
    return !any;
}

/* A kernel's rule counts each loss and each gain of a guest on its own, and
 * drops an adapter with a hole in the same breath as it gives a domain: there
 * only one update is certain. */
static uint32_t
least_updates(const struct problem *p)
{
    bool each = p->host->engine->rule->counts_each;
    uint32_t n = 0;

    for (size_t i = 0; i < p->n; i++) {
        const struct target *t = &p->targets[i];

        n += each && t->hole && t->direct ? 1 : t->direct;
    }
    return n;
}

/* A guest that keeps what a mask must not find has one write that takes it away
 * and, by the time of the one that brings it back, another behind it: two steps
 * for each, however they are arranged, and one more when both masks want
 * something of the same guest. */
static size_t
least_gap(const struct problem *p)
{
    size_t n = 0;
    bool both = false;

    for (size_t i = 0; i < p->n; i++) {
        const struct target *t = &p->targets[i];
        const struct vap_matrix kept = target_and(
            &p->host->slots[t->slot].guest, &p->goal->slots[t->slot].guest);
        struct vap_mask adapters = target_blocks(p, APMASK, &kept);
        struct vap_mask domains = target_blocks(p, AQMASK, &kept);
        bool ap = p->coarse && t->open && !vap_mask_empty(&adapters);
        bool aq = p->coarse && t->open && !vap_mask_empty(&domains);

        n += ap || aq;
        both |= ap && aq;
    }
    return 2 * n + both;
}

/** The model's answer. */
struct cut {
    struct waits waits;
    bool *split;
    bool *ring;
    uint32_t extra; /* updates */
    bool exact;
};

static void
cut_done(struct cut *cut)
{
    waits_done(&cut->waits);
    free(cut->split);
    free(cut->ring);
}

static int
find_cut(const struct problem *p, struct cut *cut)
{
    int r = waits_find(p, &cut->waits);

    cut->split = calloc(cut->waits.n, sizeof(*cut->split));
    cut->ring = calloc(cut->waits.n, sizeof(*cut->ring));
    if (r || !cut->split || !cut->ring)
        return -ENOMEM;
    r = cycles_cut(p, &cut->waits, cut->split, cut->ring, &cut->extra);
    cut->exact = r > 0;
    return r < 0 ? r : 0;
}

/* Where a ring costs something: is it one as well without what no guest gets?
 * It makes more steps, so only then. */
static int
find_lean(struct problem *p, struct cut *cut)
{
    struct cut plain = *cut;
    int r;

    if (!cut->extra)
        return 0;
    for (size_t i = 0; i < p->n; i++)
        p->targets[i].lean =
            plain.ring[i] && !p->targets[i].made && !p->targets[i].goes;
    *cut = (struct cut){ 0 };
    r = targets_cost(p);
    if (!r)
        r = find_cut(p, cut);
    cut_done(&plain);
    return r;
}

/* When the model errs, everybody gives up what he has to before anybody gets
 * anything: more updates, but it leads there. */
static int
find_order(struct problem *p, struct plan *out)
{
    AUTO(cut_done) struct cut cut = { 0 };
    AUTO(free_done) char *reason = NULL;
    int r = find_cut(p, &cut);

    if (!r)
        r = find_lean(p, &cut);
    if (!r)
        r = try_all(p, &cut.waits, cut.split, out, &reason);
    if (r > 0 && cut.split) {
        memset(cut.split, true, cut.waits.n * sizeof(*cut.split));
        cut.exact = false;
        r = try_all(p, &cut.waits, cut.split, out, &reason);
    }
    out->bound = least_updates(p) + cut.extra;
    out->gap_bound = least_gap(p);
    out->best =
        out->best && out->gap <= out->gap_bound && out->updates <= out->bound;
    if (r > 0)
        out->reason = TAKE(reason);
    return r;
}

/* Masks that were cleared for themselves, at first, may do without. */
static int
try_found(const struct problem *p, struct moves *moves, struct plan *best,
          char **reason)
{
    bool any = false;

    for (int skip = 0; skip < 4; skip++) {
        AUTO(plan_done) struct plan plan = { 0 };
        AUTO(moves_done) struct moves some = { 0 };
        int r = 0;

        some.list = calloc(moves->n + 1, sizeof(*some.list));
        if (!some.list)
            return -ENOMEM;
        for (size_t i = 0; i < moves->n; i++)
            if (i >= 2 || moves->list[i].kind != MOVE_MASK ||
                !(skip >> moves->list[i].which & 1))
                some.list[some.n++] = moves->list[i];
        r = attempt(p, &some, &plan, reason);
        if (r < 0)
            return r;
        if (r == 0)
            choose(best, &plan, &any);
    }
    return !any;
}

/* Whether the order found is the best is not known: is it, among all? */
static int
search_order(struct problem *p, struct plan *out)
{
    AUTO(moves_done) struct moves moves = { 0 };
    AUTO(free_done) char *reason = NULL;
    AUTO(plan_done) struct plan other = { 0 };
    bool each = p->host->engine->rule->counts_each;
    bool hole = false;
    bool whole = false;
    int r = search_moves(p, &moves, &whole);

    for (size_t i = 0; i < p->n; i++)
        hole |= each && p->targets[i].hole;
    if (r <= 0)
        return r;
    r = try_found(p, &moves, &other, &reason);
    if (r)
        return r < 0 ? r : 0;
    other.bound = out->bound;
    other.gap_bound = out->gap_bound;
    if (is_better(&other, out)) {
        plan_done(out);
        *out = other;
        other = (struct plan){ 0 };
    }
    out->best = !hole && (whole || !out->gap);
    if (whole)
        out->gap_bound = out->gap;
    return 0;
}

int
plan_make(struct host *host, const struct wanted *wanted,
          const struct plan_wish *wish, struct plan *out)
{
    static const struct plan_wish none = { 0 };
    AUTO(problem_done)
    struct problem p = { .host = host, .wish = wish ? wish : &none };
    int r;

    *out = (struct plan){ 0 };
    r = targets_find(&p, wanted, out);
    if (!r)
        r = targets_goal(&p, out);
    if (!r)
        r = targets_cost(&p);
    if (!r)
        r = find_order(&p, out);
    return r || out->best ? r : search_order(&p, out);
}
