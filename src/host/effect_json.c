/* SPDX-License-Identifier: MIT */
/* Sets throughout: a change of 65,536 queues is 256 lines. */
#include "host/effect_json.h"

#include "host/devices.h"
#include "host/json.h"

json_t *
effect_mdev_json(const struct host *host, const struct vap_mdev *mdev)
{
    if (!mdev->exists)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:s?}", "matrix",
                     json_of_matrix(&mdev->matrix), "guest",
                     json_of_matrix(&mdev->guest), "apcb",
                     json_of_matrix(&mdev->apcb), "vm",
                     mdev->vm ? host_vm_name(host, mdev->vm) : NULL);
}

static json_t *
mdevs_json(const struct host *host)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < host->change->n_effects; i++) {
        const struct vap_effect *e = &host->change->effects[i];

        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:I, s:I, s:o, s:o}", "mdev",
                      host_mdev_name(host, e->mdev), "updates",
                      (json_int_t)e->updates, "clears", (json_int_t)e->clears,
                      "before", effect_mdev_json(host, &host->slots[e->mdev]),
                      "after", effect_mdev_json(host, &e->now)));
    }
    return list;
}

static struct vap_mask
unbound(const struct vap_row *row)
{
    return vap_mask_less(vap_mask_less(row->present, row->vfio), row->dflt);
}

static json_t *
row_json(const struct vap_row *was, const struct vap_row *is, unsigned adapter)
{
    struct vap_mask vfio = vap_mask_less(is->vfio, was->vfio);
    struct vap_mask dflt = vap_mask_less(is->dflt, was->dflt);
    struct vap_mask none = vap_mask_less(unbound(is), unbound(was));
    struct vap_mask gone = vap_mask_less(was->present, is->present);

    if (vap_mask_empty(&vfio) && vap_mask_empty(&dflt) &&
        vap_mask_empty(&none) && vap_mask_empty(&gone))
        return NULL;
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "adapter",
                     (json_int_t)adapter, "vfio_ap", json_of_set(&vfio),
                     "default", json_of_set(&dflt), "unbound",
                     json_of_set(&none), "gone", json_of_set(&gone));
}

static json_t *
bindings_json(const struct host *host)
{
    json_t *list = json_array();

    VAP_EACH (a, &host->change->rows) {
        json_t *row =
            row_json(&host->engine->row[a], &host->change->new_row[a], a);

        if (row)
            (void)json_array_append_new(list, row);
    }
    return list;
}

static json_t *
reset_json(const struct vap_reset *r)
{
    return json_pack("{s:I, s:o, s:I, s:I}", "adapter", (json_int_t)r->adapter,
                     "domains", json_of_set(&r->domains), "rc",
                     (json_int_t)r->rc, "times", (json_int_t)r->times);
}

static json_t *
resets_json(const struct vap_change *change)
{
    json_t *list = json_array();

    for (size_t i = 0; i < change->n_resets; i++)
        (void)json_array_append_new(list, reset_json(&change->resets[i]));
    return list;
}

const char *
effect_turn_word(const struct vap_moment *moment)
{
    return moment->gone                  ? "gone"
           : moment->to == VAP_VFIO_AP   ? "vfio_ap"
           : moment->to == VAP_NO_DRIVER ? "unbound"
                                         : "default";
}

static json_t *
moment_json(const struct host *host, const struct vap_moment *m)
{
    json_t *json = NULL;

    switch (m->kind) {
    case VAP_MOMENT_GUEST:
        return json_pack("{s:s, s:s, s:b, s:o}", "what", "guest", "mdev",
                         host_mdev_name(host, m->mdev), "apcb", m->apcb, "has",
                         json_of_matrix(&m->matrix));
    case VAP_MOMENT_RESET:
        json = json_pack("{s:s}", "what", "reset");
        (void)json_object_update_new(json, reset_json(&m->queues));
        return json;
    case VAP_MOMENT_TURN:
        return json_pack("{s:s, s:I, s:o, s:s, s:I}", "what", "queues",
                         "adapter", (json_int_t)m->queues.adapter, "domains",
                         json_of_set(&m->queues.domains), "to",
                         effect_turn_word(m), "resets",
                         (json_int_t)m->queues.times);
    }
    return json;
}

static json_t *
order_json(const struct host *host)
{
    json_t *list = json_array();

    for (size_t i = 0; i < host->change->n_moments; i++)
        (void)json_array_append_new(
            list, moment_json(host, &host->change->moments[i]));
    return list;
}

/* Of the engine, of the hardware behind it, or of a device. */
static bool
anything_changes(const struct host *host)
{
    const struct vap_change *c = host->change;
    const struct vap_bus *was = &host->engine->bus;

    return !devices_idle(host) || !vap_mask_empty(&c->cold) ||
           !vap_matrix_equal(&c->bus.hardware.ids, &was->hardware.ids) ||
           !vap_mask_equal(&c->bus.apmask, &was->apmask) ||
           !vap_mask_equal(&c->bus.aqmask, &was->aqmask) ||
           c->bus.no_autoprobe != was->no_autoprobe;
}

json_t *
effect_json(const struct host *host)
{
    return json_pack("{s:b, s:o, s:o, s:o, s:o}", "changes",
                     anything_changes(host), "mdevs", mdevs_json(host),
                     "bindings", bindings_json(host), "resets",
                     resets_json(host->change), "order", order_json(host));
}
