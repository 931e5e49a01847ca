/* SPDX-License-Identifier: MIT */
/* The design of 2020, step by step as its review tells it. */
#include "engine.h"

static struct engine e;

static void
boot(const char *adapters, const char *domains)
{
    engine_start(&e, &(struct engine_boot){ .rule = "fcfs",
                                            .adapters = adapters,
                                            .domains = domains,
                                            .control = domains });
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
}

/* Bound: 0.0, 0.1, 1.0. */
static void
boot_three(void)
{
    boot("0-1", "0-1");
    CHECK_INT(engine_ask(&e, "unbind vfio_ap 01.0001"), VAP_OK);
}

TEST(the_order_of_assignment_decides_what_a_guest_has)
{
    static const struct engine_step domain_last[] = {
        { "assign_adapter m0 0", VAP_OK, "::" },
        { "assign_domain m0 0", VAP_OK, "0:0:" },
        { "assign_adapter m0 1", VAP_OK, "0-1:0:" },
        { "assign_domain m0 1", VAP_OK, "0-1:0:" },
    };
    static const struct engine_step adapter_last[] = {
        { "assign_adapter m0 0", VAP_OK, "::" },
        { "assign_domain m0 0", VAP_OK, "0:0:" },
        { "assign_domain m0 1", VAP_OK, "0:0-1:" },
        { "assign_adapter m0 1", VAP_OK, "0:0-1:" },
    };

    boot_three();
    PLAY(&e, domain_last);
    boot_three();
    PLAY(&e, adapter_last);
}

TEST(over_committing_leaves_a_guest_with_nothing)
{
    static const struct engine_step steps[] = {
        { "open m0 k1", VAP_OK, "::" },
        { "assign_adapter m0 1", VAP_OK, "::" },
        { "assign_adapter m0 2", VAP_OK, "::" },
        { "assign_adapter m0 3", VAP_OK, "::" },
        { "assign_adapter m0 4", VAP_OK, "::" }, /* not in the host */
        { "assign_domain m0 1", VAP_OK, "::" },
        { "assign_domain m0 2", VAP_OK, "::" },
        { "assign_domain m0 3", VAP_OK, "::" },
    };

    boot("1-3", "1-2");
    PLAY(&e, steps);
}

TEST(what_goes_is_edited_out_and_nothing_else_is_looked_at)
{
    static const struct engine_step steps[] = {
        { "assign_adapter m0 0", VAP_OK, "::" },
        { "assign_domain m0 0", VAP_OK, "0:0:" },
        { "assign_domain m0 1", VAP_OK, "0:0-1:" },
        { "assign_adapter m0 1", VAP_OK, "0:0-1:" },
        { "unassign_domain m0 1", VAP_OK, "0:0:" }, /* 1.0 does not pop up */
        { "open m0 k1", VAP_OK, "0-1:0:" }, /* the guest starts */
        { "unbind vfio_ap 01.0000", VAP_OK, "0:0:" },
        { "bind vfio_ap 01.0000", VAP_OK, "0-1:0:" },
        { "unassign_adapter m0 0", VAP_OK, "1:0:" },
        { "host apm=0", VAP_OK, ":0:" },
        { "host apm=0-1", VAP_OK, "1:0:" },
        { "ap_config m0 0-1:0:", VAP_OK, "0-1:0:" },
        { "ap_config m0 1:0:", VAP_OK, "1:0:" },
    };

    boot_three();
    PLAY(&e, steps);
    CHECK_STR(engine_text(&e.mdevs[0].apcb), "1:0:");
}

TEST(control_domains_are_taken_as_they_are)
{
    static const struct engine_step steps[] = {
        { "assign_control_domain m0 0", VAP_OK, "::0" },
        { "assign_control_domain m0 9", VAP_OK, "::0,9" }, /* not the host's */
        { "host adm=1", VAP_OK, "::0,9" },
        { "unassign_control_domain m0 0", VAP_OK, "::9" },
    };

    boot_three();
    PLAY(&e, steps);
}

TEST(fcfs_resets_what_leaves)
{
    static const struct {
        const char *ask;
        const char *reset;
        unsigned updates;
    } rows[] = {
        { "ap_config m0 0-1:0:", "", 0 },
        { "open m0 k1", "", 1 },
        { "unassign_adapter m0 0", "00.0000", 1 },
        { "assign_adapter m0 0", "", 1 },
        { "unassign_domain m0 0", "00.0000 01.0000", 1 },
        { "assign_domain m0 0", "", 1 },
        { "unbind vfio_ap 01.0000", "01.0000", 1 },
        { "unbind vfio_ap 00.0001", "00.0001", 0 },
        { "close m0", "00.0000", 0 },
    };

    boot_three();
    for (size_t i = 0; i < ROWS(rows); i++) {
        test_note("step %zu: %s", i + 1, rows[i].ask);
        CHECK_INT(engine_ask(&e, rows[i].ask), VAP_OK);
        CHECK_STR(e.reset, rows[i].reset);
        CHECK_INT(e.n_updates, rows[i].updates);
    }
    CHECK_INT(e.n_clears, 1);
}
