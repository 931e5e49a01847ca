/* SPDX-License-Identifier: MIT */
#include "run/fetching.h"

#include "base/auto.h"
#include "base/files.h"
#include "run/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What apt said, or what the number says. */
static int
apt_failed(const struct fetching *f, const struct fetch_wish *wish,
           const struct apt *apt, int r)
{
    if (r == -ENODATA)
        return fetching_because(
            f, r,
            "no package source of this machine has %s: either it is not "
            "Debian, or they are kept to other architectures (Architectures: "
            "or arch= in /etc/apt)",
            *wish->arch ? wish->arch : "packages");
    if (*apt->complaint)
        return fetching_because(f, r, "apt: %s", apt->complaint);
    if (r == -ENOENT)
        return fetching_because(f, r,
                                "apt-get is not there; a Debian machine has "
                                "it, and %s comes from its sources",
                                wish->packages[0]);
    return fetching_because(f, r, "apt: %s", strerror(-r));
}

/* Package lists that did not come are no failure by themselves: perhaps they
 * are not needed. If they were, they are the reason. */
static int
resolve(const struct fetching *f, const struct fetch_wish *wish,
        struct apt *apt, struct apt_list *list)
{
    struct apt update = *apt;
    int r = apt_resolve(apt, wish->packages, list);

    if (r == -ENOENT && *update.complaint)
        return fetching_because(f, -EIO,
                                "the package lists did not come; is this "
                                "machine online? apt: %s",
                                update.complaint);
    return r < 0 ? apt_failed(f, wish, apt, r) : 0;
}

static int
download(const struct fetching *f, const struct fetch_wish *wish,
         struct apt *apt, struct apt_list *list)
{
    int r;

    fetching_step(f, "package lists for %s", wish->packages[0]);
    r = apt_update(apt);
    if (r < 0)
        return apt_failed(f, wish, apt, r);
    r = resolve(f, wish, apt, list);
    if (r < 0)
        return r;
    fetching_step(f, "%zu package%s, %.1f MB, checked by apt", list->n,
                  list->n == 1 ? "" : "s", (double)list->bytes / 1e6);
    r = apt_download(apt, wish->packages);
    return r < 0 ? apt_failed(f, wish, apt, r) : 0;
}

/* As apt names it: no colon in a file name. */
static char *
deb_of(const struct apt *apt, const struct prefix_package *p)
{
    const char *colon = strchr(p->version, ':');
    int epoch = colon ? (int)(colon - p->version) : 0;
    char *path;

    return asprintf(&path, "%s/archives/%s_%.*s%s%s_%s.deb", apt->dir, p->name,
                    epoch, p->version, colon ? "%3a" : "",
                    colon ? colon + 1 : p->version, p->arch) < 0
               ? NULL
               : path;
}

static int
unpack_one(const struct fetching *f, const char *deb, const char *to)
{
    const char *const argv[] = { "dpkg-deb", "-x", deb, to, NULL };
    char complaint[256];
    int r = program_run(argv, NULL, NULL, complaint, sizeof(complaint));

    if (r == 0)
        return 0;
    r = r < 0 ? r : -EIO;
    return fetching_because(f, r, "dpkg-deb: %s",
                            *complaint ? complaint : strerror(-r));
}

static int
unpack(const struct fetching *f, const struct apt *apt,
       const struct apt_list *list, const char *to)
{
    int r = remove_tree(to);

    if (r == 0)
        r = make_dirs(to);
    if (r < 0)
        return fetching_failed_on(f, to, r);
    fetching_step(f, "unpacking");
    for (size_t i = 0; i < list->n; i++) {
        AUTO(free_done) char *deb = deb_of(apt, &list->packages[i]);

        r = deb ? unpack_one(f, deb, to) : -ENOMEM;
        if (r < 0)
            return r;
        f->view->percent(f->view->data, (int)(100 * (i + 1) / list->n));
    }
    return 0;
}

int
fetch_packages(const struct fetching *f, const struct fetch_wish *wish,
               struct apt_list *list)
{
    AUTO(free_done) char *dir = path_below(f->work, wish->name);
    struct apt apt = { .progress = f->view->percent,
                       .data = f->view->data,
                       .suite = wish->suite,
                       .newer = wish->newer };
    int r = dir ? make_dirs(dir) : -ENOMEM;

    *list = (struct apt_list){ 0 };
    if (r < 0)
        return fetching_failed_on(f, f->work, r);
    r = apt_begin(&apt, dir, wish->arch, wish->pretend);
    if (r < 0)
        return apt_failed(f, wish, &apt, r);
    r = download(f, wish, &apt, list);
    return r < 0 ? r : unpack(f, &apt, list, wish->to);
}
