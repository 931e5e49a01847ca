/* SPDX-License-Identifier: MIT */
/* Why a host has no place, in words: each with what mends it. */
#include "base/place.h"

#include "base/say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The variable that names another parent of the runtime folders. */
static const char *
variable(void)
{
    return getenv("VAP_RUNTIME_DIR") || geteuid() == 0 ? "VAP_RUNTIME_DIR"
                                                       : "XDG_RUNTIME_DIR";
}

/* "is a link", what place_check() has found. */
static void
describe(const char *folder, char *out, size_t size)
{
    struct stat st;

    if (lstat(folder, &st) < 0)
        (void)snprintf(out, size, "%s", strerror(errno));
    else if (S_ISLNK(st.st_mode))
        (void)snprintf(out, size, "is a link");
    else if (!S_ISDIR(st.st_mode))
        (void)snprintf(out, size, "is no folder");
    else if (st.st_uid != geteuid() && st.st_uid != 0)
        (void)snprintf(out, size, "belongs to uid %u", (unsigned)st.st_uid);
    else
        (void)snprintf(out, size, "can be written by others, mode %04o",
                       (unsigned)(st.st_mode & 07777));
}

static void
say_parent(int error)
{
    char parent[PATH_MAX];
    char what[64];

    (void)place_parent(parent);
    if (error == -EPERM) {
        describe(parent, what, sizeof(what));
        say_error("%s: %s; a virtual host there could be anybody's: set %s to "
                  "a folder of your own, or remove it",
                  parent, what, variable());
    } else
        say_error("%s: %s; set %s to a folder of your own", parent,
                  strerror(-error), variable());
}

void
place_say(const char *name, int error)
{
    if (error == -EINVAL)
        say_error("--name: %s found, 1 to %d letters, digits, '.', '_' and "
                  "'-' expected, the first a letter or a digit",
                  name, PLACE_NAME);
    else if (error == -ENAMETOOLONG)
        say_error("the path of the host %s is too long; VAP_RUNTIME_DIR can "
                  "name a shorter one",
                  name);
    else
        say_parent(error);
}

void
place_say_unmade(const struct place *place, int error)
{
    bool runs = access(place->runtime, R_OK | W_OK | X_OK) == 0;

    say_error("%s: %s; set %s to a folder where you can write",
              runs ? place->state : place->runtime, strerror(-error),
              runs ? "VAP_STATE_DIR" : variable());
}
