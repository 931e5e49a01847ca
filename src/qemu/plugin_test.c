/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plugin in QEMUs that are not at hand: this program exports what one with
 * version API of the plugin's interface exports, and does with the plugin what
 * QEMU does before a guest runs. What is expected is VERSION and WORDS. Each
 * row of a table in meson.build is such a program.
 *
 * Source   QEMU docs/devel/tcg-plugins.rst */
#include "qemu/qemu.h"

#include "test.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is looked for, and never called here. */
#define EXPORT(name)                                                           \
    void name(void);                                                           \
    void name(void)                                                            \
    {                                                                          \
        FAIL(#name " is called");                                              \
    }

#if API >= 4
bool
qemu_plugin_read_memory_vaddr(uint64_t address, GByteArray *to, size_t size)
{
    (void)address;
    (void)to;
    (void)size;
    FAIL("memory is read");
}
#endif
#if API >= 5
EXPORT(qemu_plugin_write_register)
EXPORT(qemu_plugin_write_memory_vaddr)
#endif
#if API >= 6
EXPORT(qemu_plugin_set_pc)
#endif

EXPORT(current_cpu)
EXPORT(s390_cpu_gdb_write_register)
EXPORT(cpu_memory_rw_debug)
#ifndef WITHOUT_LOOP_EXIT
EXPORT(cpu_loop_exit)
#endif

EXPORT(rcu_register_thread)
#ifndef WITHOUT_LOCK
EXPORT(bql_lock_impl)
#endif
EXPORT(bql_unlock)
EXPORT(address_space_stb)
EXPORT(address_space_memory)
EXPORT(s390_io_interrupt)
EXPORT(css_generate_css_crws)
EXPORT(css_clear_sei_pending)

void *object_class_by_name(const char *name);

/* Each release adds machines of its name, and keeps those before. */
void *
object_class_by_name(const char *name)
{
    static char machine;

    return API < 7 && strcmp(name, "s390-ccw-virtio-11.1-machine") == 0
               ? NULL
               : &machine;
}

static void *
plugin(void)
{
    void *found = dlopen(PLUGIN, RTLD_LAZY | RTLD_LOCAL);

    if (!found)
        FAIL("%s", dlerror());
    return found;
}

/* What it says first when it is installed without an argument, which is never
 * done. */
static void
install(const char *target, char *said, size_t size)
{
    qemu_info_t info = { .target_name = target,
                         .version = { API, API },
                         .system_emulation = true };
    int (*begin)(qemu_plugin_id_t, const qemu_info_t *, int, char **);
    void *symbol = dlsym(plugin(), "qemu_plugin_install");
    int out = dup(STDERR_FILENO);
    int pipes[2];
    ssize_t n;
    int r;

    if (!symbol || pipe2(pipes, O_CLOEXEC) < 0)
        FAIL("no qemu_plugin_install, or no pipe");
    memcpy(&begin, &symbol, sizeof(begin));
    (void)dup2(pipes[1], STDERR_FILENO);
    r = begin(1, &info, 0, NULL);
    (void)dup2(out, STDERR_FILENO);
    (void)close(out);
    (void)close(pipes[1]);
    n = read(pipes[0], said, size - 1);
    (void)close(pipes[0]);
    said[n > 0 ? n : 0] = '\0';
    said[strcspn(said, "\n")] = '\0';
    CHECK_INT(r, -1);
}

TEST(it_asks_for_the_version_that_this_qemu_has)
{
    const int *version = dlsym(plugin(), "qemu_plugin_version");

    if (!version)
        FAIL("no qemu_plugin_version");
    CHECK_INT(*version, VERSION);
}

TEST(what_lacks_is_said)
{
    char said[1024];

    install("s390x", said, sizeof(said));
    CHECK_STR(said, "vap-qemu: " WORDS);
}

TEST(a_machine_of_another_kind_is_refused)
{
    char said[1024];

    install("x86_64", said, sizeof(said));
    CHECK_STR(said, "vap-qemu: this is for qemu-system-s390x");
}
