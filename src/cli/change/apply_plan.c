/* SPDX-License-Identifier: MIT */
/* What vap apply is to do: the steps, what is to last, and what there is
 * before, to go back to. */
#include "cli/change/apply_run.h"

#include "cli/change/lasts.h"
#include "cli/change/wants.h"
#include "cli/frame/out.h"

#include <errno.h>
#include <string.h>

static bool
is_mask(const struct vap_request *r)
{
    return r->op == VAP_APMASK || r->op == VAP_AQMASK;
}

static bool
touches(const struct plan *plan, uint32_t slot)
{
    for (size_t i = 0; i < plan->n; i++)
        if (!is_mask(&plan->steps[i].request) &&
            plan->steps[i].request.mdev == slot)
            return true;
    return false;
}

/* Only those that the plan touches. */
static void
keep_touched(const struct host *host, const struct plan *plan,
             struct wanted *out)
{
    size_t n = 0;

    for (size_t i = 0; i < out->n_mdevs; i++) {
        struct wanted_mdev m = out->mdevs[i];

        if (touches(plan, host_mdev(host, m.name))) {
            out->mdevs[n++] = m;
            continue;
        }
        free(m.name);
        free(m.guest);
    }
    out->n_mdevs = n;
}

/* Masks and mdevs that the plan touches, as they are. */
static int
find_before(const struct host *host, const struct plan *plan,
            struct wanted *out)
{
    int r = wanted_of(host, out);

    if (r)
        return r;
    keep_touched(host, plan, out);
    out->others_go = out->has_apmask = out->has_aqmask = false;
    out->removed = calloc(plan->n + 1, sizeof(*out->removed));
    for (size_t i = 0; i < plan->n && out->removed; i++) {
        const struct vap_request *q = &plan->steps[i].request;

        out->has_apmask |= q->op == VAP_APMASK;
        out->has_aqmask |= q->op == VAP_AQMASK;
        if (q->op != VAP_CREATE)
            continue;
        out->removed[out->n_removed] = strdup(host_mdev_name(host, q->mdev));
        if (!out->removed[out->n_removed++])
            return -ENOMEM;
    }
    return out->removed ? 0 : -ENOMEM;
}

/* What is to last comes below the steps. */
static int
find_lasting(struct apply *a)
{
    int status = a->root ? lasts_find(a->root, a->goal, a->wanted, &a->lasting)
                         : CLI_DONE;

    if (status != CLI_DONE || !a->root)
        return status;
    if (!a->json)
        return lasts_put(&a->lasting);
    (void)json_object_set_new(a->json, "lasting", lasts_json(&a->lasting));
    return a->lasting.reason ? CLI_REFUSED : CLI_DONE;
}

static int
put_plan(struct apply *a)
{
    if (a->wish.json) {
        a->json = wants_json(a->goal, &a->plan);
        return a->json ? CLI_DONE : out_no_memory();
    }
    if (a->plan.reason) {
        wants_put_refusal(&a->plan);
        return CLI_DONE;
    }
    wants_put_summary(&a->plan);
    return wants_put_steps(a->goal, &a->plan);
}

int
apply_find(struct apply *a, bool no_ap_config)
{
    const struct plan_wish wish = { .no_ap_config = no_ap_config };
    int r = plan_make(a->host, a->wanted, &wish, &a->plan);
    int status;

    if (r < 0 || find_before(a->host, &a->plan, &a->before) ||
        host_copy(a->host, &a->goal))
        return out_no_memory();
    status = put_plan(a);
    if (status == CLI_DONE && r == 0)
        status = find_lasting(a);
    return r && status == CLI_DONE ? CLI_REFUSED : status;
}
