/* SPDX-License-Identifier: MIT */
/* GET /v1, /v1/state: who answers, and how things are. */
#include "api/call.h"

#include "host/devices.h"
#include "host/effect_json.h"
#include "host/json.h"

static const char *
kernel_name(enum vap_kernel kernel)
{
    return kernel == VAP_LINUX_6_12 ? "6.12" : "7.2";
}

static void
count_mdevs(const struct vap_host *host, int *mdevs, int *guests)
{
    *mdevs = *guests = 0;
    for (uint32_t i = 0; i < host->n_slots; i++) {
        *mdevs += host->mdevs[i].exists;
        *guests += host->mdevs[i].vm != 0;
    }
}

enum MHD_Result
answer_about(struct call *call)
{
    const struct api *api = call->api;
    const struct vap_host *host = api->owner->host->engine;
    int64_t first;
    int64_t last;
    int mdevs;
    int guests;

    store_range(api->store, &first, &last);
    count_mdevs(host, &mdevs, &guests);
    return call_json(
        call, MHD_HTTP_OK,
        json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:I, "
                  "s:I}",
                  "name", api->options.name, "version", VAP_VERSION, "pid",
                  (int)getpid(), "tree", api->options.tree, "socket",
                  api->options.socket, "rule", host->rule->name, "kernel",
                  kernel_name(host->kernel), "mdevs", mdevs, "guests", guests,
                  "started_us", (json_int_t)api->options.started_us,
                  "first_event", (json_int_t)first, "last_event",
                  (json_int_t)last));
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
            list,
            json_pack("{s:i, s:o, s:o, s:o, s:o}", "adapter", (int)a, "vfio_ap",
                      json_of_set(&row->vfio), "default",
                      json_of_set(&row->dflt), "unbound", json_of_set(&unbound),
                      "sound", json_of_set(&row->sound)));
    }
    return list;
}

/* Those that have a device. */
static json_t *
cards_json(const struct host *host)
{
    const struct device_bus *bus = &host->devices->bus;
    json_t *list = json_array();

    VAP_EACH (a, &bus->cards)
        (void)json_array_append_new(
            list,
            json_pack("{s:i, s:s, s:b, s:b, s:b}", "adapter", (int)a, "type",
                      host_card_type(host, a), "configured",
                      !vap_mask_has(&bus->deconfigured, a), "checkstopped",
                      vap_mask_has(&bus->checkstopped, a), "online",
                      vap_mask_has(&bus->bound, a) &&
                          !vap_mask_has(&bus->offline, a)));
    return list;
}

enum MHD_Result
answer_state(struct call *call)
{
    const struct host *host = call->api->owner->host;
    const struct vap_host *e = host->engine;

    return call_json(
        call, MHD_HTTP_OK,
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rule",
                  e->rule->name, "kernel", kernel_name(e->kernel), "config",
                  json_of_matrix(&e->bus.config.ids), "hardware",
                  json_of_matrix(&e->bus.hardware.ids), "apmask",
                  json_of_mask(&e->bus.apmask), "aqmask",
                  json_of_mask(&e->bus.aqmask), "queues", queues_json(e),
                  "mdevs", mdevs_json(host), "cards", cards_json(host),
                  "devices", devices_save(host)));
}
