/* SPDX-License-Identifier: MIT */
/* The mdevs: what each is assigned, and what the kernel shows that its guest
 * may use. A file shows no more than 4,095 bytes, so of a large matrix some
 * is only to be had from elsewhere. Source: Linux vfio_ap_ops.c,
 * vfio_ap_mdev_matrix_show() and its kin. */
#include "observe/hostfile.h"
#include "observe/sysdir_sight.h"

#include "base/auto.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define MATRIX "devices/vfio_ap/matrix/"

enum { PATH = 512 };

static const char *
path_of(const char *mdev, const char *file, char path[PATH])
{
    (void)snprintf(path, PATH, MATRIX "%s/%s", mdev, file);
    return path;
}

static bool
read_hex(const char *text, size_t digits, unsigned *out)
{
    char *end = NULL;
    char copy[8] = "";

    memcpy(copy, text, digits);
    *out = (unsigned)strtoul(copy, &end, 16);
    return end == copy + digits && copy[0] != '+' && copy[0] != '-' &&
           *out < VAP_IDS;
}

/* "05.0047", "05.", ".0047". */
static bool
add_line(const char *line, size_t length, struct vap_matrix *out)
{
    bool adapter = length == 7 || length == 3;
    bool domain = length == 7 || length == 5;
    unsigned a = 0, d = 0;

    if ((!adapter && !domain) || line[adapter ? 2 : 0] != '.' ||
        (adapter && !read_hex(line, 2, &a)) ||
        (domain && !read_hex(line + length - 4, 4, &d)))
        return false;
    if (adapter)
        vap_mask_add(&out->adapters, a);
    if (domain)
        vap_mask_add(&out->domains, d);
    return true;
}

/** A file "matrix" or "guest_matrix". */
struct shown {
    struct vap_matrix ids;
    bool cut; /* there are adapters above those in ids, or may be */
};

/* False: there is no such file, or it says something else. */
static bool
read_shown(struct sight *s, const char *mdev, const char *file,
           struct shown *out)
{
    char path[PATH];
    char text[SIGHT_PAGE];
    int n = sight_text(s, s->dir, path_of(mdev, file, path), text);

    *out = (struct shown){ .cut = n == SIGHT_PAGE - 1 };
    for (const char *line = text; n > 0 && *line;) {
        size_t length = strcspn(line, "\n");

        if (!add_line(line, length, &out->ids))
            return false;
        line += length + (line[length] == '\n');
    }
    return n >= 0;
}

static void
read_control(struct sight *s, const char *mdev, struct vap_mask *out)
{
    char path[PATH];
    char text[SIGHT_PAGE];
    int n = sight_text(s, s->dir, path_of(mdev, "control_domains", path), text);
    unsigned id;

    *out = vap_mask_none();
    for (const char *line = text; n > 0 && *line;
         line += line[4] == '\n' ? 5 : 4) {
        if (strlen(line) < 4 || !read_hex(line, 4, &id))
            return;
        vap_mask_add(out, id);
    }
}

/* From ap_config, which is whole; before 6.10 there is none. */
static void
read_matrix(struct sight *s, const char *mdev, struct vap_matrix *out)
{
    char path[PATH];
    char text[SIGHT_PAGE];
    struct shown shown;
    int n = sight_text(s, s->dir, path_of(mdev, "ap_config", path), text);

    if (n > 0 && vap_read_config(text, strlen(text), out) == VAP_OK)
        return;
    if (!read_shown(s, mdev, "matrix", &shown))
        sight_note(s, "the matrix of %s cannot be read: taken for empty", mdev);
    if (shown.cut)
        sight_note(s,
                   "the matrix of %s is larger than its file shows: adapters "
                   "above the last one there are not known",
                   mdev);
    *out = shown.ids;
    read_control(s, mdev, &out->control);
}

/* Whether a guest has the queue: only vfio_ap's files say so. */
static bool
is_in_use(struct sight *s, unsigned adapter, unsigned domain)
{
    char path[PATH];
    char text[SIGHT_PAGE];

    (void)snprintf(path, sizeof(path), "devices/ap/card%02x/%02x.%04x/status",
                   adapter, adapter, domain);
    return sight_text(s, s->dir, path, text) > 0 && strcmp(text, "in use") == 0;
}

/** An mdev as it was found. */
struct found {
    char name[256];
    unsigned long group; /* its number: they are given out one by one */
};

struct founds {
    struct found *list;
    size_t n;
};

static void
founds_done(struct founds *founds)
{
    free(founds->list);
}

/* A link to a directory has one as well, and is none. */
static bool
has_file(struct sight *s, const char *mdev, const char *file)
{
    char path[PATH];
    struct stat st;

    return fstatat(s->dir, path_of(mdev, file, path), &st,
                   AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode);
}

static int
find(struct sight *s, const char *name, void *context)
{
    struct founds *founds = context;
    struct found *grown;
    char path[PATH];
    char number[256];

    if (!host_is_mdev_name(name) || !has_file(s, name, "matrix")) {
        if (has_file(s, name, "remove"))
            sight_note(s,
                       "%s has no driver: it can only be removed, and is "
                       "left out",
                       name);
        else if (sight_link(s->dir, path_of(name, "iommu_group", path), number))
            sight_note(s,
                       "%s is being removed and waits for its guest: it is "
                       "left out",
                       name);
        return 0;
    }
    grown = realloc(founds->list, (founds->n + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    founds->list = grown;
    grown += founds->n++;
    (void)snprintf(grown->name, sizeof(grown->name), "%s", name);
    grown->group = ULONG_MAX;
    if (sight_link(s->dir, path_of(name, "iommu_group", path), number))
        grown->group = strtoul(number, NULL, 10);
    return 0;
}

/* As they were made, as far as that shows. */
static int
by_age(const void *a, const void *b)
{
    const struct found *x = a;
    const struct found *y = b;

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* As the host file has it. */
static void
limit_matrix(struct sight *s, const char *mdev, struct vap_matrix *matrix)
{
    struct vap_matrix can = hostfile_mdev_ids(&s->host->engine->bus.config);
    struct vap_matrix all = *matrix;

    *matrix = vap_matrix_and(&all, &can);
    if (!vap_matrix_equal(matrix, &all))
        sight_note(s,
                   "%s has ids that no mdev of a host with these highest ids "
                   "can have: they are left out",
                   mdev);
}

static int
read_mdev(struct sight *s, const struct found *found)
{
    uint32_t slot = host_slot(s->host, found->name);
    struct vap_matrix matrix;

    if (slot == NAMES_NONE)
        return -ENOMEM;
    read_matrix(s, found->name, &matrix);
    limit_matrix(s, found->name, &matrix);
    VAP_EACH (a, &matrix.adapters)
        VAP_EACH (d, &matrix.domains) {
            uint32_t owner = vap_host_owner(s->host->engine, VAP_APQN(a, d));

            if (owner != s->host->engine->n_slots)
                return sight_refuse(s, "%02x.%04x is in %s and in %s", a, d,
                                    host_mdev_name(s->host, owner),
                                    found->name);
        }
    s->host->slots[slot] = (struct vap_mdev){
        .exists = true,
        .matrix = matrix,
    };
    return 0;
}

/* Of the adapters that the file has no room for: in use says of a running
 * guest's which it has; else the state must do. */
static void
complete(struct sight *s, const char *mdev, struct shown *shown, bool held,
         const struct vap_mask *due)
{
    unsigned first = vap_mask_next(&shown->ids.domains, 0);
    unsigned above = 0;
    struct vap_mask beyond = vap_mask_none();

    VAP_EACH (a, &shown->ids.adapters)
        above = a + 1;
    for (unsigned a = above; a < VAP_IDS; a++)
        if (held ? is_in_use(s, a, first) : vap_mask_has(due, a))
            vap_mask_add(&beyond, a);
    if (!held)
        sight_note(s,
                   "the guest matrix of %s is larger than its file shows: "
                   "adapters from %02x are taken for what the state gives",
                   mdev, above);
    shown->ids.adapters = vap_mask_or(shown->ids.adapters, beyond);
}

/* m->guest is what the state gives. */
static int
read_guest(struct sight *s, const char *mdev, struct vap_mdev *m)
{
    AUTO(free_done) char *vm = NULL;
    struct shown shown;
    unsigned a, d;
    bool held;

    if (!read_shown(s, mdev, "guest_matrix", &shown)) {
        sight_note(s,
                   "the guest matrix of %s is not shown: taken for what the "
                   "state gives",
                   mdev);
        shown = (struct shown){ .ids = m->guest };
    }
    sight_limit(&shown.ids, &s->host->engine->bus.config);
    limit_matrix(s, mdev, &shown.ids);
    a = vap_mask_next(&shown.ids.adapters, 0);
    d = vap_mask_next(&shown.ids.domains, 0);
    held = a < VAP_IDS && d < VAP_IDS && is_in_use(s, a, d);
    if (shown.cut)
        complete(s, mdev, &shown, held, &m->guest.adapters);
    m->guest.adapters = shown.ids.adapters;
    m->guest.domains = shown.ids.domains;
    if (!held)
        return 0;
    if (asprintf(&vm, "guest of %s", mdev) < 0)
        return -ENOMEM;
    m->vm = host_vm(s->host, vm);
    m->apcb = m->guest;
    return m->vm ? 0 : -ENOMEM;
}

/* What the state gives first, for what no file shows. */
static int
read_guests(struct sight *s)
{
    const struct vap_request look_again = { .op = VAP_LOOK_AGAIN };
    struct vap_bus *bus = &s->host->engine->bus;
    int r = 0;

    bus->hardware = bus->config;
    for (uint32_t i = 0; i < s->host->engine->n_slots; i++)
        vap_mdev_limit(&s->host->slots[i], &bus->config);
    if (host_do(s->host, &look_again, NULL) != VAP_OK)
        return -ENOMEM;
    for (uint32_t i = 0; i < s->host->engine->n_slots && !r; i++)
        if (s->host->slots[i].exists)
            r = read_guest(s, host_mdev_name(s->host, i), &s->host->slots[i]);
    return r;
}

int
sight_mdevs(struct sight *s)
{
    AUTO(founds_done) struct founds founds = { 0 };
    int r = sight_each(s, MATRIX, find, &founds);

    if (r == -ENOENT) {
        sight_note(s, "devices/vfio_ap/matrix is missing: vfio_ap is not "
                      "loaded");
        r = 0;
    }
    if (founds.n)
        qsort(founds.list, founds.n, sizeof(*founds.list), by_age);
    for (size_t i = 0; i < founds.n && !r; i++)
        r = read_mdev(s, &founds.list[i]);
    return r ? r : read_guests(s);
}
