/* SPDX-License-Identifier: MIT */
#include "run/job.h"

#include "test.h"

#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* What vap run is but for the namespaces: a child in our stead. */
_Noreturn static void
be_job(void (*child)(void))
{
    sigset_t before;
    pid_t pid;

    job_begin(&before);
    pid = fork();
    if (pid == 0) {
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        child();
        _exit(0);
    }
    int status = job_wait(pid);
    job_done(&before);
    _exit(job_end_like(status));
}

static void
exits_7(void)
{
    _exit(7);
}

static void
kills_itself(void)
{
    (void)raise(SIGUSR2);
}

static void
crashes(void)
{
    (void)raise(SIGXCPU);
}

static void
waits(void)
{
    (void)write(STDOUT_FILENO, "job\n", 4);
    for (;;)
        (void)pause();
}

static int
status_of(void (*child)(void))
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        be_job(child);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    return status;
}

TEST(it_ends_as_the_child_does)
{
    int status = status_of(exits_7);

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = status_of(kills_itself);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2);
    status = status_of(crashes);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
    CHECK(!WCOREDUMP(status)); /* it is the child's crash, not ours */
}

static volatile sig_atomic_t asked;
static int ready[2];

static void
note(int sig)
{
    asked = sig;
}

/* Tells by its exit status which signal it was asked to end by. */
static void
tells(void)
{
    static const int signals[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                   SIGUSR1, SIGUSR2, SIGWINCH };
    sigset_t all;
    sigset_t none;

    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
        (void)signal(signals[i], note);
    (void)write(ready[1], "", 1);
    while (!asked)
        (void)sigsuspend(&none);
    _exit(asked);
}

TEST(a_signal_to_us_is_one_to_the_child)
{
    static const int signals[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                   SIGUSR1, SIGUSR2, SIGWINCH };
    char byte;

    CHECK_INT(pipe(ready), 0);
    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        int status;
        pid_t pid = fork();

        test_note("signal %d", signals[i]);
        if (pid == 0)
            be_job(tells);
        CHECK_INT(read(ready[0], &byte, 1), 1);
        CHECK_INT(kill(pid, signals[i]), 0);
        CHECK_INT(waitpid(pid, &status, 0), pid);
        CHECK(WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), signals[i]);
    }
}

/* What a shell does with a job on its terminal; exit statuses say how far it
 * came. */
_Noreturn static void
be_shell(void)
{
    int status;
    pid_t job = fork();

    if (job == 0) {
        (void)setpgid(0, 0);
        (void)signal(SIGTTOU, SIG_IGN);
        (void)tcsetpgrp(STDIN_FILENO, getpid());
        (void)signal(SIGTTOU, SIG_DFL);
        be_job(waits);
    }
    (void)signal(SIGTTOU, SIG_IGN);
    if (waitpid(job, &status, WUNTRACED) != job || !WIFSTOPPED(status) ||
        WSTOPSIG(status) != SIGTSTP)
        _exit(1); /* Ctrl-Z stops it, for the shell to see */
    (void)tcsetpgrp(STDIN_FILENO, getpid());
    (void)tcsetpgrp(STDIN_FILENO, job);
    (void)kill(-job, SIGCONT);
    (void)write(STDOUT_FILENO, "again\n", 6);
    if (waitpid(job, &status, WUNTRACED) != job)
        _exit(2);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGINT)
        _exit(3); /* Ctrl-C ends it, as SIGINT */
    _exit(0);
}

static void
wait_for(int terminal, const char *word)
{
    char text[512];
    size_t n = 0;

    for (;;) {
        ssize_t got = read(terminal, text + n, sizeof(text) - 1 - n);

        CHECK(got > 0);
        n += (size_t)got;
        text[n] = '\0';
        if (strstr(text, word))
            return;
    }
}

TEST(a_terminal_stops_continues_and_interrupts_both_as_one)
{
    int terminal;
    int status;
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

    CHECK(pid >= 0);
    if (pid == 0)
        be_shell();
    wait_for(terminal, "job");
    CHECK_INT(write(terminal, "\032", 1), 1);
    wait_for(terminal, "again");
    CHECK_INT(write(terminal, "\003", 1), 1);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
    (void)close(terminal);
}
