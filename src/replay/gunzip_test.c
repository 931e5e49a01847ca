/* SPDX-License-Identifier: MIT */
#include "replay/gunzip.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

#include "test.h"

enum { TEXT = 300, ZIPPED = 1024 };

/* What a file brings, or how it fails. */
struct seen {
    char text[4 * TEXT];
    size_t length;
    ssize_t end; /* of gunzip_read() */
    const char *what;
};

static void
file_name(int fd, char path[40])
{
    (void)snprintf(path, 40, "/proc/self/fd/%d", fd);
}

/* Reads so many bytes at a time. */
static struct seen
read_all(const char *bytes, size_t length, size_t at_once)
{
    struct seen seen = { .end = 1 };
    AUTO(fd_done) int fd = memfd_create("gunzip", MFD_CLOEXEC);
    AUTO(gunzip_done) struct gunzip *file = NULL;
    char path[40];

    CHECK(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
    file_name(fd, path);
    CHECK_INT(gunzip_open(path, &file), 0);
    while (seen.end > 0 && seen.length + at_once <= sizeof(seen.text)) {
        seen.end =
            gunzip_read(file, seen.text + seen.length, at_once, &seen.what);
        if (seen.end > 0)
            seen.length += (size_t)seen.end;
    }
    return seen;
}

/* Some text that is no gzip, and as gzip; how long that is. */
static size_t
zip(const struct test_rng *from, char text[TEXT], char zipped[ZIPPED])
{
    struct test_rng rng = *from;
    z_stream z = { 0 };
    size_t length;

    for (size_t i = 0; i < TEXT; i++)
        text[i] = (char)('a' + test_below(&rng, 20));
    CHECK_INT(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
              Z_OK);
    z.next_in = (unsigned char *)text;
    z.avail_in = TEXT;
    z.next_out = (unsigned char *)zipped;
    z.avail_out = ZIPPED;
    CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
    length = z.total_out;
    (void)deflateEnd(&z);
    return length;
}

static bool
is_text(const struct seen *seen, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        if (memcmp(seen->text + i * TEXT, text, TEXT) != 0)
            return false;
    return seen->end == 0 && seen->length == times * TEXT;
}

TEST(what_is_no_gzip_is_brought_as_it_is)
{
    static const char *const texts[] = { "", "\x1f", "\x1f\x8a", "x", "{}\n" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (size_t at_once = 1; at_once < 4; at_once++) {
            size_t n = strlen(texts[i]);
            struct seen seen = read_all(texts[i], n, at_once);

            CHECK(seen.end == 0 && seen.length == n);
            CHECK(memcmp(seen.text, texts[i], n) == 0);
        }
}

TEST(gzip_is_unpacked_in_pieces_of_any_size)
{
    struct test_rng rng = { test_seed() };
    char text[TEXT];
    char zipped[ZIPPED];
    size_t n = zip(&rng, text, zipped);

    for (size_t at_once = 1; at_once <= TEXT; at_once += 7) {
        struct seen seen = read_all(zipped, n, at_once);

        CHECK(is_text(&seen, text, 1));
    }
}

TEST(one_gzip_behind_the_other_is_one_text)
{
    struct test_rng rng = { test_seed() };
    char text[TEXT];
    char zipped[2 * ZIPPED];
    size_t n = zip(&rng, text, zipped);
    struct seen seen;

    memcpy(zipped + n, zipped, n);
    seen = read_all(zipped, 2 * n, 64);
    CHECK(is_text(&seen, text, 2));
}

TEST(no_part_of_gzip_is_taken_for_the_whole)
{
    struct test_rng rng = { test_seed() };
    char text[TEXT];
    char zipped[2 * ZIPPED];
    size_t n = zip(&rng, text, zipped);

    memcpy(zipped + n, zipped, n);
    for (size_t cut = 2; cut < 2 * n; cut++) {
        struct seen seen = read_all(zipped, cut, 100);

        if (cut == n)
            continue;
        test_note("%zu of %zu bytes", cut, 2 * n);
        CHECK_INT(seen.end, -EBADMSG);
        CHECK_STR(seen.what, "the gzip data is cut off");
    }
}

/* Or changes nothing: nobody looks at time and system in the header, nor at
 * what fills the last byte. */
TEST(no_damage_to_gzip_goes_unnoticed)
{
    struct test_rng rng = { test_seed() };
    char text[TEXT];
    char zipped[ZIPPED];
    size_t n = zip(&rng, text, zipped);
    size_t refused = 0;

    for (size_t at = 2; at < n; at++) {
        char damaged[ZIPPED];
        int bit = 1 << test_below(&rng, 8);
        struct seen seen;

        memcpy(damaged, zipped, n);
        damaged[at] = (char)(damaged[at] ^ bit);
        seen = read_all(damaged, n, 100);
        test_note("byte %zu of %zu is %02x", at, n, (unsigned char)damaged[at]);
        CHECK(seen.end == -EBADMSG || is_text(&seen, text, 1));
        refused += seen.end == -EBADMSG;
    }
    CHECK(refused > n - 14);
}

TEST(nothing_else_may_follow_gzip)
{
    struct test_rng rng = { test_seed() };
    char text[TEXT];
    char zipped[ZIPPED];
    size_t n = zip(&rng, text, zipped);

    for (int byte = 0; byte < 256; byte += 5) {
        struct seen seen;

        memset(zipped + n, byte, 20);
        seen = read_all(zipped, n + 20, 100);
        CHECK_INT(seen.end, -EBADMSG);
        CHECK_STR(seen.what, "what follows the gzip data is none");
    }
}

TEST(what_is_no_file_says_why)
{
    struct gunzip *file = NULL;

    CHECK_INT(gunzip_open("/nowhere/at/all", &file), -ENOENT);
    CHECK_INT(gunzip_open("/", &file), -EISDIR);
    CHECK(!file);
    gunzip_close(NULL);
}

TEST(it_is_known_how_much_has_been_read)
{
    AUTO(fd_done) int fd = memfd_create("gunzip", MFD_CLOEXEC);
    AUTO(gunzip_done) struct gunzip *file = NULL;
    char path[40];
    char buffer[1000] = { 'x' };
    const char *what = NULL;

    for (int i = 0; i < 1000; i++)
        CHECK_INT(write(fd, buffer, sizeof(buffer)), sizeof(buffer));
    file_name(fd, path);
    CHECK_INT(gunzip_open(path, &file), 0);
    CHECK_INT(gunzip_percent(file), 0);
    for (int i = 1; i < 1000; i++) {
        CHECK(gunzip_read(file, buffer, sizeof(buffer), &what) > 0);
        CHECK(gunzip_percent(file) <= i / 10 + 1);
    }
    CHECK(gunzip_percent(file) > 90);
}
