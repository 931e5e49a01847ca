/* SPDX-License-Identifier: MIT */
/* Programs from the machine's own Debian mirrors, into a prefix. Nothing else
 * of the machine is touched, and nobody needs to be root. */
#ifndef VAP_RUN_FETCH_H
#define VAP_RUN_FETCH_H

#include "run/prefix.h"

#include <stdbool.h>
#include <stddef.h>

struct fetching;

/** A set of packages one can fetch. */
struct fetch_set {
    const char *name; /* "tools" */
    const char *what; /* for people, no full stop */
    const char *prefix; /* as prefix_read() takes it */
    const char *arch; /* Debian's name */
    const char *suite; /* of Debian; NULL: the machine's own */
    const char *const *packages; /* ended by NULL */
    const char *const *pretend; /* as apt_begin() takes it */
    bool newer; /* from the backports of this Debian, where it has them */
    const char *const *drop; /* not kept of what is unpacked; ended by NULL */
    int (*finish)(const struct fetching *f); /* NULL for nothing more to do */
    const char *use; /* a command line that uses it */
};

extern const struct fetch_set fetch_sets[];
extern const size_t fetch_n_sets;

const struct fetch_set *fetch_set_named(const char *name);

/** What stands of a set, as prefix_read() does. -ENOENT also for less than the
 * set has come to be, which is of an older vap. */
int fetch_read(const struct fetch_set *set, struct prefix *out);

/** What goes on, for people to see. */
struct fetch_view {
    /* A step begins: "package lists of s390x". */
    void (*step)(void *data, const char *words);
    void (*percent)(void *data, int percent); /* of the step */
    void *data;
};

/**
 * Fetches a set, or goes on with a fetch that was killed. The prefix there
 * was stays until the new one takes its place, at once and whole.
 *
 * why      one sentence for people, when it fails
 *
 * Returns  0; -errno: -EBUSY another one is at it, -EIO apt could not
 */
int fetch(const struct fetch_set *set, const struct fetch_view *view, char *why,
          size_t size);

#endif
