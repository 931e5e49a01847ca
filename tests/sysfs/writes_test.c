/* SPDX-License-Identifier: MIT */
/* What attributes take, what they refuse, and what follows, in both kernels:
 * as documented and recorded, not as src/sysfs/ has it. */
#include "sysfs/kernels.h"

static struct server server;

/* what is written, one after the other on one host: text, errno, and what a
 * file says afterwards */

struct step {
    const char *file;
    const char *text;
    int error;
    const char *see; /* NULL: the same file */
    const char *says; /* NULL: nothing is looked at */
    int kernels; /* 0: both */
};

static void
play(const struct step *steps, size_t n, bool mdev)
{
    for (int kernel = OLD; kernel <= NEW; kernel++) {
        if (!kernels_start(&server, kernel))
            return;
        if (mdev)
            kernels_make_mdev(&server);
        for (size_t i = 0; i < n; i++) {
            const struct step *s = &steps[i];

            if (s->kernels && !(s->kernels & kernel))
                continue;
            test_note("step %zu on %s: \"%s\" to %s", i + 1,
                      kernel == OLD ? "6.12" : "7.2", s->text, s->file);
            if (s->text)
                CHECK_INT(tree_write(&server, s->file, s->text), s->error);
            if (s->says)
                CHECK_STR(tree_read(&server, s->see ? s->see : s->file),
                          s->says);
        }
        server_stop(&server);
    }
}

TEST(settings_of_the_bus_take_and_refuse)
{
    static const struct step steps[] = {
        { BUS "config_time", "60\n", 0, NULL, "60\n", 0 },
        { BUS "config_time", "4", EINVAL, NULL, "60\n", 0 },
        { BUS "config_time", "121", EINVAL, NULL, "60\n", 0 },
        { BUS "config_time", " 5x", 0, NULL, "5\n", 0 },
        { BUS "config_time", "0x10", EINVAL, NULL, "5\n", 0 },
        { BUS "config_time", "4294967326", 0, NULL, "30\n", 0 },
        { BUS "config_time", "", 0, NULL, "30\n", 0 },
        { BUS "config_time", "\n", EINVAL, NULL, "30\n", 0 },
        { BUS "poll_timeout", "1000000\n", 0, NULL, "1000000\n", 0 },
        { BUS "poll_timeout", "0x10", 0, NULL, "16\n", 0 },
        { BUS "poll_timeout", "120000000001", EINVAL, NULL, "16\n", 0 },
        { BUS "poll_timeout", "18446744073709551616", ERANGE, NULL, "16\n", 0 },
        { BUS "poll_timeout", "18446744073709551615", EINVAL, NULL, "16\n", 0 },
        { BUS "poll_timeout", " 1", EINVAL, NULL, "16\n", 0 },
        { BUS "poll_timeout", "-1", EINVAL, NULL, "16\n", 0 },
        { BUS "poll_thread", "1", 0, NULL, "0\n", 0 }, /* interrupts */
        { BUS "poll_thread", "on", 0, NULL, "0\n", 0 },
        { BUS "poll_thread", "2", EINVAL, NULL, "0\n", 0 },
        { BUS "ap_domain", "0x47", EINVAL, NULL, "4\n", 0 },
        { BUS "ap_domain", "04", 0, NULL, "4\n", 0 },
        { BUS "ap_domain", "-1", EINVAL, NULL, "4\n", 0 },
        { BUS "ap_domain", "256", EINVAL, NULL, "4\n", 0 },
        { BUS "aqmask", "+0x47", 0, NULL, NULL, 0 },
        { BUS "ap_domain", " 0x47x", 0, NULL, "71\n", 0 },
        { BUS "ap_domain", NULL, 0, "module/ap/parameters/domain", "71\n", 0 },
        { BUS "ap_domain", "-4294967292", 0, NULL, "4\n", 0 },
        { BUS "scans", "anything", 0, NULL, "2\n", 0 },
        { BUS "scans", "\n", 0, NULL, "3\n", 0 },
        { BUS "drivers_autoprobe", "0", 0, NULL, "0\n", 0 },
        { BUS "drivers_autoprobe", "no", 0, NULL, "1\n", 0 },
        { "bus/matrix/drivers_autoprobe", "0\n", 0, NULL, "0\n", 0 },
        { "bus/mdev/drivers_autoprobe", "0\n", 0, NULL, "0\n", 0 },
        { "bus/matrix/drivers_probe", "matrix\n", 0, NULL, NULL, 0 },
        { "bus/matrix/drivers_probe", "matrix2", ENODEV, NULL, NULL, 0 },
        { BUS "drivers_probe", "card03\n", 0, NULL, NULL, 0 },
        { BUS "drivers_probe", "03.0004", 0, NULL, NULL, 0 },
        { BUS "drivers_probe", "03.0005", ENODEV, NULL, NULL, 0 },
        { BUS "drivers_probe", " card03", ENODEV, NULL, NULL, 0 },
        { BUS "drivers_probe", "card03\n\n", ENODEV, NULL, NULL, 0 },
        { BUS "uevent", "change\n", 0, NULL, NULL, 0 },
        { BUS "uevent", "bogus\n", EINVAL, NULL, NULL, 0 },
        { "class/zcrypt/create", "x", EOPNOTSUPP, NULL, NULL, 0 },
        { "kernel/iommu_groups/0/type", "DMA", ENOENT, NULL, NULL, 0 },
        { "devices/ap/power/control", "on\n", 0, NULL, "auto\n", 0 },
        { "devices/ap/power/control", "off\n", EINVAL, NULL, "auto\n", 0 },
        { "devices/ap/power/autosuspend_delay_ms", "1", EIO, NULL, NULL, 0 },
    };

    play(steps, ROWS(steps), false);
}

TEST(masks_take_and_refuse)
{
    static const struct step steps[] = {
#define APMASK(hex) "0x" hex Z16 Z16 Z16 "\n"
        { BUS "apmask", "+5,-3\n", 0, NULL, APMASK("0400000000000000"), 0 },
        { BUS "apmask", "0x41", 0, NULL, APMASK("4100000000000000"), 0 },
        { BUS "apmask", "0X41", EINVAL, NULL, APMASK("4100000000000000"), 0 },
        { BUS "apmask", "-0-255,+1-16,+0x80\n", 0, NULL,
          "0x7fff800000000000" Z16 "8000000000000000" Z16 "\n", 0 },
        { BUS "apmask", "+1+2,,\n+3", 0, NULL,
          "0x7fff800000000000" Z16 "8000000000000000" Z16 "\n", 0 },
        { BUS "apmask", ",+1", EINVAL, NULL, NULL, 0 },
        { BUS "apmask", "+ 1", EINVAL, NULL, NULL, 0 },
        { BUS "apmask", "+256", EINVAL, NULL, NULL, 0 },
        { BUS "apmask", "+2-1", EINVAL, NULL, NULL, 0 },
        { BUS "apmask", "+08", EINVAL, NULL, NULL, 0 },
        { BUS "apmask", "+18446744073709551617", 0, NULL, NULL, OLD },
        { BUS "apmask", "+18446744073709551617", EINVAL, NULL, NULL, NEW },
        { BUS "apmask", " 0x1", EINVAL, NULL, NULL, 0 },
        { BUS "apmask", ZERO "0", EINVAL, NULL, NULL, 0 },
        { BUS "apmask", ZERO "\n\n", EINVAL, NULL, NULL, 0 },
        { BUS "apmask", "\n", 0, NULL, ZERO "\n", 0 },
        { BUS "apmask", "x", 0, NULL, ZERO "\n", 0 },
        { BUS "aqmask", ZERO, 0, NULL, ZERO "\n", 0 },
        { BUS "aqmask", "+4", 0, NULL, "0x0800000000000000" Z16 Z16 Z16 "\n",
          0 },
        { BUS "aqmask", "-4", 0, "module/ap/parameters/aqmask",
          "0x0800000000000000" Z16 Z16 Z16 "\n", 0 },
        { BUS "aqmask", "+0-255", 0, "module/ap/parameters/aqmask",
          "0x0800000000000000" Z16 Z16 Z16 "\n", 0 },
        { BUS "aqmask", "0x08", 0, NULL, NULL, 0 },
    };

    play(steps, ROWS(steps), false);
}

/* 05.0047 is in an mdev, and masks keep 03.0004. 7.2 asks whether the mdev
 * has any queue of the adapter, 6.12 whether it has this one. */
TEST(masks_cannot_take_what_an_mdev_has)
{
    static const struct step steps[] = {
        { BUS "aqmask", "+0x47", 0, NULL, NULL, OLD },
        { BUS "apmask", "+5", EBUSY, NULL, APMASK("1000000000000000"), OLD },
        { BUS "aqmask", "-0x47", 0, NULL, NULL, OLD },
        { BUS "apmask", "+5", 0, NULL, APMASK("1400000000000000"), OLD },
        { BUS "aqmask", "+0x47", EBUSY, NULL, APMASK("0800000000000000"), OLD },
        { BUS "apmask", "+5", EBUSY, NULL, APMASK("1000000000000000"), NEW },
        { BUS "aqmask", "+0x47", EBUSY, NULL, APMASK("0800000000000000"), NEW },
        { BUS "apmask", "-5", 0, NULL, NULL, 0 },
        { U "remove", "1", 0, NULL, NULL, 0 },
        { BUS "aqmask", "+0x47", 0, NULL, NULL, 0 },
        { BUS "apmask", "+5", 0, NULL, NULL, 0 },
    };

    play(steps, ROWS(steps), true);
}

TEST(cards_and_queues_take_and_refuse)
{
    static const struct step steps[] = {
        { CARD3 "config", "2", EINVAL, NULL, "1\n", 0 },
        { CARD3 "config", "x", EINVAL, NULL, "1\n", 0 },
        { CARD3 "config", "0", 0, NULL, "0\n", 0 },
        { CARD3 "config", NULL, 0, CARD3 "online", "0\n", 0 },
        { CARD3 "config", NULL, 0, CARD3 "03.0004/config", "1\n", 0 },
        { BUS "scans", "1", 0, CARD3 "03.0004/config", "0\n", 0 },
        { CARD3 "config", NULL, 0, CARD3 "03.0004/online", "0\n", 0 },
        { CARD3 "online", "1", ENODEV, NULL, "0\n", 0 },
        { CARD3 "03.0004/online", "1", ENODEV, NULL, "0\n", 0 },
        { CARD3 "config", "1xyz", 0, NULL, "1\n", 0 },
        { BUS "scans", "1", 0, CARD3 "03.0004/online", "1\n", 0 },
        { CARD3 "online", "0", 0, NULL, "0\n", 0 },
        { CARD3 "online", NULL, 0, CARD3 "03.0004/online", "0\n", 0 },
        { CARD3 "03.0004/online", "1", EINVAL, NULL, "0\n", 0 },
        { CARD3 "online", "4294967297", 0, NULL, "1\n", 0 },
        { CARD3 "online", NULL, 0, CARD3 "03.0004/online", "1\n", 0 },
        { CARD3 "online", "-1", EINVAL, NULL, "1\n", 0 },
        { CARD3 "03.0004/online", "0", 0, NULL, "0\n", 0 },
        { CARD3 "03.0004/online", "", 0, NULL, "0\n", 0 },
        { CARD3 "request_count", "whatever", 0, NULL, "0\n", 0 },
        { CARD3 "03.0004/request_count", "\n", 0, NULL, "0\n", 0 },
        { CARD3 "03.0004/reset", "\n", 0, NULL, "No Reset Timer set.\n", 0 },
        { CARD3 "uevent", "change\n", 0, NULL, NULL, 0 },
        { CARD3 "uevent", "x\n", EINVAL, NULL, NULL, 0 },
    };

    play(steps, ROWS(steps), false);
}

#define DRIVER(name) BUS "drivers/" name "/"

TEST(drivers_bind_and_unbind)
{
    static const struct step steps[] = {
        { DRIVER("vfio_ap") "unbind", "03.0004", ENODEV, NULL, NULL, 0 },
        { DRIVER("vfio_ap") "unbind", "03.0005", ENODEV, NULL, NULL, 0 },
        { DRIVER("vfio_ap") "unbind", "card03", ENODEV, NULL, NULL, 0 },
        { DRIVER("vfio_ap") "bind", "03.0004", EBUSY, NULL, NULL, 0 },
        { DRIVER("cex4queue") "bind", "card03", ENODEV, NULL, NULL, 0 },
        { DRIVER("cex4queue") "bind", "05.0047", EBUSY, NULL, NULL, 0 },
        { DRIVER("vfio_ap") "unbind", "05.0047\n", 0,
          CARD5 "05.0047/request_count", "-\n", 0 },
        { BUS "bindings", NULL, 0, NULL, "8/9\n", 0 },
        { CARD5 "05.0047/uevent", NULL, 0, NULL, "DEVTYPE=ap_queue\nMODE=cca\n",
          0 },
        { CARD5 "05.0047/status", NULL, 0, NULL, "ENOENT", 0 },
        { U "guest_matrix", NULL, 0, NULL, "", 0 },
        { DRIVER("cex4queue") "bind", "05.0047", ENODEV, NULL, NULL, 0 },
        { DRIVER("vfio_ap") "bind", "05.0047", 0, CARD5 "05.0047/status",
          "assigned\n", 0 },
        { CARD5 "05.0047/request_count", NULL, 0, NULL, "-\n", 0 },
        { CARD5 "05.0047/interrupt", NULL, 0, NULL, "Interrupts disabled.\n",
          0 },
        { U "guest_matrix", NULL, 0, NULL, "05.0047\n", 0 },
        { DRIVER("cex4queue") "unbind", "03.0004", 0, NULL, NULL, 0 },
        { BUS "drivers_probe", "03.0004", 0, CARD3 "03.0004/online", "1\n", 0 },
        { DRIVER("cex4card") "unbind", "card05", 0, CARD5 "type", "ENOENT", 0 },
        { CARD5 "online", NULL, 0, NULL, "ENOENT", 0 },
        { CARD5 "hwtype", NULL, 0, NULL, "14\n", 0 },
        { CARD5 "uevent", NULL, 0, NULL,
          "DEVTYPE=ap_card\nDEV_TYPE=000E\nMODALIAS=ap:t0E\nMODE=cca\n", 0 },
        { DRIVER("cex4card") "unbind", "card05", ENODEV, NULL, NULL, 0 },
        { DRIVER("cex4card") "bind", "card07", ENODEV, NULL, NULL, 0 },
        { DRIVER("cex4card") "bind", "05.0047", ENODEV, NULL, NULL, 0 },
        { DRIVER("cex4card") "bind", "card05", 0, CARD5 "type", "CEX8C\n", 0 },
        { DRIVER("cex4card") "bind", "card05", EBUSY, NULL, NULL, 0 },
        { DRIVER("vfio_ap") "uevent", "add", 0, NULL, NULL, 0 },
    };

    play(steps, ROWS(steps), true);
}

TEST(mdevs_take_and_refuse)
{
    static const struct step steps[] = {
        { TREE_TYPE "create", TREE_U "\n", EEXIST, NULL, NULL, 0 },
        { TREE_TYPE "create", "62177883-F1BB-47F0-914D-32A22E3A8804", EEXIST,
          NULL, NULL, 0 },
        { TREE_TYPE "create", TREE_V "xx", EINVAL, NULL, NULL, 0 },
        { TREE_TYPE "create", "1", EINVAL, NULL, NULL, 0 },
        { TREE_TYPE "create", "", 0, NULL, NULL, 0 },
        { TREE_TYPE "create", TREE_V "x", 0, TREE_MATRIX TREE_V "/matrix", "",
          0 },
        { TREE_TYPE "available_instances", NULL, 0, NULL, "65534\n", 0 },
        { TREE_MATRIX TREE_V "/control_domains", NULL, 0, NULL, "", 0 },
        { TREE_MATRIX TREE_V "/assign_domain", "0x47", 0,
          TREE_MATRIX TREE_V "/matrix", ".0047\n", 0 },
        { TREE_MATRIX TREE_V "/assign_adapter", "5", EADDRINUSE,
          TREE_MATRIX TREE_V "/matrix", ".0047\n", 0 },
        { TREE_MATRIX TREE_V "/unassign_domain", "0x47", 0,
          TREE_MATRIX TREE_V "/matrix", "", 0 },
        { TREE_MATRIX TREE_V "/assign_adapter", "256", ENODEV, NULL, NULL, 0 },
        { TREE_MATRIX TREE_V "/assign_adapter", "+003", 0,
          TREE_MATRIX TREE_V "/matrix", "03.\n", 0 },
        { TREE_MATRIX TREE_V "/assign_domain", "4", EADDRNOTAVAIL,
          TREE_MATRIX TREE_V "/matrix", "03.\n", 0 },
        { TREE_MATRIX TREE_V "/assign_domain", "4x", EINVAL, NULL, NULL, 0 },
        { TREE_MATRIX TREE_V "/assign_domain", "-4", EINVAL, NULL, NULL, 0 },
        { TREE_MATRIX TREE_V "/assign_domain", "\n", EINVAL, NULL, NULL, 0 },
        { TREE_MATRIX TREE_V "/assign_domain", "18446744073709551616", ERANGE,
          NULL, NULL, 0 },
        { TREE_MATRIX TREE_V "/ap_config", "0x1\n", EINVAL, NULL, NULL, 0 },
        { TREE_MATRIX TREE_V "/ap_config", "+1,+2,+3", EINVAL, NULL, NULL, 0 },
        { TREE_MATRIX TREE_V "/ap_config", "0x08,0x04\n", 0,
          TREE_MATRIX TREE_V "/matrix", "04.0005\n", 0 },
        { TREE_MATRIX TREE_V "/guest_matrix", NULL, 0, NULL, "", 0 },
        { TREE_MATRIX TREE_V "/ap_config", ",,", 0,
          TREE_MATRIX TREE_V "/matrix", "", 0 },
        { TREE_MATRIX TREE_V "/assign_control_domain", "255", 0,
          TREE_MATRIX TREE_V "/control_domains", "00ff\n", 0 },
        { TREE_MATRIX TREE_V "/unassign_control_domain", "256", ENODEV,
          TREE_MATRIX TREE_V "/control_domains", "00ff\n", 0 },
        { TREE_MATRIX TREE_V "/remove", "0", 0, NULL, NULL, 0 },
        { TREE_MATRIX TREE_V "/remove", "x", EINVAL, NULL, NULL, 0 },
        { TREE_MATRIX TREE_V "/remove", "18446744073709551616", EINVAL, NULL,
          NULL, 0 },
        { TREE_MATRIX TREE_V "/remove", "7\n", 0, NULL, NULL, 0 },
        { TREE_MATRIX TREE_V "/matrix", NULL, 0, NULL, "ENOENT", 0 },
        { "bus/mdev/drivers/vfio_ap_mdev/bind", TREE_U, ENODEV, NULL, NULL, 0 },
        { "bus/mdev/drivers_probe", TREE_U, 0, NULL, NULL, 0 },
        { "bus/mdev/drivers_probe", TREE_V, ENODEV, NULL, NULL, 0 },
        { "bus/mdev/drivers/vfio_ap_mdev/unbind", TREE_V, ENODEV, NULL, NULL,
          0 },
        { "bus/mdev/drivers/vfio_ap_mdev/unbind", TREE_U, 0, U "matrix",
          "ENOENT", 0 },
        { U "uevent", NULL, 0, NULL, "", 0 },
        { TREE_TYPE "available_instances", NULL, 0, NULL, "65535\n", 0 },
        { CARD5 "05.0047/status", NULL, 0, NULL, "unassigned\n", 0 },
        { TREE_TYPE "create", TREE_U, EEXIST, NULL, NULL, 0 },
        { U "remove", "1", 0, TREE_TYPE "available_instances", "65536\n", 0 },
        { TREE_TYPE "create", TREE_U, 0, U "guest_matrix", "", 0 },
    };

    play(steps, ROWS(steps), true);
}

TEST(driver_override_and_masks_exclude_each_other)
{
    static const struct step steps[] = {
        { BUS "apmask", "+0-255", 0, NULL, NULL, NEW },
        { BUS "aqmask", "+0-255", 0, NULL, NULL, NEW },
        { CARD5 "05.0047/driver_override", "vfio_ap\n", 0, NULL, "vfio_ap\n",
          NEW },
        { BUS "apmask", "-5", EINVAL, NULL, NULL, NEW },
        { DRIVER("cex4queue") "unbind", "05.0047", 0, NULL, NULL, NEW },
        { BUS "drivers_probe", "05.0047", 0, CARD5 "05.0047/status",
          "unassigned\n", NEW },
        { CARD5 "05.0054/driver_override", "no such driver", 0, NULL,
          "no such driver\n", NEW },
        { CARD5 "05.0054/driver_override", "\xff\\x20\x01\n", 0, NULL,
          "\xff\\x20\x01\n", NEW },
        { CARD5 "05.0054/driver_override", "nobody\nbut", 0, NULL, "nobody\n",
          NEW },
        { CARD5 "05.0054/driver_override", "\n", 0, NULL, "\n", NEW },
        { CARD5 "05.0047/driver_override", "\n", 0, NULL, "\n", NEW },
        { BUS "apmask", "-5", 0, NULL, NULL, NEW },
        { CARD5 "05.0047/driver_override", "vfio_ap", EINVAL, NULL, "\n", NEW },
    };

    play(steps, ROWS(steps), false);
}

/* A page with its newline, and no more; a name of that length stays with the
 * host in whatever way it is written down. */
TEST(a_driver_override_is_up_to_4094_bytes)
{
    char text[4096];
    char all[] = "+0-255";

    if (!kernels_start(&server, NEW))
        return;
    memset(text, ' ', sizeof(text));
    CHECK_INT(tree_write(&server, BUS "apmask", all), 0);
    CHECK_INT(tree_write(&server, BUS "aqmask", all), 0);
    CHECK_INT(tree_put(&server, CARD5 "05.0054/driver_override", text, 4095),
              EINVAL);
    CHECK_STR(tree_read(&server, CARD5 "05.0054/driver_override"), "\n");
    CHECK_INT(tree_put(&server, CARD5 "05.0054/driver_override", text, 4094),
              0);
    text[4094] = '\n';
    text[4095] = '\0';
    CHECK_STR(tree_read(&server, CARD5 "05.0054/driver_override"), text);
    CHECK_INT(tree_write(&server, BUS "apmask", "-5"), EINVAL);
    server_stop(&server);
}

#define EVENT(action, path, rest)                                              \
    action "@/" path " ACTION=" action " DEVPATH=/" path " " rest "\n"

TEST(uevents_are_sent_in_order)
{
    AUTO(free_done) char *events = NULL;

    if (!kernels_start(&server, NEW))
        return;
    kernels_make_mdev(&server);
    CHECK_INT(tree_write(&server, CARD3 "config", "1"), 0);
    CHECK_INT(tree_write(&server, CARD3 "online", "0"), 0);
    CHECK_INT(tree_write(&server, BUS "aqmask", "-4"), 0);
    CHECK_INT(tree_write(&server, U "uevent", "change " TREE_V " A=b\n"), 0);
    CHECK_INT(tree_write(&server, "devices/vfio_ap/uevent", "change"), 0);
    CHECK_INT(tree_write(&server, U "remove", "1"), 0);
    events = server_events(&server);
    CHECK_STR(
        events,
        EVENT("add", TREE_MATRIX TREE_U, "SUBSYSTEM=mdev") EVENT(
            "add", "devices/virtual/vfio/0",
            "SUBSYSTEM=vfio") EVENT("add", TREE_MATRIX TREE_U "/vfio-dev/vfio0",
                                    "SUBSYSTEM=vfio-dev")
            EVENT("bind", TREE_MATRIX TREE_U,
                  "SUBSYSTEM=mdev DRIVER=vfio_ap_mdev")
                EVENT("change", "devices/ap/card03",
                      "SUBSYSTEM=ap CONFIG=1 DEVTYPE=ap_card DRIVER=cex4card "
                      "DEV_TYPE=000E MODALIAS=ap:t0E MODE=accel")
                    EVENT(
                        "change", "devices/ap/card03",
                        "SUBSYSTEM=ap ONLINE=0 DEVTYPE=ap_card DRIVER=cex4card "
                        "DEV_TYPE=000E MODALIAS=ap:t0E MODE=accel")
                        EVENT("change", "devices/ap/card03/03.0004",
                              "SUBSYSTEM=ap ONLINE=0 DEVTYPE=ap_queue "
                              "DRIVER=cex4queue "
                              "MODE=accel") EVENT("unbind",
                                                  "devices/ap/card03/03.0004",
                                                  "SUBSYSTEM=ap "
                                                  "DEVTYPE=ap_queue MODE=accel")
                            EVENT(
                                "bind", "devices/ap/card03/03.0004",
                                "SUBSYSTEM=ap DEVTYPE=ap_queue DRIVER=vfio_ap "
                                "MODE=accel") EVENT("change", "devices/ap",
                                                    "SUBSYSTEM=ap AQMASK=" ZERO
                                                    "\n")
                                EVENT("change", TREE_MATRIX TREE_U,
                                      "SUBSYSTEM=mdev SYNTH_UUID=" TREE_V
                                      " SYNTH_ARG_A=b DRIVER=vfio_ap_mdev")
                                    EVENT("remove",
                                          TREE_MATRIX TREE_U "/vfio-dev/vfio0",
                                          "SUBSYSTEM=vfio-dev")
                                        EVENT("remove",
                                              "devices/virtual/vfio/0",
                                              "SUBSYSTEM=vfio")
                                            EVENT("unbind", TREE_MATRIX TREE_U,
                                                  "SUBSYSTEM=mdev")
                                                EVENT("remove",
                                                      TREE_MATRIX TREE_U,
                                                      "SUBSYSTEM=mdev"));
    server_stop(&server);
}
