/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading is official since version 4 of the plugin API. Writing is so since
 * 5, and going on elsewhere since 6; before 6 QEMU's own functions do both. */
#include "qemu/cpu.h"

#include "qemu/qemu.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEM_STATE (UINT64_C(1) << 48) /* bit 15 of the PSW */
#define CC_SHIFT 44 /* bits 18 and 19 */

/* By gdb's numbers: PSW mask, PSW address, general registers. */
enum { PSW_MASK, PSW_ADDRESS, GENERAL, N_REGISTERS = GENERAL + 16 };

static struct qemu_plugin_register *handles[N_REGISTERS];

/* "pswm", "pswa", "r0" to "r15"; else -1. */
static int
number_of(const char *name)
{
    char *end;
    unsigned long n;

    if (strcmp(name, "pswm") == 0)
        return PSW_MASK;
    if (strcmp(name, "pswa") == 0)
        return PSW_ADDRESS;
    if (*name != 'r' || name[1] < '0' || name[1] > '9')
        return -1;
    n = strtoul(name + 1, &end, 10);
    return *end || n > 15 ? -1 : GENERAL + (int)n;
}

void
cpu_begin(void)
{
    GArray *all = qemu_plugin_get_registers();
    size_t size = g_array_get_element_size(all); /* it has grown since 10.0 */

    for (size_t i = 0; i < all->len; i++) {
        qemu_plugin_reg_descriptor one;
        int n;

        memcpy(&one, all->data + i * size, sizeof(one));
        n = number_of(one.name);
        if (n >= 0)
            handles[n] = one.handle;
    }
    (void)g_array_free(all, 1);
}

bool
cpu_knows(void)
{
    for (int i = 0; i < N_REGISTERS; i++)
        if (!handles[i])
            return false;
    return true;
}

/* QEMU's functions take bytes in an array of GLib's; each thread keeps one. */
static GByteArray *
bytes(void)
{
    static _Thread_local GByteArray *array;

    if (!array)
        array = g_byte_array_new();
    return g_byte_array_set_size(array, 0);
}

static uint64_t
get(int n)
{
    GByteArray *array = bytes();
    uint64_t value = 0;

    (void)qemu_plugin_read_register(handles[n], array);
    if (array->len == sizeof(value))
        memcpy(&value, array->data, sizeof(value));
    return be64toh(value);
}

static void
set(int n, uint64_t value)
{
    uint64_t big = htobe64(value);
    uint8_t raw[sizeof(big)];

    memcpy(raw, &big, sizeof(big));
    if (symbols.set_pc)
        (void)symbols.write_register(
            handles[n], g_byte_array_append(bytes(), raw, sizeof(raw)));
    else
        (void)symbols.gdb_write_register(symbols_cpu(), raw, n);
}

uint64_t
cpu_get(unsigned n)
{
    return get(GENERAL + (int)n);
}

void
cpu_set(unsigned n, uint64_t value)
{
    set(GENERAL + (int)n, value);
}

bool
cpu_is_user(void)
{
    return get(PSW_MASK) & PROBLEM_STATE;
}

bool
cpu_read(uint64_t address, void *to, size_t n)
{
    GByteArray *array = bytes();

    if (!n)
        return true;
    if (!qemu_plugin_read_memory_vaddr(address, array, n) || array->len != n)
        return false;
    memcpy(to, array->data, n);
    return true;
}

bool
cpu_write(uint64_t address, const void *from, size_t n)
{
    if (!n)
        return true;
    if (symbols.set_pc)
        return symbols.write_memory(
            address, g_byte_array_append(bytes(), from, (unsigned)n));
    return symbols.memory_rw_debug(symbols_cpu(), address, (void *)from, n,
                                   true) == 0;
}

void
cpu_go_on(uint64_t address, int cc)
{
    uint64_t mask = get(PSW_MASK);

    mask &= ~(UINT64_C(3) << CC_SHIFT);
    set(PSW_MASK, mask | (uint64_t)cc << CC_SHIFT);
    if (symbols.set_pc)
        symbols.set_pc(address);
    set(PSW_ADDRESS, address);
    symbols.loop_exit(symbols_cpu());
    abort(); /* neither returns */
}
