/* SPDX-License-Identifier: MIT */
#include "cli/frame/type_in.h"

#include "base/say.h"
#include "cli/frame/cli.h"

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

int
type_in_asked(const char *command, bool yes)
{
    char answer[16] = "";

    if (yes)
        return CLI_DONE;
    if (!isatty(STDIN_FILENO)) {
        say_error("%s: --yes expected, as there is no terminal to ask on",
                  command);
        return CLI_USAGE;
    }
    (void)fflush(stdout);
    (void)fputs("do it? [y/N] ", stderr);
    if (!fgets(answer, sizeof(answer), stdin))
        *answer = '\0';
    return *answer == 'y' || *answer == 'Y' ? CLI_DONE : CLI_REFUSED;
}
