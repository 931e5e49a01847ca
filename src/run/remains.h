/* SPDX-License-Identifier: MIT */
/* What a command started and left running is found by its mount namespace,
 * and ended: when we are killed, by a process that stands by for this. */
#ifndef VAP_RUN_REMAINS_H
#define VAP_RUN_REMAINS_H

#include <stdbool.h>
#include <sys/types.h>

/** The process that stands by; all zero is none. */
struct remains {
    pid_t pid;
    int tether; /* it acts when the last copy of this is closed */
};

/** Starts it. It keeps no file of ours open and hears no terminal.
 * Returns 0 or -errno. */
int remains_watch(struct remains *remains);

/** Called in the child, in its new mount namespace: this is the one. The
 * child's copy of the tether ends when it executes. */
int remains_in_here(const struct remains *remains);

/** Ends the process that stands by; first, if so wanted, all that remains. */
void remains_release(struct remains *remains, bool end_all);

#endif
