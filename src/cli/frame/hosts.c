/* SPDX-License-Identifier: MIT */
#include "cli/frame/hosts.h"

#include "base/auto.h"
#include "base/files.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void
hosts_done(struct hosts *hosts)
{
    free(hosts->host);
    *hosts = (struct hosts){ 0 };
}

static struct hosts_one *
named(struct hosts *hosts, const char *name)
{
    for (size_t i = 0; i < hosts->n; i++)
        if (strcmp(hosts->host[i].name, name) == 0)
            return &hosts->host[i];
    return NULL;
}

static int
add(struct hosts *hosts, const char *name)
{
    struct hosts_one *grown;

    if (!place_name_ok(name) || named(hosts, name))
        return 0;
    grown = realloc(hosts->host, (hosts->n + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    hosts->host = grown;
    grown[hosts->n] = (struct hosts_one){ 0 };
    memcpy(grown[hosts->n].name, name, strlen(name) + 1); /* a good name fits */
    hosts->n++;
    return 0;
}

/* A folder that is not there has no hosts. */
static int
add_all(struct hosts *hosts, const char *parent)
{
    AUTO(dir_done) DIR *dir = dir_open(AT_FDCWD, parent);
    const char *name;
    int r = 0;

    if (!dir && errno == ENOENT)
        return CLI_DONE;
    if (!dir) {
        say_error("%s: %s", parent, strerror(errno));
        return CLI_FAILED;
    }
    while (r == 0 && (name = dir_next(dir)))
        r = add(hosts, name);
    return r ? out_no_memory() : CLI_DONE;
}

static void
look(struct hosts_one *one)
{
    struct place place;

    if (place_of(one->name, &place) < 0)
        return;
    one->up = place_pid(&place) > 0;
    one->closed = place_pid(&place) < 0;
    one->left = !one->up && !one->closed && access(place.runtime, F_OK) == 0;
    one->stored = access(place.store, F_OK) == 0;
}

static int
by_name(const void *a, const void *b)
{
    const struct hosts_one *one = a;
    const struct hosts_one *other = b;

    return strcmp(one->name, other->name);
}

static int
find(struct hosts *hosts, bool all)
{
    char parent[PATH_MAX];
    int r = place_parent(parent);
    int status;

    if (r < 0) {
        place_say(PLACE_DEFAULT, r);
        return CLI_FAILED;
    }
    status = add_all(hosts, parent);
    if (status == CLI_DONE && all && place_states(parent) == 0)
        status = add_all(hosts, parent);
    return status;
}

int
hosts_find(struct hosts *hosts, bool all)
{
    size_t kept = 0;
    int status;

    *hosts = (struct hosts){ 0 };
    status = find(hosts, all);
    for (size_t i = 0; i < hosts->n; i++) {
        look(&hosts->host[i]);
        if (hosts->host[i].up || all)
            hosts->host[kept++] = hosts->host[i];
    }
    hosts->n = kept;
    if (kept)
        qsort(hosts->host, kept, sizeof(*hosts->host), by_name);
    return status;
}

bool
hosts_any(void)
{
    struct hosts hosts;
    bool any = hosts_find(&hosts, false) == CLI_DONE && hosts.n;

    hosts_done(&hosts);
    return any;
}
