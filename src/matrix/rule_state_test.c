/* SPDX-License-Identifier: MIT */
/* Under `state` a guest has what the present gives it. */
#include "engine.h"

static struct engine e;

TEST(an_id_that_is_assigned_comes_if_it_has_no_hole)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, "::" },
        { "assign_adapter m0 0", VAP_OK, "::" }, /* no queue yet */
        { "assign_domain m0 5", VAP_OK, "0:5:" },
        { "assign_adapter m0 2", VAP_OK, "0:5:" }, /* not in the host */
        { "assign_domain m0 7", VAP_RESERVED, "0:5:" },
        { "assign_control_domain m0 6", VAP_OK, "0:5:6" },
        { "assign_control_domain m0 7", VAP_OK, "0:5:6" },
        { "unassign_control_domain m0 6", VAP_OK, "0:5:" },
        { "ap_config m0 4:5:", VAP_OK, "::" },
        { "ap_config m0 4:5:5", VAP_OK, "::5" },
        { "ap_config m0 0-1:5-6:", VAP_OK, "0-1:5-6:" },
        { "unassign_adapter m0 0", VAP_OK, "1:5-6:" },
        { "unassign_domain m0 6", VAP_OK, "1:5:" },
        { "unassign_domain m0 5", VAP_OK, "::" },
    };

    engine_start(&e, &engine_worked);
    PLAY(&e, steps);
}

TEST(a_hole_costs_its_adapter_and_closing_it_brings_it_back)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, "::" },
        { "ap_config m0 0-1:5-6:", VAP_OK, "0-1:5-6:" },
        { "unbind vfio_ap 01.0006", VAP_OK, "0:5-6:" },
        { "unassign_domain m0 6", VAP_OK, "0-1:5:" }, /* no hole any more */
        { "assign_domain m0 6", VAP_OK, "0:5-6:" },
        { "bind vfio_ap 01.0006", VAP_OK, "0-1:5-6:" },
        { "unbind vfio_ap 00.0005", VAP_OK, "1:5-6:" },
        { "unbind vfio_ap 01.0005", VAP_OK, "::" },
        { "unassign_domain m0 5", VAP_OK, "0-1:6:" },
        { "apmask -0", VAP_OK, "0-1:6:" },
    };

    engine_start(&e, &engine_worked);
    PLAY(&e, steps);
}

TEST(what_the_host_loses_goes_and_what_it_regains_comes_back)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, "::" },
        { "ap_config m0 0-1:5-6:5-6", VAP_OK, "0-1:5-6:5-6" },
        { "unbind vfio_ap 01.0006", VAP_OK, "0:5-6:5-6" },
        { "host aqm=5", VAP_OK, "0-1:5:5-6" },
        { "host adm-6", VAP_OK, "0-1:5:5" },
        { "host aqm+6", VAP_OK, "0-1:5-6:5" },
        { "host apm=", VAP_OK, "::5" },
        { "host apm=1 adm=6", VAP_OK, "1:5-6:6" },
        { "sethw apm=0-1", VAP_OK, "1:5-6:6" }, /* not scanned */
        { "scan", VAP_OK, "0-1:5-6:6" },
    };

    engine_start(&e, &engine_worked);
    PLAY(&e, steps);
}

/* What of it a guest is told, and how often. */
TEST(a_guest_is_told_once_and_only_of_what_it_can_see)
{
    static const struct {
        const char *ask;
        unsigned updates;
        unsigned clears;
        const char *apcb;
    } rows[] = {
        { "create m0", 0, 0, "::" },
        { "ap_config m0 0-1:5:", 0, 0, "::" },
        { "open m0 k1", 1, 0, "0-1:5:" },
        { "assign_domain m0 6", 1, 0, "0-1:5-6:" },
        { "assign_domain m0 6", 0, 0, "0-1:5-6:" },
        { "assign_adapter m0 9", 0, 0, "0-1:5-6:" },
        { "unbind vfio_ap 01.0006", 1, 0, "0:5-6:" },
        { "unbind vfio_ap 01.0005", 0, 0, "0:5-6:" },
        { "ap_config m0 1:5-6:5", 1, 0, "::5" },
        { "unassign_control_domain m0 5", 1, 0, "::" },
        { "unassign_domain m0 6", 0, 0, "::" },
        { "remove m0", 0, 0, "::" }, /* held */
        { "bind vfio_ap 01.0005", 1, 0, "1:5:" },
        { "vfio_reset m0", 0, 0, "1:5:" },
        { "close m0", 0, 1, "::" },
        { "unbind vfio_ap 01.0005", 0, 0, "::" },
        { "open m0 k1", 0, 0, "::" },
        { "close m0", 0, 0, "::" },
    };

    engine_start(&e, &engine_worked);
    for (size_t i = 0; i < ROWS(rows); i++) {
        test_note("step %zu: %s", i, rows[i].ask);
        (void)engine_ask(&e, rows[i].ask);
        CHECK_INT(e.n_updates, rows[i].updates);
        CHECK_INT(e.n_clears, rows[i].clears);
        CHECK_STR(engine_text(&e.mdevs[0].apcb), rows[i].apcb);
    }
}

TEST(what_left_a_guest_is_reset_and_nothing_else)
{
    static const struct {
        const char *ask;
        const char *reset;
    } rows[] = {
        { "create m0", "" },
        { "ap_config m0 0-1:5-6:", "" },
        { "unassign_domain m0 5", "00.0005 01.0005" },
        { "assign_domain m0 5", "" },
        { "unassign_adapter m0 1", "01.0005 01.0006" },
        { "assign_adapter m0 1", "" },
        { "unbind vfio_ap 01.0006", "01.0005 01.0006" },
        { "unbind vfio_ap 01.0005", "01.0005" }, /* nothing goes with it */
        { "bind vfio_ap 01.0006", "" },
        { "bind vfio_ap 01.0005", "" },
        { "ap_config m0 1,9:6:", "00.0005 00.0006 01.0005" },
        { "host aqm=5", "" }, /* 01.0006 is no more */
        { "host aqm=5-6", "" },
        { "ap_config m0 0-1:5-6:", "" },
        { "host apm=0", "" },
    };

    engine_start(&e, &engine_worked);
    for (size_t i = 0; i < ROWS(rows); i++) {
        test_note("step %zu: %s", i, rows[i].ask);
        CHECK_INT(engine_ask(&e, rows[i].ask), VAP_OK);
        CHECK_STR(e.reset, rows[i].reset);
    }
}

/* Given away in the very change that takes it from a guest: no queue is with
 * two guests at any time, and it is reset between them. */
TEST(a_queue_goes_from_one_guest_to_another_in_one_change)
{
    const struct vap_request list[] = {
        engine_request("unassign_adapter m0 1"),
        engine_request("assign_adapter m1 1"),
    };

    engine_start(&e, &engine_worked);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "create m1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 0-1:5:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m1 :5-6:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "open m0 k1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "open m1 k2"), VAP_OK);
    CHECK_INT(engine_ask_all(&e, list, 2), VAP_OK);
    CHECK_STR(engine_text(&e.mdevs[0].apcb), "0:5:");
    CHECK_STR(engine_text(&e.mdevs[1].apcb), "1:5-6:");
    CHECK_STR(e.reset, "01.0005");
    CHECK_INT(e.n_updates, 2);
}

/* ... also when nobody remembers, at the end, that it was a guest's. */
TEST(a_queue_is_reset_though_its_mdev_goes_in_the_same_change)
{
    const struct vap_request list[] = {
        engine_request("ap_config m0 0:6:"),   engine_request("close m0"),
        engine_request("remove m0"),           engine_request("create m0"),
        engine_request("ap_config m0 0-1:5:"),
    };

    engine_start(&e, &engine_worked);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 0-1:5:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "open m0 k1"), VAP_OK);
    CHECK_INT(engine_ask_all(&e, list, ROWS(list)), VAP_OK);
    CHECK(strstr(e.reset, "00.0005") && strstr(e.reset, "01.0005"));
    CHECK_STR(engine_text(&e.mdevs[0].guest), "0-1:5:");
}

/* The host loses the only adapter; the mdev gives it up; it comes back, and
 * another has it. */
TEST(no_two_guests_hold_a_queue_that_went_and_came_back)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, "::" },
        { "create m1", VAP_OK, "::" },
        { "open m0 k0", VAP_NO_VM, "::" },
        { "open m0 k1", VAP_OK, "::" },
        { "open m1 k2", VAP_OK, "::" },
        { "ap_config m0 0:5:", VAP_OK, "0:5:" },
        { "host apm=", VAP_OK, "::" },
        { "unassign_adapter m0 0", VAP_OK, "::" },
        { "host apm=0", VAP_OK, "::" },
        { "ap_config m1 0:5:", VAP_OK, "::" },
    };

    engine_start(&e, &engine_worked);
    PLAY(&e, steps);
    CHECK_STR(engine_text(&e.mdevs[0].apcb), "::");
    CHECK_STR(engine_text(&e.mdevs[1].apcb), "0:5:");
}

TEST(looking_again_finds_nothing_new)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, "::" },
        { "ap_config m0 0-1:5-6:5", VAP_OK, "0-1:5-6:5" },
        { "open m0 k1", VAP_OK, "0-1:5-6:5" },
        { "unbind vfio_ap 01.0006", VAP_OK, "0:5-6:5" },
        { "unassign_domain m0 6", VAP_OK, "0-1:5:5" },
    };
    struct vap_request r = engine_request("look_again");

    engine_start(&e, &engine_worked);
    PLAY(&e, steps);
    CHECK_INT(vap_plan(&e.host, &r, 1, &e.change, &e.why), VAP_OK);
    CHECK_INT(e.change.n_effects, 0);
    CHECK_INT(e.change.n_resets, 0);
}
