/* SPDX-License-Identifier: MIT */
/* /sys/devices/vfio_ap/matrix and the type of its mdevs. Source: Linux
 * vfio_ap_drv.c; drivers/vfio/mdev/mdev_sysfs.c. */
#include "sysfs/attrs.h"

#include "sysfs/ask.h"
#include "sysfs/read.h"
#include "sysfs/sets.h"

#include <errno.h>

static int
show_features(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "guest_matrix hotplug ap_config\n");
    return 0;
}

static int
show_name(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "VFIO AP Passthrough Device\n");
    return 0;
}

static int
show_device_api(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "vfio-ap\n");
    return 0;
}

static int
show_instances(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%u\n", VAP_MDEVS - host->devices->n_mdevs);
    return 0;
}

static int
store_create(struct writer *w, struct node node, const char *text,
             size_t length)
{
    struct host *host = w->owner->host;
    char name[READ_UUID + 1];
    uint32_t slot;
    int r = read_uuid(text, length, name);

    (void)node;
    if (r)
        return r;
    if (sets_mdev(host, name, &slot))
        return EEXIST;
    if (host->devices->n_mdevs == VAP_MDEVS)
        return EUSERS;
    slot = host_slot(host, name);
    if (slot == NAMES_NONE)
        return ENOMEM;
    return ask_engine(w,
                      &(struct vap_request){ .op = VAP_CREATE, .mdev = slot });
}

static const struct row vfio_ap_root_rows[] = {
    UEVENT,
    FOLDER("power", VFIO_AP_ROOT_POWER),
    LINK("module", MODULE_VFIO_AP),
    FOLDER("matrix", MATRIX),
};
const struct table vfio_ap_root_table = TABLE(vfio_ap_root_rows);

static const struct row matrix_rows[] = {
    UEVENT,
    LINK("subsystem", BUS_MATRIX),
    LINK("driver", MATRIX_DRIVER),
    FOLDER("power", MATRIX_POWER),
    SHOWN("features", show_features),
    FOLDER("mdev_supported_types", MDEV_TYPES),
    FOLDERS(set_mdevs, MDEV),
};
const struct table matrix_table = TABLE(matrix_rows);

static const struct row mdev_type_rows[] = {
    WRITTEN("create", store_create),
    SHOWN("available_instances", show_instances),
    SHOWN("device_api", show_device_api),
    SHOWN("name", show_name),
    FOLDER("devices", MDEV_TYPE_DEVICES),
};
const struct table mdev_type_table = TABLE(mdev_type_rows);
