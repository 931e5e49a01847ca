/* SPDX-License-Identifier: MIT */
#include "planner/planner.h"

#include "base/auto.h"
#include "host/change_words.h"
#include "test.h"

#include <string.h>

/* ---- a host and what is wanted of it, as text; the plan as words */

struct asked {
    struct host *host;
    struct wanted wanted;
    struct plan plan;
    char *words; /* "a/assign_adapter 0x05; b/ap_config 05:0004:" */
    int answer;
};

static void
asked_done(struct asked *a)
{
    host_free(a->host);
    wanted_done(&a->wanted);
    plan_done(&a->plan);
    free(a->words);
}

static void
print_ids(FILE *out, const struct vap_mask *mask)
{
    const char *comma = "";

    VAP_EACH (id, mask) {
        (void)fprintf(out, "%s%x", comma, id);
        comma = ",";
    }
}

static void
print_step(FILE *out, const struct host *host, const struct vap_request *r)
{
    AUTO(free_done) char *text = NULL;

    if (r->op != VAP_AP_CONFIG) {
        CHECK_INT(change_words_text(host, r, CHANGE_WORDS, &text), 0);
        (void)fputs(text, out);
        return;
    }
    (void)fprintf(out, "%s = ", host_mdev_name(host, r->mdev));
    print_ids(out, &r->matrix.adapters);
    (void)fputs(":", out);
    print_ids(out, &r->matrix.domains);
}

static char *
words_of(const struct host *host, const struct plan *plan)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    CHECK(f != NULL);
    for (size_t i = 0; i < plan->n; i++) {
        (void)fputs(i ? "; " : "", f);
        print_step(f, host, &plan->steps[i].request);
    }
    CHECK_INT(fclose(f), 0);
    return text;
}

static struct asked
ask(const char *host, const char *wanted)
{
    struct asked a = { 0 };
    struct hostfile_error error = { 0 };

    if (hostfile_parse(host, strlen(host), &a.host, &error) ||
        wanted_parse(wanted, strlen(wanted), &a.wanted, &error))
        FAIL("line %lu: %s", error.line, error.text);
    a.answer = plan_make(a.host, &a.wanted, NULL, &a.plan);
    if (a.answer == 0)
        a.words = words_of(a.host, &a.plan);
    return a;
}

/* Adapters 1 to 4, domains 1 to 4, all of them for guests. */
#define HOST                                                                   \
    "cards: [{id: 1-4}]\ndomains: [1-4]\ncontrol_domains: [1-4]\n"             \
    "apmask: -0-255\naqmask: -0-255\n"

#define MDEV(name, adapters, domains)                                          \
    "  - {name: " name ", adapters: [" adapters "], domains: [" domains        \
    "], guest: vm-" name "}\n"
#define WANT(name, adapters, domains)                                          \
    "  - {name: " name ", adapters: [" adapters "], domains: [" domains "]}\n"

/* ---- named cases */

TEST(what_is_there_already_takes_no_step)
{
    AUTO(asked_done)
    struct asked a = ask(HOST "mdevs:\n" MDEV("a", "1", "1"),
                         "mdevs:\n" WANT("a", "1", "1"));

    CHECK_INT(a.answer, 0);
    CHECK_INT(a.plan.n, 0);
    CHECK(a.plan.best);
}

TEST(an_adapter_more_is_one_write_and_one_update)
{
    AUTO(asked_done)
    struct asked a = ask(HOST "mdevs:\n" MDEV("a", "1", "1,2"),
                         "mdevs:\n" WANT("a", "1,3", "1,2"));

    CHECK_STR(a.words, "a/assign_adapter 0x03");
    CHECK_INT(a.plan.updates, 1);
    CHECK(a.plan.best);
}

TEST(a_domain_moves_from_one_guest_to_another)
{
    AUTO(asked_done)
    struct asked a = ask(HOST "mdevs:\n" MDEV("a", "1", "1") /* gets 2 */
                         MDEV("b", "1", "2,3"),
                         "mdevs:\n" WANT("a", "1", "1,2") WANT("b", "1", "3"));

    CHECK_STR(a.words, "b/unassign_domain 0x0002; a/assign_domain 0x0002");
    CHECK_INT(a.plan.updates, 2);
    CHECK(a.plan.best);
    CHECK_INT(a.plan.gap, 0);
}

TEST(two_guests_swap_queues_in_three_updates)
{
    AUTO(asked_done)
    struct asked a =
        ask(HOST "mdevs:\n" MDEV("a", "1", "1") MDEV("b", "2", "2"),
            "mdevs:\n" WANT("a", "2", "2") WANT("b", "1", "1"));

    CHECK_STR(a.words, "a = :; b = 1:1; a = 2:2");
    CHECK_INT(a.plan.updates, 3);
    CHECK(a.plan.best);
}

TEST(a_guest_keeps_what_it_has_before_and_after_while_it_swaps)
{
    AUTO(asked_done)
    struct asked a =
        ask(HOST "mdevs:\n" MDEV("a", "1,3", "1") MDEV("b", "2,4", "1"),
            "mdevs:\n" WANT("a", "2,3", "1") WANT("b", "1,4", "1"));

    CHECK_STR(a.words, "a/unassign_adapter 0x01; b = 1,4:1; "
                       "a/assign_adapter 0x02");
    CHECK_INT(a.plan.updates, 3);
    for (size_t i = 0; i < a.plan.n; i++)
        CHECK_INT(a.plan.steps[i].missing, 0);
}

TEST(a_ring_of_three_is_cut_where_nobody_watches)
{
    AUTO(asked_done)
    struct asked a = ask(
        HOST "mdevs:\n" MDEV("a", "1", "1")
            MDEV("b", "2", "1") "  - {name: c, adapters: [3], domains: [1]}\n",
        "mdevs:\n" WANT("a", "2", "1") WANT("b", "3", "1") WANT("c", "1", "1"));

    CHECK_STR(a.words, "c/unassign_adapter 0x03; b = 3:1; a = 2:1; "
                       "c/assign_adapter 0x01");
    CHECK_INT(a.plan.updates, 2);
    CHECK(a.plan.best);
}

TEST(a_queue_goes_from_the_host_to_a_guest)
{
    AUTO(asked_done)
    struct asked a = ask("cards: [{id: 1-4}]\ndomains: [1-4]\n"
                         "apmask: -2\nmdevs:\n" MDEV("a", "2", "1"),
                         "apmask: -2,-3\nmdevs:\n" WANT("a", "2,3", "1"));

    CHECK_STR(a.words, "apmask -0x03; a/assign_adapter 0x03");
    CHECK_INT(a.plan.updates, 1);
}

TEST(a_queue_goes_back_to_the_host_when_its_guest_has_let_it_go)
{
    AUTO(asked_done)
    struct asked a = ask("cards: [{id: 1-4}]\ndomains: [1-4]\n"
                         "apmask: -2,-3\nmdevs:\n" MDEV("a", "2,3", "1"),
                         "apmask: -3\nmdevs:\n" WANT("a", "3", "1"));

    CHECK_STR(a.words, "a/unassign_adapter 0x02; apmask +0x02");
    CHECK_INT(a.plan.gap, 0);
}

/* 7.2 refuses an adapter in apmask that an mdev has with any domain. */
static const char veto_wanted[] = "apmask: +0-255\naqmask: -1\n"
                                  "mdevs:\n" WANT("a", "2", "1");

TEST(the_veto_of_7_2_makes_a_gap_which_is_said_and_short)
{
    AUTO(asked_done)
    struct asked a = ask("cards: [{id: 1-4}]\ndomains: [1-4]\n"
                         "apmask: -2\nmdevs:\n" MDEV("a", "2", "1"),
                         veto_wanted);

    CHECK_STR(a.words, "aqmask -0x01; a/unassign_adapter 0x02; "
                       "apmask +0x02; a/assign_adapter 0x02");
    CHECK_INT(a.plan.gap, 2);
    CHECK_INT(a.plan.steps[1].missing, 1);
    CHECK_INT(a.plan.steps[3].missing, 0);
}

TEST(the_veto_of_6_12_makes_none)
{
    AUTO(asked_done)
    struct asked a = ask("kernel: 6.12\ncards: [{id: 1-4}]\ndomains: [1-4]\n"
                         "apmask: -2\nmdevs:\n" MDEV("a", "2", "1"),
                         veto_wanted);

    CHECK_STR(a.words, "aqmask -0x01; apmask +0x02");
    CHECK_INT(a.plan.gap, 0);
    CHECK_INT(a.plan.updates, 0);
}

TEST(mdevs_are_made_and_removed)
{
    AUTO(asked_done)
    struct asked a = ask(HOST "mdevs:\n"
                              "  - {name: old, adapters: [1], domains: [1]}\n",
                         "removed: [old, never]\n"
                         "mdevs:\n" WANT("new", "1", "1"));

    CHECK_STR(a.words, "remove old; create new; new = 1:1");
}

TEST(a_kernel_without_ap_config_takes_ids_one_by_one)
{
    static const struct plan_wish wish = { .no_ap_config = true };
    AUTO(asked_done)
    struct asked a = ask(HOST "mdevs:\n" MDEV("a", "1", "1"),
                         "mdevs:\n" WANT("a", "2", "2"));

    plan_done(&a.plan);
    free(a.words);
    CHECK_INT(plan_make(a.host, &a.wanted, &wish, &a.plan), 0);
    a.words = words_of(a.host, &a.plan);
    CHECK_STR(a.words, "a/unassign_adapter 0x01; a/unassign_domain 0x0001; "
                       "a/assign_adapter 0x02; a/assign_domain 0x0002");
}

/* ---- what cannot be */

TEST(what_cannot_be_is_refused_with_the_reason)
{
    static const struct {
        const char *host;
        const char *wanted;
        const char *reason;
    } rows[] = {
        { HOST "mdevs:\n" MDEV("a", "1", "1"), "removed: [a]\n",
          "a is to be removed, but guest vm-a has it open" },
        { HOST "mdevs:\n" MDEV("a", "1", "1"), "mdevs:\n" WANT("b", "1", "1"),
          "01.0001 is assigned to a" },
        { "cards: [{id: 1}]\ndomains: [1]\n", "mdevs:\n" WANT("a", "1", "1"),
          "01.0001 is kept for the host" },
        { HOST "highest_adapter: 7\n", "mdevs:\n" WANT("a", "9", "1"),
          "an id is above the highest" },
        { "kernel: 7.2\ncards: [{id: 1}]\ndomains: [1]\nqueues:\n"
          "  - {adapters: [1], domains: [1], driver_override: vfio_ap}\n",
          "apmask: -1\n", "driver_override" },
        { HOST "mdevs:\n" MDEV("a", "1", "1"),
          "apmask: +0-255\n"
          "aqmask: +0-255\n",
          "01.0001" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(asked_done) struct asked a = ask(rows[i].host, rows[i].wanted);

        test_note("row %zu", i);
        CHECK_INT(a.answer, 1);
        CHECK_INT(a.plan.n, 0);
        if (!a.plan.reason || !strstr(a.plan.reason, rows[i].reason))
            FAIL("said: %s", a.plan.reason ? a.plan.reason : "nothing");
    }
}

/* ---- many */

/* A hundred guests of 25 by 25, in rings of four that pass all they have to
 * the next: 256 adapters, 256 domains. */
TEST(a_hundred_guests_that_pass_on_what_they_have)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(plan_done) struct plan plan = { 0 };
    AUTO(wanted_done) struct wanted wanted = { 0 };
    const struct host_boot boot = {
        .rule = &vap_rule_state,
        .kernel = VAP_LINUX_7_2,
        .config = { .ids = { vap_mask_all(), vap_mask_all(), vap_mask_all() },
                    .apxa = true,
                    .last_adapter = 255,
                    .last_domain = 255 },
    };

    CHECK_INT(host_new(&boot, &host), 0);
    wanted.mdevs = calloc(100, sizeof(*wanted.mdevs));
    wanted.n_mdevs = 100;
    for (unsigned i = 0; i < 100; i++) {
        struct vap_matrix m[2] = { 0 };
        char name[8];
        uint32_t slot;

        (void)snprintf(name, sizeof(name), "m%u", i);
        wanted.mdevs[i].name = strdup(name);
        for (unsigned k = 0; k < 2; k++) {
            unsigned at = k ? i / 4 * 4 + (i + 1) % 4 : i;

            for (unsigned n = 0; n < 25; n++) {
                vap_mask_add(&m[k].adapters, at / 10 * 25 + n);
                vap_mask_add(&m[k].domains, at % 10 * 25 + n);
            }
        }
        slot = host_slot(host, name);
        CHECK_INT(
            host_do(host,
                    &(struct vap_request){ .op = VAP_CREATE, .mdev = slot },
                    NULL),
            VAP_OK);
        CHECK_INT(host_do(host,
                          &(struct vap_request){ .op = VAP_AP_CONFIG,
                                                 .mdev = slot,
                                                 .matrix = m[0] },
                          NULL),
                  VAP_OK);
        CHECK_INT(host_do(host,
                          &(struct vap_request){ .op = VAP_OPEN_MDEV,
                                                 .mdev = slot,
                                                 .vm = host_vm(host, name) },
                          NULL),
                  VAP_OK);
        wanted.mdevs[i].matrix = m[1];
    }
    CHECK_INT(plan_make(host, &wanted, NULL, &plan), 0);
    CHECK_INT(plan.updates, 125);
    CHECK_INT(plan.bound, 125);
    CHECK(plan.best);
    CHECK_INT(plan.gap, 0);
}
