/* SPDX-License-Identifier: MIT */
#include "host/change_words.h"

#include "base/auto.h"

#include <errno.h>
#include <stdio.h>

#include "test.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* An empty host of 7.2; mdev a has adapters 5 and 6, domains 4 and 0x47. */
static struct host *
host_with_a(void)
{
    struct host_boot boot = {
        .rule = &vap_rule_state,
        .kernel = VAP_LINUX_7_2,
        .config = { .apxa = true, .last_adapter = 255, .last_domain = 255 },
    };
    struct host *host = NULL;
    struct vap_mdev *a;

    CHECK_INT(host_new(&boot, &host), 0);
    CHECK_INT(host_slot(host, "a"), 0);
    a = &host->engine->mdevs[0];
    a->exists = true;
    vap_mask_add(&a->matrix.adapters, 5);
    vap_mask_add(&a->matrix.adapters, 6);
    vap_mask_add(&a->matrix.domains, 4);
    vap_mask_add(&a->matrix.domains, 0x47);
    vap_mask_add(&a->matrix.control, 0x47);
    return host;
}

/* A change in one dialect; NULL when it has none. */
static char *
in_dialect(const struct host *host, const struct vap_request *request,
           enum change_dialect dialect)
{
    char *text = NULL;
    int r = change_words_text(host, request, dialect, &text);

    CHECK(r == 0 || r == -ENOTSUP);
    return text;
}

#define MDEV "/sys/devices/vfio_ap/matrix/a/"

/* Which only matters once there are as many as there can be. */
TEST(there_is_no_slot_for_one_mdev_more)
{
    AUTO(host_done) struct host *host = host_with_a();
    char error[CHANGE_WORDS_ERROR];
    struct vap_request r;

    for (uint32_t i = 1; i < VAP_MDEVS; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "m%u", i);
        CHECK_INT(host_slot(host, name), i);
        host->slots[i].exists = true;
    }
    CHECK_INT(change_words_read(host, "create m65536", &r, error), 0);
    CHECK_INT(host_plan(host, &r, 1, NULL), VAP_NO_INSTANCE);
    CHECK_INT(change_words_read(host, "remove m65536", &r, error), -EINVAL);
    CHECK_STR(error, "there is no mdev m65536");
    CHECK_INT(change_words_read(host, "remove m7", &r, error), 0);
    CHECK_INT(host_plan(host, &r, 1, NULL), VAP_OK);
}

/* What is to be typed does nothing but what it says, whatever an mdev is
 * called. */
TEST(a_name_is_quoted_for_a_shell)
{
    static const struct {
        const char *name;
        const char *quoted;
    } rows[] = {
        { "62177883-f1bb-47f0-914d-32a22e3a8804",
          "62177883-f1bb-47f0-914d-32a22e3a8804" },
        { "a.b:c_d", "a.b:c_d" },
        { "a b", "'a b'" },
        { "a;reboot", "'a;reboot'" },
        { "$(reboot)", "'$(reboot)'" },
        { "it's", "'it'\\''s'" },
        { "\u6f22", "'\u6f22'" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(host_done) struct host *host = host_with_a();
        struct vap_request r = { .op = VAP_REMOVE };
        AUTO(free_done) char *expected = NULL;
        AUTO(free_done) char *text = NULL;

        CHECK(asprintf(&expected,
                       "echo 1 > /sys/devices/vfio_ap/matrix/%s/remove",
                       rows[i].quoted) > 0);
        CHECK_INT(names_change(&host->mdevs, 0, rows[i].name), 0);
        text = in_dialect(host, &r, CHANGE_SYSFS);
        CHECK_STR(text, expected);
    }
}

TEST(a_name_that_looks_like_an_option_is_none)
{
    AUTO(host_done) struct host *host = host_with_a();
    struct vap_request r = { .op = VAP_REMOVE };
    AUTO(free_done) char *text = NULL;

    CHECK_INT(names_change(&host->mdevs, 0, "-rf"), 0);
    text = in_dialect(host, &r, CHANGE_MDEVCTL);
    CHECK_STR(text, "mdevctl stop --uuid=-rf");
}

TEST(a_change_is_read_from_words_and_from_files)
{
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        { "a/assign_adapter 4", "a/assign_adapter 0x04" },
        { "  a/assign_adapter\t0x4 ", "a/assign_adapter 0x04" },
        { "a/assign_adapter 010", "a/assign_adapter 0x08" },
        { "a/assign_adapter=4", "a/assign_adapter 0x04" },
        { "write a/assign_adapter 4", "a/assign_adapter 0x04" },
        { "echo 0x04 > " MDEV "assign_adapter", "a/assign_adapter 0x04" },
        { "echo -n '4'>/sys/bus/mdev/devices/a/assign_adapter",
          "a/assign_adapter 0x04" },
        { "a/unassign_domain 71", "a/unassign_domain 0x0047" },
        { "a/assign_control_domain 71", "a/assign_control_domain 0x0047" },
        { "a/assign_domain 300", "a/assign_domain 0x012c" },
        { "apmask -5,-6", "apmask -0x05-0x06" },
        { "apmask=-5", "apmask -0x05" },
        { "/sys/bus/ap/aqmask +0-3,-2", "aqmask -0x02,+0x00-0x01,+0x03" },
        { "bind vfio_ap 05.0047", "bind vfio_ap 05.0047" },
        { "/sys/bus/ap/drivers/cex4queue/unbind 05.0047",
          "unbind cex4queue 05.0047" },
        { "probe 05.0047", "probe 05.0047" },
        { "/sys/bus/ap/drivers_probe 05.0047", "probe 05.0047" },
        { "05.0047/driver_override vfio_ap",
          "05.0047/driver_override vfio_ap" },
        { "05.0047/driver_override", "05.0047/driver_override" },
        { "05.0047/driver_override mine", "05.0047/driver_override mine" },
        { "05.0047/driver_override=' vfio_ap'",
          "05.0047/driver_override ' vfio_ap'" },
        { "05.0047/driver_override \"it's\"",
          "05.0047/driver_override 'it'\\''s'" },
        { "echo > /sys/devices/ap/card05/05.0047/driver_override",
          "05.0047/driver_override" },
        { "create b", "create b" },
        { "echo b > /sys/devices/vfio_ap/matrix/mdev_supported_types/"
          "vfio_ap-passthrough/create",
          "create b" },
        { "remove a", "remove a" },
        { "a/remove 1", "remove a" },
        { "open a vm0", "open a vm0" },
        { "a opened by vm0", "open a vm0" },
        { "a closed", "close a" },
        { "reset a", "reset a" },
        { "adapter 5 leaves", "adapter 0x05 leaves" },
        { "adapters 5-7,0xa come", "adapters 0x05-0x07,0x0a come" },
        { "adapters 3,4 and domains 0-7 come",
          "adapters 0x03-0x04 domains 0x00-0x07 come" },
        { "adapter 3, domain 5 leave and control-domain 4 comes",
          "adapter 0x03 domain 0x05 leave control-domain 0x04 comes" },
        { "adapter 3 comes, domain 5 leaves",
          "domain 0x05 leaves adapter 0x03 comes" },
        { "hardware domain 0x47 leaves", "hardware domain 0x47 leaves" },
        { "scan", "scan" },
        { "echo 1 > /sys/bus/ap/scans", "scan" },
        { "look again", "look again" },
        { "autoprobe off", "autoprobe off" },
        { "autoprobe on", "autoprobe on" },
        { "card 5 deconfigure", "card 0x05 deconfigure" },
        { "/sys/devices/ap/card0a/config 1", "card 0x0a configure" },
        { "card 5 checkstopped", "card 0x05 checkstop" },
        { "05.0047 recovered", "05.0047 configure" },
        { "05.0047 reset fails rc 7 2 times",
          "05.0047 reset fails rc 0x07 2 times" },
        { "05.0047 test fails rc 0x35", "05.0047 test fails rc 0x35 1 times" },
    };
    struct host *host = host_with_a();

    for (size_t i = 0; i < ROWS(rows); i++) {
        char error[CHANGE_WORDS_ERROR];
        struct vap_request request;
        AUTO(free_done) char *words = NULL;

        test_note("%s", rows[i].text);
        if (change_words_read(host, rows[i].text, &request, error))
            FAIL("%s", error);
        words = in_dialect(host, &request, CHANGE_WORDS);
        CHECK_STR(words, rows[i].words);
    }
    host_free(host);
}

TEST(what_is_no_change_is_said)
{
    static const struct {
        const char *text;
        int answer;
        const char *error;
    } rows[] = {
        { "", -EINVAL, "a change expected" },
        { "05.0047/driver_override 'mine", -EINVAL,
          "a quote (') is not closed" },
        { "05.0047/driver_override -n", -EINVAL,
          "\"-n\" found, a driver expected" },
        { "frobnicate", -EINVAL,
          "\"frobnicate\" is not a change; one is \"U/unassign_domain 0x47\", "
          "another \"bind vfio_ap 05.0047\"" },
        { "a/asign_adapter 4", -EINVAL,
          "\"asign_adapter\" found, a file of an mdev expected: "
          "assign_adapter, unassign_domain, ap_config, remove ..." },
        { "a/assign_adapter 0x", VAP_INVALID,
          "assign_adapter: \"0x\" found, a number expected" },
        { "a/assign_adapter 18446744073709551616", VAP_RANGE,
          "assign_adapter: \"18446744073709551616\" found, a number below "
          "2^64 expected" },
        { "apmask +256", VAP_INVALID,
          "apmask: \"+256\" found, a mask in hex, or a list of +N, -N, +N-N "
          "up to 255, expected" },
        { "a/ap_config 0x1", VAP_INVALID,
          "ap_config: \"0x1\" found, three masks in hex, by commas, expected" },
        { "bind vfio-ap 05.0047", -EINVAL,
          "\"vfio-ap\" found, a driver expected: vfio_ap or cex4queue" },
        { "bind vfio_ap 5.47", -EINVAL,
          "\"5.47\" found, a queue expected, as in 05.0047" },
        { "adapter 0a leaves", -EINVAL,
          "\"0a\" found, ids from 0 to 255 expected, in decimal or 0x hex, as "
          "in 5 or 0-3,0x47" },
        { "adapter 5 goes", -EINVAL,
          "\"goes\" found, comes or leaves expected" },
        { "card 5 explodes", -EINVAL,
          "\"explodes\" found; deconfigure, configure, checkstop or recover "
          "expected" },
        { "05.0047 reset fails", -EINVAL, "\"reset fails rc N\" expected" },
        { "open a", -EINVAL,
          "\"\" found, the name of a virtual machine expected" },
        { "remove a b", -EINVAL, "\"b\" is too much" },
        { "create 05.0047", -EINVAL,
          "\"05.0047\" found, the name of an mdev expected" },
    };
    struct host *host = host_with_a();

    for (size_t i = 0; i < ROWS(rows); i++) {
        char error[CHANGE_WORDS_ERROR];
        struct vap_request request;

        test_note("%s", rows[i].text);
        CHECK_INT(change_words_read(host, rows[i].text, &request, error),
                  rows[i].answer);
        CHECK_STR(error, rows[i].error);
    }
    host_free(host);
}

TEST(each_tool_has_its_own_words)
{
    static const struct {
        const char *text;
        enum change_dialect dialect;
        const char *printed; /* NULL: it cannot do that */
    } rows[] = {
        { "a/assign_adapter 4", CHANGE_SYSFS,
          "echo 0x04 > " MDEV "assign_adapter" },
        { "a/assign_adapter 4", CHANGE_MDEVCTL, NULL },
        { "a/unassign_control_domain 0x47", CHANGE_MDEVCTL, NULL },
        { "create b", CHANGE_MDEVCTL,
          "mdevctl start --uuid b --parent matrix --type "
          "vfio_ap-passthrough" },
        { "remove a", CHANGE_MDEVCTL, "mdevctl stop --uuid a" },
        { "apmask -5", CHANGE_SYSFS, "echo -0x05 > /sys/bus/ap/apmask" },
        { "apmask -5", CHANGE_CHZDEV, "chzdev --type ap apmask=-0x05" },
        { "apmask 0x14", CHANGE_CHZDEV, "chzdev --type ap apmask=0x03,0x05" },
        { "aqmask 0x0", CHANGE_CHZDEV, "chzdev --type ap aqmask=-0-255" },
        { "card 10 deconfigure", CHANGE_SYSFS,
          "echo 0 > /sys/devices/ap/card0a/config" },
        { "card 10 deconfigure", CHANGE_CHZDEV, "chzcrypt --config-off 0x0a" },
        { "card 10 checkstop", CHANGE_SYSFS, "# card 0x0a checkstop" },
        { "card 10 checkstop", CHANGE_CHZDEV, NULL },
        { "bind vfio_ap 05.0047", CHANGE_SYSFS,
          "echo 05.0047 > /sys/bus/ap/drivers/vfio_ap/bind" },
        { "bind vfio_ap 05.0047", CHANGE_CHZDEV, NULL },
        { "05.0047/driver_override '$(id)'", CHANGE_SYSFS,
          "echo '$(id)' > /sys/bus/ap/devices/05.0047/driver_override" },
        { "05.0047/driver_override", CHANGE_SYSFS,
          "echo > /sys/bus/ap/devices/05.0047/driver_override" },
        { "adapter 5 comes", CHANGE_SYSFS, "# adapter 0x05 comes" },
        { "open a vm0", CHANGE_SYSFS, "# open a vm0" },
    };
    struct host *host = host_with_a();

    for (size_t i = 0; i < ROWS(rows); i++) {
        char error[CHANGE_WORDS_ERROR];
        struct vap_request request;
        AUTO(free_done) char *printed = NULL;

        test_note("%s", rows[i].text);
        CHECK_INT(change_words_read(host, rows[i].text, &request, error), 0);
        printed = in_dialect(host, &request, rows[i].dialect);
        CHECK_STR(printed, rows[i].printed);
    }
    host_free(host);
}
