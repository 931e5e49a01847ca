/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU offers a plugin, declared here by hand, so that nothing of QEMU or
 * GLib is needed to build: the official interface as QEMU documents it, and
 * below it what is QEMU's own, which may be there or not.
 *
 * Source   QEMU docs/devel/tcg-plugins.rst, versions 4 (QEMU 10.0), 5 (10.1,
 *          10.2), 6 (11.0) and 7 (11.1) of the plugin API; GLib's reference
 *          manual */
#ifndef VAP_QEMU_QEMU_H
#define VAP_QEMU_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- GLib ---------------------------------------------------------------- */

typedef struct {
    uint8_t *data;
    unsigned len;
} GByteArray;

typedef struct {
    char *data;
    unsigned len;
} GArray;

GByteArray *g_byte_array_new(void);
GByteArray *g_byte_array_set_size(GByteArray *array, unsigned size);
GByteArray *g_byte_array_append(GByteArray *array, const uint8_t *data,
                                unsigned size);
char *g_array_free(GArray *array, int free_data);
unsigned g_array_get_element_size(GArray *array);

/* --- the official interface ---------------------------------------------- */

typedef uint64_t qemu_plugin_id_t;

typedef struct {
    const char *target_name;
    struct {
        int min;
        int cur;
    } version;
    bool system_emulation;
    union {
        struct {
            int smp_vcpus;
            int max_vcpus;
        } system;
    };
} qemu_info_t;

struct qemu_plugin_insn;
struct qemu_plugin_register;
struct qemu_plugin_tb;

typedef struct {
    struct qemu_plugin_register *handle;
    const char *name;
    const char *feature;
} qemu_plugin_reg_descriptor;

/* What a callback does with registers. */
enum qemu_plugin_cb_flags {
    QEMU_PLUGIN_CB_NO_REGS,
    QEMU_PLUGIN_CB_R_REGS,
    QEMU_PLUGIN_CB_RW_REGS,
    QEMU_PLUGIN_CB_RW_REGS_PC, /* from version 6 */
};

/* Up to version 6 a callback begins with the plugin's id; from 7 it ends with
 * the pointer that was registered with it. */
void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id, void (*cb)(void),
                                       void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*cb)(void), void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(
    struct qemu_plugin_insn *insn, void (*cb)(unsigned cpu, void *data),
    enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to,
                             size_t size);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
GArray *qemu_plugin_get_registers(void);
int qemu_plugin_read_register(struct qemu_plugin_register *handle,
                              GByteArray *to);
bool qemu_plugin_read_memory_vaddr(uint64_t address, GByteArray *to,
                                   size_t size);

/* --- what may be there or not --------------------------------------------- */

struct CPUState;
struct AddressSpace;

/** Filled by symbols_find(). */
struct symbols {
    /* Official: the first two from version 5 on, the last from 6. */
    int (*write_register)(struct qemu_plugin_register *, GByteArray *);
    bool (*write_memory)(uint64_t, GByteArray *);
    void (*set_pc)(uint64_t);
    /* QEMU's own, for the same with version 4. */
    int (*gdb_write_register)(struct CPUState *, uint8_t *, int);
    int (*memory_rw_debug)(struct CPUState *, uint64_t, void *, size_t, bool);
    void (*loop_exit)(struct CPUState *);
    /* QEMU's own: interrupts and machine checks. */
    void (*rcu_register_thread)(void);
    void (*lock)(const char *file, int line);
    void (*unlock)(void);
    void (*store_byte)(struct AddressSpace *, uint64_t, uint8_t, uint64_t,
                       uint32_t *);
    struct AddressSpace *memory;
    void (*io_interrupt)(uint16_t, uint16_t, uint32_t, uint32_t);
    void (*css_crw)(uint8_t);
    void (*css_clear)(void);
    /* QEMU's own: calls a function whenever the machine is reset. */
    void (*register_reset)(void (*)(void *), void *);
    /* QEMU's own: what it is. */
    void *(*class_by_name)(const char *);
    const char *(*vm_name)(void); /* what -name says, or NULL */
};

extern struct symbols symbols;

/** What the machine is called, as a guest is: by QEMU's -name, else "qemu" and
 * the pid. Good until the next call. */
const char *symbols_name(void);

/** Looks for them all. */
void symbols_find(void);

/** The version of the API to ask for: that of QEMU, from 4 to 7. Good from the
 * plugin's loading on. */
int symbols_version(void);

/** What lacks for the plugin to work: a symbol's name, or NULL for nothing. */
const char *symbols_lack(void);

/** The same, for interrupts and immediate news. */
const char *symbols_lack_events(void);

/** The virtual processor of this thread. */
struct CPUState *symbols_cpu(void);

#endif
