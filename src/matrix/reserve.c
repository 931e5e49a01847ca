/* SPDX-License-Identifier: MIT */
/* Which queues are kept for the host's drivers: those that both masks hold,
 * but a queue that has an override and a driver goes by that driver.
 * Source: Linux 7.2 ap_bus.c; before 6.19 by the masks alone. */
#include "matrix/reserve.h"
#include "matrix/view.h"

/* Queues that go by their driver. */
static struct vap_mask
judged_of(const struct vap_row *row)
{
    return vap_mask_and(row->overridden, vap_mask_or(row->dflt, row->vfio));
}

static struct vap_mask
reserved_of(const struct vap_change *c, unsigned adapter)
{
    const struct vap_row *row = view_row(c, adapter);
    struct vap_mask judged = judged_of(row);
    struct vap_mask kept = vap_mask_none();

    if (vap_mask_has(&c->bus.apmask, adapter))
        kept = c->bus.aqmask;
    return vap_mask_or(vap_mask_less(kept, judged),
                       vap_mask_and(row->dflt, judged));
}

/* Adapters worth a look: in apmask, or with a queue that has an override. */
static struct vap_mask
suspects(const struct vap_change *c, const struct vap_mask *adapters)
{
    if (c->bus.n_overrides)
        return *adapters;
    return vap_mask_and(*adapters, c->bus.apmask);
}

bool
reserve_next(const struct vap_change *c, const struct vap_mask *adapters,
             const struct vap_mask *domains, uint32_t from, struct vap_why *why)
{
    struct vap_mask some = suspects(c, adapters);

    for (unsigned a = vap_mask_next(&some, from >> 8); a < VAP_IDS;
         a = vap_mask_next(&some, a + 1)) {
        struct vap_mask kept = vap_mask_and(reserved_of(c, a), *domains);
        struct vap_mask judged = judged_of(view_row(c, a));
        unsigned d = vap_mask_next(&kept, a == from >> 8 ? from & 255 : 0);

        if (d == VAP_IDS)
            continue;
        why->apqn = VAP_APQN(a, d);
        why->by_driver = vap_mask_has(&judged, d);
        return true;
    }
    return false;
}
