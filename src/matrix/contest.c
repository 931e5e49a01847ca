/* SPDX-License-Identifier: MIT */
/* No queue is ever in two mdevs: whoever wants queues, an mdev or the host's
 * masks, is held against every mdev's matrix first. */
#include "matrix/ops.h"
#include "matrix/view.h"

/* The matrix that an mdev would have. */
static struct vap_matrix
wanted(const struct vap_change *c, const struct vap_request *r)
{
    struct vap_matrix m = view_mdev(c, r->mdev)->matrix;

    if (r->op == VAP_AP_CONFIG)
        return r->matrix;
    if (r->op == VAP_ASSIGN_ADAPTER && r->id < VAP_IDS)
        vap_mask_add(&m.adapters, (unsigned)r->id);
    if (r->op == VAP_ASSIGN_DOMAIN && r->id < VAP_IDS)
        vap_mask_add(&m.domains, (unsigned)r->id);
    return m;
}

/* Newly reserved ids, and those of the other mask: on 6.12 what it holds, on
 * 7.2 all there could be. */
static void
mask_contest(const struct vap_change *c, const struct vap_request *r,
             struct vap_contest *t)
{
    bool coarse = c->host->kernel != VAP_LINUX_6_12;

    t->adapters = coarse ? vap_mask_all() : c->bus.apmask;
    t->domains = coarse ? vap_mask_all() : c->bus.aqmask;
    if (r->op == VAP_APMASK)
        t->adapters = vap_mask_less(
            vap_mask_edited(c->bus.apmask, &r->edit.adapters), c->bus.apmask);
    else
        t->domains = vap_mask_less(
            vap_mask_edited(c->bus.aqmask, &r->edit.domains), c->bus.aqmask);
}

struct vap_contest
contest_of(const struct vap_change *c, const struct vap_request *r)
{
    struct vap_contest t = { .self = c->host->n_slots };

    if (r->op == VAP_APMASK || r->op == VAP_AQMASK) {
        mask_contest(c, r, &t);
    } else if (r->op == VAP_AP_CONFIG || r->op == VAP_ASSIGN_ADAPTER ||
               r->op == VAP_ASSIGN_DOMAIN) {
        struct vap_matrix m = wanted(c, r);

        t.adapters = m.adapters;
        t.domains = m.domains;
        t.self = r->mdev;
    }
    return t;
}

/* The first queue of the product at or above from. */
static bool
first_queue(const struct vap_mask *adapters, const struct vap_mask *domains,
            uint32_t from, uint16_t *apqn)
{
    unsigned a = vap_mask_next(adapters, from >> 8);
    unsigned d = vap_mask_next(domains, a == from >> 8 ? from & 255 : 0);

    if (a < VAP_IDS && d == VAP_IDS) {
        a = vap_mask_next(adapters, a + 1);
        d = vap_mask_next(domains, 0);
    }
    if (a == VAP_IDS || d == VAP_IDS)
        return false;
    *apqn = VAP_APQN(a, d);
    return true;
}

bool
contest_next(const struct vap_change *c, struct vap_contest *t,
             struct vap_why *why)
{
    for (; t->next_mdev < c->host->n_slots; t->next_mdev++, t->next_apqn = 0) {
        const struct vap_matrix *m = &view_mdev(c, t->next_mdev)->matrix;

        if (t->next_mdev == t->self ||
            !vap_mask_meets(&m->adapters, &t->adapters) ||
            !vap_mask_meets(&m->domains, &t->domains))
            continue;

        struct vap_mask adapters = vap_mask_and(m->adapters, t->adapters);
        struct vap_mask domains = vap_mask_and(m->domains, t->domains);

        if (first_queue(&adapters, &domains, t->next_apqn, &why->apqn)) {
            why->holder = t->next_mdev;
            t->next_apqn = why->apqn + 1u;
            return true;
        }
    }
    return false;
}
