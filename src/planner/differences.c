/* SPDX-License-Identifier: MIT */
#include "planner/planner.h"

#include "base/auto.h"

#include <errno.h>

struct list {
    struct plan_difference *items;
    int n;
};

static void
put(struct list *list, struct plan_difference d)
{
    list->items[list->n++] = d;
}

static void
compare_masks(const struct host *host, const struct wanted *w,
              struct list *list)
{
    const struct vap_bus *bus = &host->engine->bus;

    if (w->has_apmask && !vap_mask_equal(&w->apmask, &bus->apmask))
        put(list, (struct plan_difference){ .kind = PLAN_APMASK,
                                            .wanted.adapters = w->apmask,
                                            .found.adapters = bus->apmask });
    if (w->has_aqmask && !vap_mask_equal(&w->aqmask, &bus->aqmask))
        put(list, (struct plan_difference){ .kind = PLAN_AQMASK,
                                            .wanted.domains = w->aqmask,
                                            .found.domains = bus->aqmask });
}

static void
compare_mdev(const struct host *host, const struct wanted_mdev *w,
             struct list *list)
{
    uint32_t slot = host_mdev(host, w->name);
    struct plan_difference d = { .kind = PLAN_MATRIX,
                                 .mdev = w->name,
                                 .wanted = w->matrix };

    if (slot == NAMES_NONE)
        d.kind = PLAN_ABSENT;
    else
        d.found = host->slots[slot].matrix;
    if (slot == NAMES_NONE || !vap_matrix_equal(&d.wanted, &d.found))
        put(list, d);
}

/* By slot: is it not wanted? */
static void
mark_unwanted(const struct host *host, const struct wanted *w, bool *unwanted)
{
    for (uint32_t i = 0; i < host->engine->n_slots; i++)
        unwanted[i] = w->others_go && host->slots[i].exists;
    for (size_t i = 0; i < w->n_mdevs; i++) {
        uint32_t slot = host_mdev(host, w->mdevs[i].name);

        if (slot != NAMES_NONE)
            unwanted[slot] = false;
    }
    for (size_t i = 0; i < w->n_removed; i++) {
        uint32_t slot = host_mdev(host, w->removed[i]);

        if (slot != NAMES_NONE)
            unwanted[slot] = true;
    }
}

int
plan_differences(const struct host *host, const struct wanted *wanted,
                 struct plan_difference **out)
{
    uint32_t n_slots = host->engine->n_slots;
    AUTO(free_done) bool *unwanted = calloc(n_slots + 1, sizeof(*unwanted));
    struct list list = { 0 };

    list.items = calloc(2 + wanted->n_mdevs + n_slots + 1, sizeof(*list.items));
    if (!unwanted || !list.items) {
        free(list.items);
        return -ENOMEM;
    }
    compare_masks(host, wanted, &list);
    for (size_t i = 0; i < wanted->n_mdevs; i++)
        compare_mdev(host, &wanted->mdevs[i], &list);
    mark_unwanted(host, wanted, unwanted);
    for (uint32_t i = 0; i < n_slots; i++)
        if (unwanted[i])
            put(&list,
                (struct plan_difference){ .kind = PLAN_PRESENT,
                                          .mdev = host_mdev_name(host, i),
                                          .found = host->slots[i].matrix });
    *out = list.items;
    return list.n;
}
