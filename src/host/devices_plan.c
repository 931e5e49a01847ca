/* SPDX-License-Identifier: MIT */
/* A plan holds the devices' next state beside the present one, in storage it
 * gets here; applying it copies, and so cannot fail. */
#include "host/devices_plan.h"

#include "base/auto.h"
#include "host/words.h"

#include <errno.h>
#include <stdlib.h>

const struct vap_row *
plan_engine_row(const struct host *host, unsigned adapter)
{
    return vap_mask_has(&host->change->rows, adapter)
               ? &host->change->new_row[adapter]
               : &host->engine->row[adapter];
}

unsigned
plan_queue_state(const struct host *host, unsigned adapter, unsigned domain)
{
    return vap_mask_has(&host->change->cold, adapter)
               ? host->change->new_queue[adapter][domain].state
               : host->engine->queue[adapter][domain].state;
}

const struct device_row *
plan_row(const struct devices *devices, unsigned adapter)
{
    return vap_mask_has(&devices->plan->rows, adapter)
               ? &devices->plan->row[adapter]
               : &devices->row[adapter];
}

struct device_row *
plan_edit_row(struct devices *devices, unsigned adapter)
{
    struct device_plan *plan = devices->plan;

    if (!vap_mask_has(&plan->rows, adapter)) {
        plan->row[adapter] = devices->row[adapter];
        vap_mask_add(&plan->rows, adapter);
    }
    return &plan->row[adapter];
}

static bool
make_room(struct devices *d)
{
    size_t room = d->plan->max_events ? 2 * d->plan->max_events : 16;
    struct device_event *grown;

    if (d->n_events < d->plan->max_events)
        return true;
    grown = realloc(d->events, room * sizeof(*grown));
    if (!grown)
        return false;
    d->events = grown;
    d->plan->max_events = room;
    return true;
}

void
plan_event(struct devices *devices, struct device_event event)
{
    bool queue = event.kind == DEVICE_QUEUE;

    if (!make_room(devices) ||
        (queue && !plan_past(devices, VAP_ADAPTER_OF(event.id))))
        devices->plan->no_memory = true;
    else
        devices->events[devices->n_events++] = event;
}

static void
drop(struct host *host)
{
    (void)vap_plan(host->engine, NULL, 0, host->change, NULL);
    host->devices->plan->any = false;
    host->devices->n_events = 0;
}

/* A name that a driverless directory still has cannot be used again. */
static bool
is_taken(const struct host *host, const struct vap_request *r)
{
    return r->op == VAP_CREATE && r->mdev < host->engine->n_slots &&
           host->devices->mdevs[r->mdev].driverless;
}

/* All that the list asks of the engine, in its order. */
static size_t
engine_list(const struct host *host, const struct host_request *list, size_t n,
            struct vap_request *engine)
{
    size_t m = 0;

    for (size_t i = 0; i < n; i++)
        if (list[i].setting == HOST_ENGINE)
            engine[m++] = list[i].engine;
        else
            m += plan_setting_engine(host, &list[i], &engine[m]);
    return m;
}

/* Where in the list the engine's request at this place comes from. */
static size_t
list_place(const struct host *host, const struct host_request *list, size_t n,
           size_t place)
{
    struct vap_request asked;
    size_t m = 0;

    for (size_t i = 0; i < n; i++) {
        m += list[i].setting == HOST_ENGINE ||
             plan_setting_engine(host, &list[i], &asked);
        if (m > place)
            return i;
    }
    return 0;
}

static enum vap_verdict
plan_engine(struct host *host, const struct vap_request *list, size_t n,
            struct vap_why *why)
{
    enum vap_verdict v;

    for (size_t i = 0; i < n; i++)
        if (is_taken(host, &list[i])) {
            drop(host);
            *why = (struct vap_why){ .verdict = VAP_EXISTS, .request = i };
            return VAP_EXISTS;
        }
    v = host_plan(host, list, n, why);
    return v;
}

static int
plan_settings(struct host *host, const struct host_request *list, size_t n,
              size_t *place)
{
    for (size_t i = 0; i < n; i++) {
        int e = list[i].setting ? plan_setting(host, &list[i]) : 0;

        *place = i;
        if (e)
            return e;
    }
    return host->devices->plan->no_memory ? -ENOMEM : 0;
}

int
devices_plan(struct host *host, const struct host_request *list, size_t n,
             struct refusal *refusal)
{
    AUTO(free_done)
    struct vap_request *engine = calloc(n ? n : 1, sizeof(*engine));
    struct refusal ignored;
    enum vap_verdict v;

    refusal = refusal ? refusal : &ignored;
    *refusal = (struct refusal){ 0 };
    if (!engine)
        return -ENOMEM;
    v = plan_engine(host, engine, engine_list(host, list, n, engine),
                    &refusal->why);
    if (v == VAP_NO_ROOM)
        return -ENOMEM;
    refusal->error = words_error(v);
    refusal->request = list_place(host, list, n, refusal->why.request);
    if (v != VAP_OK)
        return v == VAP_HELD ? -EINPROGRESS : refusal->error;

    int e = plan_settings(host, list, n, &refusal->request);

    refusal->error = e > 0 ? e : 0;
    if (e)
        drop(host);
    return e;
}

bool
devices_planned(const struct host *host)
{
    return host->devices->plan->any;
}

static bool
same_bus(const struct device_bus *a, const struct device_bus *b)
{
    return vap_mask_equal(&a->cards, &b->cards) &&
           vap_mask_equal(&a->bound, &b->bound) &&
           vap_mask_equal(&a->offline, &b->offline) &&
           vap_mask_equal(&a->deconfigured, &b->deconfigured) &&
           vap_mask_equal(&a->checkstopped, &b->checkstopped) &&
           a->ap_domain == b->ap_domain && a->incomplete == b->incomplete;
}

bool
devices_idle(const struct host *host)
{
    const struct devices *d = host->devices;
    const struct vap_change *c = host->change;

    return d->plan->any && d->n_events == 0 && d->plan->n_zeros == 0 &&
           d->plan->n_faults == 0 && vap_mask_empty(&d->plan->rows) &&
           same_bus(&d->bus, &d->plan->bus) && c->n_effects == 0 &&
           c->n_resets == 0 && vap_mask_empty(&c->rows) &&
           c->bus.scans == host->engine->bus.scans;
}
