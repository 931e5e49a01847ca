/* SPDX-License-Identifier: MIT */
#include "observe/stores.h"

#include "base/auto.h"
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (1U << 20)

/** A directory of a store, or a file of it. */
struct store {
    const char *dir;
    const char *file; /* NULL: all that end so */
    const char *end;
    int (*add)(struct stores *stores, const char *name, const char *text,
               size_t length);
};

static int
add_rule(struct stores *stores, const char *name, const char *text,
         size_t length)
{
    (void)name;
    return stores_add_rule(stores, text, length);
}

static int
add_domain(struct stores *stores, const char *name, const char *text,
           size_t length)
{
    (void)name;
    return stores_add_domain(stores, text, length);
}

static const struct store table[] = {
    { "etc/mdevctl.d/matrix", NULL, "", stores_add_definition },
    { "etc/udev/rules.d", "41-ap.rules", "", add_rule },
    { "etc/libvirt/qemu", NULL, ".xml", add_domain },
};

/* Regular files alone, of a size that makes sense. */
static int
read_file(const char *path, char **text, size_t *length)
{
    AUTO(fd_done)
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    ssize_t n;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
        return -EINVAL;
    *text = malloc((size_t)st.st_size + 1);
    if (!*text)
        return -ENOMEM;
    n = read(fd, *text, (size_t)st.st_size);
    if (n < 0)
        return -errno;
    *length = (size_t)n;
    return 0;
}

/** Where it is written down what went wrong. */
struct ledger {
    FILE *notes;
    FILE *broken;
};

static int
add_file(struct stores *stores, const struct ledger *ledger,
         const struct store *store, const char *dir, const char *name)
{
    AUTO(free_done) char *path = path_below(dir, name);
    AUTO(free_done) char *text = NULL;
    size_t length = 0;
    int r = path ? read_file(path, &text, &length) : -ENOMEM;

    if (r == -ENOENT || r == -EISDIR)
        return 0;
    if (!r)
        r = store->add(stores, name, text, length);
    if (r == -EINVAL)
        (void)fprintf(ledger->broken, "%s: not understood, and left out\n",
                      path);
    else if (r < 0 && r != -ENOMEM)
        (void)fprintf(ledger->notes, "%s: %s\n", path, strerror(-r));
    return r == -ENOMEM ? r : 0;
}

static int
add_all(struct stores *stores, const struct ledger *ledger,
        const struct store *store, const char *dir)
{
    struct dirent **list = NULL;
    int n = scandir(dir, &list, NULL, alphasort);
    int r = 0;

    if (n < 0 && errno != ENOENT && errno != ENOTDIR)
        (void)fprintf(ledger->notes, "%s: %s\n", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        const char *name = list[i]->d_name;
        size_t length = strlen(name);
        size_t end = strlen(store->end);

        if (!r && *name != '.' && length > end &&
            strcmp(name + length - end, store->end) == 0)
            r = add_file(stores, ledger, store, dir, name);
        free(list[i]);
    }
    free(list);
    return r;
}

static int
load(const char *root, struct stores *out, const struct ledger *ledger)
{
    int r = 0;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && !r; i++) {
        AUTO(free_done) char *dir = path_below(root, table[i].dir);

        if (!dir)
            r = -ENOMEM;
        else if (table[i].file)
            r = add_file(out, ledger, &table[i], dir, table[i].file);
        else
            r = add_all(out, ledger, &table[i], dir);
    }
    return r;
}

static bool
closed(FILE *f, char *const *text)
{
    return f && fclose(f) == 0 && *text;
}

int
stores_load(const char *root, struct stores *out)
{
    struct ledger ledger;
    size_t n;
    size_t m;
    int r = -ENOMEM;

    *out = (struct stores){ 0 };
    ledger.notes = open_memstream(&out->notes, &n);
    ledger.broken = open_memstream(&out->broken, &m);
    if (ledger.notes && ledger.broken)
        r = load(root, out, &ledger);
    if (!closed(ledger.notes, &out->notes))
        r = -ENOMEM;
    return closed(ledger.broken, &out->broken) ? r : -ENOMEM;
}

void
stores_done(struct stores *stores)
{
    for (size_t i = 0; i < stores->n_definitions; i++)
        free(stores->definitions[i].steps);
    for (size_t i = 0; i < stores->n_uses; i++)
        free(stores->uses[i].guest);
    free(stores->definitions);
    free(stores->uses);
    free(stores->notes);
    free(stores->broken);
}

const struct stores_definition *
stores_definition(const struct stores *stores, const char *name)
{
    for (size_t i = 0; i < stores->n_definitions; i++)
        if (strcmp(stores->definitions[i].name, name) == 0)
            return &stores->definitions[i];
    return NULL;
}
