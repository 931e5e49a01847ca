/* SPDX-License-Identifier: MIT */
#include "observe/rows.h"

void
rows_derive(struct vap_host *engine, unsigned adapter)
{
    struct vap_row *row = &engine->row[adapter];

    row->sound = row->vfio;
    row->abnormal = vap_mask_none();
    for (unsigned d = 0; d < VAP_IDS; d++) {
        const struct vap_queue *q = &engine->queue[adapter][d];

        if (!vap_rc_passes(q->reset_rc))
            vap_mask_drop(&row->sound, d);
        if (q->reset_rc || q->state || q->zapq_n || q->tapq_n)
            vap_mask_add(&row->abnormal, d);
    }
}
