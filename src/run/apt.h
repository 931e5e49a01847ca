/* SPDX-License-Identifier: MIT */
/* apt as this machine has it, its sources, keys, proxies and passwords, but
 * with lists, cache and status of its own below one directory: the machine's
 * are neither changed nor needed, and root not either. What comes is checked
 * by apt, as ever: signed lists, and of each package the hash in them. */
#ifndef VAP_RUN_APT_H
#define VAP_RUN_APT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "run/prefix.h"

struct apt {
    char dir[PATH_MAX];
    char complaint[512]; /* what apt said when it failed, or nothing; apt
                            goes on after some failures */
    /* Told of each percent there is; NULL for nobody. */
    void (*progress)(void *data, int percent);
    void *data;
    /* The release to take all from, "trixie", where the machine's sources name
     * another; NULL for those they name. */
    const char *suite;
    /* The backports of this machine's Debian come first, where its mirror
     * has them. */
    bool newer;
    char release[80]; /* what comes first, "bookworm-backports"; or "" */
};

/** What is to come: the packages, with what they depend on. */
struct apt_list {
    struct prefix_package *packages;
    size_t n;
    bool lost; /* one was not understood, or there was no memory */
    unsigned long long bytes; /* that have not come yet */
};

/**
 * Sets it up in dir, which is there: for one architecture, "" for the
 * machine's own, with the machine's sources that have something for it.
 * progress, data, suite and newer are the caller's.
 *
 * pretend  packages taken for installed, ended by NULL: what nothing here
 *          needs is not brought by them, nor what they depend on
 *
 * Returns  0; -ENOENT there is no apt; -ENODATA no source has that
 *          architecture; -errno
 */
int apt_begin(struct apt *apt, const char *dir, const char *arch,
              const char *const *pretend);

/** Gets the package lists. 0, also when not all came: see complaint;
 * -EIO, -errno. */
int apt_update(struct apt *apt);

/** Works out what packages, ended by NULL, need. -ENOENT when they cannot be
 * had: see complaint. list is undone by apt_list_done(). */
int apt_resolve(struct apt *apt, const char *const *packages,
                struct apt_list *list);
void apt_list_done(struct apt_list *list);

/** Gets all that apt_resolve() answers into dir/archives, beginning where an
 * earlier try ended. 0; -EIO: see complaint; -errno. */
int apt_download(struct apt *apt, const char *const *packages);

#endif
