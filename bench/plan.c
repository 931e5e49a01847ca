/* SPDX-License-Identifier: MIT */
/* A plan for a hundred guests on a host of 256 x 256 queues: each has 25 x 25
 * of them and wants those of the next, in rings of four. Beside it the steps
 * of that plan, carried out on a copy of the host and no more. */
#include "bench/bench.h"

#include "base/auto.h"
#include "base/say.h"
#include "planner/planner.h"

#include <errno.h>
#include <stdlib.h>

enum { GUESTS = 100, RING = 4, SIDE = 25 };

struct planning {
    struct host *host;
    struct wanted_mdev mdevs[GUESTS];
    struct wanted wanted;
    struct plan plan;
    struct host *copy; /* the steps have been carried out on it */
    char name[GUESTS][8];
    int failed;
};

static void
planning_done(struct planning *p)
{
    host_free(p->host);
    host_free(p->copy);
    plan_done(&p->plan);
}

/* The queues of a guest: one of ten by ten blocks. */
static struct vap_matrix
block(unsigned number)
{
    struct vap_matrix m = { vap_mask_none(), vap_mask_none(), vap_mask_none() };

    for (unsigned i = 0; i < SIDE; i++) {
        vap_mask_add(&m.adapters, number / 10 * SIDE + i);
        vap_mask_add(&m.domains, number % 10 * SIDE + i);
    }
    return m;
}

static int
add_guest(struct planning *p, unsigned i)
{
    struct vap_request list[] = { { .op = VAP_CREATE },
                                  { .op = VAP_AP_CONFIG, .matrix = block(i) },
                                  { .op = VAP_OPEN_MDEV } };
    int r = 0;

    (void)snprintf(p->name[i], sizeof(p->name[i]), "m%u", i);
    list[2].vm = host_vm(p->host, p->name[i]);
    for (int k = 0; k < 3 && !r; k++) {
        list[k].mdev = host_slot(p->host, p->name[i]);
        r = host_do(p->host, &list[k], NULL) == VAP_OK ? 0 : -EINVAL;
    }
    p->mdevs[i].name = p->name[i];
    p->mdevs[i].matrix = block(i / RING * RING + (i + 1) % RING);
    return r;
}

static int
begin(struct planning *p)
{
    const struct host_boot boot = {
        .rule = &vap_rule_state,
        .kernel = VAP_LINUX_7_2,
        .config = { .ids = { vap_mask_all(), vap_mask_all(), vap_mask_all() },
                    .apxa = true,
                    .last_adapter = 255,
                    .last_domain = 255 },
    };
    int r = host_new(&boot, &p->host);

    for (unsigned i = 0; i < GUESTS && !r; i++)
        r = add_guest(p, i);
    p->wanted = (struct wanted){ .mdevs = p->mdevs, .n_mdevs = GUESTS };
    return r;
}

static void
make(void *self)
{
    struct planning *p = self;

    plan_done(&p->plan);
    p->failed = plan_make(p->host, &p->wanted, NULL, &p->plan);
}

static void
carry_out(void *self)
{
    struct planning *p = self;

    host_free(p->copy);
    p->copy = NULL;
    p->failed = host_copy(p->host, &p->copy);
    for (size_t i = 0; i < p->plan.n && !p->failed; i++)
        p->failed = (int)host_do(p->copy, &p->plan.steps[i].request, NULL);
}

/* Where the steps lead is what is wanted, at one update more for each ring. */
static bool
is_right(const struct planning *p)
{
    AUTO(free_done) struct plan_difference *list = NULL;

    return !p->failed && p->plan.best &&
           p->plan.updates == GUESTS + GUESTS / RING &&
           plan_differences(p->copy, &p->wanted, &list) == 0;
}

int
bench_plan(const struct bench *bench, const struct measure_limits *limits,
           struct bench_result *result)
{
    AUTO(planning_done) struct planning p = { 0 };
    struct measured ns;
    int r = begin(&p);

    if (r)
        return r;
    make(&p);
    carry_out(&p);
    if (!is_right(&p)) {
        say_error("%s: the plan does not lead where it should", bench->key);
        return 1;
    }
    measure(&(struct measure_work){ make, NULL, &p }, limits, &ns);
    result->own = measured_scaled(ns, 1e-6);
    measure(&(struct measure_work){ carry_out, NULL, &p }, limits, &ns);
    result->beside = measured_scaled(ns, 1e-6);
    return 0;
}
