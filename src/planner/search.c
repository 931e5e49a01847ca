/* SPDX-License-Identifier: MIT */
/* For few targets: every order of their moves. A target is at one of a few
 * matrices on its way, an id of a mask is set or not; from each state every
 * move is tried, the cheapest state first (Dijkstra), so the first time all is
 * as wanted is the best there is: the shortest gap, the fewest queues missing
 * in it, the fewest updates, the fewest steps. What a move costs has been asked
 * of the engine. */
#include "planner/target.h"

#include "base/auto.h"

#include <errno.h>

/* More than these is for the others. */
enum { TARGETS = 4, POSITIONS = 16, SET_IDS = 16, STATES = 1 << 17 };

/** A target's way: matrices, each different, the first what it has now and
 *  the last what it is to have. */
struct way {
    struct vap_matrix at[POSITIONS];
    unsigned n;
    uint32_t updates[POSITIONS][POSITIONS];
    uint32_t missing[POSITIONS];
};

struct state {
    uint64_t cost;
    uint32_t key; /* a position in 4 bits for each target, then the ids */
    uint32_t before; /* state it is reached from */
    bool closed;
};

struct search {
    const struct problem *p;
    struct way way[TARGETS];
    struct {
        int mask;
        unsigned id;
    } ids[SET_IDS];
    unsigned n_ids;
    struct state *states; /* a table by key, open addressing */
    uint32_t *heap; /* places in it, the cheapest first */
    uint32_t n;
    uint32_t n_heap;
    bool full;
    bool whole; /* no other positions could be better */
};

#define NOWHERE UINT32_MAX

#define GAP (UINT64_C(1) << 48)
#define MISSING (UINT64_C(1) << 32)
#define UPDATE (UINT64_C(1) << 12)

static unsigned
position(uint32_t key, size_t target)
{
    return key >> (4 * target) & 15;
}

static bool
is_set(uint32_t key, unsigned id)
{
    return key >> (4 * TARGETS + id) & 1;
}

/* ---- states */

static uint32_t
place_of(const struct search *s, uint32_t key)
{
    uint32_t at = key * UINT32_C(2654435761) >> 14;

    for (at &= STATES - 1; s->states[at].cost && s->states[at].key != key;)
        at = (at + 1) & (STATES - 1);
    return at;
}

static void
sink(struct search *s, uint32_t i)
{
    for (;;) {
        uint32_t least = i;

        for (uint32_t k = 2 * i + 1; k <= 2 * i + 2 && k < s->n_heap; k++)
            if (s->states[s->heap[k]].cost < s->states[s->heap[least]].cost)
                least = k;
        if (least == i)
            return;

        uint32_t place = s->heap[i];

        s->heap[i] = s->heap[least];
        s->heap[least] = place;
        i = least;
    }
}

static void
rise(struct search *s, uint32_t i)
{
    while (i &&
           s->states[s->heap[(i - 1) / 2]].cost > s->states[s->heap[i]].cost) {
        uint32_t place = s->heap[i];

        s->heap[i] = s->heap[(i - 1) / 2];
        s->heap[(i - 1) / 2] = place;
        i = (i - 1) / 2;
    }
}

/* A state may stand in the heap several times; the first counts. Costs only
 * fall, so the heap's order is restored by rising. */
static void
reach(struct search *s, uint32_t key, uint64_t cost, uint32_t before)
{
    uint32_t at = place_of(s, key);
    struct state *state = &s->states[at];

    if (state->cost && (state->closed || state->cost <= cost))
        return;
    if (!state->cost && s->n++ >= STATES / 4 * 3) {
        s->full = true;
        return;
    }
    if (s->n_heap >= 4 * STATES) {
        s->full = true;
        return;
    }
    *state = (struct state){ .cost = cost, .key = key, .before = before };
    s->heap[s->n_heap] = at;
    rise(s, s->n_heap++);
}

static uint32_t
take(struct search *s)
{
    uint32_t at = s->heap[0];

    s->heap[0] = s->heap[--s->n_heap];
    sink(s, 0);
    return at;
}

/* ---- moves */

static const struct vap_matrix *
matrix_at(const struct search *s, uint32_t key, size_t target)
{
    return &s->way[target].at[position(key, target)];
}

static struct vap_mask
mask_at(const struct search *s, uint32_t key, int mask)
{
    struct vap_mask now = s->p->mask[mask].cleared;

    for (unsigned i = 0; i < s->n_ids; i++)
        if (s->ids[i].mask == mask && is_set(key, i))
            vap_mask_add(&now, s->ids[i].id);
    return now;
}

static bool
shares(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return vap_mask_meets(&a->adapters, &b->adapters) &&
           vap_mask_meets(&a->domains, &b->domains);
}

static bool
may_have(const struct search *s, uint32_t key, size_t target,
         const struct vap_matrix *m)
{
    const struct vap_matrix reserved = { mask_at(s, key, APMASK),
                                         mask_at(s, key, AQMASK),
                                         vap_mask_none() };

    if (shares(m, &reserved))
        return false;
    for (size_t i = 0; i < s->p->n; i++)
        if (i != target && shares(m, matrix_at(s, key, i)))
            return false;
    return true;
}

/* What it costs to be there, and one step. */
static uint64_t
stay(const struct search *s, uint32_t key)
{
    uint64_t missing = 0;

    for (size_t i = 0; i < s->p->n; i++)
        missing += s->way[i].missing[position(key, i)];
    return 1 + missing * MISSING + (missing ? GAP : 0);
}

static void
move_targets(struct search *s, uint32_t at)
{
    const struct state now = s->states[at];

    for (size_t i = 0; i < s->p->n; i++) {
        const struct way *way = &s->way[i];
        unsigned from = position(now.key, i);

        for (unsigned to = 0; to < way->n; to++) {
            uint32_t key =
                (now.key & ~(UINT32_C(15) << (4 * i))) | to << (4 * i);

            if (to != from && may_have(s, now.key, i, &way->at[to]))
                reach(s, key,
                      now.cost + way->updates[from][to] * UPDATE + stay(s, key),
                      at);
        }
    }
}

/* All ids of a mask that may be set: to set one later is no better. */
static void
move_mask(struct search *s, uint32_t at, int mask)
{
    const struct state now = s->states[at];
    struct vap_mask blocked = vap_mask_none();
    uint32_t key = now.key;

    for (size_t i = 0; i < s->p->n; i++)
        blocked = vap_mask_or(blocked,
                              target_blocks(s->p, mask, matrix_at(s, key, i)));
    for (unsigned i = 0; i < s->n_ids; i++)
        if (s->ids[i].mask == mask && !vap_mask_has(&blocked, s->ids[i].id))
            key |= UINT32_C(1) << (4 * TARGETS + i);
    if (key != now.key)
        reach(s, key, now.cost + stay(s, key), at);
}

/* ---- from the end back to the beginning */

static int
put_move(struct moves *moves, struct move move)
{
    struct move *grown = realloc(moves->list, (moves->n + 1) * sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    moves->list = grown;
    moves->list[moves->n++] = move;
    return 0;
}

static int
put_step(const struct search *s, uint32_t from, uint32_t to,
         struct moves *moves)
{
    int mask = APMASK;

    for (uint32_t i = 0; i < s->p->n; i++) {
        bool goes = s->p->targets[i].goes;

        if (position(from, i) != position(to, i))
            return put_move(
                moves, (struct move){ .kind = goes ? MOVE_REMOVE : MOVE_MATRIX,
                                      .which = i,
                                      .matrix = *matrix_at(s, to, i) });
    }
    for (unsigned i = 0; i < s->n_ids; i++)
        if (is_set(from, i) != is_set(to, i))
            mask = s->ids[i].mask;
    return put_move(moves, (struct move){ .kind = MOVE_MASK,
                                          .which = (uint32_t)mask,
                                          .mask = mask_at(s, to, mask) });
}

static int
put_steps(const struct search *s, uint32_t at, struct moves *moves)
{
    const struct state *state = &s->states[at];
    int r;

    if (state->before == NOWHERE)
        return 0;
    r = put_steps(s, state->before, moves);
    return r ? r : put_step(s, s->states[state->before].key, state->key, moves);
}

/* Masks give up ids and mdevs are made before all else. */
static int
put_first(const struct search *s, struct moves *moves)
{
    int r = 0;

    for (int i = 0; i < N_MASKS && !r; i++)
        if (!vap_mask_equal(&s->p->mask[i].from, &s->p->mask[i].cleared))
            r = put_move(moves, (struct move){ .kind = MOVE_MASK,
                                               .which = (uint32_t)i,
                                               .mask = s->p->mask[i].cleared });
    for (uint32_t i = 0; i < s->p->n && !r; i++)
        if (s->p->targets[i].made)
            r = put_move(moves,
                         (struct move){ .kind = MOVE_CREATE, .which = i });
    return r;
}

/* ---- */

static void
add_position(struct way *way, const struct vap_matrix *m)
{
    for (unsigned i = 0; i < way->n; i++)
        if (vap_matrix_equal(&way->at[i], m))
            return;
    if (way->n < POSITIONS)
        way->at[way->n++] = *m;
}

/* What a mask wants given up: one id, all of them, all the target has of the
 * sort. Between one and all there is more when they are many. */
static bool
add_lows(const struct problem *p, struct way *way,
         const struct vap_matrix *kept)
{
    struct vap_mask adapters =
        vap_mask_and(kept->adapters, p->mask[APMASK].set);
    struct vap_mask domains = vap_mask_and(kept->domains, p->mask[AQMASK].set);
    struct vap_matrix low = *kept;

    low.adapters = vap_mask_less(low.adapters, adapters);
    low.domains = vap_mask_less(low.domains, domains);
    add_position(way, &low);
    low = *kept;
    low.adapters = vap_mask_none();
    add_position(way, &low);
    low = *kept;
    low.domains = vap_mask_none();
    add_position(way, &low);
    VAP_EACH (id, &adapters) {
        low = *kept;
        vap_mask_drop(&low.adapters, id);
        add_position(way, &low);
    }
    VAP_EACH (id, &domains) {
        low = *kept;
        vap_mask_drop(&low.domains, id);
        add_position(way, &low);
    }
    return vap_mask_count(&adapters) + vap_mask_count(&domains) <= 2;
}

/* The target's own lean and low ways, whether it has to go them or not.
 * Returns whether there is no other worth going. */
static bool
find_way(const struct problem *p, const struct target *t, struct way *way)
{
    const struct vap_mdev *is = &p->host->slots[t->slot];
    const struct vap_mdev *to = &p->goal->slots[t->slot];
    struct vap_matrix kept = target_and(&t->from, &t->to);
    struct vap_matrix m;

    add_position(way, &t->from);
    add_position(way, &t->to);
    if (t->made || t->goes)
        return true;
    add_position(way, &kept);
    m = target_and(&t->from, &is->guest);
    add_position(way, &m);
    m = target_and(&t->to, &to->guest);
    add_position(way, &m);
    return add_lows(p, way, &kept) || !t->open;
}

static bool
find_ids(const struct problem *p, struct search *s)
{
    for (int mask = 0; mask < N_MASKS; mask++)
        VAP_EACH (id, &p->mask[mask].set) {
            if (s->n_ids == SET_IDS)
                return false;
            s->ids[s->n_ids].mask = mask;
            s->ids[s->n_ids++].id = id;
        }
    return true;
}

static int
find_ways(const struct problem *p, struct search *s)
{
    for (size_t i = 0; i < p->n; i++) {
        struct way *way = &s->way[i];

        s->whole &= find_way(p, &p->targets[i], way);
        if (targets_way(p, &p->targets[i], way->at, way->n, &way->updates[0][0],
                        POSITIONS, way->missing))
            return -ENOMEM;
    }
    return 0;
}

/* The place of the end; NOWHERE when there is none, or too much to try. */
static uint32_t
run(struct search *s)
{
    uint32_t end = 0;

    for (size_t i = 0; i < s->p->n; i++)
        for (unsigned k = 0; k < s->way[i].n; k++)
            if (vap_matrix_equal(&s->way[i].at[k], &s->p->targets[i].to))
                end |= k << (4 * i);
    for (unsigned i = 0; i < s->n_ids; i++)
        end |= UINT32_C(1) << (4 * TARGETS + i);
    reach(s, 0, 1, NOWHERE);
    while (s->n_heap && !s->full) {
        uint32_t at = take(s);

        if (s->states[at].key == end)
            return at;
        if (s->states[at].closed)
            continue;
        s->states[at].closed = true;
        move_targets(s, at);
        move_mask(s, at, APMASK);
        move_mask(s, at, AQMASK);
    }
    return NOWHERE;
}

int
search_moves(const struct problem *p, struct moves *out, bool *whole)
{
    AUTO(free_done) struct search *s = calloc(1, sizeof(*s));
    AUTO(free_done) struct state *states = calloc(STATES, sizeof(*states));
    AUTO(free_done) uint32_t *heap = calloc((size_t)4 * STATES, sizeof(*heap));
    uint32_t end;
    int r;

    if (!s || !states || !heap)
        return -ENOMEM;
    s->p = p;
    s->whole = true;
    s->states = states;
    s->heap = heap;
    if (p->n > TARGETS || p->wish->no_ap_config || !find_ids(p, s))
        return 0;
    r = find_ways(p, s);
    end = r ? NOWHERE : run(s);
    if (end == NOWHERE)
        return r;
    *whole = s->whole;
    r = put_first(s, out);
    if (!r)
        r = put_steps(s, end, out);
    return r ? r : 1;
}
