/* SPDX-License-Identifier: MIT */
/* Names and what they are of. What lasts as long as its directory may be
 * remembered by the kernel. What comes and goes as well, if the kernel can be
 * told to forget it; else it is asked for each time. */
#include "sysfs/mount.h"

#include "base/auto.h"
#include "sysfs/ops.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#define FOREVER 86400.0 /* seconds */

struct sysfs *
mount_of(fuse_req_t req)
{
    return fuse_req_userdata(req);
}

/* FUSE's number of a node: that of the tree, which stat(2) shows, below when
 * it came. So what comes back is not taken for what it was. */
static fuse_ino_t
number_of(const struct sysfs *s, struct node node)
{
    return (fuse_ino_t)node_born(&s->tree, node) << 32 | node_ino(node);
}

/* Also one that is gone. */
static bool
known(fuse_ino_t number, struct node *out)
{
    return node_of((uint32_t)number, out);
}

bool
mount_present(const struct sysfs *s, fuse_ino_t number, struct node *out)
{
    return known(number, out) && node_exists(&s->tree, *out) &&
           number_of(s, *out) == number;
}

void
mount_refuse(fuse_req_t req, int error)
{
    (void)fuse_reply_err(req, error);
}

void
mount_stat(const struct sysfs *s, struct node node, struct stat *st)
{
    mode_t mode = node_mode(node);

    *st = (struct stat){
        .st_ino = node_ino(node),
        .st_mode = mode,
        .st_nlink = S_ISDIR(mode) ? node_links(node) : 1,
        .st_uid = s->uid,
        .st_gid = s->gid,
        .st_size = S_ISREG(mode) ? TEXT_PAGE : 0,
        .st_blksize = TEXT_PAGE,
        .st_atim.tv_sec = s->started,
        .st_mtim.tv_sec = s->started,
        .st_ctim.tv_sec = s->started,
    };
    altered_apply(s, number_of(s, node), st);
}

static void
op_init(void *data, struct fuse_conn_info *conn)
{
    struct sysfs *s = data;

    /* FUSE_NOTIFY_INC_EPOCH, Linux 6.16 */
    s->epochs = conn->proto_major == 7 && conn->proto_minor >= 44;
    /* a write of more than a page must not come in pages: the kernel sends
     * what is left only when all of the first part was taken */
    conn->max_write = 2 * TEXT_PAGE;
    conn->max_readahead = 0;
    conn->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
                              FUSE_CAP_SPLICE_MOVE | FUSE_CAP_READDIRPLUS |
                              FUSE_CAP_READDIRPLUS_AUTO);
}

static void
op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct sysfs *s = mount_of(req);
    struct fuse_entry_param e = { 0 };
    struct node dir;
    struct node node;

    if (!mount_present(s, parent, &dir) ||
        !node_lookup(&s->tree, dir, name, &node)) {
        mount_refuse(req, ENOENT);
        return;
    }
    e.ino = number_of(s, node);
    e.entry_timeout = s->epochs || node_lasts(node) ? FOREVER : 0.0;
    mount_stat(s, node, &e.attr);
    e.attr_timeout = FOREVER;
    (void)fuse_reply_entry(req, &e);
}

static void
op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct sysfs *s = mount_of(req);
    struct node node;
    struct stat st;

    (void)fi;
    if (!known(ino, &node)) {
        mount_refuse(req, ENOENT);
        return;
    }
    mount_stat(s, node, &st);
    (void)fuse_reply_attr(req, &st, FOREVER);
}

#define OWNERSHIP (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)

/* chmod and chown stay; sizes and times are accepted, and never change. */
static void
op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
           struct fuse_file_info *fi)
{
    struct sysfs *s = mount_of(req);
    struct node node;
    struct stat st;

    if (!mount_present(s, ino, &node)) {
        mount_refuse(req, ENOENT);
        return;
    }
    mount_stat(s, node, &st);
    if (to_set & FUSE_SET_ATTR_MODE)
        st.st_mode = (st.st_mode & S_IFMT) | (attr->st_mode & 07777);
    if (to_set & FUSE_SET_ATTR_UID)
        st.st_uid = attr->st_uid;
    if (to_set & FUSE_SET_ATTR_GID)
        st.st_gid = attr->st_gid;
    if ((to_set & OWNERSHIP) && altered_set(s, ino, &st) < 0)
        mount_refuse(req, ENOMEM);
    else
        op_getattr(req, ino, fi);
}

static void
op_readlink(fuse_req_t req, fuse_ino_t ino)
{
    struct sysfs *s = mount_of(req);
    struct text target = { 0 };
    struct node node;

    if (!mount_present(s, ino, &node) || !S_ISLNK(node_mode(node))) {
        mount_refuse(req, ENOENT);
        return;
    }
    node_target(s->owner->host, node, &target);
    (void)fuse_reply_readlink(req, target.bytes);
}

static void
op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct sysfs *s = mount_of(req);
    struct node node;

    if (mount_present(s, ino, &node))
        (void)fuse_reply_open(req, fi);
    else
        mount_refuse(req, ENOENT);
}

/* What is read so far. */
struct listing {
    fuse_req_t req;
    char *buffer;
    size_t size;
    size_t length;
};

static bool
list_add(struct listing *l, const char *name, struct node node, off_t next)
{
    struct stat st = { .st_ino = node_ino(node), .st_mode = node_mode(node) };
    size_t n = fuse_add_direntry(l->req, l->buffer + l->length,
                                 l->size - l->length, name, &st, next);

    if (n > l->size - l->length)
        return false;
    l->length += n;
    return true;
}

/* Behind "." and ".." an offset is node_next()'s, plus 2. */
static void
list_nodes(const struct sysfs *s, struct node dir, off_t off,
           struct listing *list)
{
    uint64_t at = off < 2 ? 0 : (uint64_t)off - 2;
    struct text name;
    struct node node;

    if (off < 1 && !list_add(list, ".", dir, 1))
        return;
    if (off < 2 && !list_add(list, "..", node_parent(dir), 2))
        return;
    while (node_next(&s->tree, dir, &at, &node, &name))
        if (!list_add(list, name.bytes, node, (off_t)at + 2))
            return;
}

static void
op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
           struct fuse_file_info *fi)
{
    struct sysfs *s = mount_of(req);
    AUTO(free_done) char *buffer = malloc(size);
    struct listing list = { req, buffer, size, 0 };
    struct node dir;

    (void)fi;
    if (!buffer || !mount_present(s, ino, &dir)) {
        mount_refuse(req, buffer ? ENOENT : ENOMEM);
        return;
    }
    list_nodes(s, dir, off, &list);
    (void)fuse_reply_buf(req, buffer, list.length);
}

static void
op_statfs(fuse_req_t req, fuse_ino_t ino)
{
    struct statvfs st = { .f_bsize = TEXT_PAGE, .f_namemax = 255 };

    (void)ino;
    (void)fuse_reply_statfs(req, &st);
}

const struct fuse_lowlevel_ops mount_ops = {
    .init = op_init,
    .lookup = op_lookup,
    .getattr = op_getattr,
    .setattr = op_setattr,
    .readlink = op_readlink,
    .mknod = refuse_mknod,
    .mkdir = refuse_mkdir,
    .unlink = refuse_unlink,
    .rmdir = refuse_unlink,
    .symlink = refuse_symlink,
    .rename = refuse_rename,
    .link = refuse_link,
    .open = file_open,
    .read = file_read,
    .write = file_write,
    .poll = file_poll,
    .release = file_release,
    .opendir = op_opendir,
    .readdir = op_readdir,
    .statfs = op_statfs,
    .create = refuse_create,
    .listxattr = refuse_listxattr,
    .ioctl = refuse_ioctl,
};
