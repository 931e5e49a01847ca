/* SPDX-License-Identifier: MIT */
/* A queue is reset as often as it takes, and what it answered last decides
 * whether a guest may have it. Source: Linux vfio_ap_mdev_reset_queue(),
 * apq_reset_check(). */
#include "matrix/view.h"

static bool
in_hardware(const struct vap_change *c, unsigned adapter, unsigned domain)
{
    const struct vap_matrix *ids = &c->bus.hardware.ids;

    return vap_mask_has(&ids->adapters, adapter) &&
           vap_mask_has(&ids->domains, domain);
}

bool
view_reset_goes_on(struct vap_reset *last, const struct vap_reset *next)
{
    if (last->adapter != next->adapter || last->rc != next->rc)
        return false;
    if (vap_mask_equal(&last->domains, &next->domains)) {
        last->times++;
        return true;
    }
    if (last->times != 1 || vap_mask_meets(&last->domains, &next->domains))
        return false;
    last->domains = vap_mask_or(last->domains, next->domains);
    return true;
}

static void
log_reset(struct vap_change *c, unsigned adapter, struct vap_mask domains,
          uint8_t rc)
{
    const struct vap_reset reset = { (uint8_t)adapter, rc, 1, domains };

    view_moment_reset(c, &reset);
    c->was_reset[adapter] = vap_mask_or(c->was_reset[adapter], domains);
    vap_mask_add(&c->reset_rows, adapter);
    if (c->n_resets && view_reset_goes_on(&c->resets[c->n_resets - 1], &reset))
        return;
    if (c->n_resets == c->max_resets) {
        c->full = true;
        return;
    }
    c->resets[c->n_resets++] = reset;
}

/* Of a queue that vfio_ap has: nobody else's is reset here. */
static void
note_rc(struct vap_change *c, unsigned adapter, unsigned domain, uint8_t rc)
{
    struct vap_mask one = vap_mask_one(domain);
    const struct vap_row *row = view_row(c, adapter);

    log_reset(c, adapter, one, rc);
    if (vap_mask_has(&row->sound, domain) != vap_rc_passes(rc))
        view_set_sound(c, adapter, one, vap_rc_passes(rc));
    view_edit_queue(c, adapter, domain)->reset_rc = rc;
    view_mark_abnormal(c, adapter, domain);
}

/* One failure of a kind is used up. */
static uint8_t
fail_once(struct vap_change *c, unsigned adapter, unsigned domain, bool test)
{
    struct vap_queue *q = view_edit_queue(c, adapter, domain);
    uint8_t rc = test ? q->tapq_rc : q->zapq_rc;

    if (test)
        q->tapq_n--;
    else
        q->zapq_n--;
    view_mark_abnormal(c, adapter, domain);
    return rc;
}

static uint8_t
answer(struct vap_change *c, unsigned adapter, unsigned domain, bool test)
{
    const struct vap_queue *q = view_queue(c, adapter, domain);

    if (!in_hardware(c, adapter, domain))
        return VAP_RC_NOT_AVAILABLE;
    if (q->state)
        return q->state;
    if (test ? q->tapq_n : q->zapq_n)
        return fail_once(c, adapter, domain, test);
    return VAP_RC_NORMAL;
}

uint8_t
view_test(struct vap_change *c, unsigned adapter, unsigned domain)
{
    return answer(c, adapter, domain, true);
}

static void
zapq(struct vap_change *c, unsigned adapter, unsigned domain)
{
    note_rc(c, adapter, domain, answer(c, adapter, domain, false));
}

static bool
not_yet(uint8_t rc)
{
    return rc == VAP_RC_RESETTING || rc == VAP_RC_BUSY;
}

/* Waits for the reset, and repeats it when it did not take. Ends: every
 * failure is counted down. A test that fails in another way ends it at once,
 * the last answer to a reset standing. */
static void
reset_check(struct vap_change *c, unsigned adapter, unsigned domain)
{
    for (;;) {
        uint8_t rc = view_test(c, adapter, domain);
        uint8_t last = view_queue(c, adapter, domain)->reset_rc;

        if (not_yet(rc))
            continue;
        if (!vap_rc_passes(rc) && rc != VAP_RC_NOT_UNIQUE &&
            rc != VAP_RC_ASSOC_FAILED)
            return;
        if (vap_rc_passes(rc) && !not_yet(last) && last != VAP_RC_CHANGING)
            return;
        zapq(c, adapter, domain);
    }
}

static void
reset_one(struct vap_change *c, unsigned adapter, unsigned domain)
{
    zapq(c, adapter, domain);

    uint8_t rc = view_queue(c, adapter, domain)->reset_rc;

    if (rc == VAP_RC_NORMAL || not_yet(rc) || rc == VAP_RC_CHANGING)
        reset_check(c, adapter, domain);
}

/* All but the abnormal answer 0 at once, as they did before: nothing about
 * them changes. */
void
view_reset(struct vap_change *c, unsigned adapter, struct vap_mask domains)
{
    struct vap_mask plain = vap_mask_none();

    if (vap_mask_has(&c->bus.hardware.ids.adapters, adapter))
        plain =
            vap_mask_less(vap_mask_and(domains, c->bus.hardware.ids.domains),
                          view_row(c, adapter)->abnormal);
    if (!vap_mask_empty(&plain))
        log_reset(c, adapter, plain, VAP_RC_NORMAL);

    struct vap_mask rest = vap_mask_less(domains, plain);

    VAP_EACH (domain, &rest)
        reset_one(c, adapter, domain);
}

void
view_reset_all(struct vap_change *c, const struct vap_mask *adapters,
               const struct vap_mask *domains)
{
    VAP_EACH (adapter, adapters) {
        struct vap_mask bound =
            vap_mask_and(*domains, view_row(c, adapter)->vfio);

        if (!vap_mask_empty(&bound))
            view_reset(c, adapter, bound);
    }
}
