/* SPDX-License-Identifier: MIT */
/* The table of rules. A new one is a file and a row. */
#include "matrix/rule.h"

const struct vap_rule *const vap_rules[] = {
    &vap_rule_state,
    &vap_rule_linux_7_2,
    &vap_rule_linux_6_12,
    &vap_rule_fcfs,
};
const size_t vap_n_rules = sizeof vap_rules / sizeof vap_rules[0];

static bool
same_name(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const struct vap_rule *
vap_rule_named(const char *name)
{
    for (size_t i = 0; i < vap_n_rules; i++)
        if (same_name(vap_rules[i]->name, name))
            return vap_rules[i];
    return NULL;
}
