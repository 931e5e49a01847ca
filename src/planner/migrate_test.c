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
