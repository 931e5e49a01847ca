/* SPDX-License-Identifier: MIT */
#include "cli/frame/type_in.h"

#include "base/auto.h"
#include "base/say.h"
#include "base/stop.h"
#include "cli/frame/ask.h"
#include "cli/frame/cli.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

bool
type_in_possible(const char *tree)
{
    struct statfs fs;

    return statfs(tree, &fs) == 0 &&
           (fs.f_type == SYSFS_MAGIC || fs.f_type == FUSE_SUPER_MAGIC);
}

bool
type_in_whole(const char *tree, const char *mdev)
{
    AUTO(free_done) char *path = NULL;

    return !tree || (asprintf(&path, "%s/devices/vfio_ap/matrix/%s/ap_config",
                              tree, mdev) > 0 &&
                     access(path, F_OK) == 0);
}

int
type_in_asked(const char *command, bool yes)
{
    if (yes)
        return CLI_DONE;
    if (!isatty(STDIN_FILENO)) {
        say_error("%s: --yes expected, as there is no terminal to ask on",
                  command);
        return CLI_USAGE;
    }
    (void)fflush(stdout);
    return ask_yes(stderr, "do it? [y/N] ") ? CLI_DONE : CLI_REFUSED;
}

/* chzdev 2.22 gives up after a minute and a half, later ones after ten. */
enum { LOCK_MS = 300000 };

static void
say_waits(pid_t owner, const char *name)
{
    (void)fflush(stdout);
    say_error("waiting for %s, process %d, which changes the AP configuration",
              *name ? name : "somebody", (int)owner);
}

int
type_in_lock(const struct whose *whose, struct tools_lock *out)
{
    static const struct tools_lock_wait wait = { LOCK_MS, stop_asked,
                                                 say_waits };
    const char *root = whose_root(whose);
    int r;

    *out = (struct tools_lock){ 0 };
    stop_catch();
    r = root ? tools_lock_take(root, &wait, out) : 0;
    if (r == -EINTR)
        say_error("stopped: nothing has been written");
    else if (r == -EBUSY)
        say_error("nothing has been written: for five minutes the lock has "
                  "been somebody else's; if that is no mdevctl and no chzdev, "
                  "remove %s%s" TOOLS_LOCK,
                  root, strcmp(root, "/") ? "/" : "");
    else if (r)
        say_error("%s%s" TOOLS_LOCK ": %s", root, strcmp(root, "/") ? "/" : "",
                  strerror(-r));
    return r == -EINTR || r == -EBUSY ? CLI_REFUSED : r ? CLI_FAILED : CLI_DONE;
}
