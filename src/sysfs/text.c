/* SPDX-License-Identifier: MIT */
/* What does not fit any more is not shown. */
#include "sysfs/text.h"

#include <stdarg.h>
#include <stdio.h>

void
text_add(struct text *text, const char *format, ...)
{
    size_t room = TEXT_PAGE - text->length;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text->bytes + text->length, room, format, args);
    va_end(args);
    if (n > 0)
        text->length += (size_t)n < room ? (size_t)n : room - 1;
}
