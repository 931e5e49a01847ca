/* SPDX-License-Identifier: MIT */
#include "run/run.h"

#include "base/auto.h"
#include "base/say.h"
#include "run/environment.h"
#include "run/job.h"
#include "run/lack.h"
#include "run/libvirt.h"
#include "run/merge.h"
#include "run/private.h"
#include "run/remains.h"
#include "run/space.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void
say_lack(int r)
{
    struct lack lack;
    char words[SAY_MAX];

    lack_look(LACK_NAMESPACES, -r, &lack);
    lack_words(&lack, words, sizeof(words));
    say_error("run: %s", words);
}

/* A mount that is not allowed, or not known, is like a namespace that is not:
 * some sandboxes say no only here. */
static bool
is_lack(int r)
{
    return r == -EPERM || r == -EACCES || r == -ENOSYS;
}

static int
shown(int r, const char *below, const struct merge_result *result)
{
    if (r >= 0)
        return 0;
    if (is_lack(r))
        say_lack(r);
    else
        say_error("run: %s%s cannot be shown: %s",
                  *result->where == '/' ? "" : below, result->where,
                  strerror(-r));
    return r;
}

static int
show_all(const struct run_options *options)
{
    struct merge_result result;
    int r = 0;

    if (options->tree)
        r = shown(merge_tree(options->tree, "/sys", &result), "/sys/", &result);
    if (r == 0)
        r = shown(private_udev(&result), "", &result);
    if (r == 0 && options->files)
        r = shown(private_places(options->files, &result), "", &result);
    if (r == 0 && options->libvirt)
        r = shown(private_libvirt(&result), "", &result);
    return r;
}

/* Whoever stood below /sys stands where the same path leads now. */
static void
stand_in_tree(const char *stood)
{
    if (strncmp(stood, "/sys/", 5) == 0)
        (void)chdir(stood);
}

static int
enter(const struct run_options *options, const struct remains *remains)
{
    AUTO(free_done) char *stood = getcwd(NULL, 0);
    int r = space_enter(options->net);

    if (r < 0) {
        say_lack(r);
        return r;
    }
    (void)remains_in_here(remains); /* without /proc nobody would look */
    r = show_all(options);
    if (r < 0)
        return r;
    stand_in_tree(stood ? stood : "");
    r = options->inside ? options->inside(options->data) : 0;
    return r == 0 && options->libvirt ? libvirt_start() : r;
}

/* We end when the parent does, however it ends. */
static void
tie_to(pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(RUN_FAILED); /* it was faster */
}

/* Of what vap fetch gets, what is asked for first. */
static bool
is_fetched(const char *command)
{
    static const char *const tools[] = { "lszcrypt", "chzcrypt", "lszdev",
                                         "chzdev" };

    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
        if (strcmp(tools[i], command) == 0)
            return true;
    return false;
}

_Noreturn static void
execute(char **argv, const sigset_t *before)
{
    int error;

    (void)signal(SIGPIPE, SIG_DFL); /* vap ignores it, commands count on it */
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, before, NULL);
    (void)execvp(argv[0], argv);
    error = errno;
    say_error("run: %s: %s%s", argv[0], strerror(error),
              error == ENOENT && is_fetched(argv[0])
                  ? "; vap fetch tools gets it, vap run --s390x finds it"
                  : "");
    _exit(error == ENOENT ? RUN_NOT_FOUND : RUN_CANNOT_EXECUTE);
}

_Noreturn static void
be_command(const struct run_options *options, char **argv,
           const struct remains *remains, pid_t parent, const sigset_t *before)
{
    if (environment_prepare(options) < 0) {
        say_error("run: %s", strerror(ENOMEM));
        _exit(RUN_FAILED);
    }
    tie_to(parent);
    if (enter(options, remains) < 0)
        _exit(RUN_FAILED);
    tie_to(parent); /* a change of user can have undone it */
    execute(argv, before);
}

/* As waitpid() would tell it. */
static int
failed(const char *what, int error)
{
    say_error("run: %s: %s", what, strerror(error));
    return W_EXITCODE(RUN_FAILED, 0);
}

int
run_command(const struct run_options *options, char **argv)
{
    struct remains remains;
    pid_t parent = getpid();
    sigset_t before;
    pid_t child;
    int status;
    int r;

    if (options->tree && access(options->tree, R_OK | X_OK) < 0)
        return failed(options->tree, errno);
    job_begin(&before);
    r = remains_watch(&remains);
    child = r < 0 ? -1 : fork();
    if (child == 0)
        be_command(options, argv, &remains, parent, &before);
    status = child < 0 ? failed("fork", r < 0 ? -r : errno) : job_wait(child);
    remains_release(&remains, options->end_all);
    job_done(&before);
    return status;
}

int
run_end(int status)
{
    return job_end_like(status);
}
