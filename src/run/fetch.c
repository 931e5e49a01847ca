/* SPDX-License-Identifier: MIT */
/* All is made below CACHE/PREFIX.new: apt's files in apt/, what becomes the
 * prefix in root/. apt keeps each package it has got, whole or in part, so to
 * go on is to begin again. */
#include "run/fetch.h"

#include "base/auto.h"
#include "base/files.h"
#include "run/fetching.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

/* Interpreters: the machine's own run the scripts. */
static const char *const interpreters[] = { "gawk", "perl", "python3", NULL };

/* QEMU runs on the machine's own C library, and sets nobody up. */
static const char *const machine[] = { "adduser", "debconf", "libc6", NULL };

/* Nobody installs into a guest, and its initramfs is ours. */
static const char *const no_system[] = {
    "coreutils", "debconf",    "dpkg",  "gawk", "initramfs-tools",
    "kmod",      "linux-base", "mount", "perl", "python3",
    "systemd",   "tar",        "udev",  NULL,
};

/* The emulator looks into the prefix first, for every path: what is no
 * program or library would hide the machine's own files. */
static const char *const no_programs[] = {
    "boot",          "dev", "etc", "home", "proc",          "run",
    "srv",           "sys", "tmp", "var",  "usr/share/doc", "usr/share/locale",
    "usr/share/man", NULL,
};
static const char *const papers[] = {
    "etc", "usr/share/doc", "usr/share/man", "var", NULL,
};

const struct fetch_set fetch_sets[] = {
    {
        .name = "tools",
        .what = "s390-tools: lszcrypt, chzcrypt, lszdev, chzdev, ...",
        .prefix = "s390x",
        .arch = "s390x",
        .packages = (const char *const[]){ "s390-tools", NULL },
        .pretend = interpreters,
        .drop = no_programs,
        .finish = fetch_emulator,
        .use = "vap run --s390x -- lszcrypt -V",
    },
    {
        .name = "tools-13",
        .what = "s390-tools of Debian 13: also chzdev --type ap",
        .prefix = "s390x-13",
        .arch = "s390x",
        .suite = "trixie",
        .packages = (const char *const[]){ "s390-tools", NULL },
        .pretend = interpreters,
        .drop = no_programs,
        .finish = fetch_emulator,
        .use = "vap run --tools tools-13 -- lszdev --type ap",
    },
    {
        .name = "qemu",
        .what = "a machine for guests: qemu-system-s390x",
        .prefix = "qemu",
        .arch = "",
        .packages = (const char *const[]){ "qemu-system-s390x", NULL },
        .pretend = machine,
        .newer = true,
        .drop = papers,
        .use = "vap guest --linux",
    },
    {
        .name = "guest",
        .what = "what runs in it: Linux, s390-tools, openssl",
        .prefix = "guest",
        .arch = "s390x",
        .packages =
            (const char *const[]){ "linux-image-s390x", "busybox-static",
                                   "s390-tools", "openssl", "openssl-ibmca",
                                   "libica-utils", NULL },
        .pretend = no_system,
        .newer = true,
        .drop = papers,
        .finish = fetch_guest,
        .use = "vap guest --linux",
    },
};
const size_t fetch_n_sets = sizeof(fetch_sets) / sizeof(*fetch_sets);

const struct fetch_set *
fetch_set_named(const char *name)
{
    for (size_t i = 0; i < fetch_n_sets; i++)
        if (strcmp(fetch_sets[i].name, name) == 0)
            return &fetch_sets[i];
    return NULL;
}

static bool
has_package(const struct prefix *prefix, const char *name)
{
    for (size_t i = 0; i < prefix->n_packages; i++)
        if (strcmp(prefix->packages[i].name, name) == 0)
            return true;
    return false;
}

int
fetch_read(const struct fetch_set *set, struct prefix *out)
{
    int r = prefix_read(set->prefix, out);

    for (const char *const *name = set->packages; *name && r == 0; name++)
        r = has_package(out, *name) ? 0 : -ENOENT;
    return r;
}

static bool
is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Those whose name is this; NULL for all that were not asked for. */
static int
note_those(struct fetching *f, const struct apt_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct prefix_package *p = &list->packages[i];
        bool it = name ? strcmp(p->name, name) == 0
                       : !is_one_of(p->name, f->set->packages);

        if (it && prefix_add(&f->prefix, p->name, p->version, p->arch) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* Those asked for come first, as they were asked for. */
static int
note_packages(struct fetching *f, const struct apt_list *list)
{
    int r = 0;

    for (const char *const *name = f->set->packages; *name && r == 0; name++)
        r = note_those(f, list, *name);
    return r < 0 ? r : note_those(f, list, NULL);
}

static void
note_time(struct fetching *f)
{
    time_t now = time(NULL);
    struct tm tm;

    (void)gmtime_r(&now, &tm);
    (void)strftime(f->prefix.fetched, sizeof(f->prefix.fetched),
                   "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* Debian 13's packages have everything below usr/, and programs count on the
 * links that a system has beside it. */
static int
link_usr(const struct fetching *f)
{
    static const char *const names[] = { "bin", "lib", "lib64", "sbin" };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char target[16];
        AUTO(free_done) char *link = path_below(f->root, names[i]);
        AUTO(free_done) char *real = NULL;

        (void)snprintf(target, sizeof(target), "usr/%s", names[i]);
        real = path_below(f->root, target);
        if (!link || !real)
            return -ENOMEM;
        if (access(real, F_OK) == 0 && symlink(target, link) < 0 &&
            errno != EEXIST)
            return -errno;
    }
    return 0;
}

static int
drop_useless(const struct fetching *f)
{
    int r = 0;

    for (const char *const *name = f->set->drop; *name && r == 0; name++) {
        AUTO(free_done) char *path = path_below(f->root, *name);

        r = path ? remove_tree(path) : -ENOMEM;
    }
    return r;
}

static int
make_own_folder(const struct fetching *f)
{
    AUTO(free_done) char *own = path_below(f->root, "vap");

    return own ? make_dirs(own) : -ENOMEM;
}

/* The prefix, whole, beside its place. */
static int
build(struct fetching *f)
{
    AUTO(apt_list_done) struct apt_list list = { 0 };
    int r = fetch_packages(f,
                           &(struct fetch_wish){ .name = "apt",
                                                 .arch = f->set->arch,
                                                 .suite = f->set->suite,
                                                 .packages = f->set->packages,
                                                 .pretend = f->set->pretend,
                                                 .newer = f->set->newer,
                                                 .to = f->root },
                           &list);

    if (r < 0)
        return r;
    if ((r = link_usr(f)) < 0 || (r = drop_useless(f)) < 0 ||
        (r = make_own_folder(f)) < 0 || (r = note_packages(f, &list)) < 0)
        return fetching_failed_on(f, f->root, r);
    if (f->set->finish && (r = f->set->finish(f)) < 0)
        return r;
    note_time(f);
    r = prefix_write(f->root, &f->prefix);
    return r < 0 ? fetching_failed_on(f, f->root, r) : 0;
}

/* Whoever looks sees the old one, whole, or the new one, whole. */
static int
take_its_place(const struct fetching *f)
{
    AUTO(free_done) char *place = path_below(f->cache, f->set->prefix);
    int r;

    if (!place)
        return fetching_failed_on(f, f->cache, -ENOMEM);
    if (renameat2(AT_FDCWD, f->root, AT_FDCWD, place, RENAME_EXCHANGE) < 0 &&
        rename(f->root, place) < 0)
        return fetching_failed_on(f, place, -errno);
    r = remove_tree(f->work); /* the old one is in it now */
    return r < 0 ? fetching_failed_on(f, f->work, r) : 0;
}

static int
take_lock(struct fetching *f)
{
    AUTO(free_done) char *path = path_below(f->cache, "fetch.lock");

    f->lock = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;
    if (f->lock < 0)
        return fetching_failed_on(f, f->cache, -errno);
    if (flock(f->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    return errno == EWOULDBLOCK
               ? fetching_because(f, -EBUSY, "another vap fetch is at work")
               : fetching_failed_on(f, path, -errno);
}

static int
begin(struct fetching *f)
{
    int r = prefix_cache(f->cache);

    if (r < 0)
        return fetching_because(f, r,
                                "no place to put it: neither XDG_CACHE_HOME "
                                "nor HOME is set");
    if (prefix_check(f->cache) == -EPERM)
        return fetching_because(f, -EPERM,
                                "the cache is another user's, or can be "
                                "written by others; set XDG_CACHE_HOME to a "
                                "folder of your own");
    r = make_dirs(f->cache);
    if (r < 0)
        return fetching_failed_on(f, f->cache, r);
    if (asprintf(&f->work, "%s/%s.new", f->cache, f->set->prefix) < 0)
        f->work = NULL;
    f->root = f->work ? path_below(f->work, "root") : NULL;
    if (!f->root)
        return fetching_failed_on(f, f->cache, -ENOMEM);
    return take_lock(f);
}

static void
fetching_done(struct fetching *f)
{
    fd_done(&f->lock);
    free(f->work);
    free(f->root);
    prefix_done(&f->prefix);
}

int /* NOLINTNEXTLINE(readability-non-const-parameter): f writes to why */
fetch(const struct fetch_set *set, const struct fetch_view *view, char *why,
      size_t size)
{
    AUTO(fetching_done)
    struct fetching f = {
        .set = set, .view = view, .why = why, .size = size, .lock = -1
    };
    int r = begin(&f);

    if (r == 0)
        r = build(&f);
    return r < 0 ? r : take_its_place(&f);
}
