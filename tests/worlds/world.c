/* SPDX-License-Identifier: MIT */
#include "worlds/world.h"

#include <stdarg.h>

#include "engine.h"
#include "model/history.h"

#define MAX_REQUESTS 512
#define NOWHERE UINT32_MAX

struct world_table {
    const struct world *w;
    struct vap_request asked[MAX_REQUESTS];
    size_t n_asked;
    uint64_t *state; /* in the order found */
    uint32_t *parent; /* from which */
    uint16_t *by; /* by which request */
    size_t n;
    size_t room;
    uint32_t *bucket; /* hash to index + 1 */
    size_t n_buckets; /* a power of two */
    size_t n_transitions;
    unsigned low_bits; /* of a state: what came of it */
    unsigned apcb_bits;
};

/* One host for all worlds: a state is written into the few rows it has. */
static struct engine e;

/* ---- a state as a number ----------------------------------------------- */

/* The first n ids of a mask, 1 to 63, as a number, and back. */
static uint64_t
small(const struct vap_mask *m, unsigned n)
{
    return m->word[0] >> (64 - n);
}

static struct vap_mask
mask(uint64_t number, unsigned n)
{
    return (struct vap_mask){ { n ? number << (64 - n) : 0, 0, 0, 0 } };
}

/* Reads and writes a state field by field; both go through the same list. */
struct packer {
    uint64_t bits;
    bool write; /* into the host */
};

static void
pack(struct packer *p, uint64_t *value, unsigned n)
{
    if (p->write) {
        *value = p->bits >> (64 - n);
        p->bits <<= n;
    } else {
        p->bits = p->bits << n | *value;
    }
}

static void
pack_mask(struct packer *p, struct vap_mask *m, unsigned n)
{
    uint64_t number = small(m, n);

    pack(p, &number, n);
    *m = mask(number, n);
}

static void
pack_bool(struct packer *p, bool *b)
{
    uint64_t number = *b;

    pack(p, &number, 1);
    *b = number != 0;
}

static void
pack_matrix(const struct world *w, struct packer *p, struct vap_matrix *m)
{
    pack_mask(p, &m->adapters, w->n_adapters);
    pack_mask(p, &m->domains, w->n_domains);
    if (w->control)
        pack_mask(p, &m->control, w->n_domains);
}

static unsigned
matrix_bits(const struct world *w)
{
    return w->n_adapters + w->n_domains * (w->control ? 2 : 1);
}

static void
pack_host(const struct world *w, struct packer *p)
{
    struct vap_bus *bus = &e.host.bus;

    pack_matrix(w, p, &bus->config.ids);
    if (w->masks) {
        pack_mask(p, &bus->apmask, w->n_adapters);
        pack_mask(p, &bus->aqmask, w->n_domains);
    }
    for (unsigned a = 0; a < w->n_adapters; a++) {
        pack_mask(p, &e.host.row[a].vfio, w->n_domains);
        if (w->masks)
            pack_mask(p, &e.host.row[a].dflt, w->n_domains);
    }
}

static void
pack_all(const struct world *w, struct packer *p)
{
    pack_host(w, p);
    for (unsigned i = 0; i < w->n_mdevs; i++) {
        struct vap_mdev *m = &e.mdevs[i];
        bool open = m->vm != 0;

        pack_matrix(w, p, &m->matrix);
        if (!w->guests)
            continue;
        pack_bool(p, &m->exists);
        pack_bool(p, &open);
        m->vm = open ? i + 1 : 0;
    }
    for (unsigned i = 0; i < w->n_mdevs; i++)
        pack_matrix(w, p, &e.mdevs[i].guest);
    for (unsigned i = 0; i < w->n_mdevs; i++)
        pack_matrix(w, p, &e.mdevs[i].apcb);
}

static unsigned
all_bits(const struct world *w)
{
    unsigned n = matrix_bits(w) + w->n_adapters * w->n_domains;

    if (w->masks)
        n += w->n_adapters + w->n_domains + w->n_adapters * w->n_domains;
    return n + w->n_mdevs * (3 * matrix_bits(w) + (w->guests ? 2 : 0));
}

static uint64_t
read_state(const struct world *w)
{
    struct packer p = { 0, false };

    pack_all(w, &p);
    return p.bits;
}

/* The rest follows: which queues there are, and that none has a past. */
static void
write_state(const struct world *w, uint64_t state)
{
    struct packer p = { state << (64 - all_bits(w)), true };
    struct vap_bus *bus = &e.host.bus;

    pack_all(w, &p);
    bus->hardware.ids = bus->config.ids;
    bus->scans = 0;
    bus->masks_written = false;
    for (unsigned a = 0; a < w->n_adapters; a++) {
        struct vap_row *row = &e.host.row[a];

        row->present = vap_mask_has(&bus->config.ids.adapters, a)
                           ? bus->config.ids.domains
                           : vap_mask_none();
        row->sound = row->vfio;
        row->abnormal = row->overridden = vap_mask_none();
        for (unsigned d = 0; d < w->n_domains; d++)
            e.host.queue[a][d] = (struct vap_queue){ 0 };
    }
}

/* ---- what can be asked -------------------------------------------------- */

static struct vap_request *
add(struct world_table *t, enum vap_op op)
{
    struct vap_request *r = &t->asked[t->n_asked++];

    if (t->n_asked == MAX_REQUESTS)
        FAIL("there is more to ask than %d requests", MAX_REQUESTS);
    *r = (struct vap_request){ .op = op };
    return r;
}

static void
add_id(struct world_table *t, enum vap_op op, uint32_t mdev, unsigned n)
{
    for (unsigned id = 0; id < n; id++) {
        struct vap_request *r = add(t, op);

        r->mdev = mdev;
        r->id = id;
    }
}

static void
add_mdev(struct world_table *t, uint32_t mdev)
{
    static const enum vap_op ops[] = { VAP_CREATE, VAP_REMOVE, VAP_OPEN_MDEV,
                                       VAP_CLOSE_MDEV, VAP_RESET_MDEV };
    const struct world *w = t->w;

    add_id(t, VAP_ASSIGN_ADAPTER, mdev, w->n_adapters);
    add_id(t, VAP_UNASSIGN_ADAPTER, mdev, w->n_adapters);
    add_id(t, VAP_ASSIGN_DOMAIN, mdev, w->n_domains);
    add_id(t, VAP_UNASSIGN_DOMAIN, mdev, w->n_domains);
    if (w->control) {
        add_id(t, VAP_ASSIGN_CONTROL, mdev, w->n_domains);
        add_id(t, VAP_UNASSIGN_CONTROL, mdev, w->n_domains);
    }
    for (size_t i = 0; i < ROWS(ops) && w->guests; i++) {
        struct vap_request *r = add(t, ops[i]);

        r->mdev = mdev;
        r->vm = mdev + 1;
    }
    for (uint64_t a = 0; a < UINT64_C(1) << w->n_adapters && w->whole; a++)
        for (uint64_t d = 0; d < UINT64_C(1) << w->n_domains; d++) {
            struct vap_request *r = add(t, VAP_AP_CONFIG);

            r->mdev = mdev;
            r->matrix.adapters = mask(a, w->n_adapters);
            r->matrix.domains = mask(d, w->n_domains);
        }
}

static void
add_queues(struct world_table *t)
{
    for (unsigned a = 0; a < t->w->n_adapters; a++)
        for (unsigned d = 0; d < t->w->n_domains; d++)
            for (int k = 0; k < (t->w->masks ? 4 : 2); k++) {
                struct vap_request *r = add(t, k % 2 ? VAP_BIND : VAP_UNBIND);

                r->apqn = VAP_APQN(a, d);
                r->driver = k / 2 ? VAP_DEFAULT : VAP_VFIO_AP;
            }
}

static struct vap_edit
flip(unsigned id, bool on)
{
    struct vap_edit edit = { vap_mask_none(), vap_mask_none() };

    vap_mask_add(on ? &edit.set : &edit.clear, id);
    return edit;
}

static void
add_flips(struct world_table *t)
{
    for (int on = 0; on < 2; on++) {
        for (unsigned a = 0; a < t->w->n_adapters; a++) {
            if (t->w->host)
                add(t, VAP_HOST)->edit.adapters = flip(a, on);
            if (t->w->masks)
                add(t, VAP_APMASK)->edit.adapters = flip(a, on);
        }
        for (unsigned d = 0; d < t->w->n_domains; d++) {
            if (t->w->host)
                add(t, VAP_HOST)->edit.domains = flip(d, on);
            if (t->w->host && t->w->control)
                add(t, VAP_HOST)->edit.control = flip(d, on);
            if (t->w->masks)
                add(t, VAP_AQMASK)->edit.domains = flip(d, on);
        }
    }
}

static void
add_hosts(struct world_table *t)
{
    const struct world *w = t->w;

    for (uint64_t a = 0; a < UINT64_C(1) << w->n_adapters; a++)
        for (uint64_t d = 0; d < UINT64_C(1) << w->n_domains; d++) {
            struct vap_request *r = add(t, VAP_HOST);

            r->edit.adapters = vap_edit_to(mask(a, w->n_adapters));
            r->edit.domains = vap_edit_to(mask(d, w->n_domains));
        }
}

static void
list_requests(struct world_table *t)
{
    for (uint32_t i = 0; i < t->w->n_mdevs; i++)
        add_mdev(t, i);
    add_queues(t);
    add_flips(t);
    if (t->w->host && t->w->whole)
        add_hosts(t);
}

/* ---- all there is ------------------------------------------------------- */

static size_t
bucket_of(const struct world_table *t, uint64_t state)
{
    size_t at = (size_t)((state * UINT64_C(0x9e3779b97f4a7c15)) >> 20) &
                (t->n_buckets - 1);

    while (t->bucket[at] && t->state[t->bucket[at] - 1] != state)
        at = (at + 1) & (t->n_buckets - 1);
    return at;
}

static void *
grown(void *p, size_t n, size_t size)
{
    p = realloc(p, n * size);
    if (!p)
        FAIL("no memory for %zu states", n);
    return p;
}

static void
make_room(struct world_table *t)
{
    if (t->n < t->room)
        return;
    t->room = t->room ? 2 * t->room : 1024;
    t->state = grown(t->state, t->room, sizeof(*t->state));
    t->parent = grown(t->parent, t->room, sizeof(*t->parent));
    t->by = grown(t->by, t->room, sizeof(*t->by));
    t->n_buckets = 4 * t->room;
    t->bucket = grown(t->bucket, t->n_buckets, sizeof(*t->bucket));
    memset(t->bucket, 0, t->n_buckets * sizeof(*t->bucket));
    for (size_t i = 0; i < t->n; i++)
        t->bucket[bucket_of(t, t->state[i])] = (uint32_t)i + 1;
}

static void
find(struct world_table *t, uint64_t state, uint32_t parent, uint16_t by)
{
    make_room(t);

    size_t at = bucket_of(t, state);

    if (t->bucket[at])
        return;
    t->state[t->n] = state;
    t->parent[t->n] = parent;
    t->by[t->n] = by;
    t->bucket[at] = (uint32_t)++t->n;
}

static void
start(const struct world *w)
{
    struct vap_config config = {
        .ids = { vap_mask_up_to(w->n_adapters - 1),
                 vap_mask_up_to(w->n_domains - 1),
                 w->control ? vap_mask_up_to(w->n_domains - 1)
                            : vap_mask_none() },
        .apxa = true,
        .last_adapter = (uint8_t)(w->n_adapters - 1),
        .last_domain = (uint8_t)(w->n_domains - 1),
    };
    struct vap_mask none = vap_mask_none();

    vap_host_init(&e.host, vap_rule_named(w->rule), VAP_LINUX_7_2, &config,
                  &none, &none, e.mdevs, ENGINE_MDEVS);
    vap_change_init(&e.change, e.where, ENGINE_MDEVS, e.effects, ENGINE_MDEVS,
                    e.resets, ENGINE_RESETS);
    for (uint32_t i = 0; i < w->n_mdevs; i++)
        e.mdevs[i] = (struct vap_mdev){
            .exists = true,
            .vm = i + 1,
            .last_adapter = config.last_adapter,
            .last_domain = config.last_domain,
        };
}

static bool
happens(enum vap_verdict v)
{
    return v == VAP_OK || v == VAP_HELD || v == VAP_RESET_FAILED;
}

static void
ask_everything(struct world_table *t, uint32_t from)
{
    uint64_t state = t->state[from];

    for (size_t i = 0; i < t->n_asked; i++) {
        write_state(t->w, state);
        if (!happens(vap_plan(&e.host, &t->asked[i], 1, &e.change, &e.why)))
            continue;
        vap_apply(&e.host, &e.change);
        t->n_transitions++;
        find(t, read_state(t->w), from, (uint16_t)i);
    }
}

struct world_table *
world_explore(const struct world *w)
{
    struct world_table *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    if (all_bits(w) > 64)
        FAIL("%s: a state of %u bits", w->name, all_bits(w));
    t->w = w;
    t->low_bits = 2 * w->n_mdevs * matrix_bits(w);
    t->apcb_bits = w->n_mdevs * matrix_bits(w);
    list_requests(t);
    start(w);
    find(t, read_state(w), NOWHERE, 0);
    for (uint32_t i = 0; i < t->n; i++)
        ask_everything(t, i);
    return t;
}

void
world_free(struct world_table *t)
{
    if (!t)
        return;
    free(t->state);
    free(t->parent);
    free(t->by);
    free(t->bucket);
    free(t);
}

size_t
world_size(const struct world_table *t)
{
    return t->n;
}

size_t
world_transitions(const struct world_table *t)
{
    return t->n_transitions;
}

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
    say(text, "    host %s; vfio_ap has", engine_text(&e.host.bus.config.ids));
    for (unsigned a = 0; a < w->n_adapters; a++)
        VAP_EACH (d, &e.host.row[a].vfio)
            say(text, " %02x.%04x", a, d);
    for (unsigned i = 0; i < w->n_mdevs; i++)
        say(text, "\n    m%u: matrix %s guest %s apcb %s%s", i,
            engine_text(&e.mdevs[i].matrix), engine_text(&e.mdevs[i].guest),
            engine_text(&e.mdevs[i].apcb), e.mdevs[i].vm ? " open" : "");
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
        write_state(t->w, t->state[way[n]]);
        say_state(&text, t->w);
    }
    return buffer;
}

/* ---- judged ---------------------------------------------------------------
 */

/* The guest matrix once more, queue by queue. */
static bool
adapter_due(const struct world *w, const struct vap_mdev *m, unsigned a)
{
    const struct vap_matrix *ids = &e.host.bus.config.ids;

    for (unsigned d = 0; d < w->n_domains; d++)
        if (vap_mask_has(&m->matrix.domains, d) &&
            vap_mask_has(&ids->domains, d) &&
            !vap_mask_has(&e.host.row[a].vfio, d))
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
            vap_mask_has(&e.host.bus.config.ids.domains, d))
            vap_mask_add(&g.domains, d);
        if (vap_mask_has(&m->matrix.control, d) &&
            vap_mask_has(&e.host.bus.config.ids.control, d))
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
        guests += has(&e.mdevs[i].guest, a, d);
        matrices += has(&e.mdevs[i].matrix, a, d);
    }
    if (guests > 1)
        return "a queue is in two guests";
    if (matrices > 1)
        return "a queue is in two mdevs";
    if (guests && !vap_mask_has(&e.host.row[a].vfio, d))
        return "an unbound queue is in a guest";
    if (vap_mask_has(&e.host.row[a].vfio, d) &&
        vap_mask_has(&e.host.row[a].dflt, d))
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

    if (e.host.rule != &vap_rule_state)
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

    (void)vap_plan(&e.host, &again, 1, &e.change, &e.why);
    return e.change.n_effects || e.change.n_resets
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
        wrong = check_mdev(w, &e.mdevs[i]);
    if (wrong || e.host.rule != &vap_rule_state)
        return wrong;
    return check_again();
}

const char *
world_check(struct world_table *t, size_t *state)
{
    for (*state = 0; *state < t->n; ++*state) {
        write_state(t->w, t->state[*state]);

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
        struct vap_matrix g = due(w, &e.mdevs[i]);

        if (n_queues(&e.mdevs[i].guest) < n_queues(&g))
            return true;
    }
    return false;
}

static bool
is_stale(const struct world *w)
{
    for (unsigned i = 0; i < w->n_mdevs; i++)
        if (e.mdevs[i].vm &&
            !vap_matrix_equal(&e.mdevs[i].guest, &e.mdevs[i].apcb))
            return true;
    return false;
}

static bool
is_shared(const struct world *w)
{
    for (unsigned i = 0; i < w->n_mdevs; i++)
        for (unsigned k = 0; k < i; k++)
            if (vap_mask_meets(&e.mdevs[i].apcb.adapters,
                               &e.mdevs[k].apcb.adapters) &&
                vap_mask_meets(&e.mdevs[i].apcb.domains,
                               &e.mdevs[k].apcb.domains))
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
        write_state(t->w, sorted[i]);
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
    uint64_t *sorted = grown(NULL, t->n, sizeof(*sorted));
    size_t i = 0;

    memcpy(sorted, t->state, t->n * sizeof(*sorted));
    qsort(sorted, t->n, sizeof(*sorted), by_number);
    while (i < t->n)
        i = count_input(t, sorted, i, &f);
    free(sorted);
    return f;
}
