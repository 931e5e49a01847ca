/* SPDX-License-Identifier: MIT */
/* A linux-* rule brings its kernel, and agrees with no other. */
#include "cli/frame/rules.h"

#include "base/say.h"
#include "cli/frame/nearest.h"

#include <string.h>

static const char *const kernels[VAP_KERNELS] = {
    [VAP_LINUX_6_12] = "6.12",
    [VAP_LINUX_7_2] = "7.2",
};

const char *
cli_kernel_name(enum vap_kernel kernel)
{
    return kernels[kernel];
}

static const struct vap_rule *
rule_named(const char *name)
{
    const struct vap_rule *rule = vap_rule_named(name);
    struct nearest nearest = { .word = name };

    if (rule)
        return rule;
    for (size_t i = 0; i < vap_n_rules; i++)
        nearest_offer(&nearest, vap_rules[i]->name);
    if (nearest.best)
        say_error("%s is not a rule; did you mean %s?", name, nearest.best);
    else
        say_error("%s is not a rule; there are state, linux-7.2, linux-6.12, "
                  "fcfs",
                  name);
    return NULL;
}

static bool
kernel_named(const char *name, enum vap_kernel *out)
{
    for (int k = 0; k < VAP_KERNELS; k++)
        if (strcmp(kernels[k], name) == 0) {
            *out = (enum vap_kernel)k;
            return true;
        }
    say_error("--kernel: %s found, 6.12 or 7.2 expected", name);
    return false;
}

bool
cli_rule(const char *rule, const char *kernel, const struct vap_rule **rule_out,
         enum vap_kernel *kernel_out)
{
    *rule_out = rule ? rule_named(rule) : vap_rules[0];
    if (!*rule_out)
        return false;
    *kernel_out = (*rule_out)->kernel < 0
                      ? VAP_LINUX_7_2
                      : (enum vap_kernel)(*rule_out)->kernel;
    if (!kernel || !kernel_named(kernel, kernel_out))
        return !kernel;
    if ((*rule_out)->kernel < 0 || (int)*kernel_out == (*rule_out)->kernel)
        return true;
    say_error("--kernel %s: the rule %s brings its own kernel", kernel,
              (*rule_out)->name);
    return false;
}
