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

/* The domains of these that all 64 adapters have sound. */
static inline struct vap_mask
vap_common_domains(const struct vap_row rows[64], struct vap_mask domains)
{
    for (unsigned i = 0; i < 64; i++)
        domains = vap_mask_and(domains, rows[i].sound);
    return domains;
}

/* Which of 64 adapters, the first leftmost, have all these domains sound. A
 * matrix cannot leave out one queue, so an adapter with a hole goes. Two
 * loops without a branch inside, the filter of a whole host: the first is
 * four times as fast, and enough where there is no hole. */
static inline uint64_t
vap_whole_rows(const struct vap_row rows[64], const struct vap_mask *domains)
{
    struct vap_mask common = vap_common_domains(rows, *domains);
    uint64_t whole = 0;

    if (vap_mask_equal(&common, domains))
        return ~UINT64_C(0);
    for (unsigned i = 0; i < 64; i++)
        whole = whole << 1 | vap_mask_within(domains, &rows[i].sound);
    return whole;
}

#endif
