/* SPDX-License-Identifier: MIT */
/* Places beside /sys that programs write to, and that a virtual host should
 * have of its own. All act in the mount namespace of the caller. */
#ifndef VAP_RUN_PRIVATE_H
#define VAP_RUN_PRIVATE_H

#include "run/merge.h"

/**
 * Directories of a host's own in place of the machine's: /etc/mdevctl.d, where
 * mdevctl keeps its definitions, /etc/udev/rules.d, where chzdev does, and
 * /run/lock. mdevctl's scripts of the machine stay; without any, their empty
 * directories are there. What the machine does not have is not made.
 *
 * files    a directory, where they are FILES/etc/mdevctl.d, ..., and are made
 *          when missing; "" for empty ones that end with the namespace
 *
 * Returns  0; -errno, *result says where
 */
int private_places(const char *files, struct merge_result *result);

/**
 * libudev hears no events unless /run/udev/control exists or /dev is a
 * devtmpfs. Where neither is so, as in most containers, makes it exist.
 */
int private_udev(struct merge_result *result);

/** An empty /run/libvirt, whether or not the machine has one. */
int private_libvirt(struct merge_result *result);

#endif
