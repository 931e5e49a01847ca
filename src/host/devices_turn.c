/* SPDX-License-Identifier: MIT */
/* What becomes of one adapter's card and queues when the engine's row of it
 * changes, or a scan looks at them; in the order in which the kernel goes
 * about it and sends its uevents. Source: Linux ap_bus.c, ap_scan_adapter()
 * and ap_scan_domains(); dd.c. */
#include "host/devices_plan.h"

/** What happens to the queues of one adapter, before and after. */
struct turn {
    struct host *host;
    unsigned adapter;
    const struct vap_row *was;
    const struct vap_row *now;
    bool scanned;
    struct vap_mask dead; /* hardware says deconfigured */
    struct vap_mask stopped; /* hardware says checkstopped */
};

static void
tell(const struct turn *t, enum device_action action, unsigned domain,
     enum vap_driver driver)
{
    plan_event(t->host->devices, (struct device_event){
                                     .action = (uint8_t)action,
                                     .kind = DEVICE_QUEUE,
                                     .driver = (uint8_t)driver,
                                     .id = VAP_APQN(t->adapter, domain),
                                 });
}

static enum vap_driver
driver_in(const struct vap_row *row, unsigned domain)
{
    if (vap_mask_has(&row->vfio, domain))
        return VAP_VFIO_AP;
    return vap_mask_has(&row->dflt, domain) ? VAP_DEFAULT : VAP_NO_DRIVER;
}

static void
queue_unbound(const struct turn *t, unsigned domain)
{
    struct device_row *row = plan_edit_row(t->host->devices, t->adapter);

    vap_mask_drop(&row->offline, domain);
    vap_mask_drop(&row->started, domain);
    tell(t, DEVICE_UNBIND, domain, VAP_NO_DRIVER);
}

/* cex4queue starts the queue's state machine itself, vfio_ap does not. */
static void
queue_bound(const struct turn *t, unsigned domain, enum vap_driver driver)
{
    if (driver == VAP_DEFAULT)
        vap_mask_add(&plan_edit_row(t->host->devices, t->adapter)->started,
                     domain);
    t->host->devices->plan->bus.incomplete = true;
    tell(t, DEVICE_BIND, domain, driver);
}

static void
queue_gone(const struct turn *t, unsigned domain)
{
    struct device_row *row;

    if (driver_in(t->was, domain) != VAP_NO_DRIVER)
        queue_unbound(t, domain);
    tell(t, DEVICE_REMOVE, domain, VAP_NO_DRIVER);
    row = plan_edit_row(t->host->devices, t->adapter);
    vap_mask_drop(&row->started, domain);
    vap_mask_drop(&row->deconfigured, domain);
    vap_mask_drop(&row->checkstopped, domain);
}

/* The bus starts a new queue whatever its driver, if it answers. */
static void
queue_come(const struct turn *t, unsigned domain)
{
    struct device_row *row = plan_edit_row(t->host->devices, t->adapter);
    bool dead = vap_mask_has(&t->dead, domain);
    bool stopped = vap_mask_has(&t->stopped, domain);

    plan_put(&row->deconfigured, domain, dead);
    plan_put(&row->checkstopped, domain, stopped);
    plan_put(&row->started, domain, !dead && !stopped);
    tell(t, DEVICE_ADD, domain, VAP_NO_DRIVER);
    if (driver_in(t->now, domain) != VAP_NO_DRIVER)
        queue_bound(t, domain, driver_in(t->now, domain));
}

static void
queue_moved(const struct turn *t, unsigned domain)
{
    if (driver_in(t->was, domain) != VAP_NO_DRIVER)
        queue_unbound(t, domain);
    if (driver_in(t->now, domain) != VAP_NO_DRIVER)
        queue_bound(t, domain, driver_in(t->now, domain));
}

static void
queue_configured(const struct turn *t, unsigned domain, bool on)
{
    plan_put(&plan_edit_row(t->host->devices, t->adapter)->deconfigured, domain,
             !on);
    plan_event(t->host->devices,
               (struct device_event){
                   .action = DEVICE_CHANGE,
                   .kind = DEVICE_QUEUE,
                   .news = DEVICE_CONFIG,
                   .driver = (uint8_t)driver_in(t->now, domain),
                   .id = VAP_APQN(t->adapter, domain),
                   .value = on,
               });
}

/* A scan sees one thing a queue: a checkstop, silently, or a config. */
static void
queue_seen(const struct turn *t, unsigned domain)
{
    const struct device_row *row = plan_row(t->host->devices, t->adapter);
    bool dead = vap_mask_has(&t->dead, domain);
    bool stopped = vap_mask_has(&t->stopped, domain);

    if (stopped != vap_mask_has(&row->checkstopped, domain))
        plan_put(&plan_edit_row(t->host->devices, t->adapter)->checkstopped,
                 domain, stopped);
    else if (dead != vap_mask_has(&row->deconfigured, domain))
        queue_configured(t, domain, !dead);
}

static struct vap_mask
mask_differ(struct vap_mask a, struct vap_mask b)
{
    return vap_mask_or(vap_mask_less(a, b), vap_mask_less(b, a));
}

static void
turn_queue(const struct turn *t, unsigned domain)
{
    bool was = vap_mask_has(&t->was->present, domain);
    bool now = vap_mask_has(&t->now->present, domain);

    if (was && !now)
        queue_gone(t, domain);
    else if (now && !was)
        queue_come(t, domain);
    else if (driver_in(t->was, domain) != driver_in(t->now, domain))
        queue_moved(t, domain);
    if (was && now && t->scanned)
        queue_seen(t, domain);
}

/* Queues that something happens to. */
static struct vap_mask
touched(const struct turn *t)
{
    const struct device_row *row = plan_row(t->host->devices, t->adapter);
    struct vap_mask m = mask_differ(t->was->present, t->now->present);

    m = vap_mask_or(m, mask_differ(t->was->dflt, t->now->dflt));
    m = vap_mask_or(m, mask_differ(t->was->vfio, t->now->vfio));
    if (!t->scanned)
        return m;
    m = vap_mask_or(m, mask_differ(t->dead, row->deconfigured));
    return vap_mask_or(m, mask_differ(t->stopped, row->checkstopped));
}

static uint32_t
oldest(const struct turn *t, const struct vap_mask *queues)
{
    const struct vap_queue *all = t->host->engine->queue[t->adapter];
    uint32_t born = UINT32_MAX;

    VAP_EACH (domain, queues)
        born = all[domain].born < born ? all[domain].born : born;
    return born;
}

/* By number; but those of a card that goes, in the order in which they came.
 * Source: ap_scan_domains(); ap_scan_rm_card_dev_and_queue_devs(). */
static void
turn_queues(const struct turn *t, bool card_goes)
{
    struct vap_mask some = touched(t);

    while (!vap_mask_empty(&some)) {
        uint32_t born = card_goes ? oldest(t, &some) : 0;

        VAP_EACH (domain, &some) {
            if (card_goes &&
                t->host->engine->queue[t->adapter][domain].born != born)
                continue;
            turn_queue(t, domain);
            vap_mask_drop(&some, domain);
        }
    }
}

static void
tell_card(const struct turn *t, enum device_action action,
          enum device_news news, bool on)
{
    bool bound = vap_mask_has(&t->host->devices->plan->bus.bound, t->adapter);

    plan_event(t->host->devices,
               (struct device_event){
                   .action = (uint8_t)action,
                   .kind = DEVICE_CARD,
                   .news = (uint8_t)news,
                   .driver = bound ? VAP_DEFAULT : VAP_NO_DRIVER,
                   .id = t->adapter,
                   .value = on,
               });
}

static void
card_gone(const struct turn *t)
{
    struct device_bus *bus = &t->host->devices->plan->bus;
    bool bound = vap_mask_has(&bus->bound, t->adapter);

    vap_mask_drop(&bus->cards, t->adapter);
    vap_mask_drop(&bus->bound, t->adapter);
    vap_mask_drop(&bus->offline, t->adapter);
    vap_mask_drop(&bus->deconfigured, t->adapter);
    vap_mask_drop(&bus->checkstopped, t->adapter);
    if (bound)
        tell_card(t, DEVICE_UNBIND, DEVICE_NO_NEWS, false);
    tell_card(t, DEVICE_REMOVE, DEVICE_NO_NEWS, false);
}

/* A card is what its first queue is. */
static void
card_come(const struct turn *t)
{
    struct device_bus *bus = &t->host->devices->plan->bus;
    unsigned first = vap_mask_next(&t->now->present, 0);

    vap_mask_add(&bus->cards, t->adapter);
    plan_put(&bus->deconfigured, t->adapter, vap_mask_has(&t->dead, first));
    plan_put(&bus->checkstopped, t->adapter, vap_mask_has(&t->stopped, first));
    tell_card(t, DEVICE_ADD, DEVICE_NO_NEWS, false);
    if (t->host->change->bus.no_autoprobe)
        return;
    vap_mask_add(&bus->bound, t->adapter);
    bus->incomplete = true;
    tell_card(t, DEVICE_BIND, DEVICE_NO_NEWS, false);
}

static void
card_seen(const struct turn *t)
{
    struct device_bus *bus = &t->host->devices->plan->bus;
    unsigned first = vap_mask_next(&t->now->present, 0);
    bool dead = vap_mask_has(&t->dead, first);

    plan_put(&bus->checkstopped, t->adapter, vap_mask_has(&t->stopped, first));
    if (dead == vap_mask_has(&bus->deconfigured, t->adapter))
        return;
    plan_put(&bus->deconfigured, t->adapter, dead);
    tell_card(t, DEVICE_CHANGE, DEVICE_CONFIG, !dead);
}

/* Which queues the hardware calls deconfigured, or checkstopped. */
static void
look(struct turn *t)
{
    struct vap_mask odd = vap_mask_and(t->now->abnormal, t->now->present);

    VAP_EACH (domain, &odd) {
        unsigned rc = plan_queue_state(t->host, t->adapter, domain);

        plan_put(&t->dead, domain, rc == VAP_RC_DECONFIGURED);
        plan_put(&t->stopped, domain, rc == VAP_RC_CHECKSTOPPED);
    }
}

void
plan_turn(struct host *host, unsigned adapter, bool scanned)
{
    struct turn t = {
        .host = host,
        .adapter = adapter,
        .was = &host->engine->row[adapter],
        .now = plan_engine_row(host, adapter),
        .scanned = scanned,
    };
    bool was = vap_mask_has(&host->devices->plan->bus.cards, adapter);
    bool now = !vap_mask_empty(&t.now->present);

    look(&t);
    if (now && !was)
        card_come(&t);
    else if (now && scanned)
        card_seen(&t);
    turn_queues(&t, was && !now);
    if (was && !now)
        card_gone(&t);
}
