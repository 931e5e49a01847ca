/* SPDX-License-Identifier: MIT */
/* What a change would do, for people: guests first, then queues, then what
 * the host itself is like. What stays as it is goes without saying. */
#include "cli/ask/what_if.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/ids.h"
#include "cli/frame/out.h"
#include "cli/frame/turns.h"
#include "host/words.h"
#include "matrix/text.h"

#include <errno.h>
#include <string.h>

enum { LEFT = TURNS_LEFT, SHOWN_CONFLICTS = 32 };

static const char *
s(unsigned n)
{
    return n == 1 ? "" : "s";
}

/* ---- a refusal */

static void
put_conflict(const struct what_if *w, const struct conflict *c)
{
    char name[VAP_APQN_TEXT + 1];

    (void)vap_apqn_text(c->apqn, name, sizeof(name));
    if (w->verdict != VAP_RESERVED)
        (void)printf("  %s  is assigned to %s\n", name,
                     host_mdev_name(w->host, c->holder));
    else
        (void)printf("  %s  is kept for the host%s\n", name,
                     c->by_driver ? " by its driver_override" : "");
}

/* Alone, a remove that waits and a reset that fails come with a change. */
static bool
happens(const struct what_if *w)
{
    return w->verdict == VAP_OK ||
           (w->n == 1 &&
            (w->verdict == VAP_HELD || w->verdict == VAP_RESET_FAILED));
}

static int
put_refusal(const struct what_if *w)
{
    AUTO(refused_done) struct refused r = { 0 };
    const char *word = !happens(w)              ? "refused"
                       : w->verdict == VAP_HELD ? "waits"
                                                : "fails";
    int bad = what_if_refused(w, &r);

    if (bad)
        return bad;
    if (w->n > 1)
        (void)printf("%s: change %zu, ", word, w->why.request + 1);
    else
        (void)printf("%s: ", word);
    if (w->verdict != VAP_HELD)
        (void)printf("%s, ", words_errno(w->verdict));
    (void)printf("%s\n", r.reason);
    for (size_t i = 0; r.n > 1 && i < r.n && i < SHOWN_CONFLICTS; i++)
        put_conflict(w, &r.conflicts[i]);
    if (r.n > SHOWN_CONFLICTS)
        (void)printf("  ... and %zu more\n", r.n - SHOWN_CONFLICTS);
    if (r.remedy)
        out_remedy(0, r.remedy);
    return 0;
}

/* ---- guests */

static unsigned
count_queues(const struct vap_matrix *m)
{
    return vap_mask_count(&m->adapters) * vap_mask_count(&m->domains);
}

/* What its guest has, or the next one would. */
static const struct vap_matrix *
held(const struct vap_mdev *m)
{
    return m->vm ? &m->apcb : &m->guest;
}

/* control: also its control domains. */
static void
put_matrix(const struct vap_matrix *m, bool control)
{
    bool none = vap_mask_empty(&m->adapters) && vap_mask_empty(&m->domains);
    char adapters[IDS_TEXT];
    char domains[IDS_TEXT];

    control = control && !vap_mask_empty(&m->control);
    if (!none)
        (void)printf("%s x %s", ids_text(&m->adapters, 2, adapters),
                     ids_text(&m->domains, 4, domains));
    if (control)
        (void)printf("%scontrol %s", none ? "" : ", ",
                     ids_text(&m->control, 4, domains));
    else if (none)
        (void)fputs("nothing", stdout);
}

/* "05 x 0047 -> 05,06 x 0047"; control domains where they change. */
static void
put_turn(const struct vap_matrix *was, const struct vap_matrix *is)
{
    bool control = !vap_mask_equal(&was->control, &is->control);

    put_matrix(was, control);
    (void)fputs(" -> ", stdout);
    put_matrix(is, control);
    (void)putchar('\n');
}

/* "  gets         adapters 05,06" */
static void
put_ids(const char *verb, const char *what, struct vap_mask ids, int digits)
{
    char text[IDS_TEXT];

    if (!vap_mask_empty(&ids))
        (void)printf("  %-*s%s%s %s\n", LEFT - 2, verb, what,
                     s(vap_mask_count(&ids)), ids_text(&ids, digits, text));
}

static void
put_difference(const char *gains, const char *loses,
               const struct vap_matrix *was, const struct vap_matrix *is)
{
    put_ids(loses, "adapter", vap_mask_less(was->adapters, is->adapters), 2);
    put_ids(loses, "domain", vap_mask_less(was->domains, is->domains), 4);
    put_ids(loses, "control domain", vap_mask_less(was->control, is->control),
            4);
    put_ids(gains, "adapter", vap_mask_less(is->adapters, was->adapters), 2);
    put_ids(gains, "domain", vap_mask_less(is->domains, was->domains), 4);
    put_ids(gains, "control domain", vap_mask_less(is->control, was->control),
            4);
}

/* "web (vm0)", and what becomes of it. */
static void
put_guest_name(const struct what_if *w, const struct vap_effect *e)
{
    const struct vap_mdev *was = &w->host->slots[e->mdev];
    uint32_t vm = was->vm ? was->vm : e->now.vm;
    const char *name = host_mdev_name(w->host, e->mdev);
    const char *guest = host_vm_name(w->host, vm);
    int n = printf(vm ? "%s (" : "%s", name);

    if (vm) {
        say_quoted(stdout, guest);
        n += (int)strlen(guest) + printf(")");
    }
    (void)printf("%*s", n < LEFT ? LEFT - n : 1, "");
    if (!was->exists)
        (void)fputs("created, ", stdout);
    if (was->exists && !e->now.exists)
        (void)fputs("removed, ", stdout);
    if (was->vm != e->now.vm)
        (void)printf("%s, ", e->now.vm ? "opened" : "closed");
}

static void
put_guest_line(const struct what_if *w, const struct vap_effect *e)
{
    unsigned before = count_queues(held(&w->host->slots[e->mdev]));
    unsigned after = count_queues(held(&e->now));

    put_guest_name(w, e);
    if (before == after)
        (void)printf("%u queue%s", after, s(after));
    else
        (void)printf("%u -> %u queue%s", before, after, s(after));
    if (e->updates)
        (void)printf(", %u guest update%s", e->updates, s(e->updates));
    if (e->clears)
        (void)fputs(", taken from the guest", stdout);
    (void)putchar('\n');
}

static void
put_guest(const struct what_if *w, const struct vap_effect *e)
{
    const struct vap_mdev *was = &w->host->slots[e->mdev];

    put_guest_line(w, e);
    put_difference("assigned", "unassigned", &was->matrix, &e->now.matrix);
    put_difference("gains", "loses", held(was), held(&e->now));
    if (!vap_matrix_equal(held(was), held(&e->now))) {
        (void)printf("  %-*s", LEFT - 2, "guest");
        put_turn(held(was), held(&e->now));
    }
    if (e->now.vm && !vap_matrix_equal(&was->guest, &e->now.guest) &&
        !vap_matrix_equal(&e->now.guest, &e->now.apcb)) {
        (void)printf("  %-*sguest_matrix ", LEFT - 2, "not told");
        put_turn(&was->guest, &e->now.guest);
    }
}

/* ---- queues */

/* That the next bind goes by. */
static void
put_overrides(const struct vap_change *c)
{
    struct turns turns = { .out = stdout, .left = "queues" };

    VAP_EACH (a, &c->rows) {
        const struct vap_row *was = &c->host->row[a];
        const struct vap_row *is = &c->new_row[a];

        turns_add(&turns, a, vap_mask_less(is->overridden, was->overridden),
                  " with a driver_override, for the next bind");
        turns_add(&turns, a,
                  vap_mask_less(vap_mask_and(was->overridden, is->present),
                                is->overridden),
                  " without a driver_override, for the next bind");
    }
    turns_end(&turns);
}

/* Queues that answer in another way, or are going to. */
static void
put_states(const struct vap_change *c)
{
    static const struct {
        uint8_t state;
        const char *word;
    } states[] = {
        { VAP_RC_NORMAL, " configured" },
        { VAP_RC_DECONFIGURED, " deconfigured: no answer, but not filtered" },
        { VAP_RC_CHECKSTOPPED, " checkstopped: no answer, but not filtered" },
    };
    struct turns turns = { .out = stdout, .left = "cards" };

    VAP_EACH (a, &c->cold)
        for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
            struct vap_mask domains = vap_mask_none();

            VAP_EACH (d, &c->row[a]->present)
                if (c->new_queue[a][d].state == states[i].state &&
                    c->host->queue[a][d].state != states[i].state)
                    vap_mask_add(&domains, d);
            turns_add(&turns, a, domains, states[i].word);
        }
    turns_end(&turns);
}

/* ---- the host */

static void
put_mask(const char *name, struct vap_mask was, struct vap_mask is, int digits)
{
    struct vap_mask gone = vap_mask_less(was, is);
    struct vap_mask come = vap_mask_less(is, was);
    char ids[IDS_TEXT];

    if (vap_mask_equal(&was, &is))
        return;
    (void)printf("%-*s", LEFT, name);
    if (!vap_mask_empty(&gone))
        (void)printf("-%s", ids_text(&gone, digits, ids));
    if (!vap_mask_empty(&come))
        (void)printf("%s+%s", vap_mask_empty(&gone) ? "" : " ",
                     ids_text(&come, digits, ids));
    (void)putchar('\n');
}

static void
put_host(const struct vap_change *c)
{
    const struct vap_bus *was = &c->host->bus;
    const struct vap_bus *is = &c->bus;

    put_mask("apmask", was->apmask, is->apmask, 2);
    put_mask("aqmask", was->aqmask, is->aqmask, 4);
    put_mask("adapters", was->config.ids.adapters, is->config.ids.adapters, 2);
    put_mask("domains", was->config.ids.domains, is->config.ids.domains, 4);
    put_mask("control", was->config.ids.control, is->config.ids.control, 4);
    if (was->no_autoprobe != is->no_autoprobe)
        (void)printf("%-*snew queues are %soffered to a driver\n", LEFT,
                     "autoprobe", is->no_autoprobe ? "not " : "");
    if (!vap_matrix_equal(&is->hardware.ids, &is->config.ids))
        (void)printf("%-*sdue: the hardware is not what the last one saw\n",
                     LEFT, "scan");
}

static bool
same_bus(const struct vap_bus *a, const struct vap_bus *b)
{
    return vap_mask_equal(&a->apmask, &b->apmask) &&
           vap_mask_equal(&a->aqmask, &b->aqmask) &&
           vap_matrix_equal(&a->config.ids, &b->config.ids) &&
           vap_matrix_equal(&a->hardware.ids, &b->hardware.ids) &&
           a->no_autoprobe == b->no_autoprobe;
}

static bool
changes_nothing(const struct vap_change *c)
{
    return !c->n_effects && !c->n_resets && vap_mask_empty(&c->rows) &&
           vap_mask_empty(&c->cold) && same_bus(&c->bus, &c->host->bus);
}

static int
put_effect(const struct what_if *w)
{
    const struct vap_change *c = w->host->change;
    int r;

    if (changes_nothing(c)) {
        (void)puts("nothing would change");
        return 0;
    }
    if (!c->n_effects)
        (void)puts("no guest would notice");
    for (uint32_t i = 0; i < c->n_effects; i++)
        put_guest(w, &c->effects[i]);
    r = what_if_order(w);
    put_overrides(c);
    put_states(c);
    put_host(c);
    return r;
}

int
what_if_text(struct what_if *w, bool step)
{
    int r = 0;

    if (step) {
        (void)fputs("> ", stdout);
        say_quoted(stdout, *w->words);
        (void)putchar('\n');
    }
    if (w->verdict != VAP_OK)
        r = put_refusal(w);
    if (!r && happens(w))
        r = put_effect(w);
    return r;
}
