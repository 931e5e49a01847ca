/* SPDX-License-Identifier: MIT */
/* Everything here reads the tables in dirs.c; nothing is stored. */
#include "sysfs/node.h"

#include <string.h>

uint64_t
node_ino(struct node node)
{
    return 1 + ((uint64_t)node.kind << 24 | (uint64_t)node.row << 16 | node.id);
}

bool
node_of(uint64_t ino, struct node *out)
{
    uint64_t n = ino - 1;

    if (n >> 24 >= KINDS)
        return false;
    *out = (struct node){
        .kind = (uint8_t)(n >> 24),
        .row = (uint8_t)(n >> 16),
        .id = (uint16_t)n,
    };
    return out->row <= dirs[out->kind].table->n;
}

static bool
has_ids(unsigned kind)
{
    return dirs[kind].life != LIFE_TREE;
}

/* The id that a directory of this kind has, seen from something with id. */
static uint16_t
id_in(unsigned kind, unsigned id)
{
    return has_ids(kind) ? (uint16_t)id : 0;
}

static struct node
dir_node(unsigned kind, unsigned id)
{
    return (struct node){ .kind = (uint8_t)kind, .id = id_in(kind, id) };
}

struct node
node_parent(struct node node)
{
    unsigned parent = dirs[node.kind].parent;

    if (node.row)
        return dir_node(node.kind, node.id);
    if (node.kind == QUEUE)
        return dir_node(CARD, VAP_ADAPTER_OF(node.id));
    return dir_node(parent, node.id);
}

const struct row *
node_row(struct node node)
{
    const struct dir *dir = &dirs[node.kind];

    if (node.row)
        return &dir->table->rows[node.row - 1];
    if (node.kind == ROOT)
        return NULL;

    const struct dir *parent = &dirs[dir->parent];
    size_t i = 0;

    while (!S_ISDIR(parent->table->rows[i].mode) ||
           parent->table->rows[i].to != node.kind)
        i++;
    return &parent->table->rows[i];
}

mode_t
node_mode(struct node node)
{
    const struct row *row = node_row(node);

    return row ? row->mode : S_IFDIR | 0555;
}

static bool
lives(const struct host *host, enum life life, unsigned id)
{
    const struct devices *d = host->devices;

    switch (life) {
    case LIFE_TREE:
        return id == 0;
    case LIFE_CARD:
        return vap_mask_has(&d->bus.cards, id) && id < VAP_IDS;
    case LIFE_QUEUE:
        return vap_mask_has(&host->engine->row[VAP_ADAPTER_OF(id)].present,
                            VAP_DOMAIN_OF(id));
    case LIFE_MDEV:
        return id < host->engine->n_slots && d->mdevs[id].born;
    case LIFE_VFIO:
        return id < host->engine->n_slots && d->mdevs[id].born &&
               !d->mdevs[id].driverless;
    }
    return false;
}

/* Has it been taken away from an mdev that is held? */
static bool
is_taken(const struct tree *tree, const struct row *row, unsigned id)
{
    return row->until && tree->leaving &&
           tree->leaving(tree->context, id) >= row->until;
}

/* Is the row there, in a directory that is? */
static bool
row_there(const struct tree *tree, const struct row *row, unsigned id)
{
    enum vap_kernel kernel = tree->host->engine->kernel;

    if (row->kernel != BOTH_KERNELS &&
        (row->kernel == ONLY_6_12) != (kernel == VAP_LINUX_6_12))
        return false;
    if (is_taken(tree, row, id))
        return false;
    return !row->when || row->when(tree->host, id);
}

/* A directory of an mdev also goes with one that it is in. */
static bool
dir_there(const struct tree *tree, struct node dir)
{
    enum life life = dirs[dir.kind].life;

    if (!lives(tree->host, life, dir.id))
        return false;
    for (; dirs[dir.kind].life == LIFE_MDEV || dirs[dir.kind].life == LIFE_VFIO;
         dir = node_parent(dir))
        if (is_taken(tree, node_row(dir), dir.id))
            return false;
    return true;
}

bool
node_exists(const struct tree *tree, struct node node)
{
    const struct dir *dir = &dirs[node.kind];
    const struct row *row = node.row ? &dir->table->rows[node.row - 1] : NULL;

    if (row && row->set && !has_ids(node.kind))
        return row->set->next(tree->host, 0, node.id) == node.id &&
               !is_taken(tree, row, node.id);
    if (!dir_there(tree, dir_node(node.kind, node.id)))
        return false;
    return !row || row_there(tree, row, node.id);
}

static uint32_t
life_born(const struct host *host, enum life life, unsigned id, bool bound)
{
    enum device_kind kind;

    switch (life) {
    case LIFE_TREE:
        return 0;
    case LIFE_CARD:
        kind = DEVICE_CARD;
        break;
    case LIFE_QUEUE:
        kind = DEVICE_QUEUE;
        break;
    default:
        kind = DEVICE_MDEV;
    }
    return bound || life == LIFE_VFIO ? devices_bound(host, kind, id)
                                      : devices_born(host, kind, id);
}

uint32_t
node_born(const struct tree *tree, struct node node)
{
    const struct dir *dir = &dirs[node.kind];
    const struct row *row = node.row ? &dir->table->rows[node.row - 1] : NULL;

    if (row && row->set)
        return life_born(tree->host, dirs[row->to].life, node.id, false);
    return life_born(tree->host, dir->life, node.id, row && row->when);
}

bool
node_lasts(struct node node)
{
    const struct row *row = node_row(node);

    return !row || (!row->set && !row->when && !row->until);
}

static struct node
row_node(struct node dir, size_t i, unsigned id)
{
    const struct row *row = &dirs[dir.kind].table->rows[i];

    if (S_ISDIR(row->mode))
        return dir_node(row->to, id);
    return (struct node){
        .kind = dir.kind,
        .row = (uint8_t)(i + 1),
        .id = (uint16_t)id,
    };
}

static unsigned
find_in_set(const struct tree *tree, const struct row *row, unsigned id,
            const char *name)
{
    unsigned found = row->set->find(tree->host, id, name);

    return found != SET_END && is_taken(tree, row, found) ? SET_END : found;
}

static unsigned
next_in_set(const struct tree *tree, const struct row *row, unsigned id,
            unsigned from)
{
    unsigned next = row->set->next(tree->host, id, from);

    while (next != SET_END && is_taken(tree, row, next))
        next = row->set->next(tree->host, id, next + 1);
    return next;
}

bool
node_lookup(const struct tree *tree, struct node dir, const char *name,
            struct node *out)
{
    const struct dir *d = &dirs[dir.kind];

    for (size_t i = 0; i < d->table->n && dir.row == 0; i++) {
        const struct row *row = &d->table->rows[i];
        unsigned id = dir.id;

        if (row->set)
            id = find_in_set(tree, row, dir.id, name);
        else if (strcmp(row->name, name) != 0 || !row_there(tree, row, dir.id))
            continue;
        if (id == SET_END)
            continue;
        *out = row_node(dir, i, id);
        return true;
    }
    return false;
}

/* Where to go on: the row, and of its set the id. */
#define CURSOR(row, id) ((uint64_t)(row) << 17 | (id))

bool
node_next(const struct tree *tree, struct node dir, uint64_t *at,
          struct node *out, struct text *name)
{
    const struct dir *d = &dirs[dir.kind];
    unsigned from = (unsigned)(*at & 0x1ffff);

    for (size_t i = *at >> 17; i < d->table->n; i++, from = 0) {
        const struct row *row = &d->table->rows[i];
        unsigned id = dir.id;

        if (row->set)
            id = next_in_set(tree, row, dir.id, from);
        else if (!row_there(tree, row, dir.id))
            continue;
        if (id == SET_END)
            continue;
        name->length = 0;
        if (row->set)
            row->set->name(tree->host, id, name);
        else
            text_add(name, "%s", row->name);
        *at = row->set ? CURSOR(i, id + 1) : CURSOR(i + 1, 0);
        *out = row_node(dir, i, id);
        return true;
    }
    return false;
}

static void
add_name(const struct host *host, struct node node, struct text *out)
{
    const struct row *row = node_row(node);

    if (row->set)
        row->set->name(host, node.id, out);
    else
        text_add(out, "%s", row->name);
}

void
node_path(const struct host *host, struct node node, struct text *out)
{
    if (node.kind == ROOT && node.row == 0)
        return;

    struct node parent = node_parent(node);

    node_path(host, parent, out);
    if (out->length)
        text_add(out, "/");
    add_name(host, node, out);
}

/* From the nearest directory that both are in, as sysfs makes them; what a
 * link leads to is never that directory itself. */
void
node_target(const struct host *host, struct node link, struct text *out)
{
    struct text from = { 0 };
    struct text to = { 0 };
    size_t common = 0;

    node_path(host, node_parent(link), &from);
    node_path(host, dir_node(node_row(link)->to, link.id), &to);
    text_add(&from, "/");
    for (size_t i = 0; from.bytes[i] && from.bytes[i] == to.bytes[i]; i++)
        if (from.bytes[i] == '/')
            common = i + 1;
    for (size_t i = common; from.bytes[i]; i++)
        if (from.bytes[i] == '/')
            text_add(out, "../");
    text_add(out, "%s", to.bytes + common);
}

bool
node_at(const struct tree *tree, const char *path, struct node *out)
{
    struct node node = { ROOT, 0, 0 };
    char name[256];

    while (*path) {
        size_t n = strcspn(path, "/");

        if (n >= sizeof(name))
            return false;
        memcpy(name, path, n);
        name[n] = '\0';
        if (n && !node_lookup(tree, node, name, &node))
            return false;
        path += n + (path[n] == '/');
    }
    *out = node;
    return true;
}

unsigned
node_links(struct node dir)
{
    const struct table *table = dirs[dir.kind].table;
    unsigned n = 2;

    for (size_t i = 0; i < table->n; i++) {
        if (S_ISDIR(table->rows[i].mode) && table->rows[i].set)
            return 1;
        n += S_ISDIR(table->rows[i].mode);
    }
    return n;
}
