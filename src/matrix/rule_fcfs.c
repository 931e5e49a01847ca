/* SPDX-License-Identifier: MIT */
/* First come, first served: the design proposed in 2020 and rejected for
 * what it makes of history. The guest matrix is edited in place; what is in
 * it stays until it is taken away, and what does not fit when it comes is
 * not looked at again. Source: the review of "s390/vfio-ap: allow hot
 * plug/unplug of AP resources", version 12, November 2020. */
#include "matrix/rule.h"
#include "matrix/view.h"

static bool
all_bound(const struct vap_change *c, const struct vap_mask *adapters,
          const struct vap_mask *domains)
{
    VAP_EACH (a, adapters)
        if (!vap_mask_within(domains, &view_row(c, a)->vfio))
            return false;
    return true;
}

static void
become(struct vap_change *c, uint32_t mdev, const struct vap_matrix *is)
{
    if (vap_matrix_equal(&view_mdev(c, mdev)->guest, is))
        return;

    struct vap_mdev *m = view_edit_mdev(c, mdev);

    m->guest = *is;
    if (m->vm)
        m->apcb = *is;
}

/* The other side's ids that a new id must fit: those the guest has; when it
 * has none those the mdev has. */
static struct vap_mask
to_check(const struct vap_mask *guest, const struct vap_mask *matrix)
{
    return vap_mask_empty(guest) ? *matrix : *guest;
}

static void
plug_adapter(struct vap_change *c, uint32_t mdev, unsigned adapter)
{
    const struct vap_mdev *m = view_mdev(c, mdev);
    struct vap_matrix g = m->guest;
    struct vap_mask domains = to_check(&g.domains, &m->matrix.domains);
    struct vap_mask one = vap_mask_one(adapter);

    if (vap_mask_empty(&domains) || !all_bound(c, &one, &domains))
        return;
    vap_mask_add(&g.adapters, adapter);
    g.domains = domains;
    become(c, mdev, &g);
}

static void
plug_domain(struct vap_change *c, uint32_t mdev, unsigned domain)
{
    const struct vap_mdev *m = view_mdev(c, mdev);
    struct vap_matrix g = m->guest;
    struct vap_mask adapters = to_check(&g.adapters, &m->matrix.adapters);
    struct vap_mask one = vap_mask_one(domain);

    if (vap_mask_empty(&adapters) || !all_bound(c, &adapters, &one))
        return;
    vap_mask_add(&g.domains, domain);
    g.adapters = adapters;
    become(c, mdev, &g);
}

static void
take_away(struct vap_change *c, uint32_t mdev, const struct vap_matrix *gone)
{
    struct vap_matrix g = view_mdev(c, mdev)->guest;

    g.adapters = vap_mask_less(g.adapters, gone->adapters);
    g.domains = vap_mask_less(g.domains, gone->domains);
    g.control = vap_mask_less(g.control, gone->control);
    become(c, mdev, &g);
}

/* ... and resets what left. */
static void
unplug(struct vap_change *c, uint32_t mdev, const struct vap_matrix *gone)
{
    struct vap_matrix was = view_mdev(c, mdev)->guest;

    take_away(c, mdev, gone);

    const struct vap_matrix *is = &view_mdev(c, mdev)->guest;
    struct vap_mask adapters = vap_mask_less(was.adapters, is->adapters);
    struct vap_mask domains = vap_mask_less(was.domains, is->domains);
    struct vap_mask stay = is->adapters;

    view_reset_all(c, &adapters, &was.domains);
    view_reset_all(c, &stay, &domains);
}

/* Ids in ascending order: adapters, domains, control domains. */
static void
plug(struct vap_change *c, uint32_t mdev, const struct vap_matrix *ids)
{
    struct vap_matrix g;

    VAP_EACH (a, &ids->adapters)
        if (!vap_mask_has(&view_mdev(c, mdev)->guest.adapters, a))
            plug_adapter(c, mdev, a);
    VAP_EACH (d, &ids->domains)
        if (!vap_mask_has(&view_mdev(c, mdev)->guest.domains, d))
            plug_domain(c, mdev, d);
    g = view_mdev(c, mdev)->guest;
    g.control = vap_mask_or(g.control, ids->control);
    become(c, mdev, &g);
}

static struct vap_matrix
only(enum vap_list list, unsigned id)
{
    struct vap_matrix ids = { 0 };

    vap_mask_add(list == VAP_ADAPTERS  ? &ids.adapters
                 : list == VAP_DOMAINS ? &ids.domains
                                       : &ids.control,
                 id);
    return ids;
}

static void
assigned(struct vap_change *c, uint32_t mdev, enum vap_list list, unsigned id)
{
    struct vap_matrix ids = only(list, id);

    plug(c, mdev, &ids);
}

static void
unassigned(struct vap_change *c, uint32_t mdev, enum vap_list list, unsigned id)
{
    struct vap_matrix ids = only(list, id);

    unplug(c, mdev, &ids);
}

static struct vap_matrix
less(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return (struct vap_matrix){
        vap_mask_less(a->adapters, b->adapters),
        vap_mask_less(a->domains, b->domains),
        vap_mask_less(a->control, b->control),
    };
}

/* ap_config is younger than this rule: what it takes away goes first, then
 * what it brings comes. */
static void
configured(struct vap_change *c, uint32_t mdev, const struct vap_matrix *old)
{
    struct vap_matrix now = view_mdev(c, mdev)->matrix;
    struct vap_matrix gone = less(old, &now);
    struct vap_matrix come = less(&now, old);

    unplug(c, mdev, &gone);
    plug(c, mdev, &come);
}

/* The guest matrix is built anew, ids in ascending order. */
static void
rebuild(struct vap_change *c, uint32_t mdev)
{
    struct vap_matrix matrix = view_mdev(c, mdev)->matrix;

    view_edit_mdev(c, mdev)->guest = (struct vap_matrix){ 0 };
    plug(c, mdev, &matrix);
}

/* The guest starts. */
static void
opened(struct vap_change *c, uint32_t mdev)
{
    rebuild(c, mdev);
}

/* As if every guest were started again. */
static void
look_again(struct vap_change *c)
{
    for (uint32_t i = 0; i < c->host->n_slots; i++) {
        if (!view_mdev(c, i)->exists)
            continue;
        rebuild(c, i);
        if (view_mdev(c, i)->vm)
            view_edit_mdev(c, i)->apcb = view_mdev(c, i)->guest;
    }
}

static void
closed(struct vap_change *c, uint32_t mdev)
{
    view_edit_mdev(c, mdev)->apcb = (struct vap_matrix){ 0 };
}

static void
bound(struct vap_change *c, unsigned apqn)
{
    uint32_t mdev = view_owner(c, apqn);
    struct vap_matrix ids = { .adapters = vap_mask_one(VAP_ADAPTER_OF(apqn)),
                              .domains = vap_mask_one(VAP_DOMAIN_OF(apqn)) };

    if (mdev < c->host->n_slots)
        plug(c, mdev, &ids);
}

static void
released(struct vap_change *c, unsigned apqn)
{
    unsigned a = VAP_ADAPTER_OF(apqn);
    unsigned d = VAP_DOMAIN_OF(apqn);
    uint32_t mdev = view_owner(c, apqn);
    struct vap_matrix ids = { .adapters = vap_mask_one(a) };

    if (mdev < c->host->n_slots &&
        vap_mask_has(&view_mdev(c, mdev)->guest.adapters, a) &&
        vap_mask_has(&view_mdev(c, mdev)->guest.domains, d))
        unplug(c, mdev, &ids);
    else if (vap_mask_has(&c->bus.config.ids.adapters, a) &&
             vap_mask_has(&c->bus.config.ids.domains, d))
        view_reset(c, a, vap_mask_one(d));
}

/* What the host has not got any more cannot be reset. */
static void
host_changed(struct vap_change *c, const struct vap_matrix *lost)
{
    struct vap_matrix gone = *lost;

    gone.control = vap_mask_none();
    for (uint32_t i = 0; i < c->host->n_slots; i++)
        if (view_mdev(c, i)->exists)
            take_away(c, i, &gone);
}

static void
scanned(struct vap_change *c)
{
    for (uint32_t i = 0; i < c->host->n_slots; i++) {
        const struct vap_matrix *m = &view_mdev(c, i)->matrix;
        struct vap_matrix come = {
            vap_mask_and(m->adapters, c->gained.adapters),
            vap_mask_and(m->domains, c->gained.domains),
            vap_mask_none(),
        };

        if (view_mdev(c, i)->exists)
            plug(c, i, &come);
    }
}

const struct vap_rule vap_rule_fcfs = {
    .name = "fcfs",
    .summary = "first come, first served: proposed in 2020, rejected",
    .kernel = -1,
    .assigned = assigned,
    .unassigned = unassigned,
    .configured = configured,
    .opened = opened,
    .closed = closed,
    .bound = bound,
    .released = released,
    .host_changed = host_changed,
    .scanned = scanned,
    .look_again = look_again,
};
