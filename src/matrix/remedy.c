/* SPDX-License-Identifier: MIT */
/* A tree of sets, the smallest first: a set that does not do leaves an
 * obstacle, and every larger set that does has one of the actions against
 * that obstacle. Each set is met once, for what an elder branch has tried is
 * not tried again. When the budget ends, a set is built obstacle by obstacle
 * and whatever it can spare is taken out again. */
#include "matrix/remedy.h"

#include "matrix/remedy_actions.h"
#include "matrix/view.h"

/* An action on the way to the set being tried, and its elders. */
struct frame {
    const struct frame *up;
    struct vap_branch branch;
    uint32_t i; /* of the branch's actions */
};

enum outcome { MET, BLOCKED, HOPELESS };

/* ---- what comes of a set */

static uint32_t
count_queues(const struct vap_mask *adapters, const struct vap_mask *domains)
{
    return vap_mask_count(adapters) * vap_mask_count(domains);
}

/* Queues of a that are not queues of b. */
static uint32_t
count_less(const struct vap_matrix *a, const struct vap_matrix *b)
{
    struct vap_mask adapters = vap_mask_and(a->adapters, b->adapters);
    struct vap_mask domains = vap_mask_and(a->domains, b->domains);

    return count_queues(&a->adapters, &a->domains) -
           count_queues(&adapters, &domains);
}

static void
weigh_guests(const struct vap_change *c, struct vap_remedy *remedy)
{
    for (uint32_t i = 0; i < c->n_effects; i++) {
        const struct vap_effect *e = &c->effects[i];
        const struct vap_matrix *was = &c->host->mdevs[e->mdev].guest;
        uint32_t gained = count_less(&e->now.guest, was);
        uint32_t lost = count_less(was, &e->now.guest);

        remedy->updates += e->updates;
        if (e->mdev == remedy->mdev) {
            remedy->gained = gained;
            remedy->lost = lost;
        } else {
            remedy->others_gained += gained;
            remedy->others_lost += lost;
        }
    }
}

static void
weigh(const struct vap_change *c, struct vap_remedy *remedy)
{
    remedy->gained = remedy->lost = 0;
    remedy->others_gained = remedy->others_lost = 0;
    remedy->host_lost = remedy->updates = 0;
    weigh_guests(c, remedy);
    VAP_EACH (a, &c->rows) {
        struct vap_mask gone =
            vap_mask_less(c->host->row[a].dflt, view_row(c, a)->dflt);

        remedy->host_lost += vap_mask_count(&gone);
    }
}

/* The guest has what it is to have, and not by an oversight of the rule's:
 * the state gives it, too. */
static bool
is_met(const struct vap_remedies *r)
{
    const struct vap_mdev *m = view_mdev(r->change, r->mdev);

    return vap_mask_within(&r->adapters, &m->guest.adapters) &&
           vap_mask_within(&r->domains, &m->guest.domains) &&
           !vap_mask_empty(&m->guest.domains);
}

static enum vap_verdict
plan_path(struct vap_remedies *r, bool look, struct vap_why *why)
{
    r->path.look = look;
    r->path.n_requests =
        (uint32_t)vap_remedy_requests(r->host, &r->path, r->requests);
    r->tries++;

    enum vap_verdict v =
        vap_plan(r->host, r->requests, r->path.n_requests, r->change, why);

    r->no_room |= v == VAP_NO_ROOM;
    return v;
}

/* Tries the path, and if that is all the state needs, with a look again. On
 * BLOCKED the branch is filled. */
static enum outcome
try_path(struct vap_remedies *r, struct vap_branch *branch)
{
    struct vap_why why;

    for (int look = 0; look < 2; look++) {
        enum vap_verdict v = plan_path(r, look, &why);
        bool alone = v == VAP_RESET_FAILED && r->path.n_requests == 1;

        if (v != VAP_OK && !alone)
            return branch_of_refusal(r, &why, branch) ? BLOCKED : HOPELESS;
        if (branch_of_state(r, branch))
            return BLOCKED;
        if (is_met(r))
            return MET;
    }
    r->unsure = true; /* the rule has reasons of its own */
    return HOPELESS;
}

/* ---- the sets found, the least disturbing first */

static int
compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int
compare_actions(const struct vap_action *a, const struct vap_action *b)
{
    int c = compare_numbers(a->act, b->act);

    c = c ? c : compare_numbers(a->mdev, b->mdev);
    c = c ? c : compare_numbers(a->adapter, b->adapter);
    return c ? c : compare_numbers(a->domain, b->domain);
}

static int
compare_lists(const struct vap_remedy *a, const struct vap_remedy *b)
{
    int c = compare_numbers(a->n_actions, b->n_actions);

    for (uint32_t i = 0; !c && i < a->n_actions; i++)
        c = compare_actions(&a->actions[i], &b->actions[i]);
    return c;
}

static int
compare_remedies(const struct vap_remedy *a, const struct vap_remedy *b)
{
    int c = compare_numbers(a->others_lost, b->others_lost);

    c = c ? c : compare_numbers(a->lost, b->lost);
    c = c ? c : compare_numbers(a->host_lost, b->host_lost);
    c = c ? c : compare_numbers(a->updates, b->updates);
    c = c ? c : compare_numbers(b->gained, a->gained);
    c = c ? c : compare_numbers(a->n_requests, b->n_requests);
    return c ? c : compare_lists(a, b);
}

/* In the order in which they are done. */
static void
sort_actions(struct vap_remedy *remedy)
{
    for (uint32_t i = 1; i < remedy->n_actions; i++)
        for (uint32_t j = i; j && compare_actions(&remedy->actions[j - 1],
                                                  &remedy->actions[j]) > 0;
             j--) {
            struct vap_action swap = remedy->actions[j];

            remedy->actions[j] = remedy->actions[j - 1];
            remedy->actions[j - 1] = swap;
        }
}

/* The path works; r->change is its plan. */
static void
keep_path(struct vap_remedies *r)
{
    struct vap_remedy found = r->path;
    size_t at = r->n;

    weigh(r->change, &found);
    sort_actions(&found);
    for (size_t i = 0; i < r->n; i++)
        if (compare_remedies(&r->found[i], &found) == 0)
            return;
    if (r->n == r->room) {
        r->unsure = true;
        if (!at || compare_remedies(&r->found[at - 1], &found) < 0)
            return;
        at--;
    } else {
        r->n++;
    }
    for (; at && compare_remedies(&r->found[at - 1], &found) > 0; at--)
        r->found[at] = r->found[at - 1];
    r->found[at] = found;
}

/* ---- the search */

static bool
on_path(const struct vap_remedies *r, const struct vap_action *a)
{
    for (uint32_t i = 0; i < r->path.n_actions; i++)
        if (compare_actions(&r->path.actions[i], a) == 0)
            return true;
    return false;
}

/* An elder action of some branch further up: all sets with it are done. */
static bool
is_done(const struct frame *f, const struct vap_action *a)
{
    struct vap_action elder;

    for (; f; f = f->up)
        for (uint32_t i = 0; i < f->i; i++)
            if (branch_action(&f->branch, i, &elder) &&
                compare_actions(&elder, a) == 0)
                return true;
    return false;
}

static bool
spent(const struct vap_remedies *r)
{
    return r->tries >= r->budget;
}

/* The next action of the branch that makes a set not met before; it is at
 * the end of the path then, which is not longer yet. */
static bool
next_action(struct vap_remedies *r, struct frame *f)
{
    struct vap_action *next = &r->path.actions[r->path.n_actions];

    for (; branch_action(&f->branch, f->i, next); f->i++)
        if (!on_path(r, next) && !is_done(f->up, next))
            return true;
    return false;
}

static void
visit(struct vap_remedies *r, const struct frame *up)
{
    struct frame f = { .up = up };

    switch (try_path(r, &f.branch)) {
    case MET:
        if (r->path.n_actions == r->limit)
            keep_path(r);
        return;
    case HOPELESS:
        return;
    case BLOCKED:
        break;
    }
    if (r->path.n_actions == r->limit) {
        r->deeper |= next_action(r, &f);
        return;
    }
    for (; !spent(r) && next_action(r, &f); f.i++) {
        r->path.n_actions++;
        visit(r, &f);
        r->path.n_actions--;
    }
}

/* ---- when there are too many sets */

/* Does the whole path do? */
static bool
works(struct vap_remedies *r)
{
    struct vap_branch ignored;

    return try_path(r, &ignored) == MET;
}

/* Prefers actions of an mdev's own matrix, or all others. */
static bool
choose(const struct vap_remedies *r, const struct vap_branch *b, bool drops,
       struct vap_action *choice)
{
    struct vap_action a;
    bool any = false;

    for (uint32_t i = 0; branch_action(b, i, &a); i++) {
        bool drop = a.act == VAP_ACT_UNASSIGN_DOMAIN ||
                    a.act == VAP_ACT_UNASSIGN_ADAPTER;

        if (on_path(r, &a))
            continue;
        if (!any || drop == drops)
            *choice = a;
        any = true;
        if (drop == drops)
            break;
    }
    return any;
}

static void
spare(struct vap_remedies *r)
{
    for (uint32_t i = r->path.n_actions; i-- > 0;) {
        struct vap_action out = r->path.actions[i];

        r->path.actions[i] = r->path.actions[--r->path.n_actions];
        if (works(r))
            continue;
        r->path.actions[r->path.n_actions++] = r->path.actions[i];
        r->path.actions[i] = out;
    }
}

static void
build(struct vap_remedies *r, bool drops)
{
    struct vap_branch branch;
    struct vap_action *next = r->path.actions;
    enum outcome outcome;

    r->path.n_actions = 0;
    while ((outcome = try_path(r, &branch)) == BLOCKED &&
           r->path.n_actions < VAP_REMEDY_ACTIONS &&
           choose(r, &branch, drops, next)) {
        r->path.n_actions++;
        next++;
    }
    if (outcome != MET)
        return;
    spare(r);
    if (works(r))
        keep_path(r);
}

/* ---- goals */

/* Sets of one size, for one choice of what the guest is to have. */
static void
search(struct vap_remedies *r, struct vap_mask adapters,
       struct vap_mask domains)
{
    r->adapters = adapters;
    r->domains = domains;
    r->path.n_actions = 0;
    visit(r, NULL);
}

static void
search_by_building(struct vap_remedies *r, struct vap_mask adapters,
                   struct vap_mask domains)
{
    r->adapters = adapters;
    r->domains = domains;
    build(r, true);
    build(r, false);
}

typedef void each_choice(struct vap_remedies *r, struct vap_mask adapters,
                         struct vap_mask domains);

/* A domain is given with any one of the mdev's adapters; when it has none,
 * with any one of the host's. */
static void
each_adapter(struct vap_remedies *r, unsigned domain, each_choice *function)
{
    struct vap_mask adapters = r->host->mdevs[r->mdev].matrix.adapters;

    if (vap_mask_empty(&adapters))
        adapters = r->host->bus.config.ids.adapters;
    VAP_EACH (a, &adapters)
        function(r, vap_mask_one(a), vap_mask_one(domain));
}

static void
each(struct vap_remedies *r, const struct vap_goal *goal, each_choice *function)
{
    const struct vap_matrix *m = &r->host->mdevs[goal->mdev].matrix;

    switch (goal->want) {
    case VAP_WANT_QUEUE:
        function(r, vap_mask_one(goal->adapter), vap_mask_one(goal->domain));
        break;
    case VAP_WANT_ADAPTER:
        function(r, vap_mask_one(goal->adapter), vap_mask_none());
        break;
    case VAP_WANT_DOMAIN:
        each_adapter(r, goal->domain, function);
        break;
    case VAP_WANT_MDEV:
        function(r, vap_mask_and(m->adapters, r->host->bus.config.ids.adapters),
                 vap_mask_none());
        break;
    }
}

/* An mdev of which the host has no adapter, or no domain, lacks nothing. */
static bool
asks_nothing(const struct vap_host *host, const struct vap_goal *goal)
{
    const struct vap_matrix *m = &host->mdevs[goal->mdev].matrix;
    const struct vap_matrix *ids = &host->bus.config.ids;

    return goal->want == VAP_WANT_MDEV &&
           (!vap_mask_meets(&m->adapters, &ids->adapters) ||
            !vap_mask_meets(&m->domains, &ids->domains));
}

static void
begin(const struct vap_host *host, const struct vap_goal *goal,
      struct vap_change *scratch, struct vap_remedies *r)
{
    r->met = r->complete = r->no_room = r->deeper = r->unsure = false;
    r->n = 0;
    r->tries = 0;
    r->host = host;
    r->change = scratch;
    r->mdev = r->path.mdev = goal->mdev;
    r->path.n_actions = 0;
}

void
vap_remedies(const struct vap_host *host, const struct vap_goal *goal,
             struct vap_change *scratch, struct vap_remedies *r)
{
    begin(host, goal, scratch, r);
    if (asks_nothing(host, goal)) {
        r->met = r->complete = true;
        return;
    }
    for (r->limit = 0; r->limit < VAP_REMEDY_ACTIONS; r->limit++) {
        r->deeper = false;
        each(r, goal, search);
        if (r->n || spent(r) || !r->deeper)
            break;
    }
    if (!r->n && spent(r)) {
        each(r, goal, search_by_building);
        r->unsure = true;
    }
    r->met = r->n && !r->found[0].n_actions && !r->found[0].look;
    r->complete = !r->unsure && !spent(r);
    view_drop(scratch);
}
