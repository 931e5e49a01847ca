/* SPDX-License-Identifier: MIT */
/* The tree from its root, and the directories that only hold others. */
#include "sysfs/attrs.h"
#include "sysfs/sets.h"

static const struct row root_rows[] = {
    FOLDER("bus", BUS),         FOLDER("class", CLASS),
    FOLDER("devices", DEVICES), FOLDER("kernel", KERNEL),
    FOLDER("module", MODULE),
};

static const struct row bus_rows[] = {
    FOLDER("ap", BUS_AP),
    FOLDER("matrix", BUS_MATRIX),
    FOLDER("mdev", BUS_MDEV),
};

static const struct row bus_ap_devices_rows[] = {
    LINKS(set_cards, CARD),
    LINKS(set_queues, QUEUE),
};

static const struct row bus_ap_drivers_rows[] = {
    FOLDER("cex4card", CEX4CARD),
    FOLDER("cex4queue", CEX4QUEUE),
    FOLDER("vfio_ap", VFIO_AP),
};

static const struct row bus_matrix_devices_rows[] = { LINK("matrix", MATRIX) };
static const struct row bus_matrix_drivers_rows[] = { FOLDER("vfio_ap",
                                                             MATRIX_DRIVER) };
static const struct row bus_mdev_devices_rows[] = { LINKS_UNTIL(set_mdevs, MDEV,
                                                                LEAVES) };
static const struct row bus_mdev_drivers_rows[] = { FOLDER("vfio_ap_mdev",
                                                           MDEV_DRIVER) };

static const struct row class_rows[] = {
    FOLDER("mdev_bus", CLASS_MDEV_BUS),
    FOLDER("vfio", CLASS_VFIO),
    FOLDER("vfio-dev", CLASS_VFIO_DEV),
    FOLDER("zcrypt", CLASS_ZCRYPT),
};
static const struct row class_mdev_bus_rows[] = { LINK("matrix", MATRIX) };
static const struct row class_vfio_rows[] = { LINKS(set_groups, GROUP_DEVICE) };
static const struct row class_vfio_dev_rows[] = { LINKS_UNTIL(
    set_vfio, VFIO_DEV, LEAVES_DRIVER) };

static const struct row devices_rows[] = {
    FOLDER("ap", AP),
    FOLDER("vfio_ap", VFIO_AP_ROOT),
    FOLDER("virtual", VIRTUAL),
};
static const struct row mdev_types_rows[] = { FOLDER("vfio_ap-passthrough",
                                                     MDEV_TYPE) };
static const struct row mdev_type_devices_rows[] = { LINKS_UNTIL(
    set_mdevs, MDEV, LEAVES) };
static const struct row mdev_vfio_dev_rows[] = { FOLDERS(set_vfio_of_mdev,
                                                         VFIO_DEV) };
static const struct row virtual_rows[] = { FOLDER("vfio", VIRTUAL_VFIO) };
static const struct row virtual_vfio_rows[] = { FOLDERS(set_groups,
                                                        GROUP_DEVICE) };

static const struct row kernel_rows[] = { FOLDER("iommu_groups",
                                                 IOMMU_GROUPS) };
static const struct row iommu_groups_rows[] = { FOLDERS(set_groups, GROUP) };
static const struct row group_devices_rows[] = { LINKS(set_mdev_of_group,
                                                       MDEV) };

static const struct row module_rows[] = {
    FOLDER("ap", MODULE_AP),
    FOLDER("vfio_ap", MODULE_VFIO_AP),
    FOLDER("zcrypt_cex4", MODULE_ZCRYPT),
};
static const struct row module_ap_rows[] = {
    UEVENT_WRITTEN, /* as of every module, built in or loaded */
    FOLDER("parameters", MODULE_AP_PARAMETERS),
};
static const struct row module_vfio_ap_drivers_rows[] = {
    LINK("ap:vfio_ap", VFIO_AP),
    LINK("mdev:vfio_ap_mdev", MDEV_DRIVER),
};
static const struct row module_zcrypt_drivers_rows[] = {
    LINK("ap:cex4card", CEX4CARD),
    LINK("ap:cex4queue", CEX4QUEUE),
};

#define SMALL(name) static const struct table name##_table = TABLE(name##_rows)

SMALL(root);
SMALL(bus);
SMALL(bus_ap_devices);
SMALL(bus_ap_drivers);
SMALL(bus_matrix_devices);
SMALL(bus_matrix_drivers);
SMALL(bus_mdev_devices);
SMALL(bus_mdev_drivers);
SMALL(class);
SMALL(class_mdev_bus);
SMALL(class_vfio);
SMALL(class_vfio_dev);
SMALL(devices);
SMALL(mdev_types);
SMALL(mdev_type_devices);
SMALL(mdev_vfio_dev);
SMALL(virtual);
SMALL(virtual_vfio);
SMALL(kernel);
SMALL(iommu_groups);
SMALL(group_devices);
static const struct table modules_table = TABLE(module_rows);
SMALL(module_ap);
SMALL(module_vfio_ap_drivers);
SMALL(module_zcrypt_drivers);

// clang-format off
const struct dir dirs[KINDS] = {
    [ROOT]                  = { &root_table,               ROOT,           LIFE_TREE },
    [BUS]                   = { &bus_table,                ROOT,           LIFE_TREE },
    [BUS_AP]                = { &bus_ap_table,             BUS,            LIFE_TREE },
    [BUS_AP_DEVICES]        = { &bus_ap_devices_table,     BUS_AP,         LIFE_TREE },
    [BUS_AP_DRIVERS]        = { &bus_ap_drivers_table,     BUS_AP,         LIFE_TREE },
    [CEX4CARD]              = { &cex4card_table,           BUS_AP_DRIVERS, LIFE_TREE },
    [CEX4QUEUE]             = { &cex4queue_table,          BUS_AP_DRIVERS, LIFE_TREE },
    [VFIO_AP]               = { &vfio_ap_table,            BUS_AP_DRIVERS, LIFE_TREE },
    [BUS_MATRIX]            = { &bus_matrix_table,         BUS,            LIFE_TREE },
    [BUS_MATRIX_DEVICES]    = { &bus_matrix_devices_table, BUS_MATRIX,     LIFE_TREE },
    [BUS_MATRIX_DRIVERS]    = { &bus_matrix_drivers_table, BUS_MATRIX,     LIFE_TREE },
    [MATRIX_DRIVER]         = { &matrix_driver_table, BUS_MATRIX_DRIVERS,  LIFE_TREE },
    [BUS_MDEV]              = { &bus_mdev_table,           BUS,            LIFE_TREE },
    [BUS_MDEV_DEVICES]      = { &bus_mdev_devices_table,   BUS_MDEV,       LIFE_TREE },
    [BUS_MDEV_DRIVERS]      = { &bus_mdev_drivers_table,   BUS_MDEV,       LIFE_TREE },
    [MDEV_DRIVER]           = { &mdev_driver_table,   BUS_MDEV_DRIVERS,    LIFE_TREE },
    [CLASS]                 = { &class_table,              ROOT,           LIFE_TREE },
    [CLASS_MDEV_BUS]        = { &class_mdev_bus_table,     CLASS,          LIFE_TREE },
    [CLASS_VFIO]            = { &class_vfio_table,         CLASS,          LIFE_TREE },
    [CLASS_VFIO_DEV]        = { &class_vfio_dev_table,     CLASS,          LIFE_TREE },
    [CLASS_ZCRYPT]          = { &class_zcrypt_table,       CLASS,          LIFE_TREE },
    [DEVICES]               = { &devices_table,            ROOT,           LIFE_TREE },
    [AP]                    = { &ap_table,                 DEVICES,        LIFE_TREE },
    [AP_POWER]              = { &power_table,              AP,             LIFE_TREE },
    [CARD]                  = { &card_table,               AP,             LIFE_CARD },
    [CARD_POWER]            = { &power_table,              CARD,           LIFE_CARD },
    [QUEUE]                 = { &queue_table,              CARD,           LIFE_QUEUE },
    [QUEUE_POWER]           = { &power_table,              QUEUE,          LIFE_QUEUE },
    [VFIO_AP_ROOT]          = { &vfio_ap_root_table,       DEVICES,        LIFE_TREE },
    [VFIO_AP_ROOT_POWER]    = { &power_table,              VFIO_AP_ROOT,   LIFE_TREE },
    [MATRIX]                = { &matrix_table,             VFIO_AP_ROOT,   LIFE_TREE },
    [MATRIX_POWER]          = { &power_table,              MATRIX,         LIFE_TREE },
    [MDEV_TYPES]            = { &mdev_types_table,         MATRIX,         LIFE_TREE },
    [MDEV_TYPE]             = { &mdev_type_table,          MDEV_TYPES,     LIFE_TREE },
    [MDEV_TYPE_DEVICES]     = { &mdev_type_devices_table,  MDEV_TYPE,      LIFE_TREE },
    [MDEV]                  = { &mdev_table,               MATRIX,         LIFE_MDEV },
    [MDEV_POWER]            = { &power_table,              MDEV,           LIFE_MDEV },
    [MDEV_VFIO_DEV]         = { &mdev_vfio_dev_table,      MDEV,           LIFE_VFIO },
    [VFIO_DEV]              = { &vfio_dev_table,           MDEV_VFIO_DEV,  LIFE_VFIO },
    [VFIO_DEV_POWER]        = { &power_table,              VFIO_DEV,       LIFE_VFIO },
    [VIRTUAL]               = { &virtual_table,            DEVICES,        LIFE_TREE },
    [VIRTUAL_VFIO]          = { &virtual_vfio_table,       VIRTUAL,        LIFE_TREE },
    [GROUP_DEVICE]          = { &group_device_table,       VIRTUAL_VFIO,   LIFE_VFIO },
    [GROUP_DEVICE_POWER]    = { &power_table,              GROUP_DEVICE,   LIFE_VFIO },
    [KERNEL]                = { &kernel_table,             ROOT,           LIFE_TREE },
    [IOMMU_GROUPS]          = { &iommu_groups_table,       KERNEL,         LIFE_TREE },
    [GROUP]                 = { &group_table,              IOMMU_GROUPS,   LIFE_VFIO },
    [GROUP_DEVICES]         = { &group_devices_table,      GROUP,          LIFE_VFIO },
    [MODULE]                = { &modules_table,            ROOT,           LIFE_TREE },
    [MODULE_AP]             = { &module_ap_table,          MODULE,         LIFE_TREE },
    [MODULE_AP_PARAMETERS]  = { &module_ap_parameters_table, MODULE_AP,    LIFE_TREE },
    [MODULE_VFIO_AP]        = { &module_table,             MODULE,         LIFE_TREE },
    [MODULE_VFIO_AP_DRIVERS] = { &module_vfio_ap_drivers_table, MODULE_VFIO_AP, LIFE_TREE },
    [MODULE_ZCRYPT]         = { &module_zcrypt_table,      MODULE,         LIFE_TREE },
    [MODULE_ZCRYPT_DRIVERS] = { &module_zcrypt_drivers_table, MODULE_ZCRYPT, LIFE_TREE },
};
// clang-format on
