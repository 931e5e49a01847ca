/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers and the memory of the virtual processor that runs a callback:
 * all of this is for its thread alone. Values are in the byte order of here.
 *
 * Source   z/Architecture Principles of Operation; QEMU gdb-xml/s390-*.xml for
 *          names and order of registers */
#ifndef VAP_QEMU_CPU_H
#define VAP_QEMU_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Learns where registers are, when a processor comes into being. */
void cpu_begin(void);

/** Did it find them all? */
bool cpu_knows(void);

/** General register 0 to 15. */
uint64_t cpu_get(unsigned n);
void cpu_set(unsigned n, uint64_t value);

/** Is it in problem state, where AP instructions are refused? */
bool cpu_is_user(void);

/** At an address as the program sees it. False when it is not to be reached
 * as a whole; then nothing, or a part, has been written. */
bool cpu_read(uint64_t address, void *to, size_t n);
bool cpu_write(uint64_t address, const void *from, size_t n);

/** Sets the condition code and goes on at an address; does not return. */
_Noreturn void cpu_go_on(uint64_t address, int cc);

#endif
