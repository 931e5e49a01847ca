/* SPDX-License-Identifier: MIT */
/* A list of requests is carried out on a view of the host, as one change:
 * all of them or none, and the host itself only ever by vap_apply(). */
#include "matrix/ops.h"
#include "matrix/reserve.h"
#include "matrix/rule.h"
#include "matrix/view.h"

static vap_op_function *const carry_out[VAP_OPS] = {
    [VAP_ASSIGN_ADAPTER] = op_assign,
    [VAP_UNASSIGN_ADAPTER] = op_unassign,
    [VAP_ASSIGN_DOMAIN] = op_assign,
    [VAP_UNASSIGN_DOMAIN] = op_unassign,
    [VAP_ASSIGN_CONTROL] = op_assign,
    [VAP_UNASSIGN_CONTROL] = op_unassign,
    [VAP_AP_CONFIG] = op_ap_config,
    [VAP_CREATE] = op_create,
    [VAP_REMOVE] = op_remove,
    [VAP_OPEN_MDEV] = op_open,
    [VAP_CLOSE_MDEV] = op_close,
    [VAP_RESET_MDEV] = op_reset,
    [VAP_APMASK] = op_apmask,
    [VAP_AQMASK] = op_aqmask,
    [VAP_BIND] = op_bind,
    [VAP_UNBIND] = op_unbind,
    [VAP_PROBE] = op_probe,
    [VAP_OVERRIDE] = op_override,
    [VAP_HARDWARE] = op_hardware,
    [VAP_SCAN] = op_scan,
    [VAP_HOST] = op_host,
    [VAP_CARD_STATE] = op_card_state,
    [VAP_QUEUE_STATE] = op_queue_state,
    [VAP_FAIL_RESET] = op_fail,
    [VAP_FAIL_TEST] = op_fail,
    [VAP_LOOK_AGAIN] = op_look_again,
    [VAP_AUTOPROBE] = op_autoprobe,
};

/* Not done, and yet something happened. */
static bool
happens(enum vap_verdict v)
{
    return v == VAP_OK || v == VAP_HELD || v == VAP_RESET_FAILED;
}

/* A guest hears of a change once, however many steps it took, and not at all
 * when its APCB ends as it began. One that has left is cleared, whoever has
 * come in its place. */
static void
count_once(struct vap_change *c)
{
    for (uint32_t i = 0; i < c->n_effects; i++) {
        struct vap_effect *e = &c->effects[i];
        const struct vap_mdev *was = &c->host->mdevs[e->mdev];
        bool same = was->vm == e->now.vm;
        bool told = same ? !vap_matrix_equal(&was->apcb, &e->now.apcb)
                         : !vap_matrix_empty(&e->now.apcb);

        e->updates = told && e->now.vm;
        e->clears = !same && !vap_matrix_empty(&was->apcb);
    }
}

static enum vap_verdict
finish(struct vap_change *c, enum vap_verdict v)
{
    if (c->host->rule->settle)
        c->host->rule->settle(c);
    if (!c->each)
        count_once(c);
    view_prune(c);
    view_moments_once(c);
    return c->full ? VAP_NO_ROOM : v;
}

enum vap_verdict
vap_plan(const struct vap_host *host, const struct vap_request *list, size_t n,
         struct vap_change *change, struct vap_why *why)
{
    struct vap_why ignored;
    enum vap_verdict v = VAP_OK;

    why = why ? why : &ignored;
    *why = (struct vap_why){ .holder = host->n_slots };
    view_begin(change, host);
    change->each = n == 1 && host->rule->counts_each;
    for (size_t i = 0; i < n && v == VAP_OK; i++) {
        why->request = i;
        change->owner_row = VAP_IDS;
        v = list[i].op < VAP_OPS ? carry_out[list[i].op](change, &list[i], why)
                                 : VAP_INVALID;
    }
    if (happens(v) && (v == VAP_OK || n == 1))
        v = finish(change, v);
    why->verdict = v;
    if (!happens(v) || (v != VAP_OK && n > 1))
        view_drop(change);
    return v;
}

bool
vap_why_next(const struct vap_host *host, const struct vap_request *request,
             struct vap_change *scratch, struct vap_why *why)
{
    view_begin(scratch, host);

    struct vap_contest t = contest_of(scratch, request);

    if (why->verdict == VAP_RESERVED)
        return reserve_next(scratch, &t.adapters, &t.domains, why->apqn + 1u,
                            why);
    if (why->verdict != VAP_SHARED && why->verdict != VAP_IN_USE)
        return false;
    t.next_mdev = why->holder;
    t.next_apqn = why->apqn + 1u;
    return contest_next(scratch, &t, why);
}
