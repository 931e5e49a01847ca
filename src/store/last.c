/* SPDX-License-Identifier: MIT */
/* Always as many bytes in the same place, which a full disk has room for, and
 * of which no reader sees half. */
#include "store/last.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DIGITS = 20 };

static const char *
beside(const char *path, const char *suffix, char file[PATH_MAX])
{
    int n = snprintf(file, PATH_MAX, "%s%s", path, suffix);

    return n < PATH_MAX ? file : "";
}

static int
open_beside(const char *path, int flags)
{
    char file[PATH_MAX];
    int fd = open(beside(path, "-last", file), flags | O_CLOEXEC, 0600);

    return fd < 0 ? -errno : fd;
}

int64_t
last_read(const char *path)
{
    AUTO(fd_done) int fd = open_beside(path, O_RDONLY);
    char text[DIGITS + 1] = "";
    char *end;
    int64_t number;

    if (fd < 0 || read(fd, text, DIGITS) != DIGITS)
        return -1;
    number = strtoll(text, &end, 10);
    return end == text ? -1 : number;
}

int
last_open(const char *path)
{
    return open_beside(path, O_WRONLY | O_CREAT);
}

void
last_write(int fd, int64_t number)
{
    char text[DIGITS + 2];

    (void)snprintf(text, sizeof(text), "%*lld\n", DIGITS, (long long)number);
    if (pwrite(fd, text, DIGITS + 1, 0) < 0)
        return; /* what was noted before stands */
}

void
last_forget(const char *path)
{
    char file[PATH_MAX];

    if (access(beside(path, "-wal", file), F_OK) < 0 && errno == ENOENT)
        (void)unlink(beside(path, "-last", file));
}
