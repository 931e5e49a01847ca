/* SPDX-License-Identifier: MIT */
/* How a queue is reset, and what its answer means for a guest. */
#include "engine.h"

static struct engine e;

/* One queue, 01.0005, in the open mdev m0. */
static void
one_queue(const char *rule)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, NULL },
        { "ap_config m0 1:5:", VAP_OK, "1:5:" },
        { "open m0 k1", VAP_OK, "1:5:" },
    };

    engine_start(&e, &(struct engine_boot){
                         .rule = rule, .adapters = "0-1", .domains = "5" });
    PLAY(&e, steps);
}

static const struct vap_queue *
queue(void)
{
    return &e.host.queue[1][5];
}

/* ZAPQ; after 0, 2, 5 or 0a TAPQ until it says 0, 3 or 4; and again when the
 * ZAPQ had been 2, 5 or 0a, or the TAPQ was 35 or 36. Any other TAPQ ends it,
 * the last ZAPQ standing. */
TEST(a_reset_is_repeated_until_it_has_taken)
{
    static const struct {
        const char *fails[2];
        uint8_t rc; /* that remains */
        unsigned resets; /* in all */
        enum vap_verdict verdict;
    } rows[] = {
        { { NULL }, 0, 1, VAP_OK },
        { { "fail_zapq 01.0005 2 1" }, 0, 2, VAP_OK },
        { { "fail_zapq 01.0005 5 3" }, 0, 4, VAP_OK },
        { { "fail_zapq 01.0005 10 1" }, 0, 2, VAP_OK },
        { { "fail_zapq 01.0005 1 1" }, 1, 1, VAP_RESET_FAILED },
        { { "fail_zapq 01.0005 6 2" }, 6, 1, VAP_RESET_FAILED },
        { { "fail_zapq 01.0005 3 1" }, 3, 1, VAP_RESET_FAILED },
        { { "fail_zapq 01.0005 4 1" }, 4, 1, VAP_RESET_FAILED },
        { { "fail_tapq 01.0005 2 4" }, 0, 1, VAP_OK }, /* waits */
        { { "fail_tapq 01.0005 5 1" }, 0, 1, VAP_OK },
        { { "fail_tapq 01.0005 53 2" }, 0, 3, VAP_OK }, /* 35: once more */
        { { "fail_tapq 01.0005 54 1" }, 0, 2, VAP_OK },
        { { "fail_tapq 01.0005 1 1" }, 0, 1, VAP_OK }, /* given up */
        { { "fail_tapq 01.0005 10 1" }, 0, 1, VAP_OK },
        { { "fail_zapq 01.0005 2 1", "fail_tapq 01.0005 1 1" },
          2,
          1,
          VAP_RESET_FAILED },
        { { "fail_zapq 01.0005 5 2", "fail_tapq 01.0005 2 1" }, 0, 3, VAP_OK },
        { { "hwstate 01.0005 3" }, 3, 1, VAP_RESET_FAILED },
        { { "hwstate 01.0005 4", "fail_zapq 01.0005 1 1" },
          4,
          1,
          VAP_RESET_FAILED },
        { { "sethw aqm=" }, 1, 1, VAP_RESET_FAILED },
        { { "sethw apm=0" }, 1, 1, VAP_RESET_FAILED },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        test_note("row %zu: %s", i, rows[i].fails[0] ? rows[i].fails[0] : "");
        one_queue("linux-7.2");
        for (int k = 0; k < 2 && rows[i].fails[k]; k++)
            CHECK_INT(engine_ask(&e, rows[i].fails[k]), VAP_OK);
        CHECK_INT(engine_ask(&e, "vfio_reset m0"), rows[i].verdict);
        CHECK_INT(queue()->reset_rc, rows[i].rc);
        CHECK_INT(e.n_zapqs, rows[i].resets);
    }
}

TEST(a_failed_reset_takes_the_adapter_from_the_guest)
{
    static const struct engine_step steps[] = {
        { "fail_zapq 01.0005 1 1", VAP_OK, "1:5:" },
        { "vfio_reset m0", VAP_RESET_FAILED, "::" },
        { "vfio_reset m0", VAP_OK, "1:5:" }, /* this one did it */
        { "fail_zapq 01.0005 1 2", VAP_OK, "1:5:" },
        { "close m0", VAP_OK, "::" },
        { "open m0 k1", VAP_OK, "::" },
        { "vfio_reset m0", VAP_RESET_FAILED, "::" },
        { "vfio_reset m0", VAP_OK, "1:5:" },
    };

    one_queue("state");
    PLAY(&e, steps);
    CHECK_STR(engine_text(&e.mdevs[0].apcb), "1:5:");
}

/* Linux looks at it only when something else makes it filter. */
TEST(linux_notices_a_failed_reset_when_it_filters)
{
    static const struct engine_step steps[] = {
        { "fail_zapq 01.0005 1 1", VAP_OK, "1:5:" },
        { "vfio_reset m0", VAP_RESET_FAILED, "1:5:" },
        { "assign_adapter m0 0", VAP_OK, "0:5:" },
        { "vfio_reset m0", VAP_OK, "0:5:" },
        { "ap_config m0 0-1:5:", VAP_OK, "0-1:5:" },
    };

    one_queue("linux-7.2");
    PLAY(&e, steps);
}

/* It stays with the queue: another mdev that gets it has it too. */
TEST(a_failed_reset_is_remembered_until_the_queue_is_bound_anew)
{
    static const struct engine_step steps[] = {
        { "fail_zapq 01.0005 1 1", VAP_OK, "1:5:" },
        { "close m0", VAP_OK, "::" },
        { "unassign_adapter m0 1", VAP_OK, "::" },
        { "create m1", VAP_OK, "::" },
        { "ap_config m1 0-1:5:", VAP_OK, "::" },
        { "scan", VAP_OK, "::" },
    };

    one_queue("state");
    PLAY(&e, steps);
    CHECK_STR(engine_text(&e.mdevs[1].guest), "0:5:");
    CHECK_INT(queue()->reset_rc, 1);
    CHECK_INT(engine_ask(&e, "unbind vfio_ap 01.0005"), VAP_OK);
    CHECK_INT(engine_ask(&e, "fail_zapq 01.0005 1 1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "bind vfio_ap 01.0005"), VAP_OK);
    CHECK_STR(engine_text(&e.mdevs[1].guest), "0-1:5:");
    CHECK_INT(queue()->reset_rc, 0);
}

/* The release itself fails: nobody is told of the answer. */
TEST(a_reset_that_fails_as_the_queue_leaves_is_forgotten_with_the_next_bind)
{
    static const struct engine_step steps[] = {
        { "fail_zapq 01.0005 1 1", VAP_OK, "1:5:" },
        { "unbind vfio_ap 01.0005", VAP_OK, "::" },
        { "bind vfio_ap 01.0005", VAP_OK, "1:5:" },
        { "fail_zapq 01.0005 1 1", VAP_OK, "1:5:" },
        { "host aqm=", VAP_OK, "::" }, /* no reset of what is not there */
        { "host aqm=5", VAP_OK, "1:5:" },
    };

    one_queue("state");
    PLAY(&e, steps);
    CHECK_INT(queue()->zapq_n, 1);
}

/* Fast and slow path agree on what is told of a reset. */
TEST(resets_of_one_adapter_that_answer_alike_are_one_entry)
{
    engine_start(&e,
                 &(struct engine_boot){ .adapters = "1-2", .domains = "0-9" });
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 1-2:0-9:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "open m0 k1"), VAP_OK);

    struct vap_request r = engine_request("vfio_reset m0");

    CHECK_INT(vap_plan(&e.host, &r, 1, &e.change, &e.why), VAP_OK);
    CHECK_INT(e.change.n_resets, 2);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_INT(e.resets[i].adapter, i + 1);
        CHECK_INT(e.resets[i].rc, 0);
        CHECK_INT(e.resets[i].times, 1);
        CHECK_INT(vap_mask_count(&e.resets[i].domains), 10);
    }
    CHECK_INT(engine_ask(&e, "fail_zapq 01.0003 2 1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "fail_zapq 01.0004 5 1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "vfio_reset m0"), VAP_OK);
    CHECK_STR(e.reset,
              "01.0000 01.0001 01.0002 01.0005 01.0006 01.0007 01.0008 "
              "01.0009 01.0003 01.0003 01.0004 01.0004 "
              "02.0000 02.0001 02.0002 02.0003 02.0004 02.0005 02.0006 "
              "02.0007 02.0008 02.0009");
}
