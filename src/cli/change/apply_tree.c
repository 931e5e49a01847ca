/* SPDX-License-Identifier: MIT */
/* A door to a directory that looks like /sys. */
#include "cli/change/apply.h"

#include "base/auto.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int
write_file(void *context, const char *file, const char *text)
{
    const int *dir = context;

    return file_store(*dir, file, text);
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
    AUTO(dir_done) DIR *dir = dir_open(fd, "devices/vfio_ap/matrix");

    for (const char *name; (name = dir_next(dir));)
        if (has(fd, name, "assign_adapter") && !has(fd, name, "ap_config"))
            return true;
    return false;
}
