/* SPDX-License-Identifier: MIT */
#include "matrix/explain.h"

#include "engine.h"

static const char *const cause_names[VAP_CAUSES] = {
    [VAP_CAUSE_ADAPTER_UNASSIGNED] = "adapter-unassigned",
    [VAP_CAUSE_DOMAIN_UNASSIGNED] = "domain-unassigned",
    [VAP_CAUSE_OTHER_MDEV] = "other-mdev",
    [VAP_CAUSE_ADAPTER_ABSENT] = "adapter-absent",
    [VAP_CAUSE_ADAPTER_UNSCANNED] = "adapter-unscanned",
    [VAP_CAUSE_DOMAIN_ABSENT] = "domain-absent",
    [VAP_CAUSE_DOMAIN_UNSCANNED] = "domain-unscanned",
    [VAP_CAUSE_NO_DEVICE] = "no-device",
    [VAP_CAUSE_KEPT] = "kept",
    [VAP_CAUSE_OVERRIDDEN] = "overridden",
    [VAP_CAUSE_DEFAULT_DRIVER] = "default-driver",
    [VAP_CAUSE_UNBOUND] = "unbound",
    [VAP_CAUSE_RESET_FAILED] = "reset-failed",
    [VAP_CAUSE_HOLES] = "holes",
    [VAP_CAUSE_NO_QUEUE_LEFT] = "no-queue-left",
    [VAP_CAUSE_STALE] = "stale",
    [VAP_CAUSE_LEFTOVER] = "leftover",
    [VAP_CAUSE_NOT_TOLD] = "not-told",
    [VAP_CAUSE_LEAVING] = "leaving",
    [VAP_CAUSE_DECONFIGURED] = "deconfigured",
    [VAP_CAUSE_CHECKSTOPPED] = "checkstopped",
};

/* "unbound holes", until the next call */
static const char *
names_of(uint32_t causes)
{
    static char text[512];
    size_t at = 0;

    text[0] = '\0';
    for (int c = 0; c < VAP_CAUSES; c++)
        if (vap_caused(causes, (enum vap_cause)c))
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
                                   at ? " " : "", cause_names[c]);
    return text;
}

/* Adapters 0 to 2 and domains 0 to 2; m0 has adapters 0, 1, 7 and domains
 * 0, 1; 02.0002 is kept for the host. */
static struct engine *
start(const char *rule)
{
    static struct engine e;
    struct engine_boot boot = {
        .rule = rule,
        .adapters = "0-2",
        .domains = "0-2",
        .control = "0-2",
        .apmask = "2",
        .aqmask = "2",
    };

    memset(&e, 0, sizeof(e));
    engine_start(&e, &boot);
    CHECK_INT(engine_ask(&e, "create m0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m0 0-1,7:0-1:0"), VAP_OK);
    CHECK_INT(engine_ask(&e, "create m1"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m1 2:0:"), VAP_OK);
    return &e;
}

static void
ask_all(struct engine *e, const char *const *asked)
{
    for (; *asked; asked++)
        (void)engine_ask(e, *asked);
}

TEST(each_cause_is_found)
{
    static const struct {
        const char *rule;
        const char *asked[4];
        unsigned apqn;
        uint32_t mdev;
        const char *causes;
    } rows[] = {
        { "state", { NULL }, 0x0000, 0, "" },
        { "state", { NULL }, 0x0200, 0, "adapter-unassigned other-mdev" },
        { "state", { NULL }, 0x0002, 0, "domain-unassigned" },
        { "state", { NULL }, 0x0002, ENGINE_MDEVS, "" },
        { "state",
          { NULL },
          0x0202,
          0,
          "adapter-unassigned domain-unassigned kept default-driver" },
        { "state", { NULL }, 0x0700, 0, "adapter-absent" },
        { "state", { "sethw apm+7" }, 0x0700, 0, "adapter-unscanned" },
        { "state", { "sethw aqm-1" }, 0x0001, 0, "leaving" },
        { "state", { "host aqm-1" }, 0x0001, 0, "domain-absent" },
        { "state",
          { "host aqm-1", "sethw aqm+1" },
          0x0001,
          0,
          "domain-unscanned" },
        { "state", { "unbind vfio_ap 00.0001" }, 0x0001, 0, "unbound" },
        { "state", { "unbind vfio_ap 00.0001" }, 0x0000, 0, "holes" },
        { "state", { "unbind vfio_ap 00.0001" }, 0x0100, 0, "" },
        { "state",
          { "unbind cex4queue 02.0002" },
          0x0202,
          ENGINE_MDEVS,
          "kept unbound" },
        { "state",
          { "open m0 k1", "fail_zapq 00.0001 7 1", "vfio_reset m0" },
          0x0001,
          0,
          "reset-failed" },
        { "linux-7.2",
          { "open m0 k1", "fail_zapq 00.0001 7 1", "vfio_reset m0" },
          0x0001,
          0,
          "reset-failed leftover" },
        { "linux-7.2",
          { "unbind vfio_ap 00.0001", "unassign_domain m0 1" },
          0x0000,
          0,
          "stale" },
        { "state",
          { "unbind vfio_ap 00.0001", "unassign_domain m0 1" },
          0x0000,
          0,
          "" },
        { "linux-7.2", { "open m0 k1", "remove m0" }, 0x0000, 0, "not-told" },
        { "state", { "card 0 3" }, 0x0000, 0, "deconfigured" },
        { "state", { "hwstate 00.0000 4" }, 0x0000, 0, "checkstopped" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct engine *e = start(rows[i].rule);
        struct vap_queue_facts f;

        ask_all(e, rows[i].asked);
        test_note("row %zu, %s", i, rows[i].causes);
        f = vap_explain_queue(&e->host, rows[i].apqn, rows[i].mdev);
        CHECK_STR(names_of(f.causes), rows[i].causes);
    }
}

TEST(an_override_that_names_another_driver_is_a_cause)
{
    static struct engine e;
    struct engine_boot boot = {
        .adapters = "0", .domains = "0", .apmask = "0-255", .aqmask = "0-255"
    };
    struct vap_queue_facts f;

    engine_start(&e, &boot);
    CHECK_INT(engine_ask(&e, "driver_override 00.0000 mine"), VAP_OK);
    f = vap_explain_queue(&e.host, 0, ENGINE_MDEVS);
    CHECK_STR(names_of(f.causes), "overridden default-driver");
    CHECK_INT(engine_ask(&e, "driver_override 00.0000 vfio_ap"), VAP_OK);
    f = vap_explain_queue(&e.host, 0, ENGINE_MDEVS);
    CHECK_STR(names_of(f.causes), "default-driver");
    CHECK_INT(f.override, VAP_VFIO_AP);
}

TEST(an_adapter_is_lost_to_its_holes)
{
    struct engine *e = start("state");
    struct vap_adapter_facts f;

    CHECK_INT(engine_ask(e, "unbind vfio_ap 00.0001"), VAP_OK);
    f = vap_explain_adapter(&e->host, 0, 0);
    CHECK_STR(names_of(f.causes), "holes");
    CHECK(!f.given && !f.due);
    CHECK_INT(vap_mask_count(&f.domains), 2);
    CHECK_INT(vap_mask_count(&f.holes), 1);
    CHECK(vap_mask_has(&f.holes, 1));
    f = vap_explain_adapter(&e->host, 1, 0);
    CHECK(f.given && f.due && !f.causes);
    f = vap_explain_adapter(&e->host, 7, 0);
    CHECK_STR(names_of(f.causes), "adapter-absent");
    f = vap_explain_adapter(&e->host, 2, 0);
    CHECK_STR(names_of(f.causes), "adapter-unassigned");
    CHECK_INT(engine_ask(e, "ap_config m0 0::"), VAP_OK);
    f = vap_explain_adapter(&e->host, 0, 0);
    CHECK_STR(names_of(f.causes), "no-queue-left");
}

TEST(a_domain_says_which_adapters_it_costs)
{
    struct engine *e = start("state");
    struct vap_domain_facts f;

    CHECK_INT(engine_ask(e, "unbind vfio_ap 00.0001"), VAP_OK);
    CHECK_INT(engine_ask(e, "unbind vfio_ap 01.0000"), VAP_OK);
    CHECK_INT(engine_ask(e, "unbind vfio_ap 01.0001"), VAP_OK);
    f = vap_explain_domain(&e->host, 1, 0);
    CHECK_STR(names_of(f.causes), "holes no-queue-left");
    CHECK_INT(vap_mask_count(&f.adapters), 2);
    CHECK_INT(vap_mask_count(&f.holes), 2);
    CHECK_INT(vap_mask_count(&f.sole), 1);
    CHECK(vap_mask_has(&f.sole, 0));
    CHECK_INT(engine_ask(e, "bind vfio_ap 00.0001"), VAP_OK);
    f = vap_explain_domain(&e->host, 1, 0);
    CHECK(f.given && f.due);
    CHECK_STR(names_of(f.causes), "holes");
}

TEST(an_mdev_says_all_it_lacks)
{
    struct engine *e = start("linux-7.2");
    struct vap_mdev_facts f;

    CHECK_INT(engine_ask(e, "assign_control_domain m0 9"), VAP_OK);
    CHECK_INT(engine_ask(e, "unbind vfio_ap 00.0001"), VAP_OK);
    vap_explain_mdev(&e->host, 0, &f);
    CHECK_STR(engine_text(&f.absent), "7::9");
    CHECK_STR(engine_text(&f.due), "1:0-1:0");
    CHECK(vap_mask_has(&f.holed, 0) && vap_mask_count(&f.holed) == 1);
    CHECK(vap_mask_empty(&f.stale) && vap_mask_empty(&f.leftover));
    CHECK(!f.differs && !f.not_told);
    CHECK_INT(engine_ask(e, "unassign_domain m0 1"), VAP_OK);
    vap_explain_mdev(&e->host, 0, &f);
    CHECK(vap_mask_empty(&f.holed));
    CHECK(vap_mask_has(&f.stale, 0) && f.differs);
}
