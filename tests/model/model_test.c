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
