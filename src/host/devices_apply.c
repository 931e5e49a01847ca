/* SPDX-License-Identifier: MIT */
/* The planned events say what came and went, the rest of the plan is copied. */
#include "host/devices_plan.h"

#include <string.h>

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
    if (e->action == DEVICE_REMOVE)
        fault_forget(d, e->id);
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

/* A card goes through the queues that have a driver. Source: Linux ap_card.c,
 * request_count_store(); ap_bus.c, ap_queues. */
static void
apply_zero(struct host *host, const struct device_zero *zero)
{
    struct devices *d = host->devices;
    unsigned adapter = VAP_ADAPTER_OF(zero->apqn);
    const struct vap_row *row = &host->engine->row[adapter];
    struct vap_mask domains = vap_mask_one(VAP_DOMAIN_OF(zero->apqn));

    plan_look(d, adapter);
    if (zero->card) {
        d->card_requests[adapter] = 0;
        domains = vap_mask_or(row->dflt, row->vfio);
    }
    if (d->past[adapter])
        VAP_EACH (domain, &domains)
            d->past[adapter]->requests[domain] = 0;
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
        apply_zero(host, &plan->zeros[i]);
    for (size_t i = 0; i < plan->n_faults; i++)
        fault_apply(d, &plan->faults[i]);
    plan->any = false;
}
