/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vap-qemu.so: AP instructions for guests of a stock qemu-system-s390x.
 *
 *     qemu-system-s390x -plugin vap-qemu.so,mdev=UUID[,socket=PATH][,name=N]
 *                               [,again=on]
 *
 * QEMU translates a guest's code a block at a time. Where an instruction is
 * one of ours, a function of ours is called before it, which does it and goes
 * on behind it. The instruction itself, an operation exception, never runs. */
#include "qemu/ap.h"
#include "qemu/cpu.h"
#include "qemu/events.h"
#include "qemu/facilities.h"
#include "qemu/qemu.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

extern int qemu_plugin_version;
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                        char **argv);

/* QEMU reads it before it calls anything. */
EXPORT int qemu_plugin_version;

__attribute__((constructor)) static void
choose_version(void)
{
    symbols_find();
    qemu_plugin_version = symbols_version();
}

/* --- where the guest's code has something for us --------------------------
 */

static void
do_ap(unsigned cpu, void *data)
{
    (void)cpu;
    ap_do(data);
}

static void
do_chsc(unsigned cpu, void *data)
{
    (void)cpu;
    events_do(data);
}

static void
before_diag(unsigned cpu, void *data)
{
    (void)cpu;
    ap_diag(data);
}

static void
before_stfle(unsigned cpu, void *data)
{
    (void)cpu;
    facilities_before(data);
}

static void
after_stfle(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    facilities_after();
}

static const struct {
    bool (*is)(const uint8_t code[4]);
    void (*done)(unsigned cpu, void *data);
} instructions[] = {
    { ap_is, do_ap },
    { events_is, do_chsc },
    { ap_is_diag, before_diag },
    { facilities_is, before_stfle },
};

/* Sites are kept: QEMU does not tell when it forgets a translation. */
static struct site *
site_new(const struct qemu_plugin_insn *insn, const uint8_t code[4])
{
    struct site *site = malloc(sizeof(*site));

    if (!site)
        abort(); /* QEMU does as much */
    site->address = qemu_plugin_insn_vaddr(insn);
    memcpy(site->code, code, sizeof(site->code));
    return site;
}

static void
look_at(struct qemu_plugin_insn *insn)
{
    enum qemu_plugin_cb_flags flags =
        symbols.set_pc ? QEMU_PLUGIN_CB_RW_REGS_PC : QEMU_PLUGIN_CB_RW_REGS;
    uint8_t code[4];

    if (facilities_expected(qemu_plugin_insn_vaddr(insn)))
        qemu_plugin_register_vcpu_insn_exec_cb(insn, after_stfle,
                                               QEMU_PLUGIN_CB_RW_REGS, NULL);
    if (qemu_plugin_insn_data(insn, code, sizeof(code)) != sizeof(code))
        return;
    for (size_t i = 0; i < sizeof(instructions) / sizeof(*instructions); i++)
        if (instructions[i].is(code))
            qemu_plugin_register_vcpu_insn_exec_cb(insn, instructions[i].done,
                                                   flags, site_new(insn, code));
    if (facilities_is(code))
        facilities_expect(qemu_plugin_insn_vaddr(insn) + sizeof(code));
}

/* The machine that events happen to is whole when its first instruction is
 * translated, and not sooner. */
static void
begin_events(void)
{
    int r = events_begin();

    if (r < 0)
        (void)fprintf(stderr, "vap-qemu: %s\n", strerror(-r));
}

static void
translate(const struct qemu_plugin_tb *tb)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    size_t n = qemu_plugin_tb_n_insns(tb);

    (void)pthread_once(&once, begin_events);
    for (size_t i = 0; i < n; i++)
        look_at(qemu_plugin_tb_get_insn(tb, i));
}

/* --- as versions 4 to 6 call us, and as 7 does -----------------------------
 */

static void
translate_4(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    translate(tb);
}

static void
translate_7(struct qemu_plugin_tb *tb, void *data)
{
    (void)data;
    translate(tb);
}

/* Its arguments, which differ, are of no use to us. */
static void
begin_cpu(void)
{
    cpu_begin();
    if (cpu_knows())
        return;
    (void)fprintf(stderr, "vap-qemu: this QEMU does not show the processor's "
                          "registers\n");
    exit(1);
}

/* --- setting up ------------------------------------------------------------
 */

/* As QEMU keeps them, for as long as it lives. */
static struct {
    const char *mdev;
    const char *socket;
    const char *name;
    const char *again;
} arguments;

static const char *
value_of(const char *argument, const char *key)
{
    size_t n = strlen(key);

    return strncmp(argument, key, n) == 0 && argument[n] == '='
               ? argument + n + 1
               : NULL;
}

static bool
take(const char *argument)
{
    static const struct {
        const char *key;
        const char **value;
    } keys[] = {
        { "mdev", &arguments.mdev },
        { "socket", &arguments.socket },
        { "name", &arguments.name },
        { "again", &arguments.again },
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        const char *value = value_of(argument, keys[i].key);

        if (value)
            *keys[i].value = value;
        if (value)
            return true;
    }
    return false;
}

static bool
parse(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (!take(argv[i])) {
            (void)fprintf(
                stderr,
                "vap-qemu: %s: mdev=, socket=, name= or again= expected\n",
                argv[i]);
            return false;
        }
    if (!arguments.mdev)
        (void)fprintf(stderr, "vap-qemu: mdev= expected\n");
    return arguments.mdev;
}

static bool
fits(const qemu_info_t *info)
{
    const char *lack = symbols_lack();

    if (strcmp(info->target_name, "s390x") != 0 || !info->system_emulation) {
        (void)fprintf(stderr, "vap-qemu: this is for qemu-system-s390x\n");
        return false;
    }
    if (info->version.cur < 4 || lack) {
        (void)fprintf(stderr,
                      "vap-qemu: this QEMU is too old, or built otherwise: it "
                      "lacks %s; Debian's 10.0 and 11.1 have it\n",
                      lack ? lack : "version 4 of the plugin API");
        return false;
    }
    lack = symbols_lack_events();
    if (lack)
        (void)fprintf(stderr,
                      "vap-qemu: this QEMU lacks %s: the guest gets no "
                      "interrupts, and looks for changes now and then\n",
                      lack);
    return true;
}

static struct vap_guest *
guest_of_mdev(void)
{
    struct vap_guest *guest;

    return vap_guest_open(arguments.socket, arguments.mdev,
                          arguments.name ? arguments.name : symbols_name(),
                          VAP_GUEST_RECONNECT, &guest) < 0
               ? NULL
               : guest;
}

static bool
attach(void)
{
    struct vap_guest *guest = guest_of_mdev();
    bool again = arguments.again && strcmp(arguments.again, "on") == 0;

    if (!guest) {
        (void)fprintf(stderr, "vap-qemu: %s\n", vap_guest_why());
        return false;
    }
    ap_begin(guest);
    events_follow(guest, again ? guest_of_mdev : NULL);
    return true;
}

EXPORT int
qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                    char **argv)
{
    if (!fits(info) || !parse(argc, argv) || !attach())
        return -1;
    if (!symbols_lack_events())
        facilities_add_interrupts();
    qemu_plugin_register_vcpu_init_cb(id, (void (*)(void))begin_cpu, NULL);
    qemu_plugin_register_vcpu_tb_trans_cb(id,
                                          qemu_plugin_version == 7
                                              ? (void (*)(void))translate_7
                                              : (void (*)(void))translate_4,
                                          NULL);
    return 0;
}
