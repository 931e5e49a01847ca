/* SPDX-License-Identifier: MIT */
/* The tree without a mount: every way to a node leads to the same one. */
#include "test.h"

#include "host/words.h"
#include "sysfs/node.h"

#include <stdlib.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define UUID "62177883-f1bb-47f0-914d-32a22e3a8804"
#define TYPE "devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough"
#define MDEV_DIR "devices/vfio_ap/matrix/" UUID

static struct host *host;
static struct tree tree;

static void
boot(enum vap_kernel kernel)
{
    struct host_boot b = {
        .rule = vap_rule_named("state"),
        .kernel = kernel,
        .config = { .apxa = true, .last_adapter = 255, .last_domain = 255 },
    };
    struct vap_request create = { .op = VAP_CREATE };

    CHECK_INT(words_set("3,5,10", &b.config.ids.adapters), VAP_OK);
    CHECK_INT(words_set("4,71,255", &b.config.ids.domains), VAP_OK);
    CHECK_INT(words_set("3", &b.apmask), VAP_OK);
    CHECK_INT(words_set("4", &b.aqmask), VAP_OK);
    host_free(host);
    CHECK_INT(host_new(&b, &host), 0);
    create.mdev = host_slot(host, UUID);
    CHECK_INT(host_do(host, &create, NULL), VAP_OK);
    host->devices->first_group = 7;
    tree = (struct tree){ .host = host };
}

/* Nodes below and with this one, each checked in every way. */
static unsigned
walk(struct node dir)
{
    struct text path = { 0 };
    struct text name;
    struct node found;
    struct node node;
    uint64_t at = 0;
    unsigned n = 1;
    unsigned subdirs = 2;

    node_path(host, dir, &path);
    test_note("%s", path.bytes);
    CHECK(node_at(&tree, path.bytes, &found));
    CHECK_INT(node_ino(found), node_ino(dir));
    CHECK(node_exists(&tree, dir));
    while (node_next(&tree, dir, &at, &node, &name)) {
        test_note("%s in %s", name.bytes, path.bytes);
        CHECK(node_exists(&tree, node));
        CHECK(node_lookup(&tree, dir, name.bytes, &found));
        CHECK_INT(node_ino(found), node_ino(node));
        CHECK(node_of(node_ino(node), &found));
        CHECK_INT(node_ino(found), node_ino(node));
        CHECK_INT(node_ino(node_parent(node)), node_ino(dir));
        subdirs += S_ISDIR(node_mode(node));
        n += S_ISDIR(node_mode(node)) ? walk(node) : 1;
    }
    if (node_links(dir) != 1)
        CHECK_INT(node_links(dir), subdirs);
    return n;
}

TEST(every_node_is_found_by_its_name_its_path_and_its_number)
{
    for (int kernel = 0; kernel < VAP_KERNELS; kernel++) {
        struct node root = { ROOT, 0, 0 };

        boot((enum vap_kernel)kernel);
        CHECK(walk(root) > 300);
        CHECK_INT(node_ino(root), 1);
    }
}

TEST(a_number_that_nobody_has_is_no_node)
{
    struct node node;
    unsigned n = 0;

    boot(VAP_LINUX_7_2);
    CHECK(!node_of(0, &node));
    CHECK(!node_of(UINT64_MAX, &node));
    CHECK(!node_of(UINT64_C(1) << 32, &node));
    for (uint64_t ino = 1; ino < (uint64_t)KINDS << 24; ino += 257)
        if (node_of(ino, &node)) {
            CHECK_INT(node_ino(node), ino);
            (void)node_mode(node);
            n += node_exists(&tree, node);
        }
    CHECK(n > 0);
}

TEST(links_are_relative_from_the_nearest_common_directory)
{
    static const struct {
        const char *link;
        const char *target;
    } rows[] = {
        { "bus/ap/devices/card03", "../../../devices/ap/card03" },
        { "bus/ap/devices/0a.00ff", "../../../devices/ap/card0a/0a.00ff" },
        { "bus/ap/drivers/cex4card/card05", "../../../../devices/ap/card05" },
        { "bus/ap/drivers/cex4queue/03.0004",
          "../../../../devices/ap/card03/03.0004" },
        { "bus/ap/drivers/vfio_ap/03.0047",
          "../../../../devices/ap/card03/03.0047" },
        { "bus/ap/drivers/vfio_ap/module", "../../../../module/vfio_ap" },
        { "devices/ap/card03/driver", "../../../bus/ap/drivers/cex4card" },
        { "devices/ap/card03/subsystem", "../../../bus/ap" },
        { "devices/ap/card03/03.0004/driver",
          "../../../../bus/ap/drivers/cex4queue" },
        { "devices/ap/card03/03.0047/driver",
          "../../../../bus/ap/drivers/vfio_ap" },
        { "devices/ap/card03/03.0047/subsystem", "../../../../bus/ap" },
        { "devices/vfio_ap/module", "../../module/vfio_ap" },
        { "devices/vfio_ap/matrix/driver",
          "../../../bus/matrix/drivers/vfio_ap" },
        { "devices/vfio_ap/matrix/subsystem", "../../../bus/matrix" },
        { "bus/matrix/devices/matrix", "../../../devices/vfio_ap/matrix" },
        { "bus/matrix/drivers/vfio_ap/matrix",
          "../../../../devices/vfio_ap/matrix" },
        { TYPE "/devices/" UUID, "../../../" UUID },
        { "class/mdev_bus/matrix", "../../devices/vfio_ap/matrix" },
        { "bus/mdev/devices/" UUID, "../../../devices/vfio_ap/matrix/" UUID },
        { "bus/mdev/drivers/vfio_ap_mdev/" UUID,
          "../../../../devices/vfio_ap/matrix/" UUID },
        { "bus/mdev/drivers/vfio_ap_mdev/module",
          "../../../../module/vfio_ap" },
        { MDEV_DIR "/driver", "../../../../bus/mdev/drivers/vfio_ap_mdev" },
        { MDEV_DIR "/subsystem", "../../../../bus/mdev" },
        { MDEV_DIR "/mdev_type",
          "../mdev_supported_types/vfio_ap-passthrough" },
        { MDEV_DIR "/iommu_group", "../../../../kernel/iommu_groups/7" },
        { MDEV_DIR "/vfio-dev/vfio0/device", "../../../" UUID },
        { MDEV_DIR "/vfio-dev/vfio0/subsystem",
          "../../../../../../class/vfio-dev" },
        { "class/vfio-dev/vfio0",
          "../../devices/vfio_ap/matrix/" UUID "/vfio-dev/vfio0" },
        { "class/vfio/7", "../../devices/virtual/vfio/7" },
        { "kernel/iommu_groups/7/devices/" UUID,
          "../../../../devices/vfio_ap/matrix/" UUID },
    };

    boot(VAP_LINUX_7_2);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct text target = { 0 };
        struct node node;

        test_note("%s", rows[i].link);
        CHECK(node_at(&tree, rows[i].link, &node));
        CHECK(S_ISLNK(node_mode(node)));
        node_target(host, node, &target);
        CHECK_STR(target.bytes, rows[i].target);
    }
}

TEST(names_are_exact)
{
    static const char *const none[] = {
        "devices/ap/card3",
        "devices/ap/card003",
        "devices/ap/card0A",
        "devices/ap/card04",
        "devices/ap/03.0004",
        "devices/ap/card03/05.0004",
        "devices/ap/card03/3.0004",
        "devices/ap/card03/03.004",
        "devices/ap/card03/03.0004 ",
        "devices/ap/card0a/0A.0004",
        "devices/ap/card03/03.0005",
        "bus/ap/drivers/cex4queue/03.0047",
        "bus/ap/drivers/vfio_ap/03.0004",
        "bus/ap/drivers/cex4card/card04",
        "kernel/iommu_groups/0",
        "kernel/iommu_groups/07",
        "kernel/iommu_groups/8",
        "kernel/iommu_groups/18446744073709551623",
        "class/vfio-dev/vfio1",
        "class/vfio-dev/vfio00",
        "class/vfio-dev/vfio",
        "class/vfio-dev/0",
        "devices/vfio_ap/matrix/62177883-F1BB-47F0-914D-32A22E3A8804",
        "bus/AP",
        "bus/ap/apmask/x",
    };

    boot(VAP_LINUX_7_2);
    for (size_t i = 0; i < ROWS(none); i++) {
        struct node node;

        test_note("%s", none[i]);
        CHECK(!node_at(&tree, none[i], &node));
    }
}

static struct text names;

/* All names in a directory, while it is read. */
static void
list(const char *path)
{
    struct node dir;
    struct node node;
    struct text name;
    uint64_t at = 0;

    names.length = 0;
    names.bytes[0] = '\0';
    CHECK(node_at(&tree, path, &dir));
    while (node_next(&tree, dir, &at, &node, &name))
        text_add(&names, "%s ", name.bytes);
}

TEST(a_directory_lists_its_devices_ascending)
{
    boot(VAP_LINUX_7_2);
    list("bus/ap/devices");
    CHECK_STR(names.bytes,
              "card03 card05 card0a 03.0004 03.0047 03.00ff 05.0004 05.0047 "
              "05.00ff 0a.0004 0a.0047 0a.00ff ");
    list("bus/ap/drivers/cex4queue");
    CHECK_STR(names.bytes, "bind unbind uevent module 03.0004 ");
    list("bus/mdev/devices");
    CHECK_STR(names.bytes, UUID " ");
    list("kernel/iommu_groups");
    CHECK_STR(names.bytes, "7 ");
}

TEST(an_mdev_without_its_driver_has_little_left)
{
    struct host_request unbind = { .setting = HOST_MDEV_UNBIND };

    boot(VAP_LINUX_7_2);
    unbind.engine.mdev = host_slot(host, UUID);
    CHECK_INT(devices_plan(host, &unbind, 1, NULL), 0);
    host_apply(host);
    list(MDEV_DIR);
    CHECK_STR(names.bytes, "uevent subsystem power remove mdev_type ");
    list("bus/mdev/devices");
    CHECK_STR(names.bytes, UUID " ");
    list("bus/mdev/drivers/vfio_ap_mdev");
    CHECK_STR(names.bytes, "bind unbind uevent module ");
    list("kernel/iommu_groups");
    CHECK_STR(names.bytes, "");
}

static enum leaving leaving_now;

static enum leaving
leaving(const void *context, uint32_t slot)
{
    (void)context;
    return slot == host_slot(host, UUID) ? leaving_now : STAYS;
}

static const struct {
    const char *path;
    enum leaving until; /* STAYS: for as long as the mdev */
} left_behind[] = {
    { MDEV_DIR, STAYS },
    { MDEV_DIR "/iommu_group", STAYS },
    { "kernel/iommu_groups/7/devices/" UUID, STAYS },
    { "class/vfio/7", STAYS },
    { MDEV_DIR "/remove", LEAVES },
    { MDEV_DIR "/uevent", LEAVES },
    { MDEV_DIR "/power", LEAVES },
    { MDEV_DIR "/power/control", LEAVES },
    { MDEV_DIR "/subsystem", LEAVES },
    { MDEV_DIR "/mdev_type", LEAVES },
    { TYPE "/devices/" UUID, LEAVES },
    { "bus/mdev/devices/" UUID, LEAVES },
    { MDEV_DIR "/driver", LEAVES_DRIVER },
    { "bus/mdev/drivers/vfio_ap_mdev/" UUID, LEAVES_DRIVER },
    { MDEV_DIR "/assign_adapter", LEAVES_DRIVER },
    { MDEV_DIR "/unassign_control_domain", LEAVES_DRIVER },
    { MDEV_DIR "/ap_config", LEAVES_DRIVER },
    { MDEV_DIR "/matrix", LEAVES_DRIVER },
    { MDEV_DIR "/guest_matrix", LEAVES_DRIVER },
    { MDEV_DIR "/vfio-dev", LEAVES_DRIVER },
    { MDEV_DIR "/vfio-dev/vfio0", LEAVES_DRIVER },
    { MDEV_DIR "/vfio-dev/vfio0/power/control", LEAVES_DRIVER },
    { "class/vfio-dev/vfio0", LEAVES_DRIVER },
};

TEST(an_mdev_that_is_being_removed_has_nothing_but_its_group)
{
    struct node nodes[ROWS(left_behind)];
    struct node found;

    boot(VAP_LINUX_7_2);
    tree.leaving = leaving;
    leaving_now = STAYS;
    for (size_t i = 0; i < ROWS(left_behind); i++)
        CHECK(node_at(&tree, left_behind[i].path, &nodes[i]));
    while (leaving_now++ < LEAVES)
        for (size_t i = 0; i < ROWS(left_behind); i++) {
            bool stays = left_behind[i].until == STAYS ||
                         left_behind[i].until > leaving_now;

            test_note("%d: %s", leaving_now, left_behind[i].path);
            CHECK_INT(node_exists(&tree, nodes[i]), stays);
            CHECK_INT(node_at(&tree, left_behind[i].path, &found), stays);
        }
}

TEST(what_was_made_anew_is_another_node)
{
    struct vap_request unbind = { .op = VAP_UNBIND,
                                  .apqn = 0x347,
                                  .driver = VAP_VFIO_AP };
    struct vap_request bind = { .op = VAP_BIND,
                                .apqn = 0x347,
                                .driver = VAP_VFIO_AP };
    struct node status;
    struct node config;
    uint32_t born;

    boot(VAP_LINUX_7_2);
    CHECK(node_at(&tree, "devices/ap/card03/03.0047/status", &status));
    CHECK(node_at(&tree, "devices/ap/card03/03.0047/config", &config));
    born = node_born(&tree, status);
    CHECK(!node_lasts(status));
    CHECK(node_lasts(config));
    CHECK_INT(host_do(host, &unbind, NULL), VAP_OK);
    CHECK(!node_exists(&tree, status));
    CHECK_INT(host_do(host, &bind, NULL), VAP_OK);
    CHECK(node_exists(&tree, status));
    CHECK(node_born(&tree, status) != born);
    CHECK_INT(node_born(&tree, config), 0);
}
