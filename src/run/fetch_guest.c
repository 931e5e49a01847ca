/* SPDX-License-Identifier: MIT */
/* A guest's kernel, and an initramfs of programs: busybox, what s390-tools
 * has for cards and devices, openssl with IBM's engine for the cards, the
 * libraries that these ask for, the kernel's modules for crypto cards. What
 * starts in it comes with each boot, from whoever boots it. */
#include "run/fetching.h"

#include "base/auto.h"
#include "base/files.h"
#include "run/cpio.h"
#include "run/elf_needs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

/* Those of s390-tools and libica that are for cards and devices, and run
 * without more than libraries. */
static const char *const tools[] = {
    "chchp", "chzcrypt", "chzdev",   "icainfo", "icastats",  "lschp",
    "lscss", "lszdev",   "lszcrypt", "openssl", "zcryptctl", "zcryptstats",
};

/** What a program loads by its name, when it is asked to. Debian has openssl's
 * where an older one looked, and by another name; it loads libica, which
 * icainfo has brought. */
static const struct {
    const char *from;
    const char *to;
} plugins[] = {
    { "usr/lib/s390x-linux-gnu/openssl-1.0.2/engines/libibmca.so",
      "usr/lib/s390x-linux-gnu/engines-3/ibmca.so" },
};

static const char *const program_dirs[] = { "usr/sbin", "usr/bin", "sbin",
                                            "bin" };
static const char *const library_dirs[] = { "usr/lib/s390x-linux-gnu",
                                            "lib/s390x-linux-gnu" };

enum { MAX_ADDED = 64, MAX_NAME = 128 };

/** An initramfs on its way. */
struct image {
    int root; /* the unpacked packages */
    struct cpio cpio;
    char added[MAX_ADDED][MAX_NAME]; /* libraries, each once */
    size_t n_added;
};

/* A link with a path from '/' is one of the packages', not of this machine. */
static int
open_in(const struct image *image, const char *path)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC,
                            .resolve = RESOLVE_IN_ROOT };
    long fd = syscall(SYS_openat2, image->root, path, &how, sizeof(how));

    return fd < 0 ? -errno : (int)fd;
}

static bool
note_added(struct image *image, const char *name)
{
    for (size_t i = 0; i < image->n_added; i++)
        if (strcmp(image->added[i], name) == 0)
            return false;
    if (image->n_added == MAX_ADDED)
        return false;
    (void)snprintf(image->added[image->n_added++], MAX_NAME, "%s", name);
    return true;
}

static int add_elf(struct image *image, const char *path, int fd);

/* Where the dynamic linker looks for it, whatever folder it comes from. */
static int
add_library(struct image *image, const char *name)
{
    char path[MAX_NAME + 32];

    for (size_t i = 0; i < sizeof(library_dirs) / sizeof(*library_dirs); i++) {
        AUTO(fd_done) int fd = -1;

        (void)snprintf(path, sizeof(path), "%s/%s", library_dirs[i], name);
        fd = open_in(image, path);
        if (fd >= 0) {
            (void)snprintf(path, sizeof(path), "lib/s390x-linux-gnu/%s", name);
            return add_elf(image, path, fd);
        }
    }
    return -ENOENT;
}

static int
add_need(void *data, const char *name, bool interp)
{
    struct image *image = data;
    AUTO(fd_done) int fd = -1;

    if (strlen(name) >= MAX_NAME || (!interp && strchr(name, '/')))
        return -ENOEXEC;
    if (!note_added(image, name))
        return 0;
    if (!interp)
        return add_library(image, name);
    fd = open_in(image, name);
    return fd < 0 ? fd : add_elf(image, name + strspn(name, "/"), fd);
}

/* What it needs comes first. */
static int
add_elf(struct image *image, const char *path, int fd)
{
    int r = elf_needs(fd, add_need, image);

    return r < 0 ? r : cpio_file(&image->cpio, path, 0755, fd);
}

static int
add_program(struct image *image, const char *name)
{
    char path[MAX_NAME];

    for (size_t i = 0; i < sizeof(program_dirs) / sizeof(*program_dirs); i++) {
        AUTO(fd_done) int fd = -1;

        (void)snprintf(path, sizeof(path), "%s/%s", program_dirs[i], name);
        fd = open_in(image, path);
        (void)snprintf(path, sizeof(path), "bin/%s", name);
        if (fd >= 0)
            return add_elf(image, path, fd);
    }
    return -ENOENT;
}

/* Those that this version of s390-tools does not have are not missed, but
 * lszcrypt and busybox are. */
static int
add_programs(struct image *image)
{
    int r = add_program(image, "busybox");

    for (size_t i = 0; r >= 0 && i < sizeof(tools) / sizeof(*tools); i++) {
        r = add_program(image, tools[i]);
        if (r == -ENOENT && strcmp(tools[i], "lszcrypt") != 0)
            r = 0;
    }
    return r;
}

/* What is not there is not missed: nobody asks for it then. */
static int
add_plugins(struct image *image)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < sizeof(plugins) / sizeof(*plugins); i++) {
        AUTO(fd_done) int fd = open_in(image, plugins[i].from);

        r = fd < 0 ? 0 : add_elf(image, plugins[i].to, fd);
    }
    return r;
}

/* All of a directory's files that begin so, by their names' order, which
 * has zcrypt before those that need it. */
static int
add_modules(struct image *image, const char *dir)
{
    AUTO(free_done) struct dirent **entries = NULL;
    AUTO(fd_done) int at = open_in(image, dir);
    int n = at < 0 ? 0 : scandirat(at, ".", &entries, NULL, alphasort);
    int r = 0;

    for (int i = 0; i < n; i++) {
        AUTO(free_done) struct dirent *e = entries[i];
        char path[sizeof(e->d_name) + 16];
        AUTO(fd_done) int fd = -1;

        if (r < 0 || strncmp(e->d_name, "zcrypt", 6) != 0)
            continue;
        fd = openat(at, e->d_name, O_RDONLY | O_CLOEXEC);
        (void)snprintf(path, sizeof(path), "lib/modules/%s", e->d_name);
        r = fd < 0 ? -errno : cpio_file(&image->cpio, path, 0644, fd);
    }
    return at < 0 ? at : n < 0 ? -errno : r;
}

/* The kernel's release is the name of the only folder below lib/modules. */
static int
find_release(const struct image *image, char release[MAX_NAME])
{
    AUTO(fd_done) int at = open_in(image, "lib/modules");
    AUTO(dir_done) DIR *dir = at < 0 ? NULL : dir_open(at, ".");
    const char *name = dir_next(dir);

    if (!name)
        return -ENOENT;
    (void)snprintf(release, MAX_NAME, "%.*s", MAX_NAME - 1, name);
    return 0;
}

static int
add_all(struct image *image, const char *release)
{
    char modules[2 * MAX_NAME];
    int r = add_programs(image);

    if (r >= 0)
        r = add_plugins(image);
    (void)snprintf(modules, sizeof(modules),
                   "lib/modules/%s/kernel/drivers/s390/crypto", release);
    if (r >= 0)
        r = add_modules(image, modules);
    cpio_end(&image->cpio);
    return r;
}

static int
write_image(const struct fetching *f, struct image *image, const char *release)
{
    AUTO(free_done) char *path = path_below(f->root, "vap/initramfs");
    FILE *out = path ? fopen(path, "we") : NULL;
    int written;
    int r;

    if (!out)
        return path ? -errno : -ENOMEM;
    image->cpio = (struct cpio){ .out = out };
    r = add_all(image, release);
    written = file_written(out);
    return r < 0 ? r : written;
}

/* Debian's packages have it beside its modules from 7.2 on, before in boot. */
static int
take_kernel(const struct fetching *f, const char *release)
{
    AUTO(free_done) char *new = NULL;
    AUTO(free_done) char *old = NULL;
    AUTO(free_done) char *to = path_below(f->root, "vap/kernel");

    if (!to ||
        asprintf(&new, "%s/lib/modules/%s/vmlinuz", f->root, release) < 0 ||
        asprintf(&old, "%s/boot/vmlinuz-%s", f->root, release) < 0)
        return -ENOMEM;
    return rename(new, to) < 0 && rename(old, to) < 0 ? -errno : 0;
}

/* All but vap/ has done its service. */
static int
drop_packages(const struct fetching *f)
{
    AUTO(dir_done) DIR *dir = dir_open(AT_FDCWD, f->root);
    const char *name;
    int r = dir ? 0 : -errno;

    while (r == 0 && (name = dir_next(dir))) {
        AUTO(free_done) char *path = path_below(f->root, name);

        if (strcmp(name, "vap") != 0)
            r = path ? remove_tree(path) : -ENOMEM;
    }
    return r;
}

int
fetch_guest(const struct fetching *f)
{
    AUTO(fd_done) int root = open(f->root, O_PATH | O_CLOEXEC);
    struct image image = { .root = root };
    char release[MAX_NAME];
    int r = root < 0 ? -errno : find_release(&image, release);

    if (r < 0)
        return fetching_because(f, r, "the packages have no kernel");
    fetching_step(f, "making the initramfs of %s", release);
    r = write_image(f, &image, release);
    if (r < 0)
        return fetching_because(f, r,
                                "initramfs: the packages lack a part of it: %s",
                                strerror(-r));
    r = take_kernel(f, release);
    if (r == 0)
        r = drop_packages(f);
    return r < 0 ? fetching_failed_on(f, f->root, r) : 0;
}
