/* SPDX-License-Identifier: MIT */
/* States told, judged and counted. */
#include "worlds/table.h"

#include <stdarg.h>

#include "model/history.h"

/* ---- told ---------------------------------------------------------------- */

struct text {
    char *at;
    char *end;
};

static void __attribute__((format(printf, 2, 3)))
say(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);

    int n = vsnprintf(text->at, (size_t)(text->end - text->at), format, args);

    va_end(args);
    text->at += n < text->end - text->at ? n : text->end - text->at - 1;
}

static void
say_state(struct text *text, const struct world *w)
{
    say(text, "    host %s; vfio_ap has",
        engine_text(&world_engine.host.bus.config.ids));
    for (unsigned a = 0; a < w->n_adapters; a++)
        VAP_EACH (d, &world_engine.host.row[a].vfio)
            say(text, " %02x.%04x", a, d);
    for (unsigned i = 0; i < w->n_mdevs; i++)
        say(text, "\n    m%u: matrix %s guest %s apcb %s%s", i,
            engine_text(&world_engine.mdevs[i].matrix),
            engine_text(&world_engine.mdevs[i].guest),
            engine_text(&world_engine.mdevs[i].apcb),
            world_engine.mdevs[i].vm ? " open" : "");
    say(text, "\n");
}

const char *
world_history(struct world_table *t, size_t state)
{
    static char buffer[16384];
    struct text text = { buffer, buffer + sizeof(buffer) };
    uint32_t way[64];
    size_t n = 0;

    for (uint32_t i = (uint32_t)state; i != NOWHERE && n < ROWS(way);
         i = t->parent[i])
        way[n++] = i;
    while (n--) {
        char words[HISTORY_WORDS] = "all bound";

        if (t->parent[way[n]] != NOWHERE)
            (void)history_words(&t->asked[t->by[way[n]]], words, sizeof(words));
        say(&text, "%s\n", words);
        world_write_state(t->w, t->state[way[n]]);
        say_state(&text, t->w);
    }
    return buffer;
}

/* ---- judged ------------------------------------------------------------- */

/* The guest matrix once more, queue by queue. */
static bool
adapter_due(const struct world *w, const struct vap_mdev *m, unsigned a)
{
    const struct vap_matrix *ids = &world_engine.host.bus.config.ids;

    for (unsigned d = 0; d < w->n_domains; d++)
        if (vap_mask_has(&m->matrix.domains, d) &&
            vap_mask_has(&ids->domains, d) &&
            !vap_mask_has(&world_engine.host.row[a].vfio, d))
            return false;
    return vap_mask_has(&m->matrix.adapters, a) &&
           vap_mask_has(&ids->adapters, a);
}

static void
drop_one_sided(struct vap_matrix *m)
{
    if (vap_mask_empty(&m->adapters) || vap_mask_empty(&m->domains))
        m->adapters = m->domains = vap_mask_none();
}

static struct vap_matrix
due(const struct world *w, const struct vap_mdev *m)
{
    struct vap_matrix g = { vap_mask_none(), vap_mask_none(), vap_mask_none() };

    for (unsigned a = 0; a < w->n_adapters; a++)
        if (adapter_due(w, m, a))
            vap_mask_add(&g.adapters, a);
    for (unsigned d = 0; d < w->n_domains; d++) {
        if (vap_mask_has(&m->matrix.domains, d) &&
            vap_mask_has(&world_engine.host.bus.config.ids.domains, d))
            vap_mask_add(&g.domains, d);
        if (vap_mask_has(&m->matrix.control, d) &&
            vap_mask_has(&world_engine.host.bus.config.ids.control, d))
            vap_mask_add(&g.control, d);
    }
    drop_one_sided(&g);
    return g;
}

static bool
has(const struct vap_matrix *m, unsigned a, unsigned d)
{
    return vap_mask_has(&m->adapters, a) && vap_mask_has(&m->domains, d);
}

/* Of one queue: who has it in a guest, or in a matrix. */
static const char *
check_queue(const struct world *w, unsigned a, unsigned d)
{
    unsigned guests = 0;
    unsigned matrices = 0;

    for (unsigned i = 0; i < w->n_mdevs; i++) {
        guests += has(&world_engine.mdevs[i].guest, a, d);
        matrices += has(&world_engine.mdevs[i].matrix, a, d);
    }
    if (guests > 1)
        return "a queue is in two guests";
    if (matrices > 1)
        return "a queue is in two mdevs";
    if (guests && !vap_mask_has(&world_engine.host.row[a].vfio, d))
        return "an unbound queue is in a guest";
    if (vap_mask_has(&world_engine.host.row[a].vfio, d) &&
        vap_mask_has(&world_engine.host.row[a].dflt, d))
        return "a queue has two drivers";
    return NULL;
}

static const char *
check_mdev(const struct world *w, const struct vap_mdev *m)
{
    const struct vap_matrix none = { vap_mask_none(), vap_mask_none(),
                                     vap_mask_none() };
    struct vap_matrix g = due(w, m);
    struct vap_matrix is = m->guest;

    if (world_engine.host.rule != &vap_rule_state)
        drop_one_sided(&is);
    if (!vap_matrix_equal(&is, &g))
        return "a guest has not what the state allows";
    if (!vap_matrix_equal(&m->apcb, m->vm ? &m->guest : &none))
        return "an APCB is not the guest matrix";
    return NULL;
}

static const char *
check_again(void)
{
    static const struct vap_request again = { .op = VAP_LOOK_AGAIN };

    (void)vap_plan(&world_engine.host, &again, 1, &world_engine.change,
                   &world_engine.why);
    return world_engine.change.n_effects || world_engine.change.n_resets
               ? "looking again finds something"
               : NULL;
}

static const char *
check_state(const struct world *w)
{
    const char *wrong = NULL;

    for (unsigned a = 0; a < w->n_adapters && !wrong; a++)
        for (unsigned d = 0; d < w->n_domains && !wrong; d++)
            wrong = check_queue(w, a, d);
    for (unsigned i = 0; i < w->n_mdevs && !wrong; i++)
        wrong = check_mdev(w, &world_engine.mdevs[i]);
    if (wrong || world_engine.host.rule != &vap_rule_state)
        return wrong;
    return check_again();
}

const char *
world_check(struct world_table *t, size_t *state)
{
    for (*state = 0; *state < t->n; ++*state) {
        world_write_state(t->w, t->state[*state]);

        const char *wrong = check_state(t->w);

        if (wrong)
            return wrong;
    }
    return NULL;
}

static int
by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static unsigned
n_queues(const struct vap_matrix *m)
{
    return vap_mask_count(&m->adapters) * vap_mask_count(&m->domains);
}

/* Does a guest of the state in the host have fewer queues than it could? */
static bool
has_too_few(const struct world *w)
{
    for (unsigned i = 0; i < w->n_mdevs; i++) {
        struct vap_matrix g = due(w, &world_engine.mdevs[i]);

        if (n_queues(&world_engine.mdevs[i].guest) < n_queues(&g))
            return true;
    }
    return false;
}

static bool
is_stale(const struct world *w)
{
    for (unsigned i = 0; i < w->n_mdevs; i++)
        if (world_engine.mdevs[i].vm &&
            !vap_matrix_equal(&world_engine.mdevs[i].guest,
                              &world_engine.mdevs[i].apcb))
            return true;
    return false;
}

static bool
is_shared(const struct world *w)
{
    for (unsigned i = 0; i < w->n_mdevs; i++)
        for (unsigned k = 0; k < i; k++)
            if (vap_mask_meets(&world_engine.mdevs[i].apcb.adapters,
                               &world_engine.mdevs[k].apcb.adapters) &&
                vap_mask_meets(&world_engine.mdevs[i].apcb.domains,
                               &world_engine.mdevs[k].apcb.domains))
                return true;
    return false;
}

/* All states of one input: they are next to each other once sorted. Returns
 * the first of the next. */
static size_t
count_input(const struct world_table *t, const uint64_t *sorted, size_t first,
            struct world_figures *f)
{
    uint64_t input = sorted[first] >> t->low_bits;
    bool several = false;
    bool too_few = false;
    bool stale = false;
    bool shared = false;
    size_t i = first;

    for (; i < t->n && sorted[i] >> t->low_bits == input; i++) {
        several |= sorted[i] >> t->apcb_bits != sorted[first] >> t->apcb_bits;
        world_write_state(t->w, sorted[i]);
        too_few |= has_too_few(t->w);
        stale |= is_stale(t->w);
        shared |= is_shared(t->w);
    }
    f->inputs++;
    f->several += several;
    f->too_few += several && too_few;
    f->stale += stale;
    f->shared += shared;
    return i;
}

struct world_figures
world_count(struct world_table *t)
{
    struct world_figures f = { 0, 0, 0, 0, 0 };
    uint64_t *sorted = world_grown(NULL, t->n, sizeof(*sorted));
    size_t i = 0;

    memcpy(sorted, t->state, t->n * sizeof(*sorted));
    qsort(sorted, t->n, sizeof(*sorted), by_number);
    while (i < t->n)
        i = count_input(t, sorted, i, &f);
    free(sorted);
    return f;
}
