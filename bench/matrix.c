/* SPDX-License-Identifier: MIT */
/* The engine alone on hosts of 256 x 256 queues, and a plain loop over queues
 * on the same hosts. Each is asked once and the answers compared before either
 * is timed; memory is warm, as it is for whoever has just read the state. */
#include "bench/bench.h"
#include "bench/plain.h"

#include "base/auto.h"
#include "base/say.h"
#include "host/host.h"

#include <errno.h>
#include <stdio.h>

enum { LAST = VAP_IDS - 1 };

/** A host twice: as the engine has it, and plain. */
struct world {
    struct host *host;
    struct plain_host *plain;
    struct vap_request request; /* what is timed, */
    struct vap_request undo; /* and what takes it back */
    struct vap_matrix guest; /* what the filter answered */
    struct plain_matrix plain_guest;
};

static void
world_done(struct world *w)
{
    host_free(w->host);
    if (w->plain)
        free(w->plain->mdevs);
    free(w->plain);
}

static void
plain_set(bool ids[PLAIN_IDS], const struct vap_mask *mask)
{
    for (unsigned id = 0; id < PLAIN_IDS; id++)
        ids[id] = vap_mask_has(mask, id);
}

/* All queues of the host are bound to vfio_ap, none is reserved. */
static int
world_init(struct world *w, const struct vap_rule *rule,
           struct vap_mask adapters, unsigned n_mdevs)
{
    struct host_boot boot = { .rule = rule, .kernel = VAP_LINUX_7_2 };

    boot.config.apxa = true;
    boot.config.last_adapter = boot.config.last_domain = LAST;
    boot.config.ids.adapters = adapters;
    boot.config.ids.domains = boot.config.ids.control = vap_mask_all();
    w->plain = calloc(1, sizeof(*w->plain));
    if (!w->plain || host_new(&boot, &w->host))
        return -ENOMEM;
    w->plain->mdevs = calloc(n_mdevs, sizeof(*w->plain->mdevs));
    if (!w->plain->mdevs)
        return -ENOMEM;
    w->plain->n_mdevs = n_mdevs;
    plain_set(w->plain->config.adapters, &adapters);
    plain_set(w->plain->config.domains, &boot.config.ids.domains);
    VAP_EACH (a, &adapters)
        plain_set(w->plain->bound[a], &boot.config.ids.domains);
    return 0;
}

static int
ask(struct world *w, struct vap_request request)
{
    enum vap_verdict v = host_do(w->host, &request, NULL);

    return v == VAP_OK ? 0 : v == VAP_NO_ROOM ? -ENOMEM : -EINVAL;
}

/* An mdev with this matrix, held by a guest of its own. */
static int
add_mdev(struct world *w, unsigned number, const struct vap_matrix *m)
{
    struct plain_mdev *plain = &w->plain->mdevs[number];
    char name[16];
    uint32_t slot;
    int r;

    (void)snprintf(name, sizeof(name), "m%u", number);
    slot = host_slot(w->host, name);
    if (slot != number)
        return -ENOMEM;
    r = ask(w, (struct vap_request){ .op = VAP_CREATE, .mdev = slot });
    if (!r)
        r = ask(w, (struct vap_request){
                       .op = VAP_AP_CONFIG, .mdev = slot, .matrix = *m });
    if (!r)
        r = ask(w, (struct vap_request){
                       .op = VAP_OPEN_MDEV, .mdev = slot, .vm = number + 1 });
    plain_set(plain->matrix.adapters, &m->adapters);
    plain_set(plain->matrix.domains, &m->domains);
    plain_filter(w->plain, &plain->matrix, &plain->guest);
    plain->held = true;
    return r;
}

static bool
same(const struct vap_matrix *m, const struct plain_matrix *plain)
{
    for (unsigned id = 0; id < PLAIN_IDS; id++)
        if (vap_mask_has(&m->adapters, id) != plain->adapters[id] ||
            vap_mask_has(&m->domains, id) != plain->domains[id])
            return false;
    return true;
}

/* Every mdev, and what its guest has been told, is the same in both. */
static bool
worlds_agree(const struct world *w)
{
    for (unsigned i = 0; i < w->plain->n_mdevs; i++) {
        const struct vap_mdev *m = &w->host->engine->mdevs[i];
        const struct plain_mdev *plain = &w->plain->mdevs[i];

        if (!same(&m->matrix, &plain->matrix) ||
            !same(&m->guest, &plain->guest) ||
            !vap_matrix_equal(&m->guest, &m->apcb))
            return false;
    }
    return true;
}

/* The planned change tells each guest as often as the plain loop has told
 * it, and none twice. */
static bool
updates_agree(const struct world *w, unsigned touched)
{
    const struct vap_change *c = w->host->change;
    unsigned told = 0;

    for (uint32_t i = 0; i < c->n_effects; i++) {
        const struct vap_effect *e = &c->effects[i];

        if (e->updates != w->plain->mdevs[e->mdev].updates || e->updates != 1)
            return false;
        told++;
    }
    for (unsigned i = 0; i < w->plain->n_mdevs; i++)
        told -= w->plain->mdevs[i].updates;
    return told == 0 && c->n_effects == touched;
}

static int
differ(const struct bench *bench)
{
    say_error("%s: the engine and the plain loop differ", bench->key);
    return 1;
}

/* What is timed. */

static void
filter(void *self)
{
    struct world *w = self;

    vap_guest_matrix(w->host->engine, &w->host->engine->mdevs[0].matrix,
                     &w->guest);
}

static void
plain_filters(void *self)
{
    struct world *w = self;

    plain_filter(w->plain, &w->plain->mdevs[0].matrix, &w->plain_guest);
}

static void
change(void *self)
{
    struct world *w = self;

    (void)vap_plan(w->host->engine, &w->request, 1, w->host->change, NULL);
    vap_apply(w->host->engine, w->host->change);
}

static void
change_back(void *self)
{
    struct world *w = self;

    (void)vap_plan(w->host->engine, &w->undo, 1, w->host->change, NULL);
    vap_apply(w->host->engine, w->host->change);
}

static void
plain_assigns(void *self)
{
    struct world *w = self;

    (void)plain_assign_domain(w->plain, 0, LAST);
}

static void
plain_unassigns(void *self)
{
    struct plain_mdev *m = ((struct world *)self)->plain->mdevs;

    m->matrix.domains[LAST] = m->guest.domains[LAST] = false;
}

static void
plain_gains(void *self)
{
    plain_gain_adapter(((struct world *)self)->plain, LAST);
}

static void
plain_loses(void *self)
{
    struct plain_host *plain = ((struct world *)self)->plain;

    plain->config.adapters[LAST] = false;
    for (unsigned d = 0; d < PLAIN_IDS; d++)
        plain->bound[LAST][d] = false;
    for (unsigned i = 0; i < plain->n_mdevs; i++)
        plain->mdevs[i].guest.adapters[LAST] = false;
}

static void
measure_both(const struct measure_work *own, const struct measure_work *beside,
             const struct measure_limits *limits, struct bench_result *result)
{
    struct measured ns;

    measure(own, limits, &ns);
    result->own = measured_scaled(ns, 1e-3);
    measure(beside, limits, &ns);
    result->beside = measured_scaled(ns, 1e-3);
}

/* Every so many adapters one has no last queue for guests. */
static int
make_holes(struct world *w, unsigned every)
{
    int r = 0;

    for (unsigned a = every - 1; a < VAP_IDS && !r; a += every) {
        r = ask(w, (struct vap_request){ .op = VAP_UNBIND,
                                         .apqn = VAP_APQN(a, LAST),
                                         .driver = VAP_VFIO_AP });
        w->plain->bound[a][LAST] = false;
    }
    return r;
}

int
bench_filter(const struct bench *bench, const struct measure_limits *limits,
             struct bench_result *result)
{
    AUTO(world_done) struct world w = { 0 };
    const unsigned *every = bench->argument;
    struct vap_matrix all = { vap_mask_all(), vap_mask_all(), vap_mask_all() };
    int r = world_init(&w, &vap_rule_state, vap_mask_all(), 1);

    if (!r)
        r = add_mdev(&w, 0, &all);
    if (!r && every)
        r = make_holes(&w, *every);
    if (r)
        return r;
    filter(&w);
    plain_filters(&w);
    if (!same(&w.guest, &w.plain_guest) ||
        (!every && !vap_matrix_equal(&w.guest, &all)))
        return differ(bench);
    measure_both(&(struct measure_work){ filter, NULL, &w },
                 &(struct measure_work){ plain_filters, NULL, &w }, limits,
                 result);
    return 0;
}

/* Plans, compares, applies, compares; and goes back. The host makes room for
 * such plans on the way. */
static int
compare_once(const struct bench *bench, struct world *w, unsigned touched,
             void (*plain)(void *self), void (*plain_back)(void *self))
{
    bool alike;

    if (host_plan(w->host, &w->request, 1, NULL))
        return -EINVAL;
    plain(w);
    alike = updates_agree(w, touched);
    host_apply(w->host);
    alike = alike && worlds_agree(w);
    if (ask(w, w->undo))
        return -EINVAL;
    plain_back(w);
    return alike && worlds_agree(w) ? 0 : differ(bench);
}

int
bench_assign(const struct bench *bench, const struct measure_limits *limits,
             struct bench_result *result)
{
    AUTO(world_done)
    struct world w = {
        .request = { .op = VAP_ASSIGN_DOMAIN, .id = LAST },
        .undo = { .op = VAP_UNASSIGN_DOMAIN, .id = LAST },
    };
    struct vap_matrix m = { vap_mask_all(), vap_mask_up_to(LAST - 1),
                            vap_mask_all() };
    int r = world_init(&w, bench->argument, vap_mask_all(), 1);

    if (!r)
        r = add_mdev(&w, 0, &m);
    if (!r)
        r = compare_once(bench, &w, 1, plain_assigns, plain_unassigns);
    if (!r)
        measure_both(
            &(struct measure_work){ change, change_back, &w },
            &(struct measure_work){ plain_assigns, plain_unassigns, &w },
            limits, result);
    return r;
}

enum { BLOCK = 8, BLOCKS = VAP_IDS / BLOCK, MDEVS = BLOCKS * BLOCKS };

static struct vap_mask
block(unsigned number)
{
    struct vap_mask below = vap_mask_none();

    if (number)
        below = vap_mask_up_to(number * BLOCK - 1);
    return vap_mask_less(vap_mask_up_to(number * BLOCK + BLOCK - 1), below);
}

/* Every queue there can be is in one of 1,024 mdevs. */
static int
add_blocks(struct world *w)
{
    int r = 0;

    for (unsigned i = 0; i < MDEVS && !r; i++)
        r = add_mdev(w, i,
                     &(struct vap_matrix){ .adapters = block(i / BLOCKS),
                                           .domains = block(i % BLOCKS) });
    return r;
}

int
bench_host_add(const struct bench *bench, const struct measure_limits *limits,
               struct bench_result *result)
{
    AUTO(world_done)
    struct world w = {
        .request = { .op = VAP_HOST, .edit.adapters.set = vap_mask_one(LAST) },
        .undo = { .op = VAP_HOST, .edit.adapters.clear = vap_mask_one(LAST) },
    };
    int r = world_init(&w, bench->argument, vap_mask_up_to(LAST - 1), MDEVS);

    if (!r)
        r = add_blocks(&w);
    if (!r)
        r = compare_once(bench, &w, BLOCKS, plain_gains, plain_loses);
    if (!r)
        measure_both(&(struct measure_work){ change, change_back, &w },
                     &(struct measure_work){ plain_gains, plain_loses, &w },
                     limits, result);
    return r;
}
