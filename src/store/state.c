/* SPDX-License-Identifier: MIT */
/* The state is written down whole now and then, and every change between:
 * what is read back is what was, because a plan depends on nothing else. */
#include "store/state.h"

#include "base/auto.h"
#include "host/devices.h"
#include "host/json.h"
#include "host/request_json.h"
#include "observe/hostfile.h"

#include <errno.h>

/* Types of all cards: a host file has those that are there, and others may
 * come back. */
static json_t *
types_json(const struct host *host)
{
    json_t *json = json_object();

    for (unsigned a = 0; a < VAP_IDS && json; a++) {
        char id[8];

        (void)snprintf(id, sizeof(id), "%u", a);
        if (*host->cards[a].type &&
            json_object_set_new(json, id, json_string(host->cards[a].type))) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

static int
read_types(struct host *host, const json_t *json)
{
    for (unsigned a = 0; a < VAP_IDS; a++) {
        const json_t *type;
        char id[8];

        (void)snprintf(id, sizeof(id), "%u", a);
        type = json_object_get(json, id);
        if (type && (!json_is_string(type) ||
                     !host_set_card_type(host, a, json_string_value(type))))
            return -EBADMSG;
    }
    return json_is_object(json) ? 0 : -EBADMSG;
}

/* Slots of mdevs, by name: the order in which things happen to them. */
static json_t *
slots_json(const struct host *host)
{
    json_t *json = json_object();

    for (uint32_t i = 0; i < host->engine->n_slots && json; i++)
        if (host->devices->mdevs[i].born &&
            json_object_set_new(json, host_mdev_name(host, i),
                                json_integer(i))) {
            json_decref(json);
            return NULL;
        }
    return json;
}

static int
place(struct host *host, const char *name, const json_t *slot)
{
    json_int_t n = json_integer_value(slot);
    int r = -EBADMSG;

    if (host_is_mdev_name(name) && json_is_integer(slot) && n >= 0 &&
        n < VAP_MDEVS)
        r = host_move(host, name, (uint32_t)n);
    return r == -EEXIST ? -EBADMSG : r;
}

/* From the last to the first: a host file has them in their order and without
 * gaps, so each finds its place free. */
static int
read_slots(struct host *host, const json_t *json)
{
    int r = json_is_object(json) ? 0 : -EBADMSG;
    const char *name;
    json_t *slot;

    for (uint32_t i = host->engine->n_slots; i-- > 0 && r == 0;)
        if (host->slots[i].exists)
            r = place(host, host_mdev_name(host, i),
                      json_object_get(json, host_mdev_name(host, i)));
    if (r < 0)
        return r;
    json_object_foreach((json_t *)json, name, slot) if (r == 0) r =
        place(host, name, slot);
    return r;
}

int
state_save(struct store *store, const struct host *host)
{
    AUTO(free_done) char *file = hostfile_written(host);
    AUTO(free_done) char *text = NULL;
    AUTO(json_done) json_t *json = NULL;

    if (!file)
        return -ENOMEM;
    json = json_pack("{s:s, s:o, s:o, s:o}", "host", file, "types",
                     types_json(host), "slots", slots_json(host), "devices",
                     devices_save(host));
    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    return text ? store_checkpoint(store, text) : -ENOMEM;
}

static int
read_checkpoint(const char *text, struct host **out)
{
    AUTO(json_done) json_t *json = json_loads(text, 0, NULL);
    AUTO(host_done) struct host *host = NULL;
    const char *file = json_string_value(json_object_get(json, "host"));
    struct hostfile_error error;
    int r;

    if (!file)
        return -EBADMSG;
    r = hostfile_parse(file, strlen(file), &host, &error);
    if (r)
        return r < 0 ? r : -EBADMSG;
    r = read_types(host, json_object_get(json, "types"));
    if (r == 0)
        r = read_slots(host, json_object_get(json, "slots"));
    if (r == 0)
        r = devices_load(host, json_object_get(json, "devices"));
    if (r == 0)
        *out = TAKE(host);
    return r;
}

/* An mdev that is created has the slot that it had. */
static int
read_one(struct host *host, json_t *json, struct host_request *request)
{
    const json_t *slot = json_object_get(json, "slot");
    const char *name = json_string_value(json_object_get(json, "mdev"));
    const char *what;
    int r = slot ? place(host, name ? name : "", slot) : 0;

    (void)json_object_del(json, "slot");
    return r < 0 ? r : request_from_json(host, json, request, &what);
}

static int
read_list(struct host *host, const json_t *list, struct host_request *requests)
{
    int r = json_is_array(list) ? 0 : -EBADMSG;

    for (size_t i = 0; i < json_array_size(list) && r == 0; i++)
        r = read_one(host, json_array_get(list, i), &requests[i]);
    return r;
}

/* As request_to_json(), and with a create the slot. */
static json_t *
one_json(const struct host *host, const struct host_request *request)
{
    json_t *json = request_to_json(host, request);

    if (json && request->setting == HOST_ENGINE &&
        request->engine.op == VAP_CREATE &&
        json_object_set_new(json, "slot", json_integer(request->engine.mdev))) {
        json_decref(json);
        return NULL;
    }
    return json;
}

char *
state_requests(const struct host *host, const struct host_request *list,
               size_t n)
{
    AUTO(json_done) json_t *array = json_array();

    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(array, one_json(host, &list[i])))
            return NULL;
    return array ? json_dumps(array, JSON_COMPACT) : NULL;
}

int
state_read_requests(struct host *host, const char *text,
                    struct host_request **list, size_t *n)
{
    AUTO(json_done) json_t *json = json_loads(text, 0, NULL);
    size_t size = json_array_size(json);
    AUTO(free_done)
    struct host_request *read = calloc(size ? size : 1, sizeof(*read));
    int r = read ? read_list(host, json, read) : -ENOMEM;

    if (r)
        return r < 0 ? r : -EBADMSG;
    *list = TAKE(read);
    *n = size;
    return 0;
}

/* What has happened is planned again and, as it was recorded, happens. */
static int
redo(void *context, const struct store_event *event)
{
    struct host *host = context;
    AUTO(free_done) struct host_request *list = NULL;
    struct refusal refusal;
    size_t n;
    int r = state_read_requests(host, event->request, &list, &n);

    if (r < 0)
        return r;
    r = devices_plan(host, list, n, &refusal);
    if (r && r != -EINPROGRESS && refusal.why.verdict != VAP_RESET_FAILED)
        return r < 0 ? r : -EBADMSG;
    host_apply(host);
    return 0;
}

int
state_at(struct store *store, int64_t number, struct host **out)
{
    AUTO(store_checkpoint_done) struct store_checkpoint from = { 0 };
    AUTO(host_done) struct host *host = NULL;
    int r = store_last_checkpoint(store, number, &from);

    if (r <= 0)
        return r;
    r = read_checkpoint(from.state, &host);
    if (r < 0)
        return r;

    struct store_query after = { .after = from.number,
                                 .until = number,
                                 .changed_only = true };

    if (number > from.number)
        r = store_each(store, &after, redo, host);
    if (r < 0)
        return r;
    *out = TAKE(host);
    return 1;
}
