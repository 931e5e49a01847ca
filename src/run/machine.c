/* SPDX-License-Identifier: MIT */
/* Nothing is left behind: the initramfs is in memory, the ways are sockets
 * without names, and QEMU ends with whoever started it. */
#include "run/machine.h"

#include "base/auto.h"
#include "base/files.h"
#include "run/machine_parts.h"
#include "run/prefix.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

/* A guest's kernel; false without. */
static bool
find_kernel(char *path, size_t size)
{
    struct prefix prefix;
    bool there = prefix_read("guest", &prefix) == 0;

    (void)snprintf(path, size, "%s/vap/kernel", prefix.path);
    prefix_done(&prefix);
    return there && access(path, R_OK) == 0;
}

const char *
machine_lack(void)
{
    struct prefix prefix;
    char path[PATH_MAX + 16];
    bool qemu = prefix_read("qemu", &prefix) == 0;

    prefix_done(&prefix);
    if (!qemu && !find_program("qemu-system-s390x", path))
        return "no QEMU for s390x here; vap fetch qemu guest gets it";
    return find_kernel(path, sizeof(path))
               ? NULL
               : "no guest to boot here; vap fetch guest gets it";
}

static int
make_ways(struct machine *m)
{
    for (int i = 0; i < N_WAYS; i++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
            return -errno;
        m->ours[i] = pair[0];
        m->theirs[i] = pair[1];
    }
    return 0;
}

static void
close_all(int fds[N_WAYS])
{
    for (int i = 0; i < N_WAYS; i++) {
        fd_done(&fds[i]);
        fds[i] = -1;
    }
}

static void
machine_done(struct machine *m)
{
    if (m->qemu > 0) {
        (void)kill(m->qemu, SIGKILL);
        (void)waitpid(m->qemu, NULL, 0);
    }
    fd_done(&m->initrd);
    close_all(m->ours);
    close_all(m->theirs);
}

/* The last lines of the console, in one. */
static void
tell_end(const struct machine *m, char *why, size_t size)
{
    size_t from = m->n_tail > 400 ? m->n_tail - 400 : 0;
    size_t n = 0;

    n = (size_t)snprintf(why, size, "QEMU has ended before the command%s",
                         m->n_tail ? "; the guest's last words: " : "");
    for (size_t i = from; i < m->n_tail && n + 1 < size; i++)
        if (m->tail[i] != '\r' && m->tail[i])
            why[n++] = m->tail[i] == '\n' ? ' ' : m->tail[i];
    why[n] = '\0';
}

/* Keys go to the guest as they are pressed; what they mean is its affair. */
static void
be_raw(struct termios *before)
{
    struct termios raw;

    (void)tcgetattr(STDIN_FILENO, before);
    raw = *before;
    cfmakeraw(&raw);
    (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static int
relay(struct machine *m, int *status)
{
    struct termios before;
    int r;

    if (!m->terminal)
        return machine_relay(m, status);
    be_raw(&before);
    r = machine_relay(m, status);
    (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    return r;
}

static int
start(struct machine *m, char *why, size_t size)
{
    const char *lack = machine_lack();
    int r;

    if (lack) {
        (void)snprintf(why, size, "%s", lack);
        return -ENOENT;
    }
    (void)find_kernel(m->kernel, sizeof(m->kernel));
    r = machine_image(m, why, size);
    if (r < 0)
        return r;
    r = make_ways(m);
    if (r == 0)
        r = machine_start(m);
    if (r < 0)
        (void)snprintf(why, size, "%s", strerror(-r));
    close_all(m->theirs);
    return r;
}

int
machine_run(const struct machine_wish *wish, int *status, char *why,
            size_t size)
{
    AUTO(machine_done) struct machine m = { .wish = wish, .initrd = -1 };
    int r;

    m.terminal = !wish->argv && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    for (int i = 0; i < N_WAYS; i++)
        m.ours[i] = m.theirs[i] = -1;
    r = start(&m, why, size);
    if (r < 0)
        return r;
    r = relay(&m, status);
    if (r == -EINTR) {
        machine_done(&m);
        (void)raise(*status); /* as it would have ended us */
    }
    if (r < 0)
        tell_end(&m, why, size);
    return r;
}
