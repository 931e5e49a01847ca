/* SPDX-License-Identifier: MIT */
/* What two hosts must have in common to answer everything alike from here
 * on. Numbers that only stand for something (slots, machines) may differ;
 * so may what a later change writes before anything reads it. */
#include "host/host.h"

#include <string.h>

static bool
equal_config(const struct vap_config *a, const struct vap_config *b)
{
    return vap_matrix_equal(&a->ids, &b->ids) && a->apxa == b->apxa &&
           vap_config_last_adapter(a) == vap_config_last_adapter(b) &&
           vap_config_last_domain(a) == vap_config_last_domain(b);
}

static bool
equal_bus(const struct vap_bus *a, const struct vap_bus *b)
{
    return equal_config(&a->hardware, &b->hardware) &&
           equal_config(&a->config, &b->config) &&
           vap_mask_equal(&a->apmask, &b->apmask) &&
           vap_mask_equal(&a->aqmask, &b->aqmask) &&
           vap_mask_equal(&a->boot_apmask, &b->boot_apmask) &&
           vap_mask_equal(&a->boot_aqmask, &b->boot_aqmask) &&
           a->scans == b->scans && a->n_overrides == b->n_overrides &&
           a->masks_written == b->masks_written &&
           a->no_autoprobe == b->no_autoprobe;
}

static bool
equal_rows(const struct vap_row *a, const struct vap_row *b)
{
    return vap_mask_equal(&a->present, &b->present) &&
           vap_mask_equal(&a->dflt, &b->dflt) &&
           vap_mask_equal(&a->vfio, &b->vfio) &&
           vap_mask_equal(&a->sound, &b->sound) &&
           vap_mask_equal(&a->overridden, &b->overridden);
}

/* The code only counts while there is somebody it is going to be told. */
static bool
equal_failures(const struct vap_queue *a, const struct vap_queue *b)
{
    return a->zapq_n == b->zapq_n && a->tapq_n == b->tapq_n &&
           (!a->zapq_n || a->zapq_rc == b->zapq_rc) &&
           (!a->tapq_n || a->tapq_rc == b->tapq_rc);
}

static bool
equal_queues(const struct host *a, const struct host *b, unsigned adapter,
             unsigned domain)
{
    const struct vap_queue *p = &a->engine->queue[adapter][domain];
    const struct vap_queue *q = &b->engine->queue[adapter][domain];
    const struct vap_row *row = &a->engine->row[adapter];

    if (p->state != q->state || !equal_failures(p, q))
        return false;
    if (vap_mask_has(&row->present, domain) && p->born != q->born)
        return false;
    if (vap_mask_has(&row->overridden, domain) &&
        strcmp(host_driver_name(a, p->override),
               host_driver_name(b, q->override)) != 0)
        return false;
    return !vap_mask_has(&row->vfio, domain) || p->reset_rc == q->reset_rc;
}

static bool
equal_adapters(const struct host *a, const struct host *b, unsigned adapter)
{
    const struct vap_bus *bus = &a->engine->bus;

    if (!equal_rows(&a->engine->row[adapter], &b->engine->row[adapter]))
        return false;
    for (unsigned d = 0; d <= vap_config_bus_domain(&bus->config); d++)
        if (!equal_queues(a, b, adapter, d))
            return false;
    return (!vap_mask_has(&bus->config.ids.adapters, adapter) &&
            !vap_mask_has(&bus->hardware.ids.adapters, adapter)) ||
           strcmp(host_card_type(a, adapter), host_card_type(b, adapter)) == 0;
}

static bool
equal_mdevs(const struct host *a, uint32_t i, const struct host *b, uint32_t j)
{
    const struct vap_mdev *m = &a->slots[i];
    const struct vap_mdev *n = &b->slots[j];

    return vap_matrix_equal(&m->matrix, &n->matrix) &&
           vap_matrix_equal(&m->guest, &n->guest) &&
           vap_matrix_equal(&m->apcb, &n->apcb) &&
           m->last_adapter == n->last_adapter &&
           m->last_domain == n->last_domain && !m->vm == !n->vm &&
           (!m->vm ||
            strcmp(host_vm_name(a, m->vm), host_vm_name(b, n->vm)) == 0) &&
           strcmp(host_mdev_name(a, i), host_mdev_name(b, j)) == 0;
}

/* The first slot at or after from with an mdev in it. */
static uint32_t
next_mdev(const struct host *host, uint32_t from)
{
    while (from < host->engine->n_slots && !host->slots[from].exists)
        from++;
    return from;
}

static bool
equal_all_mdevs(const struct host *a, const struct host *b)
{
    uint32_t i = next_mdev(a, 0);
    uint32_t j = next_mdev(b, 0);

    while (i < a->engine->n_slots && j < b->engine->n_slots) {
        if (!equal_mdevs(a, i, b, j))
            return false;
        i = next_mdev(a, i + 1);
        j = next_mdev(b, j + 1);
    }
    return i == a->engine->n_slots && j == b->engine->n_slots;
}

bool
host_equal(const struct host *a, const struct host *b)
{
    const struct vap_config *config = &a->engine->bus.config;

    if (a->engine->rule != b->engine->rule ||
        a->engine->kernel != b->engine->kernel ||
        !equal_bus(&a->engine->bus, &b->engine->bus))
        return false;
    for (unsigned id = 0; id <= vap_config_bus_adapter(config); id++)
        if (!equal_adapters(a, b, id))
            return false;
    return equal_all_mdevs(a, b);
}
