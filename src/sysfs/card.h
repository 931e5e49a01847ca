/* SPDX-License-Identifier: MIT */
/* What a card's type makes of it. */
#ifndef VAP_SYSFS_CARD_H
#define VAP_SYSFS_CARD_H

#include "host/host.h"

/* 10 for a CEX4 to 14 for a CEX8. */
unsigned card_hwtype(const struct host *host, unsigned adapter);

/* 'A' accelerator, 'C' CCA, 'P' EP11. */
char card_mode(const struct host *host, unsigned adapter);

/* op_modes of an EP11 card, and of its queues: CARD_EP11_MODES in words. */
#define CARD_OP_MODES "FIPS2009 BSI2009 FIPS2011 BSI2011 BSICC2017"

/* ap_functions. */
uint32_t card_functions(const struct host *host, unsigned adapter);

/* What TAPQ answers of a queue now, whatever the last scan saw. */
uint8_t card_test(const struct host *host, unsigned apqn);

/* Can the host ask the card, through any of these queues of its own? Else what
 * only the card knows is unknown. */
bool card_can_tell(const struct host *host, unsigned adapter,
                   const struct vap_mask *domains);

#endif
