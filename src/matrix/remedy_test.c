/* SPDX-License-Identifier: MIT */
/* Guests that lack something, and what the search says would help. */
#include "remedy_found.h"

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
