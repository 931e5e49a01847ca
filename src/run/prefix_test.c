/* SPDX-License-Identifier: MIT */
#include "run/prefix.h"

#include "test.h"

#include "base/auto.h"
#include "base/files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A cache of our own, and in it the folder s390x/vap. */
static char cache[] = "/tmp/prefix-test-XXXXXX";

static void
cache_done(void)
{
    (void)remove_tree(cache);
}

static void
make_cache(void)
{
    AUTO(free_done) char *folder = NULL;

    if (strstr(cache, "XXXXXX")) {
        CHECK(mkdtemp(cache) != NULL);
        CHECK_INT(atexit(cache_done), 0);
    }
    CHECK_INT(setenv("XDG_CACHE_HOME", cache, 1), 0);
    folder = path_below(cache, "vap/s390x/vap");
    CHECK(folder != NULL);
    CHECK_INT(make_dirs(folder), 0);
}

static void
write_set(const char *text)
{
    AUTO(free_done) char *path = path_below(cache, "vap/s390x/vap/set");
    FILE *f = fopen(path, "we");

    CHECK(f != NULL);
    (void)fputs(text, f);
    CHECK_INT(fclose(f), 0);
}

TEST(what_was_written_is_read)
{
    AUTO(prefix_done) struct prefix written = { 0 };
    AUTO(prefix_done) struct prefix read = { 0 };
    AUTO(free_done) char *root = NULL;

    make_cache();
    root = path_below(cache, "vap/s390x");
    (void)strcpy(written.fetched, "2026-03-01T12:00:00Z");
    CHECK_INT(prefix_add(&written, "s390-tools", "2.16.0-2", "s390x"), 0);
    CHECK_INT(prefix_add(&written, "zlib1g", "1:1.2.13.dfsg-1", "s390x"), 0);
    CHECK_INT(prefix_write(root, &written), 0);
    CHECK_INT(prefix_read("s390x", &read), 0);
    CHECK_STR(read.path, root);
    CHECK_STR(read.fetched, written.fetched);
    CHECK_INT(read.n_packages, 2);
    CHECK_STR(read.packages[1].name, "zlib1g");
    CHECK_STR(read.packages[1].version, "1:1.2.13.dfsg-1");
    CHECK_STR(read.packages[1].arch, "s390x");
}

TEST(what_is_not_a_prefix_is_none)
{
    static const struct {
        const char *set;
        int r;
    } cases[] = {
        { "", -EBADMSG },
        { "fetched 2026-03-01T12:00:00Z\n", -EBADMSG },
        { "package a 1 s390x\n", -EBADMSG },
        { "fetched 2026-03-01T12:00:00Z\npackage a 1\n", -EBADMSG },
        { "fetched 2026-03-01T12:00:00Z\nelse\npackage a 1 s390x\n", -EBADMSG },
        { "fetched 2026-03-01T12:00:00Z\npackage a 1 s390x\n", 0 },
    };
    struct prefix prefix;

    make_cache();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        test_note("case %zu", i);
        write_set(cases[i].set);
        CHECK_INT(prefix_read("s390x", &prefix), cases[i].r);
        CHECK_INT(prefix.n_packages, cases[i].r == 0);
        prefix_done(&prefix);
    }
    CHECK_INT(prefix_read("other", &prefix), -ENOENT);
    prefix_done(&prefix);
}

TEST(what_others_can_write_is_not_trusted)
{
    static const char *const folders[] = { "vap", "vap/s390x",
                                           "vap/s390x/vap" };
    struct prefix prefix;

    make_cache();
    write_set("fetched 2026-03-01T12:00:00Z\npackage a 1 s390x\n");
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        AUTO(free_done) char *path = path_below(cache, folders[i]);

        test_note("%s", folders[i]);
        if (!path)
            FAIL("no memory");
        CHECK(chmod(path, 0777) == 0);
        CHECK_INT(prefix_read("s390x", &prefix), -EPERM);
        if (geteuid() == 0) {
            CHECK(chmod(path, 0755) == 0 && chown(path, 65534, 65534) == 0);
            CHECK_INT(prefix_read("s390x", &prefix), -EPERM);
            CHECK(chown(path, 0, 0) == 0);
        }
        CHECK(chmod(path, 0755) == 0);
    }
    CHECK_INT(prefix_read("s390x", &prefix), 0);
    prefix_done(&prefix);
}

TEST(the_cache_is_the_users)
{
    char path[PATH_MAX];

    CHECK_INT(setenv("HOME", "/home/me", 1), 0);
    CHECK_INT(setenv("XDG_CACHE_HOME", "/c", 1), 0);
    CHECK_INT(prefix_cache(path), 0);
    CHECK_STR(path, "/c/vap");
    CHECK_INT(setenv("XDG_CACHE_HOME", "relative", 1), 0);
    CHECK_INT(prefix_cache(path), 0);
    CHECK_STR(path, "/home/me/.cache/vap");
    CHECK_INT(unsetenv("HOME"), 0);
    CHECK_INT(prefix_cache(path), -ENOENT);
}
