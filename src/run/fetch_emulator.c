/* SPDX-License-Identifier: MIT */
#include "run/fetching.h"

#include "base/auto.h"
#include "base/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of packages called -static, so that they need nothing of a prefix. */
static const char *const names[] = { "qemu-s390x-static", "qemu-s390x" };
static const char *const packages[] = { "qemu-user-static", NULL };

enum { N_NAMES = sizeof(names) / sizeof(*names) };

/* Of all that came with it, the program alone is kept. */
static int
keep_program(const struct fetching *f, const char *unpacked, const char *to)
{
    AUTO(free_done) char *bin = path_below(unpacked, "usr/bin");

    for (size_t i = 0; bin && i < N_NAMES; i++) {
        AUTO(free_done) char *link = path_below(bin, names[i]);
        AUTO(free_done) char *from = link ? realpath(link, NULL) : NULL;

        if (from)
            return rename(from, to) < 0 ? fetching_failed_on(f, to, -errno) : 0;
    }
    return fetching_because(f, -ENOENT, "%s has no emulator for s390x",
                            packages[0]);
}

static int
fetch_program(const struct fetching *f, const char *to)
{
    AUTO(free_done) char *unpacked = path_below(f->work, "qemu");
    AUTO(apt_list_done) struct apt_list list = { 0 };
    int r;

    if (!unpacked)
        return fetching_because(f, -ENOMEM, "%s", strerror(ENOMEM));
    r = fetch_packages(f,
                       &(struct fetch_wish){ .name = "apt-qemu",
                                             .arch = "",
                                             .packages = packages,
                                             .to = unpacked },
                       &list);
    return r < 0 ? r : keep_program(f, unpacked, to);
}

static int
place_emulator(const struct fetching *f)
{
    AUTO(free_done) char *to = path_below(f->root, "vap/qemu");
    char found[PATH_MAX];

    if (!to)
        return fetching_because(f, -ENOMEM, "%s", strerror(ENOMEM));
    for (size_t i = 0; i < N_NAMES; i++)
        if (find_program(names[i], found))
            return symlink(found, to) < 0 ? fetching_failed_on(f, to, -errno)
                                          : 0;
    return fetch_program(f, to);
}

int
fetch_emulator(const struct fetching *f)
{
    int r = place_emulator(f);

    if (r < 0)
        return r;
    r = prefix_make_bin(f->root);
    return r < 0 ? fetching_failed_on(f, f->root, r) : 0;
}
