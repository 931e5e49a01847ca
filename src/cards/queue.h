/* SPDX-License-Identifier: MIT */
/* A queue in a guest's hands, from the moment it has it to the moment it has
 * not: the card's side of slots.h.
 *
 *     pool_new(0, &pool);                         once
 *     bell_new(pool, &page->asleep, &bell);       for each guest
 *     queue_new(bell, &setup, &queue);            for each queue it gets
 *     ...
 *     queue_free(queue);                          it lost it
 *
 * All functions are for the thread that owns the pool, and return at once;
 * what they change holds when they return. Workers take requests, answer them
 * (card.h) and put replies back, beside it. */
#ifndef VAP_CARDS_QUEUE_H
#define VAP_CARDS_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "cards/card.h"
#include "cards/pool.h"
#include "cards/slots.h"

struct queue;

/** What is wrong with a queue; all zero: nothing. */
struct queue_faults {
    uint32_t slow_ms; /* so long a request waits before it is worked */
    uint32_t reset_ms; /* so long a reset takes; until then rc 2 */
    uint8_t depth; /* 1 to 16: so deep it is, 0: as it should be */
    bool hang; /* no request is worked */
    bool reset_hang; /* no reset ends */
    bool wrong; /* the last bit of every reply is turned over */
    bool drop; /* requests vanish without a reply */
    bool checkstop; /* in the middle of the next request, the queue and then,
                     * by whoever hears of it, the card */
};

/** Who wants to know. Called by workers, with the bell locked: write to a
 *  descriptor, send to a loop, and return; nothing of queue.h or pool.h. A
 *  guest that shares an eventfd can make it blocking and full: let it have one
 *  that nobody here waits for. */
struct queue_events {
    void *self;
    /* There is a reply, and AQIC has enabled interrupts. NULL: nobody. */
    void (*replied)(void *self, uint16_t apqn);
    /* The checkstop fault has struck; the queue answers rc 4. */
    void (*checkstopped)(void *self, uint16_t apqn);
};

/** What a queue is made of. */
struct queue_setup {
    struct card card;
    uint8_t domain;
    uint8_t rc; /* 0, or 1, 3, 4, 5: see queue_set_rc() */
    uint8_t depth; /* 1 to SLOTS_DEPTH */
    struct queue_faults faults;
    struct queue_events events;
    struct slots *slots; /* lent until queue_free(); page-aligned, zeroed */
};

/* As depth in sysfs shows it. */
#define QUEUE_DEPTH 8

/* It comes reset. Returns 0 or -ENOMEM. */
int queue_new(struct bell *bell, const struct queue_setup *setup,
              struct queue **out);

/* The card has forgotten everything, messages in its slots are wiped, and
 * nobody touches the slots any more, not even a worker that is in the middle
 * of a request. NULL is fine. */
void queue_free(struct queue *queue);

/**
 * RAPQ, and with zeroize ZAPQ: requests and replies are gone and wiped, keys
 * forgotten; ZAPQ also disables interrupts.
 *
 * Returns  the status word; its rc is
 *          0        begun, and done unless a fault slows it: TAPQ tells
 *          2        one is under way
 *          1, 3, 4, 5  as the queue answers
 */
uint32_t queue_reset(struct queue *queue, bool zeroize);

/* AQIC. Returns the status word; its rc is 0, AP_RC_SAME when it is so
 * already, or 1, 2, 3, 4, 5 as the queue answers. */
uint32_t queue_interrupts(struct queue *queue, bool on);

/* What every instruction answers from now on: 0, or 1 not available, 3
 * deconfigured, 4 checkstopped, 5 busy. But for busy, all messages are lost
 * with the change. */
void queue_set_rc(struct queue *queue, uint8_t rc);

/* At once, also for requests that are waiting already. */
void queue_set_faults(struct queue *queue, const struct queue_faults *faults);

/** What it does, and has done since it was made. */
struct queue_counts {
    uint64_t requests; /* replied to */
    uint32_t waiting; /* posted, not taken by a worker */
    uint32_t working;
    uint32_t replies; /* not taken by the guest */
};
void queue_count(struct queue *queue, struct queue_counts *out);

#endif
