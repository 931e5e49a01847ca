/* SPDX-License-Identifier: MIT */
#include "run/fetching.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
fetching_because(const struct fetching *f, int r, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    (void)vsnprintf(f->why, f->size, format, values);
    va_end(values);
    return r;
}

int
fetching_failed_on(const struct fetching *f, const char *path, int r)
{
    return fetching_because(f, r, "%s: %s", path, strerror(-r));
}

void
fetching_step(const struct fetching *f, const char *format, ...)
{
    char words[128];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(words, sizeof(words), format, values);
    va_end(values);
    f->view->step(f->view->data, words);
}
