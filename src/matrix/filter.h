/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_FILTER_H
#define VAP_MATRIX_FILTER_H

#include "matrix/host.h"

/* Who has a queue of this row. */
static inline enum vap_driver
vap_row_driver(const struct vap_row *row, unsigned domain)
{
    if (vap_mask_has(&row->vfio, domain))
        return VAP_VFIO_AP;
    return vap_mask_has(&row->dflt, domain) ? VAP_DEFAULT : VAP_NO_DRIVER;
}

/* Which of 64 adapters, the first leftmost, have all these domains sound. A
 * matrix cannot leave out one queue, so an adapter with a hole goes. No
 * branch inside: this loop is the filter of a whole host. */
static inline uint64_t
vap_whole_rows(const struct vap_row rows[64], const struct vap_mask *domains)
{
    uint64_t whole = 0;

    for (unsigned i = 0; i < 64; i++)
        whole = whole << 1 | vap_mask_within(domains, &rows[i].sound);
    return whole;
}

#endif
