/* SPDX-License-Identifier: MIT */
/* Questions of the parts of vap explain, put to the engine. */
#include "cli/ask/explain.h"

#include <errno.h>
#include <stdlib.h>

enum { ROOM = 64, BUDGET = 20000, MAX_RESETS = 16384 };

int
explain_init(struct explain *e, const struct host *host)
{
    uint32_t n = host->engine->n_slots;

    e->host = host;
    e->search = calloc(1, sizeof(*e->search));
    e->scratch = calloc(1, sizeof(*e->scratch));
    e->where = calloc(n, sizeof(*e->where));
    e->effects = calloc(n, sizeof(*e->effects));
    e->resets = calloc(MAX_RESETS, sizeof(*e->resets));
    if (e->search)
        e->search->found = calloc(ROOM, sizeof(*e->search->found));
    if (!e->search || !e->search->found || !e->scratch || !e->where ||
        !e->effects || !e->resets)
        return -ENOMEM;
    vap_change_init(e->scratch, e->where, n, e->effects, n, e->resets,
                    MAX_RESETS);
    return 0;
}

void
explain_done(struct explain *e)
{
    if (e->search)
        free(e->search->found);
    free(e->search);
    free(e->scratch);
    free(e->where);
    free(e->effects);
    free(e->resets);
}

struct explain_counts
explain_count(const struct host *host, uint32_t mdev)
{
    const struct vap_mdev *m = &host->slots[mdev];

    return (struct explain_counts){
        .assigned = vap_mask_count(&m->matrix.adapters) *
                    vap_mask_count(&m->matrix.domains),
        .given = vap_mask_count(&m->guest.adapters) *
                 vap_mask_count(&m->guest.domains),
    };
}

struct vap_mask
explain_dead(const struct host *host, unsigned adapter, struct vap_mask domains)
{
    struct vap_mask dead = vap_mask_none();

    domains = vap_mask_and(domains, host->engine->row[adapter].abnormal);
    VAP_EACH (d, &domains)
        if (host->engine->queue[adapter][d].state)
            vap_mask_add(&dead, d);
    return dead;
}

struct vap_mask
explain_dead_adapters(const struct host *host, uint32_t mdev)
{
    const struct vap_matrix *g = &host->slots[mdev].guest;
    struct vap_mask adapters = vap_mask_none();

    VAP_EACH (a, &g->adapters) {
        struct vap_mask dead = explain_dead(host, a, g->domains);

        if (!vap_mask_empty(&dead))
            vap_mask_add(&adapters, a);
    }
    return adapters;
}

bool
explain_lacks(const struct host *host, uint32_t mdev)
{
    struct explain_counts n = explain_count(host, mdev);
    struct vap_mask dead = explain_dead_adapters(host, mdev);
    struct vap_mdev_facts f;

    vap_explain_mdev(host->engine, mdev, &f);
    return n.given != n.assigned || f.differs || f.not_told ||
           !vap_mask_empty(&dead) || !vap_mask_empty(&f.absent.adapters) ||
           !vap_mask_empty(&f.absent.domains) ||
           !vap_mask_empty(&f.absent.control);
}

bool
explain_search(struct explain *e, const struct target *t)
{
    static const enum vap_want wants[] = {
        [ABOUT_MDEV] = VAP_WANT_MDEV,
        [ABOUT_ADAPTER] = VAP_WANT_ADAPTER,
        [ABOUT_DOMAIN] = VAP_WANT_DOMAIN,
        [ABOUT_QUEUE] = VAP_WANT_QUEUE,
    };
    struct vap_goal goal = { wants[t->about], t->mdev, t->adapter, t->domain };

    if (t->mdev >= e->host->engine->n_slots)
        return false;
    e->search->room = ROOM;
    e->search->budget = BUDGET;
    vap_remedies(e->host->engine, &goal, e->scratch, e->search);
    return true;
}
