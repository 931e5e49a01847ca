/* SPDX-License-Identifier: MIT */
/* A plan changes nothing; what it says is what apply does; a refused one is
 * nothing at all. */
#include "engine.h"

#include "matrix/filter.h"

static struct engine e;
static struct vap_host host_before;
static struct vap_mdev mdevs_before[ENGINE_MDEVS];

static void
remember(void)
{
    memcpy(&host_before, &e.host, sizeof(e.host));
    memcpy(mdevs_before, e.mdevs, sizeof(e.mdevs));
}

/* Byte for byte, what lies between members too: nothing was written. */
static bool
unchanged(void)
{
    // NOLINTBEGIN(bugprone-suspicious-*,cert-*)
    return memcmp(&e.host, &host_before, sizeof(e.host)) == 0 &&
           memcmp(e.mdevs, mdevs_before, sizeof(e.mdevs)) == 0;
    // NOLINTEND(bugprone-suspicious-*,cert-*)
}

/* The second is attached, too. */
static void
two_guests(const char *rule)
{
    engine_two_guests(&e, rule);
    CHECK_INT(engine_ask(&e, "open m1 k2"), VAP_OK);
}

/* Every op, done and refused. */
static const char *const everything[] = {
    "assign_adapter m0 3",
    "assign_adapter m0 2",
    "assign_adapter m0 16",
    "assign_adapter m9 1",
    "unassign_adapter m0 0",
    "assign_domain m0 4",
    "unassign_domain m0 6",
    "assign_control_domain m0 7",
    "unassign_control_domain m0 5",
    "ap_config m0 1:6:6",
    "ap_config m0 2:6:6",
    "create m2",
    "create m0",
    "remove m0",
    "open m0 k1",
    "close m0",
    "vfio_reset m0",
    "apmask +0",
    "apmask -3",
    "aqmask +4",
    "bind vfio_ap 01.0006",
    "bind cex4queue 01.0006",
    "unbind vfio_ap 00.0005",
    "probe 01.0006",
    "driver_override 00.0005 vfio_ap",
    "sethw apm=0",
    "scan",
    "host apm=1-3 aqm=5 adm=",
    "host apm=99",
    "card 0 3",
    "hwstate 00.0005 4",
    "fail_zapq 00.0005 1 1",
    "fail_tapq 00.0005 1 1",
    "look_again",
};

TEST(a_plan_changes_nothing_and_a_refused_one_does_nothing)
{
    for (size_t rule = 0; rule < vap_n_rules; rule++)
        for (size_t i = 0; i < ROWS(everything); i++) {
            struct vap_request r = engine_request(everything[i]);
            enum vap_verdict v;

            test_note("%s: %s", vap_rules[rule]->name, everything[i]);
            two_guests(vap_rules[rule]->name);
            remember();
            v = vap_plan(&e.host, &r, 1, &e.change, &e.why);
            CHECK(unchanged());
            CHECK_INT(e.why.verdict, v);
            CHECK_INT(e.why.request, 0);
            vap_apply(&e.host, &e.change);
            CHECK(v == VAP_OK || v == VAP_HELD || v == VAP_RESET_FAILED ||
                  unchanged());
            remember(); /* the change is empty now */
            vap_apply(&e.host, &e.change);
            CHECK(unchanged());
        }
}

TEST(why_may_be_left_out)
{
    struct vap_request r = engine_request("assign_adapter m0 2");

    two_guests("state");
    CHECK_INT(vap_plan(&e.host, &r, 1, &e.change, NULL), VAP_SHARED);
}

TEST(the_plan_says_what_apply_does)
{
    struct vap_request r = engine_request("ap_config m0 1,3:5:");

    two_guests("state");
    CHECK_INT(vap_plan(&e.host, &r, 1, &e.change, &e.why), VAP_OK);
    CHECK_INT(e.change.n_effects, 1);
    CHECK_INT(e.effects[0].mdev, 0);
    CHECK_STR(engine_text(&e.effects[0].now.matrix), "1,3:5:");
    CHECK_STR(engine_text(&e.effects[0].now.guest), "1,3:5:");
    CHECK_STR(engine_text(&e.effects[0].now.apcb), "1,3:5:");
    CHECK_STR(engine_text(&e.mdevs[0].guest), "0:5-6:5");
    vap_apply(&e.host, &e.change);
    CHECK_STR(engine_text(&e.mdevs[0].guest), "1,3:5:");
    CHECK_INT(e.change.n_effects, 0);
}

TEST(the_plan_says_which_queues_change_driver)
{
    struct vap_request r = engine_request("apmask +1");

    engine_start(&e, &(struct engine_boot){
                         .adapters = "0-1", .domains = "5-6", .aqmask = "6" });
    CHECK_INT(vap_plan(&e.host, &r, 1, &e.change, &e.why), VAP_OK);
    CHECK_INT(vap_row_driver(e.change.row[1], 6), VAP_DEFAULT);
    CHECK_INT(vap_row_driver(e.change.row[1], 5), VAP_VFIO_AP);
    CHECK_INT(vap_row_driver(e.change.row[2], 6), VAP_NO_DRIVER);
    CHECK_INT(vap_host_driver(&e.host, 0x0106), VAP_VFIO_AP);
    CHECK(vap_mask_has(&e.change.rows, 1));
    CHECK_INT(vap_mask_count(&e.change.rows), 1);
}

/* An mdev that was looked at and stays as it was is no effect. */
TEST(what_stays_as_it_was_is_not_in_the_plan)
{
    static const char *const idle[] = {
        "assign_adapter m0 0", "unassign_domain m0 9", "scan",
        "apmask +3",           "look_again",           "card 0 3",
        "probe 00.0005",
    };

    two_guests("state");
    for (size_t i = 0; i < ROWS(idle); i++) {
        struct vap_request r = engine_request(idle[i]);

        test_note("%s", idle[i]);
        CHECK_INT(vap_plan(&e.host, &r, 1, &e.change, &e.why), VAP_OK);
        CHECK_INT(e.change.n_effects, 0);
        CHECK_INT(e.change.n_resets, 0);
    }
}

TEST(a_list_sees_what_its_earlier_requests_did)
{
    const struct vap_request list[] = {
        engine_request("create m5"),
        engine_request("unassign_adapter m1 2"),
        engine_request("ap_config m5 2:6:"),
        engine_request("open m5 k5"),
        engine_request("close m1"),
        engine_request("remove m1"),
        engine_request("bind vfio_ap 01.0006"),
    };

    for (size_t rule = 0; rule < vap_n_rules; rule++) {
        two_guests(vap_rules[rule]->name);
        CHECK_INT(engine_ask_all(&e, list, ROWS(list)), VAP_OK);
        CHECK_STR(engine_text(&e.mdevs[5].apcb), "2:6:");
        CHECK_STR(engine_text(&e.mdevs[0].guest), "0-1:5-6:5");
        CHECK(!e.mdevs[1].exists);
    }
}

/* Another guest comes to an mdev as it is: it is told, the old one cleared. */
TEST(a_guest_that_takes_the_place_of_another_is_told)
{
    const struct vap_request list[] = {
        engine_request("close m0"),
        engine_request("open m0 k5"),
    };

    for (size_t rule = 0; rule < vap_n_rules; rule++) {
        test_note("%s", vap_rules[rule]->name);
        two_guests(vap_rules[rule]->name);
        CHECK_INT(engine_ask_all(&e, list, ROWS(list)), VAP_OK);
        CHECK_STR(engine_text(&e.mdevs[0].apcb), "0:5-6:5");
        CHECK_INT(e.n_updates, 1);
        CHECK_INT(e.n_clears, 1);
    }
}

TEST(one_refused_request_refuses_the_list)
{
    static const char *const bad[] = {
        "assign_adapter m0 2",
        "remove m1",
        "remove m7",
        "bind vfio_ap 2.5",
        "unbind cex4queue 00.0005",
        "aqmask +5",
        "vfio_reset m0",
    };

    for (size_t i = 0; i < ROWS(bad); i++) {
        struct vap_request list[4] = {
            engine_request("fail_zapq 00.0005 1 9"),
            engine_request("unassign_domain m0 6"),
            engine_request("assign_domain m1 9"),
        };

        test_note("%s", bad[i]);
        two_guests("linux-7.2");
        CHECK_INT(engine_ask(&e, "fail_zapq 00.0005 1 9"), VAP_OK);
        remember();
        list[3] = engine_request(bad[i]);
        CHECK(engine_ask_all(&e, list, 4) != VAP_OK);
        CHECK_INT(e.why.request, 3);
        CHECK(unchanged());
        /* ... wherever it stands */
        list[0] = list[3];
        CHECK(vap_plan(&e.host, list, 4, &e.change, &e.why) != VAP_OK);
        CHECK_INT(e.why.request, 0);
        CHECK_INT(e.change.n_effects, 0);
        CHECK(vap_mask_empty(&e.change.rows));
    }
}

TEST(a_list_of_none_is_nothing)
{
    two_guests("state");
    remember();
    CHECK_INT(engine_ask_all(&e, NULL, 0), VAP_OK);
    CHECK(unchanged());
}

TEST(an_unknown_op_is_refused)
{
    struct vap_request r = { .op = VAP_OPS };

    two_guests("state");
    remember();
    CHECK_INT(engine_ask_all(&e, &r, 1), VAP_INVALID);
    CHECK(unchanged());
}

/* A change that does not fit its storage is not done, and can be tried with
 * more. */
TEST(a_change_too_large_for_its_storage_is_refused_whole)
{
    static struct vap_change small;
    struct vap_effect one;
    struct vap_reset few[2];
    uint32_t where[ENGINE_MDEVS];
    struct vap_request r = engine_request("host apm=");

    two_guests("state");
    remember();
    vap_change_init(&small, where, ENGINE_MDEVS, &one, 1, few, 2);
    CHECK_INT(vap_plan(&e.host, &r, 1, &small, &e.why), VAP_NO_ROOM);
    CHECK_INT(e.why.verdict, VAP_NO_ROOM);
    CHECK_INT(small.n_effects, 0);
    vap_apply(&e.host, &small);
    CHECK(unchanged());
    CHECK_INT(engine_ask_all(&e, &r, 1), VAP_OK);
    CHECK_STR(engine_text(&e.mdevs[1].apcb), "::5");
}

TEST(so_is_one_with_too_many_resets)
{
    static struct vap_change small;
    struct vap_effect effects[2];
    struct vap_reset one;
    uint32_t where[ENGINE_MDEVS];
    struct vap_request r = engine_request("vfio_reset m0");

    two_guests("state");
    CHECK_INT(engine_ask(&e, "bind vfio_ap 01.0006"), VAP_OK);
    CHECK_INT(engine_ask(&e, "fail_zapq 00.0005 1 1"), VAP_OK);
    remember();
    vap_change_init(&small, where, ENGINE_MDEVS, effects, 2, &one, 1);
    CHECK_INT(vap_plan(&e.host, &r, 1, &small, &e.why), VAP_NO_ROOM);
    vap_apply(&e.host, &small);
    CHECK(unchanged());
    /* a smaller one fits */
    r = engine_request("unassign_adapter m1 2");
    CHECK_INT(vap_plan(&e.host, &r, 1, &small, &e.why), VAP_OK);
    CHECK_INT(engine_ask(&e, "vfio_reset m0"), VAP_RESET_FAILED);
}

static struct vap_mdev many[VAP_MDEVS];
static uint32_t many_where[VAP_MDEVS];
static struct vap_effect many_effects[VAP_MDEVS];

/* One queue each, as many as a host can have. */
TEST(there_are_mdevs_for_every_queue)
{
    static struct vap_host host;
    static struct vap_change change;
    static struct vap_reset resets[1024];
    const struct vap_config config = {
        .ids = { vap_mask_all(), vap_mask_all(), vap_mask_none() },
        .apxa = true,
        .last_adapter = 255,
        .last_domain = 255,
    };
    const struct vap_mask none = vap_mask_none();
    struct vap_request r = engine_request("create m0");
    struct vap_why why;

    vap_host_init(&host, &vap_rule_state, VAP_LINUX_7_2, &config, &none, &none,
                  many, VAP_MDEVS);
    vap_change_init(&change, many_where, VAP_MDEVS, many_effects, VAP_MDEVS,
                    resets, 1024);
    for (uint32_t i = 0; i < VAP_MDEVS; i++)
        many[i] = (struct vap_mdev){
            .exists = i < VAP_MDEVS - 1, /* one is free */
            .matrix = { vap_mask_one(i >> 8), vap_mask_one(i & 255), none },
            .last_adapter = 255,
            .last_domain = 255,
        };
    many[VAP_MDEVS - 1].matrix = (struct vap_matrix){ 0 };
    r.op = VAP_LOOK_AGAIN;
    CHECK_INT(vap_plan(&host, &r, 1, &change, &why), VAP_OK);
    CHECK_INT(change.n_effects, VAP_MDEVS - 1);
    vap_apply(&host, &change);
    CHECK_STR(engine_text(&many[0x1234].guest), "18:52:");

    r = engine_request("create m65535");
    CHECK_INT(vap_plan(&host, &r, 1, &change, &why), VAP_OK);
    vap_apply(&host, &change);
    r = engine_request("create m65536");
    CHECK_INT(vap_plan(&host, &r, 1, &change, &why), VAP_NO_INSTANCE);
    r = engine_request("ap_config m65535 18:52:");
    CHECK_INT(vap_plan(&host, &r, 1, &change, &why), VAP_SHARED);
    CHECK_INT(why.holder, 0x1234);
    r = engine_request("ap_config m65535 255:255:");
    CHECK_INT(vap_plan(&host, &r, 1, &change, &why), VAP_OK);
    vap_apply(&host, &change);
    r = engine_request("host apm=0-254");
    CHECK_INT(vap_plan(&host, &r, 1, &change, &why), VAP_OK);
    CHECK_INT(change.n_effects, 256);
}
