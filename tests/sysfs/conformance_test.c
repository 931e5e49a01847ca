/* SPDX-License-Identifier: MIT */
/* Every attribute: where it is, its mode, its bytes, what it takes and what
 * it refuses, in both kernels. The tables are those of the kernel's ABI as
 * documented and recorded, not those of src/sysfs/. */
#include "sysfs/tree.h"

#include <dirent.h>

#define OLD 1
#define NEW 2
#define ANY (OLD | NEW)

#define CARD3 "devices/ap/card03/"
#define CARD5 "devices/ap/card05/"
#define CARDA "devices/ap/card0a/"
#define U TREE_MATRIX TREE_U "/"
#define OP_MODES "FIPS2009 BSI2009 FIPS2011 BSI2011 BSICC2017\n"
#define BUS "bus/ap/"
#define ZERO "0x" Z16 Z16 Z16 Z16
#define Z16 "0000000000000000"
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

    { "module/ap/parameters/domain", 0440, OLD, "-1\n" },
    { "module/ap/parameters/poll_thread", 0440, OLD, "0\n" },
    { "module/ap/parameters/apmask", 0440, OLD,
      "0x1000000000000000" Z16 Z16 Z16 "\n" },
    { "module/ap/parameters/aqmask", 0440, OLD,
      "0x0800000000000000" Z16 Z16 Z16 "\n" },
    { "module/ap/parameters/useirq", 0440, OLD, "1\n" },
    { "module/ap/parameters/domain", 0444, NEW, "-1\n" },
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

static bool
start(int kernel)
{
    struct server_options options = server_builtin;
    const char *why = server_impossible();

    if (why) {
        test_skip(why);
        return false;
    }
    now = kernel;
    options.old_kernel = kernel == OLD;
    server_start(&server, &options);
    return true;
}

static void
make_mdev(void)
{
    CHECK_INT(tree_write(&server, TREE_TYPE "create", TREE_U), 0);
    CHECK_INT(tree_write(&server, U "assign_adapter", "5"), 0);
    CHECK_INT(tree_write(&server, U "assign_domain", "0x47"), 0);
    CHECK_INT(tree_write(&server, U "assign_control_domain", "4"), 0);
}

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
    for (int kernel = OLD; kernel <= NEW; kernel++) {
        if (!start(kernel))
            return;
        make_mdev();
        for (size_t i = 0; i < ROWS(files); i++)
            if (files[i].kernels & kernel)
                check_file(i);
        for (size_t i = 0; i < ROWS(absent); i++) {
            test_note("%s", absent[i].path);
            if (absent[i].kernels & kernel)
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
    for (int kernel = OLD; kernel <= NEW; kernel++) {
        unsigned dirs = 0;
        unsigned links = 0;

        if (!start(kernel))
            return;
        make_mdev();
        find_unknown("", &dirs, &links);
        CHECK(dirs > 40);
        CHECK(links > 40);
        server_stop(&server);
    }
}

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
        if (!start(kernel))
            return;
        if (mdev)
            make_mdev();
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

    if (!start(NEW))
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

/* What no host has: more than a page. */
TEST(a_matrix_of_more_than_a_page_is_cut_at_4095_bytes)
{
    struct server_options options = server_large;
    const char *why = server_impossible();
    char all[204];
    const char *text;

    if (why) {
        test_skip(why);
        return;
    }
    server_start(&server, &options);
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

#define EVENT(action, path, rest)                                              \
    action "@/" path " ACTION=" action " DEVPATH=/" path " " rest "\n"

TEST(uevents_are_sent_in_order)
{
    AUTO(free_done) char *events = NULL;

    if (!start(NEW))
        return;
    make_mdev();
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

/* The first bytes of SHA-256 of "vap AES 71" and its kin: `printf 'vap AES 71'
 * | sha256sum`. What a guest is told by the card is what the tree shows. */
TEST(a_coprocessor_of_the_hosts_own_shows_its_master_keys)
{
    if (!start(NEW))
        return;
    CHECK_INT(tree_write(&server, "bus/ap/apmask", "+5,+10"), 0);
    CHECK_INT(tree_write(&server, "bus/ap/aqmask", "+71"), 0);
    CHECK_STR(tree_read(&server, CARD5 "05.0047/mkvps"),
              "AES NEW: empty 0x0000000000000000\n"
              "AES CUR: valid 0xaf05a9df7aad7d33\n"
              "AES OLD: invalid 0x0000000000000000\n"
              "APKA NEW: empty 0x0000000000000000\n"
              "APKA CUR: valid 0x12d083771f76f31e\n"
              "APKA OLD: invalid 0x0000000000000000\n"
              "ASYM NEW: empty 0x00000000000000000000000000000000\n"
              "ASYM CUR: valid 0x64356caa0efa69588a886122555559e5\n"
              "ASYM OLD: invalid 0x00000000000000000000000000000000\n");
    CHECK_STR(tree_read(&server, CARDA "0a.0047/mkvps"),
              "WK CUR: valid 0x9e884783c0d3921d14c7e04bebdc706d44f215325474c5ee"
              "c5460213215b1be0\n"
              "WK NEW: empty -\n");
    server_stop(&server);
}

#define CCA_UNKNOWN                                                            \
    "AES NEW: - -\nAES CUR: - -\nAES OLD: - -\n"                               \
    "APKA NEW: - -\nAPKA CUR: - -\nAPKA OLD: - -\n"                            \
    "ASYM NEW: - -\nASYM CUR: - -\nASYM OLD: - -\n"

static const struct {
    const char *file;
    const char *told;
    const char *untold;
} of_the_card[] = {
    { CARD5 "serialnr", "VAP00005\n", "\n" },
    { CARD5 "05.0047/mkvps", NULL, CCA_UNKNOWN },
    { CARDA "serialnr", "VAP0000A        \n", "\n" },
    { CARDA "API_ordinalnr", "6\n", "\n" },
    { CARDA "FW_version", "8.0\n", "\n" },
    { CARDA "op_modes", OP_MODES, "\n" },
    { CARDA "0a.0047/op_modes", OP_MODES, "\n" },
    { CARDA "0a.0047/mkvps", NULL, "WK CUR: - -\nWK NEW: - -\n" },
};

static void
check_told(bool told)
{
    for (size_t i = 0; i < ROWS(of_the_card); i++) {
        const char *text = tree_read(&server, of_the_card[i].file);

        test_note("%s", of_the_card[i].file);
        if (!told || of_the_card[i].told)
            CHECK_STR(text, told ? of_the_card[i].told : of_the_card[i].untold);
        else
            CHECK(strstr(text, "CUR: valid 0x"));
    }
}

/* Each of them alone is enough. */
TEST(what_only_a_card_knows_is_unknown_while_it_cannot_be_asked)
{
    static const struct {
        const char *file[2];
        const char *off;
        const char *on;
    } rows[] = {
        { { CARD5 "online", CARDA "online" }, "0", "1" },
        { { CARD5 "config", CARDA "config" }, "0", "1" },
        { { CARD5 "05.0047/online", CARDA "0a.0047/online" }, "0", "1" },
    };

    if (!start(NEW))
        return;
    CHECK_INT(tree_write(&server, BUS "apmask", "+5,+10"), 0);
    CHECK_INT(tree_write(&server, BUS "aqmask", "-4,+71"), 0);
    check_told(true);
    for (size_t i = 0; i < ROWS(rows); i++) {
        for (int n = 0; n < 2; n++)
            CHECK_INT(tree_write(&server, rows[i].file[n], rows[i].off), 0);
        check_told(false);
        for (int n = 0; n < 2; n++)
            CHECK_INT(tree_write(&server, rows[i].file[n], rows[i].on), 0);
        check_told(true);
    }
    for (unsigned a = 5; a <= 10; a += 5)
        CHECK_INT(server_ask_engine(
                      &server,
                      &(struct vap_request){ .op = VAP_CARD_STATE,
                                             .id = a,
                                             .rc = VAP_RC_CHECKSTOPPED },
                      NULL),
                  0);
    check_told(false);
    server_stop(&server);
}

/* The device is there until the bus scans again, and TAPQ finds nothing. */
TEST(a_queue_that_is_not_available_has_no_functions)
{
    struct vap_request leave = { .op = VAP_HARDWARE };

    if (!start(NEW))
        return;
    CHECK_STR(tree_read(&server, CARD5 "05.0047/ap_functions"), "0x92000000\n");
    leave.edit.adapters.clear = vap_mask_one(5);
    CHECK_INT(server_ask_engine(&server, &leave, NULL), 0);
    CHECK_STR(tree_read(&server, CARD5 "05.0047/ap_functions"), "0x00000000\n");
    CHECK_STR(tree_read(&server, CARD5 "ap_functions"), "0x92000000\n");
    server_stop(&server);
}
