/* SPDX-License-Identifier: MIT */
#include "run/private.h"

#include "base/auto.h"
#include "base/files.h"
#include "run/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int
failed_at(struct merge_result *result, const char *path, int r)
{
    (void)snprintf(result->where, sizeof(result->where), "%s", path);
    return r;
}

/* Shows dir, or nothing, in place of what is there. Returns its root. */
static int
cover(int real, const char *path, const char *dir)
{
    int r;

    if (!*dir)
        return mount_tmpfs(real, "", 0755);
    r = mount_copy(AT_FDCWD, dir, real, "");
    if (r < 0)
        return r;
    r = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return r < 0 ? -errno : r;
}

static int
make_dir(int at, const char *name)
{
    return mkdirat(at, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* mdevctl 1.2 fails where these are missing. */
static int
mdevctl_scripts(int real, int shown)
{
    int r = make_dir(shown, "scripts.d");

    if (r < 0)
        return r;
    r = mount_copy(real, "scripts.d", shown, "scripts.d");
    if (r != -ENOENT)
        return r;
    r = make_dir(shown, "scripts.d/callouts");
    return r < 0 ? r : make_dir(shown, "scripts.d/notifiers");
}

static const struct private_place {
    const char *path;
    int (*fill)(int real, int shown); /* with what of the machine's stays */
} places[] = {
    { "/etc/mdevctl.d", mdevctl_scripts },
    { "/etc/udev/rules.d", NULL },
    { "/run/lock", NULL },
};

static int
show_place(const struct private_place *place, const char *files,
           struct merge_result *result)
{
    AUTO(fd_done)
    int real = open(place->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO(free_done) char *dir = NULL;
    AUTO(fd_done) int shown = -1;
    int r = 0;

    if (real < 0)
        return errno == ENOENT ? 0 : failed_at(result, place->path, -errno);
    dir = *files ? path_below(files, place->path + 1) : strdup("");
    if (dir && *dir)
        r = make_dirs(dir);
    if (!dir || r < 0)
        return failed_at(result, files, dir ? r : -ENOMEM);
    shown = cover(real, place->path, dir);
    r = shown >= 0 && place->fill ? place->fill(real, shown) : shown;
    return r < 0 ? failed_at(result, place->path, r) : 0;
}

int
private_places(const char *files, struct merge_result *result)
{
    int r = 0;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && r == 0; i++)
        r = show_place(&places[i], files, result);
    return r;
}

/* As libudev asks: of the mounts at /dev, the last one counts. */
static bool
dev_is_devtmpfs(void)
{
    AUTO(file_done) FILE *f = fopen("/proc/self/mountinfo", "re");
    AUTO(free_done) char *line = NULL;
    size_t size = 0;
    bool is = false;

    while (f && getline(&line, &size, f) > 0) {
        char at[16];
        const char *type = strstr(line, " - ");

        if (type && sscanf(line, "%*s %*s %*s %*s %15s", at) == 1 &&
            strcmp(at, "/dev") == 0)
            is = strncmp(type, " - devtmpfs ", 12) == 0;
    }
    return is;
}

/* /run/NAME, which is not there: an empty directory of one's own. */
static int
new_in_run(const char *name, struct merge_result *result)
{
    AUTO(fd_done) int run = merge_cover("/run", result);
    int dir;

    if (run < 0)
        return run;
    if (mkdirat(run, name, 0755) < 0)
        return failed_at(result, "/run", -errno);
    dir = openat(run, name, O_PATH | O_CLOEXEC);
    return dir < 0 ? failed_at(result, "/run", -errno) : dir;
}

int
private_udev(struct merge_result *result)
{
    AUTO(fd_done) int dir = -1;

    if (access("/run/udev/control", F_OK) == 0 || dev_is_devtmpfs())
        return 0;
    dir = access("/run/udev", F_OK) == 0 ? merge_cover("/run/udev", result)
                                         : new_in_run("udev", result);
    if (dir < 0)
        return dir;
    if (mknodat(dir, "control", S_IFREG | 0600, 0) < 0)
        return failed_at(result, "/run/udev/control", -errno);
    return 0;
}

int
private_libvirt(struct merge_result *result)
{
    static const char path[] = "/run/libvirt";
    AUTO(fd_done) int real = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO(fd_done) int shown = -1;

    if (real < 0 && errno != ENOENT)
        return failed_at(result, path, -errno);
    if (real < 0) {
        shown = new_in_run("libvirt", result);
        return shown < 0 ? shown : 0;
    }
    shown = mount_tmpfs(real, "", 0755);
    return shown < 0 ? failed_at(result, path, shown) : 0;
}
