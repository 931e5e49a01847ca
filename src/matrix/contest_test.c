/* SPDX-License-Identifier: MIT */
/* Who stands in the way: the queue, and the mdev or the mask that has it. */
#include "engine.h"

static struct engine e;

#define MAX_REASONS 32

/* All reasons there are for a refusal, as "01.0005@m0 01.0006@m0 ...". */
static const char *
reasons(const char *ask)
{
    static char text[MAX_REASONS * 16];
    struct vap_request r = engine_request(ask);
    enum vap_verdict v = engine_ask_all(&e, &r, 1);
    struct vap_why why = e.why;
    size_t at = 0;
    bool more = v == VAP_RESERVED || v == VAP_SHARED || v == VAP_IN_USE;

    text[0] = '\0';
    CHECK_INT(why.verdict, v);
    for (int i = 0; more && i < MAX_REASONS; i++) {
        at += (size_t)sprintf(text + at, "%s%02x.%04x", at ? " " : "",
                              why.apqn >> 8, why.apqn & 255);
        if (v != VAP_RESERVED)
            at += (size_t)sprintf(text + at, "@m%u", why.holder);
        else
            at += (size_t)sprintf(text + at, "%s", why.by_driver ? "!" : "");
        CHECK_INT(why.verdict, v);
        more = vap_why_next(&e.host, &r, &e.change, &why);
    }
    CHECK(!more);
    CHECK_INT(e.change.n_effects, 0);
    return text;
}

static void
three_mdevs(bool on_6_12)
{
    engine_start(&e, &(struct engine_boot){ .on_6_12 = on_6_12,
                                            .adapters = "0-7",
                                            .domains = "0-7",
                                            .apmask = "0-3",
                                            .aqmask = "6-7" });
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "create m1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "create m3"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 1-2:3-4:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m3 1,5:0,255:"), VAP_OK);
}

TEST(the_first_queue_in_another_mdev_is_named_and_then_the_others)
{
    static const struct {
        const char *had;
        const char *ask;
        enum vap_verdict verdict;
        const char *reasons;
    } rows[] = {
        { "2:5:", "assign_domain m1 4", VAP_SHARED, "02.0004@m0" },
        { ":3-4:", "assign_adapter m1 2", VAP_SHARED, "02.0003@m0 02.0004@m0" },
        { ":0,3-4:", "assign_adapter m1 1", VAP_SHARED,
          "01.0003@m0 01.0004@m0 01.0000@m3" },
        { "::", "ap_config m1 0-7:0-5,255:", VAP_SHARED,
          "01.0003@m0 01.0004@m0 02.0003@m0 02.0004@m0 "
          "01.0000@m3 01.00ff@m3 05.0000@m3 05.00ff@m3" },
        { "1:5:", "assign_domain m1 255", VAP_SHARED, "01.00ff@m3" },
        { "1:5:", "assign_domain m1 2", VAP_OK, "" },
        { "3:3-4:", "assign_adapter m1 4", VAP_OK, "" },
        { ":3-4:", "assign_control_domain m1 4", VAP_OK, "" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char had[64];

        test_note("%s on %s", rows[i].ask, rows[i].had);
        three_mdevs(false);
        (void)sprintf(had, "ap_config m1 %s", rows[i].had);
        CHECK_INT(engine_ask(&e, had), VAP_OK);
        CHECK_STR(reasons(rows[i].ask), rows[i].reasons);
        CHECK_INT(e.why.verdict, rows[i].verdict);
    }
}

TEST(the_first_queue_that_the_masks_keep_is_named_and_then_the_others)
{
    static const struct {
        const char *had;
        const char *ask;
        const char *reasons;
    } rows[] = {
        { "3:5:", "assign_domain m1 6", "03.0006" },
        { ":5-7:", "assign_adapter m1 3", "03.0006 03.0007" },
        { ":5-7:", "assign_adapter m1 4", "" },
        { ":6:", "ap_config m1 0,2-9:5-7:",
          "00.0006 00.0007 02.0006 02.0007 03.0006 03.0007" },
        { "::", "ap_config m1 3,200:6,200:", "03.0006" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char had[64];

        test_note("%s on %s", rows[i].ask, rows[i].had);
        three_mdevs(false);
        (void)sprintf(had, "ap_config m1 %s", rows[i].had);
        CHECK_INT(engine_ask(&e, had), VAP_OK);
        CHECK_STR(reasons(rows[i].ask), rows[i].reasons);
    }
}

/* 6.12 asks whether a queue of an mdev would be kept; 7.2 whether an mdev has
 * the adapter (the domain) at all, and any domain (adapter). */
TEST(a_mask_does_not_take_what_an_mdev_has)
{
    static const struct {
        const char *ask;
        const char *on_6_12;
        const char *on_7_2;
    } rows[] = {
        { "apmask +5", "", "05.0000@m3 05.00ff@m3" },
        { "apmask +6-200", "", "" },
        { "apmask -0-3", "", "" },
        { "apmask =1-3", "", "" },
        { "aqmask +4", "01.0004@m0 02.0004@m0", "01.0004@m0 02.0004@m0" },
        { "aqmask +0,+4", "01.0004@m0 02.0004@m0 01.0000@m3",
          "01.0004@m0 02.0004@m0 01.0000@m3 05.0000@m3" },
        { "aqmask +5", "", "" },
        { "aqmask =0", "01.0000@m3", "01.0000@m3 05.0000@m3" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        test_note("%s", rows[i].ask);
        three_mdevs(true);
        CHECK_STR(reasons(rows[i].ask), rows[i].on_6_12);
        three_mdevs(false);
        CHECK_STR(reasons(rows[i].ask), rows[i].on_7_2);
    }
}

/* Domain 6 is in aqmask already; m0 has it with an adapter that is not. */
TEST(what_a_mask_has_already_is_not_held_against_it)
{
    for (int old = 0; old < 2; old++) {
        three_mdevs(old);
        CHECK_INT(engine_ask(&e, "ap_config m1 5:6:"), VAP_OK);
        CHECK_STR(reasons("aqmask +1"), "");
        CHECK_STR(reasons("apmask +7"), "");
    }
}

TEST(an_mdev_with_one_side_only_is_in_nobodys_way)
{
    engine_start(&e,
                 &(struct engine_boot){ .adapters = "0-7", .domains = "0-7" });
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "create m1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 1-2::3"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m1 :3:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "apmask =0-255"), VAP_OK);
    CHECK_INT(engine_ask(&e, "assign_adapter m1 2"), VAP_OK);
    CHECK_INT(engine_ask(&e, "aqmask +3"), VAP_IN_USE);
    CHECK_INT(engine_ask(&e, "aqmask =4-255"), VAP_OK);
}

/* Linux 7.2: an overridden queue that has a driver is kept or not by that
 * driver; one that has none by the masks, as ever. */
TEST(an_overridden_queue_is_kept_by_its_driver)
{
    engine_start(&e, &(struct engine_boot){ .adapters = "0-1",
                                            .domains = "5-6",
                                            .apmask = "0-255",
                                            .aqmask = "0-255" });
    static const struct engine_step steps[] = {
        { "driver_override 00.0005 vfio_ap", VAP_OK, NULL },
        { "create m0", VAP_OK, NULL },
        { "assign_adapter m0 0", VAP_OK, NULL },
        { "assign_domain m0 5", VAP_RESERVED, NULL }, /* bound to the other */
        { "unbind cex4queue 00.0005", VAP_OK, NULL },
        { "assign_domain m0 5", VAP_RESERVED, NULL }, /* unbound: the masks */
        { "bind vfio_ap 00.0005", VAP_OK, NULL },
        { "assign_domain m0 5", VAP_OK, NULL },
        { "assign_domain m0 6", VAP_RESERVED, NULL },
    };

    PLAY(&e, steps);
    CHECK_STR(reasons("ap_config m0 0-1:5-6:"), "00.0006 01.0005 01.0006");
}

TEST(that_it_is_kept_by_its_driver_is_told)
{
    engine_start(&e, &(struct engine_boot){ .adapters = "0-1",
                                            .domains = "5-6",
                                            .apmask = "0",
                                            .aqmask = "5-6" });
    static const struct engine_step steps[] = {
        { "driver_override 01.0005 cex4queue", VAP_OK, NULL },
        { "unbind vfio_ap 01.0005", VAP_OK, NULL },
        { "bind cex4queue 01.0005", VAP_OK, NULL },
        { "create m0", VAP_OK, NULL },
    };

    PLAY(&e, steps);
    CHECK_STR(reasons("ap_config m0 0-1:5:"), "00.0005 01.0005!");
    CHECK_STR(reasons("ap_config m0 1:5-6:"), "01.0005!");
    CHECK_STR(reasons("ap_config m0 1:6:"), "");
}

/* Of two overridden queues of an adapter the one without a driver is kept by
 * the masks. */
TEST(that_it_is_kept_by_the_masks_all_the_same_is_told)
{
    engine_start(&e, &(struct engine_boot){ .adapters = "0",
                                            .domains = "5-6",
                                            .apmask = "0",
                                            .aqmask = "5-6" });
    static const struct engine_step steps[] = {
        { "driver_override 00.0005 cex4queue", VAP_OK, NULL },
        { "driver_override 00.0006 vfio_ap", VAP_OK, NULL },
        { "unbind cex4queue 00.0006", VAP_OK, NULL },
        { "create m0", VAP_OK, NULL },
    };

    PLAY(&e, steps);
    CHECK_STR(reasons("ap_config m0 0:5-6:"), "00.0005! 00.0006");
}

TEST(no_refusal_has_no_next_reason)
{
    struct vap_request r = engine_request("assign_adapter m0 16");

    engine_start(&e, &(struct engine_boot){ .last_adapter = 15 });
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask_all(&e, &r, 1), VAP_NO_SUCH_ID);
    CHECK(!vap_why_next(&e.host, &r, &e.change, &e.why));
}
