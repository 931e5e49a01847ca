/* SPDX-License-Identifier: MIT */
/* What happens on the way from one state to the next: how often each virtual
 * machine was told, what was reset and what it answered. */
#include "replay/replay_run.h"

#include "base/auto.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
more_vms(struct replay *r)
{
    uint32_t n = r->host->vms.n + 1;
    uint32_t *updates = realloc(r->updates, n * sizeof(*updates));

    if (!updates)
        return -ENOMEM;
    r->updates = updates;

    uint32_t *clears = realloc(r->clears, n * sizeof(*clears));

    if (!clears)
        return -ENOMEM;
    r->clears = clears;
    r->n_vms = n;
    memset(updates, 0, n * sizeof(*updates));
    memset(clears, 0, n * sizeof(*clears));
    return 0;
}

/* Also those that only the record knows of. */
static int
number_vms(struct replay *r, json_t *calls)
{
    const char *name;
    json_t *pair;

    json_object_foreach(calls, name, pair)
    {
        if (!host_vm(r->host, name))
            return -ENOMEM;
    }
    return more_vms(r);
}

int
replay_count_updates(struct replay *r, const json_t *step)
{
    const struct vap_change *c = r->host->change;

    if (number_vms(r, json_object_get(step, "kvm_calls")))
        return -ENOMEM;
    for (uint32_t i = 0; i < c->n_effects; i++) {
        const struct vap_effect *e = &c->effects[i];
        uint32_t was = r->host->engine->mdevs[e->mdev].vm;
        uint32_t vm = e->now.vm ? e->now.vm : was;

        r->updates[vm] += e->updates;
        r->clears[vm] += e->clears;
    }
    return 0;
}

void
replay_expect_updates(struct replay *r, const json_t *step)
{
    const json_t *calls = json_object_get(step, "kvm_calls");
    char recorded[64];
    char found[64];

    for (uint32_t vm = 1; vm < r->n_vms; vm++) {
        const char *name = host_vm_name(r->host, vm);
        const json_t *pair = json_object_get(calls, name);
        json_int_t n = json_integer_value(json_array_get(pair, 0));
        json_int_t m = json_integer_value(json_array_get(pair, 1));

        if (n == r->updates[vm] && m == r->clears[vm])
            continue;
        (void)snprintf(recorded, sizeof(recorded),
                       "%lld set_masks, %lld clear_masks", (long long)n,
                       (long long)m);
        (void)snprintf(found, sizeof(found), "%u set_masks, %u clear_masks",
                       r->updates[vm], r->clears[vm]);
        replay_differ(r, recorded, found, "calls of KVM for %s", name);
    }
}

/* What was reset, and what more than once. */
static void
sum_resets(const struct vap_change *c, struct record_queues *once,
           struct record_queues *again)
{
    memset(once, 0, sizeof(*once));
    memset(again, 0, sizeof(*again));
    for (size_t i = 0; i < c->n_resets; i++) {
        const struct vap_reset *reset = &c->resets[i];
        struct vap_mask *a = &once->of[reset->adapter];
        struct vap_mask twice = reset->times > 1
                                    ? reset->domains
                                    : vap_mask_and(*a, reset->domains);

        again->of[reset->adapter] =
            vap_mask_or(again->of[reset->adapter], twice);
        *a = vap_mask_or(*a, reset->domains);
    }
}

static void
expect_blocks(struct replay *r, const json_t *step, const char *key,
              const struct record_queues *found)
{
    struct record_queues recorded;

    (void)record_blocks(json_object_get(step, key), &recorded);
    for (unsigned a = 0; a < VAP_IDS; a++)
        replay_expect_row(r, a, key, &recorded.of[a], &found->of[a]);
}

/* Answers to resets that were not 0, as "03.0001:48" in order of queue. */
struct answers {
    uint32_t *of; /* apqn << 8 | rc */
    size_t n;
    size_t room;
};

static void
answers_done(struct answers *a)
{
    free(a->of);
}

static int
answers_add(struct answers *a, unsigned apqn, unsigned rc)
{
    if (a->n == a->room) {
        size_t room = a->room ? 2 * a->room : 16;
        uint32_t *of = realloc(a->of, room * sizeof(*of));

        if (!of)
            return -ENOMEM;
        a->of = of;
        a->room = room;
    }
    a->of[a->n++] = apqn << 8 | rc;
    return 0;
}

static int
by_number(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;

    return (*x > *y) - (*x < *y);
}

static void
answers_sort(struct answers *a)
{
    if (a->n)
        qsort(a->of, a->n, sizeof(*a->of), by_number);
}

static bool
answers_equal(const struct answers *a, const struct answers *b)
{
    return a->n == b->n &&
           (a->n == 0 || memcmp(a->of, b->of, a->n * sizeof(*a->of)) == 0);
}

/* As many as there is room for. */
static void
answers_text(const struct answers *a, char *text, size_t size)
{
    size_t at = 0;

    *text = '\0';
    for (size_t i = 0; i < a->n && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%02x.%04x:%u",
                               i ? " " : "", a->of[i] >> 16,
                               a->of[i] >> 8 & 255, a->of[i] & 255);
}

static int
answers_recorded(const json_t *list, struct answers *out)
{
    size_t i;
    json_t *pair;

    json_array_foreach(list, i, pair)
    {
        const char *name = json_string_value(json_array_get(pair, 0));
        json_int_t rc = json_integer_value(json_array_get(pair, 1));
        uint16_t apqn;

        (void)vap_read_apqn(name, strlen(name), &apqn);
        if (answers_add(out, apqn, (unsigned)rc))
            return -ENOMEM;
    }
    return 0;
}

static int
expect_answers(struct replay *r, const json_t *where, const char *key,
               struct answers *found)
{
    AUTO(answers_done) struct answers recorded = { 0 };
    char a[1024];
    char b[1024];

    if (answers_recorded(json_object_get(where, key), &recorded))
        return -ENOMEM;
    answers_sort(&recorded);
    answers_sort(found);
    if (answers_equal(&recorded, found))
        return 0;
    answers_text(&recorded, a, sizeof(a));
    answers_text(found, b, sizeof(b));
    replay_differ(r, a, b, "%s", key);
    return 0;
}

static int
failed_resets(const struct vap_change *c, struct answers *out)
{
    for (size_t i = 0; i < c->n_resets; i++) {
        const struct vap_reset *reset = &c->resets[i];

        if (!reset->rc)
            continue;
        for (uint32_t k = 0; k < reset->times; k++)
            VAP_EACH (d, &reset->domains)
                if (answers_add(out, VAP_APQN(reset->adapter, d), reset->rc))
                    return -ENOMEM;
    }
    return 0;
}

int
replay_expect_resets(struct replay *r, const json_t *step)
{
    AUTO(answers_done) struct answers failed = { 0 };
    struct record_queues once;
    struct record_queues again;

    sum_resets(r->host->change, &once, &again);
    expect_blocks(r, step, "reset", &once);
    expect_blocks(r, step, "reset_again", &again);
    if (failed_resets(r->host->change, &failed))
        return -ENOMEM;
    return expect_answers(r, step, "reset_rc", &failed);
}

static int
last_resets(const struct vap_host *host, struct answers *out)
{
    for (unsigned a = 0; a < VAP_IDS; a++)
        VAP_EACH (d, &host->row[a].vfio)
            if (host->queue[a][d].reset_rc &&
                answers_add(out, VAP_APQN(a, d), host->queue[a][d].reset_rc))
                return -ENOMEM;
    return 0;
}

int
replay_expect_last_resets(struct replay *r, const json_t *final)
{
    AUTO(answers_done) struct answers resets = { 0 };
    int e = last_resets(r->host->engine, &resets);

    return e ? e : expect_answers(r, final, "last_reset_rc", &resets);
}
