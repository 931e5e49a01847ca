/* SPDX-License-Identifier: MIT */
/* Files that every device has, and those that never say anything new. */
#include "matrix/text.h"
#include "sysfs/attrs.h"
#include "sysfs/node.h"

#include <errno.h>
#include <string.h>

int
show_nothing(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    (void)out;
    return 0;
}

/* uevent */

/* What a directory is to its uevents. NULL: it sends none. */
static const struct {
    const char *subsystem;
    int device; /* enum device_kind, + 1 */
} devices[KINDS] = {
    [BUS_AP] = { "bus", 0 },
    [BUS_MATRIX] = { "bus", 0 },
    [BUS_MDEV] = { "bus", 0 },
    [CEX4CARD] = { "drivers", 0 },
    [CEX4QUEUE] = { "drivers", 0 },
    [VFIO_AP] = { "drivers", 0 },
    [MATRIX_DRIVER] = { "drivers", 0 },
    [MDEV_DRIVER] = { "drivers", 0 },
    [MODULE_AP] = { "module", 0 },
    [MODULE_VFIO_AP] = { "module", 0 },
    [MODULE_ZCRYPT] = { "module", 0 },
    [AP] = { "ap", 0 },
    [CARD] = { "ap", DEVICE_CARD + 1 },
    [QUEUE] = { "ap", DEVICE_QUEUE + 1 },
    [MATRIX] = { "matrix", DEVICE_MATRIX + 1 },
    [MDEV] = { "mdev", DEVICE_MDEV + 1 },
    [VFIO_DEV] = { "vfio-dev", 0 },
    [GROUP_DEVICE] = { "vfio", 0 },
};

static enum vap_driver
driver_of(const struct host *host, struct node node)
{
    switch ((enum kind)node.kind) {
    case CARD:
        return vap_mask_has(&host->devices->bus.bound, node.id) ? VAP_DEFAULT
                                                                : VAP_NO_DRIVER;
    case MDEV:
        return host->devices->mdevs[node.id].driverless ? VAP_NO_DRIVER
                                                        : VAP_DEFAULT;
    default:
        return vap_host_driver(host->engine, node.id);
    }
}

int
show_uevent(const struct host *host, struct node node, struct text *out)
{
    int device = devices[node.kind].device;

    if (device)
        uevent_variables(host, (enum device_kind)(device - 1), node.id,
                         driver_of(host, node), out);
    return 0;
}

int
store_uevent(struct writer *w, struct node node, const char *text,
             size_t length)
{
    const char *subsystem = devices[node.kind].subsystem;
    struct text path = { 0 };
    struct text variables = { 0 };
    struct uevent event;
    int r;

    node_path(w->owner->host, node_parent(node), &path);
    (void)show_uevent(w->owner->host, node, &variables);
    r = uevent_written(text, length, path.bytes, subsystem ? subsystem : "",
                       variables.bytes, &event);
    if (r == 0 && subsystem && w->uevent)
        w->uevent(w->data, &event);
    return r == ENOMEM && !subsystem ? 0 : r; /* what is not sent fits */
}

/* power/ of a device that has no power management: as everywhere */

static int
show_power_control(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "auto\n");
    return 0;
}

/* It is said to be possible, and does nothing. */
static int
store_power_control(struct writer *w, struct node node, const char *text,
                    size_t length)
{
    size_t n = strnlen(text, length);

    (void)w;
    (void)node;
    n -= n && text[n - 1] == '\n';
    return (n == 4 && memcmp(text, "auto", 4) == 0) ||
                   (n == 2 && memcmp(text, "on", 2) == 0)
               ? 0
               : EINVAL;
}

static int
show_zero(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "0\n");
    return 0;
}

static int
show_unsupported(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "unsupported\n");
    return 0;
}

static const struct row power_rows[] = {
    BOTH("control", show_power_control, store_power_control),
    BOTH("autosuspend_delay_ms", NULL, NULL), /* EIO */
    SHOWN("runtime_active_time", show_zero),
    SHOWN("runtime_status", show_unsupported),
    SHOWN("runtime_suspended_time", show_zero),
};
const struct table power_table = TABLE(power_rows);

/* class/zcrypt: additional device nodes are not to be had */

static int
store_no_node(struct writer *w, struct node node, const char *text,
              size_t length)
{
    (void)w;
    (void)node;
    (void)text;
    (void)length;
    return EOPNOTSUPP;
}

static const struct row class_zcrypt_rows[] = {
    { .name = "create", .mode = FILE_MODE(0600), .store = store_no_node },
    { .name = "destroy", .mode = FILE_MODE(0600), .store = store_no_node },
};
const struct table class_zcrypt_table = TABLE(class_zcrypt_rows);

/* module/ap/parameters: what was said at boot, whatever has been written
 * since. Source: Linux ap_bus.c, module_param_named(). */

static int
show_boot_mask(const struct vap_mask *mask, struct text *out)
{
    struct vap_mask all = vap_mask_all();
    char text[VAP_MASK_TEXT + 1] = "(null)";

    if (!vap_mask_equal(mask, &all))
        (void)vap_mask_text(mask, text, sizeof(text));
    text_add(out, "%s\n", text);
    return 0;
}

static int
show_boot_apmask(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    return show_boot_mask(&host->engine->bus.boot_apmask, out);
}

static int
show_boot_aqmask(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    return show_boot_mask(&host->engine->bus.boot_aqmask, out);
}

/* The one that is not of the boot: the parameter is the very variable that
 * the bus's ap_domain shows. */
static int
show_domain(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%d\n", host->devices->bus.ap_domain);
    return 0;
}

static int
show_one(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "1\n");
    return 0;
}

#define PARAMETER(name_, show_)                                                \
    { .name = (name_),                                                         \
      .mode = FILE_MODE(0440),                                                 \
      .show = (show_),                                                         \
      .kernel = ONLY_6_12 },                                                   \
    {                                                                          \
        .name = (name_), .mode = FILE_MODE(0444), .show = (show_),             \
        .kernel = ONLY_7_2                                                     \
    }

static const struct row parameter_rows[] = {
    PARAMETER("apmask", show_boot_apmask),
    PARAMETER("aqmask", show_boot_aqmask),
    PARAMETER("domain", show_domain),
    PARAMETER("poll_thread", show_zero),
    PARAMETER("useirq", show_one),
};
const struct table module_ap_parameters_table = TABLE(parameter_rows);

/* modules that are loaded */

static int
show_live(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "live\n");
    return 0;
}

static const struct row module_rows[] = {
    UEVENT_WRITTEN,
    SHOWN("initstate", show_live),
    SHOWN("refcnt", show_zero),
    FOLDER("drivers", MODULE_VFIO_AP_DRIVERS),
};
const struct table module_table = TABLE(module_rows);

static const struct row module_zcrypt_rows[] = {
    UEVENT_WRITTEN,
    SHOWN("initstate", show_live),
    SHOWN("refcnt", show_zero),
    FOLDER("drivers", MODULE_ZCRYPT_DRIVERS),
};
const struct table module_zcrypt_table = TABLE(module_zcrypt_rows);
