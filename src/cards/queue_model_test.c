/* SPDX-License-Identifier: MIT */
/* A queue and its workers, step by step in one thread and at random, against
 * a model that keeps its messages in a plain list. */
#include "cards/work.h"

#include "base/auto.h"
#include "cards/cubes.h"
#include "cards/wire.h"
#include "test.h"

enum { STEPS = 20000, WORKERS = 3 };

/* --- the model -------------------------------------------------------------
 */

enum stage { WAITING, WORKING, REPLIED };

struct message {
    uint64_t psmid;
    unsigned value;
    enum stage stage;
    unsigned worker; /* while it is worked */
    unsigned replied; /* which reply it was */
    bool wrong;
    long had; /* bytes of the reply; -1: not begun */
};

struct model {
    struct message list[SLOTS_DEPTH]; /* as they were posted */
    unsigned n;
    unsigned replies;
    uint64_t requests;
    struct queue_faults faults;
    uint8_t rc;
    bool resetting;
    bool interrupts;
    unsigned told; /* interrupts */
    unsigned stopped;
    bool stale[WORKERS]; /* what it works at has been lost */
    bool busy[WORKERS];
};

static unsigned
depth_of(const struct model *m)
{
    return m->faults.depth ? m->faults.depth : QUEUE_DEPTH;
}

static uint8_t
answer_of(const struct model *m)
{
    return m->rc ? m->rc : m->resetting ? 2 : 0;
}

static uint32_t
status_of(const struct model *m, unsigned rc)
{
    bool replies = false;

    if (rc == 1)
        return rc << 16;
    for (unsigned i = 0; i < m->n; i++)
        replies = replies || m->list[i].stage == REPLIED;
    return rc << 16 | (m->n ? 0 : 0x80000000u) | (replies ? 0x40000000u : 0) |
           (m->n >= depth_of(m) ? 0x20000000u : 0) |
           (m->interrupts ? 0x01000000u : 0);
}

static void
lose_all(struct model *m)
{
    m->n = 0;
    for (unsigned w = 0; w < WORKERS; w++)
        m->stale[w] = true;
}

static void
remove_at(struct model *m, unsigned i)
{
    m->n--;
    memmove(&m->list[i], &m->list[i + 1], (m->n - i) * sizeof(struct message));
}

/* --- both
 * --------------------------------------------------------------------- */

struct world {
    struct test_rng rng;
    struct model model;
    struct bell bell;
    _Atomic uint32_t asleep;
    struct slots *slots;
    struct queue *queue;
    struct work work[WORKERS];
    unsigned told;
    unsigned stopped;
};

static void
count_told(void *world, uint16_t apqn)
{
    CHECK_INT(apqn, 0x1234);
    ((struct world *)world)->told++;
}

static void
count_stopped(void *world, uint16_t apqn)
{
    CHECK_INT(apqn, 0x1234);
    ((struct world *)world)->stopped++;
}

static void
world_init(struct world *w)
{
    struct queue_setup setup = { .card = card_of_type("CEX8A", 0x12, true),
                                 .domain = 0x34,
                                 .depth = QUEUE_DEPTH,
                                 .events = { w, count_told, count_stopped } };

    w->bell = (struct bell){ .fd = { -1, -1, -1 }, .asleep = &w->asleep };
    (void)pthread_mutex_init(&w->bell.lock, NULL);
    w->slots = aligned_alloc(4096, sizeof(*w->slots));
    if (!w->slots)
        FAIL("no memory");
    memset(w->slots, 0, sizeof(*w->slots));
    setup.slots = w->slots;
    CHECK_INT(queue_new(&w->bell, &setup, &w->queue), 0);
}

static void
is_wiped(const struct world *w)
{
    const uint8_t *bytes = w->slots->message[0];

    CHECK(bytes[0] == 0 &&
          memcmp(bytes, bytes + 1, sizeof(w->slots->message) - 1) == 0);
}

/* --- steps: what is done, and what the model says of it
 * ------------------------- */

static void
reply_of(const struct message *m, uint8_t reply[CUBE_REPLY])
{
    memset(reply, 0, 144);
    reply[1] = 0x80;
    wire_put16(reply + 2, 144);
    wire_put32(reply + 140, cube_of(m->value));
    reply[143] ^= m->wrong;
}

static void
do_nqap(struct world *w)
{
    struct model *m = &w->model;
    struct message new = { .psmid = test_next(&w->rng),
                           .value = (unsigned)test_below(&w->rng, CUBE_MODULUS),
                           .had = -1 };
    uint8_t request[CUBE_REQUEST];
    unsigned rc = answer_of(m);

    if (rc == 0 && m->n >= depth_of(m))
        rc = 0x10;
    if (rc == 0)
        m->list[m->n++] = new;
    (void)cube_request(new.value, 128, request);
    CHECK_INT(slots_nqap(w->slots, new.psmid, request, 400), status_of(m, rc));
}

/* The oldest reply, of those begun if it is not the first part; n: none. */
static unsigned
oldest_reply(const struct model *m, bool first)
{
    unsigned found = m->n;

    for (unsigned i = 0; i < m->n; i++)
        if (m->list[i].stage == REPLIED && (first || m->list[i].had >= 0) &&
            (found == m->n || m->list[i].replied < m->list[found].replied))
            found = i;
    return found;
}

static void
do_dqap(struct world *w)
{
    static const size_t sizes[] = { 144, 144, 144, 0, 1, 100, 143, 500 };
    struct model *m = &w->model;
    bool first = test_below(&w->rng, 4) > 0;
    size_t size = sizes[test_below(&w->rng, sizeof(sizes) / sizeof(*sizes))];
    unsigned i = oldest_reply(m, first);
    unsigned rc = answer_of(m) ? answer_of(m)
                  : i < m->n   ? 0
                  : first      ? 0x10
                               : 0x13;
    struct slots_taken taken;
    uint8_t expected[144];
    uint8_t buffer[500];
    uint32_t status = slots_dqap(w->slots, first, buffer, size, &taken);

    if (rc == 0) {
        struct message *reply = &m->list[i];
        size_t from = first || reply->had < 0 ? 0 : (size_t)reply->had;
        size_t length = 144 - from < size ? 144 - from : size;

        reply_of(reply, expected);
        CHECK_INT(taken.psmid, reply->psmid);
        CHECK_INT(taken.length, length);
        CHECK_INT(taken.residual, 144 - from - length);
        CHECK(memcmp(buffer, expected + from, length) == 0);
        reply->had = (long)(from + length);
        if (taken.residual == 0)
            remove_at(m, i);
    }
    CHECK_INT(status, status_of(m, rc));
}

static void
do_tapq(struct world *w)
{
    uint64_t info;

    CHECK_INT(slots_tapq(w->slots, &info),
              status_of(&w->model, answer_of(&w->model)));
    CHECK(info == (answer_of(&w->model) == 1 ? 0 : 0x6A0000000E000007u));
}

static void
do_reset(struct world *w)
{
    struct model *m = &w->model;
    bool zeroize = test_below(&w->rng, 2);
    unsigned rc = answer_of(m);

    if (rc == 0) {
        lose_all(m);
        m->interrupts = m->interrupts && !zeroize;
        m->resetting = m->faults.reset_hang;
    }
    CHECK_INT(queue_reset(w->queue, zeroize), status_of(m, rc));
    if (rc == 0)
        is_wiped(w);
}

static void
do_aqic(struct world *w)
{
    struct model *m = &w->model;
    bool on = test_below(&w->rng, 2);
    unsigned rc = answer_of(m);

    if (rc == 0 && m->interrupts == on)
        rc = 7;
    if (rc == 0)
        m->interrupts = on;
    CHECK_INT(queue_interrupts(w->queue, on), status_of(m, rc));
}

static void
do_rc(struct world *w)
{
    static const uint8_t rcs[] = { 0, 0, 0, 0, 0, 1, 3, 4, 5 };
    struct model *m = &w->model;
    uint8_t rc = rcs[test_below(&w->rng, sizeof(rcs))];

    if (rc != m->rc && ((rc != 0 && rc != 5) || (m->rc != 0 && m->rc != 5))) {
        lose_all(m);
        m->resetting = false;
    }
    m->rc = rc;
    queue_set_rc(w->queue, rc);
}

static bool
sometimes(struct world *w)
{
    return test_below(&w->rng, 6) == 0;
}

static void
do_faults(struct world *w)
{
    struct queue_faults faults = {
        .hang = sometimes(w),
        .reset_hang = sometimes(w),
        .wrong = sometimes(w),
        .drop = sometimes(w),
        .checkstop = sometimes(w),
        .depth = sometimes(w) ? (uint8_t)(1 + test_below(&w->rng, 16)) : 0,
    };

    w->model.faults = faults;
    w->model.resetting = w->model.resetting && faults.reset_hang;
    queue_set_faults(w->queue, &faults);
}

/* The request that a worker would take; n: none. */
static unsigned
oldest_waiting(const struct model *m)
{
    unsigned i = 0;

    if (answer_of(m) || m->faults.hang)
        return m->n;
    while (i < m->n && m->list[i].stage != WAITING)
        i++;
    return i;
}

static void
do_take(struct world *w)
{
    struct model *m = &w->model;
    unsigned worker = (unsigned)test_below(&w->rng, WORKERS);
    unsigned i;

    if (m->busy[worker])
        return;
    while (m->faults.drop && (i = oldest_waiting(m)) < m->n)
        remove_at(m, i);
    i = oldest_waiting(m);
    m->busy[worker] = i < m->n;
    m->stale[worker] = false;
    CHECK_INT(work_take(&w->bell, &w->work[worker]), i < m->n);
    if (i == m->n)
        return;
    m->list[i].stage = WORKING;
    m->list[i].worker = worker;
    CHECK_INT(w->bell.more, oldest_waiting(m) < m->n);
    CHECK_INT(w->asleep, 1);
}

static void
finish(struct model *m, unsigned worker)
{
    unsigned i = 0;

    if (m->stale[worker])
        return;
    if (m->faults.checkstop) {
        m->faults.checkstop = false;
        m->rc = 4;
        m->stopped++;
        m->resetting = false;
        lose_all(m);
        return;
    }
    while (m->list[i].stage != WORKING || m->list[i].worker != worker)
        i++;
    m->list[i].stage = REPLIED;
    m->list[i].replied = m->replies++;
    m->list[i].wrong = m->faults.wrong;
    m->requests++;
    m->told += m->interrupts;
}

static void
do_finish(struct world *w)
{
    unsigned worker = (unsigned)test_below(&w->rng, WORKERS);

    if (!w->model.busy[worker])
        return;
    work_do(&w->work[worker]);
    work_done(&w->bell, &w->work[worker]);
    w->model.busy[worker] = false;
    finish(&w->model, worker);
    CHECK_INT(w->told, w->model.told);
    CHECK_INT(w->stopped, w->model.stopped);
}

static void
do_count(struct world *w)
{
    struct model *m = &w->model;
    unsigned stages[3] = { 0 };
    struct queue_counts c;

    for (unsigned i = 0; i < m->n; i++)
        stages[m->list[i].stage]++;
    queue_count(w->queue, &c);
    CHECK_INT(c.waiting, stages[WAITING]);
    CHECK_INT(c.working, stages[WORKING]);
    CHECK_INT(c.replies, stages[REPLIED]);
    CHECK_INT(c.requests, m->requests);
}

static const struct {
    void (*step)(struct world *w);
    unsigned often;
} steps[] = {
    { do_nqap, 40 },  { do_dqap, 40 }, { do_take, 40 }, { do_finish, 40 },
    { do_tapq, 10 },  { do_aqic, 3 },  { do_count, 3 }, { do_reset, 2 },
    { do_faults, 3 }, { do_rc, 5 },
};

static void
step(struct world *w)
{
    unsigned all = 0;
    unsigned which;
    size_t i = 0;

    for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++)
        all += steps[k].often;
    which = (unsigned)test_below(&w->rng, all);
    while (which >= steps[i].often)
        which -= steps[i++].often;
    steps[i].step(w);
}

TEST(a_queue_does_as_its_model_whatever_happens)
{
    static struct world w;

    w.rng = (struct test_rng){ test_seed() };
    world_init(&w);
    for (unsigned i = 0; i < STEPS; i++) {
        test_note("step %u", i);
        step(&w);
    }
    queue_free(w.queue);
    is_wiped(&w);
    for (unsigned worker = 0; worker < WORKERS; worker++)
        if (w.model.busy[worker])
            work_done(&w.bell, &w.work[worker]);
    CHECK(!w.bell.queues);
    free(w.slots);
}
