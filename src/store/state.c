/* SPDX-License-Identifier: MIT */
/* The state is written down whole now and then, and every change between:
 * what is read back is what was, because a plan depends on nothing else. */
#include "store/state.h"

#include "base/auto.h"
#include "observe/devices.h"
#include "observe/hostfile.h"
#include "observe/request_json.h"

#include <errno.h>

static void
json_done(json_t **json)
{
    json_decref(*json);
}

static char *
hostfile_text(const struct host *host)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;

    int r = hostfile_write(f, host);

    if (fclose(f) != 0 || r < 0) {
        free(text);
        return NULL;
    }
    return text;
}

int
state_save(struct store *store, const struct host *host)
{
    AUTO(free_done) char *file = hostfile_text(host);
    AUTO(free_done) char *text = NULL;
    AUTO(json_done) json_t *json = NULL;

    if (!file)
        return -ENOMEM;
    json = json_pack("{s:s, s:o}", "host", file, "devices", devices_save(host));
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
    r = devices_load(host, json_object_get(json, "devices"));
    if (r == 0)
        *out = TAKE(host);
    return r;
}

static int
read_list(struct host *host, const json_t *list, struct host_request *requests)
{
    const char *what;
    int r = json_is_array(list) ? 0 : -EBADMSG;

    for (size_t i = 0; i < json_array_size(list) && r == 0; i++)
        r = request_from_json(host, json_array_get(list, i), &requests[i],
                              &what);
    return r;
}

/* What has happened is planned again and, as it was recorded, happens. */
static int
redo(void *context, const struct store_event *event)
{
    struct host *host = context;
    AUTO(json_done) json_t *list = json_loads(event->request, 0, NULL);
    size_t n = json_array_size(list);
    AUTO(free_done)
    struct host_request *requests = calloc(n ? n : 1, sizeof(*requests));
    struct refusal refusal;
    int r = requests ? read_list(host, list, requests) : -ENOMEM;

    if (r < 0)
        return r;
    r = devices_plan(host, requests, n, &refusal);
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
