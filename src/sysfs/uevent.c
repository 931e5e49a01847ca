/* SPDX-License-Identifier: MIT */
/* First ACTION, DEVPATH and SUBSYSTEM, then what is new, then what the device
 * always says. */
#include "sysfs/uevent.h"

#include "host/words.h"
#include "matrix/text.h"
#include "sysfs/card.h"
#include "sysfs/node.h"
#include "sysfs/read.h"
#include "sysfs/tree.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One string, with its NUL; false and as it was when it does not fit. */
static bool __attribute__((format(printf, 2, 3)))
put(struct uevent *event, const char *format, ...)
{
    size_t room = UEVENT_MAX - event->length;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(event->text + event->length, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room)
        return false;
    event->length += (size_t)n + 1;
    return true;
}

static bool
begin(struct uevent *event, const char *action, const char *path,
      const char *subsystem)
{
    event->length = 0;
    return put(event, "%s@/%s", action, path) &&
           put(event, "ACTION=%s", action) && put(event, "DEVPATH=/%s", path) &&
           put(event, "SUBSYSTEM=%s", subsystem);
}

/* What the device says of itself; the kernel leaves MODALIAS out of an unbind,
 * also of one that somebody writes. Source: Linux lib/kobject_uevent.c,
 * kobject_uevent_env(). */
static bool
put_lines(struct uevent *event, const char *action, const char *lines)
{
    bool unbind = strcmp(action, "unbind") == 0;
    bool fits = true;

    while (*lines && fits) {
        size_t n = strcspn(lines, "\n");

        if (!unbind || strncmp(lines, "MODALIAS=", 9) != 0)
            fits = put(event, "%.*s", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
    return fits;
}

static const char *
mode_of(const struct host *host, unsigned adapter)
{
    switch (card_mode(host, adapter)) {
    case 'A':
        return "accel";
    case 'C':
        return "cca";
    default:
        return "ep11";
    }
}

static void
card_variables(const struct host *host, unsigned adapter,
               enum vap_driver driver, struct text *out)
{
    unsigned type = card_hwtype(host, adapter);

    text_add(out, "DEVTYPE=ap_card\n");
    if (driver != VAP_NO_DRIVER)
        text_add(out, "DRIVER=cex4card\n");
    text_add(out, "DEV_TYPE=%04X\nMODALIAS=ap:t%02X\nMODE=%s\n", type, type,
             mode_of(host, adapter));
}

static void
queue_variables(const struct host *host, unsigned apqn, enum vap_driver driver,
                struct text *out)
{
    text_add(out, "DEVTYPE=ap_queue\n");
    if (driver != VAP_NO_DRIVER)
        text_add(out, "DRIVER=%s\n", words_driver_name(driver));
    text_add(out, "MODE=%s\n", mode_of(host, VAP_ADAPTER_OF(apqn)));
}

void
uevent_variables(const struct host *host, enum device_kind kind, uint32_t id,
                 enum vap_driver driver, struct text *out)
{
    switch (kind) {
    case DEVICE_CARD:
        card_variables(host, id, driver, out);
        break;
    case DEVICE_QUEUE:
        queue_variables(host, id, driver, out);
        break;
    case DEVICE_MDEV:
        if (driver != VAP_NO_DRIVER)
            text_add(out, "DRIVER=vfio_ap_mdev\n");
        break;
    case DEVICE_MATRIX:
        text_add(out, "DRIVER=vfio_ap\n");
        break;
    case DEVICE_VFIO:
    case DEVICE_GROUP:
    case DEVICE_AP:
        break;
    }
}

static const struct {
    enum kind node;
    const char *subsystem;
} kinds[] = {
    [DEVICE_CARD] = { CARD, "ap" },
    [DEVICE_QUEUE] = { QUEUE, "ap" },
    [DEVICE_MDEV] = { MDEV, "mdev" },
    [DEVICE_VFIO] = { MDEV_VFIO_DEV, "vfio-dev" },
    [DEVICE_GROUP] = { VIRTUAL_VFIO, "vfio" },
    [DEVICE_AP] = { AP, "ap" },
    [DEVICE_MATRIX] = { MATRIX, "matrix" },
};

static const char *const actions[] = {
    [DEVICE_ADD] = "add",       [DEVICE_REMOVE] = "remove",
    [DEVICE_BIND] = "bind",     [DEVICE_UNBIND] = "unbind",
    [DEVICE_CHANGE] = "change",
};

/* The value of a mask ends in a newline, which the kernel sends as well. */
static void
put_mask(struct uevent *event, const char *name, const struct vap_mask *mask)
{
    char text[VAP_MASK_TEXT + 1];

    (void)vap_mask_text(mask, text, sizeof(text));
    (void)put(event, "%s=%s\n", name, text);
}

static void
put_news(struct uevent *out, const struct host *host,
         const struct device_event *event)
{
    unsigned long long value = event->value;

    switch ((enum device_news)event->news) {
    case DEVICE_NO_NEWS:
        break;
    case DEVICE_CONFIG:
        (void)put(out, "CONFIG=%llu", value);
        break;
    case DEVICE_ONLINE:
        (void)put(out, "ONLINE=%llu", value);
        break;
    case DEVICE_APMASK:
        put_mask(out, "APMASK", &host->engine->bus.apmask);
        break;
    case DEVICE_AQMASK:
        put_mask(out, "AQMASK", &host->engine->bus.aqmask);
        break;
    case DEVICE_BINDINGS:
        (void)put(out, "BINDINGS=complete");
        (void)put(out, "COMPLETECOUNT=%llu", value);
        break;
    }
}

void
uevent_of(const struct host *host, const struct device_event *event,
          struct uevent *out)
{
    struct node node = { .kind = (uint8_t)kinds[event->kind].node,
                         .id = (uint16_t)event->id };
    struct text path = { 0 };
    struct text lines = { 0 };

    if (dirs[node.kind].life == LIFE_TREE)
        node.id = 0;
    node_path(host, node, &path);
    if (event->kind == DEVICE_VFIO)
        text_add(&path, "/vfio%u", event->number);
    if (event->kind == DEVICE_GROUP)
        text_add(&path, "/%u", host->devices->first_group + event->number);
    (void)begin(out, actions[event->action], path.bytes,
                kinds[event->kind].subsystem);
    put_news(out, host, event);
    uevent_variables(host, (enum device_kind)event->kind, event->id,
                     (enum vap_driver)event->driver, &lines);
    (void)put_lines(out, actions[event->action], lines.bytes);
}

const char *
uevent_next(const struct uevent *event, const char *variable)
{
    const char *next = variable ? variable : event->text;

    if (event->length == 0)
        return NULL;
    next += strlen(next) + 1;
    return next < event->text + event->length ? next : NULL;
}

/* what is written to a file uevent */

struct words {
    const char *at;
    const char *end;
};

static const char *
read_action(struct words *w)
{
    static const char *const known[] = {
        "add", "remove", "change", "move", "online", "offline", "bind", "unbind"
    };
    const char *blank = memchr(w->at, ' ', (size_t)(w->end - w->at));
    size_t n = (size_t)((blank ? blank : w->end) - w->at);

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strlen(known[i]) == n && memcmp(known[i], w->at, n) == 0) {
            w->at += n + (blank != NULL);
            return known[i];
        }
    return NULL;
}

/* Letters and digits up to the delimiter, or the end; 0 when there are none
 * or others among them. */
static size_t
word_length(const struct words *w, char delimiter)
{
    const char *p = w->at;

    while (p < w->end && *p != delimiter)
        if (!isalnum((unsigned char)*p++))
            return 0;
    return (size_t)(p - w->at);
}

static bool
read_argument(struct words *w, struct uevent *out)
{
    const char *key;
    size_t key_length;
    size_t value_length;

    if (*w->at++ != ' ')
        return false;
    key = w->at;
    key_length = word_length(w, '=');
    w->at += key_length;
    if (!key_length || w->at == w->end)
        return false;
    w->at++;
    value_length = word_length(w, ' ');
    if (!value_length || !put(out, "SYNTH_ARG_%.*s=%.*s", (int)key_length, key,
                              (int)value_length, w->at))
        return false;
    w->at += value_length;
    return true;
}

static bool
read_arguments(struct words *w, struct uevent *out)
{
    char uuid[READ_UUID + 1];

    if (w->end - w->at < READ_UUID || read_uuid(w->at, READ_UUID, uuid) != 0 ||
        !put(out, "SYNTH_UUID=%.*s", READ_UUID, w->at))
        return false;
    w->at += READ_UUID;
    while (w->at < w->end)
        if (!read_argument(w, out))
            return false;
    return true;
}

static unsigned
count_variables(const struct uevent *event)
{
    unsigned n = 0;

    for (const char *v = uevent_next(event, NULL); v; v = uevent_next(event, v))
        n++;
    return n;
}

/* With the SEQNUM to come. */
static bool
fits_all(const struct uevent *event)
{
    return count_variables(event) < UEVENT_VARIABLES &&
           event->length - strlen(event->text) - 1 <= UEVENT_BYTES;
}

int
uevent_written(const char *text, size_t length, const char *path,
               const char *subsystem, const char *variables, struct uevent *out)
{
    struct words w = { text, text + length };
    const char *action;
    bool arguments;
    size_t begun;

    if (length && (text[length - 1] == '\n' || text[length - 1] == '\0'))
        w.end--;
    arguments = memchr(w.at, ' ', (size_t)(w.end - w.at)) != NULL;
    action = read_action(&w);
    if (!action || !begin(out, action, path, subsystem))
        return EINVAL;
    begun = out->length;
    if (arguments ? !read_arguments(&w, out) : !put(out, "SYNTH_UUID=0"))
        return EINVAL;
    /* the arguments alone first, without the three of begin() */
    if (count_variables(out) - 3 > UEVENT_VARIABLES ||
        out->length - begun > UEVENT_BYTES)
        return EINVAL;
    return put_lines(out, action, variables) && fits_all(out) ? 0 : ENOMEM;
}
