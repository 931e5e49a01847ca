/* SPDX-License-Identifier: MIT */
#ifndef VAP_OBSERVE_ROWS_H
#define VAP_OBSERVE_ROWS_H

#include "matrix/host.h"

/* What the engine keeps of an adapter's queues beside their state, to be
 * quick: worked out again, for whoever has filled in the state by hand. */
void rows_derive(struct vap_host *engine, unsigned adapter);

#endif
