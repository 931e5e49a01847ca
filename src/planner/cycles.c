/* SPDX-License-Identifier: MIT */
/* Targets that wait for one another in a ring: somebody has to give up what
 * he has before he can get what he wants, which is one more move of his, and
 * for an open guest often one more update. Who it is at the least cost is
 * found ring by ring (strongly connected component), by trying every choice
 * where they are few, and by picking the most entangled where they are many;
 * then rings that have no target in common say what nobody can do without. */
#include "planner/target.h"

#include "base/auto.h"

#include <errno.h>

/* A ring with so many targets is tried in full, 2^MOST choices; with the ids
 * of masks in it, it is a word's bits at most. */
enum { MOST = 14, WORD = 64 };

/* A move more counts less than any update. */
enum { UPDATE = 1 << 20 };

/** One search. */
struct cut {
    const struct problem *p;
    const struct waits *w;
    const struct waits *back; /* who waits for each */
    uint32_t *entangled; /* how many wait in the ring, by vertex: for it, and
                          * it for others */
    bool *split;
    bool *in_ring;
    bool *out; /* vertices in no ring that is left */
    uint32_t *ring; /* the present one's vertices */
    uint32_t n;
    uint32_t *queue;
    uint8_t *reached; /* marks, below */
    uint32_t bound;
    bool exact;
};

/* Marks: reached from a vertex and back to it; of a ring that was bounded
 * before it was cut; in a pair of it. */
enum { FORTH = 1, BACK = 2, BOUNDED = 4, PAIRED = 8, MEMBER = 16 };

static uint64_t
weight(const struct cut *c, uint32_t v)
{
    if (v >= c->p->n)
        return UINT32_MAX * (uint64_t)UPDATE; /* a mask: cannot */
    return c->p->targets[v].split * (uint64_t)UPDATE + 1;
}

static bool
waits_for(const struct waits *w, uint32_t v, uint32_t other)
{
    for (uint32_t i = w->first[v]; i < w->first[v + 1]; i++)
        if (w->on[i] == other)
            return true;
    return false;
}

/* ---- rings */

static uint32_t
spread_forth(struct cut *c, uint32_t v, uint32_t end)
{
    for (uint32_t i = c->w->first[v]; i < c->w->first[v + 1]; i++) {
        uint32_t u = c->w->on[i];

        if (c->out[u] || c->reached[u] & FORTH)
            continue;
        c->reached[u] |= FORTH;
        c->queue[end++] = u;
    }
    return end;
}

/* Of those reached the other way alone: others are in no ring with it. */
static uint32_t
spread_back(struct cut *c, uint32_t v, uint32_t end)
{
    for (uint32_t i = c->back->first[v]; i < c->back->first[v + 1]; i++) {
        uint32_t u = c->back->on[i];

        if (!(c->reached[u] & FORTH) || c->reached[u] & BACK)
            continue;
        c->reached[u] |= BACK;
        c->ring[end++] = u;
    }
    return end;
}

/* The ring that v is in, into c->ring; of n 1 when it is in none. */
static void
find_ring(struct cut *c, uint32_t v)
{
    uint32_t end = 1;

    c->queue[0] = v;
    c->reached[v] |= FORTH | BACK;
    for (uint32_t i = 0; i < end; i++)
        end = spread_forth(c, c->queue[i], end);
    c->ring[0] = v;
    c->n = 1;
    for (uint32_t i = 0; i < c->n; i++)
        c->n = spread_back(c, c->ring[i], c->n);
    for (uint32_t i = 0; i < c->n && c->n > 1; i++)
        c->in_ring[c->ring[i]] = true;
    for (uint32_t i = 0; i < end; i++)
        c->reached[c->queue[i]] &= (uint8_t) ~(FORTH | BACK);
}

/* ---- few: every choice */

/* Targets come first in a ring. */
static uint32_t
sort_ring(struct cut *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < c->n; i++)
        if (c->ring[i] < c->p->n) {
            uint32_t v = c->ring[n];

            c->ring[n++] = c->ring[i];
            c->ring[i] = v;
        }
    return n;
}

/* Does nobody wait for himself, when these are split? */
static bool
is_free(const uint64_t waits[WORD], uint32_t n, uint64_t split)
{
    uint64_t left = (n == WORD ? 0 : UINT64_C(1) << n) - 1;
    uint64_t before;

    left &= ~split;
    do {
        before = left;
        for (uint64_t i = left; i; i &= i - 1)
            if (!(waits[__builtin_ctzll(i)] & left))
                left &= ~(i & -i);
    } while (left && left != before);
    return !left;
}

static uint64_t
weigh(const struct cut *c, uint64_t choice)
{
    uint64_t sum = 0;

    for (; choice; choice &= choice - 1)
        sum += weight(c, c->ring[__builtin_ctzll(choice)]);
    return sum;
}

static void
cut_few(struct cut *c, uint32_t n_targets)
{
    uint64_t waits[WORD] = { 0 };
    uint64_t best = 0;
    uint64_t least = UINT64_MAX;

    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t j = 0; j < c->n; j++)
            if (waits_for(c->w, c->ring[i], c->ring[j]))
                waits[i] |= UINT64_C(1) << j;
    for (uint64_t choice = 0; choice < UINT64_C(1) << n_targets; choice++) {
        uint64_t sum = weigh(c, choice);

        if (sum < least && is_free(waits, c->n, choice)) {
            least = sum;
            best = choice;
        }
    }
    for (uint32_t i = 0; i < c->n; i++) {
        c->split[c->ring[i]] = best >> i & 1;
        c->out[c->ring[i]] = true;
    }
    if (!(c->reached[c->ring[0]] & BOUNDED))
        c->bound += (uint32_t)(least / UPDATE);
}

/* ---- many: the most entangled */

/* In both directions, within the ring. */
static void
count_entangled(struct cut *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        c->reached[c->ring[i]] |= MEMBER;
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t v = c->ring[i];
        uint32_t out = 0, in = 0;

        for (uint32_t k = c->w->first[v]; k < c->w->first[v + 1]; k++)
            out += (c->reached[c->w->on[k]] & MEMBER) != 0;
        for (uint32_t k = c->back->first[v]; k < c->back->first[v + 1]; k++)
            in += (c->reached[c->back->on[k]] & MEMBER) != 0;
        c->entangled[v] = out * in;
    }
    for (uint32_t i = 0; i < c->n; i++)
        c->reached[c->ring[i]] &= (uint8_t)~MEMBER;
}

/* What is left falls into rings anew. */
static void
cut_one(struct cut *c)
{
    uint32_t chosen = c->ring[0];
    double best = -1;

    count_entangled(c);
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t v = c->ring[i];
        double worth = (double)c->entangled[v] / (double)weight(c, v);

        if (worth > best) {
            best = worth;
            chosen = v;
        }
    }
    c->split[chosen] = true;
    c->out[chosen] = true;
    c->exact = false;
}

/* Two that wait for one another and are in no other such pair. */
static void
bound_pair(struct cut *c, uint32_t v)
{
    for (uint32_t i = c->w->first[v]; i < c->w->first[v + 1]; i++) {
        uint32_t u = c->w->on[i];
        uint64_t least =
            weight(c, u) < weight(c, v) ? weight(c, u) : weight(c, v);

        if (c->out[u] || c->reached[u] & PAIRED || !waits_for(c->w, u, v))
            continue;
        c->reached[u] |= PAIRED;
        c->reached[v] |= PAIRED;
        c->bound += (uint32_t)(least / UPDATE);
        return;
    }
}

/* Before it is cut: by pairs, or at least by the lightest of it. */
static void
bound_many(struct cut *c)
{
    uint32_t before = c->bound;
    uint64_t least = UINT64_MAX;

    if (c->reached[c->ring[0]] & BOUNDED)
        return;
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t v = c->ring[i];

        if (!(c->reached[v] & PAIRED))
            bound_pair(c, v);
        if (weight(c, v) < least)
            least = weight(c, v);
    }
    if (c->bound == before)
        c->bound += (uint32_t)(least / UPDATE);
    for (uint32_t i = 0; i < c->n; i++)
        c->reached[c->ring[i]] |= BOUNDED;
}

static void
cut_rings(struct cut *c)
{
    for (uint32_t v = 0; v < c->w->n; v++)
        while (!c->out[v]) {
            uint32_t n_targets;

            find_ring(c, v);
            n_targets = sort_ring(c);
            if (c->n == 1) {
                c->out[v] = true;
            } else if (n_targets <= MOST && c->n <= WORD) {
                cut_few(c, n_targets);
            } else {
                bound_many(c);
                cut_one(c);
            }
        }
}

/* The same edges, the other way. */
static int
turn(const struct waits *w, struct waits *back)
{
    uint32_t n = w->first[w->n];

    back->n = w->n;
    back->first = calloc(w->n + 2, sizeof(*back->first));
    back->on = calloc(n + 1, sizeof(*back->on));
    if (!back->first || !back->on)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        back->first[w->on[i] + 2]++;
    for (size_t v = 2; v <= w->n; v++)
        back->first[v] += back->first[v - 1];
    for (uint32_t v = 0; v < w->n; v++)
        for (uint32_t i = w->first[v]; i < w->first[v + 1]; i++)
            back->on[back->first[w->on[i] + 1]++] = v;
    return 0;
}

int
cycles_cut(const struct problem *p, const struct waits *w, bool *split,
           bool *in_ring, uint32_t *bound)
{
    AUTO(free_done) bool *out = calloc(w->n, sizeof(*out));
    AUTO(free_done) uint32_t *ring = calloc(w->n, sizeof(*ring));
    AUTO(free_done) uint32_t *queue = calloc(w->n, sizeof(*queue));
    AUTO(free_done) uint8_t *reached = calloc(w->n, 1);
    AUTO(free_done) uint32_t *entangled = calloc(w->n, sizeof(*entangled));
    AUTO(waits_done) struct waits back = { 0 };
    struct cut c = { .p = p, .w = w, .split = split, .exact = true };

    if (!out || !ring || !queue || !reached || !entangled || turn(w, &back))
        return -ENOMEM;
    c.in_ring = in_ring;
    c.out = out;
    c.ring = ring;
    c.queue = queue;
    c.reached = reached;
    c.entangled = entangled;
    c.back = &back;
    memset(split, 0, w->n * sizeof(*split));
    cut_rings(&c);
    *bound = c.bound;
    return c.exact;
}
