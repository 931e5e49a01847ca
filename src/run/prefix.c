/* SPDX-License-Identifier: MIT */
/* The programs are found by name through small scripts, and not by a
 * binfmt_misc of our own: that is each user namespace's only since Linux 6.7,
 * and before it is the machine's. */
#include "run/prefix.h"

#include "base/auto.h"
#include "base/files.h"
#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

int
prefix_cache(char path[PATH_MAX])
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int n;

    if (cache && *cache == '/')
        n = snprintf(path, PATH_MAX, "%s/vap", cache);
    else if (home && *home == '/')
        n = snprintf(path, PATH_MAX, "%s/.cache/vap", home);
    else
        return -ENOENT;
    return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int
prefix_add(struct prefix *prefix, const char *name, const char *version,
           const char *arch)
{
    struct prefix_package *more =
        reallocarray(prefix->packages, prefix->n_packages + 1, sizeof(*more));
    struct prefix_package *p;

    if (!more)
        return -ENOMEM;
    prefix->packages = more;
    p = &more[prefix->n_packages++];
    (void)snprintf(p->name, sizeof(p->name), "%s", name);
    (void)snprintf(p->version, sizeof(p->version), "%s", version);
    (void)snprintf(p->arch, sizeof(p->arch), "%s", arch);
    return 0;
}

void
prefix_done(struct prefix *prefix)
{
    free(prefix->packages);
    *prefix = (struct prefix){ 0 };
}

static int
read_line(struct prefix *prefix, const char *line)
{
    char name[64];
    char version[64];
    char arch[16];

    if (sscanf(line, "fetched %31s", prefix->fetched) == 1)
        return 0;
    if (sscanf(line, "package %63s %63s %15s", name, version, arch) == 3)
        return prefix_add(prefix, name, version, arch);
    return -EBADMSG;
}

static int
read_set(FILE *f, struct prefix *prefix)
{
    AUTO(free_done) char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, f) > 0) {
        int r = read_line(prefix, line);

        if (r < 0)
            return r;
    }
    return *prefix->fetched && prefix->n_packages ? 0 : -EBADMSG;
}

static int
prefix_path(const char *name, char path[PATH_MAX])
{
    int r = prefix_cache(path);
    size_t n = r < 0 ? 0 : strlen(path);

    if (r == 0 &&
        snprintf(path + n, PATH_MAX - n, "/%s", name) >= (int)(PATH_MAX - n))
        r = -ENAMETOOLONG;
    return r;
}

int
prefix_check(const char *path)
{
    AUTO(free_done)
    char *itself = path_below(path, "."); /* also behind a link */
    int r = itself ? place_check(itself) : -ENOMEM;

    return r == -ENOENT ? 0 : r;
}

/* Whoever can write to one of these has us run what he likes. */
static int
check_all(const char *path)
{
    AUTO(free_done) char *above = path_below(path, "..");
    AUTO(free_done) char *vap = path_below(path, "vap");
    AUTO(free_done) char *bin = path_below(path, "vap/bin");
    int r = above && vap && bin ? prefix_check(above) : -ENOMEM;

    if (r == 0)
        r = prefix_check(path);
    if (r == 0)
        r = prefix_check(vap);
    return r == 0 ? prefix_check(bin) : r;
}

int
prefix_read(const char *name, struct prefix *out)
{
    AUTO(file_done) FILE *f = NULL;
    AUTO(free_done) char *set = NULL;
    int r;

    *out = (struct prefix){ 0 };
    r = prefix_path(name, out->path);
    if (r < 0)
        return r;
    r = check_all(out->path);
    if (r < 0)
        return r;
    set = path_below(out->path, "vap/set");
    if (!set)
        return -ENOMEM;
    f = fopen(set, "re");
    if (!f)
        return access(out->path, F_OK) == 0 ? -EBADMSG : -ENOENT;
    r = read_set(f, out);
    if (r < 0) {
        free(TAKE(out->packages));
        out->n_packages = 0;
    }
    return r;
}

int
prefix_write(const char *root, const struct prefix *prefix)
{
    AUTO(free_done) char *path = path_below(root, "vap/set");
    FILE *f = path ? fopen(path, "we") : NULL;

    if (!f)
        return path ? -errno : -ENOMEM;
    (void)fprintf(f, "fetched %s\n", prefix->fetched);
    for (size_t i = 0; i < prefix->n_packages; i++) {
        const struct prefix_package *p = &prefix->packages[i];

        (void)fprintf(f, "package %s %s %s\n", p->name, p->version, p->arch);
    }
    return file_written(f);
}

/* What a program is, by how it begins. */
static bool
begins(int at, const char *name, const char *magic)
{
    AUTO(fd_done) int fd = openat(at, name, O_RDONLY | O_CLOEXEC);
    char start[4];

    return fd >= 0 && read(fd, start, sizeof(start)) == sizeof(start) &&
           memcmp(start, magic, strlen(magic)) == 0;
}

/* $0 is the whole path, as the kernel found it. */
static int
write_wrapper(int bin, const char *dir, const char *name)
{
    int fd = openat(bin, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

    if (fd < 0)
        return errno == EEXIST ? 0 : -errno;
    if (dprintf(fd,
                "#!/bin/sh\n"
                "vap=${0%%/*}/..\n"
                "exec \"$vap/qemu\" -L \"$vap/..\" -0 '%s' \"$vap/../%s/%s\" "
                "\"$@\"\n",
                name, dir, name) < 0) {
        (void)close(fd);
        return -errno;
    }
    return close(fd) < 0 ? -errno : 0;
}

static int
link_script(int bin, const char *dir, const char *name)
{
    char target[PATH_MAX];

    (void)snprintf(target, sizeof(target), "../../%s/%s", dir, name);
    return symlinkat(target, bin, name) < 0 && errno != EEXIST ? -errno : 0;
}

/* Whoever names a program so that sh would see more than a name has no wish
 * to be called. */
static bool
plain_name(const char *name)
{
    return !strchr(name, '\'') && !strchr(name, '\n') && *name != '.' &&
           !strstr(name, ".so");
}

static int
wrap_programs(const char *root, const char *dir, int bin)
{
    AUTO(free_done) char *path = path_below(root, dir);
    AUTO(dir_done) DIR *from = path ? dir_open(AT_FDCWD, path) : NULL;
    const char *name;
    int r = 0;

    if (!from)
        return !path ? -ENOMEM : errno == ENOENT ? 0 : -errno;
    while (r == 0 && (name = dir_next(from))) {
        if (!plain_name(name))
            continue;
        if (begins(dirfd(from), name, "\177ELF"))
            r = write_wrapper(bin, dir, name);
        else if (begins(dirfd(from), name, "#!"))
            r = link_script(bin, dir, name);
    }
    return r;
}

int
prefix_make_bin(const char *root)
{
    static const char *const dirs[] = { "usr/sbin", "usr/bin", "sbin", "bin" };
    AUTO(free_done) char *path = path_below(root, "vap/bin");
    AUTO(fd_done) int bin = -1;
    int r = 0;

    if (!path)
        return -ENOMEM;
    if (mkdir(path, 0755) < 0)
        return -errno;
    bin = open(path, O_PATH | O_CLOEXEC);
    for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs) && r == 0; i++)
        r = wrap_programs(root, dirs[i], bin);
    return r;
}
