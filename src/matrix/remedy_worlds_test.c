/* SPDX-License-Identifier: MIT */
/* In small worlds, what the search finds is all there is: held against every
 * set, tried one by one. */
#include "remedy_found.h"
#include "remedy_sets.h"

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
        CHECK(vap_matrix_equal(&engine_planned(e, m)->guest,
                               &single.mdevs[m].guest));
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
    unsigned size = sets_smallest(e, goal, n_adapters, n_domains, most, &sets);

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
        if (!sets_have(&sets, text_of(&found[i])))
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
