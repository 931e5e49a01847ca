/* SPDX-License-Identifier: MIT */
/* What sysfs does not have, and how it says so: each is refused as the kernel
 * refuses it, not as unknown. */
#include "sysfs/ops.h"

#include <errno.h>

void
refuse_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
              struct fuse_file_info *fi)
{
    (void)parent;
    (void)name;
    (void)mode;
    (void)fi;
    mount_refuse(req, EACCES);
}

void
refuse_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
             dev_t rdev)
{
    (void)parent;
    (void)name;
    (void)rdev;
    mount_refuse(req, S_ISREG(mode) ? EACCES : EPERM);
}

void
refuse_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
    (void)parent;
    (void)name;
    (void)mode;
    mount_refuse(req, EPERM);
}

void
refuse_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    (void)parent;
    (void)name;
    mount_refuse(req, EPERM);
}

void
refuse_symlink(fuse_req_t req, const char *link, fuse_ino_t parent,
               const char *name)
{
    (void)link;
    (void)parent;
    (void)name;
    mount_refuse(req, EPERM);
}

void
refuse_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
              fuse_ino_t new_parent, const char *new_name, unsigned flags)
{
    (void)parent;
    (void)name;
    (void)new_parent;
    (void)new_name;
    (void)flags;
    mount_refuse(req, EPERM);
}

void
refuse_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent,
            const char *new_name)
{
    (void)ino;
    (void)new_parent;
    (void)new_name;
    mount_refuse(req, EPERM);
}

void
refuse_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
    (void)ino;
    if (size)
        (void)fuse_reply_buf(req, NULL, 0);
    else
        (void)fuse_reply_xattr(req, 0);
}

void
refuse_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned cmd, void *arg,
             struct fuse_file_info *fi, unsigned flags, const void *in,
             size_t in_size, size_t out_size)
{
    (void)ino;
    (void)cmd;
    (void)arg;
    (void)fi;
    (void)flags;
    (void)in;
    (void)in_size;
    (void)out_size;
    mount_refuse(req, ENOTTY);
}
