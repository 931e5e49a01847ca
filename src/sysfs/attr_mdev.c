/* SPDX-License-Identifier: MIT */
/* A mediated device, its iommu group and its vfio device. Source: Linux
 * vfio_ap_ops.c; drivers/vfio/mdev/mdev_sysfs.c; drivers/iommu/iommu.c. */
#include "sysfs/attrs.h"

#include "host/words.h"
#include "matrix/text.h"
#include "sysfs/ask.h"
#include "sysfs/read.h"

#include <errno.h>

static const struct vap_mdev *
mdev_of(const struct host *host, struct node node)
{
    return &host->engine->mdevs[node.id];
}

/* Of a text of this length the page has what fits. */
static int
shown(struct text *out, size_t length)
{
    out->length = length < TEXT_PAGE ? length : TEXT_PAGE - 1;
    return 0;
}

static int
show_matrix(const struct host *host, struct node node, struct text *out)
{
    return shown(out, vap_matrix_text(&mdev_of(host, node)->matrix, out->bytes,
                                      TEXT_PAGE));
}

static int
show_guest_matrix(const struct host *host, struct node node, struct text *out)
{
    return shown(out, vap_matrix_text(&mdev_of(host, node)->guest, out->bytes,
                                      TEXT_PAGE));
}

static int
show_control_domains(const struct host *host, struct node node,
                     struct text *out)
{
    return shown(out, vap_control_text(&mdev_of(host, node)->matrix, out->bytes,
                                       TEXT_PAGE));
}

static int
show_ap_config(const struct host *host, struct node node, struct text *out)
{
    return shown(out, vap_config_text(&mdev_of(host, node)->matrix, out->bytes,
                                      TEXT_PAGE));
}

/* The name of the file is the name of the request. */
static int
store_words(struct writer *w, struct node node, const char *text, size_t length)
{
    const struct row *row = &mdev_table.rows[node.row - 1];
    struct vap_request r = { .op = VAP_AP_CONFIG };
    enum vap_verdict v = words_mdev(row->name, text, length, &r);

    r.mdev = node.id;
    return v == VAP_OK ? ask_engine(w, &r) : words_error(v);
}

/* What no driver has any more needs no guest's consent. */
static int
store_remove(struct writer *w, struct node node, const char *text,
             size_t length)
{
    struct host_request r = { .setting = HOST_ENGINE };
    uint64_t value;

    if (read_number(text, length, &value))
        return EINVAL;
    if (value == 0)
        return 0;
    if (w->owner->host->devices->mdevs[node.id].driverless)
        r.setting = HOST_MDEV_DROP;
    r.engine.op = VAP_REMOVE;
    r.engine.mdev = node.id;
    return ask(w, &r);
}

static bool
is_driven(const struct host *host, unsigned id)
{
    return !host->devices->mdevs[id].driverless;
}

/* Until the driver goes, and until the device does. */
#define DRIVERS(name_, mode_, show_, store_)                                   \
    {                                                                          \
        .name = (name_), .mode = FILE_MODE(mode_), .show = (show_),            \
        .store = (store_), .when = is_driven, .until = LEAVES_DRIVER           \
    }
#define DEVICES_LINK(name_, to_)                                               \
    {                                                                          \
        .name = (name_), .mode = LINK_MODE, .to = (to_), .until = LEAVES       \
    }

/* Of an mdev that is held and shall be removed only its group is left; of one
 * that shall be unbound, what every device has. Source: mdev_core.c,
 * mdev_device_remove_common(); device_del(); __device_release_driver();
 * vfio_main.c, vfio_unregister_group_dev(). */
static const struct row mdev_rows[] = {
    { .name = "uevent",
      .mode = FILE_MODE(0644),
      .show = show_uevent,
      .store = store_uevent,
      .until = LEAVES },
    DEVICES_LINK("subsystem", BUS_MDEV),
    { .name = "power", .mode = DIR_MODE, .to = MDEV_POWER, .until = LEAVES },
    { .name = "remove",
      .mode = FILE_MODE(0200),
      .store = store_remove,
      .until = LEAVES },
    DEVICES_LINK("mdev_type", MDEV_TYPE),
    { .name = "driver",
      .mode = LINK_MODE,
      .to = MDEV_DRIVER,
      .when = is_driven,
      .until = LEAVES_DRIVER },
    { .name = "iommu_group",
      .mode = LINK_MODE,
      .to = GROUP,
      .when = is_driven },
    { .name = "vfio-dev",
      .mode = DIR_MODE,
      .to = MDEV_VFIO_DEV,
      .when = is_driven,
      .until = LEAVES_DRIVER },
    DRIVERS("assign_adapter", 0200, NULL, store_words),
    DRIVERS("unassign_adapter", 0200, NULL, store_words),
    DRIVERS("assign_domain", 0200, NULL, store_words),
    DRIVERS("unassign_domain", 0200, NULL, store_words),
    DRIVERS("assign_control_domain", 0200, NULL, store_words),
    DRIVERS("unassign_control_domain", 0200, NULL, store_words),
    DRIVERS("ap_config", 0644, show_ap_config, store_words),
    DRIVERS("control_domains", 0444, show_control_domains, NULL),
    DRIVERS("matrix", 0444, show_matrix, NULL),
    DRIVERS("guest_matrix", 0444, show_guest_matrix, NULL),
};
const struct table mdev_table = TABLE(mdev_rows);

static const struct row vfio_dev_rows[] = {
    UEVENT,
    LINK("subsystem", CLASS_VFIO_DEV),
    LINK("device", MDEV),
    FOLDER("power", VFIO_DEV_POWER),
};
const struct table vfio_dev_table = TABLE(vfio_dev_rows);

static const struct row group_device_rows[] = {
    UEVENT,
    LINK("subsystem", CLASS_VFIO),
    FOLDER("power", GROUP_DEVICE_POWER),
};
const struct table group_device_table = TABLE(group_device_rows);

static int
show_group_name(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "vfio-noiommu\n");
    return 0;
}

static int
show_group_type(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "unknown\n");
    return 0;
}

/* There is no iommu whose domain could change. */
static int
store_group_type(struct writer *w, struct node node, const char *text,
                 size_t length)
{
    (void)w;
    (void)node;
    (void)text;
    (void)length;
    return EINVAL;
}

static const struct row group_rows[] = {
    FOLDER("devices", GROUP_DEVICES),
    SHOWN("name", show_group_name),
    SHOWN("reserved_regions", show_nothing),
    BOTH("type", show_group_type, store_group_type),
};
const struct table group_table = TABLE(group_rows);
