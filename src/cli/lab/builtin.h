/* SPDX-License-Identifier: MIT */
/* Files of tests/, in the program. */
#ifndef VAP_CLI_LAB_BUILTIN_H
#define VAP_CLI_LAB_BUILTIN_H

#include <stddef.h>

struct builtin {
    const char *name; /* "s02-order" */
    const char *text;
    size_t length;
};

/* The scenarios, in the order of their names. */
extern const struct builtin builtin_scenarios[];
extern const size_t n_builtin_scenarios;

/* NULL when none of the n has the name. */
const struct builtin *builtin_named(const struct builtin *list, size_t n,
                                    const char *name);

#endif
