/* SPDX-License-Identifier: MIT */
/* A plan holds the devices' next state beside the present one, in storage it
 * got while planning; applying it copies, and so cannot fail. */
#include "observe/devices.h"

#include "base/auto.h"
#include "observe/devices_plan.h"
#include "observe/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
devices_free(struct devices *devices)
{
    if (!devices)
        return;
    for (unsigned a = 0; a < VAP_IDS; a++)
        free(devices->past[a]);
    if (devices->plan)
        free(devices->plan->zeros);
    free(devices->plan);
    free(devices->events);
    free(devices->mdevs);
    free(devices);
}

static void
devices_done(struct devices **devices)
{
    devices_free(*devices);
}

int
devices_new(struct devices **out)
{
    AUTO(devices_done) struct devices *devices = calloc(1, sizeof(*devices));

    if (!devices)
        return -ENOMEM;
    devices->plan = calloc(1, sizeof(*devices->plan));
    if (!devices->plan)
        return -ENOMEM;
    *out = TAKE(devices);
    return 0;
}

int
devices_grow(struct devices *devices, uint32_t from, uint32_t to)
{
    struct device_mdev *grown = realloc(devices->mdevs, to * sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    memset(grown + from, 0, (to - from) * sizeof(*grown));
    devices->mdevs = grown;
    return 0;
}

int
devices_copy(const struct devices *from, struct devices *to, uint32_t n)
{
    to->bus = from->bus;
    memcpy(to->row, from->row, sizeof(to->row));
    memcpy(to->mdevs, from->mdevs, n * sizeof(*to->mdevs));
    to->n_mdevs = from->n_mdevs;
    to->first_group = from->first_group;
    to->changes = from->changes;
    memcpy(to->card_born, from->card_born, sizeof(to->card_born));
    memcpy(to->card_bound, from->card_bound, sizeof(to->card_bound));
    memcpy(to->card_requests, from->card_requests, sizeof(to->card_requests));
    memcpy(to->numbers, from->numbers, sizeof(to->numbers));
    for (unsigned a = 0; a < VAP_IDS; a++) {
        if (!from->past[a])
            continue;
        to->past[a] = malloc(sizeof(*to->past[a]));
        if (!to->past[a])
            return -ENOMEM;
        *to->past[a] = *from->past[a];
    }
    return 0;
}

uint32_t
devices_born(const struct host *host, enum device_kind kind, uint32_t id)
{
    const struct devices *d = host->devices;
    const struct device_past *past = d->past[VAP_ADAPTER_OF(id & 0xffff)];

    if (kind == DEVICE_CARD)
        return d->card_born[id & 255];
    if (kind == DEVICE_MDEV)
        return id < host->engine->n_slots ? d->mdevs[id].born : 0;
    return past ? past->born[VAP_DOMAIN_OF(id)] : 0;
}

uint32_t
devices_bound(const struct host *host, enum device_kind kind, uint32_t id)
{
    const struct devices *d = host->devices;
    const struct device_past *past = d->past[VAP_ADAPTER_OF(id & 0xffff)];

    if (kind == DEVICE_CARD)
        return d->card_bound[id & 255];
    if (kind == DEVICE_MDEV)
        return id < host->engine->n_slots ? d->mdevs[id].bound : 0;
    return past ? past->bound[VAP_DOMAIN_OF(id)] : 0;
}

uint64_t
devices_requests(const struct host *host, enum device_kind kind, uint32_t id)
{
    const struct devices *d = host->devices;
    const struct device_past *past = d->past[VAP_ADAPTER_OF(id & 0xffff)];

    if (kind == DEVICE_CARD)
        return d->card_requests[id & 255];
    return past ? past->requests[VAP_DOMAIN_OF(id)] : 0;
}

static struct device_past *
past_of(struct devices *d, unsigned adapter)
{
    if (!d->past[adapter])
        d->past[adapter] = calloc(1, sizeof(*d->past[adapter]));
    return d->past[adapter];
}

void
devices_count(struct host *host, uint16_t apqn)
{
    struct device_past *past = past_of(host->devices, VAP_ADAPTER_OF(apqn));

    host->devices->card_requests[VAP_ADAPTER_OF(apqn)]++;
    if (past)
        past->requests[VAP_DOMAIN_OF(apqn)]++;
}

struct device_bindings
devices_bindings(const struct host *host)
{
    struct device_bindings b = { 0, 0 };

    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &host->engine->row[a];

        b.queues += vap_mask_count(&row->present);
        b.bound += vap_mask_count(&row->dflt) + vap_mask_count(&row->vfio);
    }
    return b;
}

/* planning */

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
        (queue && !past_of(devices, VAP_ADAPTER_OF(event.id))))
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
           vap_mask_empty(&d->plan->rows) && same_bus(&d->bus, &d->plan->bus) &&
           c->n_effects == 0 && c->n_resets == 0 && vap_mask_empty(&c->rows) &&
           c->bus.scans == host->engine->bus.scans;
}

/* applying */

static void
apply_queue(struct devices *d, const struct device_event *e)
{
    struct device_past *past = d->past[VAP_ADAPTER_OF(e->id)];
    unsigned domain = VAP_DOMAIN_OF(e->id);

    past->bound[domain] = d->changes;
    if (e->action == DEVICE_ADD) {
        past->born[domain] = d->changes;
        past->requests[domain] = 0;
    }
}

static void
apply_card(struct devices *d, const struct device_event *e)
{
    d->card_bound[e->id] = d->changes;
    if (e->action == DEVICE_ADD) {
        d->card_born[e->id] = d->changes;
        d->card_requests[e->id] = 0;
    }
}

static void
apply_mdev(struct devices *d, const struct device_event *e)
{
    struct device_mdev *m = &d->mdevs[e->id];
    uint64_t bit = UINT64_C(1) << e->number % 64;

    m->bound = d->changes;
    m->driverless = e->action == DEVICE_UNBIND;
    if (e->action == DEVICE_ADD) {
        m->born = d->changes;
        m->number = e->number;
        d->numbers[e->number / 64] |= bit;
        d->n_mdevs++;
    } else if (e->action == DEVICE_REMOVE) {
        *m = (struct device_mdev){ 0 };
        d->numbers[e->number / 64] &= ~bit;
        d->n_mdevs--;
    }
}

static void
apply_event(struct devices *d, const struct device_event *e)
{
    if (e->action == DEVICE_CHANGE)
        return;
    if (e->kind == DEVICE_QUEUE)
        apply_queue(d, e);
    else if (e->kind == DEVICE_CARD)
        apply_card(d, e);
    else if (e->kind == DEVICE_MDEV)
        apply_mdev(d, e);
}

static void
apply_zero(struct devices *d, const struct device_zero *zero)
{
    struct device_past *past = d->past[VAP_ADAPTER_OF(zero->apqn)];

    if (zero->card)
        d->card_requests[VAP_ADAPTER_OF(zero->apqn)] = 0;
    if (past && zero->card)
        memset(past->requests, 0, sizeof(past->requests));
    else if (past)
        past->requests[VAP_DOMAIN_OF(zero->apqn)] = 0;
}

void
devices_apply(struct host *host)
{
    struct devices *d = host->devices;
    struct device_plan *plan = d->plan;

    if (!plan->any)
        return;
    d->changes++;
    d->bus = plan->bus;
    VAP_EACH (adapter, &plan->rows)
        d->row[adapter] = plan->row[adapter];
    for (size_t i = 0; i < d->n_events; i++)
        apply_event(d, &d->events[i]);
    for (size_t i = 0; i < plan->n_zeros; i++)
        apply_zero(d, &plan->zeros[i]);
    plan->any = false;
}
