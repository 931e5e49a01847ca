/* SPDX-License-Identifier: MIT */
/* Three answers to what a guest gets. `state`: worked out of the present at
 * the end of every request. Linux: by a table of triggers, some of which
 * filter and some only cut. First come, first served: in fcfs.c. */
#include "model/rules.h"

#include <string.h>

#include "model/fcfs.h"

void
model_guest(const struct model *m, const struct model_ids *matrix,
            struct model_ids *guest)
{
    for (unsigned id = 0; id < 256; id++) {
        guest->adapters.has[id] =
            matrix->adapters.has[id] && m->config.adapters.has[id];
        guest->domains.has[id] =
            matrix->domains.has[id] && m->config.domains.has[id];
        guest->control.has[id] =
            matrix->control.has[id] && m->config.control.has[id];
    }
    for (unsigned a = 0; a < m->n_adapters; a++)
        for (unsigned d = 0; d < m->n_domains; d++) {
            const struct model_queue *q = &m->queue[a][d];

            if (guest->domains.has[d] &&
                (q->driver != VAP_VFIO_AP || !model_passes(q->reset_rc)))
                guest->adapters.has[a] = false;
        }
}

static bool
same(const struct model_ids *a, const struct model_ids *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static bool
meets(const struct model_set *a, const struct model_set *b)
{
    for (unsigned id = 0; id < 256; id++)
        if (a->has[id] && b->has[id])
            return true;
    return false;
}

static bool
has(const struct model_ids *ids, unsigned a, unsigned d)
{
    return ids->adapters.has[a] && ids->domains.has[d];
}

static struct model_mdev *
owner(struct model *m, unsigned a, unsigned d)
{
    for (unsigned i = 0; i < MODEL_MDEVS; i++)
        if (m->mdevs[i].exists && has(&m->mdevs[i].matrix, a, d))
            return &m->mdevs[i];
    return NULL;
}

void
rules_reset_lost(struct model *m, const struct model_ids *was,
                 const struct model_ids *is)
{
    for (unsigned a = 0; a < m->n_adapters; a++)
        for (unsigned d = 0; d < m->n_domains; d++)
            if (has(was, a, d) && !has(is, a, d) &&
                m->queue[a][d].driver == VAP_VFIO_AP)
                model_reset(m, a, d);
}

/* ---- state ------------------------------------------------------------ */

/* A queue is reset when it leaves a guest and stays with vfio_ap, once. A
 * reset can fail, or mend, and so change what the guest gets. */
static void
settle(struct model *m, struct model_mdev *mdev)
{
    for (;;) {
        struct model_ids is;
        const struct model_ids was = mdev->guest;

        model_guest(m, &mdev->matrix, &is);
        if (model_empty(&is.adapters) || model_empty(&is.domains)) {
            memset(&is.adapters, 0, sizeof(is.adapters));
            memset(&is.domains, 0, sizeof(is.domains));
        }
        mdev->guest = is;
        if (same(&was, &is))
            return;
        for (unsigned a = 0; a < m->n_adapters; a++)
            for (unsigned d = 0; d < m->n_domains; d++)
                if (has(&was, a, d) && !has(&is, a, d) &&
                    has(&m->config, a, d) && !m->queue[a][d].resets &&
                    m->queue[a][d].driver == VAP_VFIO_AP)
                    model_reset(m, a, d);
    }
}

static void
end_state(struct model *m)
{
    for (unsigned i = 0; i < MODEL_MDEVS; i++) {
        struct model_mdev *mdev = &m->mdevs[i];

        if (!mdev->exists)
            continue;
        settle(m, mdev);
        if (mdev->vm)
            mdev->apcb = mdev->guest;
        else
            memset(&mdev->apcb, 0, sizeof(mdev->apcb));
    }
}

/* ---- Linux ------------------------------------------------------------ */

static void
tell(struct model_mdev *mdev)
{
    if (!mdev->vm)
        return;
    mdev->apcb = mdev->guest;
    mdev->updates++;
}

static void
take_away(struct model_mdev *mdev)
{
    memset(&mdev->apcb, 0, sizeof(mdev->apcb));
    mdev->clears++;
}

static void
filter(struct model *m, struct model_mdev *mdev, bool queues, bool control)
{
    const struct model_ids was = mdev->guest;
    struct model_ids is;

    model_guest(m, &mdev->matrix, &is);
    if (queues) {
        mdev->guest.adapters = is.adapters;
        mdev->guest.domains = is.domains;
    }
    if (control)
        mdev->guest.control = is.control;
    if (same(&was, &mdev->guest))
        return;
    tell(mdev);
    /* adapters that a hole has just taken out */
    for (unsigned a = 0; a < m->n_adapters && queues; a++)
        for (unsigned d = 0; d < m->n_domains; d++)
            if (was.adapters.has[a] && !is.adapters.has[a] &&
                mdev->matrix.adapters.has[a] && m->config.adapters.has[a] &&
                is.domains.has[d] && m->queue[a][d].driver == VAP_VFIO_AP)
                model_reset(m, a, d);
}

/* The guest becomes less, and what left is reset. */
static void
cut(struct model *m, struct model_mdev *mdev, const struct model_ids *is)
{
    const struct model_ids was = mdev->guest;

    if (same(&was, is))
        return;
    mdev->guest = *is;
    tell(mdev);
    rules_reset_lost(m, &was, is);
}

static bool
waits(const struct model *m, const struct model_mdev *mdev)
{
    return meets(&m->gained.adapters, &mdev->matrix.adapters) ||
           meets(&m->gained.domains, &mdev->matrix.domains);
}

static void
linux_lost(struct model *m, struct model_mdev *mdev,
           const struct model_ids *lost)
{
    const struct model_ids was = mdev->guest;
    struct model_ids *is = &mdev->guest;
    bool stirred[3] = { false, false, false };

    for (unsigned id = 0; id < 256; id++) {
        if (lost->adapters.has[id] && mdev->matrix.adapters.has[id]) {
            is->adapters.has[id] = false;
            stirred[0] = true;
        }
        if (lost->domains.has[id] && mdev->matrix.domains.has[id]) {
            is->domains.has[id] = false;
            stirred[1] = true;
        }
        /* 6.12 has this one the wrong way round */
        if (lost->control.has[id] && mdev->matrix.control.has[id] != m->old) {
            is->control.has[id] = false;
            stirred[2] = true;
        }
    }
    /* ... and tells the guest if a mask that was touched is not empty */
    if (m->old ? (stirred[0] && !model_empty(&is->adapters)) ||
                     (stirred[1] && !model_empty(&is->domains)) ||
                     (stirred[2] && !model_empty(&is->control))
               : !same(&was, is))
        tell(mdev);
}

/* New adapters are tried on new domains, for those who have an mdev; the bad
 * ones are not waited for. */
static void
linux_try_types(struct model *m)
{
    struct model_set bad = { { false } };

    for (unsigned a = 0; a < m->n_adapters; a++)
        for (unsigned d = 0; d < m->n_domains; d++)
            if (m->gained.adapters.has[a] && m->gained.domains.has[d]) {
                uint8_t rc = model_tapq(m, a, d);

                if (!model_passes(rc) && rc != 2 && rc != 5)
                    bad.has[a] = true;
            }
    for (unsigned a = 0; a < 256; a++)
        if (bad.has[a])
            m->gained.adapters.has[a] = false;
}

/* ---- what happens ----------------------------------------------------- */

/* The one id that a request is about, as three sets. */
static struct model_ids
only(const struct vap_request *r)
{
    struct model_ids ids = { { { false } }, { { false } }, { { false } } };

    if (r->op == VAP_ASSIGN_ADAPTER || r->op == VAP_UNASSIGN_ADAPTER)
        ids.adapters.has[r->id] = true;
    else if (r->op == VAP_ASSIGN_DOMAIN || r->op == VAP_UNASSIGN_DOMAIN)
        ids.domains.has[r->id] = true;
    else
        ids.control.has[r->id] = true;
    return ids;
}

void
rules_assigned(struct model *m, struct model_mdev *mdev,
               const struct vap_request *r)
{
    struct model_ids ids = only(r);
    bool control = r->op == VAP_ASSIGN_CONTROL;

    if (m->rule == MODEL_LINUX)
        filter(m, mdev, !control, control);
    if (m->rule == MODEL_FCFS)
        fcfs_add(m, mdev, &ids);
}

void
rules_unassigned(struct model *m, struct model_mdev *mdev,
                 const struct vap_request *r)
{
    struct model_ids ids = only(r);
    struct model_ids g = mdev->guest;

    for (unsigned id = 0; id < 256; id++) {
        g.adapters.has[id] &= !ids.adapters.has[id];
        g.domains.has[id] &= !ids.domains.has[id];
        g.control.has[id] &= !ids.control.has[id];
    }
    if (m->rule == MODEL_LINUX)
        cut(m, mdev, &g);
    if (m->rule == MODEL_FCFS)
        fcfs_drop(m, mdev, &ids);
}

static void
linux_configured(struct model *m, struct model_mdev *mdev)
{
    struct model_ids g = mdev->guest;

    for (unsigned a = 0; a < 256; a++)
        g.adapters.has[a] &= mdev->matrix.adapters.has[a];
    cut(m, mdev, &g);
    for (unsigned d = 0; d < 256; d++)
        g.domains.has[d] &= mdev->matrix.domains.has[d];
    cut(m, mdev, &g);
    filter(m, mdev, true, true);
}

void
rules_configured(struct model *m, struct model_mdev *mdev,
                 const struct model_ids *old)
{
    struct model_ids gone;
    struct model_ids come;

    for (unsigned id = 0; id < 256; id++) {
        gone.adapters.has[id] =
            old->adapters.has[id] && !mdev->matrix.adapters.has[id];
        gone.domains.has[id] =
            old->domains.has[id] && !mdev->matrix.domains.has[id];
        gone.control.has[id] =
            old->control.has[id] && !mdev->matrix.control.has[id];
        come.adapters.has[id] =
            mdev->matrix.adapters.has[id] && !old->adapters.has[id];
        come.domains.has[id] =
            mdev->matrix.domains.has[id] && !old->domains.has[id];
        come.control.has[id] =
            mdev->matrix.control.has[id] && !old->control.has[id];
    }
    if (m->rule == MODEL_LINUX)
        linux_configured(m, mdev);
    if (m->rule == MODEL_FCFS) {
        fcfs_drop(m, mdev, &gone);
        fcfs_add(m, mdev, &come);
    }
}

void
rules_opened(struct model *m, struct model_mdev *mdev)
{
    if (m->rule == MODEL_LINUX)
        tell(mdev);
    if (m->rule == MODEL_FCFS) {
        memset(&mdev->guest, 0, sizeof(mdev->guest));
        fcfs_add(m, mdev, &mdev->matrix);
    }
}

void
rules_closing(struct model *m, struct model_mdev *mdev)
{
    if (m->rule == MODEL_LINUX)
        take_away(mdev);
    if (m->rule == MODEL_FCFS)
        memset(&mdev->apcb, 0, sizeof(mdev->apcb));
}

void
rules_remove_held(struct model *m, struct model_mdev *mdev)
{
    if (m->rule == MODEL_LINUX && !m->old)
        take_away(mdev);
}

void
rules_bound(struct model *m, unsigned a, unsigned d)
{
    struct model_mdev *mdev = owner(m, a, d);

    if (!mdev)
        return;
    if (m->rule == MODEL_LINUX && !waits(m, mdev))
        filter(m, mdev, true, false);
    if (m->rule == MODEL_FCFS) {
        fcfs_add_adapter(m, mdev, a);
        fcfs_add_domain(m, mdev, d);
    }
}

void
rules_releasing(struct model *m, unsigned a, unsigned d)
{
    struct model_mdev *mdev = owner(m, a, d);
    bool guests = mdev && has(&mdev->guest, a, d);

    if (m->rule != MODEL_STATE && guests) {
        struct model_ids g = mdev->guest;

        g.adapters.has[a] = false;
        if (m->rule == MODEL_LINUX)
            cut(m, mdev, &g);
        else
            fcfs_become(m, mdev, &g);
    } else if (has(&m->config, a, d)) {
        model_reset(m, a, d);
    }
}

void
rules_config_changed(struct model *m, const struct model_ids *lost)
{
    bool any = false;

    for (unsigned i = 0; i < MODEL_MDEVS; i++) {
        if (!m->mdevs[i].exists)
            continue;
        any = true;
        if (m->rule == MODEL_LINUX)
            linux_lost(m, &m->mdevs[i], lost);
        if (m->rule == MODEL_FCFS)
            fcfs_lose(&m->mdevs[i], lost);
    }
    if (m->rule == MODEL_LINUX && any)
        linux_try_types(m);
}

void
rules_scan_complete(struct model *m)
{
    for (unsigned i = 0; i < MODEL_MDEVS; i++) {
        struct model_mdev *mdev = &m->mdevs[i];

        if (!mdev->exists)
            continue;
        if (m->rule == MODEL_LINUX)
            filter(m, mdev, waits(m, mdev),
                   meets(&m->gained.control, &mdev->matrix.control));
        if (m->rule == MODEL_FCFS)
            fcfs_gained(m, mdev);
    }
}

void
rules_look_again(struct model *m)
{
    for (unsigned i = 0; i < MODEL_MDEVS; i++) {
        if (!m->mdevs[i].exists)
            continue;
        if (m->rule == MODEL_LINUX)
            filter(m, &m->mdevs[i], true, true);
        if (m->rule == MODEL_FCFS)
            rules_opened(m, &m->mdevs[i]);
    }
}

/* Only Linux tells a guest of every step. */
void
rules_end(struct model *m, const struct model_ids *before)
{
    if (m->rule == MODEL_STATE)
        end_state(m);
    for (unsigned i = 0; i < MODEL_MDEVS && m->rule != MODEL_LINUX; i++) {
        bool differs = !same(&before[i], &m->mdevs[i].apcb);

        m->mdevs[i].updates = differs && m->mdevs[i].vm;
        m->mdevs[i].clears = differs && !m->mdevs[i].vm;
    }
}
