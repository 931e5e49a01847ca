/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facility numbers count bits from the left.
 *
 * Source   z/Architecture Principles of Operation, "STORE FACILITY LIST
 *          EXTENDED"; Linux arch/s390/include/asm/ap.h */
#include "qemu/facilities.h"

#include "qemu/cpu.h"

#include <stdatomic.h>

enum { QCI_FACILITY = 12, APFT_FACILITY = 15, INTERRUPT_FACILITY = 65 };

enum { LIST = 16 }; /* bytes that matter */

static bool interrupts;

/* Where this processor's last list went, until it has been added to. */
static _Thread_local struct {
    uint64_t address;
    size_t n; /* bytes; 0 for none */
} list;

/* The next places behind the last in a block of translated code. */
static _Atomic uint64_t expected[64];
static atomic_uint n_expected;

enum { MAX_EXPECTED = sizeof(expected) / sizeof(*expected) };

bool
facilities_is(const uint8_t code[4])
{
    return code[0] == 0xb2 && code[1] == 0xb0;
}

void
facilities_add_interrupts(void)
{
    interrupts = true;
}

bool
facilities_has_interrupts(void)
{
    return interrupts;
}

/* Base and displacement; as many doublewords as general register 0 says, and
 * one. */
void
facilities_before(const struct site *site)
{
    unsigned base = site->code[2] >> 4;
    size_t n = 8 * ((cpu_get(0) & 0xff) + 1);

    list.address = base ? cpu_get(base) : 0;
    list.address += (uint64_t)(site->code[2] & 15) << 8 | site->code[3];
    list.n = n < LIST ? n : LIST;
}

static void
add(uint8_t bytes[LIST], unsigned facility)
{
    bytes[facility / 8] |= (uint8_t)(0x80 >> facility % 8);
}

void
facilities_after(void)
{
    uint8_t bytes[LIST] = { 0 };
    size_t n = list.n;

    list.n = 0;
    if (!n || !cpu_read(list.address, bytes, n))
        return;
    add(bytes, QCI_FACILITY);
    add(bytes, APFT_FACILITY);
    if (interrupts)
        add(bytes, INTERRUPT_FACILITY);
    (void)cpu_write(list.address, bytes, n);
}

/* The oldest is forgotten when there are too many: it has been translated
 * long since. */
void
facilities_expect(uint64_t address)
{
    if (!facilities_expected(address))
        expected[atomic_fetch_add(&n_expected, 1) % MAX_EXPECTED] = address;
}

bool
facilities_expected(uint64_t address)
{
    for (unsigned i = 0; i < MAX_EXPECTED; i++)
        if (expected[i] == address)
            return true;
    return false;
}
