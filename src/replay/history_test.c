/* SPDX-License-Identifier: MIT */
#include "replay/history.h"

#include "base/auto.h"

#include <errno.h>
#include <string.h>

#include "test.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct host *
boot(const char *limits, const char *op, const struct vap_rule *rule)
{
    json_t *trace = json_loads(limits, 0, NULL);
    const char *expected = NULL;
    struct host *host = NULL;
    int r = history_boot(trace, op, rule, VAP_LINUX_7_2, &host, &expected);

    json_decref(trace);
    CHECK(r == 0 || r == -EBADMSG);
    CHECK(r == 0 || strncmp(expected, "boot ", 5) == 0);
    return host;
}

#define LARGE "{\"boot\":{\"apxa\":1,\"na\":255,\"nd\":255}}"

/* With mdevs m0 and m1, and m1 open. */
static struct host *
two_mdevs(void)
{
    struct host *host = boot(LARGE, "boot apm=0-3 aqm=0-3", &vap_rule_state);
    struct vap_request open = { .op = VAP_OPEN_MDEV, .mdev = 1 };

    for (uint32_t i = 0; i < 2; i++) {
        struct vap_request create = { .op = VAP_CREATE, .mdev = i };

        CHECK_INT(host_slot(host, i ? "m1" : "m0"), i);
        CHECK_INT(host_do(host, &create, NULL), VAP_OK);
    }
    open.vm = host_vm(host, "k1");
    CHECK_INT(host_do(host, &open, NULL), VAP_OK);
    return host;
}

TEST(an_operation_is_a_request)
{
    static const struct {
        const char *op;
        int answer;
        struct vap_request is; /* id, mdev, vm, apqn, driver, rc, times */
    } rows[] = {
        { "create m2", VAP_OK, { .op = VAP_CREATE, .mdev = 2 } },
        { "create m1", VAP_OK, { .op = VAP_CREATE, .mdev = 1 } },
        { "remove m1", VAP_OK, { .op = VAP_REMOVE, .mdev = 1 } },
        { "open m0 k1", VAP_OK, { .op = VAP_OPEN_MDEV, .vm = 1 } },
        { "open m0 new", VAP_OK, { .op = VAP_OPEN_MDEV, .vm = 2 } },
        { "open m0", VAP_OK, { .op = VAP_OPEN_MDEV } },
        { "close m1", VAP_OK, { .op = VAP_CLOSE_MDEV, .mdev = 1 } },
        { "vfio_reset m1", VAP_OK, { .op = VAP_RESET_MDEV, .mdev = 1 } },
        { "assign_adapter m1 0x10",
          VAP_OK,
          { .op = VAP_ASSIGN_ADAPTER, .mdev = 1, .id = 16 } },
        { "unassign_domain m0 999",
          VAP_OK,
          { .op = VAP_UNASSIGN_DOMAIN, .id = 999 } },
        { "assign_domain m0 ", VAP_INVALID, { .op = VAP_ASSIGN_DOMAIN } },
        { "assign_domain m0", VAP_INVALID, { .op = VAP_ASSIGN_DOMAIN } },
        { "assign_domain m0  1", VAP_INVALID, { .op = VAP_ASSIGN_DOMAIN } },
        { "assign_domain m0 1 2", VAP_INVALID, { .op = VAP_ASSIGN_DOMAIN } },
        { "assign_domain gone x", VAP_NO_MDEV, { 0 } },
        { "close gone", VAP_NO_MDEV, { .op = VAP_CLOSE_MDEV } },
        { "open gone k1", VAP_NO_MDEV, { .op = VAP_OPEN_MDEV, .vm = 1 } },
        { "ap_config m0 0xg", VAP_INVALID, { .op = VAP_AP_CONFIG } },
        { "apmask +256", VAP_INVALID, { .op = VAP_APMASK } },
        { "bind vfio_ap 03.0047",
          VAP_OK,
          { .op = VAP_BIND, .apqn = 0x0347, .driver = VAP_VFIO_AP } },
        { "unbind cex4queue 00.0000",
          VAP_OK,
          { .op = VAP_UNBIND, .driver = VAP_DEFAULT } },
        { "unbind other 00.0000",
          VAP_OK,
          { .op = VAP_UNBIND, .driver = VAP_OTHER_DRIVER } },
        { "driver_override 01.0002 vfio_ap",
          VAP_OK,
          { .op = VAP_OVERRIDE, .apqn = 0x0102, .driver = VAP_VFIO_AP } },
        { "driver_override 01.0002",
          VAP_OK,
          { .op = VAP_OVERRIDE, .apqn = 0x0102 } },
        { "probe ff.00ff", VAP_OK, { .op = VAP_PROBE, .apqn = 0xffff } },
        { "fail_zapq 01.0002 255 3",
          VAP_OK,
          { .op = VAP_FAIL_RESET, .apqn = 0x0102, .rc = 255, .times = 3 } },
        { "fail_tapq 01.0002 2 0",
          VAP_OK,
          { .op = VAP_FAIL_TEST, .apqn = 0x0102, .rc = 2 } },
        { "hwstate 01.0002 4",
          VAP_OK,
          { .op = VAP_QUEUE_STATE, .apqn = 0x0102, .rc = 4 } },
        { "scan", VAP_OK, { .op = VAP_SCAN } },
        { "host", VAP_OK, { .op = VAP_HOST } },
        { "sethw adm=", VAP_OK, { .op = VAP_HARDWARE } },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(host_done) struct host *host = two_mdevs();
        const struct vap_request *is = &rows[i].is;
        const char *expected = NULL;
        struct vap_request r;

        test_note("%s", rows[i].op);
        CHECK_INT(history_request(host, rows[i].op, &r, &expected),
                  rows[i].answer);
        CHECK_INT(r.op, is->op);
        CHECK_INT(r.vm, is->vm);
        CHECK(r.apqn == is->apqn && r.driver == is->driver && r.rc == is->rc &&
              r.times == is->times && r.id == is->id);
        if (rows[i].answer != VAP_NO_MDEV)
            CHECK_INT(r.mdev, is->mdev);
    }
}

TEST(masks_of_the_host_that_are_not_named_stay)
{
    AUTO(host_done) struct host *host = two_mdevs();
    const char *expected = NULL;
    struct vap_request r;

    CHECK_INT(history_request(host, "host adm=1 apm=2-3", &r, &expected),
              VAP_OK);
    CHECK_INT(host_do(host, &r, NULL), VAP_OK);
    CHECK_INT(vap_mask_count(&host->engine->bus.config.ids.adapters), 2);
    CHECK_INT(vap_mask_count(&host->engine->bus.config.ids.domains), 4);
    CHECK_INT(vap_mask_count(&host->engine->bus.config.ids.control), 1);
}

TEST(an_operation_that_is_none_says_how_it_is_written)
{
    static const struct {
        const char *op;
        const char *expected;
    } rows[] = {
        { "", "an operation, as create, assign_adapter or host" },
        { "frobnicate", "an operation, as create, assign_adapter or host" },
        { "create", "create NAME" },
        { "create m2 ", "create NAME" },
        { "create m2 m3", "create NAME" },
        { "create 05.0047", "create NAME" },
        { "open m0 k1 k2", "open NAME [KVM]" },
        { "open m0 k/1", "open NAME [KVM]" },
        { "assign_adapter", "assign_adapter NAME ID" },
        { "bind vfio_ap", "bind DRIVER APQN" },
        { "bind vfio_ap 3.47", "bind DRIVER APQN" },
        { "probe 03.0047 x", "probe APQN" },
        { "host apm=0 apm=0", "host [apm=SET] [aqm=SET] [adm=SET]" },
        { "host apmask=0", "host [apm=SET] [aqm=SET] [adm=SET]" },
        { "host ", "host [apm=SET] [aqm=SET] [adm=SET]" },
        { "sethw apm=256", "sethw [apm=SET] [aqm=SET] [adm=SET]" },
        { "scan it", "scan" },
        { "hwstate 00.0000 5", "hwstate APQN RC, RC 0, 3 or 4" },
        { "fail_zapq 00.0000 1 256", "fail_zapq APQN RC TIMES" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(host_done) struct host *host = two_mdevs();
        const char *expected = NULL;
        struct vap_request r;

        test_note("%s", rows[i].op);
        CHECK_INT(history_request(host, rows[i].op, &r, &expected), -EBADMSG);
        CHECK_STR(expected, rows[i].expected);
    }
}

TEST(a_host_boots_as_it_is_told)
{
    AUTO(host_done)
    struct host *host =
        boot(LARGE,
             "boot apxa=1 na=255 nd=255 apm=0-2 aqm=0-1 adm=7 "
             "apmask=0x4000000000000000000000000000000000000000000000000000000"
             "000000000 aqmask=0x8000000000000000000000000000000000000000000000"
             "000000000000000000",
             &vap_rule_linux_6_12);

    CHECK_INT(host->engine->kernel, VAP_LINUX_6_12);
    CHECK_INT(vap_host_driver(host->engine, VAP_APQN(1, 0)), VAP_DEFAULT);
    CHECK_INT(vap_host_driver(host->engine, VAP_APQN(1, 1)), VAP_VFIO_AP);
    CHECK_INT(vap_host_driver(host->engine, VAP_APQN(0, 0)), VAP_VFIO_AP);
    CHECK_INT(vap_host_driver(host->engine, VAP_APQN(3, 0)), VAP_NO_DRIVER);
}

TEST(masks_that_are_not_given_are_all_ones_and_bad_ones_none)
{
    AUTO(host_done)
    struct host *plain = boot(LARGE, "boot apm=0 aqm=0", &vap_rule_state);
    AUTO(host_done)
    struct host *bad =
        boot(LARGE, "boot apm=0 aqm=0 apmask=what", &vap_rule_state);

    CHECK_INT(vap_host_driver(plain->engine, 0), VAP_DEFAULT);
    CHECK_INT(vap_host_driver(bad->engine, 0), VAP_VFIO_AP);
    CHECK(vap_mask_empty(&bad->engine->bus.apmask));
}

TEST(a_host_has_no_ids_above_its_highest)
{
    static const char small[] = "{\"boot\":{\"apxa\":0,\"na\":255,\"nd\":255}}";
    static const char tiny[] = "{\"boot\":{\"apxa\":1,\"na\":3,\"nd\":5}}";
    static const struct {
        const char *limits;
        const char *op;
        bool good;
    } rows[] = {
        { small, "boot apm=63 aqm=15 adm=15", true },
        { small, "boot apm=64", false },
        { small, "boot aqm=16", false },
        { tiny, "boot apm=3 aqm=5 adm=5", true },
        { tiny, "boot apm=4", false },
        { tiny, "boot adm=6", false },
        { tiny, "boot apm=1 apm=2", false },
        { tiny, "boot foo=1", false },
        { tiny, "reboot apm=1", false },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(host_done)
        struct host *host = boot(rows[i].limits, rows[i].op, &vap_rule_state);

        test_note("%s", rows[i].op);
        CHECK_INT(host != NULL, rows[i].good);
    }
}
