/* SPDX-License-Identifier: MIT */
/* How Linux is made to look again, disturbing least. Writing ap_config back
 * takes nothing from anybody. Where there is none, assigning what was not
 * assigned has Linux look, too: an id that the host does not have, and that
 * nobody is refused for, is assigned and unassigned, so the mdev keeps all it
 * has in between. Only where there is no such id, an adapter that is to come
 * is unassigned for a moment. Source: Linux vfio_ap_ops.c,
 * assign_adapter_store(), assign_domain_store(). */
#include "cli/change/heal.h"

#include "base/auto.h"
#include "cli/frame/type_in.h"
#include "matrix/explain.h"

#include <errno.h>

static bool
loses(const struct vap_matrix *before, const struct vap_matrix *after)
{
    return !vap_mask_within(&before->adapters, &after->adapters) ||
           !vap_mask_within(&before->domains, &after->domains) ||
           !vap_mask_within(&before->control, &after->control);
}

/* ---- ways */

/** What is tried for one mdev. */
struct attempt {
    struct host **copy; /* which those before it have changed already */
    const struct vap_mdev_facts *facts;
    struct heal *heal;
    bool helps;
};

/* On a copy of the copy, which takes its place where that helps. */
static int
try_out(struct attempt *a)
{
    struct heal *heal = a->heal;
    AUTO(host_done) struct host *then = NULL;
    enum vap_verdict verdict = VAP_OK;

    heal->refused = host_plan(*a->copy, &heal->list[0], 1, NULL);
    if (heal->refused != VAP_OK)
        return 0;
    if (host_copy(*a->copy, &then))
        return -ENOMEM;
    heal->updates = 0;
    for (size_t i = 0; i < heal->n && verdict == VAP_OK; i++) {
        verdict = host_plan(then, &heal->list[i], 1, NULL);
        for (uint32_t e = 0; e < then->change->n_effects; e++)
            heal->updates += then->change->effects[e].updates;
        host_apply(then);
    }
    heal->after = then->slots[heal->mdev].guest;
    a->helps =
        verdict == VAP_OK && !vap_matrix_equal(&heal->before, &heal->after);
    if (a->helps) {
        host_free(*a->copy);
        *a->copy = TAKE(then);
    }
    return verdict == VAP_NO_ROOM ? -ENOMEM : 0;
}

/* One request and its opposite. */
static int
try_pair(struct attempt *a, enum heal_way way, enum vap_op first,
         enum vap_op second, unsigned id)
{
    a->heal->way = way;
    a->heal->n = 2;
    a->heal->list[0] =
        (struct vap_request){ .op = first, .mdev = a->heal->mdev, .id = id };
    a->heal->list[1] = a->heal->list[0];
    a->heal->list[1].op = second;
    return try_out(a);
}

static int
try_config(struct attempt *a)
{
    a->heal->way = HEAL_CONFIG;
    a->heal->n = 1;
    a->heal->list[0] = (struct vap_request){
        .op = VAP_AP_CONFIG,
        .mdev = a->heal->mdev,
        .matrix = (*a->copy)->slots[a->heal->mdev].matrix,
    };
    return try_out(a);
}

/* Ids that the mdev can have and neither has nor is given by the host. */
static struct vap_mask
spare(unsigned last, struct vap_mask config, struct vap_mask hardware,
      struct vap_mask own)
{
    struct vap_mask used = vap_mask_or(vap_mask_or(config, hardware), own);

    return vap_mask_less(vap_mask_up_to(last), used);
}

static int
try_borrow(struct attempt *a)
{
    const struct vap_mdev m = (*a->copy)->slots[a->heal->mdev];
    const struct vap_bus *bus = &(*a->copy)->engine->bus;
    struct vap_mask adapters =
        spare(m.last_adapter, bus->config.ids.adapters,
              bus->hardware.ids.adapters, m.matrix.adapters);
    struct vap_mask domains =
        spare(m.last_domain, bus->config.ids.domains, bus->hardware.ids.domains,
              m.matrix.domains);
    int r = 0;

    VAP_EACH (id, &adapters)
        if (!a->helps && !r)
            r = try_pair(a, HEAL_BORROW, VAP_ASSIGN_ADAPTER,
                         VAP_UNASSIGN_ADAPTER, id);
    VAP_EACH (id, &domains)
        if (!a->helps && !r)
            r = try_pair(a, HEAL_BORROW, VAP_ASSIGN_DOMAIN, VAP_UNASSIGN_DOMAIN,
                         id);
    return r;
}

static int
try_return(struct attempt *a)
{
    struct vap_mask any = a->facts->stale;

    if (vap_mask_empty(&any))
        any = a->facts->leftover;
    return try_pair(a, HEAL_RETURN, VAP_UNASSIGN_ADAPTER, VAP_ASSIGN_ADAPTER,
                    vap_mask_next(&any, 0));
}

static int
try_ways(const struct heals *h, struct attempt *a)
{
    int r;

    if (type_in_whole(h->tree, host_mdev_name(h->host, a->heal->mdev)))
        return try_config(a);
    r = try_borrow(a);
    return r || a->helps ? r : try_return(a);
}

/* ---- mdevs */

static int
add(struct heals *h, struct host **copy, const struct vap_mdev_facts *f)
{
    struct heal *heal = realloc(h->list, (h->n + 1) * sizeof(*heal));
    struct attempt a = { .copy = copy, .facts = f };
    int r;

    if (!heal)
        return -ENOMEM;
    h->list = heal;
    heal += h->n;
    *heal = (struct heal){ .mdev = f->mdev,
                           .before = (*copy)->slots[f->mdev].guest };
    a.heal = heal;
    r = try_ways(h, &a);
    if (!a.helps)
        heal->after = heal->before;
    heal->takes = loses(&heal->before, &heal->after);
    heal->disturbs = a.helps && (heal->n > 1 || heal->takes);
    heal->state = !a.helps         ? "refused"
                  : heal->disturbs ? "needs --disturb"
                                   : "planned";
    h->n += a.helps || heal->refused != VAP_OK;
    return r;
}

/* Its guest goes on with what it was told, and looking again is no help. */
static int
add_untold(struct heals *h, uint32_t mdev)
{
    const struct vap_matrix *has = &h->host->slots[mdev].apcb;
    struct heal *heal = realloc(h->list, (h->n + 1) * sizeof(*heal));

    if (!heal)
        return -ENOMEM;
    h->list = heal;
    heal[h->n++] = (struct heal){
        .mdev = mdev, .before = *has, .after = *has, .state = "not told"
    };
    return 0;
}

int
heal_plan(struct heals *h, uint32_t only)
{
    AUTO(host_done) struct host *copy = NULL;
    int r = host_copy(h->host, &copy);

    for (uint32_t i = 0; i < h->host->engine->n_slots && !r; i++) {
        struct vap_mdev_facts f;

        if (!h->host->slots[i].exists || (only != NAMES_NONE && only != i))
            continue;
        vap_explain_mdev(h->host->engine, i, &f);
        if (!vap_mask_empty(&f.stale) || !vap_mask_empty(&f.leftover))
            r = add(h, &copy, &f);
        else if (f.not_told)
            r = add_untold(h, i);
    }
    return r;
}
