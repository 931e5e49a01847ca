/* SPDX-License-Identifier: MIT */
#include "cli/frame/when.h"

#include "test.h"

#include <stdlib.h>
#include <time.h>

/* 2026-11-22 14:02:05.25 UTC, which is local time here. */
#define NOW INT64_C(1795356125)
#define NOW_US (NOW * 1000000 + 250000)

static const struct {
    const char *text;
    int64_t number; /* of an event; -1: it is a time */
    int64_t seconds; /* from NOW */
} rows[] = {
    // clang-format off
    { "17", 17, 0 },
    { "0", 0, 0 },
    { "14:02:05", -1, 0 },
    { "14:02", -1, -5 },
    { "14:03", -1, 55 - 86400 },
    { "2026-11-22", -1, -50525 },
    { "2026-11-22 14:02", -1, -5 },
    { "2026-11-22T14:02:06", -1, 1 },
    { "2026-11-22T14:02:04Z", -1, -1 },
    // clang-format on
};

TEST(events_times_and_durations_are_told_apart)
{
    CHECK(setenv("TZ", "UTC", 1) == 0);
    tzset();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct when when;

        test_note("%s", rows[i].text);
        CHECK(when_read_at(rows[i].text, NOW_US, &when));
        CHECK_INT(when.event, rows[i].number >= 0);
        if (when.event)
            CHECK_INT(when.number, rows[i].number);
        else
            CHECK_INT(when.us, (NOW + rows[i].seconds) * 1000000);
    }
}

static const struct {
    const char *text;
    int64_t seconds; /* before NOW_US */
} agos[] = {
    // clang-format off
    { "-0s", 0 },
    { "-30s", 30 },
    { "-5min", 300 },
    { "-5 min", 300 },
    { "-2h", 7200 },
    { "-1d", 86400 },
    // clang-format on
};

TEST(ago_is_from_this_very_moment)
{
    for (size_t i = 0; i < sizeof(agos) / sizeof(agos[0]); i++) {
        struct when when;

        test_note("%s", agos[i].text);
        CHECK(when_read_at(agos[i].text, NOW_US, &when));
        CHECK(!when.event);
        CHECK_INT(when.us, NOW_US - agos[i].seconds * 1000000);
    }
}

TEST(what_is_no_moment_is_refused)
{
    static const char *const bad[] = {
        "",
        "x",
        "5min",
        "-5",
        "-5y",
        "14:",
        "25:00",
        "14:02x",
        "2026-13-01",
        "--5s",
        "-99999999999d",
        "17 ",
        "99999999999999999999",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct when when;

        test_note("%s", bad[i]);
        CHECK(!when_read_at(bad[i], NOW_US, &when));
    }
}
