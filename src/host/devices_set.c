/* SPDX-License-Identifier: MIT */
/* Settings: checked as the kernel's store functions check them, one row a
 * setting, and planned on top of what the engine's requests will have done.
 * Source: Linux ap_bus.c, ap_card.c, ap_queue.c, zcrypt_card.c,
 * zcrypt_queue.c. */
#include "host/devices_plan.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_POLL_TIMEOUT INT64_C(120000000000)

static struct device_bus *
bus_of(struct host *host)
{
    return &host->devices->plan->bus;
}

static bool
has_queue(const struct host *host, unsigned apqn)
{
    return vap_mask_has(&plan_engine_row(host, VAP_ADAPTER_OF(apqn))->present,
                        VAP_DOMAIN_OF(apqn));
}

static bool
is_default(const struct host *host, unsigned apqn)
{
    return vap_mask_has(&plan_engine_row(host, VAP_ADAPTER_OF(apqn))->dflt,
                        VAP_DOMAIN_OF(apqn));
}

static bool
card_works(const struct device_bus *bus, unsigned adapter)
{
    return !vap_mask_has(&bus->deconfigured, adapter) &&
           !vap_mask_has(&bus->checkstopped, adapter);
}

static void
tell(struct host *host, enum device_kind kind, uint32_t id,
     enum device_news news, bool on)
{
    const struct vap_row *row = plan_engine_row(host, VAP_ADAPTER_OF(id));
    enum vap_driver driver = VAP_NO_DRIVER;

    if (kind == DEVICE_CARD)
        driver = vap_mask_has(&bus_of(host)->bound, id) ? VAP_DEFAULT
                                                        : VAP_NO_DRIVER;
    else if (vap_mask_has(&row->vfio, VAP_DOMAIN_OF(id)))
        driver = VAP_VFIO_AP;
    else if (vap_mask_has(&row->dflt, VAP_DOMAIN_OF(id)))
        driver = VAP_DEFAULT;
    plan_event(host->devices, (struct device_event){
                                  .action = DEVICE_CHANGE,
                                  .kind = (uint8_t)kind,
                                  .news = (uint8_t)news,
                                  .driver = (uint8_t)driver,
                                  .id = id,
                                  .value = on,
                              });
}

static void
queue_online(struct host *host, unsigned apqn, bool on)
{
    plan_put(&plan_edit_row(host->devices, VAP_ADAPTER_OF(apqn))->offline,
             VAP_DOMAIN_OF(apqn), !on);
    tell(host, DEVICE_QUEUE, apqn, DEVICE_ONLINE, on);
}

/* Takes out the queue that has been cex4queue's for longest; of those that
 * came to it in one change, or before the host was last resumed, the bus goes
 * by their age. */
static unsigned
take_longest(const struct host *host, unsigned adapter, struct vap_mask *queues)
{
    unsigned first = vap_mask_next(queues, 0);
    uint64_t since = UINT64_MAX;

    VAP_EACH (domain, queues) {
        uint16_t apqn = VAP_APQN(adapter, domain);
        uint64_t s = (uint64_t)devices_bound(host, DEVICE_QUEUE, apqn) << 32 |
                     host->engine->queue[adapter][domain].born;

        if (s < since) {
            since = s;
            first = domain;
        }
    }
    vap_mask_drop(queues, first);
    return first;
}

/* Its queues go along, as they stand in zcrypt's list; one that is so already
 * is not told. */
static int
set_card_online(struct host *host, const struct host_request *r)
{
    struct device_bus *bus = bus_of(host);
    bool on = r->value != 0;

    if (!vap_mask_has(&bus->bound, r->adapter))
        return ENODEV;
    if (on && !card_works(bus, r->adapter))
        return ENODEV;
    plan_put(&bus->offline, r->adapter, !on);
    tell(host, DEVICE_CARD, r->adapter, DEVICE_ONLINE, on);

    struct vap_mask queues = plan_engine_row(host, r->adapter)->dflt;

    while (!vap_mask_empty(&queues)) {
        unsigned domain = take_longest(host, r->adapter, &queues);

        if (on ==
            vap_mask_has(&plan_row(host->devices, r->adapter)->offline, domain))
            queue_online(host, VAP_APQN(r->adapter, domain), on);
    }
    return 0;
}

/* The queues follow at the next scan. The event comes in any case. */
static int
set_card_config(struct host *host, const struct host_request *r)
{
    struct device_bus *bus = bus_of(host);

    if (!vap_mask_has(&bus->cards, r->adapter))
        return ENODEV;
    plan_put(&bus->deconfigured, r->adapter, r->value == 0);
    tell(host, DEVICE_CARD, r->adapter, DEVICE_CONFIG, r->value != 0);
    return 0;
}

static int
set_zero(struct host *host, bool card, unsigned apqn)
{
    struct device_plan *plan = host->devices->plan;
    size_t room = plan->max_zeros ? 2 * plan->max_zeros : 16;

    if (plan->n_zeros == plan->max_zeros) {
        struct device_zero *grown = realloc(plan->zeros, room * sizeof(*grown));

        if (!grown)
            return ENOMEM;
        plan->zeros = grown;
        plan->max_zeros = room;
    }
    plan->zeros[plan->n_zeros++] =
        (struct device_zero){ .card = card, .apqn = (uint16_t)apqn };
    return 0;
}

static int
set_card_count(struct host *host, const struct host_request *r)
{
    if (!vap_mask_has(&bus_of(host)->cards, r->adapter))
        return ENODEV;
    return set_zero(host, true, VAP_APQN(r->adapter, 0));
}

static int
set_queue_online(struct host *host, const struct host_request *r)
{
    const struct device_bus *bus = bus_of(host);
    unsigned adapter = VAP_ADAPTER_OF(r->apqn);
    const struct device_row *row = plan_row(host->devices, adapter);
    bool on = r->value != 0;

    if (!is_default(host, r->apqn))
        return ENODEV;
    if (on && (!card_works(bus, adapter) ||
               vap_mask_has(&row->deconfigured, VAP_DOMAIN_OF(r->apqn)) ||
               vap_mask_has(&row->checkstopped, VAP_DOMAIN_OF(r->apqn))))
        return ENODEV;
    if (on && vap_mask_has(&bus->offline, adapter))
        return EINVAL;
    queue_online(host, r->apqn, on);
    return 0;
}

static int
set_queue_count(struct host *host, const struct host_request *r)
{
    return has_queue(host, r->apqn) ? set_zero(host, false, r->apqn) : ENODEV;
}

/* A reset leaves nothing behind that a file shows. */
static int
set_queue_reset(struct host *host, const struct host_request *r)
{
    return has_queue(host, r->apqn) ? 0 : ENODEV;
}

static int
set_ap_domain(struct host *host, const struct host_request *r)
{
    const struct vap_bus *bus = &host->change->bus;

    if (r->value < 0 || r->value > vap_config_bus_domain(&bus->config) ||
        !vap_mask_has(&bus->aqmask, (unsigned)r->value))
        return EINVAL;
    bus_of(host)->ap_domain = (int)r->value;
    return 0;
}

static int
set_config_time(struct host *host, const struct host_request *r)
{
    if (r->value < 5 || r->value > 120)
        return EINVAL;
    bus_of(host)->config_time = (unsigned)r->value;
    return 0;
}

/* With interrupts there is nothing to poll. */
static int
set_poll_thread(struct host *host, const struct host_request *r)
{
    if (!bus_of(host)->interrupts)
        bus_of(host)->poll_thread = r->value != 0;
    return 0;
}

static int
set_poll_timeout(struct host *host, const struct host_request *r)
{
    if (r->value < 0 || r->value > MAX_POLL_TIMEOUT)
        return EINVAL;
    bus_of(host)->poll_timeout = (uint64_t)r->value;
    return 0;
}

static int
set_autoprobe(struct host *host, const struct host_request *r)
{
    (void)host; /* the engine's */
    (void)r;
    return 0;
}

static int
set_matrix_autoprobe(struct host *host, const struct host_request *r)
{
    bus_of(host)->matrix_autoprobe = r->value != 0;
    return 0;
}

static int
set_mdev_autoprobe(struct host *host, const struct host_request *r)
{
    bus_of(host)->mdev_autoprobe = r->value != 0;
    return 0;
}

static int
set_card_driver(struct host *host, const struct host_request *r)
{
    struct device_bus *bus = bus_of(host);
    bool bind = r->value != 0;

    if (!vap_mask_has(&bus->cards, r->adapter))
        return ENODEV;
    if (bind == vap_mask_has(&bus->bound, r->adapter))
        return bind ? EBUSY : ENODEV;
    plan_put(&bus->bound, r->adapter, bind);
    plan_put(&bus->offline, r->adapter, false);
    bus->incomplete |= bind;
    plan_event(host->devices, (struct device_event){
                                  .action = bind ? DEVICE_BIND : DEVICE_UNBIND,
                                  .kind = DEVICE_CARD,
                                  .driver = bind ? VAP_DEFAULT : VAP_NO_DRIVER,
                                  .id = r->adapter,
                              });
    return 0;
}

/* The engine has removed it; the directory stays. */
static int
set_mdev_unbind(struct host *host, const struct host_request *r)
{
    struct devices *d = host->devices;

    for (size_t i = 0; i < d->n_events; i++)
        if (d->events[i].kind == DEVICE_MDEV &&
            d->events[i].action == DEVICE_REMOVE &&
            d->events[i].id == r->engine.mdev) {
            d->n_events--;
            for (; i < d->n_events; i++)
                d->events[i] = d->events[i + 1];
            return 0;
        }
    return ENODEV;
}

static int
set_mdev_drop(struct host *host, const struct host_request *r)
{
    struct devices *d = host->devices;
    uint32_t slot = r->engine.mdev;

    if (slot >= host->engine->n_slots || !d->mdevs[slot].driverless)
        return ENODEV;
    plan_event(d, (struct device_event){
                      .action = DEVICE_REMOVE,
                      .kind = DEVICE_MDEV,
                      .id = slot,
                      .number = d->mdevs[slot].number,
                  });
    return 0;
}

static int
set_fault(struct host *host, const struct host_request *r, unsigned adapter,
          struct vap_mask domains)
{
    struct device_fault_set set = { adapter, domains, r->fault,
                                    (uint32_t)r->value };

    if (r->fault >= DEVICE_FAULTS || r->value < 0 ||
        r->value > device_faults[r->fault].most)
        return EINVAL;
    return -fault_plan(host, &set);
}

static int
set_card_fault(struct host *host, const struct host_request *r)
{
    if (!vap_mask_has(&bus_of(host)->cards, r->adapter))
        return ENODEV;
    return set_fault(host, r, r->adapter, vap_mask_all());
}

static int
set_queue_fault(struct host *host, const struct host_request *r)
{
    struct vap_mask domain = vap_mask_none();

    vap_mask_add(&domain, VAP_DOMAIN_OF(r->apqn));
    return has_queue(host, r->apqn)
               ? set_fault(host, r, VAP_ADAPTER_OF(r->apqn), domain)
               : ENODEV;
}

static const struct {
    int (*plan)(struct host *host, const struct host_request *request);
    bool flag; /* value is 0 or 1, or EINVAL */
} settings[HOST_SETTINGS] = {
    [HOST_CARD_ONLINE] = { set_card_online, true },
    [HOST_CARD_CONFIG] = { set_card_config, true },
    [HOST_CARD_COUNT] = { set_card_count, false },
    [HOST_QUEUE_ONLINE] = { set_queue_online, true },
    [HOST_QUEUE_COUNT] = { set_queue_count, false },
    [HOST_QUEUE_RESET] = { set_queue_reset, false },
    [HOST_AP_DOMAIN] = { set_ap_domain, false },
    [HOST_CONFIG_TIME] = { set_config_time, false },
    [HOST_POLL_THREAD] = { set_poll_thread, true },
    [HOST_POLL_TIMEOUT] = { set_poll_timeout, false },
    [HOST_AUTOPROBE] = { set_autoprobe, true },
    [HOST_CARD_DRIVER] = { set_card_driver, true },
    [HOST_MATRIX_AUTOPROBE] = { set_matrix_autoprobe, true },
    [HOST_MDEV_AUTOPROBE] = { set_mdev_autoprobe, true },
    [HOST_MDEV_UNBIND] = { set_mdev_unbind, false },
    [HOST_MDEV_DROP] = { set_mdev_drop, false },
    [HOST_CARD_FAULT] = { set_card_fault, false },
    [HOST_QUEUE_FAULT] = { set_queue_fault, false },
};

static bool
is_flag(const struct host_request *r)
{
    return r->value == 0 || r->value == 1;
}

int
plan_setting(struct host *host, const struct host_request *request)
{
    enum host_setting s = request->setting;

    if (s >= HOST_SETTINGS || !settings[s].plan ||
        (settings[s].flag && !is_flag(request)) || request->adapter >= VAP_IDS)
        return EINVAL;
    return settings[s].plan(host, request);
}

/* SCLP is called only for what is not so already. */
static bool
config_engine(const struct host *host, const struct host_request *request,
              struct vap_request *engine)
{
    const struct device_bus *bus = &host->devices->bus;
    bool off = request->value == 0;

    if (!is_flag(request) || request->adapter >= VAP_IDS ||
        off == vap_mask_has(&bus->deconfigured, request->adapter))
        return false;
    *engine = (struct vap_request){
        .op = VAP_CARD_STATE,
        .id = request->adapter,
        .rc = off ? VAP_RC_DECONFIGURED : VAP_RC_NORMAL,
    };
    return true;
}

bool
plan_setting_engine(const struct host *host, const struct host_request *request,
                    struct vap_request *engine)
{
    switch ((int)request->setting) {
    case HOST_CARD_CONFIG:
        return config_engine(host, request, engine);
    case HOST_AUTOPROBE:
        *engine = (struct vap_request){
            .op = VAP_AUTOPROBE,
            .id = request->value != 0,
        };
        return is_flag(request);
    case HOST_MDEV_UNBIND:
        *engine = (struct vap_request){
            .op = VAP_REMOVE,
            .mdev = request->engine.mdev,
        };
        return true;
    default:
        return false;
    }
}
