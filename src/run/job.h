/* SPDX-License-Identifier: MIT */
/* A child in our stead: what is asked of us by signals goes to it, and how it
 * stops and ends we do too. Both stay in one process group, so a terminal
 * treats them as one. */
#ifndef VAP_RUN_JOB_H
#define VAP_RUN_JOB_H

#include <signal.h>
#include <sys/types.h>

/** Holds back the signals that job_wait() passes on, from before the fork, so
 * that none is lost. before is for the child, to set before it executes. */
void job_begin(sigset_t *before);

/** Passes signals on until the child has ended; stops when it stops.
 *
 * Returns  its status as of waitpid() */
int job_wait(pid_t child);

/** Lets go what is held back; from then on signals are our own again. */
void job_done(const sigset_t *before);

/** Ends as that status says: by the same signal, without a core file of our
 * own, or by returning the exit status. */
int job_end_like(int status);

#endif
