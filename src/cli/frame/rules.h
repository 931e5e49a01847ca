/* SPDX-License-Identifier: MIT */
/* --rule and --kernel, which several commands have. */
#ifndef VAP_CLI_FRAME_RULES_H
#define VAP_CLI_FRAME_RULES_H

#include <stdbool.h>

#include "matrix/rule.h"

/**
 * The rule and the kernel personality that were asked for. NULL is the
 * default: state, 7.2.
 *
 * Returns false when there is no such thing, or the rule brings another
 * kernel; what is wrong has been said.
 */
bool cli_rule(const char *rule, const char *kernel,
              const struct vap_rule **rule_out, enum vap_kernel *kernel_out);

/* "6.12", "7.2". */
const char *cli_kernel_name(enum vap_kernel kernel);

#endif
