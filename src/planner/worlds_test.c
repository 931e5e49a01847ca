/* SPDX-License-Identifier: MIT */
/* The planner against a search that knows nothing of it: for pairs of states
 * of small worlds, drawn at random, the plan is walked in their model: no step
 * is refused, what is kept is kept, the goal is reached, and no other order of
 * writes has a smaller gap or fewer updates. */
#include "base/auto.h"
#include "planner/planner.h"
#include "planner/worlds_model.h"
#include "test.h"

#include <stdlib.h>

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
                             mask_of(world_ids(w->domains)), vap_mask_none() },
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
        return world_write_mask(
            w, s, false,
            (uint8_t)((s->p & ~bits_of(&r->edit.adapters.clear)) |
                      bits_of(&r->edit.adapters.set)));
    case VAP_AQMASK:
        return world_write_mask(
            w, s, true,
            (uint8_t)((s->q & ~bits_of(&r->edit.domains.clear)) |
                      bits_of(&r->edit.domains.set)));
    case VAP_AP_CONFIG:
        return world_configure(w, s, (int)r->mdev, small(&r->matrix));
    case VAP_ASSIGN_ADAPTER:
    case VAP_UNASSIGN_ADAPTER:
        bit.a = (uint8_t)(1U << r->id);
        return world_flip(w, s, (int)r->mdev, bit);
    case VAP_ASSIGN_DOMAIN:
    case VAP_UNASSIGN_DOMAIN:
        bit.d = (uint8_t)(1U << r->id);
        return world_flip(w, s, (int)r->mdev, bit);
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
        CHECK_INT(plan.steps[i].missing, world_lacks(keep, &s) % GAP / QUEUE);
        found += updates + world_lacks(keep, &s);
    }
    CHECK_INT(world_pack(w, &s), world_pack(w, to));
    least = world_cheapest(w, cost, keep, from, to);
    CHECK_INT(found / GAP, plan.gap);
    CHECK_INT(found / GAP, least / GAP);
    if (plan.best)
        CHECK_INT(found / QUEUE, least / QUEUE);
    if (plan.best || (found < GAP && (!w->linux_rule || w->hole < 0)))
        CHECK_INT(found % QUEUE, least % QUEUE);
    CHECK(plan.bound <= (uint32_t)(least % QUEUE));
    CHECK((int32_t)plan.gap_bound <= least / GAP);
    *n_best += plan.best;
}

static bool
draw(const struct world *w, struct test_rng *rng, struct state *s,
     const struct state *masks)
{
    *s = (struct state){ .p = 0 };
    if (w->masks) {
        s->p = (uint8_t)test_below(rng, world_ids(w->adapters) + 1);
        s->q = (uint8_t)test_below(rng, world_ids(w->domains) + 1);
    }
    if (masks && test_below(rng, 3) == 0) {
        s->p = masks->p;
        s->q = masks->q;
    }
    for (int i = 0; i < MDEVS; i++)
        s->m[i] = world_matrix(
            w, (unsigned)test_below(rng, 1U << (w->adapters + w->domains)));
    for (int i = 0; i < MDEVS; i++)
        s->s[i] = world_filter(w, s, s->m[i]);
    return world_may_have(s, 0, s->m[0]) && world_may_have(s, 1, s->m[1]);
}

static void
check_world(struct world w, unsigned pairs)
{
    struct test_rng rng = { test_seed() };
    AUTO(free_done)
    int32_t *cost = malloc(sizeof(*cost) << world_bits(&w));
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
