/* SPDX-License-Identifier: MIT */
/* What a program asks its dynamic linker for. */
#ifndef VAP_RUN_ELF_NEEDS_H
#define VAP_RUN_ELF_NEEDS_H

#include <stdbool.h>

/**
 * Tells a program's interpreter, and each library it or a library needs by
 * its own word.
 *
 * fd       an ELF file of 64 bits, of either byte order
 * interp   true for a path, "/lib/ld64.so.1"; false for "libc.so.6". What it
 *          answers below 0 ends it.
 *
 * Returns  0, also for one that needs nothing; -ENOEXEC it is no such file,
 *          or a damaged one; -errno, or what need answered
 *
 * Source   System V ABI, chapters 4 and 5
 */
int elf_needs(int fd, int (*need)(void *data, const char *name, bool interp),
              void *data);

#endif
