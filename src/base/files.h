/* SPDX-License-Identifier: MIT */
/* Directories and paths, a whole tree at a time. */
#ifndef VAP_BASE_FILES_H
#define VAP_BASE_FILES_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/** "DIR/NAME", the caller's to free; NULL without memory. */
char *path_below(const char *dir, const char *name);

/** A directory and those above it, if they are not there. 0 or -errno. */
int make_dirs(const char *path);

/** A directory with all that is in it, if it is there; no links are followed.
 * 0 or -errno. */
int remove_tree(const char *path);

/** A directory to read; NULL with errno. */
DIR *dir_open(int at, const char *name);

/** The next name in it but . and .., good until the next call. NULL at the end,
 * errno is then 0, or with errno. Of NULL there is none. */
const char *dir_next(DIR *dir);

/** For AUTO. */
void dir_done(DIR **dir);

/** Text into a file that is there, in one write(2), as the kernel's files want
 * it. at is as for openat(2). 0 or -errno; -EIO: not all of it was taken. */
int file_store(int at, const char *path, const char *text);

/** Closes a file that was written. 0, or -EIO when something of it is lost. */
int file_written(FILE *f);

/** This process may have as many files open from now on as it is allowed to. */
void open_many(void);

/** Where PATH has a program. */
bool find_program(const char *name, char found[PATH_MAX]);

#endif
