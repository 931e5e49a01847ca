/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_RESERVE_H
#define VAP_MATRIX_RESERVE_H

#include "matrix/change.h"

/* The first queue of the product, at or above from, that is kept for the
 * host's drivers: why->apqn, why->by_driver. Inside matrix/ only. */
bool reserve_next(const struct vap_change *c, const struct vap_mask *adapters,
                  const struct vap_mask *domains, uint32_t from,
                  struct vap_why *why);

#endif
