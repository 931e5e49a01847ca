/* SPDX-License-Identifier: MIT */
/* What the search finds is held against all sets there are, tried one by one
 * by loops that know nothing of obstacles. */
#include "matrix/remedy.h"

#include "matrix/explain.h"

#include "engine.h"

enum { ROOM = 256, MAX_ACTIONS = 48 };

static struct vap_remedy found[ROOM];
static struct vap_remedies remedies = { .found = found, .room = ROOM };

static void
find(struct engine *e, const struct vap_goal *goal)
{
    remedies.room = ROOM;
    remedies.budget = 200000;
    vap_remedies(&e->host, goal, &e->change, &remedies);
}

static const char *const act_names[] = {
    [VAP_ACT_SCAN] = "scan",
    [VAP_ACT_HOST_ADAPTER] = "host-adapter",
    [VAP_ACT_HOST_DOMAIN] = "host-domain",
    [VAP_ACT_UNASSIGN_ADAPTER] = "unassign-adapter",
    [VAP_ACT_UNASSIGN_DOMAIN] = "unassign-domain",
    [VAP_ACT_APMASK] = "apmask",
    [VAP_ACT_AQMASK] = "aqmask",
    [VAP_ACT_OVERRIDE] = "override",
    [VAP_ACT_BIND] = "bind",
    [VAP_ACT_ASSIGN_ADAPTER] = "assign-adapter",
    [VAP_ACT_ASSIGN_DOMAIN] = "assign-domain",
    [VAP_ACT_RESET] = "reset",
};

/* "bind 05.0047, unassign-domain 05.0047 +look", until the next call */
static const char *
text_of(const struct vap_remedy *r)
{
    static char text[4096];
    size_t at = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < r->n_actions; i++)
        at += (size_t)sprintf(text + at, "%s%s m%u %02x.%04x", i ? ", " : "",
                              act_names[r->actions[i].act], r->actions[i].mdev,
                              r->actions[i].adapter, r->actions[i].domain);
    (void)sprintf(text + at, "%s", r->look ? " +look" : "");
    return text;
}

/* ---- stories */

/* S6: 04.{0004,0047,0054} and 05.{0005,0047,0054} are bound. */
static struct engine *
two_strategies(const char *rule)
{
    static struct engine e;
    struct engine_boot boot = {
        .rule = rule,
        .adapters = "4-5",
        .domains = "4-5,0x47,0x54",
    };

    memset(&e, 0, sizeof(e));
    engine_start(&e, &boot);
    CHECK_INT(engine_ask(&e, "unbind vfio_ap 04.0005"), VAP_OK);
    CHECK_INT(engine_ask(&e, "unbind vfio_ap 05.0004"), VAP_OK);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 4-5:4-5,0x47,0x54:"), VAP_OK);
    return &e;
}

struct expected {
    const char *text;
    uint32_t gained;
};

static void
check_found(const struct expected *rows, size_t n)
{
    CHECK(remedies.complete && !remedies.met);
    CHECK_INT(remedies.n, n);
    for (size_t i = 0; i < n; i++) {
        test_note("remedy %zu", i);
        CHECK_STR(text_of(&found[i]), rows[i].text);
        CHECK_INT(found[i].gained, rows[i].gained);
    }
}

TEST(dropping_domains_4_and_5_yields_4_queues)
{
    struct engine *e = two_strategies("state");
    struct vap_goal goal = { .want = VAP_WANT_MDEV };
    static const struct expected rows[] = {
        { "bind m0 04.0005, bind m0 05.0004", 8 },
        { "unassign-domain m0 00.0004, bind m0 04.0005", 6 },
        { "unassign-domain m0 00.0005, bind m0 05.0004", 6 },
        { "unassign-domain m0 00.0004, unassign-domain m0 00.0005", 4 },
    };

    find(e, &goal);
    check_found(rows, ROWS(rows));
}

TEST(one_adapter_is_easier_to_have_than_two)
{
    struct engine *e = two_strategies("state");
    struct vap_goal goal = { VAP_WANT_ADAPTER, 0, 4, 0 };
    static const struct expected rows[] = {
        { "bind m0 04.0005", 4 },
        { "unassign-domain m0 00.0005", 3 },
    };

    find(e, &goal);
    check_found(rows, ROWS(rows));
}

TEST(linux_is_made_to_look_again)
{
    struct engine *e = two_strategies("linux-7.2");
    struct vap_goal goal = { VAP_WANT_ADAPTER, 0, 4, 0 };
    static const struct expected rows[] = {
        { "bind m0 04.0005", 4 },
        { "unassign-domain m0 00.0005 +look", 3 },
    };
    static const struct expected stale[] = { { " +look", 3 } };

    find(e, &goal);
    check_found(rows, ROWS(rows));
    CHECK_INT(engine_ask(e, "unassign_domain m0 5"), VAP_OK);
    find(e, &goal);
    check_found(stale, ROWS(stale));
    CHECK_INT(engine_ask(e, "ap_config m0 4-5:4,0x47,0x54:"), VAP_OK);
    find(e, &goal);
    CHECK(remedies.met && remedies.n == 1 && found[0].n_requests == 0);
}

TEST(a_queue_of_another_mdev_is_taken_from_it)
{
    struct engine *e = two_strategies("state");
    struct vap_goal goal = { VAP_WANT_QUEUE, 1, 4, 0x47 };

    CHECK_INT(engine_ask(e, "create m1"), VAP_OK);
    CHECK_INT(engine_ask(e, "assign_adapter m1 4"), VAP_OK);
    find(e, &goal);
    CHECK(remedies.complete);
    CHECK_INT(remedies.n, 2);
    CHECK_STR(text_of(&found[0]), "unassign-adapter m0 04.0000, "
                                  "assign-domain m1 00.0047");
    CHECK_INT(found[0].others_gained + found[0].others_lost, 0);
    CHECK_STR(text_of(&found[1]), "unassign-domain m0 00.0047, "
                                  "assign-domain m1 00.0047");
}

TEST(the_masks_and_a_bind_may_both_be_needed)
{
    static struct engine e;
    struct engine_boot boot = { .on_6_12 = true,
                                .adapters = "0-1",
                                .domains = "0-1",
                                .apmask = "0",
                                .aqmask = "0" };
    struct vap_goal goal = { VAP_WANT_QUEUE, 0, 0, 0 };

    engine_start(&e, &boot);
    CHECK_INT(engine_ask(&e, "unbind cex4queue 00.0000"), VAP_OK);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "assign_adapter m0 0"), VAP_OK);
    find(&e, &goal);
    CHECK(remedies.complete);
    CHECK_INT(remedies.n, 2);
    CHECK_STR(text_of(&found[0]), "apmask m0 00.0000, bind m0 00.0000, "
                                  "assign-domain m0 00.0000");
    CHECK_STR(text_of(&found[1]), "aqmask m0 00.0000, bind m0 00.0000, "
                                  "assign-domain m0 00.0000");
    e.host.kernel = VAP_LINUX_7_2; /* which has driver_override */
    find(&e, &goal);
    CHECK(remedies.complete);
    CHECK_INT(remedies.n, 1);
    CHECK_STR(text_of(&found[0]), "override m0 00.0000, "
                                  "assign-domain m0 00.0000");
    CHECK_INT(found[0].n_requests, 3);
}

TEST(what_cannot_be_is_said_to_be_so)
{
    static struct engine e;
    struct engine_boot boot = {
        .adapters = "0-1", .domains = "0-1", .last_adapter = 1, .last_domain = 1
    };
    struct vap_goal goal = { VAP_WANT_QUEUE, 0, 9, 0 };

    engine_start(&e, &boot);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    find(&e, &goal);
    CHECK(remedies.complete && !remedies.met);
    CHECK_INT(remedies.n, 0);
}

/* Every queue of 16 x 16 is a hole: too many sets to try. */
TEST(beyond_the_budget_what_is_found_works_and_spares_nothing)
{
    static struct engine e;
    struct engine_boot boot = { .adapters = "0-15", .domains = "0-15" };
    struct vap_goal goal = { .want = VAP_WANT_MDEV };

    engine_start(&e, &boot);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 0-14:0-15:"), VAP_OK);
    for (unsigned i = 0; i < 15; i++) {
        char words[64];

        (void)sprintf(words, "unbind vfio_ap %02x.%04x", i, i);
        CHECK_INT(engine_ask(&e, words), VAP_OK);
    }
    remedies.room = ROOM;
    remedies.budget = 500;
    vap_remedies(&e.host, &goal, &e.change, &remedies);
    CHECK(!remedies.complete && !remedies.met);
    CHECK_INT(remedies.n, 2);
    CHECK_INT(found[0].n_actions, 15); /* all bound: 15 x 16 queues */
    CHECK_INT(found[0].gained, 240);
    CHECK_INT(found[1].n_actions, 15); /* all but one domain dropped */
    CHECK_INT(found[1].gained, 15);
}

/* ---- every set, in small worlds */

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

/* The mdev as the plan leaves it. */
static const struct vap_mdev *
planned(const struct engine *e, uint32_t mdev)
{
    for (uint32_t i = 0; i < e->change.n_effects; i++)
        if (e->effects[i].mdev == mdev)
            return &e->effects[i].now;
    return &e->mdevs[mdev];
}

/* The state gives every queue that is wanted: queue by queue. */
static bool
state_gives(const struct engine *e, const struct aim *aim)
{
    const struct vap_matrix *m = &planned(e, aim->mdev)->matrix;
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
    const struct vap_matrix *g = &planned(e, aim->mdev)->guest;

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
            .matrix = planned(e, aim->mdev)->matrix,
        };
    }
    return false;
}

/* All sets of one size that do, as text. */
struct sets {
    char text[512][160];
    unsigned n;
};

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

/* The smallest size at which any set does, and all of them; more than most:
 * there is none up to that. */
static unsigned
smallest(struct engine *e, const struct vap_goal *goal, unsigned n_adapters,
         unsigned n_domains, unsigned most, struct sets *sets)
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

static bool
among(const struct sets *sets, const char *text)
{
    for (unsigned i = 0; i < sets->n; i++)
        if (strcmp(sets->text[i], text) == 0)
            return true;
    return false;
}

static void
check_all_found(const struct sets *sets)
{
    for (unsigned i = 0; i < sets->n; i++) {
        size_t k = 0;

        while (k < remedies.n && strcmp(text_of(&found[k]), sets->text[i]) != 0)
            k++;
        if (k == remedies.n)
            FAIL("%s was not found", sets->text[i]);
    }
}

static bool
has(const struct vap_matrix *m, unsigned a, unsigned d)
{
    return vap_mask_has(&m->adapters, a) && vap_mask_has(&m->domains, d);
}

/* Queues of a that are not in b, counted one by one. */
static unsigned
slow_less(const struct vap_matrix *a, const struct vap_matrix *b)
{
    unsigned n = 0;

    for (unsigned i = 0; i < VAP_IDS; i++)
        for (unsigned d = 0; vap_mask_has(&a->adapters, i) && d < VAP_IDS; d++)
            n += has(a, i, d) && !has(b, i, d);
    return n;
}

/* Done one by one, as an administrator types them, it comes to the same as
 * all at once, and to what was said. */
static void
check_effect(struct engine *e, const struct vap_remedy *remedy)
{
    static struct vap_request list[VAP_REMEDY_REQUESTS];
    static struct engine single;
    size_t n = vap_remedy_requests(&e->host, remedy, list);
    struct vap_matrix was = e->mdevs[remedy->mdev].guest;
    const struct vap_matrix *is = &single.mdevs[remedy->mdev].guest;

    CHECK_INT(n, remedy->n_requests);
    single = *e;
    single.host.mdevs = single.mdevs;
    vap_change_init(&single.change, single.where, ENGINE_MDEVS, single.effects,
                    ENGINE_MDEVS, single.resets, ENGINE_RESETS);
    for (size_t i = 0; i < n; i++) {
        enum vap_verdict v = engine_ask_all(&single, &list[i], 1);

        CHECK(v == VAP_OK || (v == VAP_RESET_FAILED && n == 1));
    }
    (void)vap_plan(&e->host, list, n, &e->change, &e->why);
    for (uint32_t m = 0; m < 2; m++)
        CHECK(vap_matrix_equal(&planned(e, m)->guest, &single.mdevs[m].guest));
    CHECK_INT(remedy->gained, slow_less(is, &was));
    CHECK_INT(remedy->lost, slow_less(&was, is));
}

/* All of an mdev that the host has, when it has no queue of it. */
static bool
lacks_nothing(const struct vap_host *h, const struct vap_goal *goal)
{
    struct vap_matrix m = h->mdevs[goal->mdev].matrix;

    m.adapters = vap_mask_and(m.adapters, h->bus.config.ids.adapters);
    m.domains = vap_mask_and(m.domains, h->bus.config.ids.domains);
    return goal->want == VAP_WANT_MDEV &&
           slow_less(&m, &(struct vap_matrix){ 0 }) == 0;
}

static unsigned n_unsure;
static unsigned n_goals;

static void
check_goal(struct engine *e, const struct vap_goal *goal, unsigned n_adapters,
           unsigned n_domains, unsigned most)
{
    static struct sets sets;
    unsigned size = smallest(e, goal, n_adapters, n_domains, most, &sets);

    find(e, goal);
    CHECK(!remedies.no_room);
    if (!remedies.complete) { /* but none is smaller than the smallest */
        n_unsure++;
        CHECK(!remedies.n || found[0].n_actions >= size);
        return;
    }
    if (remedies.met && !remedies.n) {
        CHECK(lacks_nothing(&e->host, goal));
        return;
    }
    if (size > most) { /* or it asks for nothing at all */
        CHECK(!remedies.n || found[0].n_actions > most);
        return;
    }
    CHECK_INT(found[0].n_actions, size);
    for (size_t i = 0; i < remedies.n; i++)
        if (!among(&sets, text_of(&found[i])))
            FAIL("%s is no remedy, %s is", text_of(&found[i]), sets.text[0]);
    check_all_found(&sets);
    if (n_goals++ % 4 == 0) /* a copy of the host takes its time */
        check_effect(e, &found[0]);
}

static const char *const rules[] = { "state", "linux-7.2", "linux-6.12" };

/* Worlds of 2 x 2, by number: four queues bound or not, 00.0000 kept for the
 * host or not, adapter 1 in the host or not, what m0 and m1 have. */
enum { STATIC_WORLDS = 16 * 2 * 2 * 6 * 2 };

static void
build_world(struct engine *e, const char *rule, unsigned number)
{
    static const char *const configs[] = {
        "ap_config m0 0:0:",   "ap_config m0 0:0-1:", "ap_config m0 0:1:",
        "ap_config m0 0-1:1:", "ap_config m0 0-1::",  "ap_config m0 :0-1:",
    };
    unsigned unbound = number % 16;
    bool kept = number / 16 % 2;
    bool alone = number / 32 % 2;
    struct engine_boot boot = {
        .rule = rule,
        .adapters = alone ? "0" : "0-1",
        .domains = "0-1",
        .apmask = kept ? "0" : "",
        .aqmask = kept ? "0" : "",
    };

    engine_start(e, &boot);
    CHECK_INT(engine_ask(e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(e, "create m1"), VAP_OK);
    (void)engine_ask(e, configs[number / 64 % 6]);
    (void)engine_ask(e,
                     number / 384 ? "ap_config m1 1:0:" : "ap_config m1 0-1::");
    for (unsigned i = 0; i < 4; i++) {
        struct vap_request r = { .op = VAP_UNBIND,
                                 .apqn = VAP_APQN(i / 2, i % 2) };

        r.driver = (uint8_t)vap_host_driver(&e->host, r.apqn);
        if (unbound >> i & 1)
            (void)engine_ask_all(e, &r, 1);
    }
}

static struct vap_goal
goal_number(unsigned number, unsigned n_adapters, unsigned n_domains)
{
    struct vap_goal goal = { .mdev = number % 2 };

    goal.want = (enum vap_want)(number / 2 % 4);
    goal.adapter = (uint8_t)(number / 8 % n_adapters);
    goal.domain = (uint8_t)(number / 8 / n_adapters % n_domains);
    return goal;
}

/* $VAP_TIMES: how much more than usual is to be tried. */
static unsigned
how_thorough(void)
{
    const char *text = getenv("VAP_TIMES");
    double times = text ? strtod(text, NULL) : 1;

    return times > 1 ? (unsigned)(times < 1000 ? times : 1000) : 1;
}

/* Of each world one of 32 goals, another in the next; with VAP_TIMES=32 all
 * of them, and sets of three. */
TEST(in_every_world_of_2x2_the_smallest_sets_are_found)
{
    static struct engine e;
    unsigned times = how_thorough();

    n_unsure = 0;
    for (size_t rule = 0; rule < (times < 32 ? 2 : ROWS(rules)); rule++)
        for (unsigned world = 0; world < STATIC_WORLDS; world++) {
            unsigned number = world * UINT32_C(2654435761) >> 27;

            for (unsigned i = 0; i < times && i < 32; i++) {
                struct vap_goal goal = goal_number((number + i) % 32, 2, 2);

                build_world(&e, rules[rule], world);
                test_note("%s, world %u, goal %u", rules[rule], world,
                          (number + i) % 32);
                check_goal(&e, &goal, 2, 2, times < 32 ? 2 : 3);
            }
        }
    CHECK_INT(n_unsure, 0);
}

/* A history of 3 x 2: adapters and domains come and go, queues are bound and
 * unbound, kept and overridden; a reset may have failed. */
static void
random_history(struct engine *e, struct test_rng *rng, const char *rule)
{
    static const char *const steps[] = {
        "assign_adapter m%u %u",
        "assign_adapter m%u %u",
        "assign_domain m%u %u",
        "assign_domain m%u %u",
        "unassign_adapter m%u %u",
        "unassign_domain m%u %u",
        "open m%u k%u",
    };
    static const char *const queue_steps[] = {
        "unbind vfio_ap %02x.%04x",          "unbind vfio_ap %02x.%04x",
        "unbind cex4queue %02x.%04x",        "probe %02x.%04x",
        "driver_override %02x.%04x",         "driver_override %02x.%04x mine",
        "driver_override %02x.%04x vfio_ap",
    };
    static const char *const host_steps[] = {
        "host apm-1", "host apm+1", "host aqm-1", "host aqm+1",
        "apmask -0",  "apmask +0",  "aqmask -1",  "aqmask +1",
    };
    bool all_kept = test_below(rng, 3) == 0; /* as for driver_override */
    struct engine_boot boot = {
        .rule = rule,
        .adapters = "0-2",
        .domains = "0-1",
        .apmask = all_kept             ? "0-255"
                  : test_below(rng, 2) ? "0"
                                       : "",
        .aqmask = all_kept ? "0-255" : "0-1",
    };

    engine_start(e, &boot);
    CHECK_INT(engine_ask(e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(e, "create m1"), VAP_OK);
    for (int i = 0; i < 14; i++) {
        unsigned a = (unsigned)test_below(rng, 3);
        unsigned b = (unsigned)test_below(rng, 2);
        char words[64] = "";

        switch (test_below(rng, 6)) {
        case 0:
        case 1:
        case 2:
            (void)snprintf(words, sizeof(words),
                           steps[test_below(rng, ROWS(steps))], b, a);
            break;
        case 3:
        case 4:
            (void)snprintf(words, sizeof(words),
                           queue_steps[test_below(rng, ROWS(queue_steps))], a,
                           b);
            break;
        default:
            (void)snprintf(words, sizeof(words), "%s",
                           host_steps[test_below(rng, ROWS(host_steps))]);
        }
        if (strncmp(words, "open", 4) == 0 && !a)
            continue; /* k0 is nobody */
        (void)engine_ask(e, words);
    }
}

/* A reset fails that a guest asks for. */
static void
fail_some_reset(struct engine *e, struct test_rng *rng)
{
    unsigned m = e->mdevs[0].vm ? 0 : 1;
    char words[64];

    if (!e->mdevs[m].vm || test_below(rng, 2))
        return;
    (void)sprintf(words, "fail_zapq %02x.%04x 7 1",
                  (unsigned)test_below(rng, 3), (unsigned)test_below(rng, 2));
    (void)engine_ask(e, words);
    (void)sprintf(words, "vfio_reset m%u", m);
    (void)engine_ask(e, words);
    for (unsigned a = 0; a < 3; a++) /* one that was not asked stays sound */
        for (unsigned d = 0; d < 2; d++)
            e->host.queue[a][d].zapq_n = 0;
}

TEST(after_any_history_the_smallest_sets_are_found)
{
    static struct engine e;
    struct test_rng rng = { test_seed() };
    unsigned n = 120 * how_thorough();

    n_unsure = 0;
    for (unsigned i = 0; i < n; i++) {
        struct test_rng from = rng;
        const char *rule = rules[i % ROWS(rules)];
        struct vap_goal goal;

        random_history(&e, &rng, rule);
        fail_some_reset(&e, &rng);
        goal = goal_number((unsigned)test_below(&rng, 64), 3, 2);
        test_note("%s, history %u from %#jx, goal %d of m%u, %u.%u", rule, i,
                  (uintmax_t)from.state, (int)goal.want, goal.mdev,
                  goal.adapter, goal.domain);
        check_goal(&e, &goal, 3, 3, 2);
    }
    CHECK(n_unsure < n / 6);
}

TEST(what_the_hardware_has_got_is_scanned_for)
{
    static struct engine e;
    struct engine_boot boot = { .adapters = "0-1", .domains = "0-1" };
    struct vap_goal goal = { VAP_WANT_ADAPTER, 0, 2, 0 };
    struct vap_goal rid = { VAP_WANT_ADAPTER, 0, 0, 0 };

    engine_start(&e, &boot);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 0,2:0-1:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "sethw apm+2"), VAP_OK);
    find(&e, &goal);
    CHECK_INT(remedies.n, 1);
    CHECK_STR(text_of(&found[0]), "scan m0 00.0000");
    CHECK_INT(engine_ask(&e, "unbind vfio_ap 00.0001"), VAP_OK);
    CHECK_INT(engine_ask(&e, "sethw aqm-1"), VAP_OK);
    find(&e, &rid); /* the hole goes with its domain */
    CHECK_INT(remedies.n, 3);
    CHECK_STR(text_of(&found[0]), "scan m0 00.0000");
    CHECK_INT(found[0].gained, 2); /* adapter 2 comes with it */
}
