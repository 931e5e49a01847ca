/* SPDX-License-Identifier: MIT */
/* What can be asked, and what is read; changes and streams have files of
 * their own. */
#include "api/call.h"

#include "base/auto.h"
#include "matrix/text.h"
#include "observe/devices.h"
#include "observe/effect_json.h"
#include "observe/hostfile.h"
#include "store/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const struct route api_routes[] = {
    { "GET", "/v1", answer_about },
    { "GET", "/v1/state", answer_state },
    { "GET", "/v1/hostfile", answer_hostfile },
    { "POST", "/v1/change", answer_change },
    { "GET", "/v1/log", answer_log },
    { "GET", "/v1/events", answer_events },
    { "GET", "/metrics", answer_metrics },
    { NULL, NULL, NULL },
};

static const char *
kernel_name(enum vap_kernel kernel)
{
    return kernel == VAP_LINUX_6_12 ? "6.12" : "7.2";
}

enum MHD_Result
answer_about(struct call *call)
{
    const struct api *api = call->api;
    const struct vap_host *host = api->owner->host->engine;
    int64_t first;
    int64_t last;

    store_range(api->store, &first, &last);
    return call_json(
        call, MHD_HTTP_OK,
        json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "name",
                  api->options.name, "pid", (int)getpid(), "tree",
                  api->options.tree, "socket", api->options.socket, "rule",
                  host->rule->name, "kernel", kernel_name(host->kernel),
                  "started_us", (json_int_t)api->options.started_us,
                  "first_event", (json_int_t)first, "last_event",
                  (json_int_t)last));
}

static json_t *
mask_json(const struct vap_mask *mask)
{
    char text[VAP_MASK_TEXT + 1];

    (void)vap_mask_text(mask, text, sizeof(text));
    return json_string(text);
}

static json_t *
set_json(const struct vap_mask *mask)
{
    char text[VAP_SET_TEXT];

    (void)vap_set_text(mask, text, sizeof(text));
    return json_string(text);
}

static json_t *
mdevs_json(const struct host *host)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < host->engine->n_slots; i++) {
        json_t *mdev;

        if (!host->slots[i].exists)
            continue;
        mdev = effect_mdev_json(host, &host->slots[i]);
        (void)json_object_set_new(mdev, "mdev",
                                  json_string(host_mdev_name(host, i)));
        (void)json_array_append_new(list, mdev);
    }
    return list;
}

static json_t *
queues_json(const struct vap_host *host)
{
    json_t *list = json_array();

    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &host->row[a];
        struct vap_mask unbound =
            vap_mask_less(vap_mask_less(row->present, row->vfio), row->dflt);

        if (vap_mask_empty(&row->present))
            continue;
        (void)json_array_append_new(
            list, json_pack("{s:i, s:o, s:o, s:o, s:o}", "adapter", (int)a,
                            "vfio_ap", set_json(&row->vfio), "default",
                            set_json(&row->dflt), "unbound", set_json(&unbound),
                            "sound", set_json(&row->sound)));
    }
    return list;
}

enum MHD_Result
answer_state(struct call *call)
{
    const struct host *host = call->api->owner->host;
    const struct vap_host *e = host->engine;

    return call_json(call, MHD_HTTP_OK,
                     json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
                               "rule", e->rule->name, "kernel",
                               kernel_name(e->kernel), "config",
                               effect_ids_json(&e->bus.config.ids), "hardware",
                               effect_ids_json(&e->bus.hardware.ids), "apmask",
                               mask_json(&e->bus.apmask), "aqmask",
                               mask_json(&e->bus.aqmask), "queues",
                               queues_json(e), "mdevs", mdevs_json(host)));
}

static enum MHD_Result
send_hostfile(struct call *call, const struct host *host)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return MHD_NO;

    int r = hostfile_write(f, host);

    if (fclose(f) != 0 || r < 0) {
        free(text);
        return MHD_NO;
    }
    return call_text(call, "application/yaml", text);
}

enum MHD_Result
answer_hostfile(struct call *call)
{
    AUTO(host_done) struct host *then = NULL;
    enum MHD_Result answered = MHD_NO;
    int64_t at;
    int64_t us;
    int r;

    if (!call_number(call, "at", -1, &at, &answered) ||
        !call_number(call, "at_us", -1, &us, &answered))
        return answered;
    if (us >= 0)
        at = store_at(call->api->store, us);
    if (at < 0)
        return send_hostfile(call, call->api->owner->host);
    r = state_at(call->api->store, at, &then);
    if (r == 0)
        return call_error(call, ENOENT,
                          "nothing is kept of the state behind event %" PRId64,
                          at);
    return r < 0 ? call_error(call, -r, "the store cannot be read")
                 : send_hostfile(call, then);
}

static int
add_event(void *list, const struct store_event *event)
{
    return json_array_append_new(list, event_json(event)) ? -ENOMEM : 0;
}

enum MHD_Result
answer_log(struct call *call)
{
    struct store_query query = { .mdev = call_query(call, "mdev") };
    enum MHD_Result answered = MHD_NO;
    json_t *list;
    int r;

    if (!call_number(call, "after", 0, &query.after, &answered) ||
        !call_number(call, "until", 0, &query.until, &answered) ||
        !call_number(call, "since_us", 0, &query.since_us, &answered) ||
        !call_number(call, "limit", 0, &query.limit, &answered))
        return answered;
    list = json_array();
    r = store_each(call->api->store, &query, add_event, list);
    if (r == 0)
        return call_json(call, MHD_HTTP_OK, json_pack("{s:o}", "events", list));
    json_decref(list);
    return call_error(call, -r, "the store cannot be read");
}

/* --- metrics -------------------------------------------------------------- */

struct totals {
    unsigned mdevs;
    unsigned guests;
    unsigned assigned; /* queues */
    unsigned given;
    unsigned vfio;
    unsigned dflt;
    unsigned present;
};

static unsigned
product(const struct vap_matrix *m)
{
    return vap_mask_count(&m->adapters) * vap_mask_count(&m->domains);
}

static struct totals
add_up(const struct vap_host *host)
{
    struct totals t = { 0 };

    for (uint32_t i = 0; i < host->n_slots; i++) {
        const struct vap_mdev *m = &host->mdevs[i];

        t.mdevs += m->exists;
        t.guests += m->vm != 0;
        t.assigned += product(&m->matrix);
        t.given += product(&m->guest);
    }
    for (unsigned a = 0; a < VAP_IDS; a++) {
        t.vfio += vap_mask_count(&host->row[a].vfio);
        t.dflt += vap_mask_count(&host->row[a].dflt);
        t.present += vap_mask_count(&host->row[a].present);
    }
    return t;
}

enum MHD_Result
answer_metrics(struct call *call)
{
    const struct api *api = call->api;
    struct totals t = add_up(api->owner->host->engine);
    char *text = NULL;

    if (asprintf(&text,
                 "# TYPE vap_mdevs gauge\nvap_mdevs %u\n"
                 "# TYPE vap_guests gauge\nvap_guests %u\n"
                 "# TYPE vap_queues gauge\n"
                 "vap_queues{driver=\"vfio_ap\"} %u\n"
                 "vap_queues{driver=\"cex4queue\"} %u\n"
                 "vap_queues{driver=\"\"} %u\n"
                 "# TYPE vap_queues_assigned gauge\nvap_queues_assigned %u\n"
                 "# TYPE vap_queues_given gauge\nvap_queues_given %u\n"
                 "# TYPE vap_events_total counter\n"
                 "vap_events_total %" PRIu64 "\n"
                 "# TYPE vap_refusals_total counter\n"
                 "vap_refusals_total %" PRIu64 "\n"
                 "# TYPE vap_api_calls_total counter\n"
                 "vap_api_calls_total %" PRIu64 "\n",
                 t.mdevs, t.guests, t.vfio, t.dflt, t.present - t.vfio - t.dflt,
                 t.assigned, t.given, api->events, api->refused,
                 api->calls) < 0)
        return MHD_NO;
    return call_text(call, "text/plain; version=0.0.4", text);
}
