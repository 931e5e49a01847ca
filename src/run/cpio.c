/* SPDX-License-Identifier: MIT */
/* Nothing is sought back to: sizes are known before what they are of, so an
 * archive can go into a pipe. */
#include "run/cpio.h"

#include "base/auto.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

/* Headers with their names, and contents, begin at multiples of four. */
static void
pad(FILE *out, size_t written)
{
    static const char zeros[4];

    (void)fwrite(zeros, 1, -written & 3, out);
}

enum { HEADER = 110 };

static void
header(struct cpio *cpio, const char *name, unsigned mode, size_t size)
{
    size_t n = strlen(name) + 1;

    /* ino mode uid gid nlink mtime size dev(2) rdev(2) namesize check */
    (void)fprintf(cpio->out,
                  "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX"
                  "%08X%s",
                  cpio->next++, mode, 0U, 0U, 1U, 0U, size, 0U, 0U, 0U, 0U, n,
                  0U, name);
    (void)fputc('\0', cpio->out);
    pad(cpio->out, HEADER + n);
}

/* The kernel makes no parents; one that is there already is no error. */
static void
add_parents(struct cpio *cpio, const char *name)
{
    AUTO(free_done) char *part = strdup(name);

    for (char *slash = part ? strchr(part, '/') : NULL; slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        header(cpio, part, S_IFDIR | 0755, 0);
        *slash = '/';
    }
}

void
cpio_bytes(struct cpio *cpio, const char *name, unsigned mode,
           const void *bytes, size_t n)
{
    add_parents(cpio, name);
    header(cpio, name, S_IFREG | mode, n);
    (void)fwrite(bytes, 1, n, cpio->out);
    pad(cpio->out, n);
}

static int
copy(FILE *out, int fd, uint64_t left)
{
    char bytes[16384];

    while (left) {
        ssize_t n =
            read(fd, bytes, left < sizeof(bytes) ? left : sizeof(bytes));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENODATA; /* it shrank meanwhile */
        (void)fwrite(bytes, 1, (size_t)n, out);
        left -= (uint64_t)n;
    }
    return 0;
}

int
cpio_file(struct cpio *cpio, const char *name, unsigned mode, int fd)
{
    struct stat st;
    int r;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size > UINT32_MAX)
        return -EFBIG;
    add_parents(cpio, name);
    header(cpio, name, S_IFREG | mode, (size_t)st.st_size);
    r = copy(cpio->out, fd, (uint64_t)st.st_size);
    pad(cpio->out, (size_t)st.st_size);
    return r;
}

void
cpio_end(struct cpio *cpio)
{
    header(cpio, "TRAILER!!!", 0, 0);
}
