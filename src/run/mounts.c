/* SPDX-License-Identifier: MIT */
#include "run/mounts.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Either path may be "": the descriptor itself. */
#define BY_DESCRIPTOR (MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)

/* The root of a new tmpfs that is mounted nowhere yet. */
static int
new_tmpfs(mode_t mode)
{
    AUTO(fd_done) int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
    char octal[8];
    int root;

    (void)snprintf(octal, sizeof(octal), "%o", (unsigned)mode & 07777U);
    if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "source", "vap", 0) < 0 ||
        fsconfig(fs, FSCONFIG_SET_STRING, "mode", octal, 0) < 0 ||
        fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return -errno;
    root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    return root < 0 ? -errno : root;
}

int
mount_tmpfs(int at, const char *name, mode_t mode)
{
    AUTO(fd_done) int root = new_tmpfs(mode);

    if (root < 0)
        return root;
    if (move_mount(root, "", at, name, BY_DESCRIPTOR) < 0)
        return -errno;
    return fd_take(&root);
}

/* Always with what is below: in a user namespace a copy that leaves out what
 * the machine has mounted there would uncover things, and is refused. */
int
mount_copy(int from, const char *name, int to, const char *to_name)
{
    AUTO(fd_done)
    int copy = open_tree(from, name,
                         OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
                             AT_SYMLINK_NOFOLLOW);

    if (copy < 0)
        return -errno;
    if (move_mount(copy, "", to, to_name, BY_DESCRIPTOR) < 0)
        return -errno;
    return 0;
}

/* Not by mount_setattr(), which came with 5.12 only. */
int
mount_read_only(int root)
{
    char path[32];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", root);
    if (mount(NULL, path, NULL,
              MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV,
              NULL) < 0)
        return -errno;
    return 0;
}
