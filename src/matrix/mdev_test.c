/* SPDX-License-Identifier: MIT */
/* What is answered to an mdev's requests, and in which order it is checked:
 * the same under every rule. Guest matrices are in the rules' own tests. */
#include "engine.h"

static struct engine e;

/* Steps under every rule, on both kernels. */
static void
play_everywhere(const struct engine_boot *boot, const struct engine_step *steps,
                size_t n)
{
    for (size_t rule = 0; rule < vap_n_rules; rule++)
        for (int old = 0; old < 2; old++) {
            struct engine_boot b = *boot;

            b.rule = vap_rules[rule]->name;
            b.on_6_12 = old;
            engine_start(&e, &b);
            engine_play(&e, steps, n);
        }
}

TEST(assign_is_checked_by_range_then_reservation_then_sharing)
{
    static const struct engine_step steps[] = {
        { "assign_adapter m0 0", VAP_NO_MDEV, NULL },
        { "create m0", VAP_OK, NULL },
        { "create m1", VAP_OK, NULL },
        { "assign_adapter m0 0", VAP_OK, NULL },
        { "assign_domain m0 5", VAP_OK, NULL },
        { "assign_adapter m0 2", VAP_OK, NULL }, /* not in the host: fine */
        { "assign_adapter m0 15", VAP_OK, NULL },
        { "assign_adapter m0 16", VAP_NO_SUCH_ID, NULL },
        { "assign_adapter m0 256", VAP_NO_SUCH_ID, NULL },
        { "assign_domain m0 84", VAP_RESERVED, NULL },
        { "assign_domain m0 85", VAP_NO_SUCH_ID, NULL }, /* range first */
        { "assign_domain m0 7", VAP_RESERVED, NULL },
        { "assign_domain m0 5", VAP_OK, NULL },
        { "assign_adapter m1 0", VAP_OK, NULL }, /* no domain yet: no queue */
        { "assign_domain m1 5", VAP_SHARED, NULL },
        { "assign_domain m1 6", VAP_OK, NULL },
        { "assign_domain m0 6", VAP_SHARED, NULL },
        { "assign_adapter m1 1", VAP_OK, NULL },
        { "assign_adapter m0 1", VAP_OK, NULL }, /* 01.0005 beside 01.0006 */
        { "assign_control_domain m0 6", VAP_OK, NULL },
        { "assign_control_domain m1 6", VAP_OK, NULL }, /* nobody's own */
        { "assign_control_domain m1 84", VAP_OK, NULL },
        { "assign_control_domain m1 85", VAP_NO_SUCH_ID, NULL },
    };

    play_everywhere(&engine_worked, steps, ROWS(steps));
    CHECK_STR(engine_text(&e.mdevs[0].matrix), "0-2,15:5:6");
    CHECK_STR(engine_text(&e.mdevs[1].matrix), "0-1:6:6,84");
}

/* The matrix is held against the masks as a whole, the domain that is being
 * assigned and those that were. */
TEST(a_refused_id_is_not_assigned)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, NULL },
        { "assign_domain m0 5", VAP_OK, NULL },
        { "assign_domain m0 7", VAP_OK, NULL }, /* no adapter yet */
        { "assign_adapter m0 1", VAP_RESERVED, NULL },
        { "unassign_domain m0 7", VAP_OK, NULL },
        { "assign_adapter m0 1", VAP_OK, NULL },
    };

    play_everywhere(&engine_worked, steps, ROWS(steps));
    CHECK_STR(engine_text(&e.mdevs[0].matrix), "1:5:");
}

TEST(reservation_is_found_before_sharing)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, NULL },
        { "create m1", VAP_OK, NULL },
        { "ap_config m0 1:5:", VAP_OK, NULL },
        { "ap_config m1 :5,7:", VAP_OK, NULL },
        { "assign_adapter m1 1", VAP_RESERVED, NULL },
        { "unassign_domain m1 7", VAP_OK, NULL },
        { "assign_adapter m1 1", VAP_SHARED, NULL },
    };

    play_everywhere(&engine_worked, steps, ROWS(steps));
}

/* What has been assigned stays so, and is not looked at again. */
TEST(assigning_again_is_not_checked)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, NULL },
        { "assign_domain m0 9", VAP_OK, NULL },
        { "assign_domain m0 9", VAP_OK, NULL },
        { "assign_adapter m0 3", VAP_RESERVED, NULL },
        { "aqmask -9", VAP_OK, NULL },
        { "assign_adapter m0 3", VAP_OK, NULL },
        { "assign_adapter m0 3", VAP_OK, NULL },
        { "assign_domain m0 9", VAP_OK, NULL },
    };

    play_everywhere(&engine_worked, steps, ROWS(steps));
}

TEST(unassign_is_checked_by_range_alone)
{
    static const struct engine_step steps[] = {
        { "unassign_domain m0 5", VAP_NO_MDEV, NULL },
        { "create m0", VAP_OK, NULL },
        { "ap_config m0 0-2:5-6:5", VAP_OK, NULL },
        { "unassign_adapter m0 15", VAP_OK, NULL },
        { "unassign_adapter m0 16", VAP_NO_SUCH_ID, NULL },
        { "unassign_domain m0 85", VAP_NO_SUCH_ID, NULL },
        { "unassign_control_domain m0 85", VAP_NO_SUCH_ID, NULL },
        { "unassign_adapter m0 1", VAP_OK, NULL },
        { "unassign_adapter m0 1", VAP_OK, NULL },
        { "unassign_domain m0 6", VAP_OK, NULL },
        { "unassign_control_domain m0 5", VAP_OK, NULL },
    };

    play_everywhere(&engine_worked, steps, ROWS(steps));
    CHECK_STR(engine_text(&e.mdevs[0].matrix), "0,2:5:");
}

/* ... the other way round than assign. */
TEST(ap_config_is_checked_by_reservation_then_sharing_then_range)
{
    static const struct engine_step steps[] = {
        { "ap_config m0 ::", VAP_NO_MDEV, NULL },
        { "create m0", VAP_OK, NULL },
        { "create m1", VAP_OK, NULL },
        { "ap_config m0 4:5:", VAP_OK, NULL },
        { "ap_config m1 16:7:", VAP_RESERVED, NULL },
        { "ap_config m1 4,16:5,7:", VAP_RESERVED, NULL },
        { "ap_config m1 4,16:5:", VAP_SHARED, NULL },
        { "ap_config m1 5,16:5:", VAP_NO_SUCH_ID, NULL },
        { "ap_config m1 :85:", VAP_NO_SUCH_ID, NULL },
        { "ap_config m1 ::85", VAP_NO_SUCH_ID, NULL },
        { "ap_config m1 5,15:5-6:84", VAP_OK, NULL },
        { "ap_config m1 5,15:5-6:84", VAP_OK, NULL },
        { "ap_config m0 4-5:6:", VAP_SHARED, NULL },
    };

    play_everywhere(&engine_worked, steps, ROWS(steps));
    CHECK_STR(engine_text(&e.mdevs[0].matrix), "4:5:");
    CHECK_STR(engine_text(&e.mdevs[1].matrix), "5,15:5-6:84");
    CHECK_INT(engine_ask(&e, "ap_config m1 ::"), VAP_OK);
    CHECK_STR(engine_text(&e.mdevs[1].matrix), "::");
}

TEST(the_limit_that_was_passed_is_told)
{
    static const struct {
        const char *ask;
        unsigned limit;
    } rows[] = {
        { "assign_adapter m0 16", 15 }, { "unassign_adapter m0 99", 15 },
        { "assign_domain m0 85", 84 },  { "unassign_control_domain m0 85", 84 },
        { "ap_config m0 16:5:", 15 },   { "ap_config m0 1:5:85", 84 },
        { "host apm=16", 15 },          { "host aqm+85", 84 },
        { "sethw adm+85", 84 },         { "card 16 3", 15 },
    };

    engine_start(&e, &engine_worked);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    for (size_t i = 0; i < ROWS(rows); i++) {
        test_note("%s", rows[i].ask);
        CHECK_INT(engine_ask(&e, rows[i].ask), VAP_NO_SUCH_ID);
        CHECK_INT(e.why.verdict, VAP_NO_SUCH_ID);
        CHECK_INT(e.why.limit, rows[i].limit);
    }
}

/* ... of the host when the mdev was created; without APXA 63 and 15. */
TEST(limits_are_those_of_the_mdevs_creation)
{
    engine_start(&e, &(struct engine_boot){ .no_apxa = true });
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "assign_adapter m0 63"), VAP_OK);
    CHECK_INT(engine_ask(&e, "assign_adapter m0 64"), VAP_NO_SUCH_ID);
    CHECK_INT(engine_ask(&e, "assign_domain m0 15"), VAP_OK);
    CHECK_INT(engine_ask(&e, "assign_domain m0 16"), VAP_NO_SUCH_ID);
    e.host.bus.hardware.apxa = e.host.bus.config.apxa = true;
    CHECK_INT(engine_ask(&e, "create m1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "assign_adapter m0 64"), VAP_NO_SUCH_ID);
    CHECK_INT(engine_ask(&e, "assign_adapter m1 255"), VAP_OK);
    CHECK_INT(engine_ask(&e, "assign_domain m1 255"), VAP_OK);
}

/* A number is as it was written, 64 bits of it. */
TEST(a_large_number_is_no_small_id)
{
    struct vap_request r = engine_request("assign_adapter m0 0");

    engine_start(&e, &engine_worked);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    r.id = UINT64_C(1) << 32;
    CHECK_INT(engine_ask_all(&e, &r, 1), VAP_NO_SUCH_ID);
    r.op = VAP_UNASSIGN_DOMAIN;
    CHECK_INT(engine_ask_all(&e, &r, 1), VAP_NO_SUCH_ID);
    r.op = VAP_CARD_STATE;
    CHECK_INT(engine_ask_all(&e, &r, 1), VAP_NO_SUCH_ID);
}

TEST(mdevs_come_and_go)
{
    static const struct engine_step steps[] = {
        { "remove m0", VAP_NO_MDEV, NULL },
        { "create m0", VAP_OK, NULL },
        { "create m0", VAP_EXISTS, NULL },
        { "create m15", VAP_OK, NULL },
        { "create m16", VAP_NO_INSTANCE, NULL }, /* no storage for it */
        { "remove m16", VAP_NO_MDEV, NULL },
        { "ap_config m0 0:5:5", VAP_OK, NULL },
        { "remove m0", VAP_OK, NULL },
        { "ap_config m15 0:5:5", VAP_OK, NULL }, /* free again */
        { "create m0", VAP_OK, "::" },
    };

    play_everywhere(&engine_worked, steps, ROWS(steps));
    CHECK_STR(engine_text(&e.mdevs[0].matrix), "::");
}

TEST(one_guest_an_mdev_and_one_mdev_a_guest)
{
    static const struct engine_step steps[] = {
        { "open m0 k1", VAP_NO_MDEV, NULL },
        { "create m0", VAP_OK, NULL },
        { "create m1", VAP_OK, NULL },
        { "close m0", VAP_NOT_OPEN, NULL },
        { "vfio_reset m0", VAP_NOT_OPEN, NULL },
        { "open m0", VAP_NO_VM, NULL },
        { "open m0 k1", VAP_OK, NULL },
        { "open m0 k2", VAP_OPEN, NULL },
        { "open m1 k1", VAP_VM_TWICE, NULL },
        { "open m1 k2", VAP_OK, NULL },
        { "vfio_reset m0", VAP_OK, NULL },
        { "remove m0", VAP_HELD, NULL },
        { "close m0", VAP_OK, NULL },
        { "close m0", VAP_NOT_OPEN, NULL },
        { "remove m0", VAP_OK, NULL },
        { "close m0", VAP_NO_MDEV, NULL },
        { "vfio_reset m9", VAP_NO_MDEV, NULL },
    };

    play_everywhere(&engine_worked, steps, ROWS(steps));
}

TEST(the_mdev_that_a_guest_has_already_is_named)
{
    engine_start(&e, &engine_worked);
    CHECK_INT(engine_ask(&e, "create m3"), VAP_OK);
    CHECK_INT(engine_ask(&e, "create m4"), VAP_OK);
    CHECK_INT(engine_ask(&e, "open m3 k9"), VAP_OK);
    CHECK_INT(engine_ask(&e, "open m4 k9"), VAP_VM_TWICE);
    CHECK_INT(e.why.holder, 3);
}

/* Queues of the matrix that are bound, whether or not the guest has them. */
TEST(open_close_reset_and_remove_reset_what_the_mdev_has)
{
    static const struct {
        const char *ask;
        const char *reset;
        const char *apcb;
    } rows[] = {
        { "create m0", "", "::" },
        { "ap_config m0 0-1:5-6:5", "", "::" },
        { "unbind vfio_ap 01.0006", NULL, "::" },
        { "open m0 k1", "", "0:5-6:5" },
        { "vfio_reset m0", "00.0005 00.0006 01.0005", "0:5-6:5" },
        { "close m0", "00.0005 00.0006 01.0005", "::" },
        { "remove m0", "00.0005 00.0006 01.0005", "::" },
    };

    for (size_t rule = 0; rule < 3; rule++) {
        struct engine_boot b = engine_worked;

        b.rule = vap_rules[rule]->name;
        engine_start(&e, &b);
        for (size_t i = 0; i < ROWS(rows); i++) {
            test_note("%s: %s", b.rule, rows[i].ask);
            CHECK_INT(engine_ask(&e, rows[i].ask), VAP_OK);
            if (rows[i].reset)
                CHECK_STR(e.reset, rows[i].reset);
            CHECK_STR(engine_text(&e.mdevs[0].apcb), rows[i].apcb);
        }
    }
}

TEST(a_reset_by_the_guest_fails_by_any_answer_but_0)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, NULL },
        { "ap_config m0 0-1:5-6:", VAP_OK, NULL },
        { "open m0 k1", VAP_OK, NULL },
        { "hwstate 01.0005 3", VAP_OK, NULL },
        { "vfio_reset m0", VAP_RESET_FAILED, NULL },
        { "hwstate 01.0005 0", VAP_OK, NULL },
        { "vfio_reset m0", VAP_OK, NULL },
        { "card 1 4", VAP_OK, NULL },
        { "vfio_reset m0", VAP_RESET_FAILED, NULL },
        { "card 1 0", VAP_OK, NULL },
        { "fail_zapq 00.0006 1 1", VAP_OK, NULL },
        { "vfio_reset m0", VAP_RESET_FAILED, NULL },
        { "vfio_reset m0", VAP_OK, NULL },
    };

    play_everywhere(&engine_worked, steps, ROWS(steps));
}
