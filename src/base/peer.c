/* SPDX-License-Identifier: MIT */
#include "base/peer.h"

#include "base/auto.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>

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

#define SIGNAL(number) (UINT64_C(1) << ((number)-1))
/* They end nothing unless a program says so. */
#define HARMLESS                                                               \
    (SIGNAL(SIGCHLD) | SIGNAL(SIGURG) | SIGNAL(SIGWINCH) | SIGNAL(SIGCONT) |   \
     SIGNAL(SIGSTOP) | SIGNAL(SIGTSTP) | SIGNAL(SIGTTIN) | SIGNAL(SIGTTOU))

/* The signals of a line of that name, in hexadecimal; 0: it has another. */
static uint64_t
signals_of(const char *line, const char *name)
{
    size_t n = strlen(name);

    return strncmp(line, name, n) == 0 ? strtoull(line + n, NULL, 16) : 0;
}

bool
peer_is_ending(pid_t pid)
{
    char path[64];
    char line[256];
    AUTO(file_done) FILE *f = NULL;
    uint64_t pending = 0;
    uint64_t spared = HARMLESS;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f)) {
        pending |= signals_of(line, "SigPnd:") | signals_of(line, "ShdPnd:");
        spared |= signals_of(line, "SigBlk:") | signals_of(line, "SigIgn:") |
                  signals_of(line, "SigCgt:");
    }
    return !f || pending & ~spared;
}
