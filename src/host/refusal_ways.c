/* SPDX-License-Identifier: MIT */
/* What could let a refused request through, by the reason. */
#include "host/refusal_ways.h"

static void
add(struct way *way, struct vap_request request)
{
    if (way->n < WAY)
        way->list[way->n] = request;
    way->n++;
}

static void
sum_up(const struct refused *r, struct vap_mask *adapters,
       struct vap_mask *domains)
{
    *adapters = *domains = vap_mask_none();
    for (size_t i = 0; i < r->n_sides; i++) {
        *adapters = vap_mask_or(*adapters, r->sides[i].adapters);
        *domains = vap_mask_or(*domains, r->sides[i].domains);
    }
}

static void
clear_apmask(struct way *way, struct vap_mask adapters)
{
    add(way, (struct vap_request){ .op = VAP_APMASK,
                                   .edit.adapters.clear = adapters });
}

static void
clear_aqmask(struct way *way, struct vap_mask domains)
{
    add(way, (struct vap_request){ .op = VAP_AQMASK,
                                   .edit.domains.clear = domains });
}

static void
leave_apmask(const struct refused *r, struct way *way)
{
    struct vap_mask adapters;
    struct vap_mask domains;

    sum_up(r, &adapters, &domains);
    clear_apmask(way, adapters);
}

static void
leave_aqmask(const struct refused *r, struct way *way)
{
    struct vap_mask adapters;
    struct vap_mask domains;

    sum_up(r, &adapters, &domains);
    clear_aqmask(way, domains);
}

/* Whatever keeps it: vfio_ap has the queue then. */
static void
override_queues(const struct refused *r, struct way *way)
{
    if (r->n_queues > WAY)
        way->n = WAY + 1;
    for (size_t i = 0; i < r->n_queues && way->n <= WAY; i++) {
        struct vap_request q = { .apqn = r->queues[i], .driver = VAP_VFIO_AP };
        enum vap_driver has = vap_host_driver(r->host->engine, q.apqn);

        q.op = VAP_OVERRIDE;
        add(way, q);
        if (has != VAP_NO_DRIVER) {
            q.op = VAP_UNBIND;
            q.driver = (uint8_t)has;
            add(way, q);
        }
        q.op = VAP_BIND;
        q.driver = VAP_VFIO_AP;
        add(way, q);
    }
}

static void
unassign(struct way *way, enum vap_op op, const struct side *side,
         const struct vap_mask *ids)
{
    VAP_EACH (id, ids)
        add(way,
            (struct vap_request){ .op = op, .mdev = side->holder, .id = id });
}

/* By adapters or by domains, whichever is less to do; where it is the same,
 * by domains if they are wanted. */
static void
release(const struct refused *r, struct way *way, bool domains)
{
    for (size_t i = 0; i < r->n_sides; i++) {
        const struct side *side = &r->sides[i];
        unsigned a = vap_mask_count(&side->adapters);
        unsigned d = vap_mask_count(&side->domains);

        if (d < a || (d == a && domains))
            unassign(way, VAP_UNASSIGN_DOMAIN, side, &side->domains);
        else
            unassign(way, VAP_UNASSIGN_ADAPTER, side, &side->adapters);
    }
}

static void
release_adapters(const struct refused *r, struct way *way)
{
    release(r, way, false);
}

/* Where that is another way. */
static void
release_domains(const struct refused *r, struct way *way)
{
    for (size_t i = 0; i < r->n_sides; i++)
        if (vap_mask_count(&r->sides[i].adapters) ==
            vap_mask_count(&r->sides[i].domains)) {
            release(r, way, true);
            return;
        }
}

static void
clear_overrides(const struct refused *r, struct way *way)
{
    for (unsigned a = 0; a < VAP_IDS; a++)
        VAP_EACH (d, &r->host->engine->row[a].overridden)
            add(way, (struct vap_request){ .op = VAP_OVERRIDE,
                                           .apqn = VAP_APQN(a, d) });
}

static void
fill_masks(const struct refused *r, struct way *way)
{
    const struct vap_bus *bus = &r->host->engine->bus;
    struct vap_mask all = vap_mask_all();

    if (!vap_mask_equal(&bus->apmask, &all))
        add(way,
            (struct vap_request){ .op = VAP_APMASK, .edit.adapters.set = all });
    if (!vap_mask_equal(&bus->aqmask, &all))
        add(way,
            (struct vap_request){ .op = VAP_AQMASK, .edit.domains.set = all });
}

static void
unbind(const struct refused *r, struct way *way)
{
    struct vap_request q = { .op = VAP_UNBIND, .apqn = r->request->apqn };

    q.driver = (uint8_t)vap_host_driver(r->host->engine, q.apqn);
    if (q.driver != r->request->driver)
        add(way, q);
}

static void
leave_apmask_alone(const struct refused *r, struct way *way)
{
    clear_apmask(way, vap_mask_one(VAP_ADAPTER_OF(r->request->apqn)));
}

static void
leave_aqmask_alone(const struct refused *r, struct way *way)
{
    clear_aqmask(way, vap_mask_one(VAP_DOMAIN_OF(r->request->apqn)));
}

static void
override(const struct refused *r, struct way *way)
{
    struct vap_request q = *r->request;

    q.op = VAP_OVERRIDE;
    add(way, q);
}

/* What gives it something, or takes it, would find it there. */
static void
create(const struct refused *r, struct way *way)
{
    enum vap_op op = r->request->op;

    if (op == VAP_ASSIGN_ADAPTER || op == VAP_ASSIGN_DOMAIN ||
        op == VAP_ASSIGN_CONTROL || op == VAP_AP_CONFIG || op == VAP_OPEN_MDEV)
        add(way,
            (struct vap_request){ .op = VAP_CREATE, .mdev = r->request->mdev });
}

static void
close_it(const struct refused *r, struct way *way)
{
    add(way,
        (struct vap_request){ .op = VAP_CLOSE_MDEV, .mdev = r->request->mdev });
}

static void
close_holder(const struct refused *r, struct way *way)
{
    add(way,
        (struct vap_request){ .op = VAP_CLOSE_MDEV, .mdev = r->why.holder });
}

const struct refusal_maker refusal_makers[] = {
    { VAP_RESERVED, leave_apmask, false },
    { VAP_RESERVED, leave_aqmask, false },
    { VAP_RESERVED, override_queues, true },
    { VAP_SHARED, release_adapters, false },
    { VAP_SHARED, release_domains, false },
    { VAP_IN_USE, release_adapters, false },
    { VAP_IN_USE, release_domains, false },
    { VAP_OVERRIDDEN, clear_overrides, false },
    { VAP_MASKED, fill_masks, false },
    { VAP_BOUND, unbind, false },
    { VAP_FORBIDDEN, leave_apmask_alone, false },
    { VAP_FORBIDDEN, leave_aqmask_alone, false },
    { VAP_FORBIDDEN, override, true },
    { VAP_NO_MDEV, create, false },
    { VAP_VM_TWICE, close_holder, false },
    { VAP_OPEN, close_it, false },
    { VAP_HELD, close_it, false },
};
const size_t refusal_n_makers =
    sizeof(refusal_makers) / sizeof(refusal_makers[0]);
