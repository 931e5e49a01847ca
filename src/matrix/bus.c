/* SPDX-License-Identifier: MIT */
/* The AP bus: which queues there are, and which driver has each. Every way
 * in and out of vfio_ap goes through attach() and detach(), which tell the
 * rule. Source: Linux ap_bus.c. */
#include "matrix/ops.h"
#include "matrix/rule.h"
#include "matrix/view.h"

static bool
reserved(const struct vap_change *c, unsigned adapter, unsigned domain)
{
    return vap_mask_has(&c->bus.apmask, adapter) &&
           vap_mask_has(&c->bus.aqmask, domain);
}

/* The one driver that may have the queue; VAP_OTHER_DRIVER for none. */
static enum vap_driver
rightful(const struct vap_change *c, unsigned adapter, unsigned domain)
{
    enum vap_driver wanted = VAP_NO_DRIVER;

    if (vap_mask_has(&view_row(c, adapter)->overridden, domain))
        wanted = (enum vap_driver)view_queue(c, adapter, domain)->override;
    if (wanted != VAP_NO_DRIVER)
        return wanted;
    return reserved(c, adapter, domain) ? VAP_DEFAULT : VAP_VFIO_AP;
}

/* vfio_ap gets the queue as new: what earlier resets answered is forgotten. */
static void
attach_vfio(struct vap_change *c, unsigned adapter, unsigned domain)
{
    vap_mask_add(&view_edit_row(c, adapter)->vfio, domain);
    view_moment_turn(c, adapter, domain, VAP_VFIO_AP, false);
    if (view_queue(c, adapter, domain)->reset_rc) {
        view_edit_queue(c, adapter, domain)->reset_rc = VAP_RC_NORMAL;
        view_mark_abnormal(c, adapter, domain);
    }
    view_set_sound(c, adapter, vap_mask_one(domain), true);
    if (c->host->rule->bound)
        c->host->rule->bound(c, VAP_APQN(adapter, domain));
}

static void
attach(struct vap_change *c, unsigned adapter, unsigned domain,
       enum vap_driver driver)
{
    if (driver == VAP_VFIO_AP)
        attach_vfio(c, adapter, domain);
    if (driver != VAP_DEFAULT)
        return;
    vap_mask_add(&view_edit_row(c, adapter)->dflt, domain);
    view_moment_turn(c, adapter, domain, VAP_DEFAULT, false);
}

static void
detach(struct vap_change *c, unsigned adapter, unsigned domain)
{
    bool vfio = vap_mask_has(&view_row(c, adapter)->vfio, domain);

    if (vfio && c->host->rule->released)
        c->host->rule->released(c, VAP_APQN(adapter, domain));

    struct vap_row *row = view_edit_row(c, adapter);

    if (vfio || vap_mask_has(&row->dflt, domain))
        view_moment_turn(c, adapter, domain, VAP_NO_DRIVER, false);
    vap_mask_drop(&row->dflt, domain);
    vap_mask_drop(&row->vfio, domain);
    if (vfio)
        view_set_sound(c, adapter, vap_mask_one(domain), false);
}

static bool
has_device(const struct vap_change *c, unsigned apqn)
{
    return vap_mask_has(&view_row(c, VAP_ADAPTER_OF(apqn))->present,
                        VAP_DOMAIN_OF(apqn));
}

static enum vap_driver
driver_of(const struct vap_change *c, unsigned apqn)
{
    return vap_row_driver(view_row(c, VAP_ADAPTER_OF(apqn)),
                          VAP_DOMAIN_OF(apqn));
}

enum vap_verdict
op_bind(struct vap_change *c, const struct vap_request *r, struct vap_why *why)
{
    unsigned adapter = VAP_ADAPTER_OF(r->apqn);
    unsigned domain = VAP_DOMAIN_OF(r->apqn);

    (void)why;
    if (!has_device(c, r->apqn))
        return VAP_NO_QUEUE;
    if (driver_of(c, r->apqn) != VAP_NO_DRIVER)
        return VAP_BOUND;
    if (rightful(c, adapter, domain) != r->driver ||
        r->driver >= VAP_OTHER_DRIVER) /* a name alone binds nothing */
        return VAP_FORBIDDEN;
    attach(c, adapter, domain, (enum vap_driver)r->driver);
    return VAP_OK;
}

enum vap_verdict
op_unbind(struct vap_change *c, const struct vap_request *r,
          struct vap_why *why)
{
    (void)why;
    if (!has_device(c, r->apqn))
        return VAP_NO_QUEUE;
    if (r->driver == VAP_NO_DRIVER || driver_of(c, r->apqn) != r->driver)
        return VAP_NOT_BOUND;
    detach(c, VAP_ADAPTER_OF(r->apqn), VAP_DOMAIN_OF(r->apqn));
    return VAP_OK;
}

enum vap_verdict
op_probe(struct vap_change *c, const struct vap_request *r, struct vap_why *why)
{
    unsigned adapter = VAP_ADAPTER_OF(r->apqn);
    unsigned domain = VAP_DOMAIN_OF(r->apqn);

    (void)why;
    if (!has_device(c, r->apqn))
        return VAP_NO_QUEUE;
    if (driver_of(c, r->apqn) == VAP_NO_DRIVER)
        attach(c, adapter, domain, rightful(c, adapter, domain));
    return VAP_OK;
}

enum vap_verdict
op_override(struct vap_change *c, const struct vap_request *r,
            struct vap_why *why)
{
    unsigned adapter = VAP_ADAPTER_OF(r->apqn);
    unsigned domain = VAP_DOMAIN_OF(r->apqn);

    (void)why;
    if (c->host->kernel == VAP_LINUX_6_12 || !has_device(c, r->apqn))
        return VAP_NO_ATTRIBUTE;
    if (c->bus.masks_written)
        return VAP_MASKED;

    struct vap_row *row = view_edit_row(c, adapter);
    bool had = vap_mask_has(&row->overridden, domain);
    bool has = r->driver != VAP_NO_DRIVER;

    view_edit_queue(c, adapter, domain)->override = r->driver;
    if (has)
        vap_mask_add(&row->overridden, domain);
    else
        vap_mask_drop(&row->overridden, domain);
    c->bus.n_overrides += (uint32_t)has - (uint32_t)had;
    return VAP_OK;
}

/* Queues of one adapter that a new mask gives to the other driver. One that
 * has no driver counts as vfio_ap's, so it comes back only to the default
 * driver. */
static struct vap_mask
misplaced(const struct vap_change *c, unsigned adapter)
{
    const struct vap_row *row = view_row(c, adapter);
    struct vap_mask kept = vap_mask_none();

    if (vap_mask_has(&c->bus.apmask, adapter))
        kept = c->bus.aqmask;
    return vap_mask_or(
        vap_mask_less(row->dflt, kept),
        vap_mask_and(vap_mask_less(row->present, row->dflt), kept));
}

/* Those that one scan brought; returns the first later scan that brought
 * any, or 0. */
static uint32_t
rebind_born(struct vap_change *c, uint32_t born)
{
    uint32_t next = 0;

    for (unsigned a = 0; a < VAP_IDS; a++) {
        struct vap_mask wrong = misplaced(c, a);

        VAP_EACH (d, &wrong) {
            uint32_t b = view_queue(c, a, d)->born;

            if (b == born) {
                detach(c, a, d);
                attach(c, a, d, rightful(c, a, d));
            } else if (!next || b < next) {
                next = b;
            }
        }
    }
    return next;
}

/* In the order of the bus, which is that of the scans. */
static void
rebind(struct vap_change *c)
{
    uint32_t born = 0;

    do
        born = rebind_born(c, born);
    while (born);
}

/* One of the two masks becomes another, unless it would take a queue from an
 * mdev. */
static enum vap_verdict
write_mask(struct vap_change *c, struct vap_mask *mask, struct vap_mask to,
           struct vap_contest contest, struct vap_why *why)
{
    if (c->bus.n_overrides)
        return VAP_OVERRIDDEN;
    if (vap_mask_equal(mask, &to))
        return VAP_OK;
    if (contest_next(c, &contest, why))
        return VAP_IN_USE;
    *mask = to;

    struct vap_mask all = vap_mask_all();

    c->bus.masks_written = !vap_mask_equal(&c->bus.apmask, &all) ||
                           !vap_mask_equal(&c->bus.aqmask, &all);
    rebind(c);
    return VAP_OK;
}

enum vap_verdict
op_apmask(struct vap_change *c, const struct vap_request *r,
          struct vap_why *why)
{
    return write_mask(c, &c->bus.apmask,
                      vap_mask_edited(c->bus.apmask, &r->edit.adapters),
                      contest_of(c, r), why);
}

enum vap_verdict
op_aqmask(struct vap_change *c, const struct vap_request *r,
          struct vap_why *why)
{
    return write_mask(c, &c->bus.aqmask,
                      vap_mask_edited(c->bus.aqmask, &r->edit.domains),
                      contest_of(c, r), why);
}

enum vap_verdict
op_hardware(struct vap_change *c, const struct vap_request *r,
            struct vap_why *why)
{
    struct vap_config *hw = &c->bus.hardware;
    struct vap_matrix new = {
        vap_mask_edited(hw->ids.adapters, &r->edit.adapters),
        vap_mask_edited(hw->ids.domains, &r->edit.domains),
        vap_mask_edited(hw->ids.control, &r->edit.control),
    };
    struct vap_mask adapters = vap_mask_up_to(vap_config_bus_adapter(hw));
    struct vap_mask domains = vap_mask_up_to(vap_config_bus_domain(hw));

    why->limit = vap_config_bus_adapter(hw);
    if (!vap_mask_within(&new.adapters, &adapters))
        return VAP_NO_SUCH_ID;
    why->limit = vap_config_bus_domain(hw);
    if (!vap_mask_within(&new.domains, &domains) ||
        !vap_mask_within(&new.control, &domains))
        return VAP_NO_SUCH_ID;
    hw->ids = new;
    return VAP_OK;
}

static void
remove_queue(struct vap_change *c, unsigned adapter, unsigned domain)
{
    detach(c, adapter, domain);
    vap_mask_drop(&view_edit_row(c, adapter)->present, domain);
    vap_mask_drop(&view_edit_row(c, adapter)->overridden, domain);
    view_moment_turn(c, adapter, domain, VAP_NO_DRIVER, true);
}

static void
create_queue(struct vap_change *c, unsigned adapter, unsigned domain)
{
    struct vap_queue *q = view_edit_queue(c, adapter, domain);

    q->born = c->bus.scans;
    q->override = VAP_NO_DRIVER;
    vap_mask_add(&view_edit_row(c, adapter)->present, domain);
    if (!c->bus.no_autoprobe)
        attach(c, adapter, domain, rightful(c, adapter, domain));
    if (vap_row_driver(view_row(c, adapter), domain) == VAP_NO_DRIVER)
        view_moment_turn(c, adapter, domain, VAP_NO_DRIVER, false);
}

static uint32_t
oldest(const struct vap_change *c, unsigned adapter, struct vap_mask queues)
{
    uint32_t born = UINT32_MAX;

    VAP_EACH (domain, &queues)
        if (view_queue(c, adapter, domain)->born < born)
            born = view_queue(c, adapter, domain)->born;
    return born;
}

/* The card goes: its queues before it, in the order of the bus. */
static void
remove_queues(struct vap_change *c, unsigned adapter, struct vap_mask queues)
{
    while (!vap_mask_empty(&queues)) {
        uint32_t born = oldest(c, adapter, queues);

        VAP_EACH (domain, &queues) {
            if (view_queue(c, adapter, domain)->born != born)
                continue;
            remove_queue(c, adapter, domain);
            vap_mask_drop(&queues, domain);
        }
    }
}

/* Of these, the queues that answer a scan. */
static struct vap_mask
answering(const struct vap_change *c, unsigned adapter, struct vap_mask want)
{
    struct vap_mask odd = vap_mask_and(want, view_row(c, adapter)->abnormal);

    VAP_EACH (domain, &odd)
        if (view_queue(c, adapter, domain)->state == VAP_RC_NOT_AVAILABLE)
            vap_mask_drop(&want, domain);
    return want;
}

static void
scan_adapter(struct vap_change *c, unsigned adapter)
{
    const struct vap_matrix *ids = &c->bus.config.ids;
    struct vap_mask want = vap_mask_none();
    struct vap_mask have = view_row(c, adapter)->present;

    if (vap_mask_has(&ids->adapters, adapter))
        want = answering(c, adapter, ids->domains);
    if (vap_mask_empty(&want)) {
        remove_queues(c, adapter, have);
        return;
    }

    struct vap_mask differ =
        vap_mask_or(vap_mask_less(want, have), vap_mask_less(have, want));

    VAP_EACH (domain, &differ) {
        if (vap_mask_has(&want, domain))
            create_queue(c, adapter, domain);
        else
            remove_queue(c, adapter, domain);
    }
}

static struct vap_matrix
matrix_less(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return (struct vap_matrix){
        vap_mask_less(a->adapters, b->adapters),
        vap_mask_less(a->domains, b->domains),
        vap_mask_less(a->control, b->control),
    };
}

/* What mdevs with these ids have lost or may gain, `state` looks at. */
static void
ids_changed(struct vap_change *c, const struct vap_matrix *ids)
{
    c->settle.adapters = vap_mask_or(c->settle.adapters, ids->adapters);
    c->settle.domains = vap_mask_or(c->settle.domains, ids->domains);
    c->settle.control = vap_mask_or(c->settle.control, ids->control);
}

static void
start_scan(struct vap_change *c)
{
    const struct vap_matrix *now = &c->bus.hardware.ids;
    struct vap_matrix lost = matrix_less(&c->bus.config.ids, now);

    c->gained = matrix_less(now, &c->bus.config.ids);
    ids_changed(c, &lost);
    ids_changed(c, &c->gained);
    if (c->host->rule->host_changed)
        c->host->rule->host_changed(c, &lost);
    c->bus.config = c->bus.hardware;
    c->bus.scans++;
}

/* The queues there are follow from what the last scan saw, so only a scan
 * that sees something new has anything to do. */
enum vap_verdict
op_scan(struct vap_change *c, const struct vap_request *r, struct vap_why *why)
{
    (void)r;
    (void)why;
    if (vap_matrix_equal(&c->bus.hardware.ids, &c->bus.config.ids))
        return VAP_OK;
    start_scan(c);
    for (unsigned a = 0; a < VAP_IDS; a++)
        scan_adapter(c, a);
    if (c->host->rule->scanned)
        c->host->rule->scanned(c);
    c->gained = (struct vap_matrix){ 0 };
    return VAP_OK;
}

enum vap_verdict
op_host(struct vap_change *c, const struct vap_request *r, struct vap_why *why)
{
    enum vap_verdict v = op_hardware(c, r, why);

    return v == VAP_OK ? op_scan(c, r, why) : v;
}

static void
set_state(struct vap_change *c, unsigned adapter, unsigned domain, uint8_t rc)
{
    uint8_t state = view_queue(c, adapter, domain)->state;

    if (state == rc || state == VAP_RC_NOT_AVAILABLE)
        return;
    view_edit_queue(c, adapter, domain)->state = rc;
    view_mark_abnormal(c, adapter, domain);
}

enum vap_verdict
op_card_state(struct vap_change *c, const struct vap_request *r,
              struct vap_why *why)
{
    unsigned last = vap_config_bus_adapter(&c->bus.hardware);

    why->limit = last;
    if (r->id > last)
        return VAP_NO_SUCH_ID;
    if (!vap_rc_passes(r->rc))
        return VAP_INVALID;
    for (unsigned d = 0; d < VAP_IDS; d++)
        set_state(c, (unsigned)r->id, d, r->rc);
    return VAP_OK;
}

enum vap_verdict
op_queue_state(struct vap_change *c, const struct vap_request *r,
               struct vap_why *why)
{
    (void)why;
    if (!vap_rc_passes(r->rc))
        return VAP_INVALID;
    set_state(c, VAP_ADAPTER_OF(r->apqn), VAP_DOMAIN_OF(r->apqn), r->rc);
    return VAP_OK;
}

enum vap_verdict
op_fail(struct vap_change *c, const struct vap_request *r, struct vap_why *why)
{
    unsigned adapter = VAP_ADAPTER_OF(r->apqn);
    unsigned domain = VAP_DOMAIN_OF(r->apqn);
    struct vap_queue *q = view_edit_queue(c, adapter, domain);

    (void)why;
    if (r->op == VAP_FAIL_TEST) {
        q->tapq_rc = r->rc;
        q->tapq_n = r->times;
    } else {
        q->zapq_rc = r->rc;
        q->zapq_n = r->times;
    }
    view_mark_abnormal(c, adapter, domain);
    return VAP_OK;
}

enum vap_verdict
op_autoprobe(struct vap_change *c, const struct vap_request *r,
             struct vap_why *why)
{
    (void)why;
    c->bus.no_autoprobe = r->id == 0;
    return VAP_OK;
}
