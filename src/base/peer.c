/* SPDX-License-Identifier: MIT */
#include "base/peer.h"

#include "base/auto.h"

#include <fcntl.h>

void
peer_get(int fd, struct ucred *out)
{
    socklen_t size = sizeof(*out);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, out, &size) < 0)
        *out = (struct ucred){ .uid = (uid_t)-1 };
}

bool
peer_is_allowed(const struct ucred *peer)
{
    return peer->uid == 0 || peer->uid == geteuid();
}

void
peer_command(pid_t pid, char *out, size_t size)
{
    char path[64];
    AUTO(fd_done) int fd = -1;
    ssize_t n;

    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? 0 : read(fd, out, size - 1);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}
