/* SPDX-License-Identifier: MIT */
/* What can be asked of any state, and all states that come of it. */
#include "worlds/table.h"

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
            r->matrix.adapters = world_mask(a, w->n_adapters);
            r->matrix.domains = world_mask(d, w->n_domains);
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

            r->edit.adapters = vap_edit_to(world_mask(a, w->n_adapters));
            r->edit.domains = vap_edit_to(world_mask(d, w->n_domains));
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

void *
world_grown(void *p, size_t n, size_t size)
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
    t->state = world_grown(t->state, t->room, sizeof(*t->state));
    t->parent = world_grown(t->parent, t->room, sizeof(*t->parent));
    t->by = world_grown(t->by, t->room, sizeof(*t->by));
    t->n_buckets = 4 * t->room;
    t->bucket = world_grown(t->bucket, t->n_buckets, sizeof(*t->bucket));
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

    vap_host_init(&world_engine.host, vap_rule_named(w->rule), VAP_LINUX_7_2,
                  &config, &none, &none, world_engine.mdevs, ENGINE_MDEVS);
    vap_change_init(&world_engine.change, world_engine.where, ENGINE_MDEVS,
                    world_engine.effects, ENGINE_MDEVS, world_engine.resets,
                    ENGINE_RESETS);
    for (uint32_t i = 0; i < w->n_mdevs; i++)
        world_engine.mdevs[i] = (struct vap_mdev){
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
        world_write_state(t->w, state);
        if (!happens(vap_plan(&world_engine.host, &t->asked[i], 1,
                              &world_engine.change, &world_engine.why)))
            continue;
        vap_apply(&world_engine.host, &world_engine.change);
        t->n_transitions++;
        find(t, world_read_state(t->w), from, (uint16_t)i);
    }
}

struct world_table *
world_explore(const struct world *w)
{
    struct world_table *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    if (world_state_bits(w) > 64)
        FAIL("%s: a state of %u bits", w->name, world_state_bits(w));
    t->w = w;
    t->low_bits = 2 * w->n_mdevs * world_matrix_bits(w);
    t->apcb_bits = w->n_mdevs * world_matrix_bits(w);
    list_requests(t);
    start(w);
    find(t, world_read_state(w), NOWHERE, 0);
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
