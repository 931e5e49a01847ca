/* SPDX-License-Identifier: MIT */
/* Mounting by descriptors (Linux 5.2): what a mount covers stays in reach
 * through a descriptor from before, so nothing is ever moved aside and no
 * directory is made on the machine.
 *
 * All act in the mount namespace of the caller, on which descriptors must
 * have been opened too. Each returns 0 or a descriptor, or -errno; -ENOSYS
 * where the kernel is older or a sandbox hides these calls. */
#ifndef VAP_RUN_MOUNTS_H
#define VAP_RUN_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

/** Mounts an empty tmpfs over the directory name of at, "" for at itself.
 *
 * mode     of its root, which is the caller's
 *
 * Returns  its root, the caller's to close */
int mount_tmpfs(int at, const char *name, mode_t mode);

/** Shows from/name, with all that is mounted below it, at to/to_name, which
 * is there and of the same kind; "" for to itself. Links are not followed. */
int mount_copy(int from, const char *name, int to, const char *to_name);

/** Seals a mount, given its root: nobody makes or removes names there. What
 * is mounted below it is as it was. */
int mount_read_only(int root);

#endif
