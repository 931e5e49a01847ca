/* SPDX-License-Identifier: MIT */
#include "host/host_rule.h"

#include <errno.h>

/* What guests have follows from the state; the past is forgotten. */
static int
forget(struct host *host)
{
    const struct vap_request look_again = { .op = VAP_LOOK_AGAIN };

    for (uint32_t i = 0; i < host->engine->n_slots; i++)
        host->slots[i].guest = host->slots[i].apcb = (struct vap_matrix){ 0 };
    return host_do(host, &look_again, NULL) == VAP_OK ? 0 : -ENOMEM;
}

int
host_use_rule(struct host *host, const struct vap_rule *rule,
              enum vap_kernel kernel)
{
    bool same = rule == host->engine->rule;

    if (rule->kernel >= 0)
        kernel = (enum vap_kernel)rule->kernel;
    if (kernel == VAP_LINUX_6_12 && host->engine->bus.n_overrides)
        return -EINVAL;
    host->engine->rule = rule;
    host->engine->kernel = kernel;
    return same ? 0 : forget(host);
}
