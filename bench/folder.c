/* SPDX-License-Identifier: MIT */
/* Whatever ends us, the kernel closes our end of a pipe. A process at its
 * other end, which no signal for us reaches, has heard of every folder by then
 * and takes away what is left of them, mounts first. */
#include "bench/bench.h"

#include "base/auto.h"
#include "base/files.h"

#include <errno.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* An ordinary user's FUSE mount is the helper's to take away. */
static void
unmount(const char *dir)
{
    const char *const argv[] = { "fusermount3", "-u", "-z", "-q", dir, NULL };
    pid_t pid;

    if (umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW) != 0 &&
        posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ) ==
            0)
        (void)waitpid(pid, NULL, 0);
}

static void
unmount_below(const char *dir)
{
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    struct mntent entry;
    char text[4096];

    while (mounts && getmntent_r(mounts, &entry, text, sizeof(text)))
        if (strncmp(entry.mnt_dir, dir, strlen(dir)) == 0)
            unmount(entry.mnt_dir);
    if (mounts)
        (void)endmntent(mounts);
}

/* What nobody serves any more is there all the same. */
static bool
is_there(const char *dir)
{
    struct stat st;

    return lstat(dir, &st) == 0 || errno == ENOTCONN;
}

/* A vapd that finds its tree unmounted may be writing still. */
static void
take_away(const char *dir)
{
    for (int i = 0; i < 100 && is_there(dir); i++) {
        unmount_below(dir);
        if (remove_tree(dir) < 0)
            (void)poll(NULL, 0, 20);
    }
}

static _Noreturn void
wait_for_end(int fd)
{
    AUTO(file_done) FILE *in = fdopen(fd, "r");
    AUTO(free_done) char *folders = NULL;
    size_t size = 0;
    char *rest = NULL;

    (void)setsid();
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    if (in && getdelim(&folders, &size, '\0', in) > 0) /* to its end */
        for (char *dir = strtok_r(folders, "\n", &rest); dir;
             dir = strtok_r(NULL, "\n", &rest))
            take_away(dir);
    _exit(0);
}

/* Where it listens; -1 without it. */
static int
listener(void)
{
    static int fd = -1;
    int ends[2];

    if (fd >= 0 || pipe2(ends, O_CLOEXEC) < 0)
        return fd;
    (void)fflush(NULL);
    switch (fork()) {
    case 0:
        (void)close(ends[1]);
        wait_for_end(ends[0]);
    case -1:
        (void)close(ends[1]);
        break;
    default:
        fd = ends[1];
    }
    (void)close(ends[0]);
    return fd;
}

int
bench_folder(char path[32])
{
    int fd = listener();

    if (!mkdtemp(path))
        return -errno;
    (void)dprintf(fd, "%s\n", path);
    return 0;
}
