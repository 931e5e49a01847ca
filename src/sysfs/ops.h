/* SPDX-License-Identifier: MIT */
/* What the operations share; fuse_names.c has the table of them. */
#ifndef VAP_SYSFS_OPS_H
#define VAP_SYSFS_OPS_H

#include "sysfs/mount.h"

struct sysfs *mount_of(fuse_req_t req);

/* The node of FUSE's number, if it is there. */
bool mount_present(const struct sysfs *s, fuse_ino_t number, struct node *out);

void mount_stat(const struct sysfs *s, struct node node, struct stat *st);

/* Answers with an errno number, or 0. */
void mount_refuse(fuse_req_t req, int error);

void file_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void file_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void file_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
               struct fuse_file_info *fi);
void file_write(fuse_req_t req, fuse_ino_t ino, const char *text, size_t size,
                off_t off, struct fuse_file_info *fi);
void file_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
               struct fuse_pollhandle *handle);
void refuse_create(fuse_req_t req, fuse_ino_t parent, const char *name,
                   mode_t mode, struct fuse_file_info *fi);
void refuse_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
                  mode_t mode, dev_t rdev);
void refuse_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name,
                  mode_t mode);
void refuse_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void refuse_symlink(fuse_req_t req, const char *link, fuse_ino_t parent,
                    const char *name);
void refuse_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
                   fuse_ino_t new_parent, const char *new_name, unsigned flags);
void refuse_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent,
                 const char *new_name);
void refuse_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void refuse_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned cmd, void *arg,
                  struct fuse_file_info *fi, unsigned flags, const void *in,
                  size_t in_size, size_t out_size);

#endif
