/* SPDX-License-Identifier: MIT */
/* First come, first served: what has come stays, and what has not been looked
 * at again stays out. */
#include "model/fcfs.h"

#include "model/rules.h"

void
fcfs_become(struct model *m, struct model_mdev *mdev,
            const struct model_ids *is)
{
    const struct model_ids was = mdev->guest;

    mdev->guest = *is;
    if (mdev->vm)
        mdev->apcb = *is;
    rules_reset_lost(m, &was, is);
}

void
fcfs_add_adapter(struct model *m, struct model_mdev *mdev, unsigned a)
{
    struct model_ids g = mdev->guest;

    if (g.adapters.has[a])
        return;
    if (model_empty(&g.domains))
        g.domains = mdev->matrix.domains;
    if (model_empty(&g.domains))
        return;
    for (unsigned d = 0; d < 256; d++)
        if (g.domains.has[d] && m->queue[a][d].driver != VAP_VFIO_AP)
            return;
    g.adapters.has[a] = true;
    fcfs_become(m, mdev, &g);
}

void
fcfs_add_domain(struct model *m, struct model_mdev *mdev, unsigned d)
{
    struct model_ids g = mdev->guest;

    if (g.domains.has[d])
        return;
    if (model_empty(&g.adapters))
        g.adapters = mdev->matrix.adapters;
    if (model_empty(&g.adapters))
        return;
    for (unsigned a = 0; a < 256; a++)
        if (g.adapters.has[a] && m->queue[a][d].driver != VAP_VFIO_AP)
            return;
    g.domains.has[d] = true;
    fcfs_become(m, mdev, &g);
}

void
fcfs_add(struct model *m, struct model_mdev *mdev, const struct model_ids *ids)
{
    for (unsigned a = 0; a < 256; a++)
        if (ids->adapters.has[a])
            fcfs_add_adapter(m, mdev, a);
    for (unsigned d = 0; d < 256; d++)
        if (ids->domains.has[d])
            fcfs_add_domain(m, mdev, d);

    struct model_ids g = mdev->guest;

    for (unsigned d = 0; d < 256; d++)
        g.control.has[d] |= ids->control.has[d];
    fcfs_become(m, mdev, &g);
}

void
fcfs_drop(struct model *m, struct model_mdev *mdev, const struct model_ids *ids)
{
    struct model_ids g = mdev->guest;

    for (unsigned id = 0; id < 256; id++) {
        g.adapters.has[id] &= !ids->adapters.has[id];
        g.domains.has[id] &= !ids->domains.has[id];
        g.control.has[id] &= !ids->control.has[id];
    }
    fcfs_become(m, mdev, &g);
}

void
fcfs_lose(struct model_mdev *mdev, const struct model_ids *lost)
{
    for (unsigned id = 0; id < 256; id++) {
        if (lost->adapters.has[id])
            mdev->guest.adapters.has[id] = false;
        if (lost->domains.has[id])
            mdev->guest.domains.has[id] = false;
    }
    if (mdev->vm)
        mdev->apcb = mdev->guest;
}

void
fcfs_gained(struct model *m, struct model_mdev *mdev)
{
    for (unsigned a = 0; a < 256; a++)
        if (m->gained.adapters.has[a] && mdev->matrix.adapters.has[a])
            fcfs_add_adapter(m, mdev, a);
    for (unsigned d = 0; d < 256; d++)
        if (m->gained.domains.has[d] && mdev->matrix.domains.has[d])
            fcfs_add_domain(m, mdev, d);
}
