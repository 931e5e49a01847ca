/* SPDX-License-Identifier: MIT */
/* The planner against a search that knows nothing of it: small worlds of two
 * mdevs, as bits, in which every write there is is tried from every state.
 * For pairs of states drawn at random, the plan is walked in that model: no
 * step is refused, what is kept is kept, the goal is reached, and no other
 * order of writes has a smaller gap or fewer updates. */
#include "base/auto.h"
#include "planner/planner.h"
#include "test.h"

#include <stdlib.h>

/* A state in which something is missing, each queue that is, each update. */
enum { MDEVS = 2, GAP = 1 << 20, QUEUE = 1 << 10, FAR = INT32_MAX };

struct world {
    const char *rule; /* of the engine's */
    bool linux_rule;
    bool exact_veto; /* 6.12 */
    unsigned adapters; /* how many ids there are */
    unsigned domains;
    unsigned host_adapters; /* bits: in the host's configuration */
    int hole; /* adapter * 8 + domain of an unbound queue; -1: none */
    bool masks; /* they may change */
    unsigned open; /* bits: mdevs that a guest has open */
};

/** Bit i is id i: not as in the engine. */
struct m {
    uint8_t a, d;
};

struct state {
    uint8_t p, q; /* apmask, aqmask */
    struct m m[MDEVS]; /* assigned */
    struct m s[MDEVS]; /* the guest's */
};

/* ---- the model */

static unsigned
ids(unsigned n)
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

static struct m
filter(const struct world *w, const struct state *s, struct m m)
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

static bool
may_have(const struct state *s, int i, struct m m)
{
    struct m reserved = { s->p, s->q };

    return !meet(m, reserved) && !meet(m, s->m[!i]);
}

/* ap_config; -1: refused */
static int
configure(const struct world *w, struct state *s, int i, struct m m)
{
    struct m was = s->m[i];
    int updates = 0;

    if (!may_have(s, i, m))
        return -1;
    s->m[i] = m;
    if (w->linux_rule) {
        struct m now = s->s[i];

        now.a &= (uint8_t) ~(was.a & ~m.a);
        become(w, s, i, now, &updates);
        now.d &= (uint8_t) ~(was.d & ~m.d);
        become(w, s, i, now, &updates);
    }
    become(w, s, i, filter(w, s, m), &updates);
    return updates;
}

/* assign_* and unassign_* of one id that changes */
static int
flip(const struct world *w, struct state *s, int i, struct m bit)
{
    struct m was = s->m[i];
    struct m m = { was.a ^ bit.a, was.d ^ bit.d };
    bool loses = (was.a & bit.a) | (was.d & bit.d);
    int updates = 0;

    if (!loses && !may_have(s, i, m))
        return -1;
    s->m[i] = m;
    if (w->linux_rule && loses)
        become(w, s, i,
               (struct m){ (uint8_t)(s->s[i].a & ~bit.a),
                           (uint8_t)(s->s[i].d & ~bit.d) },
               &updates);
    else
        become(w, s, i, filter(w, s, m), &updates);
    return updates;
}

static int
write_mask(const struct world *w, struct state *s, bool aq, uint8_t to)
{
    uint8_t set = (uint8_t)(to & ~(aq ? s->q : s->p));
    struct m veto = aq ? (struct m){ w->exact_veto ? s->p : 0xff, set }
                       : (struct m){ set, w->exact_veto ? s->q : 0xff };

    if (meet(s->m[0], veto) || meet(s->m[1], veto))
        return -1;
    *(aq ? &s->q : &s->p) = to;
    return 0;
}

/* ---- every write */

static uint32_t
pack(const struct world *w, const struct state *s)
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

static unsigned
n_bits(const struct world *w)
{
    return (w->adapters + w->domains) * (1 + MDEVS * (w->linux_rule ? 2 : 1));
}

static struct m
matrix_of(const struct world *w, unsigned bits)
{
    return (struct m){ (uint8_t)(bits & ids(w->adapters)),
                       (uint8_t)(bits >> w->adapters) };
}

struct search {
    const struct world *w;
    struct m keep[MDEVS];
    int32_t *cost; /* by packed state */
    struct state *open; /* by cost a stack: buckets */
    uint32_t n_open;
    uint32_t room;
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

/* What a state costs, but for updates. */
static int32_t
lacks(const struct m keep[MDEVS], const struct state *s)
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
    int32_t cost = base + updates + lacks(q->keep, s);
    uint32_t at = pack(q->w, s);

    if (updates < 0 || cost >= q->cost[at])
        return;
    q->cost[at] = cost;
    heap_put(h, (struct node){ *s, cost });
}

static void
expand(struct search *q, struct heap *h, const struct node *n)
{
    const struct world *w = q->w;

    for (unsigned i = 0; w->masks && i <= ids(w->adapters); i++) {
        struct state s = n->s;
        int r = write_mask(w, &s, false, (uint8_t)i);

        reach(q, h, n->cost, r, &s);
    }
    for (unsigned i = 0; w->masks && i <= ids(w->domains); i++) {
        struct state s = n->s;
        int r = write_mask(w, &s, true, (uint8_t)i);

        reach(q, h, n->cost, r, &s);
    }
    for (int i = 0; i < MDEVS; i++) {
        unsigned all = w->adapters + w->domains;

        for (unsigned b = 0; b < 1U << all; b++) {
            struct state s = n->s;
            int r = configure(w, &s, i, matrix_of(w, b));

            reach(q, h, n->cost, r, &s);
        }
        for (unsigned b = 0; b < all; b++) {
            struct state s = n->s;
            int r = flip(w, &s, i, matrix_of(w, 1U << b));

            reach(q, h, n->cost, r, &s);
        }
    }
}

/* The least cost of all orders; FAR when there is none. */
static int32_t
cheapest(const struct world *w, int32_t *cost, const struct m keep[MDEVS],
         const struct state *from, const struct state *to)
{
    struct search q = { .w = w, .keep = { keep[0], keep[1] }, .cost = cost };
    struct heap h = { 0 };
    int32_t answer = FAR;

    for (size_t i = 0; i < (size_t)1 << n_bits(w); i++)
        cost[i] = FAR;
    cost[pack(w, from)] = 0;
    heap_put(&h, (struct node){ *from, 0 });
    while (h.n) {
        struct node n = heap_take(&h);

        if (n.cost > cost[pack(w, &n.s)])
            continue;
        if (pack(w, &n.s) == pack(w, to)) {
            answer = n.cost;
            break;
        }
        expand(&q, &h, &n);
    }
    free(h.node);
    return answer;
}

/* ---- the planner */

static struct vap_mask
mask_of(unsigned bits)
{
    struct vap_mask mask = vap_mask_none();

    for (unsigned i = 0; i < 8; i++)
        if (bits >> i & 1)
            vap_mask_add(&mask, i);
    return mask;
}

static struct vap_matrix
engine_matrix(struct m m)
{
    return (struct vap_matrix){ mask_of(m.a), mask_of(m.d), vap_mask_none() };
}

static void
must(struct host *host, struct vap_request r)
{
    if (host_do(host, &r, NULL) != VAP_OK)
        FAIL("op %d was refused", r.op);
}

static struct host *
host_of(const struct world *w, const struct state *s)
{
    const struct host_boot boot = {
        .rule = vap_rule_named(w->rule),
        .kernel = w->exact_veto ? VAP_LINUX_6_12 : VAP_LINUX_7_2,
        .config = { .ids = { mask_of(w->host_adapters),
                             mask_of(ids(w->domains)), vap_mask_none() },
                    .apxa = true,
                    .last_adapter = 255,
                    .last_domain = 255 },
        .apmask = mask_of(s->p),
        .aqmask = mask_of(s->q),
    };
    struct host *host;

    if (host_new(&boot, &host))
        abort();
    if (w->hole >= 0)
        must(host,
             (struct vap_request){ .op = VAP_UNBIND,
                                   .apqn = VAP_APQN(w->hole / 8, w->hole % 8),
                                   .driver = VAP_VFIO_AP });
    for (uint32_t i = 0; i < MDEVS; i++) {
        uint32_t slot = host_slot(host, i ? "b" : "a");

        must(host, (struct vap_request){ .op = VAP_CREATE, .mdev = slot });
        must(host, (struct vap_request){ .op = VAP_AP_CONFIG,
                                         .mdev = slot,
                                         .matrix = engine_matrix(s->m[i]) });
        if (w->open >> i & 1)
            must(host,
                 (struct vap_request){ .op = VAP_OPEN_MDEV,
                                       .mdev = slot,
                                       .vm = host_vm(host, i ? "B" : "A") });
    }
    return host;
}

static unsigned
bits_of(const struct vap_mask *mask)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < 8; i++)
        bits |= (unsigned)vap_mask_has(mask, i) << i;
    return bits;
}

static struct m
small(const struct vap_matrix *m)
{
    return (struct m){ (uint8_t)bits_of(&m->adapters),
                       (uint8_t)bits_of(&m->domains) };
}

/* One step of the plan, in the model. */
static int
walk(const struct world *w, struct state *s, const struct vap_request *r)
{
    struct m bit = { 0, 0 };

    switch ((int)r->op) {
    case VAP_APMASK:
        return write_mask(w, s, false,
                          (uint8_t)((s->p & ~bits_of(&r->edit.adapters.clear)) |
                                    bits_of(&r->edit.adapters.set)));
    case VAP_AQMASK:
        return write_mask(w, s, true,
                          (uint8_t)((s->q & ~bits_of(&r->edit.domains.clear)) |
                                    bits_of(&r->edit.domains.set)));
    case VAP_AP_CONFIG:
        return configure(w, s, (int)r->mdev, small(&r->matrix));
    case VAP_ASSIGN_ADAPTER:
    case VAP_UNASSIGN_ADAPTER:
        bit.a = (uint8_t)(1U << r->id);
        return flip(w, s, (int)r->mdev, bit);
    case VAP_ASSIGN_DOMAIN:
    case VAP_UNASSIGN_DOMAIN:
        bit.d = (uint8_t)(1U << r->id);
        return flip(w, s, (int)r->mdev, bit);
    default:
        FAIL("a step of op %d", r->op);
    }
}

static void
note(const struct world *w, const struct state *from, const struct state *to)
{
    test_note("%s%s, open %x, hole %d, host %x: apmask %x aqmask %x a %x:%x "
              "b %x:%x -> apmask %x aqmask %x a %x:%x b %x:%x",
              w->rule, w->exact_veto ? " 6.12" : "", w->open, w->hole,
              w->host_adapters, from->p, from->q, from->m[0].a, from->m[0].d,
              from->m[1].a, from->m[1].d, to->p, to->q, to->m[0].a, to->m[0].d,
              to->m[1].a, to->m[1].d);
}

static void
check_pair(const struct world *w, int32_t *cost, const struct state *from,
           const struct state *to, unsigned *n_best)
{
    AUTO(host_done) struct host *host = host_of(w, from);
    struct wanted_mdev mdevs[MDEVS] = {
        { .name = (char[]){ "a" }, .matrix = engine_matrix(to->m[0]) },
        { .name = (char[]){ "b" }, .matrix = engine_matrix(to->m[1]) },
    };
    struct wanted wanted = { .has_apmask = true,
                             .has_aqmask = true,
                             .apmask = mask_of(to->p),
                             .aqmask = mask_of(to->q),
                             .mdevs = mdevs,
                             .n_mdevs = MDEVS };
    AUTO(plan_done) struct plan plan = { 0 };
    struct m keep[MDEVS] = { { 0, 0 } };
    struct state s = *from;
    int32_t found = 0;
    int32_t least;

    note(w, from, to);
    for (int i = 0; i < MDEVS; i++)
        if (w->open >> i & 1)
            keep[i] = (struct m){ from->s[i].a & to->s[i].a,
                                  from->s[i].d & to->s[i].d };
    CHECK_INT(plan_make(host, &wanted, NULL, &plan), 0);
    for (size_t i = 0; i < plan.n; i++) {
        int updates = walk(w, &s, &plan.steps[i].request);

        CHECK(updates >= 0);
        CHECK_INT(updates, plan.steps[i].updates);
        CHECK_INT(plan.steps[i].missing, lacks(keep, &s) % GAP / QUEUE);
        found += updates + lacks(keep, &s);
    }
    CHECK_INT(pack(w, &s), pack(w, to));
    least = cheapest(w, cost, keep, from, to);
    CHECK_INT(found / GAP, plan.gap);
    CHECK_INT(found / GAP, least / GAP);
    if (plan.best)
        CHECK_INT(found / QUEUE, least / QUEUE);
    if (plan.best || (found < GAP && (!w->linux_rule || w->hole < 0)))
        CHECK_INT(found % QUEUE, least % QUEUE);
    CHECK(plan.bound <= (uint32_t)(least % QUEUE));
    *n_best += plan.best;
}

static bool
draw(const struct world *w, struct test_rng *rng, struct state *s,
     const struct state *masks)
{
    *s = (struct state){ .p = 0 };
    if (w->masks) {
        s->p = (uint8_t)test_below(rng, ids(w->adapters) + 1);
        s->q = (uint8_t)test_below(rng, ids(w->domains) + 1);
    }
    if (masks && test_below(rng, 3) == 0) {
        s->p = masks->p;
        s->q = masks->q;
    }
    for (int i = 0; i < MDEVS; i++)
        s->m[i] = matrix_of(
            w, (unsigned)test_below(rng, 1U << (w->adapters + w->domains)));
    for (int i = 0; i < MDEVS; i++)
        s->s[i] = filter(w, s, s->m[i]);
    return may_have(s, 0, s->m[0]) && may_have(s, 1, s->m[1]);
}

static void
check_world(struct world w, unsigned pairs)
{
    struct test_rng rng = { test_seed() };
    AUTO(free_done)
    int32_t *cost = malloc(sizeof(*cost) << n_bits(&w));
    const char *more = getenv("VAP_PAIRS");
    unsigned n_best = 0;

    if (!cost)
        abort();
    if (more)
        pairs = (unsigned)strtoul(more, NULL, 10);
    for (unsigned i = 0; i < pairs;) {
        struct state from, to;

        if (!draw(&w, &rng, &from, NULL) || !draw(&w, &rng, &to, &from))
            continue;
        check_pair(&w, cost, &from, &to, &n_best);
        i++;
    }
    test_note("%u of %u known to be the best", n_best, pairs);
    CHECK(n_best >= pairs - pairs / 10 || (w.linux_rule && w.hole >= 0));
}

#define SMALL                                                                  \
    .adapters = 2, .domains = 2, .host_adapters = 3, .hole = -1, .open = 3
#define WIDE                                                                   \
    .adapters = 3, .domains = 2, .host_adapters = 7, .hole = -1, .open = 3

TEST(plans_under_the_rule_of_state_are_the_best_there_are)
{
    check_world((struct world){ .rule = "state", SMALL, .masks = true }, 80);
    check_world((struct world){ .rule = "state", WIDE, .masks = true }, 50);
}

TEST(plans_on_6_12_with_its_exact_veto_are_the_best_there_are)
{
    check_world(
        (struct world){
            .rule = "state", SMALL, .masks = true, .exact_veto = true },
        60);
    check_world(
        (struct world){
            .rule = "state", WIDE, .masks = true, .exact_veto = true },
        40);
}

TEST(plans_under_linux_rules_are_the_best_there_are)
{
    check_world(
        (struct world){
            .rule = "linux-7.2", SMALL, .masks = true, .linux_rule = true },
        60);
    check_world((struct world){ .rule = "linux-6.12",
                                SMALL,
                                .masks = true,
                                .linux_rule = true,
                                .exact_veto = true },
                60);
}

TEST(plans_with_a_hole_or_an_adapter_that_is_not_there)
{
    struct world hole = { .rule = "state", WIDE };
    struct world absent = { .rule = "state", WIDE };
    struct world linux_hole = { .rule = "linux-7.2",
                                SMALL,
                                .linux_rule = true };

    hole.hole = 1 * 8 + 1;
    check_world(hole, 100);
    absent.host_adapters = 5;
    check_world(absent, 100);
    linux_hole.hole = 1 * 8 + 1;
    check_world(linux_hole, 40);
}

TEST(plans_where_one_guest_or_none_runs)
{
    for (unsigned open = 0; open < 3; open++) {
        struct world w = { .rule = "state", WIDE, .masks = true };

        w.open = open;
        check_world(w, 30);
    }
}
