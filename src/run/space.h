/* SPDX-License-Identifier: MIT */
/* A place of one's own to mount in: namespaces that end with the last process
 * in them. */
#ifndef VAP_RUN_SPACE_H
#define VAP_RUN_SPACE_H

#include <stdbool.h>

/**
 * Puts the calling process, which has one thread, into a mount namespace of
 * its own. What the machine mounts from now on is seen in it, what is mounted
 * in it is seen nowhere else. An ordinary user becomes root of a user
 * namespace, with no more rights than before over anything outside.
 *
 * net      a network namespace too, with nothing in it but lo, which is up
 *
 * Returns  0; -EPERM, -EACCES, -ENOSPC, ...: see lack.h
 */
int space_enter(bool net);

#endif
