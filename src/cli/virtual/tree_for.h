/* SPDX-License-Identifier: MIT */
/* Which tree vap run shows, and what a command is told of it. */
#ifndef VAP_CLI_VIRTUAL_TREE_FOR_H
#define VAP_CLI_VIRTUAL_TREE_FOR_H

#include <limits.h>
#include <stdbool.h>

#include "base/place.h"

/** What was typed; NULL where it was not. */
struct tree_wish {
    const char *tree; /* --tree */
    const char *name; /* --name */
    const char *host; /* --host */
    bool no_scan; /* of a host of our own: no scans that nobody asks for */
    bool own; /* a host of our own, whichever is up */
};

struct tree_found {
    char path[PATH_MAX];
    char name[PLACE_NAME + 1]; /* of the host that serves it, or "" */
    char environment[PLACE_NAME + 16]; /* "VAP_NAME=...", or "" */
    char files[PATH_MAX]; /* of that host, as struct place has it, or "" */
    bool ends; /* what the command leaves running ends with it */
    int alive; /* while it is open a host of our own lives; -1: none */
};

/**
 * Finds the tree: that of --tree; of the host --name, or of the one we are
 * in; of the default host when it is up; or of a host of our own, as --host
 * has it, which it starts and which ends with this process however that ends.
 * After CLI_DONE comes tree_done().
 *
 * Returns  CLI_DONE, CLI_USAGE or CLI_FAILED; what is wrong has been said
 */
int tree_for(const struct tree_wish *wish, struct tree_found *found);

/** Ends what tree_for() began. */
void tree_done(struct tree_found *found);

#endif
