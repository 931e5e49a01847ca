/* SPDX-License-Identifier: MIT */
/* A host, and one request after the other; what guests get of it is in
 * rules.c. */
#include "model/model.h"

#include <string.h>

#include "model/requests.h"
#include "model/rules.h"

void
model_set_of(struct model_set *set, const struct vap_mask *mask)
{
    for (unsigned id = 0; id < 256; id++)
        set->has[id] = mask->word[id / 64] >> (63 - id % 64) & 1;
}

void
model_ids_of(struct model_ids *ids, const struct vap_matrix *m)
{
    model_set_of(&ids->adapters, &m->adapters);
    model_set_of(&ids->domains, &m->domains);
    model_set_of(&ids->control, &m->control);
}

bool
model_beyond(const struct model_set *set, unsigned bound)
{
    for (unsigned id = bound; id < 256; id++)
        if (set->has[id])
            return true;
    return false;
}

bool
model_empty(const struct model_set *set)
{
    return !model_beyond(set, 0);
}

/* What is told of one request only. */
static void
forget(struct model *m)
{
    for (unsigned i = 0; i < MODEL_MDEVS; i++)
        m->mdevs[i].updates = m->mdevs[i].clears = 0;
    for (unsigned a = 0; a < m->n_adapters; a++)
        for (unsigned d = 0; d < m->n_domains; d++)
            m->queue[a][d].resets = m->queue[a][d].answers = 0;
    m->n_reasons = 0;
}

enum vap_verdict
model_ask(struct model *m, const struct vap_request *r)
{
    struct model_ids before[MODEL_MDEVS];

    forget(m);
    for (unsigned i = 0; i < MODEL_MDEVS; i++)
        before[i] = m->mdevs[i].apcb;

    enum vap_verdict v = bus_ask(m, r);

    rules_end(m, before);
    return v;
}

void
model_init(struct model *m, enum model_rule rule, bool old,
           const struct vap_config *config, const struct vap_mask *apmask,
           const struct vap_mask *aqmask)
{
    memset(m, 0, sizeof(*m));
    m->rule = rule;
    m->old = old;
    m->n_adapters = config->apxa ? config->last_adapter + 1U : 64;
    m->n_domains = config->apxa ? config->last_domain + 1U : 16;
    model_ids_of(&m->hardware, &config->ids);
    m->config = m->hardware;
    model_set_of(&m->apmask, apmask);
    model_set_of(&m->aqmask, aqmask);
    bus_scan_queues(m);
}
