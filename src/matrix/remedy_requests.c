/* SPDX-License-Identifier: MIT */
/* What a remedy is to be done with: an action is a request, or two or three
 * that go together. */
#include "matrix/remedy.h"

static struct vap_request
request_of(const struct vap_action *a)
{
    static const enum vap_op ops[] = {
        [VAP_ACT_SCAN] = VAP_SCAN,
        [VAP_ACT_HOST_ADAPTER] = VAP_HOST,
        [VAP_ACT_HOST_DOMAIN] = VAP_HOST,
        [VAP_ACT_UNASSIGN_ADAPTER] = VAP_UNASSIGN_ADAPTER,
        [VAP_ACT_UNASSIGN_DOMAIN] = VAP_UNASSIGN_DOMAIN,
        [VAP_ACT_APMASK] = VAP_APMASK,
        [VAP_ACT_AQMASK] = VAP_AQMASK,
        [VAP_ACT_OVERRIDE] = VAP_OVERRIDE,
        [VAP_ACT_BIND] = VAP_BIND,
        [VAP_ACT_ASSIGN_ADAPTER] = VAP_ASSIGN_ADAPTER,
        [VAP_ACT_ASSIGN_DOMAIN] = VAP_ASSIGN_DOMAIN,
        [VAP_ACT_RESET] = VAP_RESET_MDEV,
    };
    struct vap_request r = {
        .op = ops[a->act],
        .mdev = a->mdev,
        .apqn = VAP_APQN(a->adapter, a->domain),
        .driver = VAP_VFIO_AP,
    };
    bool domain =
        a->act == VAP_ACT_UNASSIGN_DOMAIN || a->act == VAP_ACT_ASSIGN_DOMAIN;

    r.id = domain ? a->domain : a->adapter;
    if (a->act == VAP_ACT_APMASK)
        vap_mask_add(&r.edit.adapters.clear, a->adapter);
    if (a->act == VAP_ACT_AQMASK)
        vap_mask_add(&r.edit.domains.clear, a->domain);
    if (a->act == VAP_ACT_HOST_ADAPTER)
        vap_mask_add(&r.edit.adapters.set, a->adapter);
    if (a->act == VAP_ACT_HOST_DOMAIN)
        vap_mask_add(&r.edit.domains.set, a->domain);
    return r;
}

/* An override takes effect when the queue is bound again, and a queue that
 * has a driver is unbound before. */
static size_t
add_action(const struct vap_host *host, const struct vap_action *a,
           struct vap_request *list)
{
    bool binds = a->act == VAP_ACT_OVERRIDE || a->act == VAP_ACT_BIND;
    enum vap_driver driver =
        vap_host_driver(host, VAP_APQN(a->adapter, a->domain));
    size_t n = 0;

    if (a->act == VAP_ACT_OVERRIDE)
        list[n++] = request_of(a);
    if (binds && driver != VAP_NO_DRIVER) {
        list[n] = request_of(a);
        list[n].op = VAP_UNBIND;
        list[n++].driver = (uint8_t)driver;
    }
    list[n] = request_of(a);
    if (binds)
        list[n].op = VAP_BIND;
    return n + 1;
}

/* What the mdev's matrix is when all that has been done. */
static struct vap_matrix
matrix_after(const struct vap_host *host, const struct vap_remedy *remedy)
{
    struct vap_matrix m = host->mdevs[remedy->mdev].matrix;

    for (uint32_t i = 0; i < remedy->n_actions; i++) {
        const struct vap_action *a = &remedy->actions[i];

        if (a->mdev != remedy->mdev)
            continue;
        if (a->act == VAP_ACT_UNASSIGN_ADAPTER)
            vap_mask_drop(&m.adapters, a->adapter);
        if (a->act == VAP_ACT_UNASSIGN_DOMAIN)
            vap_mask_drop(&m.domains, a->domain);
        if (a->act == VAP_ACT_ASSIGN_ADAPTER)
            vap_mask_add(&m.adapters, a->adapter);
        if (a->act == VAP_ACT_ASSIGN_DOMAIN)
            vap_mask_add(&m.domains, a->domain);
    }
    return m;
}

size_t
vap_remedy_requests(const struct vap_host *host,
                    const struct vap_remedy *remedy, struct vap_request *list)
{
    size_t n = 0;

    for (unsigned act = 0; act <= VAP_ACT_RESET; act++)
        for (uint32_t i = 0; i < remedy->n_actions; i++)
            if (remedy->actions[i].act == act)
                n += add_action(host, &remedy->actions[i], &list[n]);
    if (remedy->look)
        list[n++] = (struct vap_request){
            .op = VAP_AP_CONFIG,
            .mdev = remedy->mdev,
            .matrix = matrix_after(host, remedy),
        };
    return n;
}
