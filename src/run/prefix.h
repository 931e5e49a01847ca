/* SPDX-License-Identifier: MIT */
/* A directory of programs from elsewhere, below the user's cache. What vap
 * adds to it stands in its folder vap/:
 *
 *     vap/set      what it is made of: see struct prefix
 *     vap/bin/     the programs by name, through the emulator
 *     vap/qemu     the emulator
 *
 * A prefix that is there is whole: it comes by one rename. */
#ifndef VAP_RUN_PREFIX_H
#define VAP_RUN_PREFIX_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

struct prefix_package {
    char name[64];
    char version[64];
    char arch[16];
};

/** What stands in a prefix. Undone by prefix_done(). */
struct prefix {
    char path[PATH_MAX];
    char fetched[32]; /* when: "2026-03-01T12:00:00Z" */
    struct prefix_package *packages; /* those asked for come first */
    size_t n_packages;
};

/** The user's cache for vap: $XDG_CACHE_HOME/vap, or ~/.cache/vap.
 * Returns 0; -ENOENT there is no home; -ENAMETOOLONG */
int prefix_cache(char path[PATH_MAX]);

/* Is the cache, or a folder in it, one where nobody but us, and root, writes?
 * 0, also when it is not there; -EPERM; -errno */
int prefix_check(const char *path);

/**
 * Reads what stands in the prefix of a name, "s390x".
 *
 * Returns  0; -ENOENT there is none; -EBADMSG it is not one of ours; -EPERM
 *          it or the cache is another user's, not root's, or others can write
 *          to it; -errno. path is filled in any case but -ENAMETOOLONG.
 */
int prefix_read(const char *name, struct prefix *out);
void prefix_done(struct prefix *prefix);

/** The reverse, into root/vap/set. */
int prefix_write(const char *root, const struct prefix *prefix);

/** Adds one; arch may be "all". */
int prefix_add(struct prefix *prefix, const char *name, const char *version,
               const char *arch);

/**
 * Makes root/vap/bin: for each program below root one of its name that runs
 * it through root/vap/qemu. Scripts stand as they are, for the machine's own
 * interpreters.
 */
int prefix_make_bin(const char *root);

#endif
