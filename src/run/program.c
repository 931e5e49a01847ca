/* SPDX-License-Identifier: MIT */
#include "run/program.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/** What comes out of one of its two ends, as lines. */
struct stream {
    int fd; /* -1 at its end */
    char text[4096]; /* a line so far; what is longer is cut */
    size_t n;
};

struct running {
    struct stream out;
    struct stream err;
    void (*line)(void *, char *);
    void *data;
    char *complaint;
    size_t size;
    int weight; /* of the complaint we have */
};

/* How much a line on stderr tells. */
static int
weight_of(const char *line)
{
    if (strncmp(line, "E: ", 3) == 0)
        return 3;
    if (strncmp(line, "W: ", 3) == 0)
        return 2;
    return *line != '\0';
}

static void
take_line(struct running *r, struct stream *s)
{
    int weight;

    s->text[s->n] = '\0';
    s->n = 0;
    if (s == &r->out) {
        if (r->line)
            r->line(r->data, s->text);
        return;
    }
    weight = weight_of(s->text);
    if (weight <= r->weight)
        return;
    r->weight = weight;
    (void)snprintf(r->complaint, r->size, "%s", s->text + (weight > 1 ? 3 : 0));
}

static void
take_some(struct running *r, struct stream *s)
{
    char some[4096];
    ssize_t n = read(s->fd, some, sizeof(some));

    if (n < 0 && errno == EINTR)
        return;
    for (ssize_t i = 0; i < n; i++)
        if (some[i] == '\n')
            take_line(r, s);
        else if (s->n < sizeof(s->text) - 1)
            s->text[s->n++] = some[i];
    if (n > 0)
        return;
    if (s->n)
        take_line(r, s);
    (void)close(s->fd);
    s->fd = -1;
}

static void
take_all(struct running *r)
{
    while (r->out.fd >= 0 || r->err.fd >= 0) {
        struct pollfd fds[] = { { .fd = r->out.fd, .events = POLLIN },
                                { .fd = r->err.fd, .events = POLLIN } };

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        if (fds[0].revents)
            take_some(r, &r->out);
        if (fds[1].revents)
            take_some(r, &r->err);
    }
}

/* What exec answers, if anything, goes through fail. */
_Noreturn static void
be_program(const char *const argv[], const int out[2], const int err[2],
           const int fail[2])
{
    int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t no_signals;
    int error;

    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)dup2(none, STDIN_FILENO);
    (void)dup2(out[1], STDOUT_FILENO);
    (void)dup2(err[1], STDERR_FILENO);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)sigemptyset(&no_signals);
    (void)sigprocmask(SIG_SETMASK, &no_signals, NULL); /* our caller's held */
    (void)setenv("LC_ALL", "C.UTF-8", 1);
    (void)execvp(argv[0], (char *const *)argv);
    error = errno;
    (void)write(fail[1], &error, sizeof(error));
    _exit(127);
}

static int
ended(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* out, err and fail are open here, both ends of each. */
static int
run(const char *const argv[], int ends[3][2], struct running *running)
{
    int error = 0;
    pid_t pid = fork();
    int r;

    if (pid < 0)
        return -errno;
    if (pid == 0)
        be_program(argv, ends[0], ends[1], ends[2]);
    for (int i = 0; i < 3; i++) {
        (void)close(ends[i][1]);
        ends[i][1] = -1;
    }
    running->out.fd = ends[0][0];
    running->err.fd = ends[1][0];
    ends[0][0] = ends[1][0] = -1; /* take_all() closes them */
    take_all(running);
    if (read(ends[2][0], &error, sizeof(error)) != sizeof(error))
        error = 0;
    r = ended(pid);
    return error ? -error : r;
}

int
program_run(const char *const argv[], void (*line)(void *, char *), void *data,
            char *complaint, size_t size)
{
    struct running running = {
        .line = line, .data = data, .complaint = complaint, .size = size
    };
    int ends[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
    int r = 0;

    *complaint = '\0';
    for (int i = 0; i < 3 && r == 0; i++)
        if (pipe2(ends[i], O_CLOEXEC) < 0)
            r = -errno;
    if (r == 0)
        r = run(argv, ends, &running);
    for (int i = 0; i < 3; i++) {
        fd_done(&ends[i][0]);
        fd_done(&ends[i][1]);
    }
    return r;
}
