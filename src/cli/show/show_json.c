/* SPDX-License-Identifier: MIT */
/* The host for programs: ids as numbers, queues by their kernel names. The
 * format is documented in vap(1); what is there stays.
 *
 * A host can have 65,536 mdevs with 256 adapters each to be told of, so no
 * more than one element of a list is in memory at a time. */
#include "cli/show/show.h"

#include "base/auto.h"
#include "cli/frame/cells.h"
#include "cli/frame/rules.h"
#include "host/json.h"
#include "host/words.h"

#include <errno.h>
#include <string.h>

/* All of these take over what they are given, and answer NULL once anything
 * was NULL. */

static json_t *
matrix_json(const struct vap_matrix *m)
{
    json_t *o = json_object();

    o = json_with(o, "adapters", json_of_ids(&m->adapters));
    o = json_with(o, "domains", json_of_ids(&m->domains));
    return json_with(o, "control_domains", json_of_ids(&m->control));
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
    json_t *o = json_object();

    o = json_with(o, "queue", json_of_apqn(apqn));
    o = json_with(o, "adapter", json_integer(a));
    o = json_with(o, "domain", json_integer(d));
    o = json_with(o, "is", json_string(cell_word(cell->kind)));
    o = json_with(o, "driver",
                  text_or_null(driver == VAP_NO_DRIVER
                                   ? NULL
                                   : words_driver_name(driver)));
    o = json_with(o, "mdev",
                  text_or_null(cell->mdev == CELL_NOBODY
                                   ? NULL
                                   : host_mdev_name(host, cell->mdev)));
    o = json_with(o, "state", json_string(state_word(cell->state)));
    if (overridden)
        o = json_with(o, "driver_override",
                      json_string(host_driver_name(host, q->override)));
    if (driver == VAP_VFIO_AP && q->reset_rc)
        o = json_with(o, "last_reset", json_integer(q->reset_rc));
    return o;
}

/* --- cards --- */

static json_t *
card_json(const struct host *host, unsigned adapter)
{
    json_t *o = json_object();
    char name[8];

    (void)snprintf(name, sizeof(name), "card%02x", adapter);
    o = json_with(o, "card", json_string(name));
    o = json_with(o, "adapter", json_integer(adapter));
    return json_with(o, "type", json_string(host_card_type(host, adapter)));
}

/* --- mdevs --- */

static json_t *
holes_json(const struct show_holes *holes)
{
    json_t *o = json_object();

    o = json_with(o, "host", json_of_ids(&holes->host));
    o = json_with(o, "unbound", json_of_ids(&holes->unbound));
    return json_with(o, "failed", json_of_ids(&holes->failed));
}

static json_t *
adapter_json(const struct host *host, uint32_t mdev, unsigned adapter)
{
    struct show_holes holes = show_holes(host, mdev, adapter);
    bool there = vap_mask_has(&host->engine->bus.config.ids.adapters, adapter);
    json_t *o = json_object();

    o = json_with(o, "adapter", json_integer(adapter));
    o = json_with(o, "in_host", json_boolean(there));
    return there ? json_with(o, "holes", holes_json(&holes)) : o;
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

    o = json_with(o, "adapters",
                  filtered_adapters_json(host, mdev, &lost.adapters));
    o = json_with(o, "domains", json_of_ids(&lost.domains));
    return json_with(o, "control_domains", json_of_ids(&lost.control));
}

json_t *
show_mdev_json(const struct host *host, uint32_t mdev)
{
    const struct vap_mdev *m = &host->slots[mdev];
    json_t *o = json_object();

    o = json_with(o, "mdev", json_string(host_mdev_name(host, mdev)));
    o = json_with(o, "guest",
                  text_or_null(m->vm ? host_vm_name(host, m->vm) : NULL));
    o = json_with(o, "matrix", matrix_json(&m->matrix));
    o = json_with(o, "guest_matrix", matrix_json(&m->guest));
    if (m->vm)
        o = json_with(o, "apcb", matrix_json(&m->apcb));
    o = json_with(o, "queues", json_integer(show_queues(&m->guest)));
    o = json_with(o, "queues_assigned", json_integer(show_queues(&m->matrix)));
    return json_with(o, "filtered", filtered_json(host, mdev));
}

/* --- the host, as jansson would print all of it with an indent of 2 --- */

enum { MEMBER = 2, ELEMENT = 4 };

/** Where it goes, and what has gone wrong. */
struct writer {
    FILE *out;
    const char *before; /* the next element: the first, or a further one */
    int indent; /* of the lines of what is being written */
    int error;
};

/* What jansson has dumped, further to the right. */
static int
indent(const char *text, size_t size, void *context)
{
    struct writer *w = context;

    for (const char *end; size; size -= (size_t)(end - text), text = end) {
        const char *newline = memchr(text, '\n', size);

        end = newline ? newline + 1 : text + size;
        (void)fwrite(text, 1, (size_t)(end - text), w->out);
        if (newline)
            (void)fprintf(w->out, "%*s", w->indent, "");
    }
    return 0;
}

/* Takes the value over. */
static void
put_value(struct writer *w, int at, json_t *value)
{
    w->indent = at;
    if (!w->error &&
        (!value || json_dump_callback(value, indent, w,
                                      JSON_INDENT(2) | JSON_ENCODE_ANY)))
        w->error = -ENOMEM;
    json_decref(value);
}

static void
put_member(struct writer *w, const char *key, json_t *value)
{
    (void)fprintf(w->out, "  \"%s\": ", key);
    put_value(w, MEMBER, value);
    (void)fputs(",\n", w->out);
}

static void
begin_list(struct writer *w, const char *key)
{
    (void)fprintf(w->out, "  \"%s\": [", key);
    w->before = "\n    ";
}

static void
put_element(struct writer *w, json_t *value)
{
    (void)fputs(w->before, w->out);
    w->before = ",\n    ";
    put_value(w, ELEMENT, value);
}

static void
end_list(struct writer *w, const char *after)
{
    (void)fprintf(w->out, "%s]%s\n", *w->before == ',' ? "\n  " : "", after);
}

static void
put_cards(struct writer *w, const struct host *host)
{
    begin_list(w, "cards");
    VAP_EACH (a, &host->engine->bus.config.ids.adapters)
        put_element(w, card_json(host, a));
    end_list(w, ",");
}

/* Those the host has, and those only an mdev has. */
static void
put_queues(struct writer *w, const struct host *host, const struct cells *cells)
{
    begin_list(w, "queues");
    VAP_EACH (a, &cells->adapters)
        VAP_EACH (d, &cells->domains)
            if (cells->at[a][d].kind != CELL_ABSENT)
                put_element(w, queue_json(host, cells, VAP_APQN(a, d)));
    end_list(w, ",");
}

static void
put_mdevs(struct writer *w, const struct host *host)
{
    begin_list(w, "mdevs");
    for (uint32_t i = 0; i < host->engine->n_slots && !w->error; i++)
        if (host->slots[i].exists)
            put_element(w, show_mdev_json(host, i));
    end_list(w, "");
}

static void
cells_done(struct cells **cells)
{
    free(*cells);
}

int
show_json(FILE *out, const struct host *host)
{
    const struct vap_bus *bus = &host->engine->bus;
    AUTO(cells_done) struct cells *cells = NULL;
    struct writer w = { .out = out };

    if (cells_new(host, &cells))
        return -ENOMEM;
    (void)fputs("{\n", out);
    put_member(&w, "rule", json_string(host->engine->rule->name));
    put_member(&w, "kernel",
               json_string(cli_kernel_name(host->engine->kernel)));
    put_member(&w, "apmask", json_of_mask(&bus->apmask));
    put_member(&w, "aqmask", json_of_mask(&bus->aqmask));
    put_member(&w, "configuration", matrix_json(&bus->config.ids));
    put_member(&w, "hardware", matrix_json(&bus->hardware.ids));
    put_cards(&w, host);
    put_queues(&w, host, cells);
    put_mdevs(&w, host);
    (void)fputs("}\n", out);
    return w.error;
}
