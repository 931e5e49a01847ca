/* SPDX-License-Identifier: MIT */
/* Places beside /sys that programs write to, and that a virtual host should
 * have of its own. All act in the mount namespace of the caller. */
#ifndef VAP_RUN_PRIVATE_H
#define VAP_RUN_PRIVATE_H

#include "run/merge.h"

/**
 * /etc/mdevctl.d, where mdevctl keeps its definitions. The scripts of the
 * machine stay in it; without any, their empty directories are there.
 *
 * dir      what is shown there; "" for an empty tmpfs
 *
 * Returns  0; -errno, *result says where; -ENOENT also when the machine has
 *          no /etc/mdevctl.d
 */
int private_mdevctl(const char *dir, struct merge_result *result);

/** An empty /run/lock, as for everybody. */
int private_lock(struct merge_result *result);

/**
 * libudev hears no events unless /run/udev/control exists or /dev is a
 * devtmpfs. Where neither is so, as in most containers, makes it exist.
 */
int private_udev(struct merge_result *result);

#endif
