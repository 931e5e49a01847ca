/* SPDX-License-Identifier: MIT */
/* sysfs takes no new names. So a tmpfs covers each directory that must gain
 * some, and in it stand: every real child, as a bind mount; every one of the
 * tree's, likewise; links, copied. Links are relative and `..` of a mount's
 * root is where it is mounted, so all of them still lead where they led.
 *
 * Only directories that both sides have are gone into. What the tree may yet
 * add to must be one mount, for names do not come to a tmpfs by themselves:
 * those directories are shown whole, whatever the machine has there. */
#include "run/merge.h"

#include "base/auto.h"
#include "base/files.h"
#include "run/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Of these the tree's alone is shown, even if it is empty now. */
static const struct whole {
    const char *path;
    bool real_shines_through; /* an empty directory of the tree's is a place
                                 for the real one of that name */
} wholes[] = {
    { "bus/ap", false },
    { "bus/matrix", false },
    { "bus/mdev", false },
    { "class/mdev_bus", false },
    { "class/vfio", false },
    { "class/vfio-dev", false },
    { "class/zcrypt", false },
    { "devices/ap", false },
    { "devices/vfio_ap", false },
    { "devices/virtual/vfio", false },
    /* Real devices link to the groups they are in. */
    { "kernel/iommu_groups", true },
    { "module/ap", false },
    { "module/vfio_ap", false },
    { "module/zcrypt_cex4", false },
};

/** One directory: descriptors of the three, and its path below onto. */
struct level {
    int real;
    int ours; /* -1 when there is none */
    int shown; /* the tmpfs, or a directory in it */
    const char *path;
    struct merge_result *result;
};

static const struct whole *
whole_at(const char *path)
{
    for (size_t i = 0; i < sizeof(wholes) / sizeof(*wholes); i++)
        if (strcmp(wholes[i].path, path) == 0)
            return &wholes[i];
    return NULL;
}

/* Keeps for the reader which path it was; name may be "". */
static int
failed_at(struct merge_result *result, const char *path, const char *name,
          int r)
{
    if (snprintf(result->where, sizeof(result->where), "%s%s%s", path,
                 *name ? "/" : "", name) >= (int)sizeof(result->where))
        memcpy(result->where + sizeof(result->where) - 4, "...", 4);
    return r;
}

/* 0 when there is nothing of this name. */
static mode_t
mode_of(int at, const char *name)
{
    struct stat st;

    return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode : 0;
}

static int
copy_link(int from, const char *name, int to)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(from, name, target, sizeof(target));

    if (n < 0)
        return -errno;
    if (n == sizeof(target))
        return -ENAMETOOLONG;
    target[n] = '\0';
    return symlinkat(target, to, name) < 0 ? -errno : 0;
}

/* A place of the same kind, then a mount over it. */
static int
bind_entry(int from, const char *name, mode_t mode, const struct level *l)
{
    int r = S_ISDIR(mode) ? mkdirat(l->shown, name, 0755)
                          : mknodat(l->shown, name, S_IFREG | 0444, 0);

    if (r < 0)
        return -errno;
    r = mount_copy(from, name, l->shown, name);
    if (r == 0) {
        l->result->n_mounts++;
        return 0;
    }
    (void)unlinkat(l->shown, name, S_ISDIR(mode) ? AT_REMOVEDIR : 0);
    return r;
}

/* Shows from/name. A device that has just gone is no failure. */
static int
put(int from, const char *name, const struct level *l)
{
    mode_t mode = mode_of(from, name);
    int r;

    if (!mode)
        return 0;
    r = S_ISLNK(mode) ? copy_link(from, name, l->shown)
                      : bind_entry(from, name, mode, l);
    if (r == -ENOENT)
        return 0;
    return r < 0 ? failed_at(l->result, l->path, name, r) : 0;
}

static int
put_real(const struct level *l)
{
    AUTO(dir_done) DIR *dir = dir_open(l->real, ".");
    const char *name;

    if (!dir)
        return failed_at(l->result, l->path, "", -errno);
    while ((name = dir_next(dir))) {
        int r;

        if (l->ours >= 0 && mode_of(l->ours, name))
            continue;
        r = put(l->real, name, l);
        if (r < 0)
            return r;
    }
    return -errno;
}

/* Is there an empty directory name in at? */
static bool
is_place(int at, const char *name)
{
    AUTO(dir_done) DIR *dir = NULL;

    if (!S_ISDIR(mode_of(at, name)))
        return false;
    dir = dir_open(at, name);
    return dir && !dir_next(dir) && errno == 0;
}

/* Each real child for which the tree has a place goes there. */
static int
fill_places(const struct level *l, const char *name)
{
    AUTO(dir_done) DIR *real = dir_open(l->real, name);
    AUTO(fd_done) int shown = openat(l->shown, name, O_PATH | O_CLOEXEC);
    const char *child;

    if (!real || shown < 0)
        return 0; /* nothing real here */
    while ((child = dir_next(real))) {
        int r;

        if (!is_place(shown, child))
            continue;
        r = mount_copy(dirfd(real), child, shown, child);
        if (r < 0)
            return failed_at(l->result, l->path, child, r);
        l->result->n_mounts++;
    }
    return -errno;
}

static int merge_level(const struct level *l);

/* A directory that both sides have and that is not ours whole. */
static int
merge_child(const struct level *l, const char *name, const char *path)
{
    AUTO(fd_done) int real = -1;
    AUTO(fd_done) int ours = -1;
    AUTO(fd_done) int shown = -1;

    if (mkdirat(l->shown, name, 0700) < 0 ||
        fchmodat(l->shown, name, mode_of(l->real, name) & 07777U, 0) < 0)
        return failed_at(l->result, path, "", -errno);
    real = openat(l->real, name, O_PATH | O_CLOEXEC);
    ours = openat(l->ours, name, O_PATH | O_CLOEXEC);
    shown = openat(l->shown, name, O_PATH | O_CLOEXEC);
    if (real < 0 || ours < 0 || shown < 0)
        return failed_at(l->result, path, "", -errno);
    return merge_level(&(struct level){ real, ours, shown, path, l->result });
}

static int
put_ours(const struct level *l, const char *name)
{
    char path[PATH_MAX];
    const struct whole *whole;
    int r;

    (void)snprintf(path, sizeof(path), "%s/%s", l->path, name);
    whole = whole_at(path);
    if (!whole && S_ISDIR(mode_of(l->ours, name)) &&
        S_ISDIR(mode_of(l->real, name)))
        return merge_child(l, name, path);
    r = put(l->ours, name, l);
    if (r == 0 && whole && whole->real_shines_through)
        r = fill_places(l, name);
    return r;
}

static int
merge_level(const struct level *l)
{
    AUTO(dir_done) DIR *dir = NULL;
    const char *name;
    int r = put_real(l);

    if (r < 0)
        return r;
    dir = dir_open(l->ours, ".");
    if (!dir)
        return failed_at(l->result, l->path, "", -errno);
    while ((name = dir_next(dir))) {
        r = put_ours(l, name);
        if (r < 0)
            return r;
    }
    return -errno;
}

/* One directory of the top: bus, class, ... Its tmpfs holds all below. */
static int
merge_top(int tree, int onto, const char *name, struct merge_result *result)
{
    AUTO(fd_done) int real = openat(onto, name, O_PATH | O_CLOEXEC);
    AUTO(fd_done) int ours = openat(tree, name, O_PATH | O_CLOEXEC);
    AUTO(fd_done) int shown = -1;
    int r;

    if (real < 0 || ours < 0)
        return failed_at(result, name, "", -errno);
    shown = mount_tmpfs(onto, name, mode_of(onto, name));
    if (shown < 0)
        return failed_at(result, name, "", shown);
    result->n_mounts++;
    r = merge_level(&(struct level){ real, ours, shown, name, result });
    if (r == 0)
        r = mount_read_only(shown);
    return r < 0 && !*result->where ? failed_at(result, name, "", r) : r;
}

int
merge_tree(const char *tree, const char *onto, struct merge_result *result)
{
    AUTO(fd_done) int real = open(onto, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO(dir_done) DIR *dir = NULL;
    const char *name;

    *result = (struct merge_result){ 0 };
    if (real < 0)
        return failed_at(result, onto, "", -errno);
    dir = dir_open(AT_FDCWD, tree);
    if (!dir)
        return failed_at(result, tree, "", -errno);
    while ((name = dir_next(dir))) {
        int r = merge_top(dirfd(dir), real, name, result);

        if (r < 0)
            return r;
    }
    return -errno;
}

int
merge_cover(const char *dir, struct merge_result *result)
{
    AUTO(fd_done) int real = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO(fd_done) int shown = -1;
    int r;

    *result = (struct merge_result){ 0 };
    if (real < 0)
        return failed_at(result, dir, "", -errno);
    shown = mount_tmpfs(real, "", mode_of(AT_FDCWD, dir));
    if (shown < 0)
        return failed_at(result, dir, "", shown);
    r = put_real(&(struct level){ real, -1, shown, dir, result });
    return r < 0 ? r : fd_take(&shown);
}
