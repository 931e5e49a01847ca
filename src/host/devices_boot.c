/* SPDX-License-Identifier: MIT */
/* A host that nobody has changed yet: the first scan is over, drivers are
 * loaded, and nothing has been written anywhere. */
#include "host/devices_plan.h"

/* The bus starts each queue that answers; cex4queue starts its own. */
static void
boot_adapter(struct host *host, unsigned adapter)
{
    const struct vap_row *row = &host->engine->row[adapter];
    struct device_bus *bus = &host->devices->bus;
    struct device_row *d = &host->devices->row[adapter];
    struct vap_mask odd = vap_mask_and(row->abnormal, row->present);
    unsigned first = vap_mask_next(&row->present, 0);

    *d = (struct device_row){ .started = row->present };
    VAP_EACH (domain, &odd) {
        unsigned rc = host->engine->queue[adapter][domain].state;

        plan_put(&d->deconfigured, domain, rc == VAP_RC_DECONFIGURED);
        plan_put(&d->checkstopped, domain, rc == VAP_RC_CHECKSTOPPED);
        plan_put(&d->started, domain,
                 rc == VAP_RC_NORMAL || vap_mask_has(&row->dflt, domain));
    }
    if (first == VAP_IDS)
        return;
    vap_mask_add(&bus->cards, adapter);
    plan_put(&bus->deconfigured, adapter,
             vap_mask_has(&d->deconfigured, first));
    plan_put(&bus->checkstopped, adapter,
             vap_mask_has(&d->checkstopped, first));
}

static void
boot_mdevs(struct host *host)
{
    struct devices *d = host->devices;

    d->n_mdevs = 0;
    for (uint32_t i = 0; i < VAP_MDEVS / 64; i++)
        d->numbers[i] = 0;
    for (uint32_t i = 0; i < host->engine->n_slots; i++) {
        d->mdevs[i] = (struct device_mdev){ 0 };
        if (!host->engine->mdevs[i].exists)
            continue;
        d->mdevs[i].born = d->mdevs[i].bound = d->changes;
        d->mdevs[i].number = d->n_mdevs;
        d->numbers[d->n_mdevs / 64] |= UINT64_C(1) << d->n_mdevs % 64;
        d->n_mdevs++;
    }
}

void
devices_boot(struct host *host)
{
    struct devices *d = host->devices;
    struct device_bindings b = devices_bindings(host);

    (void)vap_plan(host->engine, NULL, 0, host->change, NULL);
    d->changes++;
    d->bus = (struct device_bus){
        .ap_domain = -1,
        .config_time = 30,
        .poll_timeout = 250000,
        .interrupts = true,
        .matrix_autoprobe = true,
        .mdev_autoprobe = true,
        .scans = 1,
    };
    for (unsigned a = 0; a < VAP_IDS; a++)
        boot_adapter(host, a);
    d->bus.bound = d->bus.cards;
    d->bus.incomplete = b.bound != b.queues;
    d->bus.completions = !d->bus.incomplete;
    boot_mdevs(host);
    plan_begin(d, true);
    plan_choose_domain(host);
    d->bus = d->plan->bus;
    plan_begin(d, false);
}
