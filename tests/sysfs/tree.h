/* SPDX-License-Identifier: MIT */
/* Files of a served tree, read and written as a program would. */
#ifndef VAP_TESTS_SYSFS_TREE_H
#define VAP_TESTS_SYSFS_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "sysfs/server.h"
#include "test.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define TREE_U "62177883-f1bb-47f0-914d-32a22e3a8804"
#define TREE_V "cef03c3c-903d-4ecc-9a83-40694cb8aee4"
#define TREE_MATRIX "devices/vfio_ap/matrix/"
#define TREE_TYPE TREE_MATRIX "mdev_supported_types/vfio_ap-passthrough/"

/* Where a file of the tree is: lent until the next call. */
static inline const char *
tree_path(const struct server *server, const char *file)
{
    static char path[1024];

    (void)snprintf(path, sizeof(path), "%s/%s", server->dir, file);
    return path;
}

/* One write(2) of it; 0 or errno. */
static inline int
tree_put(const struct server *server, const char *file, const char *text,
         size_t length)
{
    int fd = open(tree_path(server, file), O_WRONLY | O_TRUNC | O_CLOEXEC);
    ssize_t n;
    int e;

    if (fd < 0)
        return errno;
    n = write(fd, text, length);
    e = n < 0 ? errno : 0;
    (void)close(fd);
    if (n >= 0)
        CHECK_INT(n, length < 4096 ? length : 4096);
    return e;
}

static inline int
tree_write(const struct server *server, const char *file, const char *text)
{
    return tree_put(server, file, text, strlen(text));
}

/* What it says: lent until the next call; "E..." when it cannot be read. */
static inline const char *
tree_read(const struct server *server, const char *file)
{
    static char text[8192];
    int fd = open(tree_path(server, file), O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t n;

    if (fd < 0)
        return strerrorname_np(errno);
    while ((n = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
        length += (size_t)n;
    if (n < 0) {
        n = errno;
        (void)close(fd);
        return strerrorname_np((int)n);
    }
    (void)close(fd);
    text[length] = '\0';
    return text;
}

/* A link's text, in the same way. */
static inline const char *
tree_link(const struct server *server, const char *file)
{
    static char text[512];
    ssize_t n = readlink(tree_path(server, file), text, sizeof(text) - 1);

    if (n < 0)
        return strerrorname_np(errno);
    text[n] = '\0';
    return text;
}

/* Does the path exist? */
static inline bool
tree_has(const struct server *server, const char *file)
{
    struct stat st;

    return lstat(tree_path(server, file), &st) == 0;
}

#endif
