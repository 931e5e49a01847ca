/* SPDX-License-Identifier: MIT */
/* The tables that dirs.c puts together, by the file that has them. */
#ifndef VAP_SYSFS_ATTRS_H
#define VAP_SYSFS_ATTRS_H

#include "sysfs/tree.h"

/* attr_bus.c */
extern const struct table bus_ap_table;
extern const struct table bus_matrix_table;
extern const struct table bus_mdev_table;

/* attr_driver.c */
extern const struct table cex4card_table;
extern const struct table cex4queue_table;
extern const struct table vfio_ap_table;
extern const struct table matrix_driver_table;
extern const struct table mdev_driver_table;

/* attr_card.c, attr_queue.c */
extern const struct table ap_table;
extern const struct table card_table;
extern const struct table queue_table;

/* attr_matrix.c */
extern const struct table vfio_ap_root_table;
extern const struct table matrix_table;
extern const struct table mdev_type_table;

/* attr_mdev.c */
extern const struct table mdev_table;
extern const struct table vfio_dev_table;
extern const struct table group_device_table;
extern const struct table group_table;

/* attr_misc.c */
extern const struct table power_table;
extern const struct table class_zcrypt_table;
extern const struct table module_ap_parameters_table;
extern const struct table module_table; /* of a loaded module */
extern const struct table module_zcrypt_table;

/* attr_uevent.c: the file uevent, of whatever it is in. */
int show_uevent(const struct host *host, struct node node, struct text *out);
int store_uevent(struct writer *w, struct node node, const char *text,
                 size_t length);

#define UEVENT BOTH("uevent", show_uevent, store_uevent)
#define UEVENT_WRITTEN WRITTEN("uevent", store_uevent)

/* attr_card.c: what waits before a card or in a queue, and is being worked. */
int show_requestq(const struct host *host, struct node node, struct text *out);
int show_pendingq(const struct host *host, struct node node, struct text *out);

/* attr_misc.c: an empty file, and one that takes anything. */
int show_nothing(const struct host *host, struct node node, struct text *out);

#endif
