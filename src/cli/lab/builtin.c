/* SPDX-License-Identifier: MIT */
/* The arrays themselves are made by builtin-c. */
#include "cli/lab/builtin.h"

#include <string.h>

const struct builtin *
builtin_named(const struct builtin *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}
