/* SPDX-License-Identifier: MIT */
/* The devices that directories list. */
#ifndef VAP_SYSFS_SETS_H
#define VAP_SYSFS_SETS_H

#include "sysfs/tree.h"

extern const struct set set_cards; /* "card03" */
extern const struct set set_cards_bound; /* to cex4card */
extern const struct set set_queues; /* "03.0047", all */
extern const struct set set_queues_of_card;
extern const struct set set_queues_default; /* bound to cex4queue */
extern const struct set set_queues_vfio;
extern const struct set set_mdevs; /* UUID */
extern const struct set set_mdevs_driven; /* that have their driver */
extern const struct set set_groups; /* "12", of mdevs that have it */
extern const struct set set_vfio; /* "vfio3", the same */
extern const struct set set_vfio_of_mdev;
extern const struct set set_mdev_of_group;

/* May be read of a set by its device's name. */
bool sets_mdev(const struct host *host, const char *name, uint32_t *slot);

#endif
