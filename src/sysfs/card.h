/* SPDX-License-Identifier: MIT */
/* What a card's type makes of it. */
#ifndef VAP_SYSFS_CARD_H
#define VAP_SYSFS_CARD_H

#include "host/host.h"

/* 10 for a CEX4 to 14 for a CEX8. */
unsigned card_hwtype(const struct host *host, unsigned adapter);

/* 'A' accelerator, 'C' CCA, 'P' EP11. */
char card_mode(const struct host *host, unsigned adapter);

/* ap_functions. */
uint32_t card_functions(const struct host *host, unsigned adapter);

#endif
