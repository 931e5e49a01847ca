/* SPDX-License-Identifier: MIT */
#include "matrix/rule.h"

#include "test.h"

TEST(a_rule_is_found_by_its_whole_name)
{
    static const char *const wrong[] = {
        "",      "s",          "states",      "linux",
        "State", "linux-7.20", "linux-6.12 ", "fcfs\n"
    };

    for (size_t i = 0; i < vap_n_rules; i++)
        CHECK(vap_rule_named(vap_rules[i]->name) == vap_rules[i]);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK(!vap_rule_named(wrong[i]));
}

TEST(the_first_rule_is_the_default_and_each_kernel_has_one)
{
    CHECK_INT(vap_n_rules, 4);
    CHECK_STR(vap_rules[0]->name, "state");
    CHECK_INT(vap_rule_state.kernel, -1);
    CHECK_INT(vap_rule_fcfs.kernel, -1);
    CHECK_INT(vap_rule_linux_7_2.kernel, VAP_LINUX_7_2);
    CHECK_INT(vap_rule_linux_6_12.kernel, VAP_LINUX_6_12);
}
