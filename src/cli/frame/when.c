/* SPDX-License-Identifier: MIT */
#include "cli/frame/when.h"

#include "base/say.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool
read_number(const char **text, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(*text, &end, 10);
    if (!isdigit((unsigned char)**text) || errno)
        return false;
    *text = end;
    return true;
}

static bool
read_event(const char *text, struct when *out)
{
    out->event = true;
    return read_number(&text, &out->number) && !*text;
}

/* "-5min", "-5 min" */
static bool
read_ago(const char *text, int64_t now_us, struct when *out)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = { { "s", 1 },       { "m", 60 },     { "min", 60 },
                  { "h", 3600 },    { "d", 86400 },  { "sec", 1 },
                  { "hour", 3600 }, { "day", 86400 } };
    int64_t n;

    if (*text++ != '-' || !read_number(&text, &n) || n > INT32_MAX)
        return false;
    text += *text == ' ';
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(units[i].name, text) == 0) {
            out->us = now_us - n * units[i].seconds * 1000000;
            return out->us >= 0;
        }
    return false;
}

/* Reads the text whole by one of strptime(3)'s formats. */
static bool
read_by(const char *format, const char *text, struct tm *tm)
{
    const char *end = strptime(text, format, tm);

    return end && !*end;
}

/* The last time that it was so late. */
static bool
read_clock(const char *text, int64_t now, struct when *out)
{
    time_t seconds = (time_t)now;
    struct tm tm;

    if (!localtime_r(&seconds, &tm))
        return false;
    tm.tm_sec = 0;
    tm.tm_isdst = -1;
    if (!read_by("%H:%M:%S", text, &tm) && !read_by("%H:%M", text, &tm))
        return false;
    seconds = mktime(&tm);
    if (seconds > now) {
        tm.tm_mday--;
        tm.tm_isdst = -1;
        seconds = mktime(&tm);
    }
    out->us = (int64_t)seconds * 1000000;
    return true;
}

static bool
read_date(const char *text, struct when *out)
{
    static const char *const formats[] = {
        "%Y-%m-%d",       "%Y-%m-%d %H:%M",    "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ",
    };

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct tm tm = { .tm_isdst = -1 };
        bool utc = strchr(formats[i], 'Z');

        if (!read_by(formats[i], text, &tm))
            continue;
        out->us = (int64_t)(utc ? timegm(&tm) : mktime(&tm)) * 1000000;
        return out->us >= 0;
    }
    return false;
}

bool
when_read_at(const char *text, int64_t now_us, struct when *out)
{
    *out = (struct when){ 0 };
    if (read_event(text, out))
        return true;
    *out = (struct when){ 0 };
    return read_ago(text, now_us, out) ||
           read_clock(text, now_us / 1000000, out) || read_date(text, out);
}

bool
when_read(const char *option, const char *text, struct when *out)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    if (when_read_at(text, (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000, out))
        return true;
    say_error("%s: %s found, %s expected", option, text, WHEN_FORMS);
    return false;
}
