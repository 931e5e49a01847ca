/* SPDX-License-Identifier: MIT */
/* What is asked of the bus: drivers, masks, what hardware there is, how it
 * fails. */
#include "model/requests.h"

#include <string.h>

#include "model/rules.h"

static void
edit_set(struct model_set *set, const struct vap_edit *edit)
{
    struct model_set clear;
    struct model_set add;

    model_set_of(&clear, &edit->clear);
    model_set_of(&add, &edit->set);
    for (unsigned id = 0; id < 256; id++)
        set->has[id] = add.has[id] || (set->has[id] && !clear.has[id]);
}

static bool
same_set(const struct model_set *a, const struct model_set *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

bool
model_kept(const struct model *m, unsigned a, unsigned d)
{
    return m->apmask.has[a] && m->aqmask.has[d];
}

/* The driver that may have the queue. */
static enum vap_driver
rightful(const struct model *m, unsigned a, unsigned d)
{
    if (m->queue[a][d].override != VAP_NO_DRIVER)
        return m->queue[a][d].override;
    return model_kept(m, a, d) ? VAP_DEFAULT : VAP_VFIO_AP;
}

static void
attach(struct model *m, unsigned a, unsigned d, enum vap_driver driver)
{
    if (driver == VAP_OTHER_DRIVER) /* a name that no driver has */
        return;
    m->queue[a][d].driver = driver;
    if (driver == VAP_VFIO_AP) {
        m->queue[a][d].reset_rc = 0;
        rules_bound(m, a, d);
    }
}

static void
detach(struct model *m, unsigned a, unsigned d)
{
    if (m->queue[a][d].driver == VAP_VFIO_AP)
        rules_releasing(m, a, d);
    m->queue[a][d].driver = VAP_NO_DRIVER;
}

static enum vap_verdict
ask_bind(struct model *m, const struct vap_request *r)
{
    unsigned a = r->apqn / 256;
    unsigned d = r->apqn % 256;
    const struct model_queue *q = &m->queue[a][d];

    if (!q->present)
        return VAP_NO_QUEUE;
    if (q->driver != VAP_NO_DRIVER)
        return VAP_BOUND;
    if (rightful(m, a, d) != r->driver || r->driver == VAP_OTHER_DRIVER)
        return VAP_FORBIDDEN;
    attach(m, a, d, r->driver);
    return VAP_OK;
}

static enum vap_verdict
ask_unbind(struct model *m, const struct vap_request *r)
{
    const struct model_queue *q = &m->queue[r->apqn / 256][r->apqn % 256];

    if (!q->present)
        return VAP_NO_QUEUE;
    if (q->driver == VAP_NO_DRIVER || q->driver != r->driver)
        return VAP_NOT_BOUND;
    detach(m, r->apqn / 256, r->apqn % 256);
    return VAP_OK;
}

static enum vap_verdict
ask_probe(struct model *m, const struct vap_request *r)
{
    unsigned a = r->apqn / 256;
    unsigned d = r->apqn % 256;

    if (!m->queue[a][d].present)
        return VAP_NO_QUEUE;
    if (m->queue[a][d].driver == VAP_NO_DRIVER)
        attach(m, a, d, rightful(m, a, d));
    return VAP_OK;
}

static enum vap_verdict
ask_override(struct model *m, const struct vap_request *r)
{
    struct model_queue *q = &m->queue[r->apqn / 256][r->apqn % 256];

    if (m->old || !q->present)
        return VAP_NO_ATTRIBUTE;
    if (m->masks_written)
        return VAP_MASKED;
    if (q->override != VAP_NO_DRIVER)
        m->n_overrides--;
    q->override = r->driver;
    if (q->override != VAP_NO_DRIVER)
        m->n_overrides++;
    return VAP_OK;
}

/* What both masks keep goes to the default driver, what they do not and is
 * the default driver's goes to vfio_ap; the oldest queues first. */
static void
rebind(struct model *m)
{
    for (unsigned age = 0; age <= m->scans; age++)
        for (unsigned a = 0; a < m->n_adapters; a++)
            for (unsigned d = 0; d < m->n_domains; d++) {
                const struct model_queue *q = &m->queue[a][d];

                if (q->present && q->born == age &&
                    (q->driver == VAP_DEFAULT) != model_kept(m, a, d)) {
                    detach(m, a, d);
                    attach(m, a, d, rightful(m, a, d));
                }
            }
}

static bool
all_ones(const struct model_set *set)
{
    for (unsigned id = 0; id < 256; id++)
        if (!set->has[id])
            return false;
    return true;
}

/* Newly reserved ids against what mdevs have: on 6.12 of what the other mask
 * keeps, on 7.2 of anything. */
static bool
in_use(struct model *m, const struct model_set *mask,
       const struct model_set *to)
{
    struct model_set new;
    struct model_set other = mask == &m->apmask ? m->aqmask : m->apmask;

    for (unsigned id = 0; id < 256; id++) {
        new.has[id] = to->has[id] && !mask->has[id];
        if (!m->old)
            other.has[id] = true;
    }
    if (mask == &m->apmask)
        mdevs_find_shared(m, &new, &other, MODEL_MDEVS);
    else
        mdevs_find_shared(m, &other, &new, MODEL_MDEVS);
    return m->n_reasons > 0;
}

static enum vap_verdict
ask_mask(struct model *m, struct model_set *mask, const struct vap_edit *edit)
{
    struct model_set to = *mask;

    edit_set(&to, edit);
    if (m->n_overrides)
        return VAP_OVERRIDDEN;
    if (same_set(mask, &to))
        return VAP_OK;
    if (in_use(m, mask, &to))
        return VAP_IN_USE;
    *mask = to;
    m->masks_written = !all_ones(&m->apmask) || !all_ones(&m->aqmask);
    rebind(m);
    return VAP_OK;
}

static enum vap_verdict
ask_hardware(struct model *m, const struct vap_request *r)
{
    struct model_ids to = m->hardware;

    edit_set(&to.adapters, &r->edit.adapters);
    edit_set(&to.domains, &r->edit.domains);
    edit_set(&to.control, &r->edit.control);
    m->limit = m->n_adapters - 1;
    if (model_beyond(&to.adapters, m->n_adapters))
        return VAP_NO_SUCH_ID;
    m->limit = m->n_domains - 1;
    if (model_beyond(&to.domains, m->n_domains) ||
        model_beyond(&to.control, m->n_domains))
        return VAP_NO_SUCH_ID;
    m->hardware = to;
    return VAP_OK;
}

static void
lose(struct model_set *lost, const struct model_set *was,
     const struct model_set *is)
{
    for (unsigned id = 0; id < 256; id++)
        lost->has[id] = was->has[id] && !is->has[id];
}

static void
scan_queue(struct model *m, unsigned a, unsigned d)
{
    struct model_queue *q = &m->queue[a][d];
    bool wanted = m->config.adapters.has[a] && m->config.domains.has[d];

    if (q->present && !wanted) {
        detach(m, a, d);
        q->present = false;
        q->override = VAP_NO_DRIVER;
    } else if (!q->present && wanted) {
        q->present = true;
        q->born = m->scans;
        if (!m->no_autoprobe)
            attach(m, a, d, rightful(m, a, d));
    }
}

void
bus_scan_queues(struct model *m)
{
    for (unsigned a = 0; a < m->n_adapters; a++)
        for (unsigned d = 0; d < m->n_domains; d++)
            scan_queue(m, a, d);
}

static enum vap_verdict
ask_scan(struct model *m)
{
    struct model_ids lost;

    if (memcmp(&m->hardware, &m->config, sizeof(m->config)) == 0)
        return VAP_OK;
    lose(&lost.adapters, &m->config.adapters, &m->hardware.adapters);
    lose(&lost.domains, &m->config.domains, &m->hardware.domains);
    lose(&lost.control, &m->config.control, &m->hardware.control);
    lose(&m->gained.adapters, &m->hardware.adapters, &m->config.adapters);
    lose(&m->gained.domains, &m->hardware.domains, &m->config.domains);
    lose(&m->gained.control, &m->hardware.control, &m->config.control);
    rules_config_changed(m, &lost);
    m->config = m->hardware;
    m->scans++;
    bus_scan_queues(m);
    rules_scan_complete(m);
    memset(&m->gained, 0, sizeof(m->gained));
    return VAP_OK;
}

static enum vap_verdict
ask_host(struct model *m, const struct vap_request *r)
{
    enum vap_verdict v = ask_hardware(m, r);

    return v == VAP_OK ? ask_scan(m) : v;
}

static enum vap_verdict
ask_state(struct model *m, const struct vap_request *r)
{
    m->limit = m->n_adapters - 1;
    if (r->op == VAP_CARD_STATE && r->id >= m->n_adapters)
        return VAP_NO_SUCH_ID;
    if (r->rc != 0 && r->rc != 3 && r->rc != 4)
        return VAP_INVALID;
    if (r->op == VAP_QUEUE_STATE)
        m->queue[r->apqn / 256][r->apqn % 256].state = r->rc;
    else
        for (unsigned d = 0; d < 256; d++)
            m->queue[r->id][d].state = r->rc;
    return VAP_OK;
}

static enum vap_verdict
ask_fail(struct model *m, const struct vap_request *r)
{
    struct model_queue *q = &m->queue[r->apqn / 256][r->apqn % 256];

    if (r->op == VAP_FAIL_RESET) {
        q->zapq_rc = r->rc;
        q->zapq_n = r->times;
    } else {
        q->tapq_rc = r->rc;
        q->tapq_n = r->times;
    }
    return VAP_OK;
}

enum vap_verdict
bus_ask(struct model *m, const struct vap_request *r)
{
    switch ((int)r->op) {
    case VAP_APMASK:
        return ask_mask(m, &m->apmask, &r->edit.adapters);
    case VAP_AQMASK:
        return ask_mask(m, &m->aqmask, &r->edit.domains);
    case VAP_BIND:
        return ask_bind(m, r);
    case VAP_UNBIND:
        return ask_unbind(m, r);
    case VAP_PROBE:
        return ask_probe(m, r);
    case VAP_OVERRIDE:
        return ask_override(m, r);
    case VAP_HARDWARE:
        return ask_hardware(m, r);
    case VAP_SCAN:
        return ask_scan(m);
    case VAP_HOST:
        return ask_host(m, r);
    case VAP_CARD_STATE:
    case VAP_QUEUE_STATE:
        return ask_state(m, r);
    case VAP_FAIL_RESET:
    case VAP_FAIL_TEST:
        return ask_fail(m, r);
    case VAP_LOOK_AGAIN:
        rules_look_again(m);
        return VAP_OK;
    case VAP_AUTOPROBE:
        m->no_autoprobe = r->id == 0;
        return VAP_OK;
    default:
        return mdevs_ask(m, r);
    }
}
