/* SPDX-License-Identifier: MIT */
#include "base/tools_lock.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { LOOK_MS = 30, NO_PID_S = 120 };

/** What stands in the file. */
struct owner {
    pid_t pid; /* 0: none yet */
    struct stat st;
};

/* 0, or -ENOENT and the like. */
static int
read_owner(const char *path, struct owner *out)
{
    AUTO(fd_done)
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char text[40] = "";

    if (fd < 0 || fstat(fd, &out->st) < 0)
        return -errno;
    if (read(fd, text, sizeof(text) - 1) < 0)
        return -errno;
    out->pid = (pid_t)strtol(text, NULL, 10);
    if (out->pid < 0)
        out->pid = 0;
    return 0;
}

/* Our own pid is that of somebody before us: we have not got it yet. */
static bool
is_left_over(const struct owner *o)
{
    if (!o->pid)
        return time(NULL) > o->st.st_mtime + NO_PID_S;
    return o->pid == getpid() || (kill(o->pid, 0) < 0 && errno == ESRCH);
}

/* Unless it is another by now. */
static void
remove_left_over(const char *path, const struct owner *o)
{
    struct stat now;

    if (stat(path, &now) == 0 && now.st_ino == o->st.st_ino &&
        now.st_dev == o->st.st_dev)
        (void)unlink(path);
}

static void
tell(const struct tools_lock_wait *wait, const struct owner *o)
{
    char path[64];
    char name[64] = "";
    AUTO(fd_done) int fd = -1;
    ssize_t n;

    if (!wait->waits)
        return;
    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)o->pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);
    name[n > 0 ? strcspn(name, "\n") : 0] = '\0';
    wait->waits(o->pid, name);
}

/* A file of ours beside it, with our pid. */
static int
write_own(const char *path)
{
    AUTO(fd_done)
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (fd < 0)
        return -errno;
    return dprintf(fd, "%d\n", (int)getpid()) > 0 ? 0 : -EIO;
}

/* 0: it is ours; 1: it is another's; -errno */
static int
try_link(const char *own, const char *path, struct owner *owner)
{
    for (;;) {
        int r;

        if (link(own, path) == 0)
            return 0;
        if (errno != EEXIST)
            return -errno;
        r = read_owner(path, owner);
        if (r == -ENOENT)
            continue;
        if (r || !is_left_over(owner))
            return r ? r : 1;
        remove_left_over(path, owner);
    }
}

static int
wait_for(const char *own, const char *path, const struct tools_lock_wait *wait)
{
    static const struct timespec a_while = { .tv_nsec = LOOK_MS * 1000000L };
    struct owner owner = { 0 };
    int r;

    for (unsigned ms = 0; (r = try_link(own, path, &owner)) > 0;
         ms += LOOK_MS) {
        if (ms >= wait->limit_ms)
            return -EBUSY;
        if (ms == 0)
            tell(wait, &owner);
        if (wait->stop && wait->stop())
            return -EINTR;
        (void)nanosleep(&a_while, NULL);
    }
    return r;
}

int
tools_lock_take(const char *root, const struct tools_lock_wait *wait,
                struct tools_lock *out)
{
    char own[PATH_MAX];
    char path[PATH_MAX];
    int r;

    *out->path = '\0';
    if (snprintf(path, sizeof(path), "%s/" TOOLS_LOCK, root) >=
            (int)sizeof(path) ||
        snprintf(own, sizeof(own), "%s.vap.%d", path, (int)getpid()) >=
            (int)sizeof(own))
        return -ENAMETOOLONG;
    (void)unlink(own); /* of somebody who had our pid */
    r = write_own(own);
    if (r == -ENOENT)
        return 0;
    if (!r)
        r = wait_for(own, path, wait);
    (void)unlink(own);
    if (!r)
        memcpy(out->path, path, sizeof(path));
    return r;
}

void
tools_lock_done(struct tools_lock *lock)
{
    struct owner owner = { 0 };

    if (*lock->path && read_owner(lock->path, &owner) == 0 &&
        owner.pid == getpid())
        (void)unlink(lock->path);
    *lock->path = '\0';
}
