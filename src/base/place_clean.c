/* SPDX-License-Identifier: MIT */
/* The lock is the caller's, so whatever else lies in the folder nobody uses. */
#include "base/place.h"

#include "base/files.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* An ordinary user's FUSE mount, which only this helper may take away. */
static int
unmount_as_user(const char *tree)
{
    const char *const argv[] = { "fusermount3", "-u", "-z", "-q", tree, NULL };
    pid_t pid;
    int status;
    int r =
        posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);

    if (r)
        return -r;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return status ? -EPERM : 0;
}

/* One whose daemon is dead answers ENOTCONN to everything. */
static bool
is_mount(const struct place *place)
{
    struct stat tree;
    struct stat around;

    if (lstat(place->tree, &tree) < 0)
        return errno == ENOTCONN;
    return lstat(place->runtime, &around) == 0 && tree.st_dev != around.st_dev;
}

static int
unmount(const struct place *place)
{
    /* Mounts can lie on top of each other. */
    for (int i = 0; i < 16 && is_mount(place); i++) {
        if (umount2(place->tree, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
            continue;
        if (errno != EPERM)
            return -errno;

        int r = unmount_as_user(place->tree);

        if (r < 0)
            return r;
    }
    return is_mount(place) ? -EBUSY : 0;
}

int
place_clean(const struct place *place)
{
    (void)unlink(place->socket);
    (void)unlink(place->guests);
    (void)unlink(place->log);
    return unmount(place);
}

void
place_leave(const struct place *place)
{
    (void)unlink(place->socket);
    (void)unlink(place->guests);
    (void)unlink(place->log);
    (void)rmdir(place->tree);
    (void)unlink(place->lock);
    (void)rmdir(place->runtime);
    (void)rmdir(place->state); /* with nothing in it: it never came that far */
}

void
place_forget(const struct place *place)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-last" };

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char path[PATH_MAX + 8];

        (void)snprintf(path, sizeof(path), "%s%s", place->store, suffixes[i]);
        (void)unlink(path);
    }
    (void)remove_tree(place->files);
    (void)unlink(place->held);
    (void)rmdir(place->state);
}
