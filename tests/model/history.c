/* SPDX-License-Identifier: MIT */
#include "model/history.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

/* ---- drawn ------------------------------------------------------------ */

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
                                       VAP_NO_DRIVER, VAP_OTHER_DRIVER };
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
    r.driver = drivers[test_below(rng, override ? ROWS(drivers) : 3)];
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

/* ---- told ------------------------------------------------------------- */

struct writer {
    char *text;
    size_t size;
    size_t at;
};

static void __attribute__((format(printf, 2, 3)))
put(struct writer *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    w->at += (size_t)vsnprintf(w->text + w->at, w->size - w->at, format, args);
    va_end(args);
    if (w->at >= w->size)
        w->at = w->size - 1;
}

static void
put_set(struct writer *w, const struct vap_mask *m)
{
    char set[VAP_SET_TEXT];

    (void)vap_set_text(m, set, sizeof(set));
    put(w, "%s", set);
}

/* Runs of ids, each with a sign: "-0-2,-5". */
static void
put_terms(struct writer *w, const struct vap_mask *m, char sign)
{
    for (unsigned id = vap_mask_next(m, 0); id < VAP_IDS;
         id = vap_mask_next(m, id)) {
        unsigned from = id;

        while (id < VAP_IDS && vap_mask_has(m, id))
            id++;
        put(w, id - from > 1 ? "%c%u-%u," : "%c%u,", sign, from, id - 1);
    }
}

static void
put_edit(struct writer *w, const struct vap_edit *edit)
{
    if (vap_mask_count(&edit->clear) == VAP_IDS) {
        put(w, "=");
        put_set(w, &edit->set);
        return;
    }
    put_terms(w, &edit->clear, '-');
    put_terms(w, &edit->set, '+');
    if (w->at && w->text[w->at - 1] == ',')
        w->text[--w->at] = '\0';
}

static void
put_edits(struct writer *w, const struct vap_request *r)
{
    const struct {
        const char *name;
        const struct vap_edit *edit;
    } rows[] = {
        { "apm", &r->edit.adapters },
        { "aqm", &r->edit.domains },
        { "adm", &r->edit.control },
    };

    for (size_t i = 0; i < ROWS(rows); i++)
        if (!vap_mask_empty(&rows[i].edit->clear) ||
            !vap_mask_empty(&rows[i].edit->set)) {
            put(w, " %s", rows[i].name);
            put_edit(w, rows[i].edit);
        }
}

static void
put_driver(struct writer *w, unsigned driver)
{
    static const char *const names[] = {
        [VAP_NO_DRIVER] = "",
        [VAP_DEFAULT] = " cex4queue",
        [VAP_VFIO_AP] = " vfio_ap",
        [VAP_OTHER_DRIVER] = " nobody",
    };

    put(w, "%s", names[driver]);
}

static void
put_config(struct writer *w, const struct vap_request *r)
{
    put(w, " ");
    put_set(w, &r->matrix.adapters);
    put(w, ":");
    put_set(w, &r->matrix.domains);
    put(w, ":");
    put_set(w, &r->matrix.control);
}

static void
put_part(struct writer *w, char part, const struct vap_request *r)
{
    switch (part) {
    case 'm':
        put(w, " m%u", r->mdev);
        break;
    case 'k':
        if (r->vm)
            put(w, " k%u", r->vm);
        break;
    case 'i':
        put(w, " %u", (unsigned)r->id);
        break;
    case 'q':
        put(w, " %02x.%04x", VAP_ADAPTER_OF(r->apqn), VAP_DOMAIN_OF(r->apqn));
        break;
    case 'd':
        put_driver(w, r->driver);
        break;
    case 'r':
        put(w, " %u", r->rc);
        break;
    case 'n':
        put(w, " %u", r->times);
        break;
    case 'c':
        put_config(w, r);
        break;
    case 'A':
    case 'D':
        put(w, " ");
        put_edit(w, part == 'A' ? &r->edit.adapters : &r->edit.domains);
        break;
    default:
        put_edits(w, r);
    }
}

size_t
history_words(const struct vap_request *r, char *text, size_t size)
{
    struct writer w = { .size = size };

    w.text = text;
    put(&w, "%s", engine_ops[r->op].word);
    for (const char *part = engine_ops[r->op].reads; *part; part++)
        put_part(&w, *part, r);
    return w.at;
}

static void
print_set(FILE *out, const char *name, const struct vap_mask *m)
{
    char set[VAP_SET_TEXT];

    (void)vap_set_text(m, set, sizeof(set));
    (void)fprintf(out, " %s=%s", name, set);
}

void
history_print(const struct history *h, FILE *out)
{
    char words[HISTORY_WORDS];

    (void)fprintf(out, "    boot rule=%s kernel=%s apxa=%d na=%u nd=%u",
                  h->rule->name, h->kernel == VAP_LINUX_6_12 ? "6.12" : "7.2",
                  h->config.apxa, h->config.last_adapter,
                  h->config.last_domain);
    print_set(out, "apm", &h->config.ids.adapters);
    print_set(out, "aqm", &h->config.ids.domains);
    print_set(out, "adm", &h->config.ids.control);
    print_set(out, "apmask", &h->apmask);
    print_set(out, "aqmask", &h->aqmask);
    (void)fputc('\n', out);
    for (size_t i = 0; i < h->n; i++) {
        (void)history_words(&h->asked[i], words, sizeof(words));
        (void)fprintf(out, "    %s\n", words);
    }
}

/* ---- made short ------------------------------------------------------- */

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
