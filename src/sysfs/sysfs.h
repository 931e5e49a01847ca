/* SPDX-License-Identifier: MIT */
/* A host's tree as the kernel would show it below /sys, mounted with FUSE.
 * It asks its owner for changes, and shows what is true. */
#ifndef VAP_SYSFS_SYSFS_H
#define VAP_SYSFS_SYSFS_H

#include "host/request.h"

struct sysfs;
struct uevent;

struct sysfs_options {
    const char *dir; /* an empty directory; the tree's bus/, devices/, ... */

    /* Somebody has written to a uevent file. May be NULL. */
    void (*uevent)(void *data, const struct uevent *event);
    void *data;
};

/* Is there a /dev/fuse? 0; -ENODEV none, or not allowed to open it. Who may
 * mount is only seen by mounting. */
int sysfs_probe(void);

/**
 * Mounts the tree. As root everybody sees it; as an ordinary user, by
 * fusermount3 or inside a user namespace, only that user does, and owns it.
 *
 * owner  lent for the tree's life; owner->change is called by
 *        sysfs_process() alone
 *
 * Returns  0; -ENODEV no /dev/fuse, or not allowed to open it; -EPERM no
 *          right to mount, and no fusermount3; -ENOTDIR, -ENOENT, -ENOMEM
 */
int sysfs_new(struct owner *owner, const struct sysfs_options *options,
              struct sysfs **out);

/* To be polled for reading. The same for the tree's life. */
int sysfs_fd(const struct sysfs *sysfs);

/* Does all that is waiting, and never waits itself. Returns 0; -ENODEV when
 * the tree has been unmounted or the connection aborted: call it no more. */
int sysfs_process(struct sysfs *sysfs);

/* A change has been applied: what waited for it is answered by the next
 * sysfs_process(), for which sysfs_fd() becomes readable. To be called by
 * whoever applies changes, also of those the tree asked for; cheap. */
void sysfs_published(struct sysfs *sysfs);

/* Unmounts. Writes that still wait get EINTR. NULL is fine. */
void sysfs_free(struct sysfs *sysfs);
void sysfs_done(struct sysfs **sysfs);

#endif
