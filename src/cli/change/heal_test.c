/* SPDX-License-Identifier: MIT */
/* Hosts with a past, on kernels with ap_config and without: what heal writes
 * brings every mdev to what the state gives, and takes nothing that is due
 * from anybody on the way. */
#include "cli/change/heal.h"

#include "base/auto.h"
#include "draw.h"
#include "host/host_rule.h"
#include "matrix/explain.h"
#include "observe/hostfile.h"
#include "test.h"

#include <string.h>

enum { WORLDS = 400, SHAKES = 100 };

static void
ask(struct host *host, const char *words)
{
    char error[CHANGE_WORDS_ERROR];
    struct vap_request r;

    if (change_words_read(host, words, &r, error) == 0)
        (void)host_do(host, &r, NULL);
}

/* All queues are for guests, and two of the mdevs have one. */
static struct host *
fresh(const char *rule)
{
    struct host *host = NULL;

    CHECK_INT(hostfile_builtin(&host), 0);
    CHECK_INT(host_use_rule(host, vap_rule_named(rule), VAP_LINUX_7_2), 0);
    ask(host, "apmask -0-255");
    for (unsigned i = 0; i < DRAW_MDEVS; i++) {
        char words[80];
        char name[40];

        draw_mdev(i, name);
        (void)snprintf(words, sizeof(words), "create %s", name);
        ask(host, words);
        (void)snprintf(words, sizeof(words), "open %s vm%u", name, i % 2);
        ask(host, words);
    }
    return host;
}

/* Something happens to it. */
static void
shake(struct host *host, struct test_rng *rng)
{
    static const char *const forms[] = {
        "%m/assign_adapter %a",     "%m/assign_domain %d",
        "%m/assign_adapter %a",     "%m/assign_domain %d",
        "%m/unassign_adapter %a",   "%m/unassign_domain %d",
        "bind vfio_ap %q",          "unbind vfio_ap %q",
        "adapter %a leaves",        "adapter %a comes",
        "domain %d leaves",         "domain %d comes",
        "control-domain %d leaves", "%m/assign_control_domain %d",
    };
    char words[200];

    draw_form(rng, forms[test_below(rng, sizeof(forms) / sizeof(forms[0]))],
              words, sizeof(words));
    ask(host, words);
}

static struct vap_matrix
due(const struct host *host, uint32_t slot)
{
    struct vap_mdev_facts f;

    vap_explain_mdev(host->engine, slot, &f);
    return f.due;
}

/* What each guest has and is due, it keeps. */
static void
check_kept(const struct host *before, const struct host *now)
{
    for (uint32_t i = 0; i < before->engine->n_slots; i++) {
        const struct vap_matrix *had = &before->slots[i].guest;
        struct vap_matrix is_due = due(before, i);
        struct vap_mask a = vap_mask_and(had->adapters, is_due.adapters);
        struct vap_mask d = vap_mask_and(had->domains, is_due.domains);

        CHECK(vap_mask_within(&a, &now->slots[i].guest.adapters));
        CHECK(vap_mask_within(&d, &now->slots[i].guest.domains));
    }
}

/* Is there anything to heal? */
static bool
is_short(const struct host *host)
{
    for (uint32_t i = 0; i < host->engine->n_slots; i++) {
        struct vap_mdev_facts f;

        if (!host->slots[i].exists)
            continue;
        vap_explain_mdev(host->engine, i, &f);
        if (!vap_mask_empty(&f.stale) || !vap_mask_empty(&f.leftover))
            return true;
    }
    return false;
}

/* Nobody's assignment is another in the end. */
static void
check_end(const struct host *before, const struct host *now)
{
    for (uint32_t i = 0; i < before->engine->n_slots; i++)
        CHECK(
            vap_matrix_equal(&before->slots[i].matrix, &now->slots[i].matrix));
    CHECK(!is_short(now));
}

/** What came of it, in all worlds. */
struct score {
    size_t healed;
    size_t ways[HEAL_RETURN + 1];
};

/* tree: where ap_config is looked for; NULL: it is there. */
static void
heal_one(const struct host *host, const char *tree, struct score *score)
{
    AUTO(host_done) struct host *now = NULL;
    struct heals h = { .host = host, .tree = tree };

    CHECK_INT(host_copy(host, &now), 0);
    CHECK_INT(heal_plan(&h, NAMES_NONE), 0);
    for (size_t i = 0; i < h.n; i++) {
        const struct heal *heal = &h.list[i];

        if (!heal->n) /* not told, and nothing that is written helps */
            continue;
        CHECK(heal->disturbs || heal->way == HEAL_CONFIG);
        for (size_t k = 0; k < heal->n; k++) {
            CHECK_INT(host_do(now, &heal->list[k], NULL), VAP_OK);
            check_kept(host, now);
        }
        CHECK(vap_matrix_equal(&heal->after, &now->slots[heal->mdev].guest));
        score->ways[heal->way]++;
        score->healed++;
    }
    check_end(host, now);
    free(h.list);
}

TEST(what_is_due_is_given_and_nothing_is_taken)
{
    static const char *const rules[] = { "linux-7.2", "linux-6.12" };
    struct test_rng rng = { test_seed() };
    struct score with = { 0 };
    struct score without = { 0 };

    for (int i = 0; i < WORLDS; i++) {
        AUTO(host_done) struct host *host = fresh(rules[i % 2]);

        for (int n = 0; n < SHAKES; n++) {
            shake(host, &rng);
            if (!is_short(host))
                continue;
            heal_one(host, NULL, &with);
            heal_one(host, "/nowhere", &without);
        }
    }
    test_note("%zu healed", with.healed);
    CHECK(with.healed > 0 && with.healed == with.ways[HEAL_CONFIG]);
    CHECK_INT(without.healed, with.healed);
    CHECK_INT(without.ways[HEAL_CONFIG], 0);
    CHECK(without.ways[HEAL_BORROW] > 0);
}

/* No adapter and no domain is left to borrow. */
TEST(where_all_is_taken_an_adapter_is_given_back_for_a_moment)
{
    static const char text[] =
        "rule: linux-7.2\napxa: false\ncards: [{id: 0-63}]\ndomains: [0-15]\n"
        "apmask: -0-255\naqmask: -0-255\n"
        "queues: [{adapters: [1], domains: [1], driver: unbound}]\n"
        "mdevs:\n  - name: a\n    adapters: [0, 1]\n    domains: [0]\n"
        "    guest: vm0\n    guest_matrix: {adapters: [0], domains: [0]}\n";
    AUTO(host_done) struct host *host = NULL;
    struct hostfile_error error;
    struct score score = { 0 };

    if (hostfile_parse(text, strlen(text), &host, &error))
        FAIL("%s", error.text);
    heal_one(host, "/nowhere", &score);
    CHECK_INT(score.ways[HEAL_RETURN], 1);
}
