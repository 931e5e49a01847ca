/* SPDX-License-Identifier: MIT */
/* Plans made on what is read of a host that lives, written file by file: none
 * is refused, after each every mdev and its guest are as planned, and in the
 * end all is as wanted. */
#include "observe/sysdir.h"

#include "base/auto.h"
#include "daemon/host.h"
#include "draw.h"
#include "host/host_rule.h"
#include "planner/planner.h"
#include "test.h"

enum { ROUNDS = 12 };

/* A reading is of a kernel's rule, with its guests as they are seen. */
static struct host *
seen(const struct vhost *live, bool state)
{
    AUTO(sysdir_report_done) struct sysdir_report report;
    struct host *host = NULL;

    CHECK_INT(sysdir_load(live->place.tree, &host, &report), 0);
    if (state)
        CHECK_INT(host_use_rule(host, &vap_rule_state, host->engine->kernel),
                  0);
    return host;
}

static struct vap_mask
draw_some(struct test_rng *rng, const unsigned ids[3])
{
    struct vap_mask mask = vap_mask_none();

    for (int i = 0; i < 3; i++)
        if (test_below(rng, 2))
            vap_mask_add(&mask, ids[i]);
    return mask;
}

static void
draw_wanted(struct test_rng *rng, struct wanted *out)
{
    static const unsigned adapters[] = { 3, 5, 10 };
    static const unsigned domains[] = { 4, 71, 84 };
    char name[40];

    *out = (struct wanted){ .has_apmask = test_below(rng, 2),
                            .has_aqmask = test_below(rng, 2) };
    out->apmask = draw_some(rng, adapters);
    out->aqmask = draw_some(rng, domains);
    out->mdevs = calloc(DRAW_MDEVS, sizeof(*out->mdevs));
    if (!out->mdevs)
        FAIL("no memory");
    for (unsigned i = 0; i < DRAW_MDEVS; i++) {
        struct wanted_mdev *m = &out->mdevs[out->n_mdevs];

        if (test_below(rng, 4) == 0)
            continue;
        draw_mdev(i, name);
        m->name = strdup(name);
        m->matrix = (struct vap_matrix){ draw_some(rng, adapters),
                                         draw_some(rng, domains),
                                         draw_some(rng, domains) };
        out->n_mdevs++;
    }
}

static void
open_one(const struct vhost *live, struct test_rng *rng)
{
    AUTO(free_done) char *list = NULL;
    char name[40];

    draw_mdev((unsigned)test_below(rng, DRAW_MDEVS), name);
    CHECK(asprintf(&list, "[\"open %s vm-%s\"]", name, name) > 0);
    (void)vhost_change(live, list);
}

static bool
same_queues(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return vap_mask_equal(&a->adapters, &b->adapters) &&
           vap_mask_equal(&a->domains, &b->domains);
}

/* Mdevs, matrices, guests; control domains of guests nobody sees. */
static void
check_alike(const struct host *model, const struct host *now)
{
    for (uint32_t i = 0; i < model->engine->n_slots; i++)
        if (model->slots[i].exists)
            CHECK(host_mdev(now, host_mdev_name(model, i)) != NAMES_NONE);
    for (uint32_t i = 0; i < now->engine->n_slots; i++) {
        uint32_t slot;

        if (!now->slots[i].exists)
            continue;
        slot = host_mdev(model, host_mdev_name(now, i));
        CHECK(slot != NAMES_NONE);
        CHECK(vap_matrix_equal(&model->slots[slot].matrix,
                               &now->slots[i].matrix));
        CHECK(same_queues(&model->slots[slot].guest, &now->slots[i].guest));
    }
    CHECK(vap_mask_equal(&model->engine->bus.apmask, &now->engine->bus.apmask));
    CHECK(vap_mask_equal(&model->engine->bus.aqmask, &now->engine->bus.aqmask));
}

static void
write_step(const struct vhost *live, struct host *model,
           const struct vap_request *r)
{
    AUTO(change_write_done) struct change_write w = { 0 };
    AUTO(host_done) struct host *now = NULL;

    CHECK_INT(change_words_write(model, r, &w), 0);
    test_note("%s to %s", w.text, w.file);
    CHECK_INT(vhost_write(live, w.file, w.text), 0);
    CHECK_INT(host_do(model, r, NULL), VAP_OK);
    now = seen(live, false);
    check_alike(model, now);
}

/* Returns how many steps it took; 0 too when it cannot be. */
static size_t
follow(const struct vhost *live, const char *rule, struct test_rng *rng)
{
    AUTO(host_done)
    struct host *model = seen(live, strcmp(rule, "state") == 0);
    AUTO(host_done) struct host *now = NULL;
    AUTO(wanted_done) struct wanted wanted = { 0 };
    AUTO(plan_done) struct plan plan = { 0 };
    AUTO(free_done) struct plan_difference *list = NULL;

    draw_wanted(rng, &wanted);
    if (plan_make(model, &wanted, NULL, &plan))
        return 0;
    for (size_t i = 0; i < plan.n; i++)
        write_step(live, model, &plan.steps[i].request);
    now = seen(live, false);
    CHECK_INT(plan_differences(now, &wanted, &list), 0);
    return plan.n;
}

TEST(plans_lead_living_hosts_where_they_say)
{
    static const char *const rules[] = { "linux-7.2", "linux-6.12", "state" };
    struct test_rng rng = { test_seed() };

    VHOST_OR_SKIP();
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        AUTO(vhost_done) struct vhost live = vhost_new();
        const char *const options[] = { "--no-scan", "--rule", rules[i], NULL };
        size_t n = 0;

        CHECK_INT(vhost_start(&live, options), 0);
        for (int k = 0; k < ROUNDS || n < 20; k++) {
            n += follow(&live, rules[i], &rng);
            if (k % 3 == 1)
                open_one(&live, &rng);
            CHECK(k < 400);
        }
    }
}
