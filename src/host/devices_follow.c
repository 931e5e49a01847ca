/* SPDX-License-Identifier: MIT */
/* What a change of the engine means for the devices, and the uevents it will
 * send, in the kernel's order. Source: Linux ap_bus.c, ap_scan_bus(),
 * __ap_revise_reserved(), ap_check_bindings_complete(); mdev_core.c. */
#include "host/devices_plan.h"

#include <errno.h>
#include <stdlib.h>

/* The first domain that the host's own drivers can use. */
void
plan_choose_domain(struct host *host)
{
    const struct vap_bus *bus = &host->change->bus;
    struct vap_mask adapters =
        vap_mask_and(bus->config.ids.adapters, bus->apmask);
    struct vap_mask domains =
        vap_mask_and(bus->config.ids.domains, bus->aqmask);

    if (host->devices->plan->bus.ap_domain >= 0)
        return;
    VAP_EACH (domain, &domains)
        VAP_EACH (adapter, &adapters)
            if (plan_queue_state(host, adapter, domain) == VAP_RC_NORMAL) {
                host->devices->plan->bus.ap_domain = (int)domain;
                return;
            }
}

static bool
all_bound(const struct host *host)
{
    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = plan_engine_row(host, a);
        struct vap_mask bound = vap_mask_or(row->dflt, row->vfio);

        if (!vap_mask_within(&row->present, &bound))
            return false;
    }
    return true;
}

static void
look_complete(struct host *host)
{
    struct device_bus *bus = &host->devices->plan->bus;

    if (!bus->incomplete || !all_bound(host))
        return;
    bus->incomplete = false;
    bus->completions++;
    plan_event(host->devices, (struct device_event){
                                  .action = DEVICE_CHANGE,
                                  .kind = DEVICE_AP,
                                  .news = DEVICE_BINDINGS,
                                  .value = bus->completions,
                              });
}

static void
follow_scan(struct host *host)
{
    struct device_bus *bus = &host->devices->plan->bus;
    const struct vap_matrix *was = &host->engine->bus.config.ids;
    const struct vap_matrix *now = &host->change->bus.config.ids;

    if (!vap_mask_within(&now->adapters, &was->adapters) ||
        !vap_mask_within(&now->domains, &was->domains))
        bus->incomplete = true;
    plan_choose_domain(host);
    for (unsigned a = 0; a < VAP_IDS; a++)
        plan_turn(host, a, true);
    bus->scans++;
    look_complete(host);
}

/* The bus goes by the age of its queues. */
static int
compare_age(const void *a, const void *b, void *context)
{
    const struct device_event *x = a;
    const struct device_event *y = b;
    const struct vap_host *engine = context;
    uint32_t p = engine->queue[VAP_ADAPTER_OF(x->id)][x->id & 255].born;
    uint32_t q = engine->queue[VAP_ADAPTER_OF(y->id)][y->id & 255].born;

    if (p != q)
        return p < q ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (x->action == DEVICE_BIND) - (y->action == DEVICE_BIND);
}

static void
follow_drivers(struct host *host)
{
    struct devices *d = host->devices;
    struct vap_mask rows = host->change->rows;

    VAP_EACH (adapter, &rows)
        plan_turn(host, adapter, false);
    if (d->n_events > 1)
        qsort_r(d->events, d->n_events, sizeof(*d->events), compare_age,
                host->engine);
}

static void
follow_masks(struct host *host)
{
    const struct vap_bus *was = &host->engine->bus;
    const struct vap_bus *now = &host->change->bus;
    struct device_event e = { .action = DEVICE_CHANGE, .kind = DEVICE_AP };

    e.news = DEVICE_APMASK;
    if (!vap_mask_equal(&was->apmask, &now->apmask))
        plan_event(host->devices, e);
    e.news = DEVICE_AQMASK;
    if (!vap_mask_equal(&was->aqmask, &now->aqmask))
        plan_event(host->devices, e);
}

/* The lowest number that is free, and not given to another in this plan. */
static uint32_t
free_number(struct devices *d)
{
    uint32_t n = d->plan->next_number;

    while (d->numbers[n / 64] >> n % 64 & 1)
        n++;
    d->plan->next_number = n + 1;
    return n;
}

static void
tell_mdev(struct host *host, enum device_kind kind, enum device_action action,
          uint32_t slot, uint32_t number)
{
    plan_event(host->devices, (struct device_event){
                                  .action = (uint8_t)action,
                                  .kind = (uint8_t)kind,
                                  .driver = action == DEVICE_BIND,
                                  .id = slot,
                                  .number = number,
                              });
}

static void
follow_mdev(struct host *host, const struct vap_effect *e)
{
    bool was = host->engine->mdevs[e->mdev].exists;
    uint32_t n = host->devices->mdevs[e->mdev].number;

    if (was == e->now.exists)
        return;
    if (was) {
        tell_mdev(host, DEVICE_VFIO, DEVICE_REMOVE, e->mdev, n);
        tell_mdev(host, DEVICE_GROUP, DEVICE_REMOVE, e->mdev, n);
        tell_mdev(host, DEVICE_MDEV, DEVICE_UNBIND, e->mdev, n);
        tell_mdev(host, DEVICE_MDEV, DEVICE_REMOVE, e->mdev, n);
        return;
    }
    n = free_number(host->devices);
    tell_mdev(host, DEVICE_MDEV, DEVICE_ADD, e->mdev, n);
    tell_mdev(host, DEVICE_GROUP, DEVICE_ADD, e->mdev, n);
    tell_mdev(host, DEVICE_VFIO, DEVICE_ADD, e->mdev, n);
    tell_mdev(host, DEVICE_MDEV, DEVICE_BIND, e->mdev, n);
}

/* What has checkstopped does not wait for that any more. */
static void
follow_checkstop(struct host *host, const struct vap_request *r)
{
    bool card = r->op == VAP_CARD_STATE;
    struct device_fault_set over = {
        .adapter = (card ? (unsigned)r->id : VAP_ADAPTER_OF(r->apqn)) & 255,
        .domains = card ? vap_mask_all() : vap_mask_none(),
        .fault = FAULT_CHECKSTOP,
    };

    if ((!card && r->op != VAP_QUEUE_STATE) || r->rc != VAP_RC_CHECKSTOPPED)
        return;
    if (!card)
        vap_mask_add(&over.domains, VAP_DOMAIN_OF(r->apqn));
    if (fault_plan(host, &over))
        host->devices->plan->no_memory = true;
}

void
plan_begin(struct devices *d, bool any)
{
    d->n_events = 0;
    d->plan->any = any;
    d->plan->bus = d->bus;
    d->plan->rows = vap_mask_none();
    d->plan->n_zeros = 0;
    d->plan->n_faults = 0;
    d->plan->next_number = 0;
    d->plan->no_memory = false;
}

int
devices_follow(struct host *host, const struct vap_request *list, size_t n)
{
    uint64_t n_scans = 0;

    plan_begin(host->devices, list != NULL);
    if (!list)
        return 0;
    for (size_t i = 0; i < n; i++)
        n_scans += list[i].op == VAP_SCAN || list[i].op == VAP_HOST;
    if (n_scans)
        follow_scan(host);
    else
        follow_drivers(host);
    if (n_scans > 1)
        host->devices->plan->bus.scans += n_scans - 1;
    follow_masks(host);
    for (size_t i = 0; i < n; i++)
        follow_checkstop(host, &list[i]);
    for (uint32_t i = 0; i < host->change->n_effects; i++)
        follow_mdev(host, &host->change->effects[i]);
    return host->devices->plan->no_memory ? -ENOMEM : 0;
}
