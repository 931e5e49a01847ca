/* SPDX-License-Identifier: MIT */
#include "cli/tree_for.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/cli.h"

#include <errno.h>
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

int
tree_for(const struct tree_wish *wish, struct tree_found *found)
{
    *found = (struct tree_found){ 0 };
    if (wish->tree)
        return plain_tree(wish->tree, found);
    say_error("run: --tree DIR expected: there is no virtual host to take a "
              "tree from");
    return CLI_USAGE;
}

void
tree_done(struct tree_found *found)
{
    (void)found;
}
