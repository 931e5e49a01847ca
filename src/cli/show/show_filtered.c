/* SPDX-License-Identifier: MIT */
/* What of an mdev is not in its guest, and why, as sets. */
#include "cli/show/show.h"

unsigned
show_queues(const struct vap_matrix *m)
{
    return vap_mask_count(&m->adapters) * vap_mask_count(&m->domains);
}

struct vap_matrix
show_filtered(const struct host *host, uint32_t mdev)
{
    const struct vap_mdev *m = &host->slots[mdev];
    const struct vap_matrix *ids = &host->engine->bus.config.ids;
    bool nothing =
        vap_mask_empty(&m->guest.adapters) && vap_mask_empty(&m->guest.domains);
    struct vap_matrix lost = {
        vap_mask_less(m->matrix.adapters, m->guest.adapters),
        vap_mask_less(m->matrix.domains, m->guest.domains),
        vap_mask_less(m->matrix.control, m->guest.control),
    };

    if (nothing) /* for want of adapters, not for itself */
        lost.domains = vap_mask_less(lost.domains, ids->domains);
    return lost;
}

struct show_holes
show_holes(const struct host *host, uint32_t mdev, unsigned adapter)
{
    const struct vap_host *engine = host->engine;
    const struct vap_row *row = &engine->row[adapter];
    struct vap_mask want = vap_mask_and(engine->mdevs[mdev].matrix.domains,
                                        engine->bus.config.ids.domains);
    struct vap_mask bound = vap_mask_or(row->dflt, row->vfio);

    return (struct show_holes){
        .host = vap_mask_and(want, row->dflt),
        .unbound = vap_mask_less(want, bound),
        .failed = vap_mask_less(vap_mask_and(want, row->vfio), row->sound),
    };
}
