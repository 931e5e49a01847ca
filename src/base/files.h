/* SPDX-License-Identifier: MIT */
/* Directories and paths, a whole tree at a time. */
#ifndef VAP_BASE_FILES_H
#define VAP_BASE_FILES_H

#include <limits.h>
#include <stdbool.h>

/** "DIR/NAME", the caller's to free; NULL without memory. */
char *path_below(const char *dir, const char *name);

/** A directory and those above it, if they are not there. 0 or -errno. */
int make_dirs(const char *path);

/** A directory with all that is in it, if it is there; no links are followed.
 * 0 or -errno. */
int remove_tree(const char *path);

/** Where PATH has a program. */
bool find_program(const char *name, char found[PATH_MAX]);

#endif
