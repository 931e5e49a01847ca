/* SPDX-License-Identifier: MIT */
#include "sysfs/server.h"

#include "host/devices.h"
#include "host/words.h"
#include "sysfs/sysfs.h"
#include "sysfs/uevent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct server_options server_builtin = {
    .adapters = "3,5,10",
    .domains = "4,71,84",
    .control = "4,71,84",
    .apmask = "3",
    .aqmask = "4",
};

const struct server_options server_large = {
    .adapters = "0-255",
    .domains = "0-255",
    .control = "0-255",
    .apmask = "3",
    .aqmask = "4",
};

static struct vap_mask
set_of(const char *text)
{
    struct vap_mask mask = vap_mask_none();

    if (text)
        (void)words_set(text, &mask);
    return mask;
}

void
served_boot(const struct server_options *o, struct host **out)
{
    struct host_boot boot = {
        .rule = vap_rule_named(o->rule ? o->rule : "state"),
        .kernel = o->old_kernel ? VAP_LINUX_6_12 : VAP_LINUX_7_2,
        .config = { .ids = { set_of(o->adapters), set_of(o->domains),
                             set_of(o->control) },
                    .apxa = true,
                    .last_adapter =
                        (uint8_t)(o->last_adapter ? o->last_adapter : 255),
                    .last_domain =
                        (uint8_t)(o->last_domain ? o->last_domain : 255) },
        .apmask = set_of(o->apmask),
        .aqmask = set_of(o->aqmask),
    };

    *out = NULL;
    if (o->host) {
        (void)host_copy(o->host, out);
        return;
    }
    if (host_new(&boot, out) == 0) {
        (void)host_set_card_type(*out, 3, "CEX8A");
        (void)host_set_card_type(*out, 10, "CEX8P");
    }
}

static void
tell(void *data, const struct uevent *event)
{
    struct served *s = data;
    size_t room = s->n_events + event->length + 2;
    char *grown = realloc(s->events, room);

    if (!grown)
        return;
    s->events = grown;
    for (size_t i = 0; i < event->length; i++)
        s->events[s->n_events++] = event->text[i] ? event->text[i] : ' ';
    s->events[s->n_events - 1] = '\n';
    s->events[s->n_events] = '\0';
}

static int
change(struct owner *owner, const struct origin *origin,
       const struct host_request *list, size_t n, struct refusal *refusal)
{
    struct served *s = (struct served *)owner;
    struct devices *d = owner->host->devices;
    int r = devices_plan(owner->host, list, n, refusal);

    (void)origin;
    if (!devices_planned(owner->host))
        return r;
    host_apply(owner->host);
    for (size_t i = 0; i < d->n_events; i++) {
        struct uevent event;

        uevent_of(owner->host, &d->events[i], &event);
        tell(s, &event);
    }
    sysfs_published(s->sysfs);
    return r;
}

int
served_new(struct served *s, const struct server_options *options,
           const char *dir)
{
    struct sysfs_options o = { .dir = dir, .uevent = tell, .data = s };

    *s = (struct served){ .owner = { .change = change } };
    served_boot(options, &s->owner.host);
    return s->owner.host ? sysfs_new(&s->owner, &o, &s->sysfs) : -ENOMEM;
}

void
served_done(struct served *s)
{
    sysfs_free(s->sysfs);
    host_free(s->owner.host);
    free(s->events);
}
