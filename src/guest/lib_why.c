/* SPDX-License-Identifier: MIT */
/* Why the last call of this thread failed, in words. */
#include "guest/lib.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char why[512];

void
lib_why(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    (void)vsnprintf(why, sizeof(why), format, values);
    va_end(values);
}

const char *
vap_guest_why(void)
{
    return why;
}
