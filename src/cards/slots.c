/* SPDX-License-Identifier: MIT */
/* No two processors of a guest ever fill or empty the same slot: whoever moves
 * its state by compare-and-exchange has it. */
#include "cards/slots.h"

#include <string.h>

/** What is in a queue at one moment. */
struct look {
    uint32_t epoch;
    uint8_t rc;
    unsigned used;
    unsigned replies;
};

static unsigned
depth_of(struct slots *slots)
{
    uint32_t depth = atomic_load(&slots->depth);

    return depth < SLOTS_DEPTH ? depth : SLOTS_DEPTH;
}

static struct look
look(struct slots *slots)
{
    uint32_t answer = atomic_load(&slots->answer);
    struct look l = { .epoch = answer >> 8, .rc = (uint8_t)answer };

    for (unsigned i = 0; i < SLOTS_DEPTH; i++) {
        unsigned state = atomic_load(&slots->state[i]) & 0xff;

        l.used += state != SLOT_FREE;
        l.replies += state == SLOT_REPLY;
    }
    return l;
}

static uint32_t
status_of(struct slots *slots, uint8_t rc)
{
    struct look l = look(slots);

    if (rc == VAP_RC_NOT_AVAILABLE)
        return AP_STATUS(rc); /* there is nothing to tell of */
    return AP_STATUS(rc) | (l.used ? 0 : AP_EMPTY) |
           (l.replies ? AP_REPLIES : 0) |
           (l.used >= depth_of(slots) ? AP_FULL : 0) |
           (atomic_load(&slots->interrupts) ? AP_INTERRUPTS : 0);
}

static bool
move(struct slots *slots, unsigned i, uint32_t epoch, enum slot_state from,
     enum slot_state to)
{
    uint32_t expected = SLOT_STATE(epoch, from);

    return atomic_compare_exchange_strong(&slots->state[i], &expected,
                                          SLOT_STATE(epoch, to));
}

/* A slot to fill, or SLOTS_DEPTH. A queue that has become less deep is full
 * until as many messages have left it. */
static unsigned
claim(struct slots *slots, uint32_t epoch)
{
    unsigned depth = depth_of(slots);

    if (look(slots).used >= depth)
        return SLOTS_DEPTH;
    for (unsigned i = 0; i < depth; i++)
        if (move(slots, i, epoch, SLOT_FREE, SLOT_FILLING))
            return i;
    return SLOTS_DEPTH;
}

uint32_t
slots_nqap(struct slots *slots, uint64_t psmid, const void *message,
           size_t length)
{
    struct look l = look(slots);
    unsigned i;

    if (l.rc)
        return status_of(slots, l.rc);
    if (length > SLOTS_MESSAGE)
        return status_of(slots, AP_RC_TOO_BIG);
    i = claim(slots, l.epoch);
    if (i == SLOTS_DEPTH)
        return status_of(slots, AP_RC_FULL);
    memcpy(slots->message[i], message, length);
    atomic_store(&slots->length[i], (uint32_t)length);
    atomic_store(&slots->psmid[i], psmid);
    atomic_store(&slots->order[i], atomic_fetch_add(&slots->posted, 1));
    slots->begun[i] = 0;
    if (!move(slots, i, l.epoch, SLOT_FILLING, SLOT_REQUEST))
        return status_of(slots, VAP_RC_RESETTING);
    return status_of(slots, 0);
}

/* The oldest reply; of those begun, if it is the rest of one. */
static unsigned
oldest(struct slots *slots, uint32_t epoch, bool first)
{
    unsigned found = SLOTS_DEPTH;
    uint32_t its_order = 0;

    for (unsigned i = 0; i < SLOTS_DEPTH; i++) {
        uint32_t order = atomic_load(&slots->order[i]);

        if (atomic_load(&slots->state[i]) != SLOT_STATE(epoch, SLOT_REPLY) ||
            (!first && !slots->begun[i]))
            continue;
        if (found == SLOTS_DEPTH || (int32_t)(order - its_order) < 0) {
            found = i;
            its_order = order;
        }
    }
    return found;
}

/* Of a slot that is ours: as much as fits. */
static void
copy_out(struct slots *slots, unsigned i, void *buffer, size_t size,
         struct slots_taken *taken)
{
    uint32_t length = atomic_load(&slots->length[i]);
    uint32_t had = slots->begun[i] ? slots->begun[i] - 1 : 0;
    size_t left;

    length = length < SLOTS_MESSAGE ? length : SLOTS_MESSAGE;
    left = had < length ? length - had : 0;
    taken->psmid = atomic_load(&slots->psmid[i]);
    taken->length = left < size ? left : size;
    taken->residual = left - taken->length;
    memcpy(buffer, slots->message[i] + (length - left), taken->length);
    slots->begun[i] = (uint32_t)(1 + had + taken->length);
}

uint32_t
slots_dqap(struct slots *slots, bool first, void *buffer, size_t size,
           struct slots_taken *taken)
{
    struct look l = look(slots);
    unsigned i;

    if (l.rc)
        return status_of(slots, l.rc);
    do {
        i = oldest(slots, l.epoch, first);
        if (i == SLOTS_DEPTH)
            return status_of(slots, first ? AP_RC_NO_REPLY : AP_RC_NO_FIRST);
    } while (!move(slots, i, l.epoch, SLOT_REPLY, SLOT_TAKING));
    if (first)
        slots->begun[i] = 0;
    copy_out(slots, i, buffer, size, taken);
    if (!move(slots, i, l.epoch, SLOT_TAKING,
              taken->residual ? SLOT_REPLY : SLOT_FREE))
        return status_of(slots, VAP_RC_RESETTING);
    return status_of(slots, 0);
}

uint32_t
slots_tapq(struct slots *slots, uint64_t *info)
{
    uint8_t rc = look(slots).rc;

    *info = rc == VAP_RC_NOT_AVAILABLE ? 0 : atomic_load(&slots->info);
    return status_of(slots, rc);
}
