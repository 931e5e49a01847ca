/* SPDX-License-Identifier: MIT */
/* The engine against a model that was written apart from it. */
#include "model/compare.h"

#include <string.h>

#include "engine.h"

static struct history h;

static void
check_many(const struct vap_rule *rule, size_t n)
{
    struct test_rng rng = { test_seed() };

    for (n = history_count(n); n > 0; n--) {
        const struct history_kind kind = {
            .n_steps = 40 + test_below(&rng, 120),
            .no_faults = test_below(&rng, 2),
            .no_override = test_below(&rng, 2),
        };

        history_draw(&h, test_next(&rng), rule, &kind);
        history_check(&h, compare_with_model);
    }
}

TEST(state_is_as_the_model)
{
    check_many(&vap_rule_state, 150);
}

TEST(linux_7_2_is_as_the_model)
{
    check_many(&vap_rule_linux_7_2, 100);
}

TEST(linux_6_12_is_as_the_model)
{
    check_many(&vap_rule_linux_6_12, 100);
}

TEST(fcfs_is_as_the_model)
{
    check_many(&vap_rule_fcfs, 50);
}

/* Drawn histories are worth something: each op is done in some of them, and
 * each verdict is given. These two need a text, and too little storage. */
TEST(every_op_is_done_and_every_verdict_given)
{
    static struct engine e;
    const struct history_kind kind = { .n_steps = 120 };
    unsigned done[VAP_OPS] = { 0 };
    unsigned given[VAP_VERDICTS] = { [VAP_RANGE] = 1, [VAP_NO_ROOM] = 1 };

    for (uint64_t seed = 0; seed < 200; seed++) {
        history_draw(&h, seed, vap_rules[seed % vap_n_rules], &kind);
        vap_host_init(&e.host, h.rule, h.kernel, &h.config, &h.apmask,
                      &h.aqmask, e.mdevs, ENGINE_MDEVS);
        vap_change_init(&e.change, e.where, ENGINE_MDEVS, e.effects,
                        ENGINE_MDEVS, e.resets, ENGINE_RESETS);
        for (size_t i = 0; i < h.n; i++) {
            enum vap_verdict v = engine_ask_all(&e, &h.asked[i], 1);

            done[h.asked[i].op] += v == VAP_OK;
            given[v]++;
        }
    }
    for (unsigned op = 0; op < VAP_OPS; op++) {
        test_note("%s", engine_ops[op].word);
        CHECK(done[op] > 0);
    }
    for (unsigned v = 0; v < VAP_VERDICTS; v++) {
        test_note("verdict %u", v);
        CHECK(given[v] > 0);
    }
}
