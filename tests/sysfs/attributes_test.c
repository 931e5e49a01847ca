/* SPDX-License-Identifier: MIT */
/* Every attribute: where it is, its mode and its bytes, in both kernels. The
 * tables are those of the kernel's ABI as documented and recorded, not those
 * of src/sysfs/. */
#include "sysfs/kernels.h"

#include <dirent.h>

#define POWER(dir)                                                             \
    { dir "power/control", 0644, ANY, "auto\n" },                              \
        { dir "power/autosuspend_delay_ms", 0644, ANY, "EIO" },                \
        { dir "power/runtime_active_time", 0444, ANY, "0\n" },                 \
        { dir "power/runtime_status", 0444, ANY, "unsupported\n" },            \
    {                                                                          \
        dir "power/runtime_suspended_time", 0444, ANY, "0\n"                   \
    }

/* The built-in host, with one mdev that has 05.0047 and control domain 4. */
static const struct {
    const char *path;
    mode_t mode;
    int kernels;
    const char *text; /* "E...": why it cannot be read; NULL: not readable */
} files[] = {
    // clang-format off
    { BUS "ap_domain", 0644, ANY, "4\n" },
    { BUS "ap_control_domain_mask", 0444, ANY, "0x0800000000000000010008" "0000000000" Z16 Z16 "\n" },
    { BUS "ap_usage_domain_mask", 0444, ANY, "0x0800000000000000010008" "0000000000" Z16 Z16 "\n" },
    { BUS "ap_adapter_mask", 0444, ANY, "0x142" "0000000000000" Z16 Z16 Z16 "\n" },
    { BUS "ap_interrupts", 0444, ANY, "1\n" },
    { BUS "config_time", 0644, ANY, "30\n" },
    { BUS "poll_thread", 0644, ANY, "0\n" },
    { BUS "poll_timeout", 0644, ANY, "250000\n" },
    { BUS "ap_max_domain_id", 0444, ANY, "255\n" },
    { BUS "ap_max_adapter_id", 0444, ANY, "255\n" },
    { BUS "apmask", 0644, ANY, "0x1000000000000000" Z16 Z16 Z16 "\n" },
    { BUS "aqmask", 0644, ANY, "0x0800000000000000" Z16 Z16 Z16 "\n" },
    { BUS "scans", 0644, ANY, "1\n" },
    { BUS "bindings", 0444, ANY, "9/9 (complete)\n" },
    { BUS "bindings_complete_count", 0444, NEW, "1\n" },
    { BUS "features", 0444, ANY, "APSC APXA QACT RC8A\n" },
    { BUS "drivers_autoprobe", 0644, ANY, "1\n" },
    { BUS "drivers_probe", 0200, ANY, NULL },
    { BUS "uevent", 0200, ANY, NULL },
    { BUS "drivers/cex4card/bind", 0200, ANY, NULL },
    { BUS "drivers/cex4card/unbind", 0200, ANY, NULL },
    { BUS "drivers/cex4card/uevent", 0200, ANY, NULL },
    { BUS "drivers/cex4queue/bind", 0200, ANY, NULL },
    { BUS "drivers/cex4queue/unbind", 0200, ANY, NULL },
    { BUS "drivers/cex4queue/uevent", 0200, ANY, NULL },
    { BUS "drivers/vfio_ap/bind", 0200, ANY, NULL },
    { BUS "drivers/vfio_ap/unbind", 0200, ANY, NULL },
    { BUS "drivers/vfio_ap/uevent", 0200, ANY, NULL },
    { "devices/ap/uevent", 0644, ANY, "" },
    POWER("devices/ap/"),

    { CARD3 "hwtype", 0444, ANY, "14\n" },
    { CARD3 "raw_hwtype", 0444, ANY, "14\n" },
    { CARD3 "depth", 0444, ANY, "8\n" },
    { CARD3 "ap_functions", 0444, ANY, "0x6A000000\n" },
    { CARD3 "request_count", 0644, ANY, "0\n" },
    { CARD3 "requestq_count", 0444, ANY, "0\n" },
    { CARD3 "pendingq_count", 0444, ANY, "0\n" },
    { CARD3 "modalias", 0444, ANY, "ap:t0E\n" },
    { CARD3 "config", 0644, ANY, "1\n" },
    { CARD3 "chkstop", 0444, ANY, "0\n" },
    { CARD3 "max_msg_size", 0444, ANY, "12288\n" },
    { CARD3 "type", 0444, ANY, "CEX8A\n" },
    { CARD3 "online", 0644, ANY, "1\n" },
    { CARD3 "load", 0444, ANY, "0\n" },
    { CARD3 "uevent", 0644, ANY, "DEVTYPE=ap_card\nDRIVER=cex4card\n"
      "DEV_TYPE=000E\nMODALIAS=ap:t0E\nMODE=accel\n" },
    POWER(CARD3),
    { CARD5 "ap_functions", 0444, ANY, "0x92000000\n" },
    { CARD5 "type", 0444, ANY, "CEX8C\n" },
    { CARD5 "serialnr", 0444, ANY, "\n" },
    { CARDA "ap_functions", 0444, ANY, "0x86000000\n" },
    { CARDA "type", 0444, ANY, "CEX8P\n" },
    { CARDA "serialnr", 0444, ANY, "\n" },
    { CARDA "API_ordinalnr", 0444, ANY, "\n" },
    { CARDA "FW_version", 0444, ANY, "\n" },
    { CARDA "op_modes", 0444, ANY, "\n" },

    { CARD3 "03.0004/request_count", 0644, ANY, "0\n" },
    { CARD3 "03.0004/requestq_count", 0444, ANY, "0\n" },
    { CARD3 "03.0004/pendingq_count", 0444, ANY, "0\n" },
    { CARD3 "03.0004/reset", 0644, ANY, "No Reset Timer set.\n" },
    { CARD3 "03.0004/interrupt", 0444, ANY, "Interrupts enabled.\n" },
    { CARD3 "03.0004/config", 0444, ANY, "1\n" },
    { CARD3 "03.0004/chkstop", 0444, ANY, "0\n" },
    { CARD3 "03.0004/ap_functions", 0444, ANY, "0x6A000000\n" },
    { CARD3 "03.0004/driver_override", 0644, NEW, "\n" },
    { CARD3 "03.0004/online", 0644, ANY, "1\n" },
    { CARD3 "03.0004/load", 0444, ANY, "0\n" },
    { CARD3 "03.0004/uevent", 0644, ANY, "DEVTYPE=ap_queue\nDRIVER=cex4queue\nMODE=accel\n" },
    { CARD5 "05.0047/uevent", 0644, ANY, "DEVTYPE=ap_queue\nDRIVER=vfio_ap\nMODE=cca\n" },
    { CARD5 "05.0047/status", 0444, ANY, "assigned\n" },
    { CARD5 "05.0054/status", 0444, ANY, "unassigned\n" },
    POWER(CARD3 "03.0004/"),

    { "devices/vfio_ap/uevent", 0644, ANY, "" },
    POWER("devices/vfio_ap/"),
    { TREE_MATRIX "uevent", 0644, ANY, "DRIVER=vfio_ap\n" },
    POWER(TREE_MATRIX),
    { TREE_MATRIX "features", 0444, ANY, "guest_matrix hotplug ap_config\n" },
    { "bus/matrix/uevent", 0200, ANY, NULL },
    { "bus/matrix/drivers_probe", 0200, ANY, NULL },
    { "bus/matrix/drivers_autoprobe", 0644, ANY, "1\n" },
    { "bus/matrix/drivers/vfio_ap/uevent", 0200, ANY, NULL },
    { TREE_TYPE "name", 0444, ANY, "VFIO AP Passthrough Device\n" },
    { TREE_TYPE "device_api", 0444, ANY, "vfio-ap\n" },
    { TREE_TYPE "available_instances", 0444, ANY, "65535\n" },
    { TREE_TYPE "create", 0200, ANY, NULL },
    { "bus/mdev/uevent", 0200, ANY, NULL },
    { "bus/mdev/drivers_probe", 0200, ANY, NULL },
    { "bus/mdev/drivers_autoprobe", 0644, ANY, "1\n" },
    { "bus/mdev/drivers/vfio_ap_mdev/bind", 0200, ANY, NULL },
    { "bus/mdev/drivers/vfio_ap_mdev/unbind", 0200, ANY, NULL },
    { "bus/mdev/drivers/vfio_ap_mdev/uevent", 0200, ANY, NULL },

    { U "remove", 0200, ANY, NULL },
    { U "assign_adapter", 0200, ANY, NULL },
    { U "unassign_adapter", 0200, ANY, NULL },
    { U "assign_domain", 0200, ANY, NULL },
    { U "unassign_domain", 0200, ANY, NULL },
    { U "assign_control_domain", 0200, ANY, NULL },
    { U "unassign_control_domain", 0200, ANY, NULL },
    { U "ap_config", 0644, ANY, "0x0400000000000000" Z16 Z16 Z16 ",0x" Z16
      "0100000000000000" Z16 Z16 ",0x0800000000000000" Z16 Z16 Z16 "\n" },
    { U "control_domains", 0444, ANY, "0004\n" },
    { U "matrix", 0444, ANY, "05.0047\n" },
    { U "guest_matrix", 0444, ANY, "05.0047\n" },
    { U "uevent", 0644, ANY, "DRIVER=vfio_ap_mdev\n" },
    POWER(U),
    { U "vfio-dev/vfio0/uevent", 0644, ANY, "" },
    POWER(U "vfio-dev/vfio0/"),
    { "kernel/iommu_groups/0/name", 0444, ANY, "vfio-noiommu\n" },
    { "kernel/iommu_groups/0/reserved_regions", 0444, ANY, "" },
    { "kernel/iommu_groups/0/type", 0644, ANY, "unknown\n" },
    { "devices/virtual/vfio/0/uevent", 0644, ANY, "" },
    POWER("devices/virtual/vfio/0/"),

    { "module/ap/uevent", 0200, ANY, NULL },
    { "module/ap/parameters/domain", 0440, OLD, "4\n" },
    { "module/ap/parameters/poll_thread", 0440, OLD, "0\n" },
    { "module/ap/parameters/apmask", 0440, OLD,
      "0x1000000000000000" Z16 Z16 Z16 "\n" },
    { "module/ap/parameters/aqmask", 0440, OLD,
      "0x0800000000000000" Z16 Z16 Z16 "\n" },
    { "module/ap/parameters/useirq", 0440, OLD, "1\n" },
    { "module/ap/parameters/domain", 0444, NEW, "4\n" },
    { "module/ap/parameters/poll_thread", 0444, NEW, "0\n" },
    { "module/ap/parameters/apmask", 0444, NEW,
      "0x1000000000000000" Z16 Z16 Z16 "\n" },
    { "module/ap/parameters/aqmask", 0444, NEW,
      "0x0800000000000000" Z16 Z16 Z16 "\n" },
    { "module/ap/parameters/useirq", 0444, NEW, "1\n" },
    { "module/vfio_ap/initstate", 0444, ANY, "live\n" },
    { "module/vfio_ap/refcnt", 0444, ANY, "0\n" },
    { "module/vfio_ap/uevent", 0200, ANY, NULL },
    { "module/zcrypt_cex4/initstate", 0444, ANY, "live\n" },
    { "module/zcrypt_cex4/refcnt", 0444, ANY, "0\n" },
    { "module/zcrypt_cex4/uevent", 0200, ANY, NULL },
    { "class/zcrypt/create", 0600, ANY, "EIO" },
    { "class/zcrypt/destroy", 0600, ANY, "EIO" },
    // clang-format on
};

/* Not there: of another kernel, another driver, another type of card. */
static const struct {
    const char *path;
    int kernels;
} absent[] = {
    { BUS "bindings_complete_count", OLD },
    { CARD3 "03.0004/driver_override", OLD },
    { CARD3 "serialnr", ANY },
    { CARD3 "API_ordinalnr", ANY },
    { CARD5 "op_modes", ANY },
    { CARD3 "03.0004/status", ANY },
    { CARD3 "03.0004/mkvps", ANY },
    { CARD3 "03.0047/online", ANY },
    { CARD3 "03.0047/load", ANY },
    { TREE_TYPE "description", ANY },
    { "bus/matrix/drivers/vfio_ap/bind", ANY },
    { "bus/matrix/drivers/vfio_ap/unbind", ANY },
    { "bus/matrix/drivers/vfio_ap/module", ANY },
    { "devices/ap/subsystem", ANY },
    { "devices/uevent", ANY },
    { "devices/ap/module", ANY },
};

static struct server server;
static int now; /* the kernel served */

static void
check_file(size_t i)
{
    struct stat st;

    test_note("%s on %s", files[i].path, now == OLD ? "6.12" : "7.2");
    CHECK_INT(lstat(tree_path(&server, files[i].path), &st), 0);
    CHECK_INT(st.st_mode, S_IFREG | files[i].mode);
    CHECK_INT(st.st_size, 4096);
    CHECK_INT(st.st_blocks, 0);
    CHECK_INT(st.st_nlink, 1);
    CHECK_INT(st.st_uid, geteuid());
    CHECK_INT(st.st_gid, getegid());
    CHECK_STR(tree_read(&server, files[i].path),
              files[i].text ? files[i].text : "EACCES");
    if (!(files[i].mode & 0222))
        CHECK_INT(tree_write(&server, files[i].path, "1"), EACCES);
}

TEST(every_attribute_has_its_mode_and_says_its_text)
{
    for (now = OLD; now <= NEW; now++) {
        if (!kernels_start(&server, now))
            return;
        kernels_make_mdev(&server);
        for (size_t i = 0; i < ROWS(files); i++)
            if (files[i].kernels & now)
                check_file(i);
        for (size_t i = 0; i < ROWS(absent); i++) {
            test_note("%s", absent[i].path);
            if (absent[i].kernels & now)
                CHECK(!tree_has(&server, absent[i].path));
        }
        server_stop(&server);
    }
}

static bool
is_known(const char *path, unsigned *dirs, unsigned *links)
{
    struct stat st;

    CHECK_INT(lstat(tree_path(&server, path), &st), 0);
    *dirs += S_ISDIR(st.st_mode);
    *links += S_ISLNK(st.st_mode);
    if (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode)) {
        CHECK_INT(st.st_size, 0);
        return true;
    }
    for (size_t i = 0; i < ROWS(files); i++)
        if ((files[i].kernels & now) && strcmp(files[i].path, path) == 0)
            return true;
    return false;
}

static void
find_unknown(const char *dir, unsigned *dirs, unsigned *links)
{
    DIR *d = opendir(tree_path(&server, dir));

    if (!d)
        FAIL("%s: %s", dir, strerror(errno));
    for (struct dirent *e; (e = readdir(d));) {
        char path[512];

        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "",
                       e->d_name);
        /* more devices of the kinds that the table has one of */
        if (strstr(path, "card05/") || strstr(path, "card0a/") ||
            strstr(path, "03.0047/") || strstr(path, "03.0054/"))
            continue;
        if (!is_known(path, dirs, links))
            FAIL("%s is in no table", path);
        CHECK(e->d_type == DT_DIR || e->d_type == DT_LNK ||
              e->d_type == DT_REG);
        if (e->d_type == DT_DIR)
            find_unknown(path, dirs, links);
    }
    (void)closedir(d);
}

/* The other way round. */
TEST(there_is_no_attribute_that_is_in_no_table)
{
    for (now = OLD; now <= NEW; now++) {
        unsigned dirs = 0;
        unsigned links = 0;

        if (!kernels_start(&server, now))
            return;
        kernels_make_mdev(&server);
        find_unknown("", &dirs, &links);
        CHECK(dirs > 40);
        CHECK(links > 40);
        server_stop(&server);
    }
}

/* What no host has: more than a page. */
TEST(a_matrix_of_more_than_a_page_is_cut_at_4095_bytes)
{
    char all[204];
    const char *text;

    if (!server_start_or_skip(&server, &server_large))
        return;
    CHECK_INT(tree_write(&server, TREE_TYPE "create", TREE_U), 0);
    (void)snprintf(all, sizeof(all), "%s,%s,%s",
                   "0x0"
                   "fffffffffffffff",
                   "0xf", "");
    CHECK_INT(tree_write(&server, U "ap_config", all), 0);
    text = tree_read(&server, U "matrix");
    CHECK_INT(strlen(text), 60 * 4 * 8);
    (void)snprintf(all, sizeof(all), "%s,%s,%s",
                   "0x0"
                   "fffffffffffffff",
                   "0x07ffffffff", "");
    CHECK_INT(tree_write(&server, U "ap_config", all), 0);
    text = tree_read(&server, U "matrix");
    CHECK_INT(strlen(text), 4095);
    CHECK_STR(text + (size_t)511 * 8, "12.001a"); /* 35 domains an adapter */
    server_stop(&server);
}
