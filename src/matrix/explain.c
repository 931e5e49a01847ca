/* SPDX-License-Identifier: MIT */
/* Every cause is looked for by itself, from the state alone, so a chain of
 * causes says all that is in the way and not only what is met first. */
#include "matrix/explain.h"

/* An mdev that is none of the host's has nothing. */
static const struct vap_mdev *
mdev_at(const struct vap_host *host, uint32_t mdev)
{
    static const struct vap_mdev none;

    return mdev < host->n_slots ? &host->mdevs[mdev] : &none;
}

static bool
has_queue(const struct vap_matrix *m, unsigned apqn)
{
    return vap_mask_has(&m->adapters, VAP_ADAPTER_OF(apqn)) &&
           vap_mask_has(&m->domains, VAP_DOMAIN_OF(apqn));
}

static void
blame(uint32_t *causes, enum vap_cause cause, bool holds)
{
    *causes |= (uint32_t)holds << cause;
}

struct vap_mask
vap_holes(const struct vap_host *host, const struct vap_matrix *m,
          unsigned adapter)
{
    const struct vap_matrix *ids = &host->bus.config.ids;

    if (!vap_mask_has(&ids->adapters, adapter))
        return vap_mask_none();
    return vap_mask_less(vap_mask_and(m->domains, ids->domains),
                         host->row[adapter & 255].sound);
}

/* What the state gives a guest with this matrix: vap_guest_matrix(), with
 * adapters and domains both empty when no queue is left. */
static void
find_due(const struct vap_host *host, const struct vap_matrix *m,
         struct vap_matrix *due)
{
    vap_guest_matrix(host, m, due);
    if (vap_mask_empty(&due->adapters) || vap_mask_empty(&due->domains))
        due->adapters = due->domains = vap_mask_none();
}

/* Is an id in the host configuration, and is it going to stay? */
static void
blame_ids(const struct vap_mask *hardware, const struct vap_mask *config,
          unsigned id, enum vap_cause absent, uint32_t *causes)
{
    bool there = vap_mask_has(config, id);
    bool will_be = vap_mask_has(hardware, id);

    blame(causes, absent, !there && !will_be);
    blame(causes, absent + 1, !there && will_be); /* ..._UNSCANNED */
    blame(causes, VAP_CAUSE_LEAVING, there && !will_be);
}

static void
blame_adapter(const struct vap_host *host, unsigned adapter, uint32_t *causes)
{
    blame_ids(&host->bus.hardware.ids.adapters, &host->bus.config.ids.adapters,
              adapter, VAP_CAUSE_ADAPTER_ABSENT, causes);
}

static void
blame_domain(const struct vap_host *host, unsigned domain, uint32_t *causes)
{
    blame_ids(&host->bus.hardware.ids.domains, &host->bus.config.ids.domains,
              domain, VAP_CAUSE_DOMAIN_ABSENT, causes);
}

/* The queue by itself: who has it, and may vfio_ap? */
static void
blame_queue(const struct vap_host *host, struct vap_queue_facts *f)
{
    const struct vap_row *row = &host->row[VAP_ADAPTER_OF(f->apqn)];
    unsigned domain = VAP_DOMAIN_OF(f->apqn);
    bool present = vap_mask_has(&row->present, domain);
    bool away = present && f->driver != VAP_VFIO_AP;
    bool kept =
        f->override == VAP_NO_DRIVER && vap_host_reserves(host, f->apqn);
    uint8_t state = host->queue[VAP_ADAPTER_OF(f->apqn)][domain].state;

    blame(&f->causes, VAP_CAUSE_NO_DEVICE,
          !present && has_queue(&host->bus.config.ids, f->apqn));
    blame(&f->causes, VAP_CAUSE_KEPT, away && kept);
    blame(&f->causes, VAP_CAUSE_OVERRIDDEN,
          away && f->override != VAP_NO_DRIVER && f->override != VAP_VFIO_AP);
    blame(&f->causes, VAP_CAUSE_DEFAULT_DRIVER,
          present && f->driver == VAP_DEFAULT);
    blame(&f->causes, VAP_CAUSE_UNBOUND, present && f->driver == VAP_NO_DRIVER);
    blame(&f->causes, VAP_CAUSE_RESET_FAILED,
          f->driver == VAP_VFIO_AP && !vap_mask_has(&row->sound, domain));
    blame(&f->causes, VAP_CAUSE_DECONFIGURED,
          present && state == VAP_RC_DECONFIGURED);
    blame(&f->causes, VAP_CAUSE_CHECKSTOPPED,
          present && state == VAP_RC_CHECKSTOPPED);
}

/* Given or not, against due or not. */
static void
blame_rule(bool given, bool due, uint32_t *causes)
{
    blame(causes, VAP_CAUSE_STALE, due && !given);
    blame(causes, VAP_CAUSE_LEFTOVER, given && !due);
}

static void
blame_mdev(const struct vap_host *host, struct vap_queue_facts *f)
{
    const struct vap_mdev *m = mdev_at(host, f->mdev);
    unsigned adapter = VAP_ADAPTER_OF(f->apqn);
    struct vap_mask holes = vap_holes(host, &m->matrix, adapter);
    struct vap_matrix due;

    find_due(host, &m->matrix, &due);
    f->due = has_queue(&due, f->apqn);
    f->given = has_queue(&m->guest, f->apqn);
    blame(&f->causes, VAP_CAUSE_ADAPTER_UNASSIGNED,
          !vap_mask_has(&m->matrix.adapters, adapter));
    blame(&f->causes, VAP_CAUSE_DOMAIN_UNASSIGNED,
          !vap_mask_has(&m->matrix.domains, VAP_DOMAIN_OF(f->apqn)));
    blame(&f->causes, VAP_CAUSE_OTHER_MDEV,
          f->owner != host->n_slots && f->owner != f->mdev);
    vap_mask_drop(&holes, VAP_DOMAIN_OF(f->apqn));
    blame(&f->causes, VAP_CAUSE_HOLES,
          has_queue(&m->matrix, f->apqn) && !vap_mask_empty(&holes));
    blame(&f->causes, VAP_CAUSE_NOT_TOLD,
          m->vm && f->given && !has_queue(&m->apcb, f->apqn));
    blame_rule(f->given, f->due, &f->causes);
}

struct vap_queue_facts
vap_explain_queue(const struct vap_host *host, unsigned apqn, uint32_t mdev)
{
    unsigned adapter = VAP_ADAPTER_OF(apqn);
    unsigned domain = VAP_DOMAIN_OF(apqn);
    const struct vap_queue *q = &host->queue[adapter][domain];
    bool overridden = vap_mask_has(&host->row[adapter].overridden, domain);
    struct vap_queue_facts f = {
        .apqn = (uint16_t)apqn,
        .mdev = mdev,
        .owner = vap_host_owner(host, apqn),
        .driver = (uint8_t)vap_host_driver(host, apqn),
        .override = overridden ? q->override : (uint8_t)VAP_NO_DRIVER,
        .reset_rc = q->reset_rc,
    };

    blame_adapter(host, adapter, &f.causes);
    blame_domain(host, domain, &f.causes);
    blame_queue(host, &f);
    if (mdev < host->n_slots)
        blame_mdev(host, &f);
    return f;
}

struct vap_adapter_facts
vap_explain_adapter(const struct vap_host *host, unsigned adapter,
                    uint32_t mdev)
{
    const struct vap_mdev *m = mdev_at(host, mdev);
    bool assigned = vap_mask_has(&m->matrix.adapters, adapter);
    struct vap_matrix due;
    struct vap_adapter_facts f = {
        .adapter = (uint8_t)adapter,
        .mdev = mdev,
        .domains =
            vap_mask_and(m->matrix.domains, host->bus.config.ids.domains),
        .holes = vap_holes(host, &m->matrix, adapter),
    };

    find_due(host, &m->matrix, &due);
    f.due = vap_mask_has(&due.adapters, adapter);
    f.given = vap_mask_has(&m->guest.adapters, adapter) &&
              !vap_mask_empty(&m->guest.domains);
    blame(&f.causes, VAP_CAUSE_ADAPTER_UNASSIGNED, !assigned);
    blame_adapter(host, adapter, &f.causes);
    blame(&f.causes, VAP_CAUSE_HOLES, !vap_mask_empty(&f.holes));
    blame(&f.causes, VAP_CAUSE_NO_QUEUE_LEFT, vap_mask_empty(&f.domains));
    blame(&f.causes, VAP_CAUSE_NOT_TOLD,
          m->vm && f.given && !vap_mask_has(&m->apcb.adapters, adapter));
    blame_rule(f.given, f.due, &f.causes);
    return f;
}

/* Is this the only hole of the adapter? */
static bool
is_sole(const struct vap_host *host, const struct vap_matrix *m,
        unsigned adapter, unsigned domain)
{
    struct vap_mask holes = vap_holes(host, m, adapter);

    return vap_mask_has(&holes, domain) && vap_mask_count(&holes) == 1;
}

static void
find_holes(const struct vap_host *host, const struct vap_matrix *m,
           struct vap_domain_facts *f)
{
    VAP_EACH (adapter, &f->adapters) {
        struct vap_mask holes = vap_holes(host, m, adapter);

        if (vap_mask_has(&holes, f->domain))
            vap_mask_add(&f->holes, adapter);
        if (is_sole(host, m, adapter, f->domain))
            vap_mask_add(&f->sole, adapter);
    }
}

struct vap_domain_facts
vap_explain_domain(const struct vap_host *host, unsigned domain, uint32_t mdev)
{
    const struct vap_mdev *m = mdev_at(host, mdev);
    struct vap_matrix due;
    struct vap_domain_facts f = {
        .domain = (uint8_t)domain,
        .mdev = mdev,
        .adapters =
            vap_mask_and(m->matrix.adapters, host->bus.config.ids.adapters),
    };

    find_due(host, &m->matrix, &due);
    f.due = vap_mask_has(&due.domains, domain);
    f.given = vap_mask_has(&m->guest.domains, domain) &&
              !vap_mask_empty(&m->guest.adapters);
    find_holes(host, &m->matrix, &f);
    blame(&f.causes, VAP_CAUSE_DOMAIN_UNASSIGNED,
          !vap_mask_has(&m->matrix.domains, domain));
    blame_domain(host, domain, &f.causes);
    blame(&f.causes, VAP_CAUSE_HOLES, !vap_mask_empty(&f.holes));
    blame(&f.causes, VAP_CAUSE_NO_QUEUE_LEFT, vap_mask_empty(&due.adapters));
    blame(&f.causes, VAP_CAUSE_NOT_TOLD,
          m->vm && f.given && !vap_mask_has(&m->apcb.domains, domain));
    blame_rule(f.given, f.due, &f.causes);
    return f;
}

static struct vap_matrix
less(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return (struct vap_matrix){
        vap_mask_less(a->adapters, b->adapters),
        vap_mask_less(a->domains, b->domains),
        vap_mask_less(a->control, b->control),
    };
}

/* As find_due() has it: one-sided is none. */
static struct vap_matrix
two_sided(struct vap_matrix m)
{
    if (vap_mask_empty(&m.adapters) || vap_mask_empty(&m.domains))
        m.adapters = m.domains = vap_mask_none();
    return m;
}

void
vap_explain_mdev(const struct vap_host *host, uint32_t mdev,
                 struct vap_mdev_facts *f)
{
    const struct vap_mdev *m = mdev_at(host, mdev);
    struct vap_matrix given = two_sided(m->guest);

    *f = (struct vap_mdev_facts){ .mdev = mdev };
    find_due(host, &m->matrix, &f->due);
    f->absent = less(&m->matrix, &host->bus.config.ids);
    VAP_EACH (adapter, &m->matrix.adapters) {
        struct vap_mask holes = vap_holes(host, &m->matrix, adapter);

        if (!vap_mask_empty(&holes))
            vap_mask_add(&f->holed, adapter);
    }
    f->stale = vap_mask_less(f->due.adapters, given.adapters);
    f->leftover = vap_mask_less(given.adapters, f->due.adapters);
    f->differs = !vap_matrix_equal(&given, &f->due);
    f->not_told = m->vm && !vap_matrix_equal(&m->guest, &m->apcb);
}
