/* SPDX-License-Identifier: MIT */
#include "run/merge.h"

#include "test.h"

#include "run/space_for_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A machine with PCI, an IOMMU and buses of its own; and a tree. */
static const char *const machine[] = {
    "/tmp/sys/bus/pci/pci.txt",
    "/tmp/sys/bus/own.txt",
    "/tmp/sys/bus/both.txt",
    "/tmp/sys/bus/ap/real.txt",
    "/tmp/sys/bus/link -> ../devices/pci0000:00",
    "/tmp/sys/class/misc/tun -> ../../devices/virtual/misc/tun",
    "/tmp/sys/class/net",
    "/tmp/sys/devices/pci0000:00/vendor.txt",
    "/tmp/sys/devices/virtual/misc/tun/dev.txt",
    "/tmp/sys/kernel/iommu_groups/3/devices/real.txt",
    "/tmp/sys/kernel/iommu_groups/7/devices/real.txt",
    "/tmp/sys/fs/cgroup",
    NULL,
};
static const char *const tree[] = {
    "/tmp/tree/bus/ap/devices/card03 -> ../../../devices/ap/card03",
    "/tmp/tree/bus/mdev/devices",
    "/tmp/tree/bus/both.txt",
    "/tmp/tree/class/misc/z90crypt -> ../../devices/virtual/misc/z90crypt",
    "/tmp/tree/class/mdev_bus",
    "/tmp/tree/devices/ap/card03/type.txt",
    "/tmp/tree/devices/virtual/misc/z90crypt/dev.txt",
    "/tmp/tree/kernel/iommu_groups/3",
    "/tmp/tree/kernel/iommu_groups/9/devices/ours.txt",
    NULL,
};

static struct merge_result result;

/* Once for all tests: they look at it, or add where adding is allowed. */
static void
merged(void)
{
    static int done;

    test_in_space();
    if (done++)
        return;
    test_make(machine);
    test_make(tree);
    CHECK_INT(chmod("/tmp/sys/class/misc", 0750), 0);
    CHECK_INT(merge_tree("/tmp/tree", "/tmp/sys", &result), 0);
}

TEST(what_either_side_has_is_there)
{
    static const struct {
        const char *path;
        const char *says; /* the path it was made by */
    } cases[] = {
        { "bus/pci/pci.txt", "/tmp/sys/bus/pci/pci.txt" },
        { "bus/own.txt", "/tmp/sys/bus/own.txt" },
        { "devices/pci0000:00/vendor.txt",
          "/tmp/sys/devices/pci0000:00/vendor.txt" },
        { "devices/virtual/misc/tun/dev.txt",
          "/tmp/sys/devices/virtual/misc/tun/dev.txt" },
        { "devices/ap/card03/type.txt",
          "/tmp/tree/devices/ap/card03/type.txt" },
        { "devices/virtual/misc/z90crypt/dev.txt",
          "/tmp/tree/devices/virtual/misc/z90crypt/dev.txt" },
        /* by links of either side, and by .. out of a mount */
        { "bus/link/vendor.txt", "/tmp/sys/devices/pci0000:00/vendor.txt" },
        { "bus/ap/devices/card03/type.txt",
          "/tmp/tree/devices/ap/card03/type.txt" },
        { "class/misc/tun/dev.txt",
          "/tmp/sys/devices/virtual/misc/tun/dev.txt" },
        { "class/misc/z90crypt/dev.txt",
          "/tmp/tree/devices/virtual/misc/z90crypt/dev.txt" },
        { "devices/ap/../../bus/own.txt", "/tmp/sys/bus/own.txt" },
    };
    char path[128];

    merged();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        test_note("%s", cases[i].path);
        (void)snprintf(path, sizeof(path), "/tmp/sys/%s", cases[i].path);
        CHECK_STR(test_read(path), cases[i].says);
    }
}

TEST(a_file_of_both_is_the_trees)
{
    merged();
    CHECK_STR(test_read("/tmp/sys/bus/both.txt"), "/tmp/tree/bus/both.txt");
}

TEST(links_keep_their_text)
{
    char target[64];
    ssize_t n;

    merged();
    n = readlink("/tmp/sys/bus/link", target, sizeof(target));
    CHECK_INT(n, strlen("../devices/pci0000:00"));
    CHECK(memcmp(target, "../devices/pci0000:00", (size_t)n) == 0);
}

TEST(what_the_tree_may_add_to_is_its_alone)
{
    static const char *const later[] = {
        "/tmp/tree/class/mdev_bus/matrix -> ../../devices/vfio_ap/matrix",
        "/tmp/tree/bus/mdev/devices/later.txt",
        NULL,
    };
    char target[64];

    merged();
    CHECK(access("/tmp/sys/bus/ap/real.txt", F_OK) < 0);
    test_make(later);
    CHECK(readlink("/tmp/sys/class/mdev_bus/matrix", target, sizeof(target)) >
          0);
    CHECK_STR(test_read("/tmp/sys/bus/mdev/devices/later.txt"), later[1]);
}

TEST(a_real_iommu_group_stands_in_the_place_the_tree_has_for_it)
{
    static const char base[] = "/tmp/sys/kernel/iommu_groups";
    char path[128];

    merged();
    (void)snprintf(path, sizeof(path), "%s/3/devices/real.txt", base);
    CHECK_STR(test_read(path), path);
    (void)snprintf(path, sizeof(path), "%s/9/devices/ours.txt", base);
    CHECK_STR(test_read(path),
              "/tmp/tree/kernel/iommu_groups/9/devices/ours.txt");
    (void)snprintf(path, sizeof(path), "%s/7", base);
    CHECK(access(path, F_OK) < 0); /* no place */
}

TEST(nobody_adds_names_to_what_was_merged)
{
    static const char *const dirs[] = { "bus", "class/misc", "devices/virtual",
                                        "kernel" };
    char path[64];

    merged();
    for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
        test_note("%s", dirs[i]);
        (void)snprintf(path, sizeof(path), "/tmp/sys/%s/new", dirs[i]);
        CHECK(mkdir(path, 0755) < 0);
        CHECK_INT(errno, EROFS);
    }
    CHECK_INT(mkdir("/tmp/sys/bus/pci/new", 0755), 0); /* it is as it was */
}

TEST(a_merged_directory_keeps_its_mode)
{
    struct stat st;

    merged();
    CHECK_INT(stat("/tmp/sys/class/misc", &st), 0);
    CHECK_INT(st.st_mode & 07777, 0750);
}

TEST(no_mount_is_made_that_is_not_needed)
{
    merged();
    /* tmpfs: bus class devices kernel
     * bus: pci own.txt both.txt ap mdev; class: net mdev_bus
     * devices: pci0000:00 ap, virtual/misc: tun z90crypt
     * kernel: iommu_groups, in it 3 */
    CHECK_INT(result.n_mounts, 4 + 5 + 2 + 4 + 2);
}

TEST(a_top_that_the_machine_lacks_is_named)
{
    static const char *const paths[] = { "/tmp/odd/hypervisor/x.txt",
                                         "/tmp/odd-sys/bus", NULL };
    struct merge_result r;

    test_in_space();
    test_make(paths);
    CHECK_INT(merge_tree("/tmp/odd", "/tmp/odd-sys", &r), -ENOENT);
    CHECK_STR(r.where, "hypervisor");
}

TEST(a_covered_directory_shows_what_was_there_and_takes_names_for_itself)
{
    static const char *const paths[] = { "/tmp/run/lock/a.txt",
                                         "/tmp/run/utmp.txt", NULL };
    struct merge_result r;
    int fd;

    test_in_space();
    test_make(paths);
    fd = merge_cover("/tmp/run", &r);
    CHECK(fd >= 0);
    CHECK_INT(r.n_mounts, 2);
    CHECK_STR(test_read("/tmp/run/lock/a.txt"), "/tmp/run/lock/a.txt");
    CHECK_STR(test_read("/tmp/run/utmp.txt"), "/tmp/run/utmp.txt");
    CHECK_INT(mkdirat(fd, "udev", 0755), 0);
    CHECK_INT(access("/tmp/run/udev", F_OK), 0);
    CHECK_INT(close(fd), 0);
}
