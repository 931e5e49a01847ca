/* SPDX-License-Identifier: MIT */
/* The tree answers who waits, then the events go out: to the API's streams
 * always, to the network where that was asked for. */
#include "daemon/daemon.h"

#include "api/api.h"
#include "sysfs/sysfs.h"

void
daemon_publish(struct daemon *d, const struct store_event *event)
{
    if (d->sysfs && event->changed)
        sysfs_published(d->sysfs);
    if (d->api)
        api_event(d->api, event);
}
