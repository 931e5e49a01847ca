/* SPDX-License-Identifier: MIT */
#include "cli/virtual/background.h"

#include "base/auto.h"
#include "base/files.h"
#include "base/peer.h"
#include "base/say.h"
#include "cli/frame/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

/* How long an end may take. */
#define END_MS 30000

/* --- starting ---------------------------------------------------------------
 */

/* Beside this program, as in a build directory; else as PATH has it. */
static void
find_vapd(char path[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 8);
    char *slash;

    path[n > 0 ? n : 0] = '\0';
    slash = strrchr(path, '/');
    if (slash) {
        memcpy(slash + 1, "vapd", sizeof("vapd"));
        if (access(path, X_OK) == 0)
            return;
    }
    memcpy(path, "vapd", sizeof("vapd"));
}

/* In a session of its own, so that no terminal's end is its end. stdin and
 * stderr stay until it is ready. */
_Noreturn static void
be_vapd(const char *argv[BACKGROUND_ARGS])
{
    char path[PATH_MAX];
    int null = open("/dev/null", O_RDWR);

    find_vapd(path);
    argv[0] = "vapd";
    if (null >= 0)
        (void)dup2(null, STDOUT_FILENO);
    (void)setsid();
    (void)signal(SIGPIPE, SIG_DFL);
    (void)execvp(path, (char *const *)argv);
    say_error("vapd: %s; it is installed with vap", strerror(errno));
    _exit(CLI_FAILED);
}

/* What a vapd that did not get ready has said it by. */
static int
status_of(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return CLI_FAILED;
    if (WIFSIGNALED(status))
        say_error("vapd was ended by signal %d (%s)", WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
    return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
                                                    : CLI_FAILED;
}

static bool
hears_ready(int fd)
{
    char c;
    ssize_t n;

    do
        n = read(fd, &c, 1);
    while (n < 0 && errno == EINTR);
    return n == 1;
}

int
background_start(const char *argv[BACKGROUND_ARGS])
{
    char number[16];
    AUTO(fd_done) int hear = -1;
    int ends[2];
    int n = 1;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return CLI_FAILED;
    hear = ends[0];
    while (argv[n])
        n++;
    (void)snprintf(number, sizeof(number), "%d", ends[1]);
    argv[n] = "--ready-fd";
    argv[n + 1] = number;
    argv[n + 2] = NULL;
    pid = fork();
    if (pid == 0) {
        (void)fcntl(ends[1], F_SETFD, 0);
        be_vapd(argv);
    }
    (void)close(ends[1]);
    if (pid < 0)
        say_error("fork: %s", strerror(errno));
    if (pid < 0 || hears_ready(hear))
        return pid < 0 ? CLI_FAILED : CLI_DONE;
    return status_of(pid);
}

/* --- ending -----------------------------------------------------------------
 */

/* The kernel knows who listens on its socket; a number in a file may have
 * become somebody else's. */
static pid_t
listener(const struct place *place)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    AUTO(fd_done) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct ucred peer;

    /* place_of() has seen to it that it fits */
    memcpy(at.sun_path, place->socket, strlen(place->socket) + 1);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        return 0;
    peer_get(fd, &peer);
    return peer_is_allowed(&peer) ? peer.pid : 0;
}

/* 0 when it is over. */
static int
end(pid_t pid, const char *name)
{
    AUTO(fd_done) int process = pidfd_open(pid, 0);
    struct pollfd over = { .fd = process, .events = POLLIN };
    int r;

    if (process < 0 || pidfd_send_signal(process, SIGTERM, NULL, 0) < 0) {
        r = -errno;
        if (r == -ESRCH)
            return 0;
        say_error("the virtual host %s, pid %d, cannot be ended: %s", name,
                  (int)pid, strerror(-r));
        return r;
    }
    do
        r = poll(&over, 1, END_MS);
    while (r < 0 && errno == EINTR);
    if (r > 0)
        return 0;
    say_error("the virtual host %s, pid %d, does not end; kill -9 %d, then vap "
              "down again",
              name, (int)pid, (int)pid);
    return -ETIMEDOUT;
}

/* Whoever has got the lock has cleared away what there was, and goes on with
 * its state. */
static int
taken_over(const char *name, bool forget)
{
    if (!forget)
        return 0;
    say_error("the virtual host %s is up again: somebody has started it "
              "meanwhile",
              name);
    return -EBUSY;
}

/* Nobody has the lock: what is there was left behind. */
static int
clear(const struct place *place, const char *name, bool forget)
{
    AUTO(fd_done) int lock = place_hold(place);
    int r = lock < 0 ? lock : place_clean(place);

    if (lock == -EBUSY)
        return taken_over(name, forget);
    if (r < 0) {
        say_error("what the virtual host %s has left cannot be cleared away: "
                  "%s",
                  name, strerror(-r));
        return r;
    }
    if (forget)
        place_forget(place);
    place_leave(place);
    return 0;
}

static bool
has_left(const struct place *place)
{
    return access(place->runtime, F_OK) == 0;
}

/* Has a process this file open? A number in a file may have become somebody
 * else's. */
static bool
has_open(pid_t pid, const char *path)
{
    char fds[64];
    AUTO(dir_done) DIR *dir = NULL;
    const char *name;
    struct stat file;
    struct stat open;

    (void)snprintf(fds, sizeof(fds), "/proc/%d/fd", (int)pid);
    dir = dir_open(AT_FDCWD, fds);
    if (!dir || stat(path, &file) < 0)
        return false;
    while ((name = dir_next(dir)))
        if (fstatat(dirfd(dir), name, &open, 0) == 0 &&
            open.st_dev == file.st_dev && open.st_ino == file.st_ino)
            return true;
    return false;
}

/* Who has the lock: the listener, or the pid in its file while it is just
 * starting. 0 nobody; < 0 that cannot be known, and that has been said. */
static pid_t
find_vapd_of(const struct place *place, const char *name)
{
    pid_t pid = place_pid(place);
    pid_t heard = pid > 0 ? listener(place) : 0;

    if (pid < 0)
        say_error("%s: %s; whether the virtual host %s is up cannot be seen",
                  place->lock, strerror(-pid), name);
    if (pid <= 0 || heard > 0)
        return pid < 0 ? pid : heard;
    if (has_open(pid, place->lock))
        return pid;
    if (place_pid(place) == 0)
        return 0; /* it has just ended */
    say_error("the virtual host %s cannot be ended: pid %d, which %s names, "
              "has not the lock",
              name, (int)pid, place->lock);
    return -EPERM;
}

int
background_stop(const struct place *place, const char *name, bool forget)
{
    pid_t pid = find_vapd_of(place, name);
    int r;

    if (pid < 0)
        return pid;
    r = pid ? end(pid, name) : 0;
    if (r == 0 && (forget || has_left(place)))
        r = clear(place, name, forget);
    return r < 0 ? r : pid != 0;
}
