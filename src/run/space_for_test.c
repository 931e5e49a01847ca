/* SPDX-License-Identifier: MIT */
#include "run/space_for_test.h"

#include "test.h"

#include "base/auto.h"
#include "base/files.h"
#include "run/lack.h"
#include "run/space.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void
skip(int r)
{
    struct lack lack;
    char words[512];

    lack_look(LACK_NAMESPACES, -r, &lack);
    lack_words(&lack, words, sizeof(words));
    (void)fprintf(stderr, "skipped: %s\n", words);
    _exit(77);
}

void
test_in_space(void)
{
    static bool inside;
    int r;

    if (inside)
        return;
    r = space_enter(false);
    if (r < 0)
        skip(r);
    CHECK_INT(mount("none", "/tmp", "tmpfs", 0, NULL), 0);
    (void)umask(022);
    inside = true;
}

static void
make_file(const char *path)
{
    FILE *f = fopen(path, "we");

    CHECK(f != NULL);
    (void)fprintf(f, "%s\n", path);
    CHECK_INT(fclose(f), 0);
}

static void
make_one(const char *path)
{
    AUTO(free_done) char *copy = strdup(path);
    char *arrow = strstr(copy, " -> ");
    char *slash;
    bool leaf = arrow || strstr(copy, ".txt");

    if (arrow)
        *arrow = '\0';
    slash = strrchr(copy, '/');
    if (leaf && slash)
        *slash = '\0';
    CHECK_INT(make_dirs(copy), 0);
    if (leaf && slash)
        *slash = '/';
    if (arrow)
        CHECK_INT(symlink(arrow + 4, copy), 0);
    else if (leaf)
        make_file(copy);
}

void
test_make(const char *const paths[])
{
    for (; *paths; paths++) {
        test_note("%s", *paths);
        make_one(*paths);
    }
}

const char *
test_read(const char *path)
{
    static char text[256];
    AUTO(file_done) FILE *f = fopen(path, "re");

    if (!f || !fgets(text, sizeof(text), f))
        return NULL;
    text[strcspn(text, "\n")] = '\0';
    return text;
}
