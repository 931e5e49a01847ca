/* SPDX-License-Identifier: MIT */
/* A guest has what the present state gives it, whatever led there. Nothing
 * is done while requests are carried out; at the end every mdev whose inputs
 * may differ is worked out afresh. */
#include "matrix/rule.h"
#include "matrix/view.h"

/* With no queue left there is nothing to show, and nothing to tell a guest:
 * its adapters and domains are both empty. */
static struct vap_matrix
due_to(const struct vap_change *c, const struct vap_mdev *m)
{
    struct vap_matrix guest;

    view_guest_matrix(c, &m->matrix, &guest);
    if (vap_mask_empty(&guest.adapters) || vap_mask_empty(&guest.domains))
        guest.adapters = guest.domains = vap_mask_none();
    return guest;
}

/* Resets what left, each queue at most once a change. */
static void
reset_lost(struct vap_change *c, const struct vap_matrix *was,
           const struct vap_matrix *is)
{
    const struct vap_matrix *ids = &c->bus.config.ids;
    struct vap_mask adapters = vap_mask_and(was->adapters, ids->adapters);

    VAP_EACH (a, &adapters) {
        struct vap_mask lost = vap_mask_and(was->domains, ids->domains);

        if (vap_mask_has(&is->adapters, a))
            lost = vap_mask_less(lost, is->domains);
        lost = vap_mask_and(lost, view_row(c, a)->vfio);
        lost = vap_mask_less(lost, c->was_reset[a]);
        if (!vap_mask_empty(&lost))
            view_reset(c, a, lost);
    }
}

static void
bring(struct vap_change *c, uint32_t mdev)
{
    const struct vap_mdev *m = view_mdev(c, mdev);
    struct vap_matrix was = m->guest;
    struct vap_matrix is = due_to(c, m);
    struct vap_matrix apcb = m->vm ? is : (struct vap_matrix){ 0 };

    if (!m->exists ||
        (vap_matrix_equal(&was, &is) && vap_matrix_equal(&m->apcb, &apcb)))
        return;

    struct vap_mdev *now = view_edit_mdev(c, mdev);

    now->guest = is;
    now->apcb = apcb;
    reset_lost(c, &was, &is);
}

static bool
touched(const struct vap_matrix *m, const struct vap_matrix *ids)
{
    return vap_mask_meets(&m->adapters, &ids->adapters) ||
           vap_mask_meets(&m->domains, &ids->domains) ||
           vap_mask_meets(&m->control, &ids->control);
}

/* A reset that fails takes its queue from the guest, and one that succeeds
 * may bring it back: so until no reset has had anything to say. It ends, for
 * a queue is reset but once. */
static void
settle(struct vap_change *c)
{
    for (uint32_t i = 0; i < c->n_effects; i++)
        bring(c, c->effects[i].mdev);
    while (!vap_matrix_empty(&c->settle)) {
        struct vap_matrix ids = c->settle;

        c->settle = (struct vap_matrix){ 0 };
        for (uint32_t i = 0; i < c->host->n_slots; i++)
            if (touched(&view_mdev(c, i)->matrix, &ids))
                bring(c, i);
    }
}

/* The queue goes to somebody else: nothing of its guest may go with it. */
static void
released(struct vap_change *c, unsigned apqn)
{
    const struct vap_matrix *ids = &c->bus.config.ids;
    unsigned a = VAP_ADAPTER_OF(apqn);
    unsigned d = VAP_DOMAIN_OF(apqn);

    if (vap_mask_has(&ids->adapters, a) && vap_mask_has(&ids->domains, d) &&
        !vap_mask_has(&c->was_reset[a], d))
        view_reset(c, a, vap_mask_one(d));
}

/* What earlier requests of the list took from it is reset now: who its
 * queues were with is forgotten with the mdev. */
static void
removing(struct vap_change *c, uint32_t mdev)
{
    bring(c, mdev);
}

static void
look_again(struct vap_change *c)
{
    for (uint32_t i = 0; i < c->host->n_slots; i++)
        bring(c, i);
}

const struct vap_rule vap_rule_state = {
    .name = "state",
    .summary = "a function of the present state, whatever led to it",
    .kernel = -1,
    .removing = removing,
    .released = released,
    .look_again = look_again,
    .settle = settle,
};
