/* SPDX-License-Identifier: MIT */
/* Between pool.c, which has threads and knows when, and queue.c, which has
 * queues and knows what. */
#ifndef VAP_CARDS_WORK_H
#define VAP_CARDS_WORK_H

#include <pthread.h>

#include "cards/queue.h"

/** Where a bell can be heard. */
enum bell_fd {
    BELL_GUEST, /* eventfd. The guest has it too, and could make it full and
                 * blocking: it is neither read nor written here */
    BELL_OWN, /* eventfd, for bell_ring() */
    BELL_TIMER, /* timerfd, for what is to be done later */
    BELL_FDS
};

/** What guards and wakes the queues of one guest. */
struct bell {
    struct pool *pool;
    uint32_t place; /* in the pool's list */
    _Atomic unsigned refs; /* the owner, and each worker that serves it */
    int fd[BELL_FDS];
    _Atomic bool watched; /* a worker stays here; no second one does */
    _Atomic unsigned vain; /* how often nothing came while one stayed, since
                            * something did last */
    _Atomic bool rung; /* by us, and nobody has heard it yet */
    _Atomic bool more; /* another request was ready when one was taken last;
                        * written with the lock */

    pthread_mutex_t lock; /* all below, and the queues whole */
    _Atomic uint32_t *asleep; /* NULL: freed */
    struct queue *queues; /* in a ring; the next to be asked */
    uint64_t due_ns; /* when the timer ends; 0: it is not set */
};

/* Somebody is to look at the queues; once is enough until it is heard. */
void bell_ring(struct bell *bell);

/* Nanoseconds of the monotonic clock. */
uint64_t work_now(void);

/** One request, on its way through a worker. */
struct work {
    struct queue *queue; /* with a reference to it */
    unsigned slot;
    uint32_t epoch;
    size_t length;
    size_t answered; /* bytes of the reply */
    struct card card;
    uint8_t domain;
    uint8_t request[SLOTS_MESSAGE];
    uint8_t reply[CARD_REPLY];
};

/**
 * The next request, each queue in its turn: copied into *work. Also ends what
 * is due, and sets the timer for what is not.
 *
 * Returns  is there one? Then bell->more says whether another is ready, and
 *          asleep is 1: whoever posts one from now on rings
 */
bool work_take(struct bell *bell, struct work *work);

/* Answers it; the longest part, without any lock. */
void work_do(struct work *work);

/* Delivers the reply, unless a reset came between; wipes the copies. */
void work_done(struct bell *bell, struct work *work);

#endif
