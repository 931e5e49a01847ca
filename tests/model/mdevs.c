/* SPDX-License-Identifier: MIT */
/* What is asked of an mdev: its matrix, its guest, that it is there. */
#include "model/requests.h"

#include <string.h>

#include "model/rules.h"

static void
add_reason(struct model *m, unsigned a, unsigned d, uint32_t holder,
           bool by_driver)
{
    if (m->n_reasons < MODEL_REASONS)
        m->reasons[m->n_reasons++] =
            (struct model_reason){ (uint16_t)(a * 256 + d), holder, by_driver };
}

/* Queues of the product that mdevs other than one have. */
void
mdevs_find_shared(struct model *m, const struct model_set *adapters,
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
    mdevs_find_shared(m, &wanted->adapters, &wanted->domains, i);
    return m->n_reasons ? VAP_SHARED : VAP_OK;
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

    model_ids_of(&wanted, &r->matrix);

    enum vap_verdict v = validate(m, r->mdev, &wanted);

    if (v != VAP_OK)
        return v;
    m->limit = mdev->last_adapter;
    if (model_beyond(&wanted.adapters, mdev->last_adapter + 1))
        return VAP_NO_SUCH_ID;
    m->limit = mdev->last_domain;
    if (model_beyond(&wanted.domains, mdev->last_domain + 1) ||
        model_beyond(&wanted.control, mdev->last_domain + 1))
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

enum vap_verdict
mdevs_ask(struct model *m, const struct vap_request *r)
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
