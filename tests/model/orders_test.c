/* SPDX-License-Identifier: MIT */
/* No order of operations matters to a guest under `state`; and how far it
 * does under the other rules. */
#include "model/history.h"

#include <string.h>

#include "engine.h"

#define MAX_OPS 7
#define MAX_ORDERS 5040

static struct engine e;
static struct history h;

/* How the host was before each order. */
static struct {
    struct vap_bus bus;
    struct vap_row row[VAP_IDS];
    struct vap_queue queue[VAP_IDS][VAP_IDS];
    struct vap_mdev mdevs[ENGINE_MDEVS];
    struct vap_mask touched; /* rows that differ since */
} base;

static void
set_base(void)
{
    base.bus = e.host.bus;
    memcpy(base.row, e.host.row, sizeof(base.row));
    memcpy(base.queue, e.host.queue, sizeof(base.queue));
    memcpy(base.mdevs, e.mdevs, sizeof(base.mdevs));
    base.touched = vap_mask_none();
}

static void
back_to_base(void)
{
    VAP_EACH (a, &base.touched) {
        e.host.row[a] = base.row[a];
        memcpy(e.host.queue[a], base.queue[a], sizeof(base.queue[a]));
    }
    e.host.bus = base.bus;
    memcpy(e.mdevs, base.mdevs, sizeof(base.mdevs));
    base.touched = vap_mask_none();
}

static void
ask(const struct vap_request *r)
{
    (void)vap_plan(&e.host, r, 1, &e.change, &e.why);
    base.touched =
        vap_mask_or(base.touched, vap_mask_or(e.change.rows, e.change.cold));
    vap_apply(&e.host, &e.change);
}

/* FNV-1a, 64 bits. */
static uint64_t
mix(uint64_t hash, const void *data, size_t n)
{
    const unsigned char *p = data;

    while (n--)
        hash = (hash ^ *p++) * UINT64_C(0x100000001b3);
    return hash;
}

/* What the guest matrices are to follow from, and what they are. */
struct outcome {
    uint64_t inputs;
    uint64_t guests;
};

static struct outcome
outcome(void)
{
    struct outcome o = { UINT64_C(0xcbf29ce484222325),
                         UINT64_C(0xcbf29ce484222325) };

    o.inputs =
        mix(o.inputs, &e.host.bus.config.ids, sizeof(e.host.bus.config.ids));
    VAP_EACH (a, &e.host.bus.config.ids.adapters)
        o.inputs =
            mix(o.inputs, &e.host.row[a].sound, sizeof(e.host.row[a].sound));
    for (uint32_t i = 0; i < ENGINE_MDEVS; i++) {
        const struct vap_mdev *m = &e.mdevs[i];

        o.inputs = mix(o.inputs, &m->matrix, sizeof(m->matrix));
        o.inputs = mix(o.inputs, &m->vm, sizeof(m->vm));
        o.guests = mix(o.guests, &m->guest, sizeof(m->guest));
        o.guests = mix(o.guests, &m->apcb, sizeof(m->apcb));
    }
    return o;
}

/* Every order of n things by Heap's algorithm: the next of them, in place.
 * turns: n zeroes to begin with. */
static bool
next_order(size_t *order, size_t n, size_t *turns)
{
    for (size_t i = 1; i < n; i++) {
        if (turns[i] < i) {
            size_t j = i % 2 ? turns[i] : 0;
            size_t swap = order[j];

            order[j] = order[i];
            order[i] = swap;
            turns[i]++;
            return true;
        }
        turns[i] = 0;
    }
    return false;
}

static struct outcome outcomes[MAX_ORDERS];

static size_t
all_orders(const struct vap_request *ops, size_t n)
{
    size_t order[MAX_OPS] = { 0, 1, 2, 3, 4, 5, 6 };
    size_t turns[MAX_OPS] = { 0 };
    size_t found = 0;

    set_base();
    do {
        for (size_t i = 0; i < n; i++)
            ask(&ops[order[i]]);
        outcomes[found++] = outcome();
        back_to_base();
    } while (next_order(order, n, turns));
    return found;
}

/* Pairs of orders with the same inputs; of them, those whose guests differ. */
struct pairs {
    uint64_t same;
    uint64_t apart;
};

static struct pairs
pairs_of(size_t n)
{
    struct pairs p = { 0, 0 };

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (outcomes[i].inputs == outcomes[k].inputs) {
                p.same++;
                p.apart += outcomes[i].guests != outcomes[k].guests;
            }
    return p;
}

/* Half of the time all about one mdev. */
static void
draw_ops(struct vap_request *ops, size_t n, struct test_rng *rng,
         const struct history_kind *kind)
{
    bool alone = test_below(rng, 2);
    uint32_t mdev = (uint32_t)test_below(rng, 5);

    for (size_t i = 0; i < n; i++) {
        ops[i] = history_request(&h, rng, kind);
        if (alone)
            ops[i].mdev = mdev;
    }
}

enum { ENOUGH = 1000 };

/* n histories, and on until enough pairs have been compared. */
static struct pairs
random_orders(const struct vap_rule *rule, size_t n)
{
    struct test_rng rng = { test_seed() };
    struct pairs all = { 0, 0 };

    n = history_count(n);
    for (size_t k = 0; k < n || all.same < ENOUGH; k++) {
        const struct history_kind kind = { .n_steps = 60, .no_faults = true };
        struct vap_request ops[MAX_OPS];
        size_t n_ops = 2 + test_below(&rng, k % 8 ? 3 : 5);

        history_draw(&h, test_next(&rng), rule, &kind);
        vap_host_init(&e.host, h.rule, h.kernel, &h.config, &h.apmask,
                      &h.aqmask, e.mdevs, ENGINE_MDEVS);
        vap_change_init(&e.change, e.where, ENGINE_MDEVS, e.effects,
                        ENGINE_MDEVS, e.resets, ENGINE_RESETS);
        for (size_t i = 0; i < h.n; i++)
            ask(&h.asked[i]);
        draw_ops(ops, n_ops, &rng, &kind);

        struct pairs p = pairs_of(all_orders(ops, n_ops));

        test_note("history %llu", (unsigned long long)h.seed);
        CHECK(rule != &vap_rule_state || !p.apart);
        all.same += p.same;
        all.apart += p.apart;
    }
    return all;
}

TEST(under_state_no_order_matters)
{
    CHECK_INT(random_orders(&vap_rule_state, 400).apart, 0);
}

/* ... which this would have noticed: a hole, and its domain taken away. */
TEST(under_linux_and_fcfs_some_order_does)
{
    static const struct {
        const char *rule;
        uint64_t apart;
    } rows[] = {
        { "state", 0 }, { "linux-7.2", 1 }, { "linux-6.12", 1 }, { "fcfs", 1 }
    };
    const struct vap_request ops[] = {
        engine_request("unbind vfio_ap 01.0001"),
        engine_request("unassign_domain m0 1"),
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct pairs p;

        engine_start(&e, &(struct engine_boot){ .rule = rows[i].rule,
                                                .adapters = "0-1",
                                                .domains = "0-1" });
        CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
        CHECK_INT(engine_ask(&e, "ap_config m0 0-1:0-1:"), VAP_OK);
        p = pairs_of(all_orders(ops, 2));
        CHECK_INT(p.same, 1);
        CHECK_INT(p.apart, rows[i].apart);
    }
}

/* ---- the two examples of the review ----------------------------------- */

#define MAX_GUESTS 16

/* How many orders end in which guest matrix: "12 0:0-1: 12 0-1:0:". */
static const char *
tally(const char *rule, const char *const *before, const char *const *words,
      size_t n)
{
    static char text[1024];
    struct vap_request ops[MAX_OPS];
    size_t order[MAX_OPS] = { 0, 1, 2, 3, 4, 5, 6 };
    size_t turns[MAX_OPS] = { 0 };
    char guests[MAX_GUESTS][64];
    unsigned times[MAX_GUESTS] = { 0 };
    size_t n_guests = 0;
    size_t at = 0;

    engine_start(&e, &(struct engine_boot){
                         .rule = rule, .adapters = "0-3", .domains = "0-2" });
    while (*before)
        CHECK_INT(engine_ask(&e, *before++), VAP_OK);
    for (size_t i = 0; i < n; i++)
        ops[i] = engine_request(words[i]);
    set_base();
    do {
        size_t g = 0;

        for (size_t i = 0; i < n; i++)
            ask(&ops[order[i]]);
        while (g < n_guests &&
               strcmp(guests[g], engine_text(&e.mdevs[0].guest)) != 0)
            g++;
        CHECK(g < MAX_GUESTS);
        if (g == n_guests)
            (void)snprintf(guests[n_guests++], 64, "%s",
                           engine_text(&e.mdevs[0].guest));
        times[g]++;
        back_to_base();
    } while (next_order(order, n, turns));
    for (;;) { /* the most frequent first; of equals the first by text */
        size_t most = 0;

        for (size_t g = 1; g < n_guests; g++)
            if (times[g] > times[most] || (times[g] == times[most] &&
                                           strcmp(guests[g], guests[most]) < 0))
                most = g;
        if (!times[most])
            return text;
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u %s",
                               at ? " " : "", times[most], guests[most]);
        times[most] = 0;
    }
}

/* 0.0, 0.1 and 1.0 are bound. */
TEST(two_adapters_and_two_domains_in_24_orders)
{
    static const char *const before[] = { "host apm=0-1 aqm=0-1",
                                          "unbind vfio_ap 01.0001", "create m0",
                                          "open m0 k1", NULL };
    static const char *const ops[] = { "assign_adapter m0 0",
                                       "assign_adapter m0 1",
                                       "assign_domain m0 0",
                                       "assign_domain m0 1" };

    CHECK_STR(tally("state", before, ops, 4), "24 0:0-1:");
    CHECK_STR(tally("linux-7.2", before, ops, 4), "24 0:0-1:");
    CHECK_STR(tally("linux-6.12", before, ops, 4), "24 0:0-1:");
    CHECK_STR(tally("fcfs", before, ops, 4), "12 0-1:0: 12 0:0-1:");
}

/* Four adapters and three domains, one of each more than the host has. */
TEST(an_over_commitment_in_5040_orders)
{
    static const char *const before[] = { "host apm=1-3 aqm=1-2", "create m0",
                                          "open m0 k1", NULL };
    static const char *const ops[] = {
        "assign_adapter m0 1", "assign_adapter m0 2", "assign_adapter m0 3",
        "assign_adapter m0 4", "assign_domain m0 1",  "assign_domain m0 2",
        "assign_domain m0 3"
    };

    CHECK_STR(tally("state", before, ops, 7), "5040 1-3:1-2:");
    CHECK_STR(tally("linux-7.2", before, ops, 7), "5040 1-3:1-2:");
    CHECK_STR(tally("linux-6.12", before, ops, 7), "5040 1-3:1-2:");
    CHECK_STR(tally("fcfs", before, ops, 7),
              "2940 1-3:1-2: 1656 :: 72 1-3:1: 72 1-3:2: "
              "64 1,3:1-2: 64 1-2:1-2: 64 2-3:1-2: "
              "36 1:1-2: 36 2:1-2: 36 3:1-2:");
}
