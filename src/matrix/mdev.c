/* SPDX-License-Identifier: MIT */
/* What is asked of an mdev. The matrix is written here, after it has been
 * held against masks, bindings and the other mdevs; what its guest gets of
 * it is the rule's to say. Source: Linux vfio_ap_ops.c. */
#include "matrix/ops.h"
#include "matrix/reserve.h"
#include "matrix/rule.h"
#include "matrix/view.h"

static bool
there(const struct vap_change *c, uint32_t mdev)
{
    return mdev < c->host->n_slots && view_mdev(c, mdev)->exists;
}

static enum vap_list
list_of(enum vap_op op)
{
    switch ((int)op) {
    case VAP_ASSIGN_ADAPTER:
    case VAP_UNASSIGN_ADAPTER:
        return VAP_ADAPTERS;
    case VAP_ASSIGN_DOMAIN:
    case VAP_UNASSIGN_DOMAIN:
        return VAP_DOMAINS;
    default:
        return VAP_CONTROL;
    }
}

static struct vap_mask *
mask_of(struct vap_matrix *m, enum vap_list list)
{
    return list == VAP_ADAPTERS  ? &m->adapters
           : list == VAP_DOMAINS ? &m->domains
                                 : &m->control;
}

static enum vap_verdict
in_range(const struct vap_mdev *m, enum vap_list list, uint64_t id,
         struct vap_why *why)
{
    why->limit = list == VAP_ADAPTERS ? m->last_adapter : m->last_domain;
    return id > why->limit ? VAP_NO_SUCH_ID : VAP_OK;
}

/* May the mdev have all queues of this matrix? */
static enum vap_verdict
validate(const struct vap_change *c, const struct vap_request *r,
         struct vap_why *why)
{
    struct vap_contest contest = contest_of(c, r);

    if (reserve_next(c, &contest.adapters, &contest.domains, 0, why))
        return VAP_RESERVED;
    return contest_next(c, &contest, why) ? VAP_SHARED : VAP_OK;
}

enum vap_verdict
op_assign(struct vap_change *c, const struct vap_request *r,
          struct vap_why *why)
{
    enum vap_list list = list_of(r->op);

    if (!there(c, r->mdev))
        return VAP_NO_MDEV;

    struct vap_matrix m = view_mdev(c, r->mdev)->matrix;
    enum vap_verdict v = in_range(view_mdev(c, r->mdev), list, r->id, why);

    if (v != VAP_OK || vap_mask_has(mask_of(&m, list), (unsigned)r->id))
        return v;
    if (list != VAP_CONTROL)
        v = validate(c, r, why);
    if (v != VAP_OK)
        return v;
    vap_mask_add(mask_of(&view_edit_mdev(c, r->mdev)->matrix, list),
                 (unsigned)r->id);
    if (c->host->rule->assigned)
        c->host->rule->assigned(c, r->mdev, list, (unsigned)r->id);
    return VAP_OK;
}

enum vap_verdict
op_unassign(struct vap_change *c, const struct vap_request *r,
            struct vap_why *why)
{
    enum vap_list list = list_of(r->op);

    if (!there(c, r->mdev))
        return VAP_NO_MDEV;

    struct vap_matrix m = view_mdev(c, r->mdev)->matrix;
    enum vap_verdict v = in_range(view_mdev(c, r->mdev), list, r->id, why);

    if (v != VAP_OK || !vap_mask_has(mask_of(&m, list), (unsigned)r->id))
        return v;
    vap_mask_drop(mask_of(&view_edit_mdev(c, r->mdev)->matrix, list),
                  (unsigned)r->id);
    if (c->host->rule->unassigned)
        c->host->rule->unassigned(c, r->mdev, list, (unsigned)r->id);
    return VAP_OK;
}

/* The highest ids are looked at last here, first in assign. */
static enum vap_verdict
fits(const struct vap_mdev *m, const struct vap_matrix *to, struct vap_why *why)
{
    struct vap_mask adapters = vap_mask_up_to(m->last_adapter);
    struct vap_mask domains = vap_mask_up_to(m->last_domain);

    why->limit = m->last_adapter;
    if (!vap_mask_within(&to->adapters, &adapters))
        return VAP_NO_SUCH_ID;
    why->limit = m->last_domain;
    return vap_mask_within(&to->domains, &domains) &&
                   vap_mask_within(&to->control, &domains)
               ? VAP_OK
               : VAP_NO_SUCH_ID;
}

enum vap_verdict
op_ap_config(struct vap_change *c, const struct vap_request *r,
             struct vap_why *why)
{
    if (!there(c, r->mdev))
        return VAP_NO_MDEV;

    enum vap_verdict v = validate(c, r, why);

    if (v == VAP_OK)
        v = fits(view_mdev(c, r->mdev), &r->matrix, why);
    if (v != VAP_OK)
        return v;

    struct vap_matrix old = view_mdev(c, r->mdev)->matrix;

    view_edit_mdev(c, r->mdev)->matrix = r->matrix;
    if (c->host->rule->configured)
        c->host->rule->configured(c, r->mdev, &old);
    return VAP_OK;
}

enum vap_verdict
op_create(struct vap_change *c, const struct vap_request *r,
          struct vap_why *why)
{
    (void)why;
    if (r->mdev >= c->host->n_slots || r->mdev >= VAP_MDEVS)
        return VAP_NO_INSTANCE;
    if (there(c, r->mdev))
        return VAP_EXISTS;
    *view_edit_mdev(c, r->mdev) = (struct vap_mdev){
        .exists = true,
        .last_adapter = (uint8_t)vap_config_last_adapter(&c->bus.config),
        .last_domain = (uint8_t)vap_config_last_domain(&c->bus.config),
    };
    return VAP_OK;
}

static void
reset_mdev(struct vap_change *c, uint32_t mdev)
{
    const struct vap_matrix m = view_mdev(c, mdev)->matrix;

    view_reset_all(c, &m.adapters, &m.domains);
}

enum vap_verdict
op_remove(struct vap_change *c, const struct vap_request *r,
          struct vap_why *why)
{
    (void)why;
    if (!there(c, r->mdev))
        return VAP_NO_MDEV;
    if (view_mdev(c, r->mdev)->vm) {
        if (c->host->rule->remove_held)
            c->host->rule->remove_held(c, r->mdev);
        return VAP_HELD;
    }
    reset_mdev(c, r->mdev);
    if (c->host->rule->removing)
        c->host->rule->removing(c, r->mdev);
    *view_edit_mdev(c, r->mdev) = (struct vap_mdev){ 0 };
    return VAP_OK;
}

static bool
has_mdev(const struct vap_change *c, uint32_t vm, struct vap_why *why)
{
    for (uint32_t i = 0; i < c->host->n_slots; i++)
        if (view_mdev(c, i)->vm == vm) {
            why->holder = i;
            return true;
        }
    return false;
}

enum vap_verdict
op_open(struct vap_change *c, const struct vap_request *r, struct vap_why *why)
{
    if (!there(c, r->mdev))
        return VAP_NO_MDEV;
    if (view_mdev(c, r->mdev)->vm)
        return VAP_OPEN;
    if (!r->vm)
        return VAP_NO_VM;
    if (has_mdev(c, r->vm, why))
        return VAP_VM_TWICE;
    view_edit_mdev(c, r->mdev)->vm = r->vm;
    if (c->host->rule->opened)
        c->host->rule->opened(c, r->mdev);
    return VAP_OK;
}

enum vap_verdict
op_close(struct vap_change *c, const struct vap_request *r, struct vap_why *why)
{
    (void)why;
    if (!there(c, r->mdev))
        return VAP_NO_MDEV;
    if (!view_mdev(c, r->mdev)->vm)
        return VAP_NOT_OPEN;
    if (c->host->rule->closed)
        c->host->rule->closed(c, r->mdev);
    reset_mdev(c, r->mdev);
    view_edit_mdev(c, r->mdev)->vm = 0;
    return VAP_OK;
}

/* A queue whose last reset did not answer 0, 3 and 4 included. */
static bool
any_failed(const struct vap_change *c, const struct vap_matrix *m)
{
    VAP_EACH (a, &m->adapters) {
        const struct vap_row *row = view_row(c, a);
        struct vap_mask odd =
            vap_mask_and(vap_mask_and(row->vfio, row->abnormal), m->domains);

        VAP_EACH (d, &odd)
            if (view_queue(c, a, d)->reset_rc)
                return true;
    }
    return false;
}

enum vap_verdict
op_reset(struct vap_change *c, const struct vap_request *r, struct vap_why *why)
{
    (void)why;
    if (!there(c, r->mdev))
        return VAP_NO_MDEV;
    if (!view_mdev(c, r->mdev)->vm)
        return VAP_NOT_OPEN;
    reset_mdev(c, r->mdev);
    return any_failed(c, &view_mdev(c, r->mdev)->matrix) ? VAP_RESET_FAILED
                                                         : VAP_OK;
}

enum vap_verdict
op_look_again(struct vap_change *c, const struct vap_request *r,
              struct vap_why *why)
{
    (void)r;
    (void)why;
    if (c->host->rule->look_again)
        c->host->rule->look_again(c);
    return VAP_OK;
}
