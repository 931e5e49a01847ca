/* SPDX-License-Identifier: MIT */
/* Who is at the other end of a Unix socket. */
#ifndef VAP_BASE_PEER_H
#define VAP_BASE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Nobody that there is, uid -1, when that cannot be told. */
void peer_get(int fd, struct ucred *out);

/* Root, or whoever runs this process. */
bool peer_is_allowed(const struct ucred *peer);

/* What its command is called, /proc/PID/comm; "" unknown. */
void peer_command(pid_t pid, char *out, size_t size);

/* Is it about to end, by a signal that it neither handles nor ignores? Also
 * true of one that nobody knows. pid: a thread's as well.
 * Source: proc_pid_status(5); signal(7) for what ends a process. */
bool peer_is_ending(pid_t pid);

#endif
