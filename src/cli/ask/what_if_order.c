/* SPDX-License-Identifier: MIT */
/* What a change would do, one thing after the other: how the kernel does it
 * whose rule the host has. */
#include "cli/ask/what_if.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/ids.h"
#include "cli/frame/turns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- guests */

/** What has been said so far. */
struct order {
    const struct what_if *w;
    const struct vap_matrix **last; /* what an mdev's guest, or guest_matrix,
                                     * became: two by effect */
};

static const struct vap_effect *
effect_of(const struct order *o, uint32_t mdev)
{
    const struct vap_change *c = o->w->host->change;

    return c->where[mdev] ? &c->effects[c->where[mdev] - 1] : NULL;
}

/* What an mdev, or its guest, had before this moment. */
static struct vap_matrix
had(const struct order *o, const struct vap_moment *now)
{
    const struct vap_change *c = o->w->host->change;
    const struct vap_mdev *was = &o->w->host->slots[now->mdev];
    const struct vap_effect *effect = effect_of(o, now->mdev);
    const struct vap_matrix *before = NULL;

    if (effect) {
        size_t i = 2 * (size_t)(effect - c->effects) + now->apcb;

        before = o->last[i];
        o->last[i] = &now->matrix;
    }
    /* one that ends as it began is no effect, and there are few of them */
    for (const struct vap_moment *m = now; !effect && m-- > c->moments;)
        if (m->kind == VAP_MOMENT_GUEST && m->mdev == now->mdev &&
            m->apcb == now->apcb)
            return m->matrix;
    return before ? *before : now->apcb ? was->apcb : was->guest;
}

/* " loses adapter 05, domains 0004,0047": what is in one and not in the
 * other. True when anything is. */
static bool
put_less(const char *verb, const struct vap_matrix *a,
         const struct vap_matrix *b)
{
    const struct {
        const char *what;
        struct vap_mask ids;
        int digits;
    } lists[] = {
        { "adapter", vap_mask_less(a->adapters, b->adapters), 2 },
        { "domain", vap_mask_less(a->domains, b->domains), 4 },
        { "control domain", vap_mask_less(a->control, b->control), 4 },
    };
    const char *left = verb;
    char ids[IDS_TEXT];

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        unsigned n = vap_mask_count(&lists[i].ids);

        if (n == 0)
            continue;
        (void)printf("%s %s%s %s", left, lists[i].what, n == 1 ? "" : "s",
                     ids_text(&lists[i].ids, lists[i].digits, ids));
        left = ",";
    }
    return left != verb;
}

/* Who has the mdev open before the change, or else after it; 0: nobody. */
static uint32_t
guest_of(const struct order *o, uint32_t mdev)
{
    const struct vap_effect *effect = effect_of(o, mdev);
    uint32_t vm = o->w->host->slots[mdev].vm;

    return vm || !effect ? vm : effect->now.vm;
}

/* "web (vm0)", "guest_matrix of web" */
static void
put_name(const struct what_if *w, const struct vap_moment *m, uint32_t vm)
{
    if (vm && !m->apcb)
        (void)fputs("guest_matrix of ", stdout);
    (void)fputs(host_mdev_name(w->host, m->mdev), stdout);
    if (!vm || !m->apcb)
        return;
    (void)fputs(" (", stdout);
    say_quoted(stdout, host_vm_name(w->host, vm));
    (void)putchar(')');
}

static void
put_guest(const struct order *o, const struct vap_moment *m)
{
    struct vap_matrix was = had(o, m);
    uint32_t vm = guest_of(o, m->mdev);
    bool any;

    put_name(o->w, m, vm);
    any = put_less(" loses", &was, &m->matrix);
    any = put_less(any ? ", gains" : " gains", &m->matrix, &was) || any;
    if (!any)
        (void)fputs(" is told what it has", stdout);
    if (vm && !m->apcb)
        (void)fputs(", its guest is not told", stdout);
}

/* ---- queues */

static bool
same_queues(const struct vap_reset *a, const struct vap_reset *b)
{
    return vap_mask_equal(&a->domains, &b->domains) && a->times == b->times &&
           a->rc == b->rc;
}

/* How many moments from here on do the same to the same domains, of other
 * adapters; these are in adapters then. */
static size_t
count_alike(const struct vap_change *c, size_t at, struct vap_mask *adapters)
{
    const struct vap_moment *first = &c->moments[at];
    size_t i = at;

    *adapters = vap_mask_none();
    for (; i < c->n_moments; i++) {
        const struct vap_moment *m = &c->moments[i];

        if (m->kind != first->kind || m->to != first->to ||
            m->gone != first->gone ||
            !same_queues(&m->queues, &first->queues) ||
            vap_mask_has(adapters, m->queues.adapter))
            break;
        vap_mask_add(adapters, m->queues.adapter);
    }
    return i - at;
}

/* "05.0004,0047" or "03,05 x 0004", and what becomes of them. */
static void
put_queues(const struct vap_moment *m, const struct vap_mask *adapters)
{
    bool one = vap_mask_count(adapters) == 1;
    char ids[IDS_TEXT];
    char domains[IDS_TEXT];
    char answer[TURNS_TO];

    turns_reset(m->queues.times, m->queues.rc, answer);
    (void)printf("%s%s%s", ids_text(adapters, 2, ids), one ? "." : " x ",
                 ids_text(&m->queues.domains, 4, domains));
    if (m->kind == VAP_MOMENT_TURN && m->queues.times &&
        (!one || vap_mask_count(&m->queues.domains) > 1))
        (void)fputs(" one by one", stdout);
    if (m->queues.times)
        (void)printf(" reset%s", answer);
    if (m->kind == VAP_MOMENT_RESET)
        return;
    (void)fputs(m->queues.times ? ", then " : " ", stdout);
    (void)fputs(m->gone                ? "gone"
                : m->to == VAP_VFIO_AP ? "to vfio_ap, for guests"
                : m->to == VAP_DEFAULT ? "to cex4queue, for the host"
                                       : "unbound",
                stdout);
}

/* Returns how many moments that says. */
static size_t
put_moment(const struct order *o, size_t at)
{
    const struct vap_change *c = o->w->host->change;
    struct vap_mask adapters;
    size_t n = 1;

    if (c->moments[at].kind == VAP_MOMENT_GUEST) {
        put_guest(o, &c->moments[at]);
    } else {
        n = count_alike(c, at, &adapters);
        put_queues(&c->moments[at], &adapters);
    }
    (void)putchar('\n');
    return n;
}

static size_t
count_lines(const struct vap_change *c)
{
    struct vap_mask ignored;
    size_t lines = 0;

    for (size_t i = 0; i < c->n_moments; lines++)
        i += c->moments[i].kind == VAP_MOMENT_GUEST
                 ? 1
                 : count_alike(c, i, &ignored);
    return lines;
}

static void
put_order(const struct order *o, size_t lines)
{
    int digits = snprintf(NULL, 0, "%zu", lines);
    size_t line = 0;

    for (size_t i = 0; i < o->w->host->change->n_moments;) {
        (void)printf("%-*s", TURNS_LEFT,
                     line        ? ""
                     : lines > 1 ? "in order"
                                 : "queues");
        if (lines > 1)
            (void)printf("%*zu  ", digits, line + 1);
        i += put_moment(o, i);
        line++;
    }
}

/* What a guest gains or loses is said above; alone, it says all. */
int
what_if_order(const struct what_if *w)
{
    const struct vap_change *c = w->host->change;
    AUTO(free_done)
    const struct vap_matrix **last =
        calloc(2 * (size_t)c->n_effects + 1, sizeof(struct vap_matrix *));
    const struct order order = { w, last };
    size_t lines = count_lines(c);

    if (!last)
        return -ENOMEM;
    if (lines > 1 || (lines && c->moments[0].kind != VAP_MOMENT_GUEST))
        put_order(&order, lines);
    return 0;
}
