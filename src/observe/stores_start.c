/* SPDX-License-Identifier: MIT */
#include "observe/stores_start.h"

#include "host/refusal.h"

#include <errno.h>

/* One request; 1 when it is refused, with the reason. */
static int
ask(struct host *host, const struct vap_request *r, struct stores_outcome *out)
{
    struct vap_why why;

    out->verdict = host_do(host, r, &why);
    if (out->verdict == VAP_OK)
        return 0;
    return refusal_words(host, r, &why, &out->reason) ? -ENOMEM : 1;
}

static int
write_steps(struct host *host, const struct stores_definition *d, uint32_t slot,
            struct stores_outcome *out)
{
    int r = 0;

    for (size_t i = 0; i < d->n && !r; i++) {
        struct vap_request request = d->steps[i].request;

        request.mdev = slot;
        out->step = &d->steps[i];
        out->verdict = d->steps[i].verdict;
        if (out->verdict == VAP_OK)
            r = ask(host, &request, out);
        else if (asprintf(&out->reason, "%s: the kernel does not take that",
                          d->steps[i].text) < 0)
            r = -ENOMEM;
        else
            r = 1;
    }
    return r;
}

int
stores_start(struct host *host, const struct stores_definition *d,
             struct stores_outcome *out)
{
    uint32_t slot = host_slot(host, d->name);
    struct vap_request create = { .op = VAP_CREATE, .mdev = slot };
    struct vap_request remove = { .op = VAP_REMOVE, .mdev = slot };
    int r;

    *out = (struct stores_outcome){ .tried = true };
    if (slot == NAMES_NONE)
        return -ENOMEM;
    r = ask(host, &create, out);
    if (r)
        return r < 0 ? r : 0;
    r = write_steps(host, d, slot, out);
    if (r)
        (void)host_do(host, &remove, NULL);
    return r < 0 ? r : 0;
}

struct vap_matrix
stores_boot_masks(const struct host *host, const struct stores *stores)
{
    const struct vap_bus *bus = &host->engine->bus;

    return (struct vap_matrix){
        stores->has_apmask ? stores->apmask : bus->boot_apmask,
        stores->has_aqmask ? stores->aqmask : bus->boot_aqmask,
        vap_mask_none(),
    };
}

int
stores_boot(const struct host *host, const struct stores *stores,
            struct host **out)
{
    const struct vap_matrix masks = stores_boot_masks(host, stores);
    const struct host_boot boot = {
        .rule = host->engine->rule,
        .kernel = host->engine->kernel,
        .config = host->engine->bus.hardware,
        .apmask = masks.adapters,
        .aqmask = masks.domains,
    };

    return host_new(&boot, out);
}

static void
turn(struct vap_mask *mask, const struct vap_request *r, bool in)
{
    if (r->id >= VAP_IDS)
        return;
    if (in)
        vap_mask_add(mask, (unsigned)r->id);
    else
        vap_mask_drop(mask, (unsigned)r->id);
}

struct vap_matrix
stores_matrix(const struct stores_definition *d)
{
    struct vap_matrix m = { 0 };

    for (size_t i = 0; i < d->n; i++) {
        const struct vap_request *r = &d->steps[i].request;

        if (d->steps[i].verdict != VAP_OK)
            continue;
        if (r->op == VAP_AP_CONFIG)
            m = r->matrix;
        else if (r->op == VAP_ASSIGN_ADAPTER || r->op == VAP_UNASSIGN_ADAPTER)
            turn(&m.adapters, r, r->op == VAP_ASSIGN_ADAPTER);
        else if (r->op == VAP_ASSIGN_DOMAIN || r->op == VAP_UNASSIGN_DOMAIN)
            turn(&m.domains, r, r->op == VAP_ASSIGN_DOMAIN);
        else
            turn(&m.control, r, r->op == VAP_ASSIGN_CONTROL);
    }
    return m;
}
