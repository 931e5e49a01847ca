/* SPDX-License-Identifier: MIT */
#include "run/job.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* To us alone, these are meant for the child. What a terminal sends, it sends
 * to the group, and the child has it already. */
static const int passed_on[] = {
    SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,  SIGUSR1,
    SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH,
};

static void
held_back(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGCHLD);
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
        (void)sigaddset(set, passed_on[i]);
}

void
job_begin(sigset_t *before)
{
    sigset_t set;

    held_back(&set);
    (void)sigprocmask(SIG_BLOCK, &set, before);
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, it would leave no status */
}

/* The child has stopped: so do we, by the same signal, for the shell to see.
 * It goes on when we do. */
static void
stop_too(pid_t child, int by)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, by);
    (void)raise(by);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL); /* here we stop */
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)kill(child, SIGCONT);
}

/* Has it ended? */
static bool
look_after(pid_t child, int *status)
{
    for (;;) {
        pid_t pid = waitpid(child, status, WNOHANG | WUNTRACED);

        if (pid < 0 && errno == EINTR)
            continue;
        if (pid < 0)
            *status = 0; /* cannot be: nobody else waits for it */
        if (pid == 0)
            return false;
        if (pid < 0 || !WIFSTOPPED(*status))
            return true;
        stop_too(child, WSTOPSIG(*status));
    }
}

int
job_wait(pid_t child)
{
    sigset_t set;
    int status = 0;

    held_back(&set);
    while (!look_after(child, &status)) {
        siginfo_t info;
        int sig = sigwaitinfo(&set, &info);

        if (sig > 0 && sig != SIGCHLD && info.si_code <= 0)
            (void)kill(child, sig);
    }
    return status;
}

void
job_done(const sigset_t *before)
{
    (void)sigprocmask(SIG_SETMASK, before, NULL);
}

int
job_end_like(int status)
{
    const struct rlimit none = { 0, 0 };
    sigset_t by;

    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(WTERMSIG(status), SIG_DFL);
    (void)sigemptyset(&by);
    (void)sigaddset(&by, WTERMSIG(status));
    (void)sigprocmask(SIG_UNBLOCK, &by, NULL);
    (void)raise(WTERMSIG(status));
    return 128 + WTERMSIG(status); /* we are the first of a container */
}
