/* SPDX-License-Identifier: MIT */
/* The worker threads, and the bells that wake them.
 *
 * A bell is a guest's: whoever posts a request and finds the word `asleep` not
 * 0 sets it to 0 and writes to the bell's descriptor (slots_must_ring()). A
 * worker that hears it serves the guest's queues in turn, one request each,
 * and stays for 50 µs after the last one, if that has been worth it lately:
 * meanwhile the word is 0, and a request costs nobody a system call. Every 20
 * µs it looks whether another bell has rung, and goes there: bells are served
 * in the order in which they rang. What cannot be worked now (a fault says so)
 * waits for a timer, never in a worker.
 *
 * One thread owns all this, makes and frees it; the workers are inside. */
#ifndef VAP_CARDS_POOL_H
#define VAP_CARDS_POOL_H

#include <stdatomic.h>
#include <stdint.h>

struct pool;
struct bell;

/* threads: 0 for one per processor. Returns 0 or -errno. */
int pool_new(unsigned threads, struct pool **out);

/* Waits for what they are doing. All bells have been freed. */
void pool_free(struct pool *pool);

/**
 * asleep   lent until bell_free(); shared with the guest, which may write
 *          what it likes: it harms itself only
 *
 * Returns  0, -ENOMEM, -EMFILE, -ENFILE
 */
int bell_new(struct pool *pool, _Atomic uint32_t *asleep, struct bell **out);

/* An eventfd, lent: the guest gets a copy (SCM_RIGHTS) and writes the number
 * 1 there. Nobody reads it. */
int bell_fd(const struct bell *bell);

/* Its queues have been freed. From then on nobody touches asleep. NULL is
 * fine. */
void bell_free(struct bell *bell);

#endif
