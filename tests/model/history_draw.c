/* SPDX-License-Identifier: MIT */
/* Histories drawn at random, and how many of them. */
#include "model/history.h"

#include <errno.h>
#include <stdlib.h>

#include "engine.h"

static bool
chance(struct test_rng *rng, unsigned percent)
{
    return test_below(rng, 100) < percent;
}

/* Each id of 0 to last with this chance. */
static struct vap_mask
some(struct test_rng *rng, unsigned last, unsigned percent)
{
    struct vap_mask m = vap_mask_none();

    for (unsigned id = 0; id <= last; id++)
        if (chance(rng, percent))
            vap_mask_add(&m, id);
    return m;
}

/* Few of many: ids that meet often are those near the ends of words. */
static unsigned
hot(struct test_rng *rng, unsigned last)
{
    static const unsigned ids[] = { 0, 1, 2, 3, 63, 64, 127, 200, 255 };
    unsigned id = ids[test_below(rng, ROWS(ids))];

    if (chance(rng, 8))
        return (unsigned)test_below(rng, last + 1);
    return last < 16 ? (unsigned)test_below(rng, last + 1)
                     : (id > last ? last : id);
}

static struct vap_mask
some_hot(struct test_rng *rng, unsigned last, unsigned n)
{
    struct vap_mask m = vap_mask_none();

    while (n--)
        vap_mask_add(&m, hot(rng, last));
    return m;
}

static unsigned
last_adapter(const struct history *h)
{
    return vap_config_last_adapter(&h->config);
}

static unsigned
last_domain(const struct history *h)
{
    return vap_config_last_domain(&h->config);
}

/* Absolute, or a few ids. */
static struct vap_edit
draw_edit(struct test_rng *rng, unsigned last)
{
    struct vap_edit edit = { vap_mask_none(), vap_mask_none() };

    if (chance(rng, 10))
        return vap_edit_to(chance(rng, 50) ? vap_mask_all()
                                           : some(rng, last, 60));
    if (chance(rng, 60))
        edit.clear = some_hot(rng, last, 1 + (unsigned)test_below(rng, 3));
    if (chance(rng, 60))
        edit.set = some_hot(rng, last, 1 + (unsigned)test_below(rng, 3));
    return edit;
}

/* The host's configuration: another altogether, or by few ids, and seldom
 * beyond the highest. */
static void
draw_host(struct vap_request *r, const struct history *h, struct test_rng *rng)
{
    unsigned over = chance(rng, 3) ? 1 : 0;

    if (chance(rng, 25)) {
        r->edit.adapters = vap_edit_to(some(rng, last_adapter(h), 60));
        r->edit.domains = vap_edit_to(some(rng, last_domain(h), 60));
        return;
    }
    if (chance(rng, 60)) {
        r->edit.adapters.clear = some_hot(rng, last_adapter(h), 1);
        r->edit.adapters.set = some_hot(rng, last_adapter(h) + over, 1 + over);
    }
    if (chance(rng, 60)) {
        r->edit.domains.clear = some_hot(rng, last_domain(h), 1);
        r->edit.domains.set = some_hot(rng, last_domain(h) + over, 1 + over);
    }
    if (chance(rng, 30)) {
        r->edit.control.clear = some_hot(rng, last_domain(h), 1);
        r->edit.control.set = some_hot(rng, last_domain(h), 1);
    }
}

static void
draw_fault(struct vap_request *r, const struct history *h, struct test_rng *rng)
{
    static const uint8_t states[] = { 0, 0, 3, 4, 0, 3, 4, 1 };
    static const uint8_t rcs[] = { 0, 1, 2, 3, 4, 5, 7, 10, 0x35, 0x36, 0x42 };
    bool state = r->op == VAP_CARD_STATE || r->op == VAP_QUEUE_STATE;

    r->rc = state ? states[test_below(rng, ROWS(states))]
                  : rcs[test_below(rng, ROWS(rcs))];
    r->times = (uint8_t)test_below(rng, 4);
    r->id = hot(rng, last_adapter(h)) + (chance(rng, 3) ? 256 : 0);
}

/* How often each op is drawn. */
static const unsigned weight[VAP_OPS] = {
    [VAP_ASSIGN_ADAPTER] = 22, [VAP_UNASSIGN_ADAPTER] = 8,
    [VAP_ASSIGN_DOMAIN] = 22,  [VAP_UNASSIGN_DOMAIN] = 10,
    [VAP_ASSIGN_CONTROL] = 5,  [VAP_UNASSIGN_CONTROL] = 3,
    [VAP_AP_CONFIG] = 8,       [VAP_CREATE] = 8,
    [VAP_REMOVE] = 3,          [VAP_OPEN_MDEV] = 8,
    [VAP_CLOSE_MDEV] = 4,      [VAP_RESET_MDEV] = 6,
    [VAP_APMASK] = 5,          [VAP_AQMASK] = 5,
    [VAP_BIND] = 12,           [VAP_UNBIND] = 14,
    [VAP_PROBE] = 5,           [VAP_OVERRIDE] = 8,
    [VAP_HARDWARE] = 3,        [VAP_SCAN] = 3,
    [VAP_HOST] = 14,           [VAP_CARD_STATE] = 2,
    [VAP_QUEUE_STATE] = 3,     [VAP_FAIL_RESET] = 8,
    [VAP_FAIL_TEST] = 8,       [VAP_LOOK_AGAIN] = 2,
    [VAP_AUTOPROBE] = 2,
};

static bool
is_fault(enum vap_op op)
{
    return op == VAP_CARD_STATE || op == VAP_QUEUE_STATE ||
           op == VAP_FAIL_RESET || op == VAP_FAIL_TEST || op == VAP_HARDWARE;
}

static enum vap_op
draw_op(struct test_rng *rng, const struct history_kind *kind)
{
    unsigned all = 0;
    unsigned at;
    enum vap_op op = VAP_ASSIGN_ADAPTER;

    for (int i = 0; i < VAP_OPS; i++)
        all += weight[i];
    for (at = (unsigned)test_below(rng, all); at >= weight[op]; op++)
        at -= weight[op];
    if ((kind->no_faults && is_fault(op)) ||
        (kind->no_override && op == VAP_OVERRIDE))
        return draw_op(rng, kind);
    return op;
}

#define DRAWN_MDEVS 4 /* that are asked for often */

struct vap_request
history_request(const struct history *h, struct test_rng *rng,
                const struct history_kind *kind)
{
    static const uint8_t drivers[] = { VAP_VFIO_AP, VAP_VFIO_AP, VAP_DEFAULT,
                                       VAP_OTHER_DRIVER, VAP_NO_DRIVER };
    struct vap_request r = { .op = draw_op(rng, kind) };
    bool adapter = r.op == VAP_ASSIGN_ADAPTER || r.op == VAP_UNASSIGN_ADAPTER;
    unsigned last = adapter ? last_adapter(h) : last_domain(h);
    bool override = r.op == VAP_OVERRIDE;

    r.mdev = (uint32_t)(chance(rng, 98) ? test_below(rng, DRAWN_MDEVS)
                                        : test_below(rng, 18));
    r.vm = (uint32_t)test_below(rng, 6);
    r.id = hot(rng, last) + (chance(rng, 2) ? last + 1 : 0);
    if (r.op == VAP_AUTOPROBE)
        r.id = test_below(rng, 2);
    r.apqn = VAP_APQN(hot(rng, last_adapter(h)), hot(rng, last_domain(h)));
    r.driver = drivers[test_below(rng, override ? ROWS(drivers) : 4)];
    if (r.op == VAP_AP_CONFIG) {
        r.matrix.adapters =
            some_hot(rng, last_adapter(h), (unsigned)test_below(rng, 5));
        r.matrix.domains =
            some_hot(rng, last_domain(h), (unsigned)test_below(rng, 5));
        r.matrix.control =
            some_hot(rng, last_domain(h), (unsigned)test_below(rng, 3));
        if (chance(rng, 4))
            vap_mask_add(&r.matrix.domains, last_domain(h) + 1);
        if (chance(rng, 4))
            vap_mask_add(&r.matrix.adapters, last_adapter(h) + 1);
    }
    if (r.op == VAP_APMASK)
        r.edit.adapters = draw_edit(rng, last_adapter(h));
    if (r.op == VAP_AQMASK)
        r.edit.domains = draw_edit(rng, last_domain(h));
    if (r.op == VAP_HOST || r.op == VAP_HARDWARE)
        draw_host(&r, h, rng);
    if (is_fault(r.op) && r.op != VAP_HARDWARE)
        draw_fault(&r, h, rng);
    return r;
}

static void
draw_config(struct history *h, struct test_rng *rng)
{
    static const unsigned last[][2] = { { 2, 2 },   { 2, 2 },   { 3, 5 },
                                        { 15, 15 }, { 15, 84 }, { 255, 255 } };
    size_t size = test_below(rng, ROWS(last));
    unsigned often = chance(rng, 50) ? 95 : 60;

    h->config = (struct vap_config){
        .apxa = chance(rng, 95),
        .last_adapter = (uint8_t)last[size][0],
        .last_domain = (uint8_t)last[size][1],
    };
    h->config.ids.adapters = some(rng, last_adapter(h), often);
    h->config.ids.domains = some(rng, last_domain(h), often);
    h->config.ids.control = some(rng, last_domain(h), often);
}

/* Most hosts have a few mdevs before anything else happens, most of these a
 * guest, and most of the queues are for guests. */
static size_t
draw_beginning(struct history *h, struct test_rng *rng,
               const struct history_kind *kind)
{
    size_t n = 0;
    uint32_t n_mdevs = (uint32_t)test_below(rng, 4);

    if (kind->n_steps < 20)
        return 0;
    if (vap_mask_count(&h->aqmask) == VAP_IDS && chance(rng, 50)) {
        h->asked[n] = (struct vap_request){ .op = VAP_AQMASK };
        h->asked[n++].edit.domains.clear = some(rng, last_domain(h), 80);
    }
    for (uint32_t i = 0; i < n_mdevs; i++) {
        h->asked[n++] = (struct vap_request){ .op = VAP_CREATE, .mdev = i };
        if (chance(rng, 80))
            h->asked[n++] = (struct vap_request){ .op = VAP_OPEN_MDEV,
                                                  .mdev = i,
                                                  .vm = i + 1 };
        if (chance(rng, 70)) {
            h->asked[n] = (struct vap_request){ .op = VAP_AP_CONFIG };
            h->asked[n].mdev = i;
            h->asked[n].matrix.adapters = some_hot(rng, last_adapter(h), 2);
            h->asked[n++].matrix.domains = some_hot(rng, last_domain(h), 2);
        }
    }
    return n;
}

void
history_draw(struct history *h, uint64_t seed, const struct vap_rule *rule,
             const struct history_kind *kind)
{
    struct test_rng rng = { seed };
    unsigned masks = (unsigned)test_below(&rng, 4);

    *h = (struct history){ .seed = seed, .rule = rule };
    h->kernel = rule->kernel < 0 ? (enum vap_kernel)test_below(&rng, 2)
                                 : (enum vap_kernel)rule->kernel;
    draw_config(h, &rng);
    if (masks == 1)
        h->apmask = h->aqmask = vap_mask_all();
    if (masks == 2) {
        h->apmask = vap_mask_all();
        h->aqmask = some(&rng, 255, 20);
    }
    if (masks == 3) {
        h->apmask = some(&rng, 255, 30);
        h->aqmask = some(&rng, 255, 30);
    }
    h->n = kind->n_steps;
    for (size_t i = draw_beginning(h, &rng, kind); i < h->n; i++)
        h->asked[i] = history_request(h, &rng, kind);
}

double
history_times(void)
{
    const char *text = getenv("VAP_TIMES");
    char *end = NULL;
    double times;

    if (!text || !*text)
        return 1;
    errno = 0;
    times = strtod(text, &end);
    if (errno || *end || !(times > 0 && times <= 1e6)) {
        (void)fprintf(stderr,
                      "VAP_TIMES: \"%s\" is not a number above 0, at most "
                      "1000000\n",
                      text);
        exit(2);
    }
    return times;
}

size_t
history_count(size_t n)
{
    size_t count = (size_t)((double)n * history_times());

    return count ? count : 1;
}
