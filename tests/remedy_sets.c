/* SPDX-License-Identifier: MIT */
/* Every set is tried, one by one, by loops that know nothing of obstacles: what
 * does, does so in a plan. */
#include "remedy_sets.h"

#include "remedy_found.h"

enum { MAX_ACTIONS = 48 };

struct universe {
    struct vap_action actions[MAX_ACTIONS];
    unsigned n;
};

static void
may(struct universe *u, bool it_may, enum vap_act act, uint32_t mdev,
    unsigned adapter, unsigned domain)
{
    if (!it_may)
        return;
    CHECK(u->n < MAX_ACTIONS);
    u->actions[u->n++] =
        (struct vap_action){ act, mdev, (uint8_t)adapter, (uint8_t)domain };
}

struct aim {
    uint32_t mdev;
    struct vap_mask adapters;
    struct vap_mask domains;
};

static void
add_queue_actions(const struct vap_host *h, struct universe *u, unsigned a,
                  unsigned d)
{
    const struct vap_row *row = &h->row[a];
    unsigned apqn = VAP_APQN(a, d);
    bool present = vap_mask_has(&row->present, d);
    bool sound = vap_mask_has(&row->sound, d);
    enum vap_driver override = vap_mask_has(&row->overridden, d)
                                   ? h->queue[a][d].override
                                   : VAP_NO_DRIVER;
    bool own = override == VAP_NO_DRIVER;

    /* One that may be vfio_ap's needs no override. */
    may(u, present && !sound && (own || override == VAP_VFIO_AP), VAP_ACT_BIND,
        0, a, d);
    may(u,
        present && h->kernel == VAP_LINUX_7_2 && !h->bus.masks_written &&
            vap_host_driver(h, apqn) != VAP_VFIO_AP &&
            (own ? vap_host_reserves(h, apqn) : override != VAP_VFIO_AP),
        VAP_ACT_OVERRIDE, 0, a, d);
}

/* Whatever could be done in a world of these adapters and domains. */
static struct universe
all_actions(const struct vap_host *h, const struct aim *aim,
            unsigned n_adapters, unsigned n_domains)
{
    const struct vap_matrix *ids = &h->bus.hardware.ids;
    const struct vap_matrix *own = &h->mdevs[aim->mdev].matrix;
    struct universe u = { .n = 0 };

    for (unsigned a = 0; a < n_adapters; a++)
        for (unsigned d = 0; d < n_domains; d++)
            add_queue_actions(h, &u, a, d);
    for (unsigned a = 0; a < n_adapters; a++) {
        bool wanted = vap_mask_has(&aim->adapters, a);

        may(&u, vap_mask_has(&h->bus.apmask, a), VAP_ACT_APMASK, 0, a, 0);
        may(&u, wanted && !vap_mask_has(&own->adapters, a),
            VAP_ACT_ASSIGN_ADAPTER, aim->mdev, a, 0);
        may(&u, wanted && !vap_mask_has(&ids->adapters, a),
            VAP_ACT_HOST_ADAPTER, 0, a, 0);
        for (uint32_t m = 0; m < 2; m++)
            may(&u,
                !(wanted && m == aim->mdev) &&
                    vap_mask_has(&h->mdevs[m].matrix.adapters, a),
                VAP_ACT_UNASSIGN_ADAPTER, m, a, 0);
    }
    for (unsigned d = 0; d < n_domains; d++) {
        bool wanted = vap_mask_has(&aim->domains, d);
        bool has = vap_mask_has(&own->domains, d);

        may(&u, vap_mask_has(&h->bus.aqmask, d), VAP_ACT_AQMASK, 0, 0, d);
        may(&u, !has && (wanted || vap_mask_has(&h->bus.config.ids.domains, d)),
            VAP_ACT_ASSIGN_DOMAIN, aim->mdev, 0, d);
        may(&u, (has || wanted) && !vap_mask_has(&ids->domains, d),
            VAP_ACT_HOST_DOMAIN, 0, 0, d);
        for (uint32_t m = 0; m < 2; m++)
            may(&u,
                !(wanted && m == aim->mdev) &&
                    vap_mask_has(&h->mdevs[m].matrix.domains, d),
                VAP_ACT_UNASSIGN_DOMAIN, m, 0, d);
    }
    may(&u, h->mdevs[aim->mdev].vm != 0, VAP_ACT_RESET, aim->mdev, 0, 0);
    return u;
}

static int
compare(const void *x, const void *y)
{
    const struct vap_action *a = x;
    const struct vap_action *b = y;
    int c = (int)a->act - (int)b->act;

    c = c ? c : (int)a->mdev - (int)b->mdev;
    c = c ? c : (int)a->adapter - (int)b->adapter;
    return c ? c : (int)a->domain - (int)b->domain;
}

static void
ask(struct vap_request *list, size_t *n, enum vap_op op,
    const struct vap_action *a, enum vap_driver driver)
{
    struct vap_request r = { .op = op, .mdev = a->mdev };

    r.apqn = VAP_APQN(a->adapter, a->domain);
    r.driver = (uint8_t)driver;
    r.id = op == VAP_ASSIGN_DOMAIN || op == VAP_UNASSIGN_DOMAIN ? a->domain
                                                                : a->adapter;
    list[(*n)++] = r;
}

static void
ask_binding(const struct vap_host *h, struct vap_request *list, size_t *n,
            const struct vap_action *a)
{
    enum vap_driver driver =
        vap_host_driver(h, VAP_APQN(a->adapter, a->domain));

    if (a->act == VAP_ACT_OVERRIDE)
        ask(list, n, VAP_OVERRIDE, a, VAP_VFIO_AP);
    if (driver != VAP_NO_DRIVER)
        ask(list, n, VAP_UNBIND, a, driver);
    ask(list, n, VAP_BIND, a, VAP_VFIO_AP);
}

static void
ask_action(const struct vap_host *h, struct vap_request *list, size_t *n,
           const struct vap_action *a)
{
    switch (a->act) {
    case VAP_ACT_SCAN:
        ask(list, n, VAP_SCAN, a, VAP_NO_DRIVER);
        break;
    case VAP_ACT_HOST_ADAPTER:
        ask(list, n, VAP_HOST, a, VAP_NO_DRIVER);
        list[*n - 1].edit.adapters.set = vap_mask_one(a->adapter);
        break;
    case VAP_ACT_HOST_DOMAIN:
        ask(list, n, VAP_HOST, a, VAP_NO_DRIVER);
        list[*n - 1].edit.domains.set = vap_mask_one(a->domain);
        break;
    case VAP_ACT_APMASK:
        ask(list, n, VAP_APMASK, a, VAP_NO_DRIVER);
        list[*n - 1].edit.adapters.clear = vap_mask_one(a->adapter);
        break;
    case VAP_ACT_AQMASK:
        ask(list, n, VAP_AQMASK, a, VAP_NO_DRIVER);
        list[*n - 1].edit.domains.clear = vap_mask_one(a->domain);
        break;
    case VAP_ACT_UNASSIGN_ADAPTER:
        ask(list, n, VAP_UNASSIGN_ADAPTER, a, VAP_NO_DRIVER);
        break;
    case VAP_ACT_UNASSIGN_DOMAIN:
        ask(list, n, VAP_UNASSIGN_DOMAIN, a, VAP_NO_DRIVER);
        break;
    case VAP_ACT_ASSIGN_ADAPTER:
        ask(list, n, VAP_ASSIGN_ADAPTER, a, VAP_NO_DRIVER);
        break;
    case VAP_ACT_ASSIGN_DOMAIN:
        ask(list, n, VAP_ASSIGN_DOMAIN, a, VAP_NO_DRIVER);
        break;
    case VAP_ACT_RESET:
        ask(list, n, VAP_RESET_MDEV, a, VAP_NO_DRIVER);
        break;
    case VAP_ACT_OVERRIDE:
    case VAP_ACT_BIND:
        ask_binding(h, list, n, a);
        break;
    }
}

/* The state gives every queue that is wanted: queue by queue. */
static bool
state_gives(const struct engine *e, const struct aim *aim)
{
    const struct vap_matrix *m = &engine_planned(e, aim->mdev)->matrix;
    const struct vap_matrix *ids = &e->change.bus.config.ids;
    unsigned n = 0;

    for (unsigned a = 0; a < VAP_IDS; a++) {
        if (!vap_mask_has(&aim->adapters, a))
            continue;
        if (!vap_mask_has(&m->adapters, a) || !vap_mask_has(&ids->adapters, a))
            return false;
        for (unsigned d = 0; d < VAP_IDS; d++) {
            bool there =
                vap_mask_has(&m->domains, d) && vap_mask_has(&ids->domains, d);

            if (vap_mask_has(&aim->domains, d) && !there)
                return false;
            if (there && !vap_mask_has(&e->change.row[a]->sound, d))
                return false;
            n += there;
        }
    }
    return n > 0;
}

static bool
guest_has(const struct engine *e, const struct aim *aim)
{
    const struct vap_matrix *g = &engine_planned(e, aim->mdev)->guest;

    return vap_mask_within(&aim->adapters, &g->adapters) &&
           vap_mask_within(&aim->domains, &g->domains) &&
           !vap_mask_empty(&g->domains);
}

/* As such, or with a look again? */
static bool
does(struct engine *e, const struct aim *aim, struct vap_remedy *set)
{
    static struct vap_request list[3 * 8 + 1];
    size_t n = 0;

    qsort(set->actions, set->n_actions, sizeof(set->actions[0]), compare);
    for (uint32_t i = 0; i < set->n_actions; i++)
        ask_action(&e->host, list, &n, &set->actions[i]);
    for (int look = 0; look < 2; look++) {
        enum vap_verdict v = vap_plan(&e->host, list, n, &e->change, &e->why);

        if (v != VAP_OK && !(v == VAP_RESET_FAILED && n == 1))
            return false;
        if (!state_gives(e, aim))
            return false;
        set->look = look;
        if (guest_has(e, aim))
            return true;
        list[n++] = (struct vap_request){
            .op = VAP_AP_CONFIG,
            .mdev = aim->mdev,
            .matrix = engine_planned(e, aim->mdev)->matrix,
        };
    }
    return false;
}

static void
note(struct sets *sets, const struct vap_remedy *set)
{
    const char *text = text_of(set);

    for (unsigned i = 0; i < sets->n; i++)
        if (strcmp(sets->text[i], text) == 0)
            return;
    CHECK(sets->n < ROWS(sets->text) && strlen(text) < sizeof(sets->text[0]));
    (void)snprintf(sets->text[sets->n++], sizeof(sets->text[0]), "%s", text);
}

static void
try_sets(struct engine *e, const struct aim *aim, const struct universe *u,
         unsigned size, struct sets *sets)
{
    static struct vap_remedy set;
    unsigned at[8];

    if (size > u->n)
        return;
    for (unsigned i = 0; i < size; i++)
        at[i] = i;
    for (;;) {
        unsigned i = size;

        set.n_actions = size;
        for (unsigned k = 0; k < size; k++)
            set.actions[k] = u->actions[at[k]];
        if (does(e, aim, &set))
            note(sets, &set);
        while (i && at[i - 1] == u->n - size + i - 1)
            i--;
        if (!i)
            return;
        for (at[i - 1]++; i < size; i++)
            at[i] = at[i - 1] + 1;
    }
}

/* What a goal asks for: one of these. */
static unsigned
aims_of(const struct vap_host *h, const struct vap_goal *goal,
        struct aim aims[VAP_IDS])
{
    const struct vap_matrix *m = &h->mdevs[goal->mdev].matrix;
    struct aim aim = { goal->mdev, vap_mask_one(goal->adapter),
                       vap_mask_one(goal->domain) };
    unsigned n = 0;

    if (goal->want == VAP_WANT_ADAPTER)
        aim.domains = vap_mask_none();
    if (goal->want == VAP_WANT_MDEV) {
        aim.domains = vap_mask_none();
        aim.adapters = vap_mask_and(m->adapters, h->bus.config.ids.adapters);
    }
    if (goal->want != VAP_WANT_DOMAIN) {
        aims[0] = aim;
        return 1;
    }
    for (unsigned a = 0; a < VAP_IDS; a++)
        if (vap_mask_has(vap_mask_empty(&m->adapters)
                             ? &h->bus.config.ids.adapters
                             : &m->adapters,
                         a)) {
            aim.adapters = vap_mask_one(a);
            aims[n++] = aim;
        }
    return n;
}

unsigned
sets_smallest(struct engine *e, const struct vap_goal *goal,
              unsigned n_adapters, unsigned n_domains, unsigned most,
              struct sets *sets)
{
    static struct aim aims[VAP_IDS];
    unsigned n = aims_of(&e->host, goal, aims);
    unsigned size = 0;

    sets->n = 0;
    for (; size <= most && !sets->n; size++)
        for (unsigned i = 0; i < n; i++) {
            struct universe u =
                all_actions(&e->host, &aims[i], n_adapters, n_domains);

            try_sets(e, &aims[i], &u, size, sets);
        }
    return sets->n ? size - 1 : size;
}

bool
sets_have(const struct sets *sets, const char *text)
{
    for (unsigned i = 0; i < sets->n; i++)
        if (strcmp(sets->text[i], text) == 0)
            return true;
    return false;
}
