/* SPDX-License-Identifier: MIT */
/* An obstacle is one queue, or one id. The actions against it are all those
 * that change what the filter or a veto reads of it: whoever leaves them all
 * out leaves the obstacle where it is. On this the search relies. */
#include "matrix/remedy_actions.h"

#include "matrix/view.h"

static void
offer(struct vap_branch *b, enum vap_act act, uint32_t mdev, unsigned apqn)
{
    b->few[b->n_few++] =
        (struct vap_action){ act, mdev, (uint8_t)VAP_ADAPTER_OF(apqn),
                             (uint8_t)VAP_DOMAIN_OF(apqn) };
}

/* Only the ids that an act is about, so that two of the same are equal. */
static struct vap_action
trimmed(struct vap_action a)
{
    switch (a.act) {
    case VAP_ACT_SCAN:
    case VAP_ACT_RESET:
        a.adapter = a.domain = 0;
        break;
    case VAP_ACT_HOST_ADAPTER:
    case VAP_ACT_UNASSIGN_ADAPTER:
    case VAP_ACT_APMASK:
    case VAP_ACT_ASSIGN_ADAPTER:
        a.domain = 0;
        break;
    case VAP_ACT_HOST_DOMAIN:
    case VAP_ACT_UNASSIGN_DOMAIN:
    case VAP_ACT_AQMASK:
    case VAP_ACT_ASSIGN_DOMAIN:
        a.adapter = 0;
        break;
    case VAP_ACT_OVERRIDE:
    case VAP_ACT_BIND:
        break;
    }
    return a;
}

/* The i-th id of a mask; VAP_IDS when there are fewer. */
static unsigned
nth(const struct vap_mask *mask, uint32_t i)
{
    unsigned id = vap_mask_next(mask, 0);

    for (; i && id < VAP_IDS; i--)
        id = vap_mask_next(mask, id + 1);
    return id;
}

bool
branch_action(const struct vap_branch *b, uint32_t i, struct vap_action *action)
{
    uint32_t n_host = vap_mask_count(&b->host_domains);
    unsigned id;

    if (i < b->n_few) {
        *action = trimmed(b->few[i]);
        return true;
    }
    i -= b->n_few;
    id = i < n_host ? nth(&b->host_domains, i)
                    : nth(&b->assign_domains, i - n_host);
    *action = (struct vap_action){ VAP_ACT_HOST_DOMAIN, 0, 0, (uint8_t)id };
    if (i >= n_host) {
        action->act = VAP_ACT_ASSIGN_DOMAIN;
        action->mdev = b->mdev;
    }
    return id < VAP_IDS;
}

/* The queue leaves the matrix of an mdev, unless it is what is wanted. */
static void
offer_to_leave(const struct vap_remedies *r, uint32_t mdev, unsigned apqn,
               struct vap_branch *b)
{
    bool own = mdev == r->mdev;

    if (!own || !vap_mask_has(&r->domains, VAP_DOMAIN_OF(apqn)))
        offer(b, VAP_ACT_UNASSIGN_DOMAIN, mdev, apqn);
    if (!own || !vap_mask_has(&r->adapters, VAP_ADAPTER_OF(apqn)))
        offer(b, VAP_ACT_UNASSIGN_ADAPTER, mdev, apqn);
}

static enum vap_driver
override_of(const struct vap_change *c, unsigned apqn)
{
    unsigned a = VAP_ADAPTER_OF(apqn);
    unsigned d = VAP_DOMAIN_OF(apqn);

    if (!vap_mask_has(&view_row(c, a)->overridden, d))
        return VAP_NO_DRIVER;
    return (enum vap_driver)view_queue(c, a, d)->override;
}

static bool
can_override(const struct vap_change *c, unsigned apqn)
{
    return c->host->kernel != VAP_LINUX_6_12 && !c->bus.masks_written &&
           vap_mask_has(&view_row(c, VAP_ADAPTER_OF(apqn))->present,
                        VAP_DOMAIN_OF(apqn));
}

/* The masks keep it. */
static void
offer_to_free(const struct vap_remedies *r, unsigned apqn, struct vap_branch *b)
{
    if (!r->change->bus.n_overrides) {
        offer(b, VAP_ACT_APMASK, 0, apqn);
        offer(b, VAP_ACT_AQMASK, 0, apqn);
    }
    if (can_override(r->change, apqn))
        offer(b, VAP_ACT_OVERRIDE, 0, apqn);
}

static bool
keeps(const struct vap_change *c, unsigned apqn)
{
    return vap_mask_has(&c->bus.apmask, VAP_ADAPTER_OF(apqn)) &&
           vap_mask_has(&c->bus.aqmask, VAP_DOMAIN_OF(apqn));
}

/* A queue that has a device, and is not vfio_ap's. */
static void
offer_to_bind(const struct vap_remedies *r, unsigned apqn, struct vap_branch *b)
{
    enum vap_driver override = override_of(r->change, apqn);

    if (override == VAP_NO_DRIVER && keeps(r->change, apqn))
        offer_to_free(r, apqn, b);
    else if (override == VAP_NO_DRIVER || override == VAP_VFIO_AP)
        offer(b, VAP_ACT_BIND, 0, apqn);
    else if (can_override(r->change, apqn))
        offer(b, VAP_ACT_OVERRIDE, 0, apqn);
}

/* Would every queue of the mdev answer a reset with 0? Otherwise the guest's
 * reset fails, whatever it mends. */
static bool
resets_well(const struct vap_change *c, const struct vap_matrix *m)
{
    const struct vap_matrix *there = &c->bus.hardware.ids;

    VAP_EACH (a, &m->adapters) {
        struct vap_mask bound = vap_mask_and(m->domains, view_row(c, a)->vfio);

        if (!vap_mask_empty(&bound) &&
            (!vap_mask_has(&there->adapters, a) ||
             !vap_mask_within(&bound, &there->domains)))
            return false;
        bound = vap_mask_and(bound, view_row(c, a)->abnormal);
        VAP_EACH (d, &bound)
            if (view_queue(c, a, d)->state || view_queue(c, a, d)->zapq_n)
                return false;
    }
    return true;
}

/* vfio_ap has it, and its last reset failed. A guest that has its adapter all
 * the same, by an oversight, loses that as soon as the rule looks, and then
 * the queue is reset: whatever makes the rule look may help. */
static void
offer_to_reset(struct vap_remedies *r, unsigned apqn, struct vap_branch *b)
{
    const struct vap_mdev *m = view_mdev(r->change, r->mdev);

    offer(b, VAP_ACT_BIND, 0, apqn);
    if (m->vm && resets_well(r->change, &m->matrix))
        offer(b, VAP_ACT_RESET, r->mdev, apqn);
    if (vap_mask_has(&m->guest.adapters, VAP_ADAPTER_OF(apqn)))
        r->unsure = true;
}

/* A hole: the queue is to become sound, or its domain to go. */
static void
branch_hole(struct vap_remedies *r, unsigned apqn, struct vap_branch *b)
{
    const struct vap_change *c = r->change;
    unsigned domain = VAP_DOMAIN_OF(apqn);
    const struct vap_row *row = view_row(c, VAP_ADAPTER_OF(apqn));

    if (!vap_mask_has(&c->bus.hardware.ids.domains, domain))
        offer(b, VAP_ACT_SCAN, 0, apqn);
    if (vap_mask_has(&row->vfio, domain))
        offer_to_reset(r, apqn, b);
    else if (vap_mask_has(&row->present, domain))
        offer_to_bind(r, apqn, b);
    if (!vap_mask_has(&r->domains, domain))
        offer(b, VAP_ACT_UNASSIGN_DOMAIN, r->mdev, apqn);
}

/* No domain of the mdev is in the host. */
static void
branch_no_domain(const struct vap_remedies *r, struct vap_branch *b)
{
    const struct vap_bus *bus = &r->change->bus;
    struct vap_mask domains = view_mdev(r->change, r->mdev)->matrix.domains;
    struct vap_mask coming = vap_mask_and(domains, bus->hardware.ids.domains);

    b->mdev = r->mdev;
    if (!vap_mask_empty(&coming))
        offer(b, VAP_ACT_SCAN, 0, 0);
    b->host_domains = vap_mask_less(domains, bus->hardware.ids.domains);
    b->assign_domains = vap_mask_less(bus->config.ids.domains, domains);
}

/* The first of some ids that is not in the mask, or VAP_IDS. */
static unsigned
first_missing(const struct vap_mask *ids, struct vap_mask mask)
{
    mask = vap_mask_less(*ids, mask);
    return vap_mask_next(&mask, 0);
}

static bool
branch_adapter(const struct vap_remedies *r, struct vap_branch *b)
{
    const struct vap_bus *bus = &r->change->bus;
    const struct vap_matrix *m = &view_mdev(r->change, r->mdev)->matrix;
    unsigned a = first_missing(&r->adapters, m->adapters);

    if (a < VAP_IDS) {
        offer(b, VAP_ACT_ASSIGN_ADAPTER, r->mdev, VAP_APQN(a, 0));
        return true;
    }
    a = first_missing(&r->adapters, bus->config.ids.adapters);
    if (a == VAP_IDS)
        return false;
    offer(b,
          vap_mask_has(&bus->hardware.ids.adapters, a) ? VAP_ACT_SCAN
                                                       : VAP_ACT_HOST_ADAPTER,
          0, VAP_APQN(a, 0));
    return true;
}

static bool
branch_domain(const struct vap_remedies *r, struct vap_branch *b)
{
    const struct vap_bus *bus = &r->change->bus;
    const struct vap_matrix *m = &view_mdev(r->change, r->mdev)->matrix;
    unsigned d = first_missing(&r->domains, m->domains);

    if (d < VAP_IDS) {
        offer(b, VAP_ACT_ASSIGN_DOMAIN, r->mdev, d);
        return true;
    }
    d = first_missing(&r->domains, bus->config.ids.domains);
    if (d == VAP_IDS)
        return false;
    offer(b,
          vap_mask_has(&bus->hardware.ids.domains, d) ? VAP_ACT_SCAN
                                                      : VAP_ACT_HOST_DOMAIN,
          0, d);
    return true;
}

bool
branch_of_state(struct vap_remedies *r, struct vap_branch *b)
{
    const struct vap_matrix *m = &view_mdev(r->change, r->mdev)->matrix;
    struct vap_mask domains =
        vap_mask_and(m->domains, r->change->bus.config.ids.domains);

    *b = (struct vap_branch){ 0 };
    if (branch_adapter(r, b) || branch_domain(r, b))
        return true;
    if (vap_mask_empty(&domains)) {
        branch_no_domain(r, b);
        return true;
    }
    VAP_EACH (a, &r->adapters) {
        unsigned d = first_missing(&domains, view_row(r->change, a)->sound);

        if (d < VAP_IDS) {
            branch_hole(r, VAP_APQN(a, d), b);
            return true;
        }
    }
    return false;
}

/* A queue of the matrix is kept for the host: by the masks, or because its
 * driver_override has not been followed by a bind. */
static void
branch_reserved(const struct vap_remedies *r, unsigned apqn,
                struct vap_branch *b)
{
    enum vap_driver override = override_of(r->change, apqn);

    if (override == VAP_NO_DRIVER)
        offer_to_free(r, apqn, b);
    else if (override == VAP_VFIO_AP)
        offer(b, VAP_ACT_BIND, 0, apqn);
    else if (can_override(r->change, apqn))
        offer(b, VAP_ACT_OVERRIDE, 0, apqn);
    offer_to_leave(r, r->mdev, apqn, b);
}

bool
branch_of_refusal(struct vap_remedies *r, const struct vap_why *why,
                  struct vap_branch *b)
{
    *b = (struct vap_branch){ 0 };
    switch ((int)why->verdict) {
    case VAP_RESERVED:
        branch_reserved(r, why->apqn, b);
        return true;
    case VAP_SHARED:
        offer_to_leave(r, why->holder, why->apqn, b);
        offer_to_leave(r, r->mdev, why->apqn, b);
        return true;
    case VAP_RESET_FAILED:
    case VAP_NO_ROOM:
        r->unsure = true;
        return false;
    default:
        return false;
    }
}
