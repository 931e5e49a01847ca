/* SPDX-License-Identifier: MIT */
/* Uevents as the kernel sends them, but for SEQNUM, which the sender adds. */
#ifndef VAP_SYSFS_UEVENT_H
#define VAP_SYSFS_UEVENT_H

#include <stddef.h>

#include "observe/devices.h"

#define UEVENT_MAX 2048

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

#endif
