/* SPDX-License-Identifier: MIT */
/* A tree shown at the real /sys, beside all that is there. */
#ifndef VAP_RUN_MERGE_H
#define VAP_RUN_MERGE_H

#include <stddef.h>

/** What came of it. */
struct merge_result {
    size_t n_mounts; /* made */
    char where[256]; /* on failure: the path that could not be shown */
};

/**
 * Shows everything below tree at onto: buses, classes, devices. What onto has
 * stays, as it is: same mounts, modes, links; where both have a file of one
 * name, the tree's is shown. Directories that gain entries become snapshots
 * that nobody writes to; within everything below them both sides live on.
 *
 * tree     has at its top directories only, each of which onto has too
 * onto     "/sys"; tests have others. The mount namespace must be one's own.
 *
 * Returns  0; -errno, *result then says where. What was mounted by then
 *          stays: the caller gives up its namespace.
 */
int merge_tree(const char *tree, const char *onto, struct merge_result *result);

/**
 * Covers a directory by a tmpfs of the same mode that shows all that was
 * there, and takes new names that nobody else sees.
 *
 * Returns  a descriptor of it, the caller's to close; -errno as above
 */
int merge_cover(const char *dir, struct merge_result *result);

#endif
