/* SPDX-License-Identifier: MIT */
#include "base/files.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

char *
path_below(const char *dir, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

int
make_dirs(const char *path)
{
    AUTO(free_done) char *part = strdup(path);

    if (!part)
        return -ENOMEM;
    for (char *slash = strchr(part + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return mkdir(part, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int
remove_tree(const char *path)
{
    int r = nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);

    return r < 0 && errno != ENOENT ? -errno : 0;
}

DIR *
dir_open(int at, const char *name)
{
    AUTO(fd_done) int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir)
        (void)fd_take(&fd);
    return dir;
}

const char *
dir_next(DIR *dir)
{
    const struct dirent *e;

    if (!dir)
        return NULL;
    do {
        errno = 0;
        e = readdir(dir); /* NOLINT(concurrency-mt-unsafe) */
    } while (e &&
             (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
    return e ? e->d_name : NULL;
}

void
dir_done(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

int
file_store(int at, const char *path, const char *text)
{
    AUTO(fd_done)
    int fd = openat(at, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    size_t length = strlen(text);
    ssize_t n;

    if (fd < 0)
        return -errno;
    do
        n = write(fd, text, length);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    return (size_t)n == length ? 0 : -EIO;
}

int
file_written(FILE *f)
{
    bool lost = ferror(f);

    return fclose(f) < 0 || lost ? -EIO : 0;
}

bool
find_program(const char *name, char found[PATH_MAX])
{
    const char *path = getenv("PATH");

    while (path && *path) {
        size_t n = strcspn(path, ":");

        (void)snprintf(found, PATH_MAX, "%.*s/%s", (int)n, path, name);
        if (*path == '/' && access(found, X_OK) == 0)
            return true;
        path += n + (path[n] == ':');
    }
    return false;
}

void
open_many(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}
