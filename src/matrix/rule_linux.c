/* SPDX-License-Identifier: MIT */
/* What Linux does: the guest matrix is edited as things happen, and filtered
 * afresh only at some of them. Where 6.12 and 7.2 differ the host's kernel
 * decides. Source: Linux 6.12 and 7.2 vfio_ap_ops.c, and docs/traces.md for
 * what was recorded of both. */
#include "matrix/rule.h"
#include "matrix/view.h"

static void
tell(struct vap_change *c, uint32_t mdev)
{
    struct vap_effect *e = view_effect(c, mdev);
    bool held = e->now.vm;

    if (held) {
        e->now.apcb = e->now.guest;
        e->updates++;
    }
    view_moment_guest(c, mdev, held);
}

static void
take_away(struct vap_change *c, uint32_t mdev)
{
    struct vap_effect *e = view_effect(c, mdev);

    e->now.apcb = (struct vap_matrix){ 0 };
    e->clears++;
    view_moment_guest(c, mdev, true);
}

/* Filters the matrix, or the control domains, or both; tells the guest when
 * anything differs; resets what adapters with a hole leave behind. */
static void
filter(struct vap_change *c, uint32_t mdev, bool queues, bool control)
{
    const struct vap_mdev *m = view_mdev(c, mdev);
    struct vap_matrix was = m->guest;
    struct vap_matrix is;

    view_guest_matrix(c, &m->matrix, &is);
    if (!queues) {
        is.adapters = was.adapters;
        is.domains = was.domains;
    }
    if (!control)
        is.control = was.control;
    if (vap_matrix_equal(&was, &is))
        return;

    struct vap_mask hit = vap_mask_less(
        vap_mask_and(vap_mask_and(was.adapters, m->matrix.adapters),
                     c->bus.config.ids.adapters),
        is.adapters);

    view_edit_mdev(c, mdev)->guest = is;
    tell(c, mdev);
    view_reset_all(c, &hit, &is.domains);
}

static void
assigned(struct vap_change *c, uint32_t mdev, enum vap_list list, unsigned id)
{
    (void)id;
    filter(c, mdev, list != VAP_CONTROL, list == VAP_CONTROL);
}

/* The guest loses ids, without a look at what else it could have now. */
static void
unplug(struct vap_change *c, uint32_t mdev, const struct vap_matrix *gone)
{
    struct vap_matrix was = view_mdev(c, mdev)->guest;
    struct vap_matrix is = {
        vap_mask_less(was.adapters, gone->adapters),
        vap_mask_less(was.domains, gone->domains),
        vap_mask_less(was.control, gone->control),
    };

    if (vap_matrix_equal(&was, &is))
        return;
    view_edit_mdev(c, mdev)->guest = is;
    tell(c, mdev);

    struct vap_mask adapters = vap_mask_less(was.adapters, is.adapters);
    struct vap_mask domains = vap_mask_less(was.domains, is.domains);

    view_reset_all(c, &adapters, &was.domains);
    view_reset_all(c, &was.adapters, &domains);
}

static void
unassigned(struct vap_change *c, uint32_t mdev, enum vap_list list, unsigned id)
{
    struct vap_matrix gone = { 0 };

    if (list == VAP_ADAPTERS)
        vap_mask_add(&gone.adapters, id);
    else if (list == VAP_DOMAINS)
        vap_mask_add(&gone.domains, id);
    else
        vap_mask_add(&gone.control, id);
    unplug(c, mdev, &gone);
}

/* In three steps, of each of which the guest may hear. */
static void
configured(struct vap_change *c, uint32_t mdev, const struct vap_matrix *old)
{
    struct vap_matrix now = view_mdev(c, mdev)->matrix;
    struct vap_matrix adapters = { 0 };
    struct vap_matrix domains = { 0 };

    adapters.adapters = vap_mask_less(old->adapters, now.adapters);
    domains.domains = vap_mask_less(old->domains, now.domains);
    unplug(c, mdev, &adapters);
    unplug(c, mdev, &domains);
    filter(c, mdev, true, true);
}

static void
opened(struct vap_change *c, uint32_t mdev)
{
    tell(c, mdev);
}

static void
remove_held(struct vap_change *c, uint32_t mdev)
{
    if (c->host->kernel != VAP_LINUX_6_12)
        take_away(c, mdev);
}

/* Ids that have just come and that this mdev has: it is filtered when the
 * scan has ended. */
static bool
awaits(const struct vap_change *c, const struct vap_matrix *m)
{
    return vap_mask_meets(&c->gained.adapters, &m->adapters) ||
           vap_mask_meets(&c->gained.domains, &m->domains);
}

static void
bound(struct vap_change *c, unsigned apqn)
{
    uint32_t mdev = view_owner(c, apqn);

    if (mdev < c->host->n_slots && !awaits(c, &view_mdev(c, mdev)->matrix))
        filter(c, mdev, true, false);
}

static bool
guest_has(const struct vap_mdev *m, unsigned apqn)
{
    return vap_mask_has(&m->guest.adapters, VAP_ADAPTER_OF(apqn)) &&
           vap_mask_has(&m->guest.domains, VAP_DOMAIN_OF(apqn));
}

/* A guest cannot lose one queue, so it loses the adapter. */
static void
released(struct vap_change *c, unsigned apqn)
{
    const struct vap_matrix *ids = &c->bus.config.ids;
    uint32_t mdev = view_owner(c, apqn);
    struct vap_matrix gone = { 0 };

    if (mdev < c->host->n_slots && guest_has(view_mdev(c, mdev), apqn)) {
        vap_mask_add(&gone.adapters, VAP_ADAPTER_OF(apqn));
        unplug(c, mdev, &gone);
    } else if (vap_mask_has(&ids->adapters, VAP_ADAPTER_OF(apqn)) &&
               vap_mask_has(&ids->domains, VAP_DOMAIN_OF(apqn))) {
        view_reset(c, VAP_ADAPTER_OF(apqn), vap_mask_one(VAP_DOMAIN_OF(apqn)));
    }
}

/* 6.12 takes a mask that stays non-empty for a mask that changed, so a guest
 * that loses its last adapter, or its last domain, is not told. */
static bool
worth_telling(const struct vap_change *c, const struct vap_matrix *was,
              const struct vap_matrix *is, const struct vap_matrix *gone)
{
    if (c->host->kernel != VAP_LINUX_6_12)
        return !vap_matrix_equal(was, is);
    return (!vap_mask_empty(&gone->adapters) &&
            !vap_mask_empty(&is->adapters)) ||
           (!vap_mask_empty(&gone->domains) && !vap_mask_empty(&is->domains)) ||
           (!vap_mask_empty(&gone->control) && !vap_mask_empty(&is->control));
}

static void
host_lost(struct vap_change *c, uint32_t mdev, const struct vap_matrix *lost)
{
    const struct vap_mdev *m = view_mdev(c, mdev);
    struct vap_matrix was = m->guest;
    struct vap_matrix gone = {
        vap_mask_and(lost->adapters, m->matrix.adapters),
        vap_mask_and(lost->domains, m->matrix.domains),
        vap_mask_and(lost->control, m->matrix.control),
    };

    if (c->host->kernel == VAP_LINUX_6_12) /* and-not in place of and */
        gone.control = vap_mask_less(lost->control, m->matrix.control);

    struct vap_matrix is = {
        vap_mask_less(was.adapters, gone.adapters),
        vap_mask_less(was.domains, gone.domains),
        vap_mask_less(was.control, gone.control),
    };

    if (!vap_matrix_equal(&was, &is))
        view_edit_mdev(c, mdev)->guest = is;
    if (worth_telling(c, &was, &is, &gone))
        tell(c, mdev);
    else if (!vap_matrix_equal(&was, &is))
        view_moment_guest(c, mdev, false);
}

/* Adapters that have come with a domain that has come, and fail its test,
 * are not waited for. */
static void
test_types(struct vap_change *c)
{
    struct vap_mask adapters = c->gained.adapters;

    VAP_EACH (a, &adapters) {
        struct vap_mask odd =
            vap_mask_and(view_row(c, a)->abnormal, c->gained.domains);

        VAP_EACH (d, &odd) {
            uint8_t rc = view_test(c, a, d);

            if (!vap_rc_passes(rc) && rc != VAP_RC_RESETTING &&
                rc != VAP_RC_BUSY)
                vap_mask_drop(&c->gained.adapters, a);
        }
    }
}

/* Nobody tests for a host without mdevs. */
static void
host_changed(struct vap_change *c, const struct vap_matrix *lost)
{
    bool any = false;

    for (uint32_t i = 0; i < c->host->n_slots; i++) {
        if (!view_mdev(c, i)->exists)
            continue;
        any = true;
        if (!vap_matrix_empty(lost))
            host_lost(c, i, lost);
    }
    if (any)
        test_types(c);
}

static void
scanned(struct vap_change *c)
{
    for (uint32_t i = 0; i < c->host->n_slots; i++) {
        const struct vap_mdev *m = view_mdev(c, i);
        bool control = vap_mask_meets(&c->gained.control, &m->matrix.control);

        if (m->exists && (control || awaits(c, &m->matrix)))
            filter(c, i, awaits(c, &m->matrix), control);
    }
}

/* As writing every mdev's ap_config back unchanged. */
static void
look_again(struct vap_change *c)
{
    for (uint32_t i = 0; i < c->host->n_slots; i++)
        if (view_mdev(c, i)->exists)
            filter(c, i, true, true);
}

#define LINUX_HOOKS                                                            \
    .assigned = assigned, .unassigned = unassigned, .configured = configured,  \
    .opened = opened, .closed = take_away, .remove_held = remove_held,         \
    .bound = bound, .released = released, .host_changed = host_changed,        \
    .scanned = scanned, .look_again = look_again, .counts_each = true

const struct vap_rule vap_rule_linux_7_2 = {
    .name = "linux-7.2",
    .summary = "the kernel's driver of 2026, as recorded",
    .kernel = VAP_LINUX_7_2,
    LINUX_HOOKS,
};

const struct vap_rule vap_rule_linux_6_12 = {
    .name = "linux-6.12",
    .summary = "the kernel's driver of 2024, as recorded, errors included",
    .kernel = VAP_LINUX_6_12,
    LINUX_HOOKS,
};
