/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU exports its own functions to its modules, and so to plugins; nobody
 * promises that they stay. Each is looked for by name, and what lacks is
 * said, before a guest runs. */
#include "qemu/qemu.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct symbols symbols;

/* What a symbol is for. */
enum use { LATER, WRITE, EVENTS, RESET, NAME };

static const struct {
    const char *name;
    size_t at; /* in struct symbols */
    enum use use;
} table[] = {
#define ROW(name, member, use)                                                 \
    {                                                                          \
        name, offsetof(struct symbols, member), use                            \
    }
    ROW("qemu_plugin_write_register", write_register, LATER),
    ROW("qemu_plugin_write_memory_vaddr", write_memory, LATER),
    ROW("qemu_plugin_set_pc", set_pc, LATER),
    ROW("s390_cpu_gdb_write_register", gdb_write_register, WRITE),
    ROW("cpu_memory_rw_debug", memory_rw_debug, WRITE),
    ROW("cpu_loop_exit", loop_exit, WRITE),
    ROW("rcu_register_thread", rcu_register_thread, EVENTS),
    ROW("bql_lock_impl", lock, EVENTS),
    ROW("bql_unlock", unlock, EVENTS),
    ROW("address_space_stb", store_byte, EVENTS),
    ROW("address_space_memory", memory, EVENTS),
    ROW("s390_io_interrupt", io_interrupt, EVENTS),
    ROW("css_generate_css_crws", css_crw, EVENTS),
    ROW("css_clear_sei_pending", css_clear, EVENTS),
    ROW("qemu_register_reset", register_reset, RESET),
    ROW("object_class_by_name", class_by_name, NAME),
    ROW("qemu_get_vm_name", vm_name, NAME),
#undef ROW
};

enum { N_SYMBOLS = sizeof(table) / sizeof(*table) };

static void *
get(size_t i)
{
    void *value;

    memcpy(&value, (const char *)&symbols + table[i].at, sizeof(value));
    return value;
}

void
symbols_find(void)
{
    for (size_t i = 0; i < N_SYMBOLS; i++) {
        void *value = dlsym(RTLD_DEFAULT, table[i].name);

        memcpy((char *)&symbols + table[i].at, &value, sizeof(value));
    }
}

/* A QEMU may refuse any version but its own, and shows it only to those whom
 * it has not refused. 7 is 11.1's, which has no function that 6 has not, but
 * a machine of its name, as each release has. */
int
symbols_version(void)
{
    if (symbols.set_pc)
        return symbols.class_by_name &&
                       symbols.class_by_name("s390-ccw-virtio-11.1-machine")
                   ? 7
                   : 6;
    return symbols.write_register ? 5 : 4;
}

static const char *
lack(enum use use)
{
    for (size_t i = 0; i < N_SYMBOLS; i++)
        if (table[i].use == use && !get(i))
            return table[i].name;
    return NULL;
}

const char *
symbols_lack(void)
{
    if (symbols.set_pc)
        return lack(LATER);
    if (!dlsym(RTLD_DEFAULT, "qemu_plugin_read_memory_vaddr"))
        return "qemu_plugin_read_memory_vaddr";
    return dlsym(RTLD_DEFAULT, "current_cpu") ? lack(WRITE) : "current_cpu";
}

const char *
symbols_lack_events(void)
{
    return lack(EVENTS);
}

/* It is each thread's own, and asked for only where it was found. */
struct CPUState *
symbols_cpu(void)
{
    static _Thread_local struct CPUState **cpu;

    if (!cpu)
        cpu = dlsym(RTLD_DEFAULT, "current_cpu");
    return *cpu;
}

/* A machine may be called anything, a guest may not. */
const char *
symbols_name(void)
{
    static char name[65];
    const char *given = symbols.vm_name ? symbols.vm_name() : NULL;

    if (given && *given)
        (void)snprintf(name, sizeof(name), "%s", given);
    else
        (void)snprintf(name, sizeof(name), "qemu.%d", (int)getpid());
    for (char *c = name; *c; c++)
        if (!strchr("0123456789-_.:ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                    "abcdefghijklmnopqrstuvwxyz",
                    *c))
            *c = '_';
    return name;
}
