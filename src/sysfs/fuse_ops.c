/* SPDX-License-Identifier: MIT */
/* What a program may do to the tree, and what the kernel's own would answer.
 * What lasts as long as its directory may be remembered by the kernel. What
 * comes and goes as well, if the kernel can be told to forget it; else it is
 * asked for each time. */
#include "sysfs/mount.h"

#include "base/auto.h"
#include "sysfs/attrs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define FOREVER 86400.0 /* seconds */

/** What open(2) gave. */
struct opened {
    struct opened *next; /* in sysfs->opened */
    struct opened **here; /* what points to it */
    struct node node;
    fuse_ino_t number;
    size_t at; /* where the last read ended */
    size_t length;
    char *text; /* as of the last read from the start; NULL before */
};

static struct sysfs *
sysfs_of(fuse_req_t req)
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

/* The node, also one that is gone. */
static bool
known(fuse_ino_t number, struct node *out)
{
    return node_of((uint32_t)number, out);
}

/* The node that is there still. */
static bool
present(const struct sysfs *s, fuse_ino_t number, struct node *out)
{
    return known(number, out) && node_exists(&s->tree, *out) &&
           number_of(s, *out) == number;
}

static void
refuse(fuse_req_t req, int error)
{
    (void)fuse_reply_err(req, error);
}

struct origin
mount_origin(fuse_req_t req)
{
    const struct fuse_ctx *ctx = fuse_req_ctx(req);
    struct origin origin = { .uid = ctx->uid,
                             .pid = ctx->pid,
                             .door = "sysfs" };
    char path[32];
    AUTO(file_done) FILE *f = NULL;

    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)ctx->pid);
    f = ctx->pid > 0 ? fopen(path, "re") : NULL;
    if (f && fgets(origin.command, sizeof(origin.command), f))
        origin.command[strcspn(origin.command, "\n")] = '\0';
    return origin;
}

static void
fill_stat(const struct sysfs *s, struct node node, struct stat *st)
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
    struct sysfs *s = sysfs_of(req);
    struct fuse_entry_param e = { 0 };
    struct node dir;
    struct node node;

    if (!present(s, parent, &dir) || !node_lookup(&s->tree, dir, name, &node)) {
        refuse(req, ENOENT);
        return;
    }
    e.ino = number_of(s, node);
    e.entry_timeout = s->epochs || node_lasts(node) ? FOREVER : 0.0;
    fill_stat(s, node, &e.attr);
    e.attr_timeout = FOREVER;
    (void)fuse_reply_entry(req, &e);
}

static void
op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct sysfs *s = sysfs_of(req);
    struct node node;
    struct stat st;

    (void)fi;
    if (!known(ino, &node)) {
        refuse(req, ENOENT);
        return;
    }
    fill_stat(s, node, &st);
    (void)fuse_reply_attr(req, &st, FOREVER);
}

#define OWNERSHIP (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)

/* chmod and chown stay; sizes and times are accepted, and never change. */
static void
op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
           struct fuse_file_info *fi)
{
    struct sysfs *s = sysfs_of(req);
    struct node node;
    struct stat st;

    if (!present(s, ino, &node)) {
        refuse(req, ENOENT);
        return;
    }
    fill_stat(s, node, &st);
    if (to_set & FUSE_SET_ATTR_MODE)
        st.st_mode = (st.st_mode & S_IFMT) | (attr->st_mode & 07777);
    if (to_set & FUSE_SET_ATTR_UID)
        st.st_uid = attr->st_uid;
    if (to_set & FUSE_SET_ATTR_GID)
        st.st_gid = attr->st_gid;
    if ((to_set & OWNERSHIP) && altered_set(s, ino, &st) < 0)
        refuse(req, ENOMEM);
    else
        op_getattr(req, ino, fi);
}

static void
op_readlink(fuse_req_t req, fuse_ino_t ino)
{
    struct sysfs *s = sysfs_of(req);
    struct text target = { 0 };
    struct node node;

    if (!present(s, ino, &node) || !S_ISLNK(node_mode(node))) {
        refuse(req, ENOENT);
        return;
    }
    node_target(s->owner->host, node, &target);
    (void)fuse_reply_readlink(req, target.bytes);
}

/* Also for root, who may do anything elsewhere. */
static bool
may_open(mode_t mode, int flags)
{
    int how = flags & O_ACCMODE;

    return (how == O_WRONLY || (mode & 0444)) &&
           (how == O_RDONLY || (mode & 0222));
}

static void
opened_add(struct sysfs *s, struct opened *o)
{
    o->next = s->opened;
    o->here = &s->opened;
    if (o->next)
        o->next->here = &o->next;
    s->opened = o;
}

static void
opened_free(struct opened *o)
{
    *o->here = o->next;
    if (o->next)
        o->next->here = o->here;
    free(o->text);
    free(o);
}

void
mount_close_all(struct sysfs *s)
{
    while (s->opened)
        opened_free(s->opened);
}

static void
op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct sysfs *s = sysfs_of(req);
    struct opened *o;
    struct node node;
    struct stat st;

    if (!present(s, ino, &node)) {
        refuse(req, ENODEV);
        return;
    }
    fill_stat(s, node, &st);
    if (!may_open(st.st_mode, fi->flags)) {
        refuse(req, EACCES);
        return;
    }
    o = calloc(1, sizeof(*o));
    if (!o) {
        refuse(req, ENOMEM);
        return;
    }
    o->node = node;
    o->number = ino;
    opened_add(s, o);
    fi->fh = (uintptr_t)o;
    fi->direct_io = 1;
    fi->noflush = 1;
    if (fuse_reply_open(req, fi) == -ENOENT)
        opened_free(o); /* it was interrupted, no release will come */
}

static struct opened *
opened_of(const struct fuse_file_info *fi)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): op_open() put it there
    return (struct opened *)(uintptr_t)fi->fh;
}

static void
op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct opened *o = opened_of(fi);

    (void)ino;
    opened_free(o);
    refuse(req, 0);
}

static bool
is_stale(const struct sysfs *s, const struct opened *o)
{
    struct node node;

    return !present(s, o->number, &node);
}

static int
take_snapshot(struct sysfs *s, struct opened *o)
{
    const struct row *row = node_row(o->node);
    struct text text;
    char *copy;
    int r;

    text.length = 0;
    r = row->show ? row->show(s->owner->host, o->node, &text) : EIO;
    if (r)
        return r;
    copy = realloc(o->text, text.length + 1);
    if (!copy)
        return ENOMEM;
    memcpy(copy, text.bytes, text.length);
    o->text = copy;
    o->length = text.length;
    return 0;
}

/* As seq_file: from the start, or from elsewhere than where the last read
 * ended, the text is made anew. */
static void
op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
        struct fuse_file_info *fi)
{
    struct sysfs *s = sysfs_of(req);
    struct opened *o = opened_of(fi);
    size_t from = (size_t)off;
    size_t n = 0;
    int r = is_stale(s, o) ? ENODEV : 0;

    (void)ino;
    if (!r && (from == 0 || from != o->at || !o->text))
        r = take_snapshot(s, o);
    if (r) {
        refuse(req, r);
        return;
    }
    if (from < o->length)
        n = o->length - from < size ? o->length - from : size;
    o->at = from + n;
    (void)fuse_reply_buf(req, n ? o->text + from : NULL, n);
}

/* What was not even a request is the owner's to know of all the same. */
static void
tell_refused(const struct sysfs *s, const struct writer *w, struct node node,
             const char *text, size_t size, int error)
{
    struct text path = { 0 };

    if (w->asked || !s->owner->refused)
        return;
    node_path(s->owner->host, node, &path);
    s->owner->refused(s->owner, w->origin, path.bytes, text, size, error);
}

static int
store(struct sysfs *s, struct writer *w, struct node node, const char *text,
      size_t size)
{
    const struct row *row = node_row(node);
    int r = row->store ? row->store(w, node, text, size) : EIO;

    if (r > 0 && r != EINPROGRESS)
        tell_refused(s, w, node, text, size, r);
    return r;
}

/* One write is one store, wherever in the file. */
static void
op_write(fuse_req_t req, fuse_ino_t ino, const char *text, size_t size,
         off_t off, struct fuse_file_info *fi)
{
    struct sysfs *s = sysfs_of(req);
    struct opened *o = opened_of(fi);
    struct origin origin = mount_origin(req);
    struct writer w = { .owner = s->owner,
                        .origin = &origin,
                        .uevent = s->options.uevent,
                        .data = s->options.data };
    int r;

    (void)ino;
    (void)off;
    size = size < TEXT_PAGE ? size : TEXT_PAGE;
    r = is_stale(s, o) ? ENODEV : store(s, &w, o->node, text, size);
    if (r == EINPROGRESS)
        r = -wait_add(s, req, size, o->node, &w.held);
    else if (r == 0)
        (void)fuse_reply_write(req, size);
    if (r)
        refuse(req, r);
}

static void
op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct sysfs *s = sysfs_of(req);
    struct node node;

    if (present(s, ino, &node))
        (void)fuse_reply_open(req, fi);
    else
        refuse(req, ENOENT);
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
    struct sysfs *s = sysfs_of(req);
    AUTO(free_done) char *buffer = malloc(size);
    struct listing list = { req, buffer, size, 0 };
    struct node dir;

    (void)fi;
    if (!buffer || !present(s, ino, &dir)) {
        refuse(req, buffer ? ENOENT : ENOMEM);
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

/* what sysfs does not have, and how it says so */

static void
op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
          struct fuse_file_info *fi)
{
    (void)parent;
    (void)name;
    (void)mode;
    (void)fi;
    refuse(req, EACCES);
}

static void
op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
         dev_t rdev)
{
    (void)parent;
    (void)name;
    (void)rdev;
    refuse(req, S_ISREG(mode) ? EACCES : EPERM);
}

static void
op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
    (void)parent;
    (void)name;
    (void)mode;
    refuse(req, EPERM);
}

static void
op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    (void)parent;
    (void)name;
    refuse(req, EPERM);
}

static void
op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent,
           const char *name)
{
    (void)link;
    (void)parent;
    (void)name;
    refuse(req, EPERM);
}

static void
op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
          fuse_ino_t new_parent, const char *new_name, unsigned flags)
{
    (void)parent;
    (void)name;
    (void)new_parent;
    (void)new_name;
    (void)flags;
    refuse(req, EPERM);
}

static void
op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent,
        const char *new_name)
{
    (void)ino;
    (void)new_parent;
    (void)new_name;
    refuse(req, EPERM);
}

static void
op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
    (void)ino;
    if (size)
        (void)fuse_reply_buf(req, NULL, 0);
    else
        (void)fuse_reply_xattr(req, 0);
}

static void
op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned cmd, void *arg,
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
    refuse(req, ENOTTY);
}

const struct fuse_lowlevel_ops mount_ops = {
    .init = op_init,
    .lookup = op_lookup,
    .getattr = op_getattr,
    .setattr = op_setattr,
    .readlink = op_readlink,
    .mknod = op_mknod,
    .mkdir = op_mkdir,
    .unlink = op_unlink,
    .rmdir = op_unlink,
    .symlink = op_symlink,
    .rename = op_rename,
    .link = op_link,
    .open = op_open,
    .read = op_read,
    .write = op_write,
    .release = op_release,
    .opendir = op_opendir,
    .readdir = op_readdir,
    .statfs = op_statfs,
    .create = op_create,
    .listxattr = op_listxattr,
    .ioctl = op_ioctl,
};
