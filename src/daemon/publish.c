/* SPDX-License-Identifier: MIT */
/* The tree answers who waits, then the events go out. */
#include "daemon/daemon.h"

#include "api/api.h"
#include "sysfs/sysfs.h"
#include "sysfs/uevent.h"

void
daemon_publish(struct daemon *d, const struct store_event *event)
{
    const struct host *host = d->owner.host;

    if (event->changed)
        sysfs_published(d->sysfs);
    if (!d->api)
        return;
    api_event(d->api, event);
    if (!event->changed || !api_is_followed(d->api))
        return;
    for (size_t i = 0; i < host->devices->n_events; i++) {
        struct uevent uevent;

        uevent_of(host, &host->devices->events[i], &uevent);
        api_uevent(d->api, &uevent);
    }
}

void
daemon_uevent(void *data, const struct uevent *uevent)
{
    const struct daemon *d = data;

    if (d->api)
        api_uevent(d->api, uevent);
}
