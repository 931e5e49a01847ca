/* SPDX-License-Identifier: MIT */
/* Moves become steps by being carried out on a copy of the host: the engine
 * says what each costs and who lacks what. */
#include "planner/target.h"

#include "base/auto.h"
#include "host/refusal.h"

#include <errno.h>

struct trial {
    const struct problem *p;
    struct host *host;
    struct plan *plan;
    struct vap_matrix *keep; /* by slot: what its guest has before and after */
    unsigned *missing; /* by slot */
    unsigned lacks; /* all of missing */
    size_t room;
    char **reason;
};

/* ---- what is to be kept */

static unsigned
count_missing(const struct vap_matrix *keep, const struct vap_matrix *guest)
{
    struct vap_matrix has = target_and(keep, guest);

    return vap_mask_count(&keep->adapters) * vap_mask_count(&keep->domains) -
           vap_mask_count(&has.adapters) * vap_mask_count(&has.domains) +
           vap_mask_count(&keep->control) - vap_mask_count(&has.control);
}

static int
find_keep(struct trial *t)
{
    uint32_t n = t->p->host->engine->n_slots;
    const struct host *goal = t->p->goal;

    t->keep = calloc(n + 1, sizeof(*t->keep));
    t->missing = calloc(n + 1, sizeof(*t->missing));
    if (!t->keep || !t->missing)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        if (t->p->host->slots[i].vm)
            t->keep[i] =
                target_and(&t->p->host->slots[i].guest, &goal->slots[i].guest);
    return 0;
}

/* ---- one step */

static struct plan_step *
new_step(struct trial *t)
{
    struct plan *plan = t->plan;

    if (plan->n == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct plan_step *grown =
            realloc(plan->steps, room * sizeof(*plan->steps));

        if (!grown)
            return NULL;
        plan->steps = grown;
        t->room = room;
    }
    plan->steps[plan->n] = (struct plan_step){ 0 };
    return &plan->steps[plan->n++];
}

static uint32_t
count_updates(const struct vap_change *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < c->n_effects; i++)
        n += c->effects[i].updates;
    return n;
}

static void
note_effects(struct trial *t, const struct vap_change *c)
{
    for (uint32_t i = 0; i < c->n_effects; i++) {
        uint32_t slot = c->effects[i].mdev;
        unsigned now = count_missing(&t->keep[slot], &c->effects[i].now.guest);

        t->lacks = t->lacks - t->missing[slot] + now;
        t->missing[slot] = now;
    }
}

static int
say_refused(struct trial *t, const struct vap_request *r,
            const struct vap_why *why)
{
    if (why->verdict == VAP_NO_ROOM)
        return -ENOMEM;
    free(*t->reason);
    *t->reason = NULL;
    return refusal_words(t->host, r, why, t->reason) ? -ENOMEM : 1;
}

static int
do_step(struct trial *t, const struct vap_request *request)
{
    struct vap_why why;
    struct plan_step *step;

    if (host_plan(t->host, request, 1, &why) != VAP_OK)
        return say_refused(t, request, &why);
    step = new_step(t);
    if (!step)
        return -ENOMEM;
    note_effects(t, t->host->change);
    *step = (struct plan_step){ .request = *request,
                                .updates = count_updates(t->host->change),
                                .missing = t->lacks };
    t->plan->updates += step->updates;
    t->plan->gap += t->lacks != 0;
    t->plan->missing += t->lacks;
    host_apply(t->host);
    return 0;
}

/* ---- a matrix */

/** What is to be added to an mdev's matrix, or taken from it. */
static const struct part {
    enum vap_op assign;
    enum vap_op unassign;
    size_t at; /* of the mask in a matrix */
} parts[] = {
    { VAP_ASSIGN_ADAPTER, VAP_UNASSIGN_ADAPTER,
      offsetof(struct vap_matrix, adapters) },
    { VAP_ASSIGN_DOMAIN, VAP_UNASSIGN_DOMAIN,
      offsetof(struct vap_matrix, domains) },
    { VAP_ASSIGN_CONTROL, VAP_UNASSIGN_CONTROL,
      offsetof(struct vap_matrix, control) },
};

static struct vap_mask
mask_at(const struct vap_matrix *m, const struct part *part)
{
    struct vap_mask mask;

    memcpy(&mask, (const char *)m + part->at, sizeof(mask));
    return mask;
}

/* The only id in which they differ, as a request; false when there are more. */
static bool
only_one(uint32_t slot, const struct vap_matrix *from,
         const struct vap_matrix *to, struct vap_request *out)
{
    unsigned n = 0;

    for (size_t i = 0; i < 3; i++) {
        struct vap_mask a = mask_at(from, &parts[i]);
        struct vap_mask b = mask_at(to, &parts[i]);
        struct vap_mask more = vap_mask_less(b, a);
        struct vap_mask less = vap_mask_less(a, b);
        bool adds = !vap_mask_empty(&more);

        n += vap_mask_count(&more) + vap_mask_count(&less);
        if (vap_mask_empty(&more) && vap_mask_empty(&less))
            continue;
        *out = (struct vap_request){
            .op = adds ? parts[i].assign : parts[i].unassign,
            .mdev = slot,
            .id = vap_mask_next(adds ? &more : &less, 0),
        };
    }
    return n == 1;
}

/** What a request would make of a guest. */
struct outcome {
    enum vap_verdict verdict;
    uint32_t updates;
    struct vap_matrix guest;
};

static struct outcome
outcome_of(struct trial *t, const struct vap_request *r)
{
    struct outcome o = { .guest = t->host->slots[r->mdev].guest };
    const struct vap_change *c = t->host->change;

    o.verdict = host_plan(t->host, r, 1, NULL);
    o.updates = count_updates(c);
    for (uint32_t i = 0; i < c->n_effects; i++)
        if (c->effects[i].mdev == r->mdev)
            o.guest = c->effects[i].now.guest;
    return o;
}

/* One id by the file made for it, unless only ap_config has the kernel look
 * at the rest again. */
static int
write_config(struct trial *t, const struct target *target,
             const struct vap_matrix *to)
{
    struct vap_request whole = target_config(target, to);
    struct vap_request one = { 0 };
    struct outcome a, b;

    if (!only_one(target->slot, &t->host->slots[target->slot].matrix, to, &one))
        return do_step(t, &whole);
    a = outcome_of(t, &one);
    b = outcome_of(t, &whole);
    if (a.verdict == VAP_OK && a.updates <= b.updates &&
        vap_matrix_equal(&a.guest, &b.guest))
        return do_step(t, &one);
    return do_step(t, &whole);
}

/* Id by id: what goes before what comes. */
static int
write_ids(struct trial *t, const struct target *target,
          const struct vap_matrix *to, bool assign, const struct part *part)
{
    struct vap_matrix now = t->host->slots[target->slot].matrix;
    struct vap_mask from = mask_at(&now, part);
    struct vap_mask wanted = mask_at(to, part);
    struct vap_mask ids =
        assign ? vap_mask_less(wanted, from) : vap_mask_less(from, wanted);
    int r = 0;

    for (unsigned id = vap_mask_next(&ids, 0); id < VAP_IDS && !r;
         id = vap_mask_next(&ids, id + 1)) {
        struct vap_request request = {
            .op = assign ? part->assign : part->unassign,
            .mdev = target->slot,
            .id = id,
        };

        r = do_step(t, &request);
    }
    return r;
}

static int
write_all_ids(struct trial *t, const struct target *target,
              const struct vap_matrix *to)
{
    int r = 0;

    for (int assign = 0; assign < 2; assign++)
        for (size_t i = 0; i < 3 && !r; i++)
            r = write_ids(t, target, to, assign, &parts[i]);
    return r;
}

/* ---- moves */

static int
do_mask(struct trial *t, const struct move *move)
{
    const struct vap_bus *bus = &t->host->engine->bus;
    struct vap_mask now = move->which == APMASK ? bus->apmask : bus->aqmask;
    struct vap_request r = target_mask((int)move->which, move->mask);
    struct vap_edit edit = { vap_mask_less(now, move->mask),
                             vap_mask_less(move->mask, now) };

    *(move->which == APMASK ? &r.edit.adapters : &r.edit.domains) = edit;
    return vap_mask_equal(&now, &move->mask) ? 0 : do_step(t, &r);
}

static int
do_move(struct trial *t, const struct move *move)
{
    const struct target *target = NULL;
    struct vap_request r = { 0 };

    if (move->kind == MOVE_MASK)
        return do_mask(t, move);
    target = &t->p->targets[move->which];
    r.mdev = target->slot;
    if (move->kind != MOVE_MATRIX) {
        r.op = move->kind == MOVE_CREATE ? VAP_CREATE : VAP_REMOVE;
        return do_step(t, &r);
    }
    if (vap_matrix_equal(&t->host->slots[r.mdev].matrix, &move->matrix))
        return 0;
    return t->p->wish->no_ap_config ? write_all_ids(t, target, &move->matrix)
                                    : write_config(t, target, &move->matrix);
}

static bool
is_reached(const struct trial *t, bool *as_meant)
{
    const struct vap_bus *is = &t->host->engine->bus;
    const struct vap_bus *goal = &t->p->goal->engine->bus;

    *as_meant = true;
    for (size_t i = 0; i < t->p->n; i++) {
        uint32_t slot = t->p->targets[i].slot;
        const struct vap_mdev *m = &t->host->slots[slot];
        const struct vap_mdev *to = &t->p->goal->slots[slot];

        if (m->exists != to->exists ||
            !vap_matrix_equal(&m->matrix, &to->matrix))
            return false;
        *as_meant &= vap_matrix_equal(&m->guest, &to->guest);
    }
    return vap_mask_equal(&is->apmask, &goal->apmask) &&
           vap_mask_equal(&is->aqmask, &goal->aqmask);
}

static int
carry_out(struct trial *t, const struct moves *moves)
{
    int r = find_keep(t);

    for (size_t i = 0; i < moves->n && !r; i++)
        r = do_move(t, &moves->list[i]);
    if (r || is_reached(t, &t->plan->best))
        return r;
    free(*t->reason);
    *t->reason = strdup("the planner's order does not lead there");
    return *t->reason ? 1 : -ENOMEM;
}

int
attempt(const struct problem *p, const struct moves *moves, struct plan *plan,
        char **reason)
{
    AUTO(host_done) struct host *host = NULL;
    struct trial t = { .p = p, .plan = plan, .reason = reason };
    int r = host_copy(p->host, &host);

    t.host = host;
    if (!r)
        r = carry_out(&t, moves);
    free(t.keep);
    free(t.missing);
    return r;
}
