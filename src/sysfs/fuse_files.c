/* SPDX-License-Identifier: MIT */
/* Open files: a read is of one moment, a write is one store, and a file whose
 * device or driver has gone is stale for good. */
#include "sysfs/mount.h"

#include "base/auto.h"
#include "sysfs/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void
file_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct sysfs *s = mount_of(req);
    struct opened *o;
    struct node node;
    struct stat st;

    if (!mount_present(s, ino, &node)) {
        mount_refuse(req, ENODEV);
        return;
    }
    mount_stat(s, node, &st);
    if (!may_open(st.st_mode, fi->flags)) {
        mount_refuse(req, EACCES);
        return;
    }
    o = calloc(1, sizeof(*o));
    if (!o) {
        mount_refuse(req, ENOMEM);
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
    // NOLINTNEXTLINE(performance-no-int-to-ptr): file_open() put it there
    return (struct opened *)(uintptr_t)fi->fh;
}

void
file_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct opened *o = opened_of(fi);

    (void)ino;
    opened_free(o);
    mount_refuse(req, 0);
}

static bool
is_stale(const struct sysfs *s, const struct opened *o)
{
    struct node node;

    return !mount_present(s, o->number, &node);
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
void
file_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
          struct fuse_file_info *fi)
{
    struct sysfs *s = mount_of(req);
    struct opened *o = opened_of(fi);
    size_t from = (size_t)off;
    size_t n = 0;
    int r = is_stale(s, o) ? ENODEV : 0;

    (void)ino;
    if (!r && (from == 0 || from != o->at || !o->text))
        r = take_snapshot(s, o);
    if (r) {
        mount_refuse(req, r);
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
void
file_write(fuse_req_t req, fuse_ino_t ino, const char *text, size_t size,
           off_t off, struct fuse_file_info *fi)
{
    struct sysfs *s = mount_of(req);
    struct opened *o = opened_of(fi);
    struct origin origin = mount_origin(req);
    struct writer w = { .owner = s->owner,
                        .tree = &s->tree,
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
        mount_refuse(req, r);
}

/* As kernfs_generic_poll(): news for who has not read yet, and never again,
 * because the AP bus notifies nobody. */
void
file_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
          struct fuse_pollhandle *handle)
{
    enum { ALWAYS = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM };
    const struct opened *o = opened_of(fi);
    bool news = !o->text || is_stale(mount_of(req), o);

    (void)ino;
    if (handle)
        fuse_pollhandle_destroy(handle);
    (void)fuse_reply_poll(req, news ? ALWAYS | POLLERR | POLLPRI : ALWAYS);
}
