/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/auto.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* A new directory; removed with all that is in it. */
static void
tree_done(char **dir)
{
    CHECK_INT(remove_tree(*dir), 0);
    free(*dir);
}

static char *
new_tree(void)
{
    char *dir = strdup("/tmp/vap-files-XXXXXX");

    CHECK(dir && mkdtemp(dir));
    return dir;
}

TEST(a_directory_has_names_but_no_dots)
{
    AUTO(tree_done) char *dir = new_tree();
    AUTO(free_done) char *below = path_below(dir, "a/b/.c");
    AUTO(free_done) char *middle = path_below(dir, "a/b");
    AUTO(dir_done) DIR *open = NULL;

    CHECK_INT(make_dirs(below), 0);
    CHECK_INT(make_dirs(below), 0);
    open = dir_open(AT_FDCWD, middle);
    CHECK_STR(dir_next(open), ".c");
    CHECK(dir_next(open) == NULL);
    CHECK_INT(errno, 0);
}

TEST(what_is_no_directory_has_no_names)
{
    CHECK(dir_open(AT_FDCWD, "/dev/null") == NULL);
    CHECK_INT(errno, ENOTDIR);
    CHECK(dir_next(NULL) == NULL);
}

TEST(what_was_written_and_lost_is_told)
{
    FILE *full = fopen("/dev/full", "we");

    CHECK(full && fputs("lost", full) >= 0);
    CHECK_INT(file_written(full), -EIO);
    full = fopen("/dev/null", "we");
    CHECK(full && fputs("not lost", full) >= 0);
    CHECK_INT(file_written(full), 0);
}

TEST(text_is_put_into_files_that_are_there)
{
    AUTO(tree_done) char *dir = new_tree();
    AUTO(free_done) char *path = path_below(dir, "mask");
    AUTO(file_done) FILE *f = fopen(path, "w+e");
    char text[8] = "";

    CHECK_INT(file_store(AT_FDCWD, path, "0x41\n"), 0);
    CHECK_STR(fgets(text, sizeof(text), f), "0x41\n");
    CHECK_INT(file_store(AT_FDCWD, dir, "0x41\n"), -EISDIR);
    (void)remove(path);
    CHECK_INT(file_store(AT_FDCWD, path, "0x41\n"), -ENOENT);
    CHECK(access(path, F_OK) < 0);
    CHECK_INT(file_store(AT_FDCWD, "/dev/full", "lost"), -ENOSPC);
}
