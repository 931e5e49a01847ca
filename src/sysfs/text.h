/* SPDX-License-Identifier: MIT */
/* What a file shows: at most a page less one byte, as the kernel cuts it. */
#ifndef VAP_SYSFS_TEXT_H
#define VAP_SYSFS_TEXT_H

#include <stddef.h>

#define TEXT_PAGE 4096

struct text {
    size_t length; /* less than TEXT_PAGE */
    char bytes[TEXT_PAGE];
};

void text_add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
