/* SPDX-License-Identifier: MIT */
/* A host whose devices are asked in words, and what they tell in words: a test
 * is a table of both, and of what the devices then are. */
#ifndef VAP_HOST_DEVICES_STORY_H
#define VAP_HOST_DEVICES_STORY_H

#include "test.h"

#include "host/change_words.h"
#include "host/devices.h"
#include "host/words.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct host *host;

/* Adapters 3 and 5, domains 4 and 0x47; 03.0004 is the host's. */
static inline void
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
static inline struct host_request
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

static inline void
event_text(FILE *out, const struct device_event *e)
{
    static const char *const actions[] = { "add", "remove", "bind", "unbind",
                                           "change" };
    static const char *const news[] = { "",        " config", " online",
                                        " apmask", " aqmask", " bindings" };

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
static inline const char *
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
static inline const char *
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

static inline void
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

#endif
