/* SPDX-License-Identifier: MIT */
#include "cli/frame/type_in.h"

#include "base/auto.h"
#include "base/files.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "host/change_words.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <syslog.h>

int
type_in(const char *tree, const struct host *host,
        const struct vap_request *request)
{
    AUTO(change_write_done) struct change_write w = { 0 };
    AUTO(free_done) char *path = NULL;
    AUTO(free_done) char *line = NULL;
    int r = change_words_write(host, request, &w);

    if (r)
        return r;
    path = path_below(tree, w.file);
    if (!path || asprintf(&line, "%s\n", w.text) < 0)
        return -ENOMEM;
    r = file_store(AT_FDCWD, path, line);
    syslog(LOG_NOTICE, "wrote %s to %s: %s", w.text, path,
           r ? strerror(-r) : "done");
    return -r;
}

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
