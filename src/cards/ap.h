/* SPDX-License-Identifier: MIT */
/* Numbers of the AP instructions, as a guest's registers hold them.
 * Source: linux-abi.md, 6 (Linux arch/s390/include/asm/ap.h). */
#ifndef VAP_CARDS_AP_H
#define VAP_CARDS_AP_H

#include <stdint.h>

#include "matrix/host.h"

/** The status word: low half of GR1 after NQAP, DQAP and PQAP. */
#define AP_EMPTY                                                               \
    0x80000000u /* E: neither request nor reply is in the queue                \
                 */
#define AP_REPLIES 0x40000000u /* R: a reply waits */
#define AP_FULL 0x20000000u /* F: as many messages as it is deep */
#define AP_INTERRUPTS 0x01000000u /* I: a reply will interrupt */

#define AP_STATUS(rc) ((uint32_t)(rc) << 16)
#define AP_RC(status) ((uint8_t)((status) >> 16))

/** Response codes beside those of enum vap_rc. */
enum ap_rc {
    AP_RC_SAME = 0x07, /* AQIC: it is in that state already */
    AP_RC_FULL = 0x10, /* NQAP */
    AP_RC_NO_REPLY = 0x10, /* DQAP */
    AP_RC_NO_FIRST = 0x13, /* DQAP of the rest: no first part was taken */
    AP_RC_TOO_BIG = 0x15 /* NQAP */
};

/** TAPQ's GR2: ap_functions in its upper half. */
#define AP_FUNCTIONS(info) ((uint32_t)((info) >> 32))
#define AP_APSC 0x80000000u
#define AP_MEX4K 0x40000000u
#define AP_CRT4K 0x20000000u
#define AP_CCA 0x10000000u
#define AP_ACCELERATOR 0x08000000u
#define AP_EP11 0x04000000u
#define AP_APXA 0x02000000u

/** ... and in its lower half: type, and depth less one. */
#define AP_INFO(functions, type, depth)                                        \
    ((uint64_t)(functions) << 32 | (uint64_t)(type) << 24 | ((depth)-1))

#endif
