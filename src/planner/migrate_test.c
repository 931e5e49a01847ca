/* SPDX-License-Identifier: MIT */
#include "planner/migrate.h"

#include "base/auto.h"
#include "parsed.h"
#include "test.h"

#include <string.h>

#define CARDS                                                                  \
    "cards: [{id: 3, type: CEX8A}, {id: 5}, {id: 6}, {id: 10, type: CEX8P}]\n"
#define IDS "domains: [4, 0x47, 0x54]\ncontrol_domains: [4, 0x47, 0x54]\n"
#define GUESTS "apmask: -0-255\naqmask: -0-255\n"

static const char from_text[] =
    CARDS IDS GUESTS "mdevs:\n"
                     "  - {name: web, adapters: [5, 10], domains: [4, 0x47], "
                     "control_domains: [4], guest: vm}\n";

static struct migrate
compare(const char *to_text)
{
    AUTO(host_done) struct host *from = parsed(from_text);
    AUTO(host_done) struct host *to = parsed(to_text);
    struct migrate m;

    CHECK_INT(migrate_compare(from, host_mdev(from, "web"), to, &m), 0);
    return m;
}

TEST(a_twin_can_give_the_same)
{
    AUTO(migrate_done) struct migrate m = compare(CARDS IDS GUESTS);

    CHECK_INT(m.n_lacks, 0);
    CHECK(vap_matrix_equal(&m.has, &m.there));
}

TEST(each_lack_is_named)
{
    static const struct {
        const char *to;
        int what;
        unsigned adapter;
        unsigned domain;
        size_t n;
        bool mapped;
    } rows[] = {
        { "cards: [{id: 5}]\n" IDS GUESTS, LACKS_ADAPTER, 10, 0, 1, false },
        { CARDS "domains: [4]\ncontrol_domains: [4]\n" GUESTS, LACKS_DOMAIN, 0,
          0x47, 1, false },
        { CARDS "domains: [4, 0x47]\n" GUESTS, LACKS_CONTROL, 0, 4, 1, false },
        { "cards: [{id: 5, type: CEX7C}, {id: 10, type: CEX8P}]\n" IDS GUESTS,
          LACKS_TYPE, 5, 0, 1, false },
        { CARDS IDS "apmask: -10\n", LACKS_MASK, 5, 4, 2, false },
        { CARDS IDS GUESTS "mdevs: [{name: db, adapters: [5], domains: "
                           "[0x47]}]\n",
          LACKS_FREE, 5, 0x47, 1, true },
        { CARDS IDS GUESTS "queues: [{adapters: [10], domains: [4], driver: "
                           "unbound}]\n",
          LACKS_DRIVER, 10, 4, 1, true },
        { "cards: [{id: 5, state: checkstopped}, {id: 6}, {id: 10, type: "
          "CEX8P}]\n" IDS GUESTS,
          LACKS_STATE, 5, 4, 2, true },
        { CARDS IDS GUESTS "mdevs: [{name: web, adapters: [3], domains: "
                           "[4]}]\n",
          LACKS_NAME, 0, 0, 1, false },
        { CARDS IDS GUESTS "mdevs: [{name: db, guest: vm}]\n", LACKS_VM, 0, 0,
          1, false },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(migrate_done) struct migrate m = compare(rows[i].to);

        test_note("%s", rows[i].to);
        CHECK_INT(m.n_lacks, rows[i].n);
        CHECK_INT(m.lacks[0].what, rows[i].what);
        CHECK_INT(m.lacks[0].adapter, rows[i].adapter);
        CHECK_INT(m.lacks[0].domain, rows[i].domain);
        CHECK_INT(m.mapped, rows[i].mapped);
    }
}

/* 5 is in another mdev in one domain: 6 has as much. The hole of 10 in domain
 * 4 leaves 0x47 and 0x54. */
TEST(as_much_under_other_ids_is_found)
{
    AUTO(migrate_done)
    struct migrate m =
        compare(CARDS IDS GUESTS
                "queues: [{adapters: [10], domains: [4], driver: unbound}]\n"
                "mdevs: [{name: db, adapters: [5], domains: [0x54]}]\n");

    CHECK(m.mapped);
    CHECK_INT(m.adapter[5], 6);
    CHECK_INT(m.adapter[10], 10);
    CHECK_INT(m.domain[0x47], 0x47);
    CHECK_INT(m.domain[4], 0x54);
}

TEST(a_card_at_rest_here_may_rest_there)
{
    static const char rests[] =
        "cards: [{id: 5, state: deconfigured}, {id: 10, type: CEX8P}]\n" IDS
            GUESTS;
    static const char web[] = "mdevs: [{name: web, adapters: [5], domains: "
                              "[4]}]\n";
    AUTO(free_done) char *text = NULL;
    AUTO(host_done) struct host *from = NULL;
    AUTO(host_done) struct host *to = parsed(rests);
    AUTO(migrate_done) struct migrate m = { 0 };

    CHECK(asprintf(&text, "%s%s", rests, web) > 0);
    from = parsed(text);
    CHECK_INT(migrate_compare(from, host_mdev(from, "web"), to, &m), 0);
    CHECK_INT(m.n_lacks, 0);
}

/* 2^k ways that all end one adapter short are cut short where domains do not
 * suffice, and none is found. */
TEST(that_there_is_no_way_is_known)
{
    AUTO(migrate_done)
    struct migrate m = compare("cards: [{id: 20-60}]\n" IDS GUESTS);

    CHECK(!m.mapped);
    CHECK(m.exact);
}

/* ---- whether there is a way, by trying all */

enum { ADAPTERS = 4, DOMAINS = 4 };

/** A way: by adapter and by domain here, which there; -1: none yet. */
struct way {
    const struct host *from;
    const struct host *to;
    const struct vap_matrix *has;
    int adapter[ADAPTERS];
    int domain[DOMAINS];
};

static bool
can_have(const struct way *w, unsigned a, unsigned d, unsigned to_a,
         unsigned to_d)
{
    const struct vap_host *e = w->to->engine;
    uint8_t state = e->queue[to_a][to_d].state;

    return vap_mask_has(&e->row[to_a].sound, to_d) &&
           !vap_host_reserves(e, VAP_APQN(to_a, to_d)) &&
           vap_host_owner(e, VAP_APQN(to_a, to_d)) == e->n_slots &&
           (state == VAP_RC_NORMAL ||
            state == w->from->engine->queue[a][d].state) &&
           strcmp(host_card_type(w->from, a), host_card_type(w->to, to_a)) == 0;
}

static bool
is_way(const struct way *w)
{
    const struct vap_mask *control = &w->to->engine->bus.config.ids.control;

    VAP_EACH (a, &w->has->adapters)
        VAP_EACH (d, &w->has->domains)
            if (!can_have(w, a, d, (unsigned)w->adapter[a],
                          (unsigned)w->domain[d]))
                return false;
    VAP_EACH (d, &w->has->control)
        if (!vap_mask_has(control, vap_mask_has(&w->has->domains, d)
                                       ? (unsigned)w->domain[d]
                                       : d))
            return false;
    return true;
}

/* Place i of both lists together gets everything that none before it has. */
static bool
try_all(struct way *w, unsigned i)
{
    bool adapter = i < ADAPTERS;
    unsigned id = adapter ? i : i - ADAPTERS;
    int *list = adapter ? w->adapter : w->domain;
    bool found = false;

    if (i == ADAPTERS + DOMAINS)
        return is_way(w);
    if (!vap_mask_has(adapter ? &w->has->adapters : &w->has->domains, id))
        return try_all(w, i + 1);
    for (int to = 0; to < 4 && !found; to++) {
        bool taken = false;

        for (unsigned k = 0; k < id; k++)
            taken |= list[k] == to;
        list[id] = to;
        found = !taken && try_all(w, i + 1);
        list[id] = -1;
    }
    return found;
}

static void
draw(struct test_rng *rng, bool from, char *text, size_t size)
{
    int n = snprintf(text, size, "cards:\n");

    for (unsigned a = 0; a < ADAPTERS; a++)
        if (from || a == 1 || test_below(rng, 4))
            n += snprintf(text + n, size - (size_t)n,
                          "  - {id: %u, type: CEX8%c%s}\n", a,
                          test_below(rng, 3) ? 'C' : 'P',
                          test_below(rng, 8) ? "" : ", state: deconfigured");
    n += snprintf(text + n, size - (size_t)n, "domains: [0-%u]\n",
                  from ? 3 : 1 + (unsigned)test_below(rng, 3));
    n += snprintf(text + n, size - (size_t)n,
                  "control_domains: [0, %u]\napmask: -0-255%s\n"
                  "aqmask: -0-255%s\n",
                  1 + (unsigned)test_below(rng, 3),
                  from || test_below(rng, 2) ? "" : ",+1,+2",
                  from || test_below(rng, 2) ? "" : ",+2");
    if (!from)
        (void)snprintf(text + n, size - (size_t)n,
                       "queues: [{adapters: [1], domains: [%u], driver: "
                       "unbound}]\nmdevs: [{name: db, adapters: [%u], domains: "
                       "[0,1]}]\n",
                       (unsigned)test_below(rng, 2),
                       (unsigned)test_below(rng, 9));
    else
        (void)snprintf(text + n, size - (size_t)n,
                       "mdevs: [{name: web, adapters: [%u, 2], domains: [%u, "
                       "3], control_domains: [%u]}]\n",
                       (unsigned)test_below(rng, 2),
                       (unsigned)test_below(rng, 3),
                       (unsigned)test_below(rng, 2));
}

TEST(as_much_under_other_ids_is_found_if_it_is_there)
{
    struct test_rng rng = { test_seed() };
    unsigned mapped = 0;

    for (int i = 0; i < 300; i++) {
        AUTO(migrate_done) struct migrate m = { 0 };
        AUTO(host_done) struct host *from = NULL;
        AUTO(host_done) struct host *to = NULL;
        char text[2][2048];
        struct way way = { .has = &m.has };

        draw(&rng, true, text[0], sizeof(text[0]));
        draw(&rng, false, text[1], sizeof(text[1]));
        test_note("%s%s", text[0], text[1]);
        way.from = from = parsed(text[0]);
        way.to = to = parsed(text[1]);
        CHECK_INT(migrate_compare(from, host_mdev(from, "web"), to, &m), 0);
        memset(way.adapter, -1, sizeof(way.adapter));
        memset(way.domain, -1, sizeof(way.domain));
        CHECK_INT(m.n_lacks == 0 || m.mapped, try_all(&way, 0));
        CHECK(m.n_lacks == 0 || m.exact);
        mapped += m.mapped;
        VAP_EACH (a, &m.has.adapters)
            way.adapter[a] = m.mapped ? m.adapter[a] : (int)a;
        VAP_EACH (d, &m.has.domains)
            way.domain[d] = m.mapped ? m.domain[d] : (int)d;
        CHECK(!(m.n_lacks == 0 || m.mapped) || is_way(&way));
    }
    CHECK(mapped > 20);
}
