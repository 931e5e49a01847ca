/* SPDX-License-Identifier: MIT */
/* A mounted tree from inside. */
#ifndef VAP_SYSFS_MOUNT_H
#define VAP_SYSFS_MOUNT_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "sysfs/node.h"
#include "sysfs/sysfs.h"

struct opened;
struct waiting;

struct sysfs {
    struct owner *owner;
    struct sysfs_options options;
    struct tree tree;
    struct fuse_session *session;
    struct fuse_buf buffer; /* of the last request; libfuse allocates it */
    bool mounted;
    bool epochs; /* the kernel can be told to ask again for every name */
    int poll_fd; /* an epoll of the session, wake_fd and look_fd */
    int wake_fd; /* eventfd: something that waits may be answered */
    int look_fd; /* timerfd: so may be who has been killed */
    struct waiting *waiting;
    struct opened *opened; /* files that programs have open */
    void *altered; /* modes and owners that somebody has set */
    unsigned n_altered;
    uid_t uid; /* whose the files are */
    gid_t gid;
    time_t started;
};

extern const struct fuse_lowlevel_ops mount_ops;

/* Names have come or gone, or lead elsewhere: the kernel remembers none from
 * here on. */
void mount_forget_names(struct sysfs *s);

/* Forgets what programs have open, when they can no longer use it. */
void mount_close_all(struct sysfs *s);

/* altered.c: what chmod and chown have made of a file. */
void altered_apply(const struct sysfs *s, fuse_ino_t number, struct stat *st);
int altered_set(struct sysfs *s, fuse_ino_t number, const struct stat *st);
void altered_end(struct sysfs *s);

/* Who sent the request. */
struct origin mount_origin(fuse_req_t req);

/* wait.c: writes that have to wait until a guest lets its mdev go. */

/* A write to this node that asked for this got EINPROGRESS. req is answered
 * later; -ENOMEM: it is not. */
int wait_add(struct sysfs *s, fuse_req_t req, size_t size, struct node node,
             const struct host_request *request);

/* Is there a write that waits until the mdev's guest lets it go? */
enum leaving wait_leaving(const void *context, uint32_t slot);

/* Answers those whose mdev has gone, and asks again for those whose guest
 * has. */
void wait_settle(struct sysfs *s);

/* Answers all with EINTR. */
void wait_end(struct sysfs *s);

#endif
