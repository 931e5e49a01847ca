/* SPDX-License-Identifier: MIT */
#include "cli/frame/event_words.h"

#include "base/auto.h"
#include "host/change_words.h"
#include "host/devices_fault.h"
#include "host/json.h"
#include "host/request_json.h"

#include <string.h>

/* Settings of devices: a file and what is written to it. %a the adapter, %q
 * the queue, %m the mdev, %f the fault and its value, %v the value. */
static const struct {
    const char *op;
    const char *words;
} settings[] = {
    { "card_online", "card%a/online %v" },
    { "card_config", "card%a/config %v" },
    { "card_count", "card%a/request_count 0" },
    { "queue_online", "%q/online %v" },
    { "queue_count", "%q/request_count 0" },
    { "queue_reset", "%q/reset" },
    { "ap_domain", "ap_domain %v" },
    { "config_time", "config_time %v" },
    { "poll_thread", "poll_thread %v" },
    { "poll_timeout", "poll_timeout %v" },
    { "autoprobe", "bus/ap/drivers_autoprobe %v" },
    { "card_driver", "card%a driver %v" },
    { "matrix_autoprobe", "bus/matrix/drivers_autoprobe %v" },
    { "mdev_autoprobe", "bus/mdev/drivers_autoprobe %v" },
    { "mdev_unbind", "unbind vfio_ap_mdev %m" },
    { "mdev_drop", "remove %m" },
    { "card_fault", "card%a fault %f" },
    { "queue_fault", "%q fault %f" },
};

static const char *
string(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));

    return value ? value : "";
}

static long long
number(const json_t *json, const char *key)
{
    return (long long)json_integer_value(json_object_get(json, key));
}

/* As it is typed: "slow 250", "hang", "hang off". */
static void
put_fault(FILE *out, const json_t *request)
{
    const char *name = string(request, "fault");
    enum device_fault kind = device_fault_named(name);
    long long value = number(request, "value");

    (void)fputs(name, out);
    if (value == 0)
        (void)fputs(" off", out);
    else if (kind == DEVICE_FAULTS || device_faults[kind].unit)
        (void)fprintf(out, " %lld", value);
}

static void
put_field(FILE *out, char field, const json_t *request)
{
    if (field == 'a')
        (void)fprintf(out, "%02llx", number(request, "adapter"));
    else if (field == 'v')
        (void)fprintf(out, "%lld", number(request, "value"));
    else if (field == 'f')
        put_fault(out, request);
    else
        (void)fputs(string(request, field == 'q' ? "queue" : "mdev"), out);
}

static char *
setting_words(const char *words, const json_t *request)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return NULL;
    for (const char *c = words; *c; c++)
        if (*c == '%')
            put_field(out, *++c, request);
        else
            (void)putc(*c, out);
    return text_closed(out, &text);
}

/* A text that was no request. */
static char *
text_words(const json_t *request)
{
    const char *file = string(request, "file");
    char *text = NULL;

    if (asprintf(&text, "%s%s\"%s\"", file, *file ? " " : "",
                 string(request, "text")) < 0)
        return NULL;
    return text;
}

char *
event_words(struct host *scratch, const json_t *request)
{
    const char *op = string(request, "op");
    AUTO(json_done) json_t *plain = json_copy((json_t *)request);
    struct host_request asked;
    const char *what;
    char *text = NULL;

    if (strcmp(op, "write") == 0)
        return text_words(request);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (strcmp(settings[i].op, op) == 0)
            return setting_words(settings[i].words, request);
    (void)json_object_del(plain, "slot"); /* of a create, in the store */
    if (request_from_json(scratch, plain, &asked, &what) == 0 &&
        change_words_text(scratch, &asked.engine, CHANGE_WORDS, &text) == 0)
        return text;
    return strdup(*op ? op : "?"); /* of a newer vapd */
}
