/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the processor says it can: STFLE's list, with AP's facilities in it.
 * The instruction is QEMU's; its list is added to before the next one. */
#ifndef VAP_QEMU_FACILITIES_H
#define VAP_QEMU_FACILITIES_H

#include "qemu/ap.h"

/** STFLE: b2b0. */
bool facilities_is(const uint8_t code[4]);

/** AP interruption as well, from here on. */
void facilities_add_interrupts(void);

bool facilities_has_interrupts(void);

/** Before the instruction there. */
void facilities_before(const struct site *site);

/** Before the instruction behind it. */
void facilities_after(void);

/** Notes that an instruction is behind an STFLE; and whether it is. For what
 * is not translated together. */
void facilities_expect(uint64_t address);
bool facilities_expected(uint64_t address);

#endif
