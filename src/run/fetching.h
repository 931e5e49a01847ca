/* SPDX-License-Identifier: MIT */
/* What the files of fetch share. */
#ifndef VAP_RUN_FETCHING_H
#define VAP_RUN_FETCHING_H

#include <limits.h>

#include "run/apt.h"
#include "run/fetch.h"

/** One fetch, on its way. */
struct fetching {
    const struct fetch_set *set;
    const struct fetch_view *view;
    char *why; /* the sentence for the caller */
    size_t size;
    char cache[PATH_MAX];
    char *work; /* CACHE/PREFIX.new */
    char *root; /* CACHE/PREFIX.new/root */
    int lock; /* nobody else is at work in this cache */
    struct prefix prefix;
};

/** Sets the sentence, and answers r. */
int fetching_because(const struct fetching *f, int r, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** "PATH: No space left on device", and answers r. */
int fetching_failed_on(const struct fetching *f, const char *path, int r);

/** Tells that a step begins. */
void fetching_step(const struct fetching *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** What is wanted of apt. */
struct fetch_wish {
    const char *name; /* of apt's folder in f->work */
    const char *arch; /* "" for the machine's own */
    const char *suite; /* NULL for the machine's own */
    const char *const *packages;
    const char *const *pretend;
    bool newer; /* from the backports of this Debian, where it has them */
    const char *to; /* where they are unpacked; made anew */
};

/** Gets packages and what they need, and unpacks them. list tells which, and
 * is undone by apt_list_done(). 0, or -errno with a sentence. */
int fetch_packages(const struct fetching *f, const struct fetch_wish *wish,
                   struct apt_list *list);

/* How a set becomes what its prefix is, once its packages are unpacked in
 * f->root. 0, or -errno with a sentence. */

/** Programs of s390x: each by its name in vap/bin, through qemu-user at
 * vap/qemu: the machine's own by a link, else one that is fetched. */
int fetch_emulator(const struct fetching *f);

/** The kernel and the initramfs of a guest, vap/kernel and vap/initramfs, and
 * nothing else. */
int fetch_guest(const struct fetching *f);

#endif
