/* SPDX-License-Identifier: MIT */
/* Nodes of the tree: their inode numbers, names, paths; who is in whom. */
#ifndef VAP_SYSFS_NODE_H
#define VAP_SYSFS_NODE_H

#include "sysfs/tree.h"

/* Every node has its number and every number its node, without a table: 1 is
 * the root, all are below 2^32. False: nobody has that number. */
uint64_t node_ino(struct node node);
bool node_of(uint64_t ino, struct node *out);

/* The row of the tables it stands in; for a directory the one in its
 * parent's table, for the root NULL. */
const struct row *node_row(struct node node);

/* With its type: S_IFDIR, S_IFLNK or S_IFREG. */
mode_t node_mode(struct node node);

/* Is it there now? */
bool node_exists(const struct tree *tree, struct node node);

/* The change that brought it, or its driver: it tells two of one number
 * apart. */
uint32_t node_born(const struct tree *tree, struct node node);

/* Does it stay for as long as the directory it is in? */
bool node_lasts(struct node node);

/* The node of that name in a directory. */
bool node_lookup(const struct tree *tree, struct node dir, const char *name,
                 struct node *out);

/**
 * The next node in a directory.
 *
 * at    where to go on, 0 to begin with; set to what comes behind it
 * name  its name; lent by the caller
 *
 * Returns  false when there is no further one
 */
bool node_next(const struct tree *tree, struct node dir, uint64_t *at,
               struct node *out, struct text *name);

/* Below the mount point, without a leading '/'; "" for the root. */
void node_path(const struct host *host, struct node node, struct text *out);

/* A link's text. */
void node_target(const struct host *host, struct node link, struct text *out);

/* By its path below the mount point; links are not followed. */
bool node_at(const struct tree *tree, const char *path, struct node *out);

/* st_nlink of a directory: its directories and 2; 1, nobody counts, when
 * they come and go. So it never changes. */
unsigned node_links(struct node dir);

struct node node_parent(struct node node);

#endif
