/* SPDX-License-Identifier: MIT */
/* Mounting, and a session that lives in somebody else's loop. */
#include "sysfs/mount.h"

#include "base/auto.h"
#include "base/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <time.h>

/* Requests at a time, so that a flood of them leaves the loop its turn. */
#define MAX_REQUESTS 256

/* libfuse speaks of itself, on a line of its own. */
static void
say_fuse(enum fuse_log_level level, const char *format, va_list args)
{
    char text[SAY_MAX];

    if (level > FUSE_LOG_WARNING)
        return;
    (void)vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = '\0';
    say_error("%s", text);
}

/* What it would be refused, in a number libfuse does not give. A container may
 * have something else at its place, to mask it. The numbers of the device:
 * Linux Documentation/admin-guide/devices.txt. */
int
sysfs_probe(void)
{
    AUTO(fd_done) int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return errno == EACCES ? 0 : -ENODEV;
    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
                   st.st_rdev == makedev(10, 229)
               ? 0
               : -ENODEV;
}

static int
probe_dir(const char *dir)
{
    struct stat st;

    if (stat(dir, &st) != 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

static int
open_session(struct sysfs *s)
{
    struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
    int bad;

    bad = fuse_opt_add_arg(&args, "vap") || fuse_opt_add_arg(&args, "-o") ||
          fuse_opt_add_arg(&args, geteuid() == 0
                                      ? "default_permissions,noexec,fsname=vap,"
                                        "subtype=vap,allow_other"
                                      : "default_permissions,noexec,fsname=vap,"
                                        "subtype=vap");
    if (!bad)
        s->session = fuse_session_new(&args, &mount_ops, sizeof(mount_ops), s);
    fuse_opt_free_args(&args);
    if (!s->session)
        return -ENOMEM;
    if (fuse_session_mount(s->session, s->options.dir) != 0)
        return -EPERM;
    s->mounted = true;
    return 0;
}

static int
watch(struct sysfs *s)
{
    int fuse = fuse_session_fd(s->session);
    struct epoll_event e = { .events = EPOLLIN };

    s->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->look_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (s->poll_fd < 0 || s->wake_fd < 0 || s->look_fd < 0 ||
        fcntl(fuse, F_SETFL, fcntl(fuse, F_GETFL) | O_NONBLOCK) < 0 ||
        epoll_ctl(s->poll_fd, EPOLL_CTL_ADD, fuse, &e) < 0 ||
        epoll_ctl(s->poll_fd, EPOLL_CTL_ADD, s->wake_fd, &e) < 0 ||
        epoll_ctl(s->poll_fd, EPOLL_CTL_ADD, s->look_fd, &e) < 0)
        return -errno;
    return 0;
}

int
sysfs_new(struct owner *owner, const struct sysfs_options *options,
          struct sysfs **out)
{
    AUTO(sysfs_done) struct sysfs *s = calloc(1, sizeof(*s));
    int r = sysfs_probe();

    if (!s)
        return -ENOMEM;
    s->owner = owner;
    s->options = *options;
    s->tree = (struct tree){ owner->host, wait_leaving, s };
    s->poll_fd = s->wake_fd = s->look_fd = -1;
    s->uid = geteuid();
    s->gid = getegid();
    s->started = time(NULL);
    fuse_set_log_func(say_fuse);
    r = r ? r : probe_dir(options->dir);
    r = r ? r : open_session(s);
    r = r ? r : watch(s);
    if (r)
        return r;
    *out = TAKE(s);
    return 0;
}

/* Not in libfuse yet: a notification without a text. */
#define NOTIFY_INC_EPOCH 8

void
mount_forget_names(struct sysfs *s)
{
    struct {
        uint32_t length;
        int32_t code;
        uint64_t unique;
    } header = { sizeof(header), NOTIFY_INC_EPOCH, 0 };

    if (s->epochs && write(fuse_session_fd(s->session), &header,
                           sizeof(header)) != sizeof(header))
        s->epochs = false; /* what is remembered goes on being believed */
}

/* Has a name come or gone with the last change? */
static bool
names_changed(const struct devices *d)
{
    for (size_t i = 0; i < d->n_events; i++)
        if (d->events[i].action != DEVICE_CHANGE)
            return true;
    return false;
}

void
sysfs_published(struct sysfs *s)
{
    if (names_changed(s->owner->host->devices))
        mount_forget_names(s);
    if (s->waiting)
        (void)eventfd_write(s->wake_fd, 1);
}

int
sysfs_fd(const struct sysfs *s)
{
    return s->poll_fd;
}

/* 1, 0 when nothing waits, -ENODEV when nothing ever will again. */
static int
process_one(struct sysfs *s)
{
    int n = fuse_session_receive_buf(s->session, &s->buffer);

    if (n == -EAGAIN || n == -EINTR)
        return n == -EINTR;
    if (n <= 0)
        return -ENODEV;
    fuse_session_process_buf(s->session, &s->buffer);
    return 1;
}

int
sysfs_process(struct sysfs *s)
{
    eventfd_t woken;
    int r = 1;

    s->tree.host = s->owner->host;
    (void)eventfd_read(s->wake_fd, &woken);
    (void)eventfd_read(s->look_fd, &woken); /* a count as well */
    if (s->waiting)
        wait_settle(s);
    for (int i = 0; i < MAX_REQUESTS && r > 0; i++)
        r = process_one(s);
    if (s->waiting)
        wait_settle(s);
    return r < 0 ? r : 0;
}

void
sysfs_free(struct sysfs *s)
{
    if (!s)
        return;
    wait_end(s);
    if (s->mounted)
        fuse_session_unmount(s->session);
    if (s->session)
        fuse_session_destroy(s->session);
    mount_close_all(s);
    altered_end(s);
    free(s->buffer.mem);
    fd_done(&s->poll_fd);
    fd_done(&s->wake_fd);
    fd_done(&s->look_fd);
    free(s);
}

void
sysfs_done(struct sysfs **s)
{
    sysfs_free(*s);
}
