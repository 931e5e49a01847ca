/* SPDX-License-Identifier: MIT */
#include "observe/unpack.h"

#include "base/auto.h"
#include "sysfs/node.h"
#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

/* What is called so, wherever, is not written and not shown. */
static const char *const left_out[] = {
    "power",  "uevent",      "class",         "kernel",
    "scans",  "virtual",     "request_count", "requestq_count",
    "load",   "ap_domain",   "poll_timeout",  "bindings_complete_count",
    "reset",  "config_time", "interrupt",     "vfio-dev",
    "domain",
};

static bool
is_left_out(const char *name)
{
    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
        if (strcmp(left_out[i], name) == 0)
            return true;
    return false;
}

typedef void visitor(void *context, const char *path, mode_t mode,
                     const char *text, size_t length);

static void
walk(const struct tree *tree, struct node dir, visitor *visit, void *context)
{
    struct text name;
    struct node node;
    uint64_t at = 0;

    while (node_next(tree, dir, &at, &node, &name)) {
        struct text path = { 0 };
        struct text text = { 0 };
        const struct row *row = node_row(node);
        mode_t mode = node_mode(node);

        if (strcmp(name.bytes, "bindings_complete_count") != 0 &&
            is_left_out(name.bytes))
            continue;
        node_path(tree->host, node, &path);
        if (S_ISLNK(mode))
            node_target(tree->host, node, &text);
        else if (S_ISREG(mode) && row->show)
            (void)row->show(tree->host, node, &text);
        visit(context, path.bytes, mode, text.bytes, text.length);
        if (S_ISDIR(mode))
            walk(tree, node, visit, context);
    }
}

/* ---- as files */

static void
put_file(const char *path, const char *text, size_t length)
{
    FILE *f = fopen(path, "we");

    CHECK(f);
    CHECK_INT(fwrite(text, 1, length, f), length);
    CHECK(fclose(f) == 0);
}

static void
unpack(void *context, const char *path, mode_t mode, const char *text,
       size_t length)
{
    char full[1024];

    (void)snprintf(full, sizeof(full), "%s/%s", (const char *)context, path);
    if (S_ISDIR(mode))
        CHECK_INT(mkdir(full, 0755), 0);
    else if (S_ISLNK(mode))
        CHECK_INT(symlink(text, full), 0);
    else
        put_file(full, text, length);
}

struct copy
copy_new(const struct host *host)
{
    struct copy copy;
    struct tree tree = { .host = host };
    bool memory = access("/dev/shm", W_OK) == 0;

    (void)snprintf(copy.dir, sizeof(copy.dir), "%s/vap-sys-XXXXXX",
                   memory ? "/dev/shm" : "/tmp");
    CHECK(mkdtemp(copy.dir));
    walk(&tree, (struct node){ ROOT, 0, 0 }, unpack, copy.dir);
    return copy;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void
remove_all(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
copy_done(struct copy *copy)
{
    remove_all(copy->dir);
}

void
copy_put(const struct copy *copy, const char *file, const char *text)
{
    char path[1024];

    (void)snprintf(path, sizeof(path), "%s/%s", copy->dir, file);
    if (text)
        put_file(path, text, strlen(text));
    else
        remove_all(path);
}

/* ---- as text */

/** Lines, and how many. */
struct lines {
    char **line;
    size_t n;
};

static void
show(void *context, const char *path, mode_t mode, const char *text,
     size_t length)
{
    struct lines *lines = context;
    char **grown;
    char *line = NULL;

    if (S_ISDIR(mode) || strstr(path, "bindings_complete_count") ||
        strstr(path, "iommu_group"))
        return;
    CHECK(asprintf(&line, "%s: %.*s", path, (int)length, text) > 0);
    for (char *c = line; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    grown = realloc(lines->line, (lines->n + 1) * sizeof(char *));
    if (!grown)
        FAIL("out of memory");
    lines->line = grown;
    grown[lines->n++] = line;
}

static int
by_text(const void *a, const void *b)
{
    char *const *x = a;
    char *const *y = b;

    return strcmp(*x, *y);
}

/* In no order of the host's: a twin has other slots. */
char *
shown_text(const struct host *host)
{
    struct tree tree = { .host = host };
    struct lines lines = { 0 };
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    CHECK(f);
    walk(&tree, (struct node){ ROOT, 0, 0 }, show, &lines);
    if (!lines.line)
        FAIL("an empty tree");
    qsort(lines.line, lines.n, sizeof(char *), by_text);
    for (size_t i = 0; i < lines.n; i++) {
        (void)fprintf(f, "%s\n", lines.line[i]);
        free(lines.line[i]);
    }
    free(lines.line);
    CHECK(fclose(f) == 0);
    return text;
}
