/* SPDX-License-Identifier: MIT */
/* What Linux does where it is no function of state: each cause by name. The
 * recorded histories are in tests/traces. */
#include "engine.h"

static struct engine e;

/* A story that both kernels tell alike, or with a guest each. */
struct row {
    const char *ask;
    enum vap_verdict verdict;
    const char *on_6_12;
    const char *on_7_2; /* NULL: the same */
};

static void
play_both(const struct row *rows, size_t n)
{
    for (int old = 0; old < 2; old++) {
        struct engine_boot b = engine_worked;

        b.rule = old ? "linux-6.12" : "linux-7.2";
        engine_start(&e, &b);
        for (size_t i = 0; i < n; i++) {
            test_note("%s, step %zu: %s", b.rule, i + 1, rows[i].ask);
            CHECK_INT(engine_ask(&e, rows[i].ask), rows[i].verdict);
            CHECK_STR(engine_text(&e.mdevs[0].guest), old || !rows[i].on_7_2
                                                          ? rows[i].on_6_12
                                                          : rows[i].on_7_2);
        }
    }
}

TEST(one_sided_matrices_are_shown)
{
    static const struct row rows[] = {
        { "create m0", VAP_OK, "::", NULL },
        { "assign_adapter m0 0", VAP_OK, "0::", NULL },
        { "assign_domain m0 5", VAP_OK, "0:5:", NULL },
        { "assign_adapter m0 2", VAP_OK, "0:5:", NULL },
        { "assign_adapter m0 16", VAP_NO_SUCH_ID, "0:5:", NULL },
        { "assign_domain m0 7", VAP_RESERVED, "0:5:", NULL },
        { "ap_config m0 4:5:", VAP_OK, ":5:", NULL },
    };

    play_both(rows, ROWS(rows));
}

TEST(unassign_domain_does_not_filter_again)
{
    static const struct row rows[] = {
        { "create m0", VAP_OK, "::", NULL },
        { "ap_config m0 0-1:5-6:", VAP_OK, "0-1:5-6:", NULL },
        { "unbind vfio_ap 01.0006", VAP_OK, "0:5-6:", NULL },
        { "unassign_domain m0 6", VAP_OK, "0:5:", NULL },
        { "assign_domain m0 5", VAP_OK, "0:5:", NULL }, /* had it: no-op */
        { "unassign_adapter m0 9", VAP_OK, "0:5:", NULL },
        { "ap_config m0 0-1:5:", VAP_OK, "0-1:5:", NULL },
    };

    play_both(rows, ROWS(rows));
}

TEST(a_domain_that_is_bound_nowhere_costs_every_adapter)
{
    static const struct row rows[] = {
        { "create m0", VAP_OK, "::", NULL },
        { "ap_config m0 0-1:5:", VAP_OK, "0-1:5:", NULL },
        { "unbind vfio_ap 00.0006", VAP_OK, "0-1:5:", NULL },
        { "unbind vfio_ap 01.0006", VAP_OK, "0-1:5:", NULL },
        { "assign_domain m0 6", VAP_OK, ":5-6:", NULL },
        { "unassign_domain m0 6", VAP_OK, ":5:", NULL },
        { "look_again", VAP_OK, "0-1:5:", NULL },
    };

    play_both(rows, ROWS(rows));
}

TEST(a_domain_that_the_host_loses_does_not_make_it_filter)
{
    static const struct row rows[] = {
        { "create m0", VAP_OK, "::", NULL },
        { "open m0 k1", VAP_OK, "::", NULL },
        { "ap_config m0 0-1:5-6:", VAP_OK, "0-1:5-6:", NULL },
        { "unbind vfio_ap 01.0006", VAP_OK, "0:5-6:", NULL },
        { "host aqm=5", VAP_OK, "0:5:", NULL },
        { "host aqm=5-6", VAP_OK, "0-1:5-6:", NULL },
    };

    play_both(rows, ROWS(rows));
}

/* 6.12 takes away the control domains that the mdev does not have. */
TEST(a_control_domain_that_the_host_loses)
{
    static const struct row rows[] = {
        { "create m0", VAP_OK, "::", NULL },
        { "open m0 k1", VAP_OK, "::", NULL },
        { "assign_control_domain m0 6", VAP_OK, "::6", NULL },
        { "host adm=5", VAP_OK, "::6", "::" },
        { "assign_control_domain m0 5", VAP_OK, "::5", NULL },
    };

    play_both(rows, ROWS(rows));
}

/* Queues that come while the scan runs wait for its end. */
TEST(what_a_scan_brings_costs_one_update)
{
    engine_start(&e, &(struct engine_boot){ .rule = "linux-7.2",
                                            .adapters = "0",
                                            .domains = "0-7" });
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "open m0 k1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 0-9:0-7:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "host apm=0-4"), VAP_OK);
    CHECK_STR(engine_text(&e.mdevs[0].apcb), "0-4:0-7:");
    CHECK_INT(e.n_updates, 1);
}

/* ... which is over when the next request of the list begins. */
TEST(after_a_scan_a_queue_that_is_bound_is_not_waited_for)
{
    const struct vap_request list[] = {
        engine_request("host apm=0-1"),
        engine_request("bind vfio_ap 00.0006"),
    };

    engine_start(&e, &(struct engine_boot){ .rule = "linux-7.2",
                                            .adapters = "0",
                                            .domains = "5-6" });
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 0-1:5-6:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "unbind vfio_ap 00.0006"), VAP_OK);
    CHECK_STR(engine_text(&e.mdevs[0].guest), ":5-6:");
    CHECK_INT(engine_ask_all(&e, list, 2), VAP_OK);
    CHECK_STR(engine_text(&e.mdevs[0].guest), "0-1:5-6:");
}

/* ... but those that a mask brings filter one by one. */
TEST(what_a_mask_brings_costs_an_update_for_each_adapter_it_completes)
{
    engine_start(&e, &(struct engine_boot){ .rule = "linux-7.2",
                                            .adapters = "0-2",
                                            .domains = "0-1" });
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "apmask =0-255"), VAP_OK);
    CHECK_INT(engine_ask(&e, "aqmask =0-1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "open m0 k1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "aqmask ="), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 0-2:0-1:"), VAP_OK);
    CHECK_INT(e.n_updates, 1);
    for (unsigned a = 0; a < 3; a++) {
        char words[32];

        (void)sprintf(words, "unbind vfio_ap %02x.0001", a);
        CHECK_INT(engine_ask(&e, words), VAP_OK);
    }
    CHECK_STR(engine_text(&e.mdevs[0].apcb), ":0-1:");
}

/* Under 6.12 a mask that stays non-empty is one that changed. */
TEST(on_6_12_a_guest_is_not_told_that_its_last_adapter_went)
{
    static const struct {
        const char *ask;
        const char *on_6_12;
        const char *on_7_2;
    } rows[] = {
        { "create m0", "::", "::" },
        { "open m0 k1", "::", "::" },
        { "ap_config m0 0:5:", "0:5:", "0:5:" },
        { "host apm=", "0:5:", ":5:" },
        { "unassign_adapter m0 0", "0:5:", ":5:" },
        { "create m1", "0:5:", ":5:" },
        { "open m1 k2", "0:5:", ":5:" },
        { "host apm=0", "0:5:", ":5:" },
        { "ap_config m1 0:5:", "0:5:", ":5:" },
    };

    for (int old = 0; old < 2; old++) {
        struct engine_boot b = engine_worked;

        b.rule = old ? "linux-6.12" : "linux-7.2";
        engine_start(&e, &b);
        for (size_t i = 0; i < ROWS(rows); i++) {
            test_note("%s: %s", b.rule, rows[i].ask);
            CHECK_INT(engine_ask(&e, rows[i].ask), VAP_OK);
            CHECK_STR(engine_text(&e.mdevs[0].apcb),
                      old ? rows[i].on_6_12 : rows[i].on_7_2);
        }
        CHECK_STR(engine_text(&e.mdevs[1].apcb), "0:5:");
    }
}

/* remove of an mdev that a guest holds: 7.2 takes its queues at once. */
TEST(on_7_2_an_mdev_that_is_to_go_is_taken_from_its_guest)
{
    for (int old = 0; old < 2; old++) {
        struct engine_boot b = engine_worked;

        b.rule = old ? "linux-6.12" : "linux-7.2";
        engine_start(&e, &b);
        CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
        CHECK_INT(engine_ask(&e, "open m0 k1"), VAP_OK);
        CHECK_INT(engine_ask(&e, "ap_config m0 0-1:5:"), VAP_OK);
        CHECK_INT(engine_ask(&e, "remove m0"), VAP_HELD);
        CHECK_STR(engine_text(&e.mdevs[0].apcb), old ? "0-1:5:" : "::");
        CHECK_STR(engine_text(&e.mdevs[0].guest), "0-1:5:");
        CHECK_INT(e.n_clears, !old);
        /* what is left comes back with the next update */
        CHECK_INT(engine_ask(&e, "host apm=0"), VAP_OK);
        CHECK_STR(engine_text(&e.mdevs[0].apcb), "0:5:");
        CHECK_INT(engine_ask(&e, "close m0"), VAP_OK);
        CHECK_INT(engine_ask(&e, "remove m0"), VAP_OK);
    }
}

TEST(linux_resets_what_it_takes_from_a_guest)
{
    static const struct {
        const char *ask;
        const char *reset;
        unsigned updates;
    } rows[] = {
        { "create m0", "", 0 },
        { "ap_config m0 0-1:5-6:", "", 0 },
        { "open m0 k1", "", 1 },
        { "unassign_domain m0 5", "00.0005 01.0005", 1 },
        { "assign_domain m0 5", "", 1 },
        { "unbind vfio_ap 01.0006", "01.0005 01.0006", 1 },
        { "unassign_domain m0 5", "00.0005", 1 }, /* 01.0005 was out */
        { "unbind vfio_ap 01.0005", "01.0005", 0 },
        { "assign_domain m0 5", "", 1 },
        { "bind vfio_ap 01.0005", "", 0 },
        { "bind vfio_ap 01.0006", "", 1 },
        { "ap_config m0 1:6:", "00.0005 00.0006 01.0005", 2 },
        { "host aqm=5", "", 1 },
        { "host aqm=5-6", "", 1 },
        { "unbind vfio_ap 00.0005", "00.0005", 0 },
        { "ap_config m0 0-1:6:", "", 1 },
        { "assign_domain m0 5", "00.0006", 1 }, /* the hole takes 00 out */
    };

    for (int old = 0; old < 2; old++) {
        struct engine_boot b = engine_worked;

        b.rule = old ? "linux-6.12" : "linux-7.2";
        engine_start(&e, &b);
        for (size_t i = 0; i < ROWS(rows); i++) {
            test_note("%s, step %zu: %s", b.rule, i + 1, rows[i].ask);
            CHECK_INT(engine_ask(&e, rows[i].ask), VAP_OK);
            CHECK_STR(e.reset, rows[i].reset);
            if (!old || strncmp(rows[i].ask, "host", 4) != 0)
                CHECK_INT(e.n_updates, rows[i].updates);
        }
    }
}

/* A list is one change: what its steps told a guest in between it is not. */
TEST(a_list_costs_a_guest_one_update_at_most)
{
    const struct vap_request list[] = {
        engine_request("unassign_domain m0 5"),
        engine_request("unbind vfio_ap 01.0006"),
        engine_request("assign_domain m0 5"),
    };
    struct engine_boot b = engine_worked;

    b.rule = "linux-7.2";
    engine_start(&e, &b);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 0-1:5-6:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "open m0 k1"), VAP_OK);
    CHECK_INT(engine_ask_all(&e, list, 3), VAP_OK);
    CHECK_STR(engine_text(&e.mdevs[0].apcb), "0:5-6:");
    CHECK_INT(e.n_updates, 1);
    CHECK_INT(engine_ask_all(&e, list, 1), VAP_OK);
    CHECK_INT(e.n_updates, 1);
}

/* Adapters that come with a domain and fail its test are not waited for. */
TEST(an_adapter_whose_test_fails_is_filtered_as_it_comes)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, "::" },
        { "ap_config m0 0-1:5:", VAP_OK, "0:5:" },
        { "host aqm=", VAP_OK, "0::" },
        { "fail_tapq 01.0005 1 1", VAP_OK, "0::" },
        { "host apm=0-1 aqm=5", VAP_OK, "0-1:5:" },
    };

    engine_start(&e, &(struct engine_boot){ .rule = "linux-7.2",
                                            .adapters = "0",
                                            .domains = "5" });
    PLAY(&e, steps);
    CHECK_INT(e.host.queue[1][5].tapq_n, 0);
}

TEST(without_an_mdev_what_comes_is_not_tested)
{
    static const struct engine_step steps[] = {
        { "fail_tapq 01.0006 6 1", VAP_OK, NULL },
        { "host apm=0-1 aqm=5-6", VAP_OK, NULL },
    };

    engine_start(&e, &(struct engine_boot){ .rule = "linux-7.2",
                                            .adapters = "0",
                                            .domains = "5" });
    PLAY(&e, steps);
    CHECK_INT(e.host.queue[1][6].tapq_n, 1);
}
