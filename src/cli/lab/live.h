/* SPDX-License-Identifier: MIT */
/* A virtual host of vap lab's own, at which a scenario is played as stock
 * tools would play it: what the kernel has a file for is written to that
 * file, what happens at the mainframe's console or in a guest is asked of
 * vapd, and what is to be seen is read from the tree.
 *
 * Each of these returns 0; -ENOMEM; -EIO when the host could not be started
 * or asked, which has been said then. */
#ifndef VAP_CLI_LAB_LIVE_H
#define VAP_CLI_LAB_LIVE_H

#include "cli/lab/play.h"

/* Scenarios call mdevs as they like, the kernel knows UUIDs: the tree is
 * shown UUIDs, and whoever asks us hears the scenario's names. */
struct live;

/** Starts a host that is as this one, names, rule and all.
 *  out  the caller's, for live_free(), which ends it */
int live_new(const struct host *as, struct live **out);
void live_free(struct live *live);
void live_done(struct live **live);

/** What an operation or a batch answered. */
struct live_answer {
    char word[24]; /* "ok", "EADDRINUSE", "BLOCKED" */
    char *reason; /* as vapd gives it; NULL: none */
};

void live_answer_done(struct live_answer *answer);

/** Does one operation, or n of them as one change. That goes through the API,
 *  files have no such thing, and so does the removal of an mdev that a guest
 *  has: a write to its file would wait for the guest. *answer is for
 * live_answer_done() either way. */
int live_ops(struct live *live, const struct scenario_op *ops, size_t n,
             struct live_answer *answer);

/** What is to be seen, as play_see() has it; but for where orders end. The
 *  caller's; NULL when memory is short. */
char *live_see(const struct live *live, const struct scenario_expect *x);

/** From here on these updates, or resets, are counted anew. */
void live_forget_updates(struct live *live, const char *mdev);
void live_forget_resets(struct live *live);

/** All of the host, as vapd says after the last operation; lent. */
const struct host *live_host(const struct live *live);

#endif
