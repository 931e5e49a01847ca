/* SPDX-License-Identifier: MIT */
/* A host's tree as plain files in a directory: what somebody has copied from
 * a machine. It is written by the tables that serve the living tree. */
#ifndef VAP_TESTS_UNPACK_H
#define VAP_TESTS_UNPACK_H

#include "host/host.h"

/** A directory that goes with the test. */
struct copy {
    char dir[64];
};

struct copy copy_new(const struct host *host);
void copy_done(struct copy *copy);

/* A file of it says something else, or, with NULL, is not there at all; a
 * directory goes with all that is in it. */
void copy_put(const struct copy *copy, const char *file, const char *text);

/* All that the tree shows, a line a file, sorted, but for what counts and
 * times. The caller's to free. */
char *shown_text(const struct host *host);

#endif
