/* SPDX-License-Identifier: MIT */
/* zlib's own gzread() takes whatever follows the first gzip member, and is
 * none, for an end; so members are inflated one by one here. */
#include "replay/gunzip.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

struct gunzip {
    int fd;
    off_t bytes; /* of the file; 0 unknown */
    off_t taken; /* of them */
    bool looked; /* at how it begins */
    bool zipped;
    bool inside; /* a member that has begun and not ended */
    bool behind; /* one that has ended */
    z_stream z; /* zipped or not, next_in and avail_in are what was read */
    unsigned char in[1 << 16];
};

static int
start(struct gunzip *file, const char *path)
{
    struct stat st;

    file->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
                                 : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (file->fd < 0 || fstat(file->fd, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    file->bytes = S_ISREG(st.st_mode) ? st.st_size : 0;
    return inflateInit2(&file->z, 15 + 16) == Z_OK ? 0 : -ENOMEM;
}

int
gunzip_open(const char *path, struct gunzip **out)
{
    AUTO(gunzip_done) struct gunzip *file = calloc(1, sizeof(*file));
    int r = file ? start(file, path) : -ENOMEM;

    if (!r)
        *out = TAKE(file);
    return r;
}

void
gunzip_close(struct gunzip *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        (void)close(file->fd);
    (void)inflateEnd(&file->z);
    free(file);
}

void
gunzip_done(struct gunzip **file)
{
    gunzip_close(*file);
}

int
gunzip_percent(const struct gunzip *file)
{
    off_t at = file->taken - (off_t)file->z.avail_in;

    return file->bytes > 0 && at < file->bytes ? (int)(at * 100 / file->bytes)
                                               : 0;
}

/* Reads more behind what has not been used. 1, 0 at the end, -errno. */
static int
fill(struct gunzip *file)
{
    size_t kept = file->z.avail_in;
    ssize_t n;

    if (kept)
        memmove(file->in, file->z.next_in, kept);
    do
        n = read(file->fd, file->in + kept, sizeof(file->in) - kept);
    while (n < 0 && errno == EINTR);
    file->z.next_in = file->in;
    if (n < 0)
        return -errno;
    file->z.avail_in += (uInt)n;
    file->taken += n;
    return n > 0;
}

/* A pipe may bring the first two bytes one by one. */
static int
look(struct gunzip *file)
{
    int r = 1;

    while (r > 0 && file->z.avail_in < 2)
        r = fill(file);
    if (r < 0)
        return r;
    file->looked = true;
    file->zipped =
        file->z.avail_in >= 2 && file->in[0] == 0x1f && file->in[1] == 0x8b;
    return 0;
}

static ssize_t
read_plain(struct gunzip *file, char *buffer, size_t room)
{
    int r = file->z.avail_in ? 1 : fill(file);
    size_t n;

    if (r <= 0)
        return r;
    n = file->z.avail_in < room ? file->z.avail_in : room;
    memcpy(buffer, file->z.next_in, n);
    file->z.next_in += n;
    file->z.avail_in -= (uInt)n;
    return (ssize_t)n;
}

static ssize_t
wrong(const char **what, const char *text)
{
    *what = text;
    return -EBADMSG;
}

/* Some of a member, or its end. */
static ssize_t
inflate_some(struct gunzip *file, char *buffer, size_t room, const char **what)
{
    uInt most = room < (1U << 30) ? (uInt)room : 1U << 30;
    bool begins = !file->inside;
    int r;

    file->inside = true;
    file->z.next_out = (unsigned char *)buffer;
    file->z.avail_out = most;
    r = inflate(&file->z, Z_NO_FLUSH);
    if (r == Z_MEM_ERROR)
        return -ENOMEM;
    if (r == Z_STREAM_END) {
        file->inside = false;
        file->behind = true;
        (void)inflateReset(&file->z);
    } else if (r != Z_OK && r != Z_BUF_ERROR) {
        return wrong(what, begins && file->behind
                               ? "what follows the gzip data is none"
                               : "the gzip data is damaged");
    }
    return (ssize_t)(most - file->z.avail_out);
}

static ssize_t
read_zipped(struct gunzip *file, char *buffer, size_t room, const char **what)
{
    ssize_t n = 0;

    while (n == 0) {
        int r = file->z.avail_in ? 1 : fill(file);

        if (r == 0 && file->inside)
            return wrong(what, "the gzip data is cut off");
        if (r <= 0)
            return r;
        n = inflate_some(file, buffer, room, what);
    }
    return n;
}

ssize_t
gunzip_read(struct gunzip *file, char *buffer, size_t room, const char **what)
{
    int r = file->looked ? 0 : look(file);

    if (r < 0)
        return r;
    return file->zipped ? read_zipped(file, buffer, room, what)
                        : read_plain(file, buffer, room);
}
