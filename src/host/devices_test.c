/* SPDX-License-Identifier: MIT */
/* What devices remember after each change, and what is told of it. */
#include "devices_story.h"

#include "host/refusal_json.h"

TEST(a_queue_that_a_user_binds_anew_to_vfio_ap_is_not_started)
{
    static const struct row rows[] = {
        { "unbind vfio_ap 05.0047", "unbind 05.0047", "s s s |B B" },
        { "bind vfio_ap 05.0047", "bind 05.0047=vfio_ap", NULL },
        { "unbind cex4queue 03.0004", "unbind 03.0004", " s s |B B" },
        { "probe 03.0004", "bind 03.0004=cex4queue", "s s s |B B" },
        { "bind vfio_ap 05.0047", "EBUSY", NULL },
    };

    PLAY(rows);
}

TEST(masks_move_queues_and_are_told_last)
{
    static const struct row rows[] = {
        { "apmask +5", "unbind 05.0004, bind 05.0004=cex4queue, change apmask",
          "s s s s|B B" },
        { "aqmask -4",
          "unbind 03.0004, bind 03.0004=vfio_ap, "
          "unbind 05.0004, bind 05.0004=vfio_ap, change aqmask",
          " s  s|B B" },
        { "aqmask -4", "", NULL },
    };

    PLAY(rows);
}

TEST(a_scan_brings_and_takes_devices)
{
    static const struct row rows[] = {
        { "adapter 3 leaves",
          "unbind 03.0004, remove 03.0004, unbind 03.0047, remove 03.0047, "
          "unbind card03, remove card03",
          "  s s|. B" },
        { "scan", "", NULL },
        { "adapter 3 comes",
          "add card03, bind card03, add 03.0004, bind 03.0004=cex4queue, "
          "add 03.0047, bind 03.0047=vfio_ap, change bindings=2",
          "s s s s|B B" },
        { "hardware domain 4 leaves", "", NULL },
        { "scan",
          "unbind 03.0004, remove 03.0004, unbind 05.0004, remove 05.0004",
          " s  s|B B" },
    };

    PLAY(rows);
}

/* Domain 4 came last, so it goes last; from a card that stays, by number. */
TEST(queues_of_a_card_that_goes_do_so_in_the_order_they_came)
{
    static const struct row rows[] = {
        { "domain 4 leaves",
          "unbind 03.0004, remove 03.0004, unbind 05.0004, remove 05.0004",
          " s  s|B B" },
        { "domain 4 comes",
          "add 03.0004, bind 03.0004=cex4queue, add 05.0004, "
          "bind 05.0004=vfio_ap, change bindings=2",
          "s s s s|B B" },
        { "adapter 5 leaves",
          "unbind 05.0047, remove 05.0047, unbind 05.0004, remove 05.0004, "
          "unbind card05, remove card05",
          "s s  |B ." },
    };

    PLAY(rows);
}

TEST(bindings_are_complete_at_the_scan_after_the_last_is_bound)
{
    static const struct row rows[] = {
        { "scan", "", NULL },
        { "unbind vfio_ap 05.0047", "unbind 05.0047", "s s s |B B" },
        { "scan", "", NULL },
        { "bind vfio_ap 05.0047", "bind 05.0047=vfio_ap", NULL },
        { "scan", "change bindings=2", NULL },
        { "scan", "", NULL },
        { "apmask -3", "unbind 03.0004, bind 03.0004=vfio_ap, change apmask",
          " s s |B B" },
        { "scan", "change bindings=3", NULL },
    };

    PLAY(rows);
    CHECK_INT(host->devices->bus.completions, 3);
    CHECK_INT(host->devices->bus.scans, 6);
}

TEST(a_cards_config_reaches_its_queues_with_the_next_scan)
{
    static const struct row rows[] = {
        { "card_config 5 0", "change card05 config=0", "s s s s|B Bd" },
        { "card_config 5 0", "change card05 config=0", NULL },
        { "scan", "change 05.0004 config=0, change 05.0047 config=0",
          "s s sd sd|B Bd" },
        { "card_online 5 1", "ENODEV", NULL },
        { "card_config 5 1", "change card05 config=1", "s s sd sd|B B" },
        { "scan", "change 05.0004 config=1, change 05.0047 config=1",
          "s s s s|B B" },
        { "card_config 5 2", "EINVAL", NULL },
        { "card_config 7 0", "ENODEV", NULL },
    };

    PLAY(rows);
}

/* One thing a scan: first that the checkstop is over. */
TEST(a_checkstop_is_silent)
{
    static const struct row rows[] = {
        { "card 5 checkstop", "", NULL },
        { "scan", "", "s s sc sc|B Bc" },
        { "card_online 5 1", "ENODEV", NULL },
        { "card 5 deconfigure", "", NULL },
        { "scan", "change card05 config=0", "s s s s|B Bd" },
        { "scan", "change 05.0004 config=0, change 05.0047 config=0",
          "s s sd sd|B Bd" },
        { "card 5 configure", "", NULL },
        { "scan",
          "change card05 config=1, change 05.0004 config=1, "
          "change 05.0047 config=1",
          "s s s s|B B" },
    };

    PLAY(rows);
}

TEST(a_queue_is_started_by_a_scan_only_if_it_answers)
{
    static const struct row rows[] = {
        { "adapter 5 leaves",
          "unbind 05.0004, remove 05.0004, unbind 05.0047, remove 05.0047, "
          "unbind card05, remove card05",
          "s s  |B ." },
        { "05.0047 deconfigure", "", NULL },
        { "adapter 5 comes",
          "add card05, bind card05, add 05.0004, bind 05.0004=vfio_ap, "
          "add 05.0047, bind 05.0047=vfio_ap, change bindings=2",
          "s s s d|B B" },
    };

    PLAY(rows);
}

TEST(a_card_takes_its_default_queues_on_and_offline)
{
    static const struct row rows[] = {
        { "card_online 3 0", "change card03 online=0, change 03.0004 online=0",
          "so s s s|Bo B" },
        { "card_online 3 0", "change card03 online=0", NULL },
        { "queue_online 03.0004 1", "EINVAL", NULL },
        { "queue_online 03.0047 0", "ENODEV", NULL }, /* vfio_ap's */
        { "queue_online 03.0004 0", "change 03.0004 online=0", NULL },
        { "card_online 3 1", "change card03 online=1, change 03.0004 online=1",
          "s s s s|B B" },
        { "queue_online 03.0004 0", "change 03.0004 online=0", "so s s s|B B" },
        { "unbind cex4queue 03.0004", "unbind 03.0004", " s s s|B B" },
        { "probe 03.0004", "bind 03.0004=cex4queue", "s s s s|B B" },
        { "card_online 3 2", "EINVAL", NULL },
        { "card_online 3 -1", "EINVAL", NULL },
        { "card_driver 3 0", "unbind card03", "s s s s|- B" },
        { "card_online 3 1", "ENODEV", NULL },
        { "card_driver 3 0", "ENODEV", NULL },
        { "card_driver 3 1", "bind card03", "s s s s|B B" },
        { "card_driver 3 1", "EBUSY", NULL },
    };

    PLAY(rows);
}

/* zcrypt's list of a card's queues is in the order in which they came to it. */
TEST(queues_hear_of_their_card_in_the_order_they_were_bound)
{
    static const struct row rows[] = {
        { "aqmask +0x47",
          "unbind 03.0047, bind 03.0047=cex4queue, change aqmask", NULL },
        { "card_online 3 0",
          "change card03 online=0, change 03.0004 online=0, "
          "change 03.0047 online=0",
          "so so s s|Bo B" },
        { "unbind cex4queue 03.0004", "unbind 03.0004", " so s s|Bo B" },
        { "bind cex4queue 03.0004", "bind 03.0004=cex4queue", "s so s s|Bo B" },
        { "card_online 3 1", "change card03 online=1, change 03.0047 online=1",
          "s s s s|B B" },
        { "card_online 3 0",
          "change card03 online=0, change 03.0047 online=0, "
          "change 03.0004 online=0",
          "so so s s|Bo B" },
    };

    PLAY(rows);
}

TEST(new_devices_can_stay_without_a_driver)
{
    static const struct row rows[] = {
        { "new_devices 0", "", NULL },
        { "adapter 3 leaves",
          "unbind 03.0004, remove 03.0004, unbind 03.0047, remove 03.0047, "
          "unbind card03, remove card03",
          "  s s|. B" },
        { "adapter 3 comes", "add card03, add 03.0004, add 03.0047",
          "s s s s|- B" },
        { "new_devices 1", "", NULL },
        { "card_driver 3 1", "bind card03", "s s s s|B B" },
    };

    PLAY(rows);
}

TEST(settings_are_in_range_or_refused)
{
    static const struct {
        const char *ask;
        const char *told;
    } rows[] = {
        { "config_time 4", "EINVAL" },
        { "config_time 121", "EINVAL" },
        { "config_time 5", "" },
        { "config_time 120", "" },
        { "poll_timeout -1", "EINVAL" },
        { "poll_timeout 120000000001", "EINVAL" },
        { "poll_timeout 120000000000", "" },
        { "ap_domain 4", "" }, /* the only one in aqmask */
        { "ap_domain 71", "EINVAL" },
        { "ap_domain -1", "EINVAL" },
        { "ap_domain 85", "EINVAL" },
        { "poll_thread 2", "EINVAL" },
        { "queue_reset 03.0004", "" },
        { "queue_reset 07.0004", "ENODEV" },
        { "queue_count 07.0004", "ENODEV" },
        { "card_count 7", "ENODEV" },
    };

    boot();
    CHECK_INT(host->devices->bus.ap_domain, 4);
    for (size_t i = 0; i < ROWS(rows); i++) {
        test_note("%s", rows[i].ask);
        CHECK_STR(ask(rows[i].ask), rows[i].told);
    }
    CHECK_INT(host->devices->bus.config_time, 120);
    CHECK_INT(host->devices->bus.poll_timeout, 120000000000);
    CHECK(!host->devices->bus.poll_thread);
}

/* There is nothing to poll where interrupts come. */
TEST(the_poll_thread_runs_only_without_interrupts)
{
    boot();
    CHECK_STR(ask("poll_thread 1"), "");
    CHECK(!host->devices->bus.poll_thread);
    host->devices->bus.interrupts = false;
    CHECK_STR(ask("poll_thread 1"), "");
    CHECK(host->devices->bus.poll_thread);
}

TEST(requests_are_counted_by_queue_and_by_card)
{
    boot();
    devices_count(host, 0x304, &(const struct device_counts){ 2, 3, 4 });
    devices_count(host, 0x347, &(const struct device_counts){ 1, 5, 6 });
    CHECK_INT(devices_counts(host, DEVICE_QUEUE, 0x347).waiting, 5);
    CHECK_INT(devices_counts(host, DEVICE_QUEUE, 0x347).working, 6);
    CHECK_INT(devices_counts(host, DEVICE_CARD, 3).waiting, 8);
    CHECK_INT(devices_counts(host, DEVICE_CARD, 3).working, 10);
    CHECK_INT(devices_counts(host, DEVICE_CARD, 3).requests, 3);
    CHECK_INT(devices_counts(host, DEVICE_QUEUE, 0x304).requests, 2);
    CHECK_STR(ask("queue_count 03.0004"), "");
    CHECK_INT(devices_counts(host, DEVICE_QUEUE, 0x304).requests, 0);
    CHECK_INT(devices_counts(host, DEVICE_QUEUE, 0x347).requests, 1);
    CHECK_INT(devices_counts(host, DEVICE_CARD, 3).requests, 3);
    CHECK_STR(ask("unbind vfio_ap 03.0047"), "unbind 03.0047");
    CHECK_STR(ask("card_count 3"), "");
    CHECK_INT(devices_counts(host, DEVICE_QUEUE, 0x347).requests, 1);
    CHECK_STR(ask("bind vfio_ap 03.0047"), "bind 03.0047=vfio_ap");
    CHECK_STR(ask("card_count 3"), "");
    CHECK_INT(devices_counts(host, DEVICE_QUEUE, 0x347).requests, 0);
    CHECK_INT(devices_counts(host, DEVICE_CARD, 3).requests, 0);
    CHECK_INT(devices_counts(host, DEVICE_QUEUE, 0x504).requests, 0);
}

TEST(what_a_file_of_the_bus_refuses_has_a_reason_in_words)
{
    static const struct {
        const char *ask;
        const char *said;
    } rows[] = {
        { "config_time 4", "5 to 120 seconds expected" },
        { "poll_timeout -1", "0 to 120000000000 nanoseconds expected" },
        { "ap_domain 71",
          "a domain that aqmask has expected, not above the highest" },
        { "card_online 7 1",
          "card 07 has no driver, or is deconfigured or checkstopped" },
        { "card_online 7 0", "card 07 has no driver" },
        { "card_online 3 2", "Invalid argument" },
        { "queue_online 03.0047 0", "03.0047 is not bound to cex4queue" },
        { "queue_online 03.0047 1",
          "03.0047 is not bound to cex4queue, or it or its card is "
          "deconfigured or checkstopped" },
        { "queue_online 03.0004 1", "the card of 03.0004 is offline" },
        { "queue_online 03.0004 2", "Invalid argument" },
        { "queue_count 07.0004", "No such device" },
    };

    boot();
    CHECK_STR(ask("card_online 3 0"), "change card03 online=0, "
                                      "change 03.0004 online=0");
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct host_request r = request(rows[i].ask);
        struct refusal refusal;
        json_t *json;

        test_note("%s", rows[i].ask);
        CHECK(devices_plan(host, &r, 1, &refusal) > 0);
        json = refusal_json(host, &r, &refusal);
        CHECK_STR(json_string_value(json_object_get(json, "message")),
                  rows[i].said);
        json_decref(json);
    }
}

TEST(a_name_that_no_driver_has_binds_nothing_though_an_override_says_it)
{
    struct host_request r = { .engine = { .op = VAP_BIND, .apqn = 0x547 } };
    struct refusal refusal;
    json_t *json;

    boot();
    CHECK_STR(ask("05.0047/driver_override foo"), "");
    CHECK_STR(ask("unbind vfio_ap 05.0047"), "unbind 05.0047");
    r.engine.driver = (uint8_t)host_driver(host, "foo");
    CHECK_INT(devices_plan(host, &r, 1, &refusal), ENODEV);
    json = refusal_json(host, &r, &refusal);
    CHECK_STR(json_string_value(json_object_get(json, "message")),
              "there is no driver foo");
    json_decref(json);
}

TEST(an_mdev_has_the_lowest_free_number)
{
    static const struct row rows[] = {
        { "create a", "add a, add group0, add vfio0, bind a", NULL },
        { "create b", "add b, add group1, add vfio1, bind b", NULL },
        { "remove a", "remove vfio0, remove group0, unbind a, remove a", NULL },
        { "create c", "add c, add group0, add vfio0, bind c", NULL },
        { "create d", "add d, add group2, add vfio2, bind d", NULL },
        { "create d", "EEXIST", NULL },
    };

    PLAY(rows);
    CHECK_INT(host->devices->n_mdevs, 3);
    CHECK(!host->devices->mdevs[host_slot(host, "a")].born);
}

TEST(an_unbound_mdev_is_a_name_that_can_only_be_dropped)
{
    static const struct row rows[] = {
        { "create a", "add a, add group0, add vfio0, bind a", NULL },
        { "mdev_drop a", "ENODEV", NULL },
        { "open a k0", "", NULL },
        { "mdev_unbind a", "waits", NULL },
        { "close a", "", NULL },
        { "mdev_unbind a", "remove vfio0, remove group0, unbind a", NULL },
        { "mdev_unbind a", "ENOENT", NULL },
        { "create a", "EEXIST", NULL },
        { "create b", "add b, add group1, add vfio1, bind b", NULL },
        { "mdev_drop a", "remove a", NULL },
        { "create a", "add a, add group0, add vfio0, bind a", NULL },
    };

    PLAY(rows);
}

/* What a stale file is known by. */
TEST(a_device_that_came_back_is_another)
{
    uint32_t queue;
    uint32_t mdev;

    boot();
    queue = devices_born(host, DEVICE_QUEUE, 0x304);
    CHECK_INT(queue, 0);
    (void)ask("unbind cex4queue 03.0004");
    CHECK_INT(devices_born(host, DEVICE_QUEUE, 0x304), queue);
    CHECK(devices_bound(host, DEVICE_QUEUE, 0x304) > queue);
    CHECK_INT(devices_bound(host, DEVICE_QUEUE, 0x347), 0);
    (void)ask("domain 4 leaves");
    (void)ask("domain 4 comes");
    CHECK(devices_born(host, DEVICE_QUEUE, 0x304) > queue);
    CHECK_INT(devices_born(host, DEVICE_CARD, 3), 0);
    (void)ask("adapter 3 leaves");
    (void)ask("adapter 3 comes");
    CHECK(devices_born(host, DEVICE_CARD, 3) > 0);
    (void)ask("create a");
    mdev = devices_born(host, DEVICE_MDEV, host_slot(host, "a"));
    (void)ask("remove a");
    CHECK_INT(devices_born(host, DEVICE_MDEV, host_slot(host, "a")), 0);
    (void)ask("create a");
    CHECK(devices_born(host, DEVICE_MDEV, host_slot(host, "a")) > mdev);
}

/* A refusal, of the engine or of a setting, leaves everything as it was. */
TEST(a_list_is_one_change_or_none)
{
    static const char *const words[] = { "card_config 3 0", "config_time 60",
                                         "unbind vfio_ap 05.0047",
                                         "config_time 4" };
    struct host_request list[4];
    struct refusal refusal;

    boot();
    for (int i = 0; i < 4; i++)
        list[i] = request(words[i]);
    CHECK_INT(devices_plan(host, list, 4, &refusal), EINVAL);
    CHECK_INT(refusal.error, EINVAL);
    CHECK(!devices_planned(host));
    host_apply(host);
    CHECK_STR(state(), "s s s s|B B");
    CHECK_INT(host->devices->bus.config_time, 30);
    CHECK_INT(vap_host_driver(host->engine, 0x547), VAP_VFIO_AP);
    CHECK_INT(devices_plan(host, list, 3, &refusal), 0);
    host_apply(host);
    CHECK_STR(state(), "s s s |Bd B");
    CHECK_INT(host->devices->bus.config_time, 60);
}

/* The slow way: after any history a host that boots with the same engine
 * shows the same cards, and knows of no queue that is not there. */
TEST(after_any_history_devices_are_those_of_the_engine)
{
    static const char *const words[] = {
        "adapter 3 leaves",
        "adapter 3 comes",
        "adapter 5 leaves",
        "adapter 5 comes",
        "domain 4 leaves",
        "domain 4 comes",
        "domain 71 leaves",
        "domain 71 comes",
        "apmask +5",
        "apmask -5",
        "aqmask +71",
        "aqmask -4",
        "unbind vfio_ap 05.0047",
        "probe 05.0047",
        "probe 03.0004",
        "unbind cex4queue 03.0004",
        "card 5 deconfigure",
        "card 5 configure",
        "card 3 checkstop",
        "card 3 configure",
        "scan",
        "card_online 3 0",
        "card_online 3 1",
        "card_config 5 0",
        "card_config 5 1",
        "create a",
        "create b",
        "remove a",
        "mdev_unbind b",
        "mdev_drop b",
        "a/assign_adapter 5",
        "a/assign_domain 71",
        "open a k0",
        "close a",
        "new_devices 0",
        "new_devices 1",
        "queue_online 03.0004 0",
        "queue_online 03.0004 1",
    };
    struct test_rng rng = { test_seed() };

    boot();
    for (int i = 0; i < 20000; i++) {
        const struct devices *d = host->devices;
        uint32_t n = 0;

        (void)ask(words[test_below(&rng, ROWS(words))]);
        for (unsigned a = 0; a < VAP_IDS; a++) {
            const struct vap_row *row = &host->engine->row[a];
            const struct device_row *r = &d->row[a];

            CHECK_INT(vap_mask_has(&d->bus.cards, a),
                      !vap_mask_empty(&row->present));
            CHECK(vap_mask_within(&r->offline, &row->dflt));
            CHECK(vap_mask_within(&row->dflt, &r->started));
            CHECK(vap_mask_within(&r->started, &row->present));
            CHECK(vap_mask_within(&r->deconfigured, &row->present));
            CHECK(vap_mask_within(&r->checkstopped, &row->present));
        }
        CHECK(vap_mask_within(&d->bus.bound, &d->bus.cards));
        CHECK(vap_mask_within(&d->bus.offline, &d->bus.bound));
        for (uint32_t m = 0; m < host->engine->n_slots; m++) {
            CHECK_INT(d->mdevs[m].born && !d->mdevs[m].driverless,
                      host->engine->mdevs[m].exists);
            n += d->mdevs[m].born != 0;
        }
        CHECK_INT(d->n_mdevs, n);
    }
}
