/* SPDX-License-Identifier: MIT */
/* Who waits for whom. No queue is in two mdevs, neither before nor after, so
 * each of the queues that a target is to have has one owner at most now: all
 * edges together are no more than there are queues. */
#include "planner/target.h"

#include "base/auto.h"

#include <errno.h>

#define NOBODY UINT32_MAX

void
waits_done(struct waits *w)
{
    free(w->first);
    free(w->on);
    free(w->present);
}

/** For the targets' queues as they are now: whose. */
struct owners {
    uint32_t of[VAP_IDS][VAP_IDS];
};

static void
find_owners(const struct problem *p, struct owners *owners)
{
    memset(owners, 0xff, sizeof(*owners));
    for (uint32_t i = 0; i < p->n; i++)
        VAP_EACH (a, &p->targets[i].begin.adapters)
            VAP_EACH (d, &p->targets[i].begin.domains)
                owners->of[a][d] = i;
}

/** An edge is written once: seen[v] is the last vertex that waits for v. */
struct edges {
    struct waits *w;
    uint32_t *seen;
    uint32_t room;
    uint32_t n;
    bool failed;
};

static void
add(struct edges *e, uint32_t from, uint32_t to)
{
    if (to == from || e->seen[to] == from)
        return;
    e->seen[to] = from;
    if (e->n == e->room) {
        uint32_t room = e->room ? 2 * e->room : 64;
        uint32_t *grown = realloc(e->w->on, room * sizeof(*grown));

        if (!grown) {
            e->failed = true;
            return;
        }
        e->w->on = grown;
        e->room = room;
    }
    e->w->on[e->n++] = to;
}

/* On 6.12 nobody waits for a mask to be set. */
static void
target_waits(const struct problem *p, const struct owners *owners,
             struct edges *e, uint32_t v)
{
    const struct target *t = &p->targets[v];

    VAP_EACH (a, &t->end.adapters)
        VAP_EACH (d, &t->end.domains)
            if (owners->of[a][d] != NOBODY)
                add(e, v, owners->of[a][d]);
    for (int i = 0; i < N_MASKS && p->coarse; i++) {
        struct vap_mask ids = target_blocks(p, i, &t->end);

        VAP_EACH (id, &ids)
            add(e, v, waits_vertex(p, i, id));
    }
}

static void
mask_waits(const struct problem *p, struct edges *e, int mask, unsigned id)
{
    for (uint32_t i = 0; i < p->n; i++) {
        struct vap_mask ids = target_blocks(p, mask, &p->targets[i].begin);

        if (vap_mask_has(&ids, id))
            add(e, waits_vertex(p, mask, id), i);
    }
}

static void
find_edges(const struct problem *p, const struct owners *owners,
           struct edges *e)
{
    struct waits *w = e->w;

    for (uint32_t v = 0; v < w->n; v++) {
        int mask = v < p->n ? 0 : (int)((v - p->n) / VAP_IDS);
        unsigned id = v < p->n ? 0 : (unsigned)(v - p->n) % VAP_IDS;

        w->first[v] = e->n;
        w->present[v] = v < p->n || vap_mask_has(&p->mask[mask].set, id);
        if (v < p->n)
            target_waits(p, owners, e, v);
        else if (w->present[v])
            mask_waits(p, e, mask, id);
    }
    w->first[w->n] = e->n;
}

int
waits_find(const struct problem *p, struct waits *w)
{
    AUTO(free_done) struct owners *owners = malloc(sizeof(*owners));
    AUTO(free_done) uint32_t *seen = NULL;
    struct edges e = { .w = w };

    w->n = p->n + (size_t)N_MASKS * VAP_IDS;
    w->first = calloc(w->n + 1, sizeof(*w->first));
    w->present = calloc(w->n, sizeof(*w->present));
    seen = malloc(w->n * sizeof(*seen));
    if (!owners || !seen || !w->first || !w->present)
        return -ENOMEM;
    memset(seen, 0xff, w->n * sizeof(*seen));
    e.seen = seen;
    find_owners(p, owners);
    find_edges(p, owners, &e);
    return e.failed ? -ENOMEM : 0;
}
