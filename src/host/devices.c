/* SPDX-License-Identifier: MIT */
/* Storage of what devices remember, and looking at it. */
#include "host/devices.h"

#include "base/auto.h"
#include "host/devices_plan.h"

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
    fault_free(devices);
    if (devices->plan) {
        free(devices->plan->zeros);
        free(devices->plan->faults);
    }
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
    to->fault_changes = from->fault_changes;
    return fault_copy(from, to);
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

static struct device_counts
counts_of_queue(const struct device_past *past, unsigned domain)
{
    if (!past)
        return (struct device_counts){ 0 };
    return (struct device_counts){ past->requests[domain],
                                   past->waiting[domain],
                                   past->working[domain] };
}

struct device_counts
devices_counts(const struct host *host, enum device_kind kind, uint32_t id)
{
    struct devices *d = host->devices;
    unsigned adapter = kind == DEVICE_CARD ? id & 255 : VAP_ADAPTER_OF(id);
    struct device_counts counts = { 0 };

    plan_look(d, adapter);
    if (kind != DEVICE_CARD)
        return counts_of_queue(d->past[adapter], VAP_DOMAIN_OF(id));
    for (unsigned domain = 0; domain < VAP_IDS; domain++) {
        struct device_counts one = counts_of_queue(d->past[adapter], domain);

        counts.waiting += one.waiting;
        counts.working += one.working;
    }
    counts.requests = d->card_requests[adapter];
    return counts;
}

struct device_past *
plan_past(struct devices *d, unsigned adapter)
{
    if (!d->past[adapter])
        d->past[adapter] = calloc(1, sizeof(*d->past[adapter]));
    return d->past[adapter];
}

void
plan_look(struct devices *devices, unsigned adapter)
{
    if (devices->look)
        devices->look(devices->looker, adapter);
}

void
devices_count(struct host *host, uint16_t apqn,
              const struct device_counts *more)
{
    unsigned adapter = VAP_ADAPTER_OF(apqn);
    unsigned domain = VAP_DOMAIN_OF(apqn);
    struct device_past *past = plan_past(host->devices, adapter);

    host->devices->card_requests[adapter] += more->requests;
    if (!past)
        return;
    past->requests[domain] += more->requests;
    past->waiting[domain] = (uint32_t)more->waiting;
    past->working[domain] = (uint32_t)more->working;
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
