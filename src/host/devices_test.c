/* SPDX-License-Identifier: MIT */
/* What devices remember after each change, and what is told of it. */
#include "test.h"

#include "base/auto.h"
#include "host/change_words.h"
#include "host/devices.h"
#include "host/refusal_json.h"
#include "host/request_json.h"
#include "host/words.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <stdio.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct host *host;

/* Adapters 3 and 5, domains 4 and 0x47; 03.0004 is the host's. */
static void
boot(void)
{
    struct host_boot b = {
        .rule = vap_rule_named("state"),
        .kernel = VAP_LINUX_7_2,
        .config = { .apxa = true, .last_adapter = 15, .last_domain = 84 },
    };

    CHECK_INT(words_set("3,5", &b.config.ids.adapters), VAP_OK);
    CHECK_INT(words_set("4,71", &b.config.ids.domains), VAP_OK);
    CHECK_INT(words_set("3", &b.apmask), VAP_OK);
    CHECK_INT(words_set("4", &b.aqmask), VAP_OK);
    host_free(host);
    CHECK_INT(host_new(&b, &host), 0);
}

static const struct {
    const char *word;
    enum host_setting setting;
    const char *reads; /* a adapter, q queue, v value, m mdev */
} settings[] = {
    { "card_online", HOST_CARD_ONLINE, "av" },
    { "card_config", HOST_CARD_CONFIG, "av" },
    { "card_count", HOST_CARD_COUNT, "a" },
    { "card_driver", HOST_CARD_DRIVER, "av" },
    { "queue_online", HOST_QUEUE_ONLINE, "qv" },
    { "queue_count", HOST_QUEUE_COUNT, "q" },
    { "queue_reset", HOST_QUEUE_RESET, "q" },
    { "ap_domain", HOST_AP_DOMAIN, "v" },
    { "config_time", HOST_CONFIG_TIME, "v" },
    { "poll_thread", HOST_POLL_THREAD, "v" },
    { "poll_timeout", HOST_POLL_TIMEOUT, "v" },
    { "new_devices", HOST_AUTOPROBE, "v" },
    { "mdev_unbind", HOST_MDEV_UNBIND, "m" },
    { "mdev_drop", HOST_MDEV_DROP, "m" },
};

/* A setting in words, or what change_words_read() takes. */
static struct host_request
request(const char *words)
{
    struct host_request r = { .setting = HOST_ENGINE };
    char error[CHANGE_WORDS_ERROR];

    for (size_t i = 0; i < ROWS(settings); i++) {
        size_t n = strlen(settings[i].word);
        char *at = (char *)words + n;

        if (strncmp(words, settings[i].word, n) != 0)
            continue;
        r.setting = settings[i].setting;
        for (const char *p = settings[i].reads; *p; p++) {
            at++;
            if (*p == 'q')
                CHECK_INT(vap_read_apqn(at, 7, &r.apqn), VAP_OK);
            else if (*p == 'm')
                r.engine.mdev = host_slot(host, at);
            else if (*p == 'a')
                r.adapter = (unsigned)strtoul(at, &at, 0);
            else
                r.value = strtoll(at, &at, 0);
            at += *p == 'q' ? 7 : 0;
        }
        return r;
    }
    if (change_words_read(host, words, &r.engine, error))
        FAIL("%s: %s", words, error);
    return r;
}

static void
event_text(FILE *out, const struct device_event *e)
{
    static const char *const actions[] = { "add", "remove", "bind", "unbind",
                                           "change" };
    static const char *const news[] = { "",          " config", " online",
                                        " apmask",   " aqmask", " initscan",
                                        " bindings", " state" };

    (void)fputs(actions[e->action], out);
    if (e->kind == DEVICE_CARD)
        (void)fprintf(out, " card%02x", e->id);
    else if (e->kind == DEVICE_QUEUE)
        (void)fprintf(out, " %02x.%04x", e->id >> 8, e->id & 255);
    else if (e->kind == DEVICE_MDEV)
        (void)fprintf(out, " %s", host_mdev_name(host, e->id));
    else if (e->kind == DEVICE_VFIO)
        (void)fprintf(out, " vfio%u", e->number);
    else if (e->kind == DEVICE_GROUP)
        (void)fprintf(out, " group%u", e->number);
    (void)fputs(news[e->news], out);
    if (e->news && e->news != DEVICE_APMASK && e->news != DEVICE_AQMASK)
        (void)fprintf(out, "=%llu", (unsigned long long)e->value);
    if (e->action == DEVICE_BIND && e->kind == DEVICE_QUEUE)
        (void)fprintf(out, "=%s", words_driver_name(e->driver));
}

/* "error" or what was told. */
static const char *
ask(const char *words)
{
    static char text[4096];
    struct host_request r = request(words);
    struct refusal refusal;
    int e = devices_plan(host, &r, 1, &refusal);
    FILE *out = fmemopen(text, sizeof(text), "w");

    text[0] = '\0';
    if (devices_planned(host))
        host_apply(host);
    if (e)
        (void)fprintf(out, "%s",
                      e == -EINPROGRESS ? "waits" : strerrorname_np(e));
    for (size_t i = 0; i < host->devices->n_events && !e; i++) {
        (void)fputs(i ? ", " : "", out);
        event_text(out, &host->devices->events[i]);
    }
    (void)fclose(out);
    return text;
}

/* 03.0004 03.0047 05.0004 05.0047: of each, is it started, offline,
 * deconfigured, checkstopped; then the cards. */
static const char *
state(void)
{
    static const uint16_t queues[] = { 0x304, 0x347, 0x504, 0x547 };
    static char text[64];
    char *at = text;
    const struct device_bus *bus = &host->devices->bus;

    for (int i = 0; i < 4; i++) {
        const struct device_row *row = &host->devices->row[queues[i] >> 8];
        unsigned d = queues[i] & 255;

        if (vap_mask_has(&row->started, d))
            *at++ = 's';
        if (vap_mask_has(&row->offline, d))
            *at++ = 'o';
        if (vap_mask_has(&row->deconfigured, d))
            *at++ = 'd';
        if (vap_mask_has(&row->checkstopped, d))
            *at++ = 'c';
        *at++ = i < 3 ? ' ' : '|';
    }
    for (unsigned a = 3; a <= 5; a += 2) {
        *at++ = vap_mask_has(&bus->bound, a)   ? 'B'
                : vap_mask_has(&bus->cards, a) ? '-'
                                               : '.';
        if (vap_mask_has(&bus->offline, a))
            *at++ = 'o';
        if (vap_mask_has(&bus->deconfigured, a))
            *at++ = 'd';
        if (vap_mask_has(&bus->checkstopped, a))
            *at++ = 'c';
        *at++ = a < 5 ? ' ' : '\0';
    }
    return text;
}

struct row {
    const char *ask;
    const char *told;
    const char *state; /* NULL: as before */
};

static void
play(const struct row *rows, size_t n)
{
    const char *expected = "s s s s|B B";
    char before[64];

    boot();
    CHECK_STR(state(), expected);
    for (size_t i = 0; i < n; i++) {
        test_note("step %zu: %s", i + 1, rows[i].ask);
        (void)snprintf(before, sizeof(before), "%s", state());
        CHECK_STR(ask(rows[i].ask), rows[i].told);
        CHECK_STR(state(), rows[i].state ? rows[i].state : before);
    }
}

#define PLAY(rows) play(rows, ROWS(rows))

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

static char *
saved(const struct host *h)
{
    json_t *json = devices_save(h);
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);

    json_decref(json);
    return text;
}

static const char *const eventful[] = {
    "card_config 5 0", "scan",     "card_online 3 0", "unbind vfio_ap 03.0047",
    "config_time 60",  "create a", "create b",        "create c",
    "mdev_unbind b",   "remove a", "new_devices 0",
};

TEST(what_is_saved_is_what_is_loaded)
{
    AUTO(host_done) struct host *copy = NULL;
    AUTO(free_done) char *before = NULL;
    AUTO(free_done) char *after = NULL;
    AUTO(free_done) char *fresh = NULL;
    json_t *json;

    boot();
    for (size_t i = 0; i < ROWS(eventful); i++)
        (void)ask(eventful[i]);
    devices_count(host, 0x304, &(const struct device_counts){ 1, 0, 0 });
    before = saved(host);
    CHECK_INT(host_copy(host, &copy), 0);
    devices_boot(copy);
    copy->engine->bus.no_autoprobe = false;
    fresh = saved(copy);
    CHECK(strcmp(before, fresh) != 0);
    json = json_loads(before, 0, NULL);
    CHECK_INT(devices_load(copy, json), 0);
    json_decref(json);
    after = saved(copy);
    CHECK_STR(after, before);
    CHECK(copy->engine->bus.no_autoprobe);
}

/* One thing wrong each: taken out, or put in its place. */
TEST(what_is_not_saved_so_is_not_loaded)
{
    static const struct {
        const char *object; /* "": the whole */
        const char *key;
        const char *value; /* JSON; NULL: without the key */
    } rows[] = {
        { "", "bus", NULL },
        { "", "queues", NULL },
        { "", "mdevs", NULL },
        { "", "requests", NULL },
        { "", "drivers_autoprobe", "1" },
        { "", "bus", "[]" },
        { "", "queues", "{}" },
        { "", "mdevs", "[]" },
        { "", "mdevs", "{}" },
        { "", "mdevs", "[1]" },
        { "", "mdevs", "[{\"mdev\":\"x\",\"number\":0,\"driverless\":false}]" },
        { "", "requests", "{\"300\":1}" },
        { "", "requests", "{\"03.0004\":-1}" },
        { "", "requests", "{\"03.4\":1}" },
        { "bus", "ap_domain", "256" },
        { "bus", "ap_domain", "\"4\"" },
        { "bus", "config_time", "4" },
        { "bus", "poll_timeout", "120000000001" },
        { "bus", "scans", "-1" },
        { "bus", "completions", "1.5" },
        { "bus", "cards", "\"3\"" },
        { "bus", "cards", "\"3,5-7\"" },
        { "bus", "bound", "\"3-5\"" },
        { "bus", "offline", "\"9\"" },
        { "bus", "deconfigured", "\"255\"" },
        { "bus", "checkstopped", "\"256\"" },
        { "bus", "poll_thread", "0" },
        { "bus", "incomplete", NULL },
        { "queues", "3", NULL },
        { "queues", "3", "{}" },
        { "queues", "3",
          "{\"offline\":\"71\",\"deconfigured\":\"\",\"checkstopped\":\"\","
          "\"started\":\"\"}" },
        { "queues", "5",
          "{\"offline\":\"\",\"deconfigured\":\"5\",\"checkstopped\":\"\","
          "\"started\":\"\"}" },
        { "queues", "4", "{}" },
    };
    AUTO(free_done) char *before = NULL;

    boot();
    for (size_t i = 0; i < ROWS(eventful); i++)
        (void)ask(eventful[i]);
    before = saved(host);
    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(free_done) char *after = NULL;
        json_t *json = json_loads(before, 0, NULL);
        json_t *object =
            *rows[i].object ? json_object_get(json, rows[i].object) : json;

        test_note("%s %s %s", rows[i].object, rows[i].key,
                  rows[i].value ? rows[i].value : "left out");
        if (rows[i].value)
            (void)json_object_set_new(
                object, rows[i].key,
                json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
        else
            (void)json_object_del(object, rows[i].key);
        CHECK_INT(devices_load(host, json), -EBADMSG);
        json_decref(json);
        after = saved(host);
        CHECK_STR(after, before);
    }
    CHECK_INT(devices_load(host, NULL), -EBADMSG);
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

/* --- faults ----------------------------------------------------------------
 */

static int
fault(enum host_setting setting, unsigned id, enum device_fault kind,
      int64_t value)
{
    const struct host_request r = { .setting = setting,
                                    .adapter = id & 255,
                                    .apqn = (uint16_t)id,
                                    .fault = kind,
                                    .value = value };
    int e = devices_plan(host, &r, 1, NULL);

    if (e == 0)
        host_apply(host);
    return e;
}

TEST(a_fault_of_a_card_is_one_of_all_its_queues_also_those_to_come)
{
    boot();
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_SLOW, 250), 0);
    CHECK_INT(fault(HOST_QUEUE_FAULT, 0x0504, FAULT_SLOW, 7), 0);
    CHECK_INT(devices_fault(host, 0x0547, FAULT_SLOW), 250);
    CHECK_INT(devices_fault(host, 0x05ff, FAULT_SLOW), 250);
    CHECK_INT(devices_fault(host, 0x0504, FAULT_SLOW), 7);
    CHECK_INT(devices_fault(host, 0x0504, FAULT_HANG), 0);
    CHECK_INT(devices_fault(host, 0x0304, FAULT_SLOW), 0);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_SLOW, 0), 0);
    CHECK_INT(devices_fault(host, 0x0504, FAULT_SLOW), 0);
}

TEST(a_checkstop_that_was_to_come_is_over_when_it_has_come)
{
    boot();
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_CHECKSTOP, 1), 0);
    (void)ask("card 5 deconfigure");
    CHECK_INT(devices_fault(host, 0x0504, FAULT_CHECKSTOP), 1);
    (void)ask("card 5 configure");
    (void)ask("card 3 checkstop");
    CHECK_INT(devices_fault(host, 0x0504, FAULT_CHECKSTOP), 1);
    (void)ask("card 5 checkstop");
    CHECK_INT(devices_fault(host, 0x0504, FAULT_CHECKSTOP), 0);
    CHECK_INT(host->devices->fault_changes, 2);
}

TEST(a_fault_has_a_card_or_queue_and_a_value_in_its_range)
{
    boot();
    CHECK_INT(fault(HOST_CARD_FAULT, 4, FAULT_HANG, 1), ENODEV);
    CHECK_INT(fault(HOST_QUEUE_FAULT, 0x0505, FAULT_HANG, 1), ENODEV);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_HANG, 2), EINVAL);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_DEPTH, 17), EINVAL);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_SLOW, -1), EINVAL);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_SLOW, 3600001), EINVAL);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, DEVICE_FAULTS, 1), EINVAL);
    CHECK_INT(host->devices->fault_changes, 0);
}

TEST(a_fault_that_is_so_already_changes_nothing)
{
    const struct host_request r = { .setting = HOST_CARD_FAULT,
                                    .adapter = 5,
                                    .fault = FAULT_DROP,
                                    .value = 1 };

    boot();
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_DROP, 1), 0);
    CHECK_INT(host->devices->fault_changes, 1);
    CHECK_INT(devices_plan(host, &r, 1, NULL), 0);
    CHECK(devices_idle(host));
    host_apply(host);
    CHECK_INT(host->devices->fault_changes, 1);
}

TEST(faults_are_kept_and_a_card_that_leaves_takes_them_along)
{
    json_t *saved;
    json_t *again;

    boot();
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_SLOW, 250), 0);
    CHECK_INT(fault(HOST_QUEUE_FAULT, 0x0504, FAULT_SLOW, 9), 0);
    CHECK_INT(fault(HOST_QUEUE_FAULT, 0x0304, FAULT_DEPTH, 2), 0);
    saved = devices_save(host);
    boot();
    CHECK_INT(devices_load(host, saved), 0);
    CHECK_INT(devices_fault(host, 0x0504, FAULT_SLOW), 9);
    CHECK_INT(devices_fault(host, 0x0503, FAULT_SLOW), 250);
    CHECK_INT(devices_fault(host, 0x0304, FAULT_DEPTH), 2);
    again = devices_save(host);
    CHECK(json_equal(saved, again));
    json_decref(again);
    (void)ask("adapter 5 leaves");
    (void)ask("adapter 5 comes");
    CHECK_INT(devices_fault(host, 0x0504, FAULT_SLOW), 0);
    CHECK_INT(devices_fault(host, 0x0304, FAULT_DEPTH), 2);
    json_decref(saved);
}

TEST(only_what_was_written_of_faults_can_be_read)
{
    static const char *const bad[] = {
        "{}",
        "[1]",
        "[{}]",
        "[{'adapter':4,'domains':'4','fault':'hang','value':1}]",
        "[{'adapter':256,'domains':'4','fault':'hang','value':1}]",
        "[{'adapter':-1,'domains':'4','fault':'hang','value':1}]",
        "[{'adapter':5,'domains':'','fault':'hang','value':1}]",
        "[{'adapter':5,'domains':'256','fault':'hang','value':1}]",
        "[{'adapter':5,'domains':'4','fault':'hung','value':1}]",
        "[{'adapter':5,'domains':'4','fault':'hang','value':0}]",
        "[{'adapter':5,'domains':'4','fault':'hang','value':2}]",
        "[{'adapter':5,'domains':'4','fault':'hang','value':'1'}]",
    };

    boot();
    for (size_t i = 0; i < ROWS(bad); i++) {
        json_t *saved = devices_save(host);
        char text[128];

        (void)snprintf(text, sizeof(text), "%s", bad[i]);
        for (char *c = text; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        (void)json_object_set_new(saved, "faults", json_loads(text, 0, NULL));
        test_note("%s", text);
        CHECK_INT(devices_load(host, saved), -EBADMSG);
        json_decref(saved);
    }
}

TEST(names_of_drivers_that_nobody_has_are_kept)
{
    char name[16];

    boot();
    CHECK_INT(host_driver(host, ""), VAP_NO_DRIVER);
    CHECK_INT(host_driver(host, "vfio_ap"), VAP_VFIO_AP);
    for (unsigned i = VAP_OTHER_DRIVER; i < 256; i++) {
        (void)snprintf(name, sizeof(name), "driver%u", i);
        CHECK_INT(host_driver(host, name), i);
        CHECK_STR(host_driver_name(host, i), name);
    }
    CHECK_INT(host_driver(host, "driver7"), 7);
    CHECK_STR(host_driver_name(host, VAP_DEFAULT), "cex4queue");
}

/* The log knows them by name: after a restart they may have other numbers. */
TEST(a_request_for_such_a_driver_is_kept_by_its_name)
{
    struct host_request r = { .setting = HOST_ENGINE };
    struct host_request back;
    const char *what = NULL;
    json_t *json;

    boot();
    (void)host_driver(host, "one");
    r.engine =
        (struct vap_request){ .op = VAP_OVERRIDE,
                              .apqn = 0x347,
                              .driver = (uint8_t)host_driver(host, "two") };
    json = request_to_json(host, &r);
    boot();
    CHECK_INT(request_from_json(host, json, &back, &what), 0);
    CHECK_STR(host_driver_name(host, back.engine.driver), "two");
    json_decref(json);
}
