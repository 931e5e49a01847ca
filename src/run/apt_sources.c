/* SPDX-License-Identifier: MIT */
/* apt's indextargets tells which source files it reads and what is in them. We
 * copy them, as they have the machine's mirrors, keys and options, and change
 * what is wished for in each line that names a suite. */
#include "run/apt_own.h"

#include "base/auto.h"
#include "base/files.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* VERSION_CODENAME of Debian; "" elsewhere. */
static void
read_codename(char codename[64])
{
    AUTO(file_done) FILE *f = fopen("/etc/os-release", "re");
    AUTO(free_done) char *line = NULL;
    size_t size = 0;
    bool debian = false;

    *codename = '\0';
    while (f && getline(&line, &size, f) > 0) {
        debian = debian || strcmp(line, "ID=debian\n") == 0;
        (void)sscanf(line, "VERSION_CODENAME=%63[a-z]", codename);
    }
    if (!debian)
        *codename = '\0';
}

/** The machine's source files, from indextargets, one paragraph a target. */
struct sources {
    const char *dir;
    const char *arch;
    const char *suite; /* as struct apt has it */
    char codename[64]; /* whose backports come too; "" for none */
    char file[PATH_MAX]; /* of this paragraph */
    bool fits;
    int n;
    int r;
};

/* What apt would use where it is, on a file: mirror, it is made to copy. */
static void
copy_line(FILE *out, const char *line)
{
    const char *uri;

    while ((uri = strstr(line, "file:/"))) {
        bool starts = uri > line && (uri[-1] == ' ' || uri[-1] == '\t');

        (void)fprintf(out, "%.*s%s:", (int)(uri - line), line,
                      starts ? "copy" : "file");
        line = uri + strlen("file:");
    }
    (void)fputs(line, out);
}

/* Where the suite of "deb [OPTIONS] URI SUITE COMPONENT..." begins; NULL in any
 * other line. */
static const char *
suite_in(const char *line)
{
    const char *at = line + strspn(line, " \t");

    if (strncmp(at, "deb", 3) != 0 || !strchr(" \t", at[3]))
        return NULL;
    at += 3 + strspn(at + 3, " \t");
    if (*at == '[') {
        at += strcspn(at, "]");
        at += *at == ']';
        at += strspn(at, " \t");
    }
    at += strcspn(at, " \t\n");
    return at + strspn(at, " \t");
}

/* The line with another suite; in a .sources file "Suites:" has them. */
static char *
with_suite(const char *line, const char *suite)
{
    const char *old = suite_in(line);
    char *text;
    int r;

    if (strncasecmp(line, "Suites:", 7) == 0)
        r = asprintf(&text, "Suites: %s\n", suite);
    else if (old)
        r = asprintf(&text, "%.*s%s%s", (int)(old - line), line, suite,
                     old + strcspn(old, " \t\n"));
    else
        r = asprintf(&text, "%s", line);
    return r < 0 ? NULL : text;
}

/* The line with backports, where it has the suite itself: in a .sources file
 * beside it, else in its place. NULL for no such line. */
static char *
with_backports(const char *line, const char *codename)
{
    const char *old = suite_in(line);
    const char *at =
        strncasecmp(line, "Suites:", 7) == 0 ? strstr(line + 7, codename) : old;
    size_t n = strlen(codename);
    char *text;

    while (!old && at && !strchr(" \t\n", at[n])) /* "bookworm-updates" */
        at = strstr(at + n, codename);
    if (!n || !at || strncmp(at, codename, n) != 0 || !strchr(" \t\n", at[n]))
        return NULL;
    return asprintf(&text, "%.*s%s%s%s-backports%s", (int)(at - line), line,
                    old ? "" : codename, old ? "" : " ", codename, at + n) < 0
               ? NULL
               : text;
}

static int
copy_source_line(const struct sources *s, FILE *out, const char *line)
{
    AUTO(free_done) char *text = s->suite ? with_suite(line, s->suite) : NULL;
    AUTO(free_done) char *more = with_backports(line, s->codename);

    if (s->suite && !text)
        return -ENOMEM;
    if (!more || suite_in(line))
        copy_line(out, text ? text : line);
    if (more)
        copy_line(out, more);
    return 0;
}

static int
copy_file(const struct sources *s, FILE *out)
{
    AUTO(file_done) FILE *in = fopen(s->file, "re");
    AUTO(free_done) char *line = NULL;
    size_t size = 0;
    int r = 0;

    if (!in)
        return -errno;
    while (r == 0 && getline(&line, &size, in) > 0)
        r = copy_source_line(s, out, line);
    return r;
}

/* A copy of each file, named by its path, so no two are one. */
static void
copy_source(struct sources *s)
{
    char name[PATH_MAX];
    FILE *out;
    int r;

    (void)snprintf(name, sizeof(name), "%s", s->file);
    for (char *c = name; *c; c++)
        if (*c == '/')
            *c = '_';
    out = apt_create(s->dir, name);
    r = out ? copy_file(s, out) : -errno;
    if (out && file_written(out) < 0 && r == 0)
        r = -EIO;
    if (r == 0)
        s->n++;
    else
        s->r = r;
}

static void
source_line(void *data, char *line)
{
    struct sources *s = data;

    if (sscanf(line, "Sourcesentry: %4095[^\n]", s->file) == 1) {
        char *colon = strrchr(s->file, ':');

        if (colon) /* and the number of the entry */
            *colon = '\0';
    } else if (strncmp(line, "Architecture: ", 14) == 0) {
        s->fits = !*s->arch || strcmp(line + 14, s->arch) == 0;
    } else if (!*line) {
        if (s->fits && *s->file)
            copy_source(s);
        s->fits = false;
        *s->file = '\0';
    }
}

/* Of the machine's targets, with the files they stand in. */
static int
list_targets(struct apt *apt, struct sources *s)
{
    static const char *const command[] = { "indextargets", "--no-release-info",
                                           NULL };
    int r = apt_get(apt, command, NULL, source_line, s);

    if (r < 0)
        return r;
    source_line(s, (char[]){ "" }); /* the last one has no blank line */
    return s->r < 0 ? s->r : s->n ? 0 : -ENODATA;
}

int
apt_sources(struct apt *apt, const char *arch)
{
    AUTO(free_done) char *dir = path_below(apt->dir, "sources");
    struct sources s = { .dir = dir, .arch = arch, .suite = apt->suite };
    int r = dir ? remove_tree(dir) : -ENOMEM;

    if (r == 0)
        r = make_dirs(dir);
    if (apt->newer)
        read_codename(s.codename);
    if (r == 0)
        r = list_targets(apt, &s);
    if (r == 0 && *s.codename)
        (void)snprintf(apt->release, sizeof(apt->release), "%s-backports",
                       s.codename);
    return r;
}
