/* SPDX-License-Identifier: MIT */
/* The scenarios of tests/scenarios, in the program. */
#ifndef VAP_CLI_BUILTIN_H
#define VAP_CLI_BUILTIN_H

#include <stddef.h>

struct builtin {
    const char *name; /* "s02-order" */
    const char *text;
    size_t length;
};

/* In the order of their names. */
extern const struct builtin builtins[];
extern const size_t n_builtins;

#endif
