/* SPDX-License-Identifier: MIT */
/* Every write is tried from every state, the cheapest first. */
#include "planner/worlds_model.h"

#include <stdlib.h>

unsigned
world_ids(unsigned n)
{
    return (1U << n) - 1;
}

static bool
meet(struct m a, struct m b)
{
    return a.a & b.a && a.d & b.d;
}

static bool
is_bound(const struct world *w, const struct state *s, unsigned a, unsigned d)
{
    return !(s->p >> a & 1 && s->q >> d & 1) && w->hole != (int)(a * 8 + d);
}

struct m
world_filter(const struct world *w, const struct state *s, struct m m)
{
    struct m g = { m.a & w->host_adapters, m.d };

    for (unsigned a = 0; a < w->adapters; a++)
        for (unsigned d = 0; d < w->domains; d++)
            if (g.d >> d & 1 && !is_bound(w, s, a, d))
                g.a &= (uint8_t) ~(1U << a);
    if (!w->linux_rule && (!g.a || !g.d))
        g = (struct m){ 0, 0 };
    return g;
}

static bool
same(struct m a, struct m b)
{
    return a.a == b.a && a.d == b.d;
}

static void
become(const struct world *w, struct state *s, int i, struct m to, int *updates)
{
    *updates += !same(s->s[i], to) && w->open >> i & 1;
    s->s[i] = to;
}

bool
world_may_have(const struct state *s, int i, struct m m)
{
    struct m reserved = { s->p, s->q };

    return !meet(m, reserved) && !meet(m, s->m[!i]);
}

int
world_configure(const struct world *w, struct state *s, int i, struct m m)
{
    struct m was = s->m[i];
    int updates = 0;

    if (!world_may_have(s, i, m))
        return -1;
    s->m[i] = m;
    if (w->linux_rule) {
        struct m now = s->s[i];

        now.a &= (uint8_t) ~(was.a & ~m.a);
        become(w, s, i, now, &updates);
        now.d &= (uint8_t) ~(was.d & ~m.d);
        become(w, s, i, now, &updates);
    }
    become(w, s, i, world_filter(w, s, m), &updates);
    return updates;
}

int
world_flip(const struct world *w, struct state *s, int i, struct m bit)
{
    struct m was = s->m[i];
    struct m m = { was.a ^ bit.a, was.d ^ bit.d };
    bool loses = (was.a & bit.a) | (was.d & bit.d);
    int updates = 0;

    if (!loses && !world_may_have(s, i, m))
        return -1;
    s->m[i] = m;
    if (w->linux_rule && loses)
        become(w, s, i,
               (struct m){ (uint8_t)(s->s[i].a & ~bit.a),
                           (uint8_t)(s->s[i].d & ~bit.d) },
               &updates);
    else
        become(w, s, i, world_filter(w, s, m), &updates);
    return updates;
}

int
world_write_mask(const struct world *w, struct state *s, bool aq, uint8_t to)
{
    uint8_t set = (uint8_t)(to & ~(aq ? s->q : s->p));
    struct m veto = aq ? (struct m){ w->exact_veto ? s->p : 0xff, set }
                       : (struct m){ set, w->exact_veto ? s->q : 0xff };

    if (meet(s->m[0], veto) || meet(s->m[1], veto))
        return -1;
    *(aq ? &s->q : &s->p) = to;
    return 0;
}

uint32_t
world_pack(const struct world *w, const struct state *s)
{
    unsigned a = w->adapters, d = w->domains;
    uint32_t n = s->p | (uint32_t)s->q << a;
    unsigned at = a + d;

    for (int i = 0; i < MDEVS; i++, at += a + d)
        n |= (uint32_t)(s->m[i].a | s->m[i].d << a) << at;
    for (int i = 0; i < MDEVS && w->linux_rule; i++, at += a + d)
        n |= (uint32_t)(s->s[i].a | s->s[i].d << a) << at;
    return n;
}

unsigned
world_bits(const struct world *w)
{
    return (w->adapters + w->domains) * (1 + MDEVS * (w->linux_rule ? 2 : 1));
}

struct m
world_matrix(const struct world *w, unsigned bits)
{
    return (struct m){ (uint8_t)(bits & world_ids(w->adapters)),
                       (uint8_t)(bits >> w->adapters) };
}

struct search {
    const struct world *w;
    struct m keep[MDEVS];
    int32_t *cost; /* by packed state */
};

struct node {
    struct state s;
    int32_t cost;
};

/** A heap. */
struct heap {
    struct node *node;
    size_t n, room;
};

static void
heap_put(struct heap *h, struct node node)
{
    size_t i = h->n++;

    if (h->n > h->room) {
        h->room = h->room ? 2 * h->room : 1024;
        h->node = realloc(h->node, h->room * sizeof(*h->node));
        if (!h->node)
            abort();
    }
    for (; i && h->node[(i - 1) / 2].cost > node.cost; i = (i - 1) / 2)
        h->node[i] = h->node[(i - 1) / 2];
    h->node[i] = node;
}

static struct node
heap_take(struct heap *h)
{
    struct node first = h->node[0];
    struct node last = h->node[--h->n];
    size_t i = 0;

    for (;;) {
        size_t j = 2 * i + 1;

        if (j + 1 < h->n && h->node[j + 1].cost < h->node[j].cost)
            j++;
        if (j >= h->n || h->node[j].cost >= last.cost)
            break;
        h->node[i] = h->node[j];
        i = j;
    }
    h->node[i] = last;
    return first;
}

static int
count(unsigned bits)
{
    return __builtin_popcount(bits);
}

int32_t
world_lacks(const struct m keep[MDEVS], const struct state *s)
{
    int n = 0;

    for (int i = 0; i < MDEVS; i++)
        n += count(keep[i].a) * count(keep[i].d) -
             count(keep[i].a & s->s[i].a) * count(keep[i].d & s->s[i].d);
    return n ? GAP + QUEUE * n : 0;
}

static void
reach(struct search *q, struct heap *h, int32_t base, int updates,
      const struct state *s)
{
    int32_t cost = base + updates + world_lacks(q->keep, s);
    uint32_t at = world_pack(q->w, s);

    if (updates < 0 || cost >= q->cost[at])
        return;
    q->cost[at] = cost;
    heap_put(h, (struct node){ *s, cost });
}

static void
expand(struct search *q, struct heap *h, const struct node *n)
{
    const struct world *w = q->w;

    for (unsigned i = 0; w->masks && i <= world_ids(w->adapters); i++) {
        struct state s = n->s;
        int r = world_write_mask(w, &s, false, (uint8_t)i);

        reach(q, h, n->cost, r, &s);
    }
    for (unsigned i = 0; w->masks && i <= world_ids(w->domains); i++) {
        struct state s = n->s;
        int r = world_write_mask(w, &s, true, (uint8_t)i);

        reach(q, h, n->cost, r, &s);
    }
    for (int i = 0; i < MDEVS; i++) {
        unsigned all = w->adapters + w->domains;

        for (unsigned b = 0; b < 1U << all; b++) {
            struct state s = n->s;
            int r = world_configure(w, &s, i, world_matrix(w, b));

            reach(q, h, n->cost, r, &s);
        }
        for (unsigned b = 0; b < all; b++) {
            struct state s = n->s;
            int r = world_flip(w, &s, i, world_matrix(w, 1U << b));

            reach(q, h, n->cost, r, &s);
        }
    }
}

int32_t
world_cheapest(const struct world *w, int32_t *cost, const struct m keep[MDEVS],
               const struct state *from, const struct state *to)
{
    struct search q = { .w = w, .keep = { keep[0], keep[1] }, .cost = cost };
    struct heap h = { 0 };
    int32_t answer = FAR;

    for (size_t i = 0; i < (size_t)1 << world_bits(w); i++)
        cost[i] = FAR;
    cost[world_pack(w, from)] = 0;
    heap_put(&h, (struct node){ *from, 0 });
    while (h.n) {
        struct node n = heap_take(&h);

        if (n.cost > cost[world_pack(w, &n.s)])
            continue;
        if (world_pack(w, &n.s) == world_pack(w, to)) {
            answer = n.cost;
            break;
        }
        expand(&q, &h, &n);
    }
    free(h.node);
    return answer;
}
