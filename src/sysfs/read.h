/* SPDX-License-Identifier: MIT */
/* What store functions read beside the engine's grammars. Text and length as
 * write(2) brings them; a NUL ends the text early. 0 or an errno number; on
 * an error *out is as it was. */
#ifndef VAP_SYSFS_READ_H
#define VAP_SYSFS_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* sscanf("%d"): blanks before, '-', decimal, anything behind. Cut to 32 bits
 * as the kernel cuts it. Source: Linux lib/vsprintf.c, vsscanf() */
int read_decimal(const char *text, size_t length, int *out);

/* sscanf("%i"): also 0x hex and 0 octal. */
int read_integer(const char *text, size_t length, int *out);

/* kstrtobool(): the first letter counts, of "on" and "off" the second. */
int read_bool(const char *text, size_t length, bool *out);

/* kstrtoul(): EINVAL, ERANGE. */
int read_number(const char *text, size_t length, uint64_t *out);

/* The name of a device: the text less one newline, cut at a NUL. False when
 * it is longer than size - 1. */
bool read_name(const char *text, size_t length, char *out, size_t size);

/* A UUID of 36 characters, whatever stands in a 37th, as create reads it; to
 * lower case. EINVAL */
#define READ_UUID 36
int read_uuid(const char *text, size_t length, char out[READ_UUID + 1]);

#endif
