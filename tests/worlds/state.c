/* SPDX-License-Identifier: MIT */
/* A state as a number. */
#include "worlds/table.h"

struct engine world_engine;

/* The first n ids of a mask, 1 to 63, as a number. */
static uint64_t
small(const struct vap_mask *m, unsigned n)
{
    return m->word[0] >> (64 - n);
}

struct vap_mask
world_mask(uint64_t number, unsigned n)
{
    return (struct vap_mask){ { n ? number << (64 - n) : 0, 0, 0, 0 } };
}

/* Reads and writes a state field by field; both go through the same list. */
struct packer {
    uint64_t bits;
    bool write; /* into the host */
};

static void
pack(struct packer *p, uint64_t *value, unsigned n)
{
    if (p->write) {
        *value = p->bits >> (64 - n);
        p->bits <<= n;
    } else {
        p->bits = p->bits << n | *value;
    }
}

static void
pack_mask(struct packer *p, struct vap_mask *m, unsigned n)
{
    uint64_t number = small(m, n);

    pack(p, &number, n);
    *m = world_mask(number, n);
}

static void
pack_bool(struct packer *p, bool *b)
{
    uint64_t number = *b;

    pack(p, &number, 1);
    *b = number != 0;
}

static void
pack_matrix(const struct world *w, struct packer *p, struct vap_matrix *m)
{
    pack_mask(p, &m->adapters, w->n_adapters);
    pack_mask(p, &m->domains, w->n_domains);
    if (w->control)
        pack_mask(p, &m->control, w->n_domains);
}

unsigned
world_matrix_bits(const struct world *w)
{
    return w->n_adapters + w->n_domains * (w->control ? 2 : 1);
}

static void
pack_host(const struct world *w, struct packer *p)
{
    struct vap_bus *bus = &world_engine.host.bus;

    pack_matrix(w, p, &bus->config.ids);
    if (w->masks) {
        pack_mask(p, &bus->apmask, w->n_adapters);
        pack_mask(p, &bus->aqmask, w->n_domains);
    }
    for (unsigned a = 0; a < w->n_adapters; a++) {
        pack_mask(p, &world_engine.host.row[a].vfio, w->n_domains);
        if (w->masks)
            pack_mask(p, &world_engine.host.row[a].dflt, w->n_domains);
    }
}

static void
pack_all(const struct world *w, struct packer *p)
{
    pack_host(w, p);
    for (unsigned i = 0; i < w->n_mdevs; i++) {
        struct vap_mdev *m = &world_engine.mdevs[i];
        bool open = m->vm != 0;

        pack_matrix(w, p, &m->matrix);
        if (!w->guests)
            continue;
        pack_bool(p, &m->exists);
        pack_bool(p, &open);
        m->vm = open ? i + 1 : 0;
    }
    for (unsigned i = 0; i < w->n_mdevs; i++)
        pack_matrix(w, p, &world_engine.mdevs[i].guest);
    for (unsigned i = 0; i < w->n_mdevs; i++)
        pack_matrix(w, p, &world_engine.mdevs[i].apcb);
}

unsigned
world_state_bits(const struct world *w)
{
    unsigned n = world_matrix_bits(w) + w->n_adapters * w->n_domains;

    if (w->masks)
        n += w->n_adapters + w->n_domains + w->n_adapters * w->n_domains;
    return n + w->n_mdevs * (3 * world_matrix_bits(w) + (w->guests ? 2 : 0));
}

uint64_t
world_read_state(const struct world *w)
{
    struct packer p = { 0, false };

    pack_all(w, &p);
    return p.bits;
}

/* The rest follows: which queues there are, and that none has a past. */
void
world_write_state(const struct world *w, uint64_t state)
{
    struct packer p = { state << (64 - world_state_bits(w)), true };
    struct vap_bus *bus = &world_engine.host.bus;

    pack_all(w, &p);
    bus->hardware.ids = bus->config.ids;
    bus->scans = 0;
    bus->masks_written = false;
    for (unsigned a = 0; a < w->n_adapters; a++) {
        struct vap_row *row = &world_engine.host.row[a];

        row->present = vap_mask_has(&bus->config.ids.adapters, a)
                           ? bus->config.ids.domains
                           : vap_mask_none();
        row->sound = row->vfio;
        row->abnormal = row->overridden = vap_mask_none();
        for (unsigned d = 0; d < w->n_domains; d++)
            world_engine.host.queue[a][d] = (struct vap_queue){ 0 };
    }
}
