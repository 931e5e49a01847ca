/* SPDX-License-Identifier: MIT */
/* A door to a directory that looks like /sys. */
#include "cli/change/apply.h"

#include "base/auto.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* In one write, as the kernel's files want it; never made where there is
 * none. */
static int
write_file(void *context, const char *file, const char *text)
{
    const int *dir = context;
    AUTO(fd_done) int fd = openat(*dir, file, O_WRONLY | O_CLOEXEC);
    size_t length = strlen(text);
    ssize_t n;

    if (fd < 0)
        return -errno;
    n = write(fd, text, length);
    if (n < 0)
        return -errno;
    return (size_t)n == length ? 0 : -EIO;
}

static int
read_file(void *context, const char *file, char *text, size_t size)
{
    const int *dir = context;
    AUTO(fd_done) int fd = openat(*dir, file, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t n = fd < 0 ? -1 : 1;

    while (n > 0 && length < size - 1) {
        n = read(fd, text + length, size - 1 - length);
        if (n > 0)
            length += (size_t)n;
    }
    if (n < 0)
        return -errno;
    text[length] = '\0';
    return (int)length;
}

struct apply_door
apply_tree_door(const int *fd)
{
    return (struct apply_door){ .context = (void *)(uintptr_t)fd,
                                .write = write_file,
                                .read = read_file };
}

static void
dir_done(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

static bool
has(int fd, const char *mdev, const char *file)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "devices/vfio_ap/matrix/%.300s/%s", mdev,
                   file);
    return faccessat(fd, path, F_OK, 0) == 0;
}

bool
apply_lacks_config(int fd)
{
    AUTO(dir_done) DIR *dir = NULL;
    int matrix = openat(fd, "devices/vfio_ap/matrix",
                        O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    dir = matrix < 0 ? NULL : fdopendir(matrix);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (*e->d_name != '.' && has(fd, e->d_name, "assign_adapter") &&
            !has(fd, e->d_name, "ap_config"))
            return true;
    return false;
}
