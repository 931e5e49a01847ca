/* SPDX-License-Identifier: MIT */
/* What is done to a file of a sysfs, be it the machine's own or ours, and what
 * was answered, as text. */
#ifndef VAP_TESTS_SYSFS_BEHAVIOUR_H
#define VAP_TESTS_SYSFS_BEHAVIOUR_H

#include "sysfs/tree.h"

#include <stdarg.h>

/* In both: power/control "auto", power/runtime_status "unsupported",
 * uevent. */
#define RW "power/control"
#define RO "power/runtime_status"

/** What a behaviour is tried on. */
struct place {
    char dir[256]; /* the device's */
    char bus[256]; /* a bus, whose uevent is written only */
    char link[300]; /* a link to a directory */
    char text[16384]; /* what was answered, so far */
    size_t length;
};

static inline void __attribute__((format(printf, 2, 3)))
say(struct place *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    p->length += (size_t)vsnprintf(p->text + p->length,
                                   sizeof(p->text) - p->length, format, args);
    va_end(args);
    if (p->length >= sizeof(p->text))
        FAIL("more answered than fits");
}

/* An answer of a system call: the number, or the error's name. */
static inline void
answer(struct place *p, const char *what, long r)
{
    int e = errno;

    if (r < 0)
        say(p, "%s %s; ", what, strerrorname_np(e));
    else
        say(p, "%s %ld; ", what, r);
}

static inline const char *
in(const struct place *p, const char *file)
{
    static char path[2][600];
    static int turn;

    turn = !turn;
    (void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", p->dir, file);
    return path[turn];
}

static inline int
open_in(struct place *p, const char *file, int flags)
{
    int fd = open(in(p, file), flags | O_CLOEXEC, 0644);

    if (fd < 0)
        FAIL("%s: %s", in(p, file), strerror(errno));
    return fd;
}

static inline void
got(struct place *p, const char *what, const char *text, ssize_t n)
{
    answer(p, what, n);
    if (n > 0)
        say(p, "\"%.*s\" ", (int)n, text);
}

typedef void behaviour(struct place *place);

/* A file: opened, read, written, mapped, polled. */
behaviour do_open, do_read, do_write, do_write_more, do_open_twice,
    do_odd_calls, do_private_map, do_shared_map, do_poll;

/* What surrounds one: its inode, its name, its directory. */
behaviour do_stat, do_change_inode, do_names, do_access, do_list_xattrs,
    do_xattr, do_statfs, do_list;

#endif
