/* SPDX-License-Identifier: MIT */
/* A guest ends with its vapd as far as anybody can know: when vapd comes
 * back, the mdevs that its guests held are closed, and those guests take them
 * again. The file is written before an mdev is opened and after it is closed,
 * so it names all that are, and some that are not. */
#include "guest/inside.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int
write_lines(const struct guests *g, FILE *f)
{
    for (const struct holder *h = g->first; h; h = h->next)
        if (h->holds &&
            fprintf(f, "%s\n", host_mdev_name(g->owner->host, h->mdev)) < 0)
            return -EIO;
    return fflush(f) ? -errno : 0;
}

int
held_write(const struct guests *g)
{
    char path[PATH_MAX];
    AUTO(file_done) FILE *f = NULL;
    int n = snprintf(path, sizeof(path), "%s.new", g->options.held);
    int r;

    if (n < 0 || (size_t)n >= sizeof(path))
        return -ENAMETOOLONG;
    f = fopen(path, "we");
    if (!f)
        return -errno;
    r = write_lines(g, f);
    if (r == 0 && rename(path, g->options.held) < 0)
        r = -errno;
    return r;
}

static void
close_mdev(const struct guests *g, const char *name)
{
    struct owner *owner = g->owner;
    struct origin origin = { .uid = geteuid(),
                             .pid = getpid(),
                             .door = "start" };
    struct host_request close = {
        .engine = { .op = VAP_CLOSE_MDEV, .mdev = host_mdev(owner->host, name) }
    };

    if (close.engine.mdev != NAMES_NONE &&
        owner->host->engine->mdevs[close.engine.mdev].vm)
        (void)owner->change(owner, &origin, &close, 1, NULL);
}

void
held_close(const struct guests *g)
{
    AUTO(file_done) FILE *f = fopen(g->options.held, "re");
    AUTO(free_done) char *line = NULL;
    size_t room = 0;
    ssize_t n;

    while (f && (n = getline(&line, &room, f)) > 0) {
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        close_mdev(g, line);
    }
}
