/* SPDX-License-Identifier: MIT */
#include "cli/lab/play.h"

#include "base/auto.h"
#include "test.h"

#define HOST                                                                   \
    "host\nadapters {0-2}\ndomains {0-2}\napmask 0x0\nunbound 01.0001\n"       \
    "mdev a\nguest a\nmdev b {2}x{0}\nend\n"

/** A scenario, and who plays it. */
struct stage {
    struct scenario *s;
    struct play *play;
};

static void
stage_done(struct stage *stage)
{
    play_free(stage->play);
    scenario_free(stage->s);
}

static struct stage
stage(const struct vap_rule *rule, const char *steps)
{
    AUTO(free_done) char *text = NULL;
    struct stage st = { 0 };
    struct scenario_error error;

    if (asprintf(&text, HOST "%s", steps) < 0)
        FAIL("no memory");
    if (scenario_parse(text, strlen(text), &st.s, &error) ||
        play_new(st.s, rule, VAP_LINUX_7_2, &st.play, &error))
        FAIL("line %lu: %s", error.line, error.text);
    return st;
}

static void
sees(const struct play *play, enum scenario_about about, const char *subject,
     const char *value)
{
    AUTO(free_done) char *copy = strdup(subject);
    struct scenario_expect x = { .about = about, .subject = copy };
    AUTO(free_done) char *seen = play_see(play, &x);

    CHECK_STR(seen, value);
}

TEST(a_refusal_says_every_reason_and_changes_nothing)
{
    AUTO(stage_done)
    struct stage st =
        stage(&vap_rule_state, "write a/ap_config 0x20,0x80,0x0\n");
    struct play_answer answer;

    CHECK_INT(play_ops(st.play, st.s->steps[1].ops, 1, &answer), 0);
    CHECK_INT(answer.verdict, VAP_SHARED);
    CHECK_INT(answer.n_reasons, 1);
    CHECK_STR(answer.reasons[0], "02.0000 is assigned to b");
    CHECK(answer.remedy);
    play_answer_done(&answer);
    sees(st.play, SCENARIO_MATRIX, "b", "{2}x{0}");
}

TEST(a_batch_names_the_operation_that_was_refused)
{
    AUTO(stage_done)
    struct stage st =
        stage(&vap_rule_state, "batch\nwrite a/assign_adapter 2\n"
                               "write a/assign_domain 0\nscan\nend -> any\n");
    struct play_answer answer;

    CHECK_INT(play_ops(st.play, st.s->steps[1].ops, 3, &answer), 0);
    CHECK_INT(answer.verdict, VAP_SHARED);
    CHECK(answer.op == &st.s->steps[1].ops[1]);
    CHECK_STR(answer.reasons[0], "02.0000 is assigned to b");
    play_answer_done(&answer);
    sees(st.play, SCENARIO_MATRIX, "a", "empty");
}

/* Each of them changes another part of the host, one is refused. */
TEST(after_every_order_the_host_is_as_it_was)
{
    AUTO(stage_done)
    struct stage st = stage(&vap_rule_linux_7_2,
                            "every order of\nwrite a/assign_adapter {0,1}\n"
                            "write a/assign_domain 1\n01.0002 checkstop\n"
                            "unbind vfio_ap 00.0001\nadapter 2 leaves\n"
                            "remove b\nend -> any\n");
    AUTO(host_done) struct host *before = NULL;
    uint32_t answers;

    CHECK_INT(host_copy(st.play->host, &before), 0);
    CHECK_INT(play_orders(st.play, &st.s->steps[1], &answers), 0);
    CHECK_INT(st.play->n_orders, 5040);
    CHECK(host_equal(before, st.play->host));
}

/* The orders one by one, each on a host of its own. */
static unsigned
count_slowly(const struct vap_rule *rule, size_t order[4], size_t n,
             const char *end)
{
    static const char *const ops[] = { "write a/assign_adapter 0\n",
                                       "write a/assign_adapter 1\n",
                                       "write a/assign_domain 0\n",
                                       "write a/assign_domain 1\n" };
    unsigned found = 0;

    if (n == 4) {
        char a[] = "a";
        AUTO(free_done) char *steps = NULL;
        struct scenario_expect x = { .about = SCENARIO_GUEST, .subject = a };

        if (asprintf(&steps, "%s%s%s%s", ops[order[0]], ops[order[1]],
                     ops[order[2]], ops[order[3]]) < 0)
            FAIL("no memory");

        AUTO(stage_done) struct stage st = stage(rule, steps);

        for (size_t i = 1; i <= 4; i++) {
            struct play_answer answer;

            CHECK_INT(play_ops(st.play, st.s->steps[i].ops, 1, &answer), 0);
            play_answer_done(&answer);
        }

        AUTO(free_done) char *seen = play_see(st.play, &x);

        return strcmp(seen, end) == 0;
    }
    for (size_t i = 0; i < 4; i++) {
        bool taken = false;

        for (size_t k = 0; k < n; k++)
            taken |= order[k] == i;
        order[n] = i;
        found += taken ? 0 : count_slowly(rule, order, n + 1, end);
    }
    return found;
}

TEST(orders_end_where_they_end_one_by_one)
{
    for (size_t i = 0; i < vap_n_rules; i++) {
        AUTO(stage_done)
        struct stage st =
            stage(vap_rules[i], "every order of\nwrite a/assign_adapter {0,1}"
                                "\nwrite a/assign_domain {0,1}\nend\n");
        uint32_t answers;

        test_note("%s", vap_rules[i]->name);
        CHECK_INT(play_orders(st.play, &st.s->steps[1], &answers), 0);
        CHECK_INT(answers, 1U << VAP_OK);
        CHECK_INT(st.play->n_orders, 24);
        for (size_t e = 0; e < st.play->ends[0].n; e++) {
            size_t order[4];
            const struct scenario_end *end = &st.play->ends[0].ends[e];

            CHECK_INT(end->times,
                      count_slowly(vap_rules[i], order, 0, end->matrix));
        }
    }
}

TEST(updates_and_resets_are_counted_until_they_are_looked_at)
{
    AUTO(stage_done)
    struct stage st = stage(&vap_rule_state,
                            "write a/assign_adapter {0,2}\n"
                            "write a/assign_domain {1,2}\n"
                            "unbind vfio_ap 00.0001\n"
                            "expect a updates 3\nexpect resets none\nscan\n");
    struct play_answer answer;

    for (size_t s = 1; s <= 3; s++)
        for (size_t i = 0; i < st.s->steps[s].n_ops; i++) {
            CHECK_INT(play_ops(st.play, &st.s->steps[s].ops[i], 1, &answer), 0);
            play_answer_done(&answer);
        }
    sees(st.play, SCENARIO_UPDATES, "a", "3");
    sees(st.play, SCENARIO_RESETS, "", "{0}x{1-2}");
    play_looked(st.play, &st.s->steps[3]);
    sees(st.play, SCENARIO_UPDATES, "a", "0");
    sees(st.play, SCENARIO_RESETS, "", "none");
}
