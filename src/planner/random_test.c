/* SPDX-License-Identifier: MIT */
/* Plans for hosts drawn at random, larger than can be searched: each is walked
 * on a copy, and what it promises is looked at after every step, from outside
 * the planner. */
#include "base/auto.h"
#include "planner/planner.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

enum { IDS = 7, MDEVS = 7 };

static const char *const names[MDEVS] = { "a", "b", "c", "d", "e", "f", "g" };

/** What there is, or what is wanted. */
struct drawn {
    struct vap_mask apmask;
    struct vap_mask aqmask;
    bool exists[MDEVS];
    struct vap_matrix matrix[MDEVS];
};

static struct vap_mask
draw_ids(struct test_rng *rng, unsigned one_in)
{
    struct vap_mask mask = vap_mask_none();

    for (unsigned i = 0; i < IDS; i++)
        if (test_below(rng, one_in) == 0)
            vap_mask_add(&mask, i);
    return mask;
}

static bool
shares(const struct vap_mask *a, const struct vap_mask *d,
       const struct vap_matrix *m)
{
    return vap_mask_meets(a, &m->adapters) && vap_mask_meets(d, &m->domains);
}

static bool
may_be(const struct drawn *drawn, unsigned i)
{
    const struct vap_matrix *m = &drawn->matrix[i];

    if (shares(&drawn->apmask, &drawn->aqmask, m))
        return false;
    for (unsigned k = 0; k < i; k++)
        if (drawn->exists[k] &&
            shares(&m->adapters, &m->domains, &drawn->matrix[k]))
            return false;
    return true;
}

/* some: an mdev may as well stay what it was there. */
static void
draw(struct test_rng *rng, bool masks, const struct drawn *some,
     struct drawn *out)
{
    *out = (struct drawn){ 0 };
    if (masks) {
        out->apmask = draw_ids(rng, 3);
        out->aqmask = draw_ids(rng, 3);
    }
    for (unsigned i = 0; i < MDEVS; i++) {
        out->exists[i] = test_below(rng, 5) != 0;
        for (int n = 0; n < 6 && out->exists[i]; n++) {
            out->matrix[i] =
                (struct vap_matrix){ draw_ids(rng, 3), draw_ids(rng, 3),
                                     draw_ids(rng, 4) };
            if (some && some->exists[i] && n == 0 && test_below(rng, 3) == 0)
                out->matrix[i] = some->matrix[i];
            if (may_be(out, i))
                break;
            out->matrix[i] = (struct vap_matrix){ 0 };
        }
    }
}

static void
must(struct host *host, struct vap_request r)
{
    if (host_do(host, &r, NULL) != VAP_OK)
        FAIL("op %d was refused", (int)r.op);
}

static void
unbind_some(struct test_rng *rng, struct host *host)
{
    for (unsigned n = (unsigned)test_below(rng, 4); n; n--) {
        struct vap_request r = {
            .op = VAP_UNBIND,
            .apqn = VAP_APQN(test_below(rng, IDS), test_below(rng, IDS)),
            .driver = VAP_VFIO_AP,
        };

        if (vap_host_driver(host->engine, r.apqn) == VAP_VFIO_AP)
            must(host, r);
    }
}

static struct host *
host_of(struct test_rng *rng, const struct drawn *drawn,
        const struct drawn *wanted, const struct vap_rule *rule)
{
    struct host_boot boot = {
        .rule = rule,
        .kernel = test_below(rng, 2) ? VAP_LINUX_7_2 : VAP_LINUX_6_12,
        .config = { .apxa = true, .last_adapter = 255, .last_domain = 255 },
        .apmask = drawn->apmask,
        .aqmask = drawn->aqmask
    };
    struct host *host;

    boot.config.ids =
        (struct vap_matrix){ vap_mask_up_to(IDS - 1), vap_mask_up_to(IDS - 1),
                             vap_mask_up_to(IDS - 1) };
    if (test_below(rng, 2))
        vap_mask_drop(&boot.config.ids.adapters,
                      (unsigned)test_below(rng, IDS));
    CHECK_INT(host_new(&boot, &host), 0);
    unbind_some(rng, host);
    for (unsigned i = 0; i < MDEVS; i++) {
        uint32_t slot = host_slot(host, names[i]);

        if (!drawn->exists[i])
            continue;
        must(host, (struct vap_request){ .op = VAP_CREATE, .mdev = slot });
        must(host, (struct vap_request){ .op = VAP_AP_CONFIG,
                                         .mdev = slot,
                                         .matrix = drawn->matrix[i] });
        if (wanted->exists[i] && test_below(rng, 4))
            must(host, (struct vap_request){ .op = VAP_OPEN_MDEV,
                                             .mdev = slot,
                                             .vm = host_vm(host, names[i]) });
    }
    return host;
}

static struct vap_matrix
both(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return (struct vap_matrix){ vap_mask_and(a->adapters, b->adapters),
                                vap_mask_and(a->domains, b->domains),
                                vap_mask_and(a->control, b->control) };
}

static bool
has_all(const struct vap_matrix *guest, const struct vap_matrix *keep)
{
    return (vap_mask_empty(&keep->adapters) || vap_mask_empty(&keep->domains) ||
            (vap_mask_within(&keep->adapters, &guest->adapters) &&
             vap_mask_within(&keep->domains, &guest->domains))) &&
           vap_mask_within(&keep->control, &guest->control);
}

/* Every step, and how many leave somebody without what he has before and
 * after. */
static size_t
walk(struct host *host, const struct plan *plan, const struct host *before,
     const struct host *after)
{
    size_t gap = 0;

    for (size_t i = 0; i < plan->n; i++) {
        bool lacks = false;

        test_note("step %zu of %zu, op %d", i + 1, plan->n,
                  (int)plan->steps[i].request.op);
        must(host, plan->steps[i].request);
        for (uint32_t s = 0; s < host->engine->n_slots; s++) {
            struct vap_matrix keep =
                both(&before->slots[s].guest, &after->slots[s].guest);

            lacks |=
                before->slots[s].vm && !has_all(&host->slots[s].guest, &keep);
        }
        CHECK_INT(lacks, plan->steps[i].missing != 0);
        gap += lacks;
    }
    return gap;
}

static void
check(struct test_rng *rng, const struct vap_rule *rule, unsigned *n_gaps,
      unsigned *n_shortest, unsigned *n_best)
{
    struct drawn from, to;
    struct wanted_mdev mdevs[MDEVS] = { 0 };
    struct wanted wanted = { .has_apmask = true,
                             .has_aqmask = true,
                             .mdevs = mdevs,
                             .others_go = true };
    AUTO(host_done) struct host *host = NULL;
    AUTO(host_done) struct host *before = NULL;
    AUTO(host_done) struct host *after = NULL;
    AUTO(plan_done) struct plan plan = { 0 };
    AUTO(free_done) struct plan_difference *differences = NULL;
    bool masks = test_below(rng, 3) != 0;

    draw(rng, masks, NULL, &from);
    draw(rng, masks, &from, &to);
    wanted.apmask = to.apmask;
    wanted.aqmask = to.aqmask;
    for (unsigned i = 0; i < MDEVS; i++)
        if (to.exists[i])
            mdevs[wanted.n_mdevs++] =
                (struct wanted_mdev){ .name = (char *)(uintptr_t)names[i],
                                      .matrix = to.matrix[i] };
    host = host_of(rng, &from, &to, rule);
    if (plan_make(host, &wanted, NULL, &plan))
        FAIL("refused: %s", plan.reason);
    CHECK_INT(host_copy(host, &before), 0);
    CHECK_INT(host_copy(host, &after), 0);
    for (size_t i = 0; i < plan.n; i++)
        must(after, plan.steps[i].request);
    CHECK_INT(walk(host, &plan, before, after), plan.gap);
    CHECK_INT(plan_differences(host, &wanted, &differences), 0);
    CHECK(plan.bound <= plan.updates || plan.gap);
    CHECK(plan.gap_bound <= plan.gap);
    *n_gaps += plan.gap != 0;
    *n_shortest += plan.gap && plan.gap == plan.gap_bound;
    *n_best += plan.best;
    if (host->engine->kernel == VAP_LINUX_6_12)
        CHECK_INT(plan.gap, 0);
}

TEST(plans_for_hosts_drawn_at_random_keep_their_promise)
{
    static const char *const rules[] = { "state", "linux-7.2", "linux-6.12" };
    struct test_rng rng = { test_seed() };
    const char *more = getenv("VAP_PAIRS");
    unsigned n = more ? (unsigned)strtoul(more, NULL, 10) : 900;
    unsigned gaps = 0, shortest = 0, best = 0;

    for (unsigned i = 0; i < n; i++)
        check(&rng, vap_rule_named(rules[i % 3]), &gaps, &shortest, &best);
    (void)printf("%u plans, %u with a gap, %u of them known to be the "
                 "shortest, %u plans known to be the best\n",
                 n, gaps, shortest, best);
    CHECK(gaps > 0 && shortest > 0 && best > n / 4);
}
