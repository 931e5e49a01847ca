/* SPDX-License-Identifier: MIT */
/* The host for programs: ids as numbers, queues by their kernel names. The
 * format is documented in vap(1); what is there stays. */
#include "cli/show/show.h"

#include "base/auto.h"
#include "cli/frame/cells.h"
#include "cli/frame/rules.h"
#include "host/words.h"
#include "matrix/text.h"

#include <errno.h>

/* All of these take over what they are given, and answer NULL once anything
 * was NULL. */

static json_t *
with(json_t *object, const char *key, json_t *value)
{
    if (object && json_object_set_new(object, key, value) == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *
ids_json(const struct vap_mask *mask)
{
    json_t *list = json_array();

    VAP_EACH (id, mask)
        if (json_array_append_new(list, json_integer(id))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *
mask_json(const struct vap_mask *mask)
{
    char text[VAP_MASK_TEXT + 1];

    (void)vap_mask_text(mask, text, sizeof(text));
    return json_string(text);
}

static json_t *
matrix_json(const struct vap_matrix *m)
{
    json_t *o = json_object();

    o = with(o, "adapters", ids_json(&m->adapters));
    o = with(o, "domains", ids_json(&m->domains));
    return with(o, "control_domains", ids_json(&m->control));
}

static const char *
state_word(uint8_t state)
{
    return state == VAP_RC_DECONFIGURED   ? "deconfigured"
           : state == VAP_RC_CHECKSTOPPED ? "checkstopped"
                                          : "configured";
}

static json_t *
text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* --- queues --- */

static json_t *
queue_json(const struct host *host, const struct cells *cells, unsigned apqn)
{
    unsigned a = VAP_ADAPTER_OF(apqn);
    unsigned d = VAP_DOMAIN_OF(apqn);
    const struct cell *cell = &cells->at[a][d];
    const struct vap_queue *q = &host->engine->queue[a][d];
    enum vap_driver driver = vap_host_driver(host->engine, apqn);
    bool overridden = vap_mask_has(&host->engine->row[a].overridden, d);
    char name[VAP_APQN_TEXT + 1];
    json_t *o = json_object();

    (void)vap_apqn_text(apqn, name, sizeof(name));
    o = with(o, "queue", json_string(name));
    o = with(o, "adapter", json_integer(a));
    o = with(o, "domain", json_integer(d));
    o = with(o, "is", json_string(cell_word(cell->kind)));
    o = with(o, "driver",
             text_or_null(driver == VAP_NO_DRIVER ? NULL
                                                  : words_driver_name(driver)));
    o = with(o, "mdev",
             text_or_null(cell->mdev == CELL_NOBODY
                              ? NULL
                              : host_mdev_name(host, cell->mdev)));
    o = with(o, "state", json_string(state_word(cell->state)));
    if (overridden)
        o = with(o, "driver_override",
                 json_string(host_driver_name(host, q->override)));
    if (driver == VAP_VFIO_AP && q->reset_rc)
        o = with(o, "last_reset", json_integer(q->reset_rc));
    return o;
}

/* Those the host has, and those only an mdev has. */
static json_t *
queues_json(const struct host *host, const struct cells *cells)
{
    json_t *list = json_array();

    VAP_EACH (a, &cells->adapters)
        VAP_EACH (d, &cells->domains)
            if (cells->at[a][d].kind != CELL_ABSENT &&
                json_array_append_new(
                    list, queue_json(host, cells, VAP_APQN(a, d)))) {
                json_decref(list);
                return NULL;
            }
    return list;
}

/* --- cards --- */

static json_t *
card_json(const struct host *host, unsigned adapter)
{
    json_t *o = json_object();
    char name[8];

    (void)snprintf(name, sizeof(name), "card%02x", adapter);
    o = with(o, "card", json_string(name));
    o = with(o, "adapter", json_integer(adapter));
    return with(o, "type", json_string(host_card_type(host, adapter)));
}

static json_t *
cards_json(const struct host *host)
{
    json_t *list = json_array();

    VAP_EACH (a, &host->engine->bus.config.ids.adapters)
        if (json_array_append_new(list, card_json(host, a))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* --- mdevs --- */

static json_t *
holes_json(const struct show_holes *holes)
{
    json_t *o = json_object();

    o = with(o, "host", ids_json(&holes->host));
    o = with(o, "unbound", ids_json(&holes->unbound));
    return with(o, "failed", ids_json(&holes->failed));
}

static json_t *
adapter_json(const struct host *host, uint32_t mdev, unsigned adapter)
{
    struct show_holes holes = show_holes(host, mdev, adapter);
    bool there = vap_mask_has(&host->engine->bus.config.ids.adapters, adapter);
    json_t *o = json_object();

    o = with(o, "adapter", json_integer(adapter));
    o = with(o, "in_host", json_boolean(there));
    return there ? with(o, "holes", holes_json(&holes)) : o;
}

static json_t *
filtered_adapters_json(const struct host *host, uint32_t mdev,
                       const struct vap_mask *adapters)
{
    json_t *list = json_array();

    VAP_EACH (a, adapters)
        if (json_array_append_new(list, adapter_json(host, mdev, a))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *
filtered_json(const struct host *host, uint32_t mdev)
{
    struct vap_matrix lost = show_filtered(host, mdev);
    json_t *o = json_object();

    o = with(o, "adapters", filtered_adapters_json(host, mdev, &lost.adapters));
    o = with(o, "domains", ids_json(&lost.domains));
    return with(o, "control_domains", ids_json(&lost.control));
}

json_t *
show_mdev_json(const struct host *host, uint32_t mdev)
{
    const struct vap_mdev *m = &host->slots[mdev];
    json_t *o = json_object();

    o = with(o, "mdev", json_string(host_mdev_name(host, mdev)));
    o = with(o, "guest",
             text_or_null(m->vm ? host_vm_name(host, m->vm) : NULL));
    o = with(o, "matrix", matrix_json(&m->matrix));
    o = with(o, "guest_matrix", matrix_json(&m->guest));
    if (m->vm)
        o = with(o, "apcb", matrix_json(&m->apcb));
    o = with(o, "queues", json_integer(show_queues(&m->guest)));
    o = with(o, "queues_assigned", json_integer(show_queues(&m->matrix)));
    return with(o, "filtered", filtered_json(host, mdev));
}

static json_t *
mdevs_json(const struct host *host)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < host->engine->n_slots; i++)
        if (host->slots[i].exists &&
            json_array_append_new(list, show_mdev_json(host, i))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* --- */

static void
cells_done(struct cells **cells)
{
    free(*cells);
}

json_t *
show_json(const struct host *host)
{
    const struct vap_bus *bus = &host->engine->bus;
    AUTO(cells_done) struct cells *cells = NULL;
    json_t *o = json_object();

    if (cells_new(host, &cells)) {
        json_decref(o);
        return NULL;
    }
    o = with(o, "rule", json_string(host->engine->rule->name));
    o = with(o, "kernel", json_string(cli_kernel_name(host->engine->kernel)));
    o = with(o, "apmask", mask_json(&bus->apmask));
    o = with(o, "aqmask", mask_json(&bus->aqmask));
    o = with(o, "configuration", matrix_json(&bus->config.ids));
    o = with(o, "hardware", matrix_json(&bus->hardware.ids));
    o = with(o, "cards", cards_json(host));
    o = with(o, "queues", queues_json(host, cells));
    return with(o, "mdevs", mdevs_json(host));
}
