/* SPDX-License-Identifier: MIT */
/* Files of a /sys as they are: small, and gone at any moment. */
#include "observe/sysdir_sight.h"

#include "base/auto.h"
#include "matrix/grammar.h"
#include "matrix/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

void
sight_note(struct sight *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(s->notes, format, args);
    va_end(args);
    (void)fputc('\n', s->notes);
}

int
sight_refuse(struct sight *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(s->error, 256, format, args);
    va_end(args);
    return 1;
}

/* One read brings all of a small file. */
static int
read_page(int fd, char text[SIGHT_PAGE])
{
    ssize_t n = read(fd, text, SIGHT_PAGE - 1);
    size_t length = n < 0 ? 0 : (size_t)n;

    if (n < 0)
        return -errno;
    text[length] = '\0';
    if (strlen(text) == length && length && text[length - 1] == '\n')
        text[length - 1] = '\0';
    return (int)length;
}

int
sight_text(struct sight *s, int at, const char *path, char text[SIGHT_PAGE])
{
    AUTO(fd_done)
    int fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int r = fd < 0 ? -errno : read_page(fd, text);

    if (r == -EACCES || r == -EPERM)
        sight_note(s, "%s may not be read", path);
    if (r < 0)
        *text = '\0';
    return r;
}

bool
sight_mask(struct sight *s, const char *path, struct vap_mask *out)
{
    char text[SIGHT_PAGE];
    struct vap_edit edit;

    if (sight_text(s, s->dir, path, text) < 0 ||
        strlen(text) != VAP_MASK_TEXT ||
        vap_read_mask(text, VAP_MASK_TEXT, VAP_LINUX_7_2, &edit) != VAP_OK)
        return false;
    *out = edit.set;
    return true;
}

bool
sight_number(struct sight *s, int at, const char *path, unsigned *out)
{
    char text[SIGHT_PAGE] = "";
    char *end = NULL;
    unsigned long n;

    if (sight_text(s, at, path, text) <= 0 || *text < '0' || *text > '9')
        return false;
    n = strtoul(text, &end, 10);
    *out = (unsigned)n;
    return *end == '\0' && n < VAP_IDS;
}

static int
is_plain_entry(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
entries_done(struct dirent ***list, int n)
{
    for (int i = 0; i < n; i++)
        free((*list)[i]);
    free(*list);
}

/* By bytes, whatever the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int
sight_each(struct sight *s, const char *path,
           int (*each)(struct sight *s, const char *name, void *context),
           void *context)
{
    struct dirent **list = NULL;
    int n = scandirat(s->dir, path, &list, is_plain_entry, by_name);
    int r = n < 0 ? -errno : 0;

    for (int i = 0; i < n && !r; i++)
        r = each(s, list[i]->d_name, context);
    entries_done(&list, n);
    return r;
}

bool
sight_link(int at, const char *path, char name[256])
{
    char target[1024];
    ssize_t n = readlinkat(at, path, target, sizeof(target) - 1);
    const char *last;

    if (n <= 0)
        return false;
    target[n] = '\0';
    last = strrchr(target, '/');
    last = last ? last + 1 : target;
    if (strlen(last) > 255)
        return false;
    memcpy(name, last, strlen(last) + 1);
    return true;
}
