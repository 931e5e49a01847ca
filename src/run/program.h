/* SPDX-License-Identifier: MIT */
/* Another program, for what it prints. */
#ifndef VAP_RUN_PROGRAM_H
#define VAP_RUN_PROGRAM_H

#include <stddef.h>

/**
 * Runs a program that reads nothing and speaks English, and ends with us.
 *
 * argv       argv[0] is looked for in PATH
 * line       called for each line it prints, without the newline; NULL to
 *            let them go
 * complaint  filled with what it said first on stderr, an "E: " line before
 *            all others, a "W: " line next; "" for nothing
 *
 * Returns  its exit status, 128 + n after a signal; -ENOENT when there is no
 *          such program; -errno
 */
int program_run(const char *const argv[], void (*line)(void *, char *),
                void *data, char *complaint, size_t size);

#endif
