/* SPDX-License-Identifier: MIT */
/* What a guest has is adapters x domains, so what it gets elsewhere has to be
 * as well: adapters of the same types are chosen one by one, as long as they
 * have enough free domains in common. */
#include "planner/migrate.h"

#include "base/auto.h"

#include <errno.h>
#include <string.h>

/* So many choices are tried. */
enum { BUDGET = 200000 };

void
migrate_done(struct migrate *m)
{
    free(m->lacks);
    *m = (struct migrate){ 0 };
}

struct comparison {
    const struct host *from;
    const struct host *to;
    uint32_t own; /* the mdev's slot on `to`, if it is there */
    struct migrate *out;
    size_t room;
    struct vap_mask free[VAP_IDS]; /* domains, by adapter of `to` */
    struct vap_mask controlled; /* domains that the guest has and controls */
    uint32_t tries;
};

/* ---- the same ids */

static int
lack(struct comparison *c, struct migrate_lack lack)
{
    struct migrate *m = c->out;

    if (m->n_lacks == c->room) {
        size_t room = c->room ? 2 * c->room : 16;
        struct migrate_lack *grown = realloc(m->lacks, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        m->lacks = grown;
        c->room = room;
    }
    m->lacks[m->n_lacks++] = lack;
    return 0;
}

static uint32_t
holder_of(const struct comparison *c, unsigned apqn)
{
    uint32_t slot = vap_host_owner(c->to->engine, apqn);

    return slot == c->own ? c->to->engine->n_slots : slot;
}

/* Does it work there, or no less than here? */
static bool
works(const struct comparison *c, unsigned a, unsigned d)
{
    uint8_t state = c->to->engine->queue[a][d].state;

    return state == VAP_RC_NORMAL ||
           state == c->from->engine->queue[a][d].state;
}

static bool
is_free(const struct comparison *c, unsigned a, unsigned d)
{
    unsigned apqn = VAP_APQN(a, d);

    return vap_mask_has(&c->to->engine->row[a].sound, d) &&
           !vap_host_reserves(c->to->engine, apqn) &&
           holder_of(c, apqn) == c->to->engine->n_slots;
}

static int
compare_queue(struct comparison *c, unsigned a, unsigned d)
{
    const struct vap_host *to = c->to->engine;
    unsigned apqn = VAP_APQN(a, d);
    struct migrate_lack l = { .what = LACKS_DRIVER,
                              .adapter = (uint8_t)a,
                              .domain = (uint8_t)d };

    if (is_free(c, a, d) && works(c, a, d))
        return 0;
    l.holder = holder_of(c, apqn);
    if (l.holder < to->n_slots)
        l.what = LACKS_FREE;
    else if (vap_host_reserves(to, apqn))
        l.what = LACKS_MASK;
    else if (vap_mask_has(&to->row[a].sound, d))
        l.what = LACKS_STATE;
    return lack(c, l);
}

static bool
same_type(const struct comparison *c, unsigned a, unsigned b)
{
    return strcmp(host_card_type(c->from, a), host_card_type(c->to, b)) == 0;
}

static int
compare_adapter(struct comparison *c, unsigned a)
{
    const struct vap_matrix *ids = &c->to->engine->bus.config.ids;
    struct vap_mask domains = vap_mask_and(c->out->has.domains, ids->domains);
    struct migrate_lack l = { .what = LACKS_ADAPTER, .adapter = (uint8_t)a };
    int r = 0;

    if (!vap_mask_has(&ids->adapters, a))
        return lack(c, l);
    l.what = LACKS_TYPE;
    if (!same_type(c, a, a))
        r = lack(c, l);
    for (unsigned d = vap_mask_next(&domains, 0); d < VAP_IDS && !r;
         d = vap_mask_next(&domains, d + 1))
        r = compare_queue(c, a, d);
    return r;
}

static int
lack_each(struct comparison *c, struct vap_mask domains, bool control)
{
    int r = 0;

    for (unsigned d = vap_mask_next(&domains, 0); d < VAP_IDS && !r;
         d = vap_mask_next(&domains, d + 1))
        r = lack(c, (struct migrate_lack){ .what = control ? LACKS_CONTROL
                                                           : LACKS_DOMAIN,
                                           .domain = (uint8_t)d });
    return r;
}

/* The mdev's name, and its guest's. */
static int
compare_names(struct comparison *c, uint32_t slot)
{
    uint32_t vm = c->from->slots[slot].vm;
    const char *guest = vm ? host_vm_name(c->from, vm) : NULL;
    int r = 0;

    if (c->own != NAMES_NONE && !vap_matrix_empty(&c->to->slots[c->own].matrix))
        r = lack(c, (struct migrate_lack){ .what = LACKS_NAME });
    for (uint32_t i = 0; guest && i < c->to->engine->n_slots && !r; i++) {
        const struct vap_mdev *m = &c->to->slots[i];

        if (m->exists && m->vm && i != c->own &&
            strcmp(host_vm_name(c->to, m->vm), guest) == 0)
            r = lack(c, (struct migrate_lack){ .what = LACKS_VM, .holder = i });
    }
    return r;
}

static int
compare_ids(struct comparison *c)
{
    const struct vap_matrix *ids = &c->to->engine->bus.config.ids;
    const struct vap_matrix *has = &c->out->has;
    int r = 0;

    for (unsigned a = vap_mask_next(&has->adapters, 0); a < VAP_IDS && !r;
         a = vap_mask_next(&has->adapters, a + 1))
        r = compare_adapter(c, a);
    if (!r)
        r = lack_each(c, vap_mask_less(has->domains, ids->domains), false);
    return r ? r
             : lack_each(c, vap_mask_less(has->control, ids->control), true);
}

/* ---- other ids */

static void
find_free(struct comparison *c)
{
    const struct vap_matrix *ids = &c->to->engine->bus.config.ids;

    VAP_EACH (a, &ids->adapters)
        VAP_EACH (d, &ids->domains)
            if (is_free(c, a, d))
                vap_mask_add(&c->free[a], d);
}

/* Among these domains, are there as many as it has, and controls? */
static bool
is_enough(const struct comparison *c, const struct vap_mask *domains)
{
    struct vap_mask control =
        vap_mask_and(*domains, c->to->engine->bus.config.ids.control);

    return vap_mask_count(domains) >= vap_mask_count(&c->out->has.domains) &&
           vap_mask_count(&control) >= vap_mask_count(&c->controlled);
}

/* The state of an adapter that the guest has, all its queues alike. */
static uint8_t
state_here(const struct comparison *c, unsigned a)
{
    const struct vap_mask *domains = &c->out->has.domains;
    uint8_t state = c->from->engine->queue[a][vap_mask_next(domains, 0)].state;

    VAP_EACH (d, domains)
        if (c->from->engine->queue[a][d].state != state)
            return VAP_RC_NORMAL;
    return state;
}

/* Domains of b there that do for a: free, and at work or in the same state. */
static struct vap_mask
usable(const struct comparison *c, unsigned a, unsigned b)
{
    struct vap_mask domains = c->free[b];

    VAP_EACH (d, &c->free[b]) {
        uint8_t state = c->to->engine->queue[b][d].state;

        if (state != VAP_RC_NORMAL && state != state_here(c, a))
            vap_mask_drop(&domains, d);
    }
    return domains;
}

/* Each adapter from `a` on gets another that is not used, with `domains` and
 * more in common. The same id is tried first. */
static bool
map_adapters(struct comparison *c, unsigned a, struct vap_mask used,
             const struct vap_mask *domains, struct vap_mask *common)
{
    const struct vap_matrix *ids = &c->to->engine->bus.config.ids;

    a = vap_mask_next(&c->out->has.adapters, a);
    if (a == VAP_IDS) {
        *common = *domains;
        return true;
    }
    for (unsigned i = 0; i <= VAP_IDS; i++) {
        unsigned b = i ? i - 1 : a;
        struct vap_mask left;
        struct vap_mask taken = used;

        if ((i && b == a) || vap_mask_has(&used, b) ||
            !vap_mask_has(&ids->adapters, b) || !same_type(c, a, b))
            continue;
        left = vap_mask_and(*domains, usable(c, a, b));
        if (!is_enough(c, &left) || c->tries++ > BUDGET)
            continue;
        c->out->adapter[a] = (uint8_t)b;
        vap_mask_add(&taken, b);
        if (map_adapters(c, a + 1, taken, &left, common))
            return true;
    }
    return false;
}

/* Each of these gets the same where it is among those left, else the first
 * that is nobody's, first of all no other domain of the guest's. */
static void
map_domains(struct comparison *c, struct vap_mask domains,
            struct vap_mask *left, const struct vap_mask *allowed)
{
    struct vap_mask same = vap_mask_and(vap_mask_and(domains, *left), *allowed);

    *left = vap_mask_less(*left, same);
    VAP_EACH (d, &domains) {
        struct vap_mask any = vap_mask_and(*left, *allowed);
        struct vap_mask others = vap_mask_less(any, c->out->has.domains);
        unsigned to = d;

        if (!vap_mask_has(&same, d))
            to = vap_mask_next(vap_mask_empty(&others) ? &any : &others, 0);
        vap_mask_drop(left, to);
        c->out->domain[d] = (uint8_t)to;
    }
}

static void
map_matrix(struct comparison *c)
{
    struct migrate *m = c->out;

    VAP_EACH (a, &m->has.adapters)
        vap_mask_add(&m->there.adapters, m->adapter[a]);
    VAP_EACH (d, &m->has.domains)
        vap_mask_add(&m->there.domains, m->domain[d]);
    VAP_EACH (d, &m->has.control)
        vap_mask_add(&m->there.control,
                     vap_mask_has(&m->has.domains, d) ? m->domain[d] : d);
}

/* With the same domains, if that can be. What it controls without having it,
 * it controls under the same number. */
static void
map(struct comparison *c)
{
    const struct vap_matrix *ids = &c->to->engine->bus.config.ids;
    const struct vap_mask all = vap_mask_all();
    struct migrate *m = c->out;
    struct vap_mask alone = vap_mask_less(m->has.control, m->has.domains);
    struct vap_mask common;

    c->controlled = vap_mask_and(m->has.control, m->has.domains);
    m->exact = true;
    if (!vap_mask_within(&alone, &ids->control))
        return;
    find_free(c);
    m->mapped = map_adapters(c, 0, vap_mask_none(), &m->has.domains, &common);
    if (!m->mapped)
        m->mapped = map_adapters(c, 0, vap_mask_none(), &ids->domains, &common);
    m->exact = m->mapped || c->tries <= BUDGET;
    if (!m->mapped)
        return;
    map_domains(c, c->controlled, &common, &ids->control);
    map_domains(c, vap_mask_less(m->has.domains, c->controlled), &common, &all);
    map_matrix(c);
}

int
migrate_compare(const struct host *from, uint32_t slot, const struct host *to,
                struct migrate *out)
{
    AUTO(free_done) struct comparison *c = calloc(1, sizeof(*c));
    const struct vap_mdev *mdev = &from->slots[slot];
    int r;

    *out = (struct migrate){ .has = mdev->guest };
    if (vap_mask_empty(&out->has.adapters) ||
        vap_mask_empty(&out->has.domains)) /* as Linux shows it: no queue */
        out->has.adapters = out->has.domains = vap_mask_none();
    out->unused.adapters =
        vap_mask_less(mdev->matrix.adapters, out->has.adapters);
    out->unused.domains = vap_mask_less(mdev->matrix.domains, out->has.domains);
    out->unused.control = vap_mask_less(mdev->matrix.control, out->has.control);
    if (!c)
        return -ENOMEM;
    c->from = from;
    c->to = to;
    c->out = out;
    c->own = host_mdev(to, host_mdev_name(from, slot));
    r = compare_ids(c);
    if (!r && out->n_lacks)
        map(c);
    else
        out->there = out->has;
    return r ? r : compare_names(c, slot);
}
