/* SPDX-License-Identifier: MIT */
/* The bus and the mdevs; what guests get of it is in rules.c. */
#include "model/model.h"

#include <string.h>

#include "model/rules.h"

void
model_set_of(struct model_set *set, const struct vap_mask *mask)
{
    for (unsigned id = 0; id < 256; id++)
        set->has[id] = mask->word[id / 64] >> (63 - id % 64) & 1;
}

static void
ids_of(struct model_ids *ids, const struct vap_matrix *m)
{
    model_set_of(&ids->adapters, &m->adapters);
    model_set_of(&ids->domains, &m->domains);
    model_set_of(&ids->control, &m->control);
}

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
    if (rightful(m, a, d) != r->driver)
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

static void
add_reason(struct model *m, unsigned a, unsigned d, uint32_t holder,
           bool by_driver)
{
    if (m->n_reasons < MODEL_REASONS)
        m->reasons[m->n_reasons++] =
            (struct model_reason){ (uint16_t)(a * 256 + d), holder, by_driver };
}

/* Queues of the product that mdevs other than one have. */
static void
find_shared(struct model *m, const struct model_set *adapters,
            const struct model_set *domains, uint32_t but)
{
    for (uint32_t i = 0; i < MODEL_MDEVS; i++)
        for (unsigned a = 0; a < m->n_adapters; a++)
            for (unsigned d = 0; d < m->n_domains; d++)
                if (i != but && m->mdevs[i].exists &&
                    m->mdevs[i].matrix.adapters.has[a] &&
                    m->mdevs[i].matrix.domains.has[d] && adapters->has[a] &&
                    domains->has[d])
                    add_reason(m, a, d, i, false);
}

static void
find_reserved(struct model *m, const struct model_set *adapters,
              const struct model_set *domains)
{
    for (unsigned a = 0; a < 256; a++)
        for (unsigned d = 0; d < 256; d++) {
            const struct model_queue *q = &m->queue[a][d];
            bool judged =
                q->override != VAP_NO_DRIVER && q->driver != VAP_NO_DRIVER;

            if (!adapters->has[a] || !domains->has[d])
                continue;
            if (judged ? q->driver == VAP_DEFAULT : model_kept(m, a, d))
                add_reason(m, a, d, 0, judged);
        }
}

/* May mdev i have this matrix? */
static enum vap_verdict
validate(struct model *m, uint32_t i, const struct model_ids *wanted)
{
    find_reserved(m, &wanted->adapters, &wanted->domains);
    if (m->n_reasons)
        return VAP_RESERVED;
    find_shared(m, &wanted->adapters, &wanted->domains, i);
    return m->n_reasons ? VAP_SHARED : VAP_OK;
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
        find_shared(m, &new, &other, MODEL_MDEVS);
    else
        find_shared(m, &other, &new, MODEL_MDEVS);
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

/* Are there ids at or above the bound? */
static bool
beyond(const struct model_set *set, unsigned bound)
{
    for (unsigned id = bound; id < 256; id++)
        if (set->has[id])
            return true;
    return false;
}

static enum vap_verdict
ask_hardware(struct model *m, const struct vap_request *r)
{
    struct model_ids to = m->hardware;

    edit_set(&to.adapters, &r->edit.adapters);
    edit_set(&to.domains, &r->edit.domains);
    edit_set(&to.control, &r->edit.control);
    m->limit = m->n_adapters - 1;
    if (beyond(&to.adapters, m->n_adapters))
        return VAP_NO_SUCH_ID;
    m->limit = m->n_domains - 1;
    if (beyond(&to.domains, m->n_domains) || beyond(&to.control, m->n_domains))
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
    for (unsigned a = 0; a < m->n_adapters; a++)
        for (unsigned d = 0; d < m->n_domains; d++)
            scan_queue(m, a, d);
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

/* Which of the three lists an op is about. */
static struct model_set *
list_of(struct model_ids *ids, enum vap_op op)
{
    if (op == VAP_ASSIGN_ADAPTER || op == VAP_UNASSIGN_ADAPTER)
        return &ids->adapters;
    if (op == VAP_ASSIGN_DOMAIN || op == VAP_UNASSIGN_DOMAIN)
        return &ids->domains;
    return &ids->control;
}

static bool
too_high(struct model *m, const struct model_mdev *mdev,
         const struct vap_request *r)
{
    bool adapter = r->op == VAP_ASSIGN_ADAPTER || r->op == VAP_UNASSIGN_ADAPTER;

    m->limit = adapter ? mdev->last_adapter : mdev->last_domain;
    return r->id > m->limit;
}

static enum vap_verdict
ask_assign(struct model *m, const struct vap_request *r)
{
    struct model_mdev *mdev = &m->mdevs[r->mdev];
    struct model_ids wanted = mdev->matrix;
    bool control = r->op == VAP_ASSIGN_CONTROL;
    enum vap_verdict v = VAP_OK;

    if (too_high(m, mdev, r))
        return VAP_NO_SUCH_ID;
    if (list_of(&wanted, r->op)->has[r->id])
        return VAP_OK;
    list_of(&wanted, r->op)->has[r->id] = true;
    if (!control)
        v = validate(m, r->mdev, &wanted);
    if (v != VAP_OK)
        return v;
    mdev->matrix = wanted;
    rules_assigned(m, mdev, r);
    return VAP_OK;
}

static enum vap_verdict
ask_unassign(struct model *m, const struct vap_request *r)
{
    struct model_mdev *mdev = &m->mdevs[r->mdev];

    if (too_high(m, mdev, r))
        return VAP_NO_SUCH_ID;
    if (!list_of(&mdev->matrix, r->op)->has[r->id])
        return VAP_OK;
    list_of(&mdev->matrix, r->op)->has[r->id] = false;
    rules_unassigned(m, mdev, r);
    return VAP_OK;
}

static enum vap_verdict
ask_config(struct model *m, const struct vap_request *r)
{
    struct model_mdev *mdev = &m->mdevs[r->mdev];
    struct model_ids wanted;
    struct model_ids old = mdev->matrix;

    ids_of(&wanted, &r->matrix);

    enum vap_verdict v = validate(m, r->mdev, &wanted);

    if (v != VAP_OK)
        return v;
    m->limit = mdev->last_adapter;
    if (beyond(&wanted.adapters, mdev->last_adapter + 1))
        return VAP_NO_SUCH_ID;
    m->limit = mdev->last_domain;
    if (beyond(&wanted.domains, mdev->last_domain + 1) ||
        beyond(&wanted.control, mdev->last_domain + 1))
        return VAP_NO_SUCH_ID;
    mdev->matrix = wanted;
    rules_configured(m, mdev, &old);
    return VAP_OK;
}

static enum vap_verdict
ask_create(struct model *m, const struct vap_request *r)
{
    if (r->mdev >= MODEL_MDEVS)
        return VAP_NO_INSTANCE;
    if (m->mdevs[r->mdev].exists)
        return VAP_EXISTS;
    memset(&m->mdevs[r->mdev], 0, sizeof(m->mdevs[0]));
    m->mdevs[r->mdev].exists = true;
    m->mdevs[r->mdev].last_adapter = m->n_adapters - 1;
    m->mdevs[r->mdev].last_domain = m->n_domains - 1;
    return VAP_OK;
}

static void
reset_mdev(struct model *m, const struct model_mdev *mdev)
{
    for (unsigned a = 0; a < m->n_adapters; a++)
        for (unsigned d = 0; d < m->n_domains; d++)
            if (mdev->matrix.adapters.has[a] && mdev->matrix.domains.has[d] &&
                m->queue[a][d].driver == VAP_VFIO_AP)
                model_reset(m, a, d);
}

static enum vap_verdict
ask_remove(struct model *m, const struct vap_request *r)
{
    struct model_mdev *mdev = &m->mdevs[r->mdev];

    if (mdev->vm) {
        rules_remove_held(m, mdev);
        return VAP_HELD;
    }
    reset_mdev(m, mdev);
    memset(mdev, 0, sizeof(*mdev));
    return VAP_OK;
}

static enum vap_verdict
ask_open(struct model *m, const struct vap_request *r)
{
    struct model_mdev *mdev = &m->mdevs[r->mdev];

    if (mdev->vm)
        return VAP_OPEN;
    if (!r->vm)
        return VAP_NO_VM;
    for (uint32_t i = 0; i < MODEL_MDEVS; i++)
        if (m->mdevs[i].vm == r->vm) {
            m->holder = i;
            return VAP_VM_TWICE;
        }
    mdev->vm = r->vm;
    rules_opened(m, mdev);
    return VAP_OK;
}

static enum vap_verdict
ask_close(struct model *m, const struct vap_request *r)
{
    struct model_mdev *mdev = &m->mdevs[r->mdev];

    if (!mdev->vm)
        return VAP_NOT_OPEN;
    rules_closing(m, mdev);
    reset_mdev(m, mdev);
    mdev->vm = 0;
    return VAP_OK;
}

static enum vap_verdict
ask_reset(struct model *m, const struct vap_request *r)
{
    struct model_mdev *mdev = &m->mdevs[r->mdev];

    if (!mdev->vm)
        return VAP_NOT_OPEN;
    reset_mdev(m, mdev);
    for (unsigned a = 0; a < m->n_adapters; a++)
        for (unsigned d = 0; d < m->n_domains; d++)
            if (mdev->matrix.adapters.has[a] && mdev->matrix.domains.has[d] &&
                m->queue[a][d].driver == VAP_VFIO_AP && m->queue[a][d].reset_rc)
                return VAP_RESET_FAILED;
    return VAP_OK;
}

/* Requests of an mdev. */
static enum vap_verdict
ask_mdev(struct model *m, const struct vap_request *r)
{
    if (r->op == VAP_CREATE)
        return ask_create(m, r);
    if (r->mdev >= MODEL_MDEVS || !m->mdevs[r->mdev].exists)
        return VAP_NO_MDEV;
    switch ((int)r->op) {
    case VAP_ASSIGN_ADAPTER:
    case VAP_ASSIGN_DOMAIN:
    case VAP_ASSIGN_CONTROL:
        return ask_assign(m, r);
    case VAP_UNASSIGN_ADAPTER:
    case VAP_UNASSIGN_DOMAIN:
    case VAP_UNASSIGN_CONTROL:
        return ask_unassign(m, r);
    case VAP_AP_CONFIG:
        return ask_config(m, r);
    case VAP_REMOVE:
        return ask_remove(m, r);
    case VAP_OPEN_MDEV:
        return ask_open(m, r);
    case VAP_CLOSE_MDEV:
        return ask_close(m, r);
    default:
        return ask_reset(m, r);
    }
}

static enum vap_verdict
carry_out(struct model *m, const struct vap_request *r)
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
        return ask_mdev(m, r);
    }
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

    enum vap_verdict v = carry_out(m, r);

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
    ids_of(&m->hardware, &config->ids);
    m->config = m->hardware;
    model_set_of(&m->apmask, apmask);
    model_set_of(&m->aqmask, aqmask);
    for (unsigned a = 0; a < m->n_adapters; a++)
        for (unsigned d = 0; d < m->n_domains; d++)
            scan_queue(m, a, d);
}
