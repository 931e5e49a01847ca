/* SPDX-License-Identifier: MIT */
/* A change writes on copies, made when first written, and never on the
 * host: dropping it leaves no trace. */
#include "matrix/view.h"

void
vap_change_init(struct vap_change *change, uint32_t *where, uint32_t n_slots,
                struct vap_effect *effects, uint32_t max_effects,
                struct vap_reset *resets, size_t max_resets)
{
    __builtin_memset(change, 0, sizeof *change);
    if (n_slots) /* without any, where may be NULL */
        __builtin_memset(where, 0, n_slots * sizeof *where);
    change->where = where;
    change->effects = effects;
    change->max_effects = max_effects;
    change->resets = resets;
    change->max_resets = max_resets;
}

static void
forget(struct vap_change *c)
{
    for (uint32_t i = 0; i < c->n_effects; i++)
        c->where[c->effects[i].mdev] = 0;
    VAP_EACH (adapter, &c->reset_rows)
        c->was_reset[adapter] = vap_mask_none();
    c->n_effects = 0;
    c->n_resets = 0;
    c->n_moments = 0;
    c->rows = c->cold = c->reset_rows = vap_mask_none();
    c->gained = c->settle = (struct vap_matrix){ 0 };
    c->owner_row = VAP_IDS;
    c->full = false;
}

void
view_begin(struct vap_change *c, const struct vap_host *host)
{
    forget(c);
    c->host = host;
    c->bus = host->bus;
    for (unsigned a = 0; a < VAP_IDS; a++) {
        c->row[a] = &host->row[a];
        c->queue[a] = host->queue[a];
    }
}

struct vap_effect *
view_effect(struct vap_change *c, uint32_t mdev)
{
    if (c->where[mdev])
        return &c->effects[c->where[mdev] - 1];
    if (c->n_effects == c->max_effects) {
        c->full = true;
        c->spare = (struct vap_effect){ .now = c->host->mdevs[mdev] };
        return &c->spare;
    }
    struct vap_effect *e = &c->effects[c->n_effects++];

    *e = (struct vap_effect){ .mdev = mdev, .now = c->host->mdevs[mdev] };
    c->where[mdev] = c->n_effects;
    return e;
}

struct vap_mdev *
view_edit_mdev(struct vap_change *c, uint32_t mdev)
{
    return &view_effect(c, mdev)->now;
}

struct vap_row *
view_edit_row(struct vap_change *c, unsigned adapter)
{
    struct vap_row *row = &c->new_row[adapter];

    if (c->row[adapter] != row) {
        *row = *c->row[adapter];
        c->row[adapter] = row;
        vap_mask_add(&c->rows, adapter);
    }
    return row;
}

struct vap_queue *
view_edit_queue(struct vap_change *c, unsigned adapter, unsigned domain)
{
    struct vap_queue *queues = c->new_queue[adapter];

    if (c->queue[adapter] != queues) {
        __builtin_memcpy(queues, c->queue[adapter],
                         sizeof c->new_queue[adapter]);
        c->queue[adapter] = queues;
        vap_mask_add(&c->cold, adapter);
    }
    return &queues[domain];
}

void
view_mark_abnormal(struct vap_change *c, unsigned adapter, unsigned domain)
{
    const struct vap_queue *q = view_queue(c, adapter, domain);
    bool is = q->reset_rc || q->state || q->zapq_n || q->tapq_n;

    if (is == vap_mask_has(&view_row(c, adapter)->abnormal, domain))
        return;
    if (is)
        vap_mask_add(&view_edit_row(c, adapter)->abnormal, domain);
    else
        vap_mask_drop(&view_edit_row(c, adapter)->abnormal, domain);
}

/* Who has which queue of one adapter: asked for row by row, so kept. */
static void
learn_owners(struct vap_change *c, unsigned adapter)
{
    for (unsigned d = 0; d < VAP_IDS; d++)
        c->owner[d] = c->host->n_slots;
    for (uint32_t i = 0; i < c->host->n_slots; i++) {
        const struct vap_matrix *m = &view_mdev(c, i)->matrix;

        if (vap_mask_has(&m->adapters, adapter))
            VAP_EACH (domain, &m->domains)
                c->owner[domain] = i;
    }
    c->owner_row = adapter;
}

uint32_t
view_owner(struct vap_change *c, unsigned apqn)
{
    if (c->owner_row != VAP_ADAPTER_OF(apqn))
        learn_owners(c, VAP_ADAPTER_OF(apqn));
    return c->owner[VAP_DOMAIN_OF(apqn)];
}

void
view_guest_matrix(const struct vap_change *c, const struct vap_matrix *m,
                  struct vap_matrix *guest)
{
    const struct vap_matrix *ids = &c->bus.config.ids;
    struct vap_mask adapters = vap_mask_and(m->adapters, ids->adapters);

    guest->domains = vap_mask_and(m->domains, ids->domains);
    guest->control = vap_mask_and(m->control, ids->control);
    guest->adapters = adapters;
    VAP_EACH (adapter, &adapters)
        if (!vap_mask_within(&guest->domains, &view_row(c, adapter)->sound))
            vap_mask_drop(&guest->adapters, adapter);
}

void
view_set_sound(struct vap_change *c, unsigned adapter, struct vap_mask domains,
               bool sound)
{
    struct vap_row *row = view_edit_row(c, adapter);

    row->sound = sound ? vap_mask_or(row->sound, domains)
                       : vap_mask_less(row->sound, domains);
    vap_mask_add(&c->settle.adapters, adapter);
}

static bool
same_mdev(const struct vap_mdev *a, const struct vap_mdev *b)
{
    return a->exists == b->exists && a->vm == b->vm &&
           a->last_adapter == b->last_adapter &&
           a->last_domain == b->last_domain &&
           vap_matrix_equal(&a->matrix, &b->matrix) &&
           vap_matrix_equal(&a->guest, &b->guest) &&
           vap_matrix_equal(&a->apcb, &b->apcb);
}

/* Mdevs that were looked at and stayed as they were are no effects. */
void
view_prune(struct vap_change *c)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < c->n_effects; i++) {
        const struct vap_effect *e = &c->effects[i];

        c->where[e->mdev] = 0;
        if (same_mdev(&e->now, &c->host->mdevs[e->mdev]) && !e->updates &&
            !e->clears)
            continue;
        c->effects[kept++] = *e;
        c->where[e->mdev] = kept;
    }
    c->n_effects = kept;
}

void
view_drop(struct vap_change *c)
{
    view_begin(c, c->host);
}

void
vap_apply(struct vap_host *host, struct vap_change *change)
{
    host->bus = change->bus;
    VAP_EACH (adapter, &change->rows)
        host->row[adapter] = change->new_row[adapter];
    VAP_EACH (queues, &change->cold)
        __builtin_memcpy(host->queue[queues], change->new_queue[queues],
                         sizeof host->queue[queues]);
    for (uint32_t i = 0; i < change->n_effects; i++)
        host->mdevs[change->effects[i].mdev] = change->effects[i].now;
    view_begin(change, host);
}
