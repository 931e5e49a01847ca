/* SPDX-License-Identifier: MIT */
/* What happens, in order. A kernel's own order is written down as it comes
 * about; that of a change which is one to all is put together at its end. */
#include "matrix/view.h"

void
vap_change_moments(struct vap_change *change, struct vap_moment *moments,
                   size_t max)
{
    change->moments = moments;
    change->max_moments = max;
}

static struct vap_moment *
add(struct vap_change *c, enum vap_moment_kind kind)
{
    struct vap_moment *m = &c->spare_moment;

    if (c->n_moments < c->max_moments)
        m = &c->moments[c->n_moments++];
    else
        c->full = true;
    *m = (struct vap_moment){ .kind = kind };
    return m;
}

/* ---- folding: what many queues do one after the other is one moment */

/* The reset that goes with a queue's leaving. */
static bool
fold_reset(struct vap_moment *before, const struct vap_moment *last)
{
    if (before->kind != VAP_MOMENT_RESET || last->queues.times)
        return false;
    before->kind = VAP_MOMENT_TURN;
    before->to = last->to;
    before->gone = last->gone;
    return true;
}

/* From one driver to the other, or from a driver to nowhere. */
static bool
fold_way(struct vap_moment *before, const struct vap_moment *last)
{
    if (before->kind != VAP_MOMENT_TURN || before->to || before->gone ||
        last->queues.times)
        return false;
    before->to = last->to;
    before->gone = last->gone;
    return true;
}

/* Another queue of the adapter that goes the same way; the domains of a moment
 * go by number. */
static bool
fold_next(struct vap_moment *before, const struct vap_moment *last)
{
    unsigned domain = vap_mask_next(&last->queues.domains, 0);

    if (before->kind != VAP_MOMENT_TURN || before->to != last->to ||
        before->gone != last->gone ||
        before->queues.times != last->queues.times ||
        before->queues.rc != last->queues.rc ||
        vap_mask_next(&before->queues.domains, domain) < VAP_IDS)
        return false;
    before->queues.domains =
        vap_mask_or(before->queues.domains, last->queues.domains);
    return true;
}

static bool
fold_last(struct vap_moment *before, const struct vap_moment *last)
{
    bool same = vap_mask_equal(&before->queues.domains, &last->queues.domains);

    if (before->kind == VAP_MOMENT_GUEST || last->kind != VAP_MOMENT_TURN ||
        before->queues.adapter != last->queues.adapter)
        return false;
    return same ? fold_reset(before, last) || fold_way(before, last)
                : fold_next(before, last);
}

static void
fold(struct vap_change *c)
{
    while (
        !c->full && c->n_moments > 1 &&
        fold_last(&c->moments[c->n_moments - 2], &c->moments[c->n_moments - 1]))
        c->n_moments--;
}

/* ---- as it comes about */

void
view_moment_guest(struct vap_change *c, uint32_t mdev, bool apcb)
{
    struct vap_moment *m;

    if (!c->moments || !c->each)
        return;
    m = add(c, VAP_MOMENT_GUEST);
    m->mdev = mdev;
    m->apcb = apcb;
    m->matrix = apcb ? view_mdev(c, mdev)->apcb : view_mdev(c, mdev)->guest;
}

void
view_moment_reset(struct vap_change *c, const struct vap_reset *reset)
{
    struct vap_moment *last;

    if (!c->moments || !c->each)
        return;
    last = c->n_moments ? &c->moments[c->n_moments - 1] : NULL;
    if (last && last->kind == VAP_MOMENT_RESET &&
        view_reset_goes_on(&last->queues, reset))
        return;
    add(c, VAP_MOMENT_RESET)->queues = *reset;
}

void
view_moment_turn(struct vap_change *c, unsigned adapter, unsigned domain,
                 enum vap_driver to, bool gone)
{
    struct vap_moment *m;

    if (!c->moments)
        return;
    m = add(c, VAP_MOMENT_TURN);
    m->queues.adapter = (uint8_t)adapter;
    m->queues.domains = vap_mask_one(domain);
    m->to = to;
    m->gone = gone;
    fold(c);
}

/* ---- put together */

static struct vap_matrix
both(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return (struct vap_matrix){
        vap_mask_and(a->adapters, b->adapters),
        vap_mask_and(a->domains, b->domains),
        vap_mask_and(a->control, b->control),
    };
}

/* What a guest loses, or gains, of all that the change does to it. */
static void
add_side(struct vap_change *c, const struct vap_effect *e, bool gain)
{
    const struct vap_mdev *host = &c->host->mdevs[e->mdev];
    bool apcb = host->vm || e->now.vm;
    struct vap_matrix was = apcb ? host->apcb : host->guest;
    struct vap_matrix is = apcb ? e->now.apcb : e->now.guest;
    struct vap_matrix kept = { 0 };
    struct vap_moment *m;

    if (host->vm == e->now.vm)
        kept = both(&was, &is);
    if (vap_matrix_equal(gain ? &is : &was, &kept))
        return;
    m = add(c, VAP_MOMENT_GUEST);
    m->mdev = e->mdev;
    m->apcb = apcb;
    m->matrix = gain ? is : kept;
}

static void
reverse(struct vap_moment *from, struct vap_moment *to)
{
    for (; from + 1 < to; from++) {
        struct vap_moment m = *from;

        *from = *--to;
        *to = m;
    }
}

/* The queues' ways are there; before them comes what guests lose, and the
 * resets, behind them what guests gain. */
void
view_moments_once(struct vap_change *c)
{
    size_t turns = c->n_moments;

    if (!c->moments || c->each)
        return;
    for (uint32_t i = 0; i < c->n_effects; i++)
        add_side(c, &c->effects[i], false);
    for (size_t i = 0; i < c->n_resets; i++)
        add(c, VAP_MOMENT_RESET)->queues = c->resets[i];
    reverse(c->moments, c->moments + turns);
    reverse(c->moments + turns, c->moments + c->n_moments);
    reverse(c->moments, c->moments + c->n_moments);
    for (uint32_t i = 0; i < c->n_effects; i++)
        add_side(c, &c->effects[i], true);
}
