/* SPDX-License-Identifier: MIT */
/* A list of requests is one change: it ends where its requests one by one
 * would, and costs a guest one update at most. */
#include "model/history.h"

#include <string.h>

#include "engine.h"

#define MAX_LIST 8

static struct engine one; /* request by request */
static struct engine list; /* as one change */
static struct history h;

static void
start(struct engine *e)
{
    vap_host_init(&e->host, h.rule, h.kernel, &h.config, &h.apmask, &h.aqmask,
                  e->mdevs, ENGINE_MDEVS);
    vap_change_init(&e->change, e->where, ENGINE_MDEVS, e->effects,
                    ENGINE_MDEVS, e->resets, ENGINE_RESETS);
}

static bool
same_queue(const struct vap_queue *a, const struct vap_queue *b)
{
    return a->born == b->born && a->override == b->override &&
           a->reset_rc == b->reset_rc && a->state == b->state &&
           a->zapq_rc == b->zapq_rc && a->zapq_n == b->zapq_n &&
           a->tapq_rc == b->tapq_rc && a->tapq_n == b->tapq_n;
}

static void
check_same_host(void)
{
    for (unsigned a = 0; a < VAP_IDS; a++) {
        test_note("adapter %u", a);
        CHECK(memcmp(&one.host.row[a], &list.host.row[a],
                     sizeof(one.host.row[a])) == 0);
        for (unsigned d = 0; d < VAP_IDS; d++)
            CHECK(same_queue(&one.host.queue[a][d], &list.host.queue[a][d]));
    }
    for (uint32_t i = 0; i < ENGINE_MDEVS; i++) {
        test_note("m%u", i);
        CHECK_STR(engine_text(&one.mdevs[i].matrix),
                  engine_text(&list.mdevs[i].matrix));
        CHECK_STR(engine_text(&one.mdevs[i].guest),
                  engine_text(&list.mdevs[i].guest));
        CHECK_STR(engine_text(&one.mdevs[i].apcb),
                  engine_text(&list.mdevs[i].apcb));
        CHECK_INT(one.mdevs[i].vm, list.mdevs[i].vm);
        CHECK_INT(one.mdevs[i].exists, list.mdevs[i].exists);
    }
}

/* What is refused, or done and refused, cannot be in a list. */
static bool
done_alone(const struct vap_request *r)
{
    if (vap_plan(&one.host, r, 1, &one.change, &one.why) != VAP_OK)
        return false;
    vap_apply(&one.host, &one.change);
    return true;
}

/* Requests that are done one by one, and what they were. */
static size_t
take_steps(struct vap_request done[MAX_LIST], struct test_rng *rng,
           const struct history_kind *kind)
{
    bool alone = test_below(rng, 2); /* all about one mdev */
    uint32_t mdev = (uint32_t)test_below(rng, 5);
    size_t n = 0;

    for (int tries = 0; tries < 40 && n < MAX_LIST; tries++) {
        done[n] = history_request(&h, rng, kind);
        if (alone)
            done[n].mdev = mdev;
        if (done_alone(&done[n]))
            n++;
    }
    return n;
}

/* A guest is told once of what it has now, if that is something new to it,
 * and one that has gone is cleared. */
static void
check_costs(void)
{
    for (uint32_t i = 0; i < list.change.n_effects; i++) {
        const struct vap_effect *e = &list.effects[i];
        const struct vap_mdev *was = &list.mdevs[e->mdev];
        bool stays = was->vm == e->now.vm;
        bool differs = !vap_matrix_equal(&e->now.apcb, &was->apcb);

        test_note("history %llu: m%u", (unsigned long long)h.seed, e->mdev);
        CHECK_INT(e->updates,
                  e->now.vm &&
                      (stays ? differs : !vap_matrix_empty(&e->now.apcb)));
        CHECK_INT(e->clears, !stays && !vap_matrix_empty(&was->apcb));
    }
}

static void
check_batches(const struct vap_rule *rule, size_t n, bool no_faults)
{
    struct test_rng rng = { test_seed() };
    const struct history_kind kind = {
        .n_steps = 40,
        .no_faults = no_faults,
        .no_override = test_below(&rng, 2),
    };

    for (n = history_count(n); n > 0; n--) {
        struct vap_request asked[MAX_LIST];
        size_t n_asked;

        history_draw(&h, test_next(&rng), rule, &kind);
        start(&one);
        start(&list);
        for (size_t i = 0; i < h.n; i++) {
            (void)engine_ask_all(&one, &h.asked[i], 1);
            (void)engine_ask_all(&list, &h.asked[i], 1);
        }
        n_asked = take_steps(asked, &rng, &kind);
        test_note("history %llu, %zu requests", (unsigned long long)h.seed,
                  n_asked);
        CHECK_INT(vap_plan(&list.host, asked, n_asked, &list.change, &list.why),
                  VAP_OK);
        if (n_asked > 1)
            check_costs();
        vap_apply(&list.host, &list.change);
        check_same_host();
    }
}

/* Where a reset can fail it matters how many there were: under `state` a
 * list resets a queue once. */
TEST(a_list_under_state_ends_as_its_requests_one_by_one)
{
    check_batches(&vap_rule_state, 300, true);
}

TEST(a_list_under_the_other_rules_ends_as_its_requests_one_by_one)
{
    check_batches(&vap_rule_linux_7_2, 150, false);
    check_batches(&vap_rule_linux_6_12, 150, false);
    check_batches(&vap_rule_fcfs, 150, false);
}

/* ---- resets under state ----------------------------------------------- */

/* Requests that reset nothing by themselves. Looking again settles what stands
 * before it in the list. */
static bool
quiet(const struct vap_request *r)
{
    switch ((int)r->op) {
    case VAP_UNBIND:
    case VAP_APMASK:
    case VAP_AQMASK:
    case VAP_REMOVE:
    case VAP_CLOSE_MDEV:
    case VAP_RESET_MDEV:
    case VAP_LOOK_AGAIN:
        return false;
    default:
        return true;
    }
}

static bool
has(const struct vap_matrix *m, unsigned a, unsigned d)
{
    return vap_mask_has(&m->adapters, a) && vap_mask_has(&m->domains, d);
}

/* Was it in an mdev's guest matrix, and is it in that no longer? */
static bool
left(const struct vap_mdev *was, const struct vap_mdev *is, unsigned a,
     unsigned d)
{
    for (uint32_t i = 0; i < ENGINE_MDEVS; i++)
        if (has(&was[i].guest, a, d) && !has(&is[i].guest, a, d))
            return true;
    return false;
}

static unsigned
times_reset(const struct engine *e, unsigned a, unsigned d)
{
    unsigned n = 0;

    for (size_t i = 0; i < e->change.n_resets; i++)
        if (e->resets[i].adapter == a && vap_mask_has(&e->resets[i].domains, d))
            n += e->resets[i].times;
    return n;
}

/* All that left a guest and is still vfio_ap's, as the host has it; for a
 * quiet list that alone, and once. */
static void
check_resets(const struct vap_mdev *was, const struct vap_mask *vfio_was,
             uint32_t scans_was, bool all_quiet)
{
    VAP_EACH (a, &one.host.bus.config.ids.adapters)
        VAP_EACH (d, &one.host.bus.config.ids.domains) {
            bool lost = left(was, one.mdevs, a, d) &&
                        vap_mask_has(&one.host.row[a].vfio, d) &&
                        vap_mask_has(&vfio_was[a], d);
            bool new = one.host.queue[a][d].born > scans_was;
            unsigned n = times_reset(&list, a, d);

            test_note("history %llu: %02x.%04x", (unsigned long long)h.seed, a,
                      d);
            if (all_quiet)
                CHECK_INT(n, lost);
            else
                CHECK(n || !lost || new);
        }
}

TEST(what_left_a_guest_in_a_list_is_reset_once_and_nothing_else)
{
    struct test_rng rng = { test_seed() };
    const struct history_kind kind = { .n_steps = 60, .no_faults = true };

    for (size_t n = history_count(300); n > 0; n--) {
        struct vap_request asked[MAX_LIST];
        struct vap_mdev was[ENGINE_MDEVS];
        struct vap_mask vfio_was[VAP_IDS];
        uint32_t scans_was;
        size_t n_asked = 0;
        size_t wanted = 1 + test_below(&rng, MAX_LIST);
        bool all_quiet = true;

        history_draw(&h, test_next(&rng), &vap_rule_state, &kind);
        start(&one);
        start(&list);
        for (size_t i = 0; i < h.n; i++) {
            (void)engine_ask_all(&one, &h.asked[i], 1);
            (void)engine_ask_all(&list, &h.asked[i], 1);
        }
        memcpy(was, one.mdevs, sizeof(was));
        scans_was = one.host.bus.scans;
        for (unsigned a = 0; a < VAP_IDS; a++)
            vfio_was[a] = one.host.row[a].vfio;
        for (int tries = 0; tries < 60 && n_asked < wanted; tries++) {
            asked[n_asked] = history_request(&h, &rng, &kind);
            if (n % 2 && !quiet(&asked[n_asked]))
                continue;
            if (!done_alone(&asked[n_asked]))
                continue;
            all_quiet &= quiet(&asked[n_asked]);
            n_asked++;
        }
        CHECK_INT(vap_plan(&list.host, asked, n_asked, &list.change, &list.why),
                  VAP_OK);
        check_resets(was, vfio_was, scans_was, all_quiet);
    }
}
