/* SPDX-License-Identifier: MIT */
/* Each flow holds what it has read until all of it is written, and reads no
 * more meanwhile, so nothing is lost and whoever is too fast waits. The
 * status can overtake what the command wrote: a write of a guest returns when
 * QEMU has taken the bytes, but its sendfile(2), as cat does it, when they are
 * queued. So QEMU goes on until nothing has come for a while. */
#include "run/machine_parts.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct flow {
    int from; /* -1 when it has ended */
    int to;
    size_t at;
    size_t n; /* bytes that wait, from at on */
    char bytes[4096];
};

/* The number of flows there can be. */
enum { STDIN, STDOUT, STDERR, CONSOLE, N_FLOWS };

static volatile sig_atomic_t asked_to_end;

static void
note_signal(int sig)
{
    asked_to_end = sig;
}

/* Nothing is said to the other end until all that waits has been. */
static void
end_flow(struct flow *f)
{
    f->from = -1;
    if (f->to >= 0)
        (void)shutdown(f->to, SHUT_WR); /* a file has no such end */
}

static void
read_some(struct flow *f)
{
    ssize_t n = read(f->from, f->bytes, sizeof(f->bytes));

    if (n > 0) {
        f->at = 0;
        f->n = (size_t)n;
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        end_flow(f);
    }
}

/* What nobody takes any more is let go. */
static void
write_some(struct flow *f)
{
    ssize_t n = write(f->to, f->bytes + f->at, f->n);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n < 0) {
        f->n = 0;
        f->from = -1;
        return;
    }
    f->at += (size_t)n;
    f->n -= (size_t)n;
}

/* Of the console the end is kept, to be told when there is no more. */
static void
keep_tail(struct machine *m, const struct flow *f)
{
    size_t n = f->n;

    if (n > sizeof(m->tail) / 2)
        n = sizeof(m->tail) / 2;
    if (m->n_tail + n >= sizeof(m->tail)) {
        memmove(m->tail, m->tail + n, m->n_tail - n);
        m->n_tail -= n;
    }
    memcpy(m->tail + m->n_tail, f->bytes + f->n - n, n);
    m->n_tail += n;
}

static void
set_up(const struct machine *m, struct flow flows[N_FLOWS])
{
    for (int i = 0; i < N_FLOWS; i++)
        flows[i] = (struct flow){ .from = -1, .to = -1 };
    flows[STDIN].from = STDIN_FILENO;
    flows[STDIN].to = m->ours[m->terminal ? WAY_CONSOLE : WAY_IN];
    flows[STDOUT].from = m->ours[WAY_OUT];
    flows[STDOUT].to = STDOUT_FILENO;
    flows[STDERR].from = m->ours[WAY_ERR];
    flows[STDERR].to = STDERR_FILENO;
    flows[CONSOLE].from = m->ours[WAY_CONSOLE];
    if (m->terminal)
        flows[CONSOLE].to = STDOUT_FILENO;
    else if (m->wish->console)
        flows[CONSOLE].to = STDERR_FILENO;
}

/* A flow waits for its one end or for its other; one that has ended, and has
 * nothing left, for neither. */
static void
ask(const struct flow *f, struct pollfd *p)
{
    *p = (struct pollfd){ .fd = f->n ? f->to : f->from,
                          .events = f->n ? POLLOUT : POLLIN };
}

/* What nobody takes is let go in the same turn as it comes. */
static void
go_on(struct machine *m, struct flow flows[N_FLOWS],
      const struct pollfd polled[N_FLOWS])
{
    for (int i = 0; i < N_FLOWS; i++) {
        struct flow *f = &flows[i];

        if (f->n && polled[i].revents) {
            write_some(f);
        } else if (!f->n && f->from >= 0 && polled[i].revents) {
            read_some(f);
            if (i == CONSOLE)
                keep_tail(m, f);
        }
        if (f->to < 0)
            f->n = 0;
    }
}

/* The status is a line. True when there is no more to come. */
static bool
read_status(const struct machine *m, int *status)
{
    char line[16];
    ssize_t n = read(m->ours[WAY_END], line, sizeof(line) - 1);

    if (n < 0)
        return errno != EINTR && errno != EAGAIN;
    line[n] = '\0';
    if (n > 0)
        *status = (int)strtol(line, NULL, 10);
    return true;
}

static bool
has_more(const struct flow flows[N_FLOWS])
{
    for (int i = STDOUT; i < N_FLOWS; i++)
        if (flows[i].from >= 0 || flows[i].n)
            return true;
    return false;
}

/* A turn moves a page at most; the queues of a guest hold less than so many. */
enum { QUIET_MS = 300, LAST_TURNS = 16384 };

static bool
is_written(const struct flow flows[N_FLOWS])
{
    for (int i = STDOUT; i < N_FLOWS; i++)
        if (flows[i].n)
            return false;
    return true;
}

/* QEMU ends when the command has and all is said, and then so do all flows. */
static int
carry(struct machine *m, int *status)
{
    struct flow flows[N_FLOWS];
    bool ended = false;
    int turns = LAST_TURNS; /* QEMU has after the end; 0: it is killed */

    set_up(m, flows);
    while (!asked_to_end && (!ended || has_more(flows))) {
        struct pollfd polled[N_FLOWS + 1];
        int n;

        for (int i = 0; i < N_FLOWS; i++)
            ask(&flows[i], &polled[i]);
        polled[N_FLOWS] = (struct pollfd){ .fd = ended ? -1 : m->ours[WAY_END],
                                           .events = POLLIN };
        n = poll(polled, N_FLOWS + 1, ended && turns ? QUIET_MS : -1);
        if (n < 0)
            continue;
        go_on(m, flows, polled);
        if (polled[N_FLOWS].revents && read_status(m, status)) {
            ended = true;
            flows[STDIN].from = -1;
            flows[STDIN].n = 0;
        } else if (ended && turns &&
                   (--turns == 0 || (n == 0 && is_written(flows)))) {
            turns = 0;
            (void)kill(m->qemu, SIGKILL); /* with nothing to save */
        }
    }
    return asked_to_end ? -EINTR : *status < 0 ? -EIO : 0;
}

int
machine_relay(struct machine *m, int *status)
{
    static const int ending[] = { SIGHUP, SIGINT, SIGTERM };
    struct sigaction before[sizeof(ending) / sizeof(*ending)];
    struct sigaction note = { .sa_handler = note_signal };
    int r;

    *status = -1;
    asked_to_end = 0;
    for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
        (void)sigaction(ending[i], &note, &before[i]);
    r = carry(m, status);
    for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
        (void)sigaction(ending[i], &before[i], NULL);
    if (r == -EINTR)
        *status = asked_to_end;
    return r;
}
