/* SPDX-License-Identifier: MIT */
/* A tree is found, or a host is started for it that cannot outlive us. */
#include "cli/virtual/tree_for.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/client.h"
#include "cli/virtual/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* A directory that has at least one bus: /tmp, given by mistake, has none. */
static int
plain_tree(const char *dir, struct tree_found *found)
{
    AUTO(free_done) char *path = realpath(dir, NULL);
    AUTO(free_done) char *bus = NULL;
    struct stat st;

    if (!path) {
        say_error("run: --tree %s: %s", dir, strerror(errno));
        return CLI_FAILED;
    }
    if (asprintf(&bus, "%s/bus", path) < 0)
        return CLI_FAILED;
    if (stat(bus, &st) < 0 || !S_ISDIR(st.st_mode)) {
        say_error("run: --tree %s: no bus found in it, a directory that looks "
                  "like /sys expected",
                  dir);
        return CLI_USAGE;
    }
    (void)snprintf(found->path, sizeof(found->path), "%s", path);
    return CLI_DONE;
}

static void
tell_name(struct tree_found *found, const char *name, const struct place *place)
{
    (void)snprintf(found->name, sizeof(found->name), "%s", name);
    (void)snprintf(found->path, sizeof(found->path), "%s", place->tree);
    (void)snprintf(found->files, sizeof(found->files), "%s", place->files);
    (void)snprintf(found->environment, sizeof(found->environment),
                   "VAP_NAME=%s", name);
}

static int
living_host(const char *name, struct tree_found *found)
{
    struct place place;
    int status = client_place(name, &place);

    if (status != CLI_DONE)
        return status;
    status = client_is_up(name, &place);
    if (status == CLI_DONE)
        tell_name(found, name, &place);
    return status;
}

/* "run-4711", and for another at the same time "run-4711-2". */
static void
own_name(char name[PLACE_NAME])
{
    static unsigned n;
    int length = snprintf(name, PLACE_NAME, "run-%d", (int)getpid());

    if (++n > 1)
        (void)snprintf(name + length, (size_t)(PLACE_NAME - length), "-%u", n);
}

/* It lives as long as our end of a pipe is open, which is as long as we. */
static int
own_host(const struct tree_wish *wish, struct tree_found *found)
{
    char name[PLACE_NAME];
    char alive[16];
    const char *argv[BACKGROUND_ARGS] = { "vapd",    "--name",     name,
                                          "--fresh", "--while-fd", alive };
    struct place place;
    int status;
    int ends[2];
    int n = 6;

    own_name(name);
    status = client_place(name, &place);
    if (status != CLI_DONE || pipe2(ends, O_CLOEXEC) < 0)
        return status == CLI_DONE ? CLI_FAILED : status;
    (void)snprintf(alive, sizeof(alive), "%d", ends[0]);
    (void)fcntl(ends[0], F_SETFD, 0);
    if (wish->no_scan)
        argv[n++] = "--no-scan";
    if (wish->host) {
        argv[n++] = "--host";
        argv[n] = wish->host;
    }
    status = background_start(argv);
    (void)close(ends[0]);
    found->alive = ends[1];
    found->ends = true;
    tell_name(found, name, &place);
    if (status != CLI_DONE)
        tree_done(found);
    return status;
}

int
tree_for(const struct tree_wish *wish, struct tree_found *found)
{
    const char *here = getenv("VAP_NAME");
    bool up;
    int status;

    *found = (struct tree_found){ .alive = -1 };
    if (wish->tree)
        return plain_tree(wish->tree, found);
    if (wish->host || wish->own)
        return own_host(wish, found);
    if (wish->name || (here && *here))
        return living_host(client_name(wish->name), found);
    status = client_usual(PLACE_DEFAULT, &up);
    if (status != CLI_DONE)
        return status;
    return up ? living_host(PLACE_DEFAULT, found) : own_host(wish, found);
}

/* Its end is waited for, so that nothing of it is left when we return; what
 * one that was killed has left, we take away. */
void
tree_done(struct tree_found *found)
{
    struct place place;

    if (found->alive < 0)
        return;
    (void)close(found->alive);
    found->alive = -1;
    if (place_of(found->name, &place) < 0)
        return;
    for (int ms = 0; place_pid(&place) > 0 && ms < 10000; ms += 5)
        (void)usleep(5000);
    if (access(place.runtime, F_OK) == 0)
        (void)background_stop(&place, found->name, true);
}
