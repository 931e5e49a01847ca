/* SPDX-License-Identifier: MIT */
/* A guest that writes anything anywhere in its memory, at any time, harms its
 * own queues; one that wants much gets its share. (Not for a checker of
 * threads: what is tried here is a race.) */
#include "cards/queue.h"

#include "base/auto.h"
#include "cards/cubes.h"
#include "test.h"

#include <pthread.h>
#include <time.h>

enum { QUEUES = 2 };

struct guest {
    struct bell *bell;
    _Atomic uint32_t asleep;
    struct slots *slots[QUEUES];
    struct queue *queue[QUEUES];
};

/* Which adapters replied, in their order. */
struct diary {
    _Atomic unsigned n;
    uint8_t adapter[64];
};

static void
note(void *diary, uint16_t apqn)
{
    struct diary *d = diary;

    d->adapter[atomic_fetch_add(&d->n, 1) % 64] = (uint8_t)VAP_ADAPTER_OF(apqn);
}

static void
guest_up(struct guest *g, struct pool *pool, uint8_t adapter,
         struct diary *diary)
{
    *g = (struct guest){ 0 };
    CHECK_INT(bell_new(pool, &g->asleep, &g->bell), 0);
    for (unsigned i = 0; i < QUEUES; i++) {
        struct queue_setup setup = {
            .card = card_of_type("CEX8A", adapter, true),
            .domain = (uint8_t)i,
            .depth = SLOTS_DEPTH,
            .events = { .self = diary, .replied = diary ? note : NULL },
            .slots = aligned_alloc(4096, sizeof(struct slots)),
        };

        if (!setup.slots)
            FAIL("no memory");
        memset(setup.slots, 0, sizeof(*setup.slots));
        g->slots[i] = setup.slots;
        CHECK_INT(queue_new(g->bell, &setup, &g->queue[i]), 0);
        CHECK_INT(AP_RC(queue_interrupts(g->queue[i], true)), 0);
    }
}

static void
guest_down(struct guest *g)
{
    for (unsigned i = 0; i < QUEUES; i++) {
        queue_free(g->queue[i]);
        free(g->slots[i]);
    }
    bell_free(g->bell);
}

static void
post(struct guest *g, unsigned queue, const uint8_t *request, size_t length)
{
    const uint64_t one = 1;

    CHECK_INT(AP_RC(slots_nqap(g->slots[queue], 7, request, length)), 0);
    if (slots_must_ring(&g->asleep))
        CHECK(write(bell_fd(g->bell), &one, 8) == 8);
}

static void
pause_briefly(void)
{
    const struct timespec t = { .tv_nsec = 100000 };

    (void)nanosleep(&t, NULL);
}

static void
round_trip(struct guest *g, unsigned queue, unsigned value)
{
    uint8_t request[CUBE_REQUEST];
    uint8_t reply[CARD_REPLY];
    struct slots_taken taken = { 0 };

    post(g, queue, request, cube_request(value, 128, request));
    for (int i = 0; i < 100000; i++) {
        uint32_t status =
            slots_dqap(g->slots[queue], true, reply, CARD_REPLY, &taken);

        if (AP_RC(status) == 0)
            break;
        if (i > 1000)
            pause_briefly();
    }
    CHECK(is_cube_of(value, reply, taken.length));
}

/* --- a hostile guest
 * ------------------------------------------------------------ */

struct vandal {
    struct guest *guest;
    struct test_rng rng;
    _Atomic bool enough;
};

/* Anything anywhere; more often where states and lengths are. */
static void
scribble(struct vandal *v)
{
    uint8_t *bytes = (uint8_t *)v->guest->slots[test_below(&v->rng, QUEUES)];
    size_t size = test_below(&v->rng, 4) ? 640 : sizeof(struct slots);
    size_t at = test_below(&v->rng, size / 4) * 4;
    uint32_t value = (uint32_t)test_next(&v->rng);

    if (test_below(&v->rng, 2))
        value = SLOT_STATE(1 + test_below(&v->rng, 2), SLOT_REQUEST);
    memcpy(bytes + at, &value, 4);
}

static void *
ravage(void *vandal)
{
    struct vandal *v = vandal;
    uint8_t request[CUBE_REQUEST];

    while (!atomic_load(&v->enough)) {
        uint64_t ring = test_next(&v->rng) >> 1;

        for (int i = 0; i < 50; i++)
            scribble(v);
        (void)slots_nqap(v->guest->slots[0], 1, request,
                         cube_request(5, 128, request));
        atomic_store(&v->guest->asleep, (uint32_t)test_next(&v->rng));
        (void)!write(bell_fd(v->guest->bell), &ring, 8);
    }
    return NULL;
}

TEST(a_guest_that_writes_anything_anywhere_harms_itself_only)
{
    static struct guest bad;
    static struct guest good;
    struct vandal vandal = { .guest = &bad, .rng = { test_seed() } };
    struct pool *pool;
    pthread_t thread;

    CHECK_INT(pool_new(2, &pool), 0);
    guest_up(&bad, pool, 1, NULL);
    guest_up(&good, pool, 2, NULL);
    CHECK_INT(pthread_create(&thread, NULL, ravage, &vandal), 0);
    for (unsigned i = 0; i < 3000; i++) {
        round_trip(&good, i % QUEUES, i);
        if (i % 100 == 0)
            (void)queue_reset(bad.queue[i / 100 % QUEUES], true);
        if (i % 500 == 0) {
            queue_set_faults(bad.queue[0], &(struct queue_faults){
                                               .slow_ms = 1, .wrong = true });
            queue_set_faults(bad.queue[1], &(struct queue_faults){ 0 });
        }
    }
    atomic_store(&vandal.enough, true);
    (void)pthread_join(thread, NULL);
    guest_down(&bad);
    for (unsigned i = 0; i < 100; i++)
        round_trip(&good, i % QUEUES, i);
    guest_down(&good);
    pool_free(pool);
}

/* ... and a reset makes a queue whole again, whatever is in its memory. */
TEST(after_a_reset_the_memory_is_in_order)
{
    static struct guest g;
    struct vandal vandal = { .guest = &g, .rng = { test_seed() } };
    struct pool *pool;
    uint64_t info;

    CHECK_INT(pool_new(2, &pool), 0);
    guest_up(&g, pool, 1, NULL);
    for (unsigned i = 0; i < 20; i++) {
        for (int k = 0; k < 2000; k++)
            scribble(&vandal);
        atomic_store(&g.asleep, 1);
        for (unsigned q = 0; q < QUEUES; q++) {
            CHECK_INT(AP_RC(queue_reset(g.queue[q], false)), 0);
            CHECK_INT(slots_tapq(g.slots[q], &info) & ~AP_INTERRUPTS, AP_EMPTY);
            round_trip(&g, q, i);
        }
    }
    guest_down(&g);
    pool_free(pool);
}

/* --- a greedy one
 * ----------------------------------------------------------------- */

TEST(a_guest_with_long_requests_does_not_keep_another_waiting_for_all_of_them)
{
    static struct guest greedy;
    static struct guest modest;
    static struct diary diary;
    uint8_t request[1552];
    size_t length = cube_request(2, 512, request);
    struct pool *pool;
    unsigned place = 0;

    CHECK_INT(pool_new(1, &pool), 0);
    guest_up(&greedy, pool, 1, &diary);
    guest_up(&modest, pool, 2, &diary);
    memset(request + 16, 0xff, 1024); /* exponent and modulus */
    queue_set_faults(greedy.queue[0], &(struct queue_faults){ .hang = true });
    for (int i = 0; i < SLOTS_DEPTH; i++)
        post(&greedy, 0, request, length);
    queue_set_faults(greedy.queue[0], &(struct queue_faults){ 0 });
    round_trip(&modest, 0, 9);
    while (atomic_load(&diary.n) < SLOTS_DEPTH + 1)
        pause_briefly();
    while (diary.adapter[place] != 2)
        place++;
    CHECK(place < SLOTS_DEPTH);
    guest_down(&greedy);
    guest_down(&modest);
    pool_free(pool);
}
