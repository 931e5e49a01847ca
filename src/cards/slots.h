/* SPDX-License-Identifier: MIT */
/* A queue as its guest has it: messages in memory that guest and card share,
 * and the instructions that need nothing else. This is the guest's side, for
 * libvap and for tests; the card's side is queue.h.
 *
 *     status = slots_nqap(slots, psmid, request, length);
 *     if (AP_RC(status) == 0 && slots_must_ring(asleep))
 *         write 8 bytes to the bell's descriptor
 *     ...
 *     status = slots_dqap(slots, true, buffer, size, &taken);
 *
 * A slot goes FREE - FILLING - REQUEST (guest), - REPLY (card), - TAKING -
 * FREE (guest). Every state carries the queue's epoch, which a reset counts
 * up: what was begun before a reset cannot be finished after it.
 *
 * The guest may write anything anywhere at any time. The card believes nothing
 * of it: it reads state and length once, works on a copy, and knows by itself
 * which slots it has taken; a guest harms its own queue only. The card trusts
 * its own fields no more than the others: they are told here, not kept.
 *
 * Host byte order, one machine. Pages that were never used cost nothing: all
 * zero is an empty queue that is not available (rc 1 comes with the card). */
#ifndef VAP_CARDS_SLOTS_H
#define VAP_CARDS_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cards/ap.h"

/* The deepest a queue can be: TAPQ has 4 bits for it. */
#define SLOTS_DEPTH 16

/* The longest request or reply: max_msg_size of cards that say 0 for it. */
#define SLOTS_MESSAGE 12288

enum slot_state {
    SLOT_FREE,
    SLOT_FILLING, /* a guest's processor copies a request in */
    SLOT_REQUEST, /* the card's turn */
    SLOT_REPLY, /* the guest's turn */
    SLOT_TAKING /* a guest's processor copies a reply out */
};

/* epoch: the upper 24 bits of slots.answer. */
#define SLOT_STATE(epoch, state) ((uint32_t)(epoch) << 8 | (uint32_t)(state))

/** Shared memory, a whole number of pages. */
struct slots {
    /* the card tells */
    _Atomic uint32_t answer; /* epoch << 8 | rc: 0, or what every instruction
                              * answers: 1, 2 (a reset), 3, 4, 5 */
    _Atomic uint32_t depth; /* 1 to SLOTS_DEPTH */
    _Atomic uint32_t interrupts; /* 1: enabled by AQIC */
    uint32_t unused;
    _Atomic uint64_t info; /* TAPQ's GR2 */

    /* by slot */
    _Alignas(64) _Atomic uint32_t state[SLOTS_DEPTH]; /* SLOT_STATE() */
    _Atomic uint32_t length[SLOTS_DEPTH]; /* of the request, then the reply */
    _Atomic uint32_t order[SLOTS_DEPTH]; /* requests are worked, and replies
                                          * taken, lowest first */
    _Atomic uint64_t psmid[SLOTS_DEPTH]; /* the guest's; not looked at */
    uint32_t begun[SLOTS_DEPTH]; /* of the reply: 1 + bytes the guest has had;
                                  * 0: none was asked for */

    /* the guest counts */
    _Atomic uint32_t posted; /* order of the next request */

    _Alignas(4096) uint8_t message[SLOTS_DEPTH][SLOTS_MESSAGE];
};
_Static_assert(sizeof(struct slots) == 4096 + SLOTS_DEPTH * SLOTS_MESSAGE,
               "a whole number of pages, the first for all but messages");

/**
 * NQAP of a whole message.
 *
 * Returns  the status word; its rc is
 *          0              enqueued: see slots_must_ring()
 *          AP_RC_FULL     try again when a reply was taken
 *          AP_RC_TOO_BIG  longer than SLOTS_MESSAGE
 *          1, 2, 3, 4, 5  as the queue answers; 2 also when a reset came
 *                         between
 */
uint32_t slots_nqap(struct slots *slots, uint64_t psmid, const void *message,
                    size_t length);

/** What DQAP delivered. */
struct slots_taken {
    uint64_t psmid; /* of a reply that is out, whole or its last part */
    size_t length; /* bytes now in the buffer */
    size_t residual; /* GR2: bytes still to come; the reply stays */
};

/**
 * DQAP: the oldest reply, or as much of it as fits.
 *
 * first    GR0 has 0x80000000: from the reply's first byte. False: the rest of
 *          one that did not fit; whoever executes the instruction shows the
 *          guest a GR0 without that bit, and condition code 1 or 2, as long as
 *          residual is not 0
 * taken    filled on rc 0
 *
 * Returns  the status word; its rc is
 *          0               taken->residual tells whether all of it is out
 *          AP_RC_NO_REPLY  none waits
 *          AP_RC_NO_FIRST  first is false, and no part was taken
 *          1, 2, 3, 4, 5   as the queue answers
 */
uint32_t slots_dqap(struct slots *slots, bool first, void *buffer, size_t size,
                    struct slots_taken *taken);

/* TAPQ: the status word; *info: GR2, also with rc 2, 3, 4, 5; 0 with rc 1. */
uint32_t slots_tapq(struct slots *slots, uint64_t *info);

/* After an NQAP with rc 0: does the bell have to be rung? asleep: the word the
 * bell was made with. Then nobody else has to, until the card has looked. */
static inline bool
slots_must_ring(_Atomic uint32_t *asleep)
{
    return atomic_load(asleep) != 0 && atomic_exchange(asleep, 0) != 0;
}

#endif
