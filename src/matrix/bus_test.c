/* SPDX-License-Identifier: MIT */
/* Which driver has which queue, and who may change that. */
#include "engine.h"

static struct engine e;

#define MAX_STEPS 16

/* Adapters 0-1 and domains 5-6; 00.0005 is the default driver's. */
static const struct engine_boot four_queues = {
    .adapters = "0-1",
    .domains = "5-6",
    .control = "5",
    .apmask = "0",
    .aqmask = "5",
    .last_adapter = 15,
    .last_domain = 84,
};

/* By queue 00.0005, 00.0006, 01.0005, 01.0006: vfio_ap, default driver, none;
 * or no device. */
static const char *
drivers(void)
{
    static const uint16_t apqns[] = { 0x0005, 0x0006, 0x0105, 0x0106 };
    static char text[5];

    for (int i = 0; i < 4; i++) {
        bool there =
            vap_mask_has(&e.host.row[apqns[i] >> 8].present, apqns[i] & 255);
        enum vap_driver d = vap_host_driver(&e.host, apqns[i]);

        text[i] = (char)(!there               ? '.'
                         : d == VAP_VFIO_AP   ? 'v'
                         : d == VAP_DEFAULT   ? 'd'
                         : d == VAP_NO_DRIVER ? '-'
                                              : '?');
    }
    return text;
}

struct row {
    const char *ask;
    enum vap_verdict verdict;
    const char *drivers;
};

/* Under each rule: who has a queue is not the rule's. */
static void
play_rows(const struct engine_boot *boot, const struct row *rows, size_t n)
{
    for (size_t rule = 0; rule < vap_n_rules; rule++) {
        struct engine_boot b = *boot;

        if (vap_rules[rule]->kernel == VAP_LINUX_6_12 && !boot->on_6_12)
            continue;
        b.rule = vap_rules[rule]->name;
        engine_start(&e, &b);
        for (size_t i = 0; i < n; i++) {
            test_note("%s, step %zu: %s", b.rule, i + 1, rows[i].ask);
            CHECK_INT(engine_ask(&e, rows[i].ask), rows[i].verdict);
            CHECK_STR(drivers(), rows[i].drivers);
        }
    }
}

TEST(binding_is_checked_by_queue_then_driver_then_masks)
{
    static const struct row rows[] = {
        { "bind vfio_ap 02.0005", VAP_NO_QUEUE, "dvvv" },
        { "bind vfio_ap 00.0005", VAP_BOUND, "dvvv" },
        { "bind cex4queue 00.0005", VAP_BOUND, "dvvv" },
        { "unbind vfio_ap 00.0005", VAP_NOT_BOUND, "dvvv" },
        { "unbind cex4queue 00.0005", VAP_OK, "-vvv" },
        { "unbind cex4queue 00.0005", VAP_NOT_BOUND, "-vvv" },
        { "bind vfio_ap 00.0005", VAP_FORBIDDEN, "-vvv" },
        { "bind cex4queue 00.0005", VAP_OK, "dvvv" },
        { "unbind vfio_ap 01.0005", VAP_OK, "dv-v" },
        { "bind cex4queue 01.0005", VAP_FORBIDDEN, "dv-v" },
        { "bind vfio_ap 01.0005", VAP_OK, "dvvv" },
        { "unbind vfio_ap 02.0005", VAP_NO_QUEUE, "dvvv" },
        { "probe 02.0005", VAP_NO_QUEUE, "dvvv" },
        { "unbind vfio_ap 00.0006", VAP_OK, "d-vv" },
        { "probe 00.0006", VAP_OK, "dvvv" },
        { "probe 00.0006", VAP_OK, "dvvv" },
    };

    play_rows(&four_queues, rows, ROWS(rows));
}

/* An unbound queue counts as one of vfio_ap's: a mask brings it back only to
 * the default driver. */
TEST(a_mask_moves_queues_to_the_driver_it_names)
{
    static const struct row rows[] = {
        { "aqmask +6", VAP_OK, "ddvv" },
        { "unbind vfio_ap 01.0005", VAP_OK, "dd-v" },
        { "unbind cex4queue 00.0006", VAP_OK, "d--v" },
        { "aqmask -6", VAP_OK, "d--v" },
        { "apmask +1", VAP_OK, "d-dv" },
        { "aqmask +6", VAP_OK, "dddd" },
        { "apmask =", VAP_OK, "vvvv" },
        { "apmask =0-255", VAP_OK, "dddd" },
        { "apmask =0-255", VAP_OK, "dddd" },
        { "aqmask -0-255,+6", VAP_OK, "vdvd" },
    };

    play_rows(&four_queues, rows, ROWS(rows));
}

/* Equal masks move nothing, not even what is misplaced. */
TEST(an_unchanged_mask_is_not_carried_out)
{
    static const struct row rows[] = {
        { "unbind cex4queue 00.0005", VAP_OK, "-vvv" },
        { "apmask +0", VAP_OK, "-vvv" },
        { "aqmask =5", VAP_OK, "-vvv" },
        { "aqmask +200", VAP_OK, "dvvv" },
    };

    play_rows(&four_queues, rows, ROWS(rows));
}

TEST(a_scan_removes_and_creates_queues)
{
    static const struct row rows[] = {
        { "unbind vfio_ap 01.0005", VAP_OK, "dv-v" },
        { "scan", VAP_OK, "dv-v" },
        { "host apm-0", VAP_OK, "..-v" }, /* is not bound again */
        { "host apm+0", VAP_OK, "dv-v" },
        { "host aqm-5", VAP_OK, ".v.v" },
        { "sethw aqm+5", VAP_OK, ".v.v" }, /* not seen yet */
        { "bind vfio_ap 01.0005", VAP_NO_QUEUE, ".v.v" },
        { "scan", VAP_OK, "dvvv" },
        { "sethw apm=", VAP_OK, "dvvv" },
        { "sethw apm=0-1", VAP_OK, "dvvv" },
        { "scan", VAP_OK, "dvvv" }, /* it was never gone */
        { "host apm=1 aqm=6", VAP_OK, "...v" },
        { "host apm=0-1 aqm=5-6 adm=", VAP_OK, "dvvv" },
        { "host apm=16", VAP_NO_SUCH_ID, "dvvv" },
        { "host adm=85", VAP_NO_SUCH_ID, "dvvv" },
    };

    play_rows(&four_queues, rows, ROWS(rows));
}

static const struct engine_boot all_kept = {
    .adapters = "0-1",
    .domains = "5-6",
    .apmask = "0-255",
    .aqmask = "0-255",
};

TEST(an_override_alone_says_who_may_bind)
{
    static const struct row rows[] = {
        { "driver_override 02.0005 vfio_ap", VAP_NO_ATTRIBUTE, "dddd" },
        { "driver_override 00.0005 vfio_ap", VAP_OK, "dddd" },
        { "probe 00.0005", VAP_OK, "dddd" }, /* it has a driver */
        { "unbind cex4queue 00.0005", VAP_OK, "-ddd" },
        { "bind cex4queue 00.0005", VAP_FORBIDDEN, "-ddd" },
        { "bind vfio_ap 00.0005", VAP_OK, "vddd" },
        { "driver_override 00.0006 nobody", VAP_OK, "vddd" },
        { "unbind cex4queue 00.0006", VAP_OK, "v-dd" },
        { "probe 00.0006", VAP_OK, "v-dd" },
        { "bind cex4queue 00.0006", VAP_FORBIDDEN, "v-dd" },
        { "bind vfio_ap 00.0006", VAP_FORBIDDEN, "v-dd" },
        { "bind nobody 00.0006", VAP_FORBIDDEN, "v-dd" },
        { "unbind nobody 00.0006", VAP_NOT_BOUND, "v-dd" },
        { "driver_override 00.0006", VAP_OK, "v-dd" },
        { "probe 00.0006", VAP_OK, "vddd" },
        { "unbind vfio_ap 00.0005", VAP_OK, "-ddd" },
        { "driver_override 00.0005 cex4queue", VAP_OK, "-ddd" },
        { "probe 00.0005", VAP_OK, "dddd" },
    };

    play_rows(&all_kept, rows, ROWS(rows));
}

TEST(masks_and_overrides_exclude_each_other)
{
    static const struct row rows[] = {
        { "driver_override 00.0005 vfio_ap", VAP_OK, "dddd" },
        { "driver_override 00.0005 cex4queue", VAP_OK, "dddd" },
        { "apmask -1", VAP_OVERRIDDEN, "dddd" },
        { "apmask =0-255", VAP_OVERRIDDEN, "dddd" }, /* equal or not */
        { "driver_override 00.0005", VAP_OK, "dddd" },
        { "driver_override 00.0005", VAP_OK, "dddd" },
        { "apmask -1", VAP_OK, "ddvv" },
        { "driver_override 00.0005 vfio_ap", VAP_MASKED, "ddvv" },
        { "driver_override 00.0005", VAP_MASKED, "ddvv" },
        { "aqmask -200", VAP_OK, "ddvv" },
        { "apmask +1", VAP_OK, "dddd" },
        { "driver_override 00.0005 vfio_ap", VAP_MASKED, "dddd" },
        { "aqmask +200", VAP_OK, "dddd" },
        { "driver_override 00.0005 vfio_ap", VAP_OK, "dddd" },
    };

    play_rows(&all_kept, rows, ROWS(rows));
}

/* Masks of the kernel command line do not count as written. */
TEST(masks_of_the_boot_do_not_exclude_overrides)
{
    static const struct row rows[] = {
        { "driver_override 01.0005 cex4queue", VAP_OK, "dvvv" },
        { "unbind vfio_ap 01.0005", VAP_OK, "dv-v" },
        { "probe 01.0005", VAP_OK, "dvdv" },
        { "aqmask +6", VAP_OVERRIDDEN, "dvdv" },
        { "driver_override 01.0005", VAP_OK, "dvdv" },
        { "aqmask +6", VAP_OK, "ddvv" },
    };

    play_rows(&four_queues, rows, ROWS(rows));
}

/* The kernel does not count down when a queue goes with its override. */
TEST(an_override_that_went_with_its_queue_still_locks_the_masks)
{
    static const struct row rows[] = {
        { "driver_override 00.0005 vfio_ap", VAP_OK, "dddd" },
        { "host apm=1", VAP_OK, "..dd" },
        { "apmask -1", VAP_OVERRIDDEN, "..dd" },
        { "host apm=0-1", VAP_OK, "dddd" }, /* a new queue, without one */
        { "apmask -1", VAP_OVERRIDDEN, "dddd" },
        { "driver_override 00.0005", VAP_OK, "dddd" },
        { "apmask -1", VAP_OVERRIDDEN, "dddd" },
    };

    play_rows(&all_kept, rows, ROWS(rows));
}

TEST(there_is_no_override_on_6_12)
{
    static const struct row rows[] = {
        { "driver_override 00.0005 vfio_ap", VAP_NO_ATTRIBUTE, "dvvv" },
        { "driver_override 00.0005", VAP_NO_ATTRIBUTE, "dvvv" },
        { "apmask +1", VAP_OK, "dvdv" },
    };
    struct engine_boot b = four_queues;

    for (int i = 0; i < 2; i++) {
        b.rule = i ? "linux-6.12" : "state";
        b.on_6_12 = true;
        engine_start(&e, &b);
        for (size_t k = 0; k < ROWS(rows); k++) {
            CHECK_INT(engine_ask(&e, rows[k].ask), rows[k].verdict);
            CHECK_STR(drivers(), rows[k].drivers);
        }
    }
}

/* Rebinding goes by the age of the queues: the order shows in the resets
 * that linux-* rules do on the way. */
TEST(queues_are_moved_in_the_order_in_which_scans_made_them)
{
    static const struct {
        const char *ask;
        const char *reset;
    } rows[] = {
        { "host apm=1", NULL },
        { "host apm=0-1", NULL }, /* adapter 0 is younger now */
        { "apmask =0-255", NULL },
        { "aqmask =5-6", "01.0005 01.0006 00.0005 00.0006" },
    };

    engine_start(&e,
                 &(struct engine_boot){ .adapters = "0-1", .domains = "5-6" });
    for (size_t i = 0; i < ROWS(rows); i++) {
        CHECK_INT(engine_ask(&e, rows[i].ask), VAP_OK);
        if (rows[i].reset)
            CHECK_STR(e.reset, rows[i].reset);
    }
}

TEST(a_state_that_no_queue_has_is_refused)
{
    static const unsigned good[] = { 0, 3, 4 };

    engine_start(&e, &four_queues);
    for (unsigned rc = 0; rc < 256; rc++) {
        char words[32];
        bool known = rc == good[0] || rc == good[1] || rc == good[2];

        test_note("rc %u", rc);
        (void)sprintf(words, "card 1 %u", rc);
        CHECK_INT(engine_ask(&e, words), known ? VAP_OK : VAP_INVALID);
        (void)sprintf(words, "hwstate 01.0005 %u", rc);
        CHECK_INT(engine_ask(&e, words), known ? VAP_OK : VAP_INVALID);
    }
}

/* As the bus's drivers_autoprobe: it is about new devices alone. */
TEST(without_autoprobe_new_queues_stay_without_a_driver)
{
    static const struct row rows[] = {
        { "autoprobe 0", VAP_OK, "dvvv" },
        { "host apm=0", VAP_OK, "dv.." },
        { "host apm=0-1", VAP_OK, "dv--" },
        { "probe 01.0005", VAP_OK, "dvv-" },
        { "bind vfio_ap 01.0006", VAP_OK, "dvvv" },
        { "host aqm=6", VAP_OK, ".v.v" },
        { "autoprobe 1", VAP_OK, ".v.v" },
        { "host aqm=5-6", VAP_OK, "dvvv" },
        { "autoprobe 0", VAP_OK, "dvvv" },
        { "aqmask -5", VAP_OK, "vvvv" },
    };

    play_rows(&four_queues, rows, ROWS(rows));
}

/* Deconfigured or checkstopped: the driver is not told. */
TEST(a_cards_state_costs_a_guest_nothing)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, "::" },
        { "ap_config m0 1:5-6:5", VAP_OK, "1:5-6:5" },
        { "open m0 k1", VAP_OK, "1:5-6:5" },
        { "card 1 3", VAP_OK, "1:5-6:5" },
        { "look_again", VAP_OK, "1:5-6:5" },
        { "close m0", VAP_OK, "1:5-6:5" },
        { "hwstate 01.0006 4", VAP_OK, "1:5-6:5" },
        { "open m0 k1", VAP_OK, "1:5-6:5" },
        { "vfio_reset m0", VAP_RESET_FAILED, "1:5-6:5" },
    };

    engine_start(&e, &four_queues);
    PLAY(&e, steps);
}

/* Whoever gets a queue as new has nothing to do with its past. */
TEST(a_failed_reset_is_forgotten_with_the_binding)
{
    static const char *const asks[] = {
        "create m0",
        "ap_config m0 1:5:",
        "fail_zapq 01.0005 7 2",
        "unassign_domain m0 5",
        "unbind vfio_ap 01.0005",
        "bind vfio_ap 01.0005",
    };

    engine_start(&e,
                 &(struct engine_boot){ .adapters = "0-1", .domains = "5" });
    for (size_t i = 0; i < ROWS(asks); i++) {
        test_note("%s", asks[i]);
        CHECK_INT(engine_ask(&e, asks[i]), VAP_OK);
        if (i == 3 || i == 4)
            CHECK_INT(e.host.queue[1][5].reset_rc, 7);
    }
    CHECK_INT(e.host.queue[1][5].reset_rc, 0);
    CHECK(vap_mask_empty(&e.host.row[1].abnormal));
}
