/* SPDX-License-Identifier: MIT */
/* Events, variable by variable in their order. */
#include "test.h"

#include "base/auto.h"
#include "host/words.h"
#include "sysfs/uevent.h"

#include <errno.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define ALL_ONES                                                               \
    "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static struct host *
boot(void)
{
    struct host_boot b = {
        .rule = vap_rule_named("state"),
        .kernel = VAP_LINUX_7_2,
        .config = { .apxa = true, .last_adapter = 255, .last_domain = 255 },
        .apmask = vap_mask_all(),
        .aqmask = vap_mask_all(),
    };
    struct host *host = NULL;

    CHECK_INT(words_set("3,5,10", &b.config.ids.adapters), VAP_OK);
    CHECK_INT(words_set("4,71", &b.config.ids.domains), VAP_OK);
    CHECK_INT(host_new(&b, &host), 0);
    CHECK(host_set_card_type(host, 3, "CEX8A"));
    CHECK(host_set_card_type(host, 5, "CEX5C"));
    CHECK(host_set_card_type(host, 10, "CEX7P"));
    CHECK_INT(host_slot(host, "62177883-f1bb-47f0-914d-32a22e3a8804"), 0);
    return host;
}

/* With '|' for NUL. */
static const char *
visible(struct uevent *e)
{
    for (size_t i = 0; i + 1 < e->length; i++)
        if (e->text[i] == '\0')
            e->text[i] = '|';
    return e->text;
}

TEST(an_event_is_its_variables_in_the_kernels_order)
{
    static const struct {
        struct device_event event;
        const char *text;
    } rows[] = {
        { { .action = DEVICE_ADD, .kind = DEVICE_CARD, .id = 3 },
          "add@/devices/ap/card03|ACTION=add|DEVPATH=/devices/ap/card03|"
          "SUBSYSTEM=ap|DEVTYPE=ap_card|DEV_TYPE=000E|MODALIAS=ap:t0E|"
          "MODE=accel" },
        { { .action = DEVICE_BIND,
            .kind = DEVICE_CARD,
            .driver = VAP_DEFAULT,
            .id = 5 },
          "bind@/devices/ap/card05|ACTION=bind|DEVPATH=/devices/ap/card05|"
          "SUBSYSTEM=ap|DEVTYPE=ap_card|DRIVER=cex4card|DEV_TYPE=000B|"
          "MODALIAS=ap:t0B|MODE=cca" },
        { { .action = DEVICE_UNBIND, .kind = DEVICE_CARD, .id = 10 },
          "unbind@/devices/ap/card0a|ACTION=unbind|DEVPATH=/devices/ap/card0a|"
          "SUBSYSTEM=ap|DEVTYPE=ap_card|DEV_TYPE=000D|MODE=ep11" },
        { { .action = DEVICE_CHANGE,
            .kind = DEVICE_CARD,
            .news = DEVICE_CONFIG,
            .driver = VAP_DEFAULT,
            .id = 3 },
          "change@/devices/ap/card03|ACTION=change|DEVPATH=/devices/ap/card03|"
          "SUBSYSTEM=ap|CONFIG=0|DEVTYPE=ap_card|DRIVER=cex4card|"
          "DEV_TYPE=000E|MODALIAS=ap:t0E|MODE=accel" },
        { { .action = DEVICE_CHANGE,
            .kind = DEVICE_QUEUE,
            .news = DEVICE_ONLINE,
            .driver = VAP_DEFAULT,
            .id = 0x0347,
            .value = 1 },
          "change@/devices/ap/card03/03.0047|ACTION=change|"
          "DEVPATH=/devices/ap/card03/03.0047|SUBSYSTEM=ap|ONLINE=1|"
          "DEVTYPE=ap_queue|DRIVER=cex4queue|MODE=accel" },
        { { .action = DEVICE_BIND,
            .kind = DEVICE_QUEUE,
            .driver = VAP_VFIO_AP,
            .id = 0x0a47 },
          "bind@/devices/ap/card0a/0a.0047|ACTION=bind|"
          "DEVPATH=/devices/ap/card0a/0a.0047|SUBSYSTEM=ap|DEVTYPE=ap_queue|"
          "DRIVER=vfio_ap|MODE=ep11" },
        { { .action = DEVICE_REMOVE, .kind = DEVICE_QUEUE, .id = 0x0504 },
          "remove@/devices/ap/card05/05.0004|ACTION=remove|"
          "DEVPATH=/devices/ap/card05/05.0004|SUBSYSTEM=ap|DEVTYPE=ap_queue|"
          "MODE=cca" },
        { { .action = DEVICE_CHANGE,
            .kind = DEVICE_AP,
            .news = DEVICE_BINDINGS,
            .value = 2 },
          "change@/devices/ap|ACTION=change|DEVPATH=/devices/ap|SUBSYSTEM=ap|"
          "BINDINGS=complete|COMPLETECOUNT=2" },
        { { .action = DEVICE_CHANGE, .kind = DEVICE_AP, .news = DEVICE_APMASK },
          "change@/devices/ap|ACTION=change|DEVPATH=/devices/ap|SUBSYSTEM=ap|"
          "APMASK=" ALL_ONES "\n" },
        { { .action = DEVICE_CHANGE, .kind = DEVICE_AP, .news = DEVICE_AQMASK },
          "change@/devices/ap|ACTION=change|DEVPATH=/devices/ap|SUBSYSTEM=ap|"
          "AQMASK=" ALL_ONES "\n" },
        { { .action = DEVICE_BIND, .kind = DEVICE_MDEV, .driver = VAP_DEFAULT },
          "bind@/devices/vfio_ap/matrix/62177883-f1bb-47f0-914d-32a22e3a8804|"
          "ACTION=bind|DEVPATH=/devices/vfio_ap/matrix/"
          "62177883-f1bb-47f0-914d-32a22e3a8804|SUBSYSTEM=mdev|"
          "DRIVER=vfio_ap_mdev" },
        { { .action = DEVICE_ADD, .kind = DEVICE_VFIO, .number = 12 },
          "add@/devices/vfio_ap/matrix/62177883-f1bb-47f0-914d-32a22e3a8804/"
          "vfio-dev/vfio12|ACTION=add|DEVPATH=/devices/vfio_ap/matrix/"
          "62177883-f1bb-47f0-914d-32a22e3a8804/vfio-dev/vfio12|"
          "SUBSYSTEM=vfio-dev" },
        { { .action = DEVICE_REMOVE,
            .kind = DEVICE_GROUP,
            .id = 3,
            .number = 12 },
          "remove@/devices/virtual/vfio/12|ACTION=remove|"
          "DEVPATH=/devices/virtual/vfio/12|SUBSYSTEM=vfio" },
    };
    AUTO(host_done) struct host *host = boot();

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct uevent e;

        uevent_of(host, &rows[i].event, &e);
        CHECK_STR(visible(&e), rows[i].text);
    }
}

TEST(its_variables_can_be_read_one_by_one)
{
    AUTO(host_done) struct host *host = boot();
    struct device_event event = { .action = DEVICE_CHANGE,
                                  .kind = DEVICE_AP,
                                  .news = DEVICE_BINDINGS,
                                  .value = 2 };
    static const char *const all[] = { "ACTION=change", "DEVPATH=/devices/ap",
                                       "SUBSYSTEM=ap", "BINDINGS=complete",
                                       "COMPLETECOUNT=2" };
    struct uevent e;
    const char *v = NULL;

    uevent_of(host, &event, &e);
    for (size_t i = 0; i < ROWS(all); i++) {
        v = uevent_next(&e, v);
        CHECK_STR(v, all[i]);
    }
    CHECK(uevent_next(&e, v) == NULL);
    e.length = 0;
    CHECK(uevent_next(&e, NULL) == NULL);
}

#define UUID "f8db5a03-a97a-475c-a026-cf2b4de81560"
#define SYNTH(action, rest)                                                    \
    action "@/bus/ap|ACTION=" action "|DEVPATH=/bus/ap|SUBSYSTEM=bus|" rest
#define TEXT(literal) (literal), sizeof(literal) - 1

/* What each is answered was also tried on a real kernel's file. */
TEST(what_is_written_to_a_file_uevent_is_an_event_or_einval)
{
    static const struct {
        const char *text;
        size_t length;
        const char *event; /* NULL: EINVAL */
    } rows[] = {
        { TEXT("change"), SYNTH("change", "SYNTH_UUID=0") },
        { TEXT("change\n"), SYNTH("change", "SYNTH_UUID=0") },
        { TEXT("change\0"), SYNTH("change", "SYNTH_UUID=0") },
        { TEXT("add\n"), SYNTH("add", "SYNTH_UUID=0") },
        { TEXT("remove"), SYNTH("remove", "SYNTH_UUID=0") },
        { TEXT("move"), SYNTH("move", "SYNTH_UUID=0") },
        { TEXT("online"), SYNTH("online", "SYNTH_UUID=0") },
        { TEXT("offline"), SYNTH("offline", "SYNTH_UUID=0") },
        { TEXT("bind"), SYNTH("bind", "SYNTH_UUID=0") },
        { TEXT("unbind"), SYNTH("unbind", "SYNTH_UUID=0") },
        { TEXT("change " UUID), SYNTH("change", "SYNTH_UUID=" UUID) },
        { TEXT("change " UUID "\n"), SYNTH("change", "SYNTH_UUID=" UUID) },
        { TEXT("change " UUID " A=1 B=x2\n"),
          SYNTH("change", "SYNTH_UUID=" UUID "|SYNTH_ARG_A=1|SYNTH_ARG_B=x2") },
        { TEXT("change " UUID " A=1 "), NULL },
        { TEXT("change " UUID " A="), NULL },
        { TEXT("change " UUID " =1"), NULL },
        { TEXT("change " UUID " A"), NULL },
        { TEXT("change " UUID " A=1=2"), NULL },
        { TEXT("change " UUID " A=1_"), NULL },
        { TEXT("change " UUID " A_=1"), NULL },
        { TEXT("change " UUID "  A=1"), NULL },
        { TEXT("change " UUID "A=1"), NULL },
        { TEXT("change " UUID "\tA=1"), NULL },
        { TEXT("change f8db5a03"), NULL },
        { TEXT("change A=1"), NULL },
        { TEXT("change \n"), NULL },
        { TEXT("change\n\n"), NULL },
        { TEXT(" change"), NULL },
        { TEXT("CHANGE"), NULL },
        { TEXT("chang"), NULL },
        { TEXT("changes"), NULL },
        { TEXT("\n"), NULL },
        { TEXT(""), NULL },
        { TEXT("change\0\0"), NULL },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct uevent e;
        int r = uevent_written(rows[i].text, rows[i].length, "bus/ap", "bus",
                               "", &e);

        test_note("\"%s\"", rows[i].text);
        CHECK_INT(r, rows[i].event ? 0 : EINVAL);
        if (r == 0)
            CHECK_STR(visible(&e), rows[i].event);
    }
}

static int
with_arguments(unsigned n, const char *argument, const char *variables)
{
    static char text[4096];
    size_t at = (size_t)sprintf(text, "change " UUID);
    struct uevent e;

    while (n--)
        at += (size_t)sprintf(text + at, " %s", argument);
    return uevent_written(text, at, "bus/ap", "bus", variables, &e);
}

/* Each tried on a real kernel's file: 64 variables are all there may be, with
 * ACTION, DEVPATH, SUBSYSTEM, SYNTH_UUID, the device's and SEQNUM; of the
 * written ones alone, 64 with SYNTH_UUID. */
TEST(arguments_that_do_not_fit_are_refused)
{
    char longest[1000] = "A=";

    memset(longest + 2, '1', sizeof(longest) - 3);
    longest[sizeof(longest) - 1] = '\0';
    CHECK_INT(with_arguments(59, "A=1", ""), 0);
    CHECK_INT(with_arguments(55, "A=1", "B=1\nC=1\nD=1\nE=1\n"), 0);
    CHECK_INT(with_arguments(56, "A=1", "B=1\nC=1\nD=1\nE=1\n"), ENOMEM);
    CHECK_INT(with_arguments(60, "A=1", ""), ENOMEM);
    CHECK_INT(with_arguments(63, "A=1", ""), ENOMEM);
    CHECK_INT(with_arguments(64, "A=1", ""), EINVAL);
    CHECK_INT(with_arguments(987, "A=1", ""), EINVAL);
    CHECK_INT(with_arguments(1, longest, ""), 0);
    CHECK_INT(with_arguments(2, longest, ""), EINVAL);
    longest[970] = '\0';
    CHECK_INT(with_arguments(2, longest, ""), ENOMEM);
    longest[940] = '\0';
    CHECK_INT(with_arguments(2, longest, ""), 0);
}

TEST(a_written_event_ends_with_the_devices_variables)
{
    struct uevent e;

    CHECK_INT(uevent_written("change", 6, "devices/ap/card03", "ap",
                             "DEVTYPE=ap_card\nMODE=cca\n", &e),
              0);
    CHECK_STR(visible(&e),
              "change@/devices/ap/card03|ACTION=change|DEVPATH=/devices/ap/"
              "card03|SUBSYSTEM=ap|SYNTH_UUID=0|DEVTYPE=ap_card|MODE=cca");
}

/* Of the kernel's own unbind and of one that is written. */
TEST(an_unbind_has_no_modalias)
{
    static const char card[] = "DEVTYPE=ap_card\nDEV_TYPE=000E\n"
                               "MODALIAS=ap:t0E\nMODE=accel\n";
    struct uevent e;

    CHECK_INT(uevent_written("unbind", 6, "devices/ap/card03", "ap", card, &e),
              0);
    CHECK_STR(visible(&e), "unbind@/devices/ap/card03|ACTION=unbind|DEVPATH=/"
                           "devices/ap/card03|SUBSYSTEM=ap|SYNTH_UUID=0|"
                           "DEVTYPE=ap_card|DEV_TYPE=000E|MODE=accel");
    CHECK_INT(uevent_written("bind", 4, "devices/ap/card03", "ap", card, &e),
              0);
    CHECK(strstr(visible(&e), "|MODALIAS=ap:t0E|") != NULL);
}
