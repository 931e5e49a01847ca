/* SPDX-License-Identifier: MIT */
/* Whose a queue is, is in the matrices; whether its guest has it, in the
 * guest matrices; why not, in the queues of its adapter. */
#include "cli/frame/cells.h"

#include "base/auto.h"
#include "matrix/filter.h"

#include <errno.h>
#include <string.h>

static bool
in(const struct vap_matrix *m, unsigned a, unsigned d)
{
    return vap_mask_has(&m->adapters, a) && vap_mask_has(&m->domains, d);
}

static enum cell_kind
kind_of_nobodys(const struct vap_host *engine, unsigned a, unsigned d)
{
    if (!vap_mask_has(&engine->row[a].present, d))
        return CELL_ABSENT;
    switch (vap_row_driver(&engine->row[a], d)) {
    case VAP_DEFAULT:
        return CELL_HOST;
    case VAP_VFIO_AP:
        return CELL_FREE;
    case VAP_NO_DRIVER:
    case VAP_OTHER_DRIVER:
        break;
    }
    return CELL_UNBOUND;
}

static bool
has_hole(const struct vap_host *engine, const struct vap_mdev *m, unsigned a)
{
    struct vap_mask asked =
        vap_mask_and(m->matrix.domains, engine->bus.config.ids.domains);

    return !vap_mask_within(&asked, &engine->row[a].sound);
}

static enum cell_kind
kind_of_owned(const struct vap_host *engine, const struct vap_mdev *m,
              unsigned a, unsigned d)
{
    const struct vap_row *row = &engine->row[a];
    bool there = in(&engine->bus.config.ids, a, d);
    bool sound = vap_mask_has(&row->sound, d);

    if (in(&m->guest, a, d))
        return there && sound ? CELL_GUEST : CELL_KEPT;
    if (!there)
        return CELL_MISSING;
    if (!vap_mask_has(&row->vfio, d))
        return CELL_HOLE;
    if (!sound)
        return CELL_FAILED;
    return has_hole(engine, m, a) ? CELL_LOST : CELL_WITHHELD;
}

static void
fill_nobodys(const struct vap_host *engine, struct cells *cells)
{
    for (unsigned a = 0; a < VAP_IDS; a++)
        for (unsigned d = 0; d < VAP_IDS; d++)
            cells->at[a][d] = (struct cell){
                .kind = kind_of_nobodys(engine, a, d),
                .mdev = CELL_NOBODY,
                .stray = CELL_NOBODY,
                .state = engine->queue[a][d].state,
            };
}

static void
show(struct cells *cells, const struct vap_matrix *m)
{
    cells->adapters = vap_mask_or(cells->adapters, m->adapters);
    cells->domains = vap_mask_or(cells->domains, m->domains);
}

static void
fill_owned(const struct vap_host *engine, uint32_t slot, struct cells *cells)
{
    const struct vap_mdev *m = &engine->mdevs[slot];

    VAP_EACH (a, &m->matrix.adapters)
        VAP_EACH (d, &m->matrix.domains) {
            struct cell *cell = &cells->at[a][d];

            cell->kind = kind_of_owned(engine, m, a, d);
            cell->mdev = slot;
            cell->untold = m->vm && in(&m->guest, a, d) && !in(&m->apcb, a, d);
        }
    show(cells, &m->matrix);
}

/* What a running guest has beyond its guest matrix, and what it has of that
 * in another's: after the owners are known. */
static void
fill_strays(const struct vap_host *engine, uint32_t slot, struct cells *cells)
{
    const struct vap_mdev *m = &engine->mdevs[slot];

    VAP_EACH (a, &m->apcb.adapters)
        VAP_EACH (d, &m->apcb.domains)
            if (cells->at[a][d].mdev != slot || !in(&m->guest, a, d))
                cells->at[a][d].stray = slot;
    show(cells, &m->apcb);
}

int
cells_new(const struct host *host, struct cells **out)
{
    const struct vap_host *engine = host->engine;
    struct cells *cells = calloc(1, sizeof(*cells));

    if (!cells)
        return -ENOMEM;
    fill_nobodys(engine, cells);
    for (uint32_t i = 0; i < engine->n_slots; i++)
        if (engine->mdevs[i].exists)
            fill_owned(engine, i, cells);
    for (uint32_t i = 0; i < engine->n_slots; i++)
        if (engine->mdevs[i].exists && engine->mdevs[i].vm)
            fill_strays(engine, i, cells);
    show(cells, &engine->bus.config.ids);
    show(cells, &engine->bus.hardware.ids);
    *out = cells;
    return 0;
}

const char *
cell_word(enum cell_kind kind)
{
    static const char *const words[CELL_KINDS] = {
        [CELL_ABSENT] = "absent",   [CELL_HOST] = "host",
        [CELL_FREE] = "free",       [CELL_UNBOUND] = "unbound",
        [CELL_GUEST] = "guest",     [CELL_LOST] = "lost",
        [CELL_HOLE] = "hole",       [CELL_FAILED] = "failed",
        [CELL_MISSING] = "missing", [CELL_WITHHELD] = "withheld",
        [CELL_KEPT] = "kept",
    };

    return words[kind];
}

/* So that a label and its marks stay narrower than two columns. */
enum { SHORT_NAME = 3 };

struct labels
labels_of(const struct host *host)
{
    struct labels labels = { host, true };

    for (uint32_t i = 0; i < host->engine->n_slots && labels.names; i++)
        if (host->slots[i].exists)
            labels.names = strlen(host_mdev_name(host, i)) <= SHORT_NAME;
    return labels;
}

void
label(const struct labels *labels, uint32_t mdev, char text[LABEL])
{
    char reversed[LABEL];
    size_t n = 0;

    if (labels->names) {
        (void)snprintf(text, LABEL, "%s", host_mdev_name(labels->host, mdev));
        return;
    }
    for (uint32_t rest = mdev + 1; rest; rest = (rest - 1) / 26)
        reversed[n++] = (char)('A' + (rest - 1) % 26);
    text[n] = '\0';
    for (size_t i = 0; i < n; i++)
        text[i] = reversed[n - 1 - i];
}
