/* SPDX-License-Identifier: MIT */
/* Uevents as the kernel sends them, but for SEQNUM, which the sender adds. */
#ifndef VAP_SYSFS_UEVENT_H
#define VAP_SYSFS_UEVENT_H

#include <stddef.h>

#include "host/devices.h"
#include "sysfs/text.h"

/* What a kernel's event has at most: variables, and bytes of them with their
 * NULs. Source: Linux include/linux/kobject.h */
#define UEVENT_VARIABLES 64
#define UEVENT_BYTES 2048
#define UEVENT_MAX (UEVENT_BYTES + 512) /* and what stands before them */

/** "change@/devices/ap/card03", NUL, "ACTION=change", NUL, ... */
struct uevent {
    size_t length; /* with the last NUL */
    char text[UEVENT_MAX];
};

/* What a planned event looks like once it has been applied. */
void uevent_of(const struct host *host, const struct device_event *event,
               struct uevent *out);

/* The next variable, "SUBSYSTEM=ap"; NULL to begin with ACTION, NULL behind
 * the last. */
const char *uevent_next(const struct uevent *event, const char *variable);

/* What a device has to say of itself, "KEY=value\n" each, in every event and
 * in its file uevent. driver: as in struct device_event. */
void uevent_variables(const struct host *host, enum device_kind kind,
                      uint32_t id, enum vap_driver driver, struct text *out);

/**
 * Somebody writes to a file uevent: "change", or "change UUID KEY=VALUE ...".
 *
 * path       of what the file is in, below /sys
 * variables  as from uevent_variables()
 *
 * Returns  0 *out filled; EINVAL; ENOMEM, with what is added to them the
 *          arguments are too many or too long
 * Source   Linux lib/kobject_uevent.c, kobject_synth_uevent()
 */
int uevent_written(const char *text, size_t length, const char *path,
                   const char *subsystem, const char *variables,
                   struct uevent *out);

#endif
