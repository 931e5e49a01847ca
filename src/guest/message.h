/* SPDX-License-Identifier: MIT */
/* Messages with descriptors over a Unix socket. */
#ifndef VAP_GUEST_MESSAGE_H
#define VAP_GUEST_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

/* The most descriptors of a message. */
#define MESSAGE_FDS 3

/**
 * Sends a message whole.
 *
 * flags  of sendmsg(2); no signal is ever raised
 * fds    n of them, which stay the caller's
 *
 * Returns  0; -errno, -EAGAIN when it would have to wait
 */
int message_send(int to, const void *data, size_t size, int flags,
                 const int *fds, int n);

/**
 * Receives a message.
 *
 * flags  of recvmsg(2)
 * fds    the descriptors that came with it, n at most, are the caller's from
 *        here; -1 for those that did not. More than n: none is kept
 *
 * Returns  its length, cut at size; 0 the other end has closed; -errno,
 *          -EAGAIN when there is none now; -EMSGSIZE it is longer
 */
ssize_t message_receive(int from, void *out, size_t size, int flags, int *fds,
                        int n);

#endif
