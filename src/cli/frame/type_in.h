/* SPDX-License-Identifier: MIT */
/* Writing to a /sys that lives. */
#ifndef VAP_CLI_FRAME_TYPE_IN_H
#define VAP_CLI_FRAME_TYPE_IN_H

#include "base/tools_lock.h"
#include "cli/frame/whose.h"

/* Does it live? A copy does not: writing there has no effect. */
bool type_in_possible(const char *tree);

/* Can the mdev's matrix be written whole there? Before Linux 6.10 it cannot.
 * tree: NULL: nothing is known, so yes */
bool type_in_whole(const char *tree, const char *mdev);

/* "do it? [y/N]" on a terminal. Without one, and without yes, it is said that
 * there must be one: CLI_USAGE. CLI_DONE: go on. CLI_REFUSED: do not. */
int type_in_asked(const char *command, bool yes);

/**
 * Keeps mdevctl and chzdev away while a host is written to, where they know
 * it: takes the lock that they take. Whoever it waits for is said; so is what
 * is wrong. SIGINT and its kin only ask from here on, see stop.h.
 *
 * out  for tools_lock_done()
 *
 * Returns CLI_DONE; CLI_REFUSED somebody keeps it, or we were asked to stop;
 *         CLI_FAILED
 */
int type_in_lock(const struct whose *whose, struct tools_lock *out);

#endif
