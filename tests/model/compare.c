/* SPDX-License-Identifier: MIT */
#include "model/compare.h"

#include <stdarg.h>
#include <string.h>

#include "engine.h"
#include "model/model.h"

/* The engine and the model of one history, and what differs. */
struct pair {
    struct engine e;
    struct model m;
    char *how;
    size_t size;
};

/* Always true, so that a check ends with what it says. */
static bool __attribute__((format(printf, 2, 3)))
differs(struct pair *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(p->how, p->size, format, args);
    va_end(args);
    return true;
}

static bool
same_set(const struct vap_mask *mask, const struct model_set *set)
{
    struct model_set of;

    model_set_of(&of, mask);
    return memcmp(&of, set, sizeof(of)) == 0;
}

static const char *
set_text(const struct model_set *set)
{
    static char texts[8][VAP_SET_TEXT];
    static unsigned turn;
    char *text = texts[turn++ % 8];
    struct vap_mask m = vap_mask_none();

    for (unsigned id = 0; id < 256; id++)
        if (set->has[id])
            vap_mask_add(&m, id);
    (void)vap_set_text(&m, text, VAP_SET_TEXT);
    return text;
}

static bool
ids_differ(struct pair *p, const char *what, uint32_t mdev,
           const struct vap_matrix *is, const struct model_ids *due)
{
    if (same_set(&is->adapters, &due->adapters) &&
        same_set(&is->domains, &due->domains) &&
        same_set(&is->control, &due->control))
        return false;
    return differs(p, "m%u: the %s is %s, the model says %s:%s:%s", mdev, what,
                   engine_text(is), set_text(&due->adapters),
                   set_text(&due->domains), set_text(&due->control));
}

static bool
mdev_differs(struct pair *p, uint32_t i)
{
    const struct vap_mdev *is = &p->e.mdevs[i];
    const struct model_mdev *due = &p->m.mdevs[i];

    if (is->exists != due->exists)
        return differs(p, "m%u: is there or not", i);
    if (!is->exists)
        return false;
    if (is->vm != due->vm)
        return differs(p, "m%u: is open by k%u, the model says k%u", i, is->vm,
                       due->vm);
    if (is->last_adapter != due->last_adapter ||
        is->last_domain != due->last_domain)
        return differs(p, "m%u: the limits are %u and %u, not %u and %u", i,
                       is->last_adapter, is->last_domain, due->last_adapter,
                       due->last_domain);
    return ids_differ(p, "matrix", i, &is->matrix, &due->matrix) ||
           ids_differ(p, "guest matrix", i, &is->guest, &due->guest) ||
           ids_differ(p, "apcb", i, &is->apcb, &due->apcb);
}

static bool
queue_differs(struct pair *p, unsigned a, unsigned d)
{
    const struct vap_row *row = &p->e.host.row[a];
    const struct vap_queue *is = &p->e.host.queue[a][d];
    const struct model_queue *due = &p->m.queue[a][d];
    enum vap_driver driver = vap_host_driver(&p->e.host, VAP_APQN(a, d));
    bool sound = vap_mask_has(&row->sound, d);
    bool quirk = is->reset_rc || is->state || is->zapq_n || is->tapq_n;

    if (vap_mask_has(&row->present, d) != due->present)
        return differs(p, "%02x.%04x is there or not", a, d);
    if (driver != due->driver)
        return differs(p, "%02x.%04x has driver %d, the model says %d", a, d,
                       driver, due->driver);
    if (vap_mask_has(&row->overridden, d) != (due->override != VAP_NO_DRIVER))
        return differs(p, "%02x.%04x is overridden or not", a, d);
    if (due->override != VAP_NO_DRIVER && is->override != due->override)
        return differs(p, "%02x.%04x is overridden for %d, not for %d", a, d,
                       is->override, due->override);
    if (due->present && is->born != due->born)
        return differs(p, "%02x.%04x came with scan %u, not %u", a, d, is->born,
                       due->born);
    if (driver == VAP_VFIO_AP && is->reset_rc != due->reset_rc)
        return differs(p, "%02x.%04x: the last reset said %u, not %u", a, d,
                       is->reset_rc, due->reset_rc);
    if (sound != (driver == VAP_VFIO_AP && vap_rc_passes(is->reset_rc)))
        return differs(p, "%02x.%04x is sound or not", a, d);
    if (quirk && !vap_mask_has(&row->abnormal, d))
        return differs(p, "%02x.%04x has its ways and is not marked", a, d);
    if (is->state != due->state || is->zapq_n != due->zapq_n ||
        is->tapq_n != due->tapq_n)
        return differs(p, "%02x.%04x: failures left differ", a, d);
    return false;
}

static bool
bus_differs(struct pair *p)
{
    const struct vap_bus *is = &p->e.host.bus;
    const struct model *due = &p->m;

    if (!same_set(&is->apmask, &due->apmask) ||
        !same_set(&is->aqmask, &due->aqmask))
        return differs(p, "apmask or aqmask differ");
    if (ids_differ(p, "hardware", 0, &is->hardware.ids, &due->hardware) ||
        ids_differ(p, "configuration", 0, &is->config.ids, &due->config))
        return true;
    if (is->n_overrides != due->n_overrides ||
        is->masks_written != due->masks_written || is->scans != due->scans ||
        is->no_autoprobe != due->no_autoprobe)
        return differs(p,
                       "overrides %u, masks written %d, scans %u; the model "
                       "says %u, %d, %u",
                       is->n_overrides, is->masks_written, is->scans,
                       due->n_overrides, due->masks_written, due->scans);
    return false;
}

static bool
state_differs(struct pair *p)
{
    bool found = bus_differs(p);

    for (uint32_t i = 0; i < ENGINE_MDEVS && !found; i++)
        found = mdev_differs(p, i);
    for (unsigned a = 0; a < p->m.n_adapters && !found; a++)
        for (unsigned d = 0; d < p->m.n_domains && !found; d++)
            found = queue_differs(p, a, d);
    return found;
}

/* Reset by reset: how often, and what each answered. */
static bool
resets_differ(struct pair *p)
{
    static unsigned n[256][256];
    static uint32_t answers[256][256];
    bool found = false;

    memset(n, 0, sizeof(n));
    memset(answers, 0, sizeof(answers));
    for (size_t i = 0; i < p->e.change.n_resets; i++) {
        const struct vap_reset *r = &p->e.resets[i];

        VAP_EACH (d, &r->domains) {
            n[r->adapter][d] += r->times;
            for (uint32_t k = 0; k < r->times; k++)
                answers[r->adapter][d] =
                    answers[r->adapter][d] * 1009 + r->rc + 1;
        }
    }
    for (unsigned a = 0; a < 256 && !found; a++)
        for (unsigned d = 0; d < 256 && !found; d++) {
            const struct model_queue *due = &p->m.queue[a][d];

            if (n[a][d] != due->resets)
                found = differs(p, "%02x.%04x is reset %u times, not %u", a, d,
                                n[a][d], due->resets);
            else if (answers[a][d] != due->answers)
                found = differs(p, "%02x.%04x: resets answer otherwise", a, d);
        }
    return found;
}

static bool
updates_differ(struct pair *p)
{
    unsigned updates[ENGINE_MDEVS] = { 0 };
    unsigned clears[ENGINE_MDEVS] = { 0 };

    for (uint32_t i = 0; i < p->e.change.n_effects; i++) {
        updates[p->e.effects[i].mdev] = p->e.effects[i].updates;
        clears[p->e.effects[i].mdev] = p->e.effects[i].clears;
    }
    for (uint32_t i = 0; i < ENGINE_MDEVS; i++)
        if (updates[i] != p->m.mdevs[i].updates ||
            clears[i] != p->m.mdevs[i].clears)
            return differs(p,
                           "m%u: %u updates, %u clears; the model says "
                           "%u, %u",
                           i, updates[i], clears[i], p->m.mdevs[i].updates,
                           p->m.mdevs[i].clears);
    return false;
}

static bool
reason_differs(struct pair *p, const struct vap_why *is, size_t i)
{
    const struct model_reason *due = &p->m.reasons[i];

    if (is->apqn != due->apqn)
        return differs(p, "reason %zu is %04x, the model says %04x", i,
                       is->apqn, due->apqn);
    if (is->verdict == VAP_RESERVED ? is->by_driver != due->by_driver
                                    : is->holder != due->holder)
        return differs(p, "reason %zu, %04x, is of another: m%u %d, not m%u %d",
                       i, is->apqn, is->holder, is->by_driver, due->holder,
                       due->by_driver);
    return false;
}

/* Every reason there is, in order, and no other. */
static bool
reasons_differ(struct pair *p, const struct vap_request *r)
{
    struct vap_why why = p->e.why;

    for (size_t i = 0; i < p->m.n_reasons; i++) {
        if (reason_differs(p, &why, i))
            return true;
        bool more = vap_why_next(&p->e.host, r, &p->e.change, &why);

        if (i + 1 < MODEL_REASONS && more != (i + 1 < p->m.n_reasons))
            return differs(p, "there are %s reasons than the model's %zu",
                           more ? "more" : "fewer", p->m.n_reasons);
    }
    return false;
}

static bool
why_differs(struct pair *p, const struct vap_request *r, enum vap_verdict v)
{
    if (p->e.why.verdict != v)
        return differs(p, "why says %d, the verdict is %d", p->e.why.verdict,
                       v);
    if (v == VAP_NO_SUCH_ID && p->e.why.limit != p->m.limit)
        return differs(p, "the limit is %u, the model says %u", p->e.why.limit,
                       p->m.limit);
    if (v == VAP_VM_TWICE && p->e.why.holder != p->m.holder)
        return differs(p, "m%u has the guest, the model says m%u",
                       p->e.why.holder, p->m.holder);
    if (v == VAP_RESERVED || v == VAP_SHARED || v == VAP_IN_USE)
        return reasons_differ(p, r);
    return false;
}

/* `state` is where looking again finds nothing, and where the guest matrix
 * worked out from nothing is the one there is. */
static bool
second_look_differs(struct pair *p)
{
    static const struct vap_request again = { .op = VAP_LOOK_AGAIN };
    struct engine *e = &p->e;

    if (e->host.rule != &vap_rule_state)
        return false;
    (void)vap_plan(&e->host, &again, 1, &e->change, &e->why);
    if (e->change.n_effects || e->change.n_resets)
        return differs(p, "looking again changes m%u",
                       e->change.n_effects ? e->effects[0].mdev : 0);
    for (uint32_t i = 0; i < ENGINE_MDEVS; i++) {
        struct vap_matrix g;

        vap_guest_matrix(&e->host, &e->mdevs[i].matrix, &g);
        if (vap_mask_empty(&g.adapters) || vap_mask_empty(&g.domains))
            g.adapters = g.domains = vap_mask_none();
        if (!vap_matrix_equal(&g, &e->mdevs[i].guest))
            return differs(p, "m%u: the guest has %s, worked out afresh %s", i,
                           engine_text(&e->mdevs[i].guest), engine_text(&g));
    }
    return false;
}

static bool
step_differs(struct pair *p, const struct vap_request *r)
{
    struct engine *e = &p->e;
    enum vap_verdict is = vap_plan(&e->host, r, 1, &e->change, &e->why);
    enum vap_verdict due = model_ask(&p->m, r);

    if (is != due)
        return differs(p, "the verdict is %d, the model says %d", is, due);
    if (resets_differ(p) || updates_differ(p))
        return true;
    vap_apply(&e->host, &e->change);
    return state_differs(p) || why_differs(p, r, is) || second_look_differs(p);
}

static enum model_rule
rule_of(const struct history *h)
{
    if (h->rule == &vap_rule_state)
        return MODEL_STATE;
    return h->rule == &vap_rule_fcfs ? MODEL_FCFS : MODEL_LINUX;
}

bool
compare_with_model(const struct history *h, size_t *step, char *how,
                   size_t size)
{
    static struct pair p;

    p.how = how;
    p.size = size;
    vap_host_init(&p.e.host, h->rule, h->kernel, &h->config, &h->apmask,
                  &h->aqmask, p.e.mdevs, ENGINE_MDEVS);
    vap_change_init(&p.e.change, p.e.where, ENGINE_MDEVS, p.e.effects,
                    ENGINE_MDEVS, p.e.resets, ENGINE_RESETS);
    model_init(&p.m, rule_of(h), h->kernel == VAP_LINUX_6_12, &h->config,
               &h->apmask, &h->aqmask);
    *step = 0;
    if (state_differs(&p))
        return true;
    for (size_t i = 0; i < h->n; i++) {
        *step = i;
        if (step_differs(&p, &h->asked[i]))
            return true;
    }
    *step = h->n;
    return false;
}
