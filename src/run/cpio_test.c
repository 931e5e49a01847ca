/* SPDX-License-Identifier: MIT */
#include "run/cpio.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/** An archive, read back the slow way. */
struct entry {
    unsigned mode;
    size_t size;
    const char *name;
    const char *bytes;
};

static unsigned long
field(const char *header, size_t n)
{
    char digits[9] = { 0 };

    memcpy(digits, header + 6 + 8 * n, 8);
    return strtoul(digits, NULL, 16);
}

/* The entry at *at, and where the next one is. */
static struct entry
next(const char *archive, size_t *at)
{
    const char *header = archive + *at;
    struct entry e = { .mode = (unsigned)field(header, 1),
                       .size = field(header, 6),
                       .name = header + 110 };
    size_t data = (*at + 110 + field(header, 11) + 3) & ~(size_t)3;

    CHECK(memcmp(header, "070701", 6) == 0);
    CHECK_INT(strlen(e.name) + 1, field(header, 11));
    e.bytes = archive + data;
    *at = (data + e.size + 3) & ~(size_t)3;
    return e;
}

TEST(what_is_archived_is_read_back)
{
    static const struct {
        const char *name;
        unsigned mode;
        const char *bytes;
    } expected[] = {
        { "init", 0100755, "#!/bin/sh\n" },
        { "bin", 0040755, "" },
        { "bin/x", 0100755, "init" },
        { "a", 0040755, "" },
        { "a/b", 0040755, "" },
        { "a/b/empty", 0100600, "" },
        { "file", 0100644, "seven b" },
        { "TRAILER!!!", 0, "" },
    };
    char *archive = NULL;
    size_t n = 0;
    size_t at = 0;
    FILE *out = open_memstream(&archive, &n);
    struct cpio cpio = { .out = out };
    int fd = memfd_create("file", 0);

    CHECK(write(fd, "seven b", 7) == 7 && lseek(fd, 0, SEEK_SET) == 0);
    cpio_bytes(&cpio, "init", 0755, "#!/bin/sh\n", 10);
    cpio_bytes(&cpio, "bin/x", 0755, "init", 4);
    cpio_bytes(&cpio, "a/b/empty", 0600, NULL, 0);
    CHECK_INT(cpio_file(&cpio, "file", 0644, fd), 0);
    cpio_end(&cpio);
    CHECK(fclose(out) == 0);
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
        struct entry e = next(archive, &at);

        CHECK_STR(e.name, expected[i].name);
        CHECK_INT(e.mode, expected[i].mode);
        CHECK_INT(e.size, strlen(expected[i].bytes));
        CHECK(memcmp(e.bytes, expected[i].bytes, e.size) == 0);
    }
    CHECK_INT(at, n);
    free(archive);
    (void)close(fd);
}

TEST(a_file_that_cannot_be_read_is_an_error)
{
    char *archive = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&archive, &n);
    struct cpio cpio = { .out = out };

    CHECK_INT(cpio_file(&cpio, "file", 0644, -1), -EBADF);
    CHECK(fclose(out) == 0);
    free(archive);
}
