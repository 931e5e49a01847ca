/* SPDX-License-Identifier: MIT */
/* Which mdevs and masks a plan has to do with, what they become, and what
 * each move of theirs costs: asked of the engine, one target at a time, on a
 * copy where all others hold nothing. */
#include "planner/target.h"

#include "base/auto.h"
#include "host/refusal.h"

#include <errno.h>

void
problem_done(struct problem *p)
{
    host_free(p->goal);
    free(p->targets);
}

static int
could_not(struct plan *plan, const char *format, const char *a, const char *b)
{
    return asprintf(&plan->reason, format, a, b) < 0 ? -ENOMEM : 1;
}

/* ---- masks */

static void
find_mask(struct problem *p, int which, bool has, struct vap_mask to)
{
    const struct vap_bus *bus = &p->host->engine->bus;
    struct mask_change *m = &p->mask[which];

    m->from = which == APMASK ? bus->apmask : bus->aqmask;
    m->to = has ? to : m->from;
    m->cleared = vap_mask_and(m->from, m->to);
    m->set = vap_mask_less(m->to, m->from);
}

/* The coarse veto is of ids that are newly set, whatever the other mask
 * holds; the exact one of what is newly reserved. */
struct vap_mask
target_blocks(const struct problem *p, int mask, const struct vap_matrix *m)
{
    const struct vap_mask *own = mask == APMASK ? &m->adapters : &m->domains;
    const struct vap_mask *other = mask == APMASK ? &m->domains : &m->adapters;

    if (p->coarse ? vap_mask_empty(other)
                  : !vap_mask_meets(other, &p->mask[!mask].to))
        return vap_mask_none();
    return vap_mask_and(*own, p->mask[mask].set);
}

/* ---- mdevs */

/** By slot: what is said of the mdev. */
struct said {
    const struct wanted_mdev *mdev; /* NULL: nothing */
    bool removed;
};

static int
find_said(struct problem *p, const struct wanted *wanted, struct said **out)
{
    struct said *said;
    uint32_t slot;

    for (size_t i = 0; i < wanted->n_mdevs; i++)
        if (host_slot(p->host, wanted->mdevs[i].name) == NAMES_NONE)
            return -ENOMEM;
    said = calloc(p->host->engine->n_slots + 1, sizeof(*said));
    if (!said)
        return -ENOMEM;
    for (size_t i = 0; i < wanted->n_mdevs; i++)
        said[host_slot(p->host, wanted->mdevs[i].name)].mdev =
            &wanted->mdevs[i];
    for (size_t i = 0; i < wanted->n_removed; i++) {
        slot = host_mdev(p->host, wanted->removed[i]);
        if (slot != NAMES_NONE)
            said[slot].removed = true;
    }
    *out = said;
    return 0;
}

/* Would a kernel want something given up that is to be kept? */
static bool
steps_aside(const struct problem *p, const struct vap_matrix *kept)
{
    struct vap_mask adapters = target_blocks(p, APMASK, kept);
    struct vap_mask domains = target_blocks(p, AQMASK, kept);

    return p->coarse &&
           (!vap_mask_empty(&adapters) || !vap_mask_empty(&domains));
}

static int
find_target(struct problem *p, const struct wanted *wanted,
            const struct said *said, uint32_t slot, struct plan *plan)
{
    const struct vap_mdev *m = &p->host->slots[slot];
    const struct wanted_mdev *w = said[slot].mdev;
    struct target *t = &p->targets[p->n];

    if (!m->exists && !w)
        return 0;
    *t = (struct target){ .slot = slot, .from = m->matrix, .to = m->matrix };
    t->made = !m->exists;
    t->goes = !w && (wanted->others_go || said[slot].removed);
    if (w)
        t->to = w->matrix;
    if (t->goes)
        t->to = (struct vap_matrix){ 0 };
    if (t->goes && m->vm)
        return could_not(plan, "%s is to be removed, but guest %s has it open",
                         host_mdev_name(p->host, slot),
                         host_vm_name(p->host, m->vm));
    t->open = m->vm;
    t->kept = target_and(&t->from, &t->to);
    t->aside = steps_aside(p, &t->kept);
    p->n +=
        t->made || t->goes || t->aside || !vap_matrix_equal(&t->from, &t->to);
    return 0;
}

int
targets_find(struct problem *p, const struct wanted *wanted, struct plan *plan)
{
    AUTO(free_done) struct said *said = NULL;
    int r = find_said(p, wanted, &said);

    p->wanted = wanted;
    find_mask(p, APMASK, wanted->has_apmask, wanted->apmask);
    find_mask(p, AQMASK, wanted->has_aqmask, wanted->aqmask);
    p->coarse = p->host->engine->kernel != VAP_LINUX_6_12;
    p->targets = calloc(p->host->engine->n_slots + 1, sizeof(*p->targets));
    if (r || !p->targets)
        return -ENOMEM;
    for (uint32_t i = 0; i < p->host->mdevs.n && !r; i++)
        r = find_target(p, wanted, said, i, plan);
    return r;
}

/* ---- the goal */

/* Is there anything left that no order can do? */
static int
passes(void *context, struct host *host)
{
    const struct problem *refused = context;
    AUTO(plan_done) struct plan plan = { 0 };
    AUTO(problem_done)
    struct problem p = { .host = host, .wish = refused->wish, .trial = true };
    int r = targets_find(&p, refused->wanted, &plan);

    return r ? r : targets_goal(&p, &plan);
}

/* In words of people why request was refused, into plan; and what is to be done
 * to the host for all that is wanted to be possible. Returns 1, or -ENOMEM */
static int
refused(struct problem *p, const struct vap_request *request,
        const struct vap_why *why, struct plan *plan)
{
    const struct refusal_trial trial = { p->host, p, passes };

    if (why->verdict == VAP_NO_ROOM)
        return -ENOMEM;
    if (p->trial)
        return 1;
    if (refusal_words(p->goal, request, why, &plan->reason) ||
        refusal_remedy_for(p->goal, request, why, &trial, &plan->remedy))
        return -ENOMEM;
    return 1;
}

static int
do_on_goal(struct problem *p, const struct vap_request *request,
           struct plan *plan)
{
    struct vap_why why;
    enum vap_verdict v = host_plan(p->goal, request, 1, &why);

    if (v != VAP_OK)
        return refused(p, request, &why, plan);
    host_apply(p->goal);
    return 0;
}

static int
write_mask(struct problem *p, int which, struct vap_mask mask,
           struct plan *plan)
{
    struct vap_request r = target_mask(which, mask);

    return do_on_goal(p, &r, plan);
}

static int
write_masks(struct problem *p, struct plan *plan)
{
    int r = write_mask(p, APMASK, p->mask[APMASK].cleared, plan);

    if (!r)
        r = write_mask(p, AQMASK, p->mask[AQMASK].cleared, plan);
    if (!r)
        r = write_mask(p, APMASK, p->mask[APMASK].to, plan);
    return r ? r : write_mask(p, AQMASK, p->mask[AQMASK].to, plan);
}

/* Whoever has to do with it gives up all, the masks are written, and each
 * gets what is wanted: what this refuses no order can do. */
int
targets_goal(struct problem *p, struct plan *plan)
{
    const struct vap_matrix none = { 0 };
    int r = host_copy(p->host, &p->goal);

    for (size_t i = 0; i < p->n && !r; i++) {
        struct target *t = &p->targets[i];
        struct vap_request request = target_config(t, &none);

        if (t->goes || t->made)
            request.op = t->goes ? VAP_REMOVE : VAP_CREATE;
        r = do_on_goal(p, &request, plan);
    }
    if (!r)
        r = write_masks(p, plan);
    for (size_t i = 0; i < p->n && !r; i++) {
        struct vap_request request =
            target_config(&p->targets[i], &p->targets[i].to);

        if (!p->targets[i].goes)
            r = do_on_goal(p, &request, plan);
    }
    return r;
}

/* ---- costs */

/* Updates that the mdev's guest gets of a matrix; the host has it then. */
static int64_t
move_to(struct host *host, const struct target *t, const struct vap_matrix *to)
{
    struct vap_request request = target_config(t, to);
    int64_t updates = 0;
    enum vap_verdict v = host_plan(host, &request, 1, NULL);

    if (v != VAP_OK)
        return v == VAP_NO_ROOM ? -ENOMEM : 0;
    for (uint32_t i = 0; i < host->change->n_effects; i++)
        updates += host->change->effects[i].updates;
    host_apply(host);
    return updates;
}

/* Of an adapter that it has before or after, in any domain that it may have:
 * not one that is kept for the host. */
static bool
has_hole(const struct host *host, const struct target *t)
{
    const struct vap_bus *bus = &host->engine->bus;
    struct vap_mask adapters = vap_mask_or(t->from.adapters, t->to.adapters);

    adapters = vap_mask_and(adapters, bus->config.ids.adapters);
    VAP_EACH (a, &adapters) {
        struct vap_mask domains = bus->config.ids.domains;

        if (vap_mask_has(&bus->apmask, a))
            domains = vap_mask_less(domains, bus->aqmask);
        if (!vap_mask_within(&domains, &host->engine->row[a].sound))
            return true;
    }
    return false;
}

static void
find_between(const struct problem *p, struct target *t)
{
    t->begin = t->from;
    t->end = t->to;
    if (t->lean) {
        t->begin = target_and(&t->from, &p->host->slots[t->slot].guest);
        t->end = target_and(&t->to, &p->goal->slots[t->slot].guest);
    }
    t->low = t->kept = target_and(&t->begin, &t->end);
    t->aside = steps_aside(p, &t->kept);
    t->gap = t->aside && t->open;
}

/** What a way through low costs. */
struct way {
    int64_t missing; /* queues that are to be kept */
    int64_t updates;
};

static int
try_low(const struct problem *p, struct host *scratch, const struct target *t,
        const struct vap_matrix *low, struct way *out)
{
    int64_t begin, down, up;

    scratch->slots[t->slot] = p->host->slots[t->slot];
    begin = move_to(scratch, t, &t->begin);
    down = move_to(scratch, t, low);
    up = move_to(scratch, t, &t->end);
    out->missing =
        (int64_t)vap_mask_count(&t->kept.adapters) *
            vap_mask_count(&t->kept.domains) -
        (int64_t)vap_mask_count(&low->adapters) * vap_mask_count(&low->domains);
    out->updates = begin + down + up;
    return begin < 0 || down < 0 || up < 0 ? -ENOMEM : 0;
}

/* It steps aside by the ids that the masks want, or by all it has of one
 * sort: that may be fewer updates. */
static int
choose_low(const struct problem *p, struct host *scratch, struct target *t,
           struct way *best)
{
    struct vap_matrix lows[] = { t->kept, t->kept, t->kept };
    struct vap_mask adapters = target_blocks(p, APMASK, &t->kept);
    struct vap_mask domains = target_blocks(p, AQMASK, &t->kept);
    int r = try_low(p, scratch, t, &t->kept, best);

    if (r || !t->aside)
        return r;
    lows[0].adapters = vap_mask_less(lows[0].adapters, adapters);
    lows[0].domains = vap_mask_less(lows[0].domains, domains);
    lows[1].adapters = vap_mask_none();
    lows[2].domains = vap_mask_none();
    for (int i = 0; i < 3 && !r; i++) {
        struct way way;

        r = try_low(p, scratch, t, &lows[i], &way);
        if (i > 0 &&
            (way.missing > best->missing ||
             (way.missing == best->missing && way.updates >= best->updates)))
            continue;
        *best = way;
        t->low = lows[i];
    }
    return r;
}

static int
cost_of(const struct problem *p, struct host *scratch, struct target *t)
{
    struct vap_mdev idle = scratch->slots[t->slot];
    struct way way;
    int64_t direct;
    int r;

    t->hole = has_hole(scratch, t);
    if (t->made || t->goes)
        return 0; /* nobody has it open */
    scratch->slots[t->slot] = p->host->slots[t->slot];
    direct = move_to(scratch, t, &t->begin);
    direct += move_to(scratch, t, &t->end);
    r = choose_low(p, scratch, t, &way);
    scratch->slots[t->slot] = idle;
    if (direct < 0 || r)
        return -ENOMEM;
    t->direct = (uint32_t)direct;
    t->split = way.updates > direct ? (uint32_t)(way.updates - direct) : 0;
    return 0;
}

/* As the masks are in between: whatever they hold before or after only is
 * for guests. */
static int
scratch_for(const struct problem *p, struct host **out)
{
    AUTO(host_done) struct host *scratch = NULL;
    const struct vap_matrix none = { 0 };
    int r = host_copy(p->host, &scratch);

    for (size_t i = 0; i < p->n && !r; i++) {
        struct vap_request request = target_config(&p->targets[i], &none);

        if (host_plan(scratch, &request, 1, NULL) == VAP_OK)
            host_apply(scratch);
    }
    for (int i = 0; i < N_MASKS && !r; i++) {
        struct vap_request request = target_mask(i, p->mask[i].cleared);

        if (host_plan(scratch, &request, 1, NULL) == VAP_OK)
            host_apply(scratch);
    }
    *out = TAKE(scratch);
    return r;
}

int
targets_cost(struct problem *p)
{
    AUTO(host_done) struct host *scratch = NULL;
    int r = scratch_for(p, &scratch);

    for (size_t i = 0; i < p->n && !r; i++) {
        find_between(p, &p->targets[i]);
        r = cost_of(p, scratch, &p->targets[i]);
    }
    return r;
}

static unsigned
count_missing(const struct vap_matrix *keep, const struct vap_matrix *guest)
{
    struct vap_matrix has = target_and(keep, guest);

    return vap_mask_count(&keep->adapters) * vap_mask_count(&keep->domains) -
           vap_mask_count(&has.adapters) * vap_mask_count(&has.domains) +
           vap_mask_count(&keep->control) - vap_mask_count(&has.control);
}

int
targets_way(const struct problem *p, const struct target *t,
            const struct vap_matrix *at, unsigned n, uint32_t *updates,
            unsigned row, uint32_t *missing)
{
    AUTO(host_done) struct host *scratch = NULL;
    const struct vap_mdev *own = &p->host->slots[t->slot];
    struct vap_matrix keep =
        target_and(&own->guest, &p->goal->slots[t->slot].guest);

    if (t->made || t->goes)
        return 0;
    if (scratch_for(p, &scratch))
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++) {
        struct vap_mdev here;

        scratch->slots[t->slot] = *own;
        if (i && move_to(scratch, t, &at[i]) < 0)
            return -ENOMEM;
        here = scratch->slots[t->slot];
        missing[i] = own->vm ? count_missing(&keep, &here.guest) : 0;
        for (unsigned k = 0; k < n; k++) {
            int64_t cost;

            scratch->slots[t->slot] = here;
            cost = move_to(scratch, t, &at[k]);
            if (cost < 0)
                return -ENOMEM;
            updates[i * row + k] = (uint32_t)cost;
        }
    }
    return 0;
}
