/* SPDX-License-Identifier: MIT */
/* A history that fails, made as short as it can be. */
#include "model/history.h"

#include <string.h>

#include "engine.h"

static bool
still_fails(const struct history *h, history_fails *fails)
{
    size_t step;
    char how[512];

    return fails(h, &step, how, sizeof(how));
}

/* Without n requests from at. */
static bool
try_without(struct history *h, size_t at, size_t n, history_fails *fails)
{
    static struct history less;

    less = *h;
    memmove(&less.asked[at], &less.asked[at + n],
            (less.n - at - n) * sizeof(less.asked[0]));
    less.n -= n;
    if (!still_fails(&less, fails))
        return false;
    *h = less;
    return true;
}

/* Pieces of half the history, of a quarter, at last single requests; those
 * again until none can go. */
static void
shrink_steps(struct history *h, history_fails *fails)
{
    size_t piece = h->n / 2 ? h->n / 2 : 1;
    bool went = true;

    while (piece > 1 || went) {
        went = false;
        for (size_t at = 0; at < h->n;) {
            size_t n = at + piece > h->n ? h->n - at : piece;

            if (try_without(h, at, n, fails))
                went = true;
            else
                at += n;
        }
        if (piece > 1) {
            piece /= 2;
            went = true;
        }
    }
}

/* Ids of one of the host's masks: all, else one by one. */
static bool
shrink_mask(struct history *h, struct vap_mask *m, history_fails *fails)
{
    const struct vap_mask was = *m;
    bool went = false;

    *m = vap_mask_none();
    if (vap_mask_empty(&was) || still_fails(h, fails))
        return !vap_mask_empty(&was);
    *m = was;
    VAP_EACH (id, &was) {
        vap_mask_drop(m, id);
        if (still_fails(h, fails))
            went = true;
        else
            vap_mask_add(m, id);
    }
    return went;
}

void
history_shrink(struct history *h, history_fails *fails)
{
    struct vap_mask *const masks[] = {
        &h->config.ids.adapters,
        &h->config.ids.domains,
        &h->config.ids.control,
        &h->apmask,
        &h->aqmask,
    };
    bool went = true;

    while (went) {
        went = false;
        shrink_steps(h, fails);
        for (size_t i = 0; i < ROWS(masks); i++)
            went |= shrink_mask(h, masks[i], fails);
    }
}

void
history_check(const struct history *h, history_fails *fails)
{
    static struct history less;
    size_t step = 0;
    char how[512] = "";

    if (!fails(h, &step, how, sizeof(how)))
        return;
    (void)fprintf(stderr, "%s\nin a history of %zu steps; the shortest:\n", how,
                  h->n);
    less = *h;
    history_shrink(&less, fails);
    (void)fails(&less, &step, how, sizeof(how));
    history_print(&less, stderr);
    FAIL("step %zu of it: %s", step + 1, how);
}
