/* SPDX-License-Identifier: MIT */
/* A queue from both its sides, and workers between them. */
#include "cards/queue.h"

#include "base/auto.h"
#include "cards/cubes.h"
#include "test.h"

#include <pthread.h>
#include <time.h>

/** A guest with one queue. */
struct guest {
    struct pool *pool;
    _Atomic uint32_t asleep;
    struct bell *bell;
    struct slots *slots;
    struct queue *queue;
    _Atomic unsigned interrupts;
    _Atomic unsigned checkstops;
};

static void
count_reply(void *self, uint16_t apqn)
{
    struct guest *g = self;

    CHECK_INT(apqn, 0x0547);
    atomic_fetch_add(&g->interrupts, 1);
}

static void
count_checkstop(void *self, uint16_t apqn)
{
    struct guest *g = self;

    CHECK_INT(apqn, 0x0547);
    atomic_fetch_add(&g->checkstops, 1);
}

static struct slots *
new_slots(void)
{
    struct slots *slots = aligned_alloc(4096, sizeof(*slots));

    if (!slots)
        FAIL("no memory");
    memset(slots, 0, sizeof(*slots));
    return slots;
}

static struct queue_setup
setup_of(struct guest *g)
{
    return (struct queue_setup){
        .card = card_of_type("CEX8A", 5, true),
        .domain = 0x47,
        .depth = QUEUE_DEPTH,
        .events = { g, count_reply, count_checkstop },
        .slots = g->slots,
    };
}

static void
guest_up(struct guest *g)
{
    struct queue_setup setup;

    *g = (struct guest){ 0 };
    CHECK_INT(pool_new(2, &g->pool), 0);
    CHECK_INT(bell_new(g->pool, &g->asleep, &g->bell), 0);
    g->slots = new_slots();
    setup = setup_of(g);
    CHECK_INT(queue_new(g->bell, &setup, &g->queue), 0);
}

static void
guest_down(struct guest *g)
{
    queue_free(g->queue);
    bell_free(g->bell);
    pool_free(g->pool);
    free(g->slots);
}

static uint32_t
post(struct guest *g, struct slots *slots, uint64_t psmid, const void *message,
     size_t length)
{
    const uint64_t one = 1;
    uint32_t status = slots_nqap(slots, psmid, message, length);

    if (AP_RC(status) == 0 && slots_must_ring(&g->asleep))
        CHECK(write(bell_fd(g->bell), &one, 8) == 8);
    return status;
}

static uint32_t
post_value(struct guest *g, unsigned value)
{
    uint8_t request[CUBE_REQUEST];

    (void)cube_request(value, 128, request);
    return post(g, g->slots, value, request, sizeof(request));
}

static void
pause_briefly(void)
{
    const struct timespec t = { .tv_nsec = 100000 };

    (void)nanosleep(&t, NULL);
}

#define PATIENCE 100000 /* ten seconds of pauses */

/* The next reply, when there is one. */
static uint32_t
wait_reply(struct slots *slots, uint8_t *reply, struct slots_taken *taken)
{
    uint32_t status = 0;

    for (int i = 0; i < PATIENCE; i++) {
        status = slots_dqap(slots, true, reply, CARD_REPLY, taken);
        if (AP_RC(status) != AP_RC_NO_REPLY)
            return status;
        if (i > 1000)
            pause_briefly();
    }
    FAIL("no reply came");
}

/* Of any request; which one. Two workers finish in any order. */
static uint64_t
expect_any(struct guest *g)
{
    uint8_t reply[CARD_REPLY];
    struct slots_taken taken;

    CHECK_INT(AP_RC(wait_reply(g->slots, reply, &taken)), 0);
    CHECK(is_cube_of((unsigned)taken.psmid, reply, taken.length));
    return taken.psmid;
}

static void
expect_reply(struct guest *g, unsigned value)
{
    CHECK_INT(expect_any(g), value);
}

static void
wait_for(_Atomic unsigned *counter, unsigned value)
{
    for (int i = 0; i < PATIENCE && atomic_load(counter) != value; i++)
        pause_briefly();
    CHECK_INT(atomic_load(counter), value);
}

static void
wait_waiting(struct guest *g, uint32_t waiting, uint32_t working,
             uint32_t replies)
{
    struct queue_counts c;

    for (int i = 0; i < PATIENCE; i++) {
        queue_count(g->queue, &c);
        if (c.waiting == waiting && c.working == working &&
            c.replies == replies)
            return;
        pause_briefly();
    }
    FAIL("%u waiting, %u working, %u replies", c.waiting, c.working, c.replies);
}

static uint32_t
status_of(const struct guest *g)
{
    uint64_t info;

    return slots_tapq(g->slots, &info);
}

/* --- */

TEST(a_new_queue_is_empty_and_tells_its_card)
{
    struct guest g;
    uint64_t info;

    guest_up(&g);
    CHECK_INT(slots_tapq(g.slots, &info), AP_EMPTY);
    CHECK(info == 0x6A0000000E000007u);
    guest_down(&g);
}

TEST(requests_come_back_as_replies_with_their_psmid)
{
    struct guest g;

    guest_up(&g);
    for (unsigned i = 0; i < 2000; i++) {
        CHECK_INT(AP_RC(post_value(&g, i)), 0);
        expect_reply(&g, i);
    }
    guest_down(&g);
}

TEST(a_queue_takes_as_many_as_it_is_deep)
{
    struct guest g;
    bool seen[QUEUE_DEPTH] = { false };
    uint8_t reply[CARD_REPLY];
    struct slots_taken taken;

    guest_up(&g);
    queue_set_faults(g.queue, &(struct queue_faults){ .hang = true });
    for (unsigned i = 0; i < QUEUE_DEPTH; i++)
        CHECK_INT(post_value(&g, i), i == QUEUE_DEPTH - 1 ? AP_FULL : 0);
    CHECK_INT(post_value(&g, 9), AP_STATUS(AP_RC_FULL) | AP_FULL);
    CHECK_INT(slots_dqap(g.slots, true, reply, sizeof(reply), &taken),
              AP_STATUS(AP_RC_NO_REPLY) | AP_FULL);
    wait_waiting(&g, QUEUE_DEPTH, 0, 0);
    queue_set_faults(g.queue, &(struct queue_faults){ 0 });
    wait_waiting(&g, 0, 0, QUEUE_DEPTH);
    CHECK_INT(status_of(&g), AP_FULL | AP_REPLIES);
    for (unsigned i = 0; i < QUEUE_DEPTH; i++) {
        uint32_t status = wait_reply(g.slots, reply, &taken);

        CHECK_INT(status, i == QUEUE_DEPTH - 1 ? AP_EMPTY : AP_REPLIES);
        CHECK(taken.psmid < QUEUE_DEPTH && !seen[taken.psmid]);
        seen[taken.psmid] = true;
        CHECK(is_cube_of((unsigned)taken.psmid, reply, taken.length));
    }
    guest_down(&g);
}

TEST(a_message_that_is_too_big_is_refused)
{
    AUTO(free_done) uint8_t *big = calloc(1, SLOTS_MESSAGE + 1);
    struct guest g;

    guest_up(&g);
    CHECK_INT(AP_RC(post(&g, g.slots, 1, big, SLOTS_MESSAGE + 1)),
              AP_RC_TOO_BIG);
    CHECK_INT(status_of(&g), AP_EMPTY);
    CHECK_INT(AP_RC(post(&g, g.slots, 1, big, SLOTS_MESSAGE)), 0);
    wait_waiting(&g, 0, 0, 1);
    guest_down(&g);
}

TEST(a_reply_that_does_not_fit_stays_until_its_last_part)
{
    struct guest g;
    uint8_t reply[144];
    struct slots_taken taken;

    guest_up(&g);
    CHECK_INT(AP_RC(post_value(&g, 77)), 0);
    wait_waiting(&g, 0, 0, 1);
    CHECK_INT(slots_dqap(g.slots, false, reply, 144, &taken),
              AP_STATUS(AP_RC_NO_FIRST) | AP_REPLIES);
    CHECK_INT(slots_dqap(g.slots, true, reply, 0, &taken), AP_REPLIES);
    CHECK_INT(taken.residual, 144);
    CHECK_INT(slots_dqap(g.slots, false, reply, 100, &taken), AP_REPLIES);
    CHECK_INT(taken.length, 100);
    CHECK_INT(taken.residual, 44);
    CHECK_INT(slots_dqap(g.slots, true, reply, 90, &taken), AP_REPLIES);
    CHECK_INT(taken.residual, 54); /* from its first byte again */
    CHECK_INT(slots_dqap(g.slots, false, reply + 90, 54, &taken), AP_EMPTY);
    CHECK_INT(taken.length, 54);
    CHECK_INT(taken.residual, 0);
    CHECK_INT(taken.psmid, 77);
    CHECK(is_cube_of(77, reply, 144));
    guest_down(&g);
}

TEST(a_reset_wipes_requests_replies_and_what_is_being_worked)
{
    struct guest g;

    guest_up(&g);
    for (unsigned i = 0; i < 2; i++)
        CHECK_INT(AP_RC(post_value(&g, i)), 0);
    wait_waiting(&g, 0, 0, 2);
    queue_set_faults(g.queue, &(struct queue_faults){ .hang = true });
    CHECK_INT(AP_RC(post_value(&g, 5)), 0);
    CHECK_INT(queue_reset(g.queue, false), AP_EMPTY);
    for (size_t i = 0; i < sizeof(g.slots->message); i++)
        CHECK(((uint8_t *)g.slots->message)[i] == 0);
    queue_set_faults(g.queue, &(struct queue_faults){ 0 });
    CHECK_INT(AP_RC(post_value(&g, 6)), 0);
    expect_reply(&g, 6);
    CHECK_INT(status_of(&g), AP_EMPTY);
    guest_down(&g);
}

TEST(a_slow_reset_is_in_progress_until_it_is_over)
{
    struct guest g;
    uint64_t info;

    guest_up(&g);
    queue_set_faults(g.queue, &(struct queue_faults){ .reset_hang = true });
    CHECK_INT(queue_reset(g.queue, true), AP_EMPTY);
    CHECK_INT(AP_RC(slots_tapq(g.slots, &info)), VAP_RC_RESETTING);
    CHECK_INT(AP_RC(queue_reset(g.queue, true)), VAP_RC_RESETTING);
    CHECK_INT(AP_RC(post_value(&g, 1)), VAP_RC_RESETTING);
    queue_set_faults(g.queue, &(struct queue_faults){ .reset_ms = 1 });
    for (int i = 0; i < PATIENCE && slots_tapq(g.slots, &info) != AP_EMPTY; i++)
        pause_briefly();
    CHECK_INT(slots_tapq(g.slots, &info), AP_EMPTY);
    CHECK_INT(queue_reset(g.queue, true), AP_EMPTY);
    for (int i = 0; i < PATIENCE && slots_tapq(g.slots, &info) != AP_EMPTY; i++)
        pause_briefly();
    CHECK_INT(AP_RC(post_value(&g, 1)), 0);
    expect_reply(&g, 1);
    guest_down(&g);
}

TEST(interrupts_are_for_replies_while_aqic_has_enabled_them)
{
    struct guest g;

    guest_up(&g);
    CHECK_INT(AP_RC(post_value(&g, 1)), 0);
    expect_reply(&g, 1);
    CHECK_INT(atomic_load(&g.interrupts), 0);
    CHECK_INT(AP_RC(queue_interrupts(g.queue, false)), AP_RC_SAME);
    CHECK_INT(queue_interrupts(g.queue, true), AP_EMPTY | AP_INTERRUPTS);
    CHECK_INT(AP_RC(queue_interrupts(g.queue, true)), AP_RC_SAME);
    CHECK_INT(AP_RC(post_value(&g, 2)), 0);
    expect_reply(&g, 2);
    wait_for(&g.interrupts, 1);
    CHECK_INT(queue_reset(g.queue, false), AP_EMPTY | AP_INTERRUPTS);
    CHECK_INT(queue_reset(g.queue, true), AP_EMPTY);
    CHECK_INT(AP_RC(post_value(&g, 3)), 0);
    expect_reply(&g, 3);
    CHECK_INT(atomic_load(&g.interrupts), 1);
    guest_down(&g);
}

TEST(a_queue_that_is_not_there_answers_nothing_but_why)
{
    static const uint8_t rcs[] = { VAP_RC_NOT_AVAILABLE, VAP_RC_DECONFIGURED,
                                   VAP_RC_CHECKSTOPPED, VAP_RC_BUSY };
    struct guest g;

    guest_up(&g);
    for (size_t i = 0; i < sizeof(rcs); i++) {
        uint8_t reply[144];
        struct slots_taken taken;
        uint64_t info;

        CHECK_INT(AP_RC(post_value(&g, 3)), 0);
        wait_waiting(&g, 0, 0, 1);
        queue_set_rc(g.queue, rcs[i]);
        CHECK_INT(AP_RC(post_value(&g, 4)), rcs[i]);
        CHECK_INT(AP_RC(slots_dqap(g.slots, true, reply, 144, &taken)), rcs[i]);
        CHECK_INT(AP_RC(slots_tapq(g.slots, &info)), rcs[i]);
        CHECK_INT(AP_RC(queue_reset(g.queue, true)), rcs[i]);
        CHECK_INT(AP_RC(queue_interrupts(g.queue, true)), rcs[i]);
        queue_set_rc(g.queue, 0);
        if (rcs[i] == VAP_RC_BUSY)
            expect_reply(&g, 3); /* nothing was lost */
        CHECK_INT(status_of(&g), AP_EMPTY);
    }
    guest_down(&g);
}

/* --- faults ------------------------------------------------------------------
 */

TEST(a_slow_request_waits_for_a_timer_and_no_longer_when_undone)
{
    struct guest g;

    guest_up(&g);
    queue_set_faults(g.queue, &(struct queue_faults){ .slow_ms = 5 });
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(AP_RC(post_value(&g, i)), 0);
    CHECK_INT(expect_any(&g) + expect_any(&g) + expect_any(&g), 0 + 1 + 2);
    queue_set_faults(g.queue, &(struct queue_faults){ .slow_ms = 3600000 });
    CHECK_INT(AP_RC(post_value(&g, 9)), 0);
    wait_waiting(&g, 1, 0, 0);
    queue_set_faults(g.queue, &(struct queue_faults){ 0 });
    expect_reply(&g, 9);
    guest_down(&g);
}

TEST(a_wrong_reply_differs_in_its_last_bit)
{
    struct guest g;
    uint8_t reply[CARD_REPLY];
    struct slots_taken taken;

    guest_up(&g);
    queue_set_faults(g.queue, &(struct queue_faults){ .wrong = true });
    CHECK_INT(AP_RC(post_value(&g, 9)), 0);
    CHECK_INT(AP_RC(wait_reply(g.slots, reply, &taken)), 0);
    CHECK(!is_cube_of(9, reply, taken.length));
    reply[taken.length - 1] ^= 1;
    CHECK(is_cube_of(9, reply, taken.length));
    guest_down(&g);
}

TEST(a_dropped_request_leaves_an_empty_queue)
{
    struct guest g;

    guest_up(&g);
    queue_set_faults(g.queue, &(struct queue_faults){ .drop = true });
    for (unsigned i = 0; i < 5; i++)
        CHECK_INT(AP_RC(post_value(&g, i)), 0);
    wait_waiting(&g, 0, 0, 0);
    CHECK_INT(status_of(&g), AP_EMPTY);
    queue_set_faults(g.queue, &(struct queue_faults){ 0 });
    CHECK_INT(AP_RC(post_value(&g, 9)), 0);
    expect_reply(&g, 9);
    guest_down(&g);
}

TEST(a_checkstop_in_the_middle_of_a_request_ends_the_queue)
{
    struct guest g;
    uint64_t info;

    guest_up(&g);
    queue_set_faults(g.queue, &(struct queue_faults){ .checkstop = true });
    CHECK_INT(AP_RC(post_value(&g, 9)), 0);
    wait_for(&g.checkstops, 1);
    CHECK_INT(AP_RC(slots_tapq(g.slots, &info)), VAP_RC_CHECKSTOPPED);
    queue_set_rc(g.queue, VAP_RC_CHECKSTOPPED); /* as the card's owner does */
    queue_set_rc(g.queue, 0);
    CHECK_INT(AP_RC(post_value(&g, 10)), 0);
    expect_reply(&g, 10);
    CHECK_INT(atomic_load(&g.checkstops), 1);
    guest_down(&g);
}

TEST(a_tiny_depth_holds_at_once_and_no_longer_when_undone)
{
    struct guest g;
    uint64_t info;

    guest_up(&g);
    queue_set_faults(g.queue,
                     &(struct queue_faults){ .depth = 1, .hang = true });
    CHECK_INT(post_value(&g, 1), AP_FULL);
    CHECK_INT(AP_RC(post_value(&g, 2)), AP_RC_FULL);
    CHECK_INT(slots_tapq(g.slots, &info), AP_FULL);
    CHECK_INT(info & 15, QUEUE_DEPTH - 1); /* it does not tell */
    queue_set_faults(g.queue, &(struct queue_faults){ .hang = true });
    CHECK_INT(AP_RC(post_value(&g, 2)), 0);
    queue_set_faults(g.queue, &(struct queue_faults){ 0 });
    wait_waiting(&g, 0, 0, 2);
    guest_down(&g);
}

/* --- several
 * ------------------------------------------------------------------- */

TEST(a_stuck_queue_delays_no_other)
{
    struct guest g;
    struct slots *other = new_slots();
    struct queue_setup setup;
    struct queue *second;
    uint8_t request[CUBE_REQUEST];
    uint8_t reply[CARD_REPLY];
    struct slots_taken taken;

    guest_up(&g);
    setup = setup_of(&g);
    setup.slots = other;
    setup.faults.hang = true;
    CHECK_INT(queue_new(g.bell, &setup, &second), 0);
    for (unsigned i = 0; i < QUEUE_DEPTH; i++) {
        (void)cube_request(i, 128, request);
        CHECK_INT(AP_RC(post(&g, other, i, request, 400)), 0);
    }
    for (unsigned i = 0; i < 1000; i++) {
        CHECK_INT(AP_RC(post_value(&g, i)), 0);
        expect_reply(&g, i);
    }
    CHECK_INT(AP_RC(slots_dqap(other, true, reply, 400, &taken)),
              AP_RC_NO_REPLY);
    queue_free(second);
    free(other);
    guest_down(&g);
}

/** A guest of its own thread. */
struct crowd {
    pthread_t thread;
    struct pool *pool;
    _Atomic uint32_t asleep;
    struct bell *bell;
    struct slots *slots[2];
    struct queue *queue[2];
    unsigned replies;
};

enum { CROWD = 6, EACH = 400 };

static void *
soak(void *self)
{
    struct crowd *c = self;
    uint64_t one = 1;
    unsigned posted = 0;
    uint8_t request[CUBE_REQUEST];
    uint8_t reply[CARD_REPLY];
    struct slots_taken taken;

    while (c->replies < EACH) {
        struct slots *slots = c->slots[posted % 2];

        (void)cube_request(posted, 128, request);
        if (posted < EACH &&
            AP_RC(slots_nqap(slots, posted, request, 400)) == 0) {
            posted++;
            if (slots_must_ring(&c->asleep))
                (void)!write(bell_fd(c->bell), &one, 8);
        }
        for (int i = 0; i < 2; i++)
            if (AP_RC(slots_dqap(c->slots[i], true, reply, CARD_REPLY,
                                 &taken)) == 0 &&
                is_cube_of((unsigned)taken.psmid, reply, taken.length))
                c->replies++;
        if (posted == EACH)
            pause_briefly();
    }
    return NULL;
}

TEST(many_guests_lose_nothing)
{
    static struct crowd crowd[CROWD];
    struct pool *pool;

    CHECK_INT(pool_new(3, &pool), 0);
    for (unsigned i = 0; i < CROWD; i++) {
        struct crowd *c = &crowd[i];

        CHECK_INT(bell_new(pool, &c->asleep, &c->bell), 0);
        for (int k = 0; k < 2; k++) {
            struct queue_setup setup = {
                .card = card_of_type("CEX8A", 1, true),
                .domain = (uint8_t)(2 * i),
                .depth = QUEUE_DEPTH,
                .slots = c->slots[k] = new_slots(),
            };

            CHECK_INT(queue_new(c->bell, &setup, &c->queue[k]), 0);
        }
    }
    for (unsigned i = 0; i < CROWD; i++)
        CHECK_INT(pthread_create(&crowd[i].thread, NULL, soak, &crowd[i]), 0);
    for (unsigned i = 0; i < CROWD; i++) {
        (void)pthread_join(crowd[i].thread, NULL);
        CHECK_INT(crowd[i].replies, EACH);
        for (int k = 0; k < 2; k++) {
            queue_free(crowd[i].queue[k]);
            free(crowd[i].slots[k]);
        }
        bell_free(crowd[i].bell);
    }
    pool_free(pool);
}
