/* SPDX-License-Identifier: MIT */
/* The guest's side of a queue, and numbers in messages, without a card: also
 * where the byte order is that of the messages. */
#include "cards/slots.h"

#include "cards/wire.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static struct slots *slots;

static void
empty(unsigned depth)
{
    free(slots);
    slots = aligned_alloc(4096, sizeof(*slots));
    if (!slots)
        FAIL("no memory");
    memset(slots, 0, sizeof(*slots));
    slots->depth = depth;
    slots->answer = SLOT_STATE(5, 0);
    slots->info = 0x6A0000000E000007u;
    for (unsigned i = 0; i < SLOTS_DEPTH; i++)
        slots->state[i] = SLOT_STATE(5, SLOT_FREE);
}

/* As the card does: every request is echoed, `more` bytes longer. */
static void
answer_all(size_t more)
{
    for (unsigned i = 0; i < SLOTS_DEPTH; i++) {
        if (slots->state[i] != SLOT_STATE(5, SLOT_REQUEST))
            continue;
        slots->length[i] += (uint32_t)more;
        slots->state[i] = SLOT_STATE(5, SLOT_REPLY);
    }
}

TEST(numbers_in_messages_are_big_endian_whatever_this_machine_is)
{
    static const uint8_t bytes[] = { 0x12, 0x34, 0x56, 0x78, 0x9a };
    uint8_t put[5] = { 0 };

    CHECK_INT(wire_get16(bytes), 0x1234);
    CHECK_INT(wire_get16(bytes + 3), 0x789a);
    CHECK_INT(wire_get32(bytes + 1), 0x3456789a);
    wire_put32(put + 1, 0x3456789a);
    wire_put16(put, 0x1234);
    CHECK(memcmp(put, "\x12\x34\x56\x78\x9a", 5) == 0);
    CHECK(wire_all_zero(bytes, 0));
    CHECK(!wire_all_zero(bytes, 1));
    CHECK(wire_all_zero((const uint8_t *)"\0\0\0\1", 3));
}

TEST(a_request_comes_back_in_its_order_with_its_psmid)
{
    char buffer[64];
    struct slots_taken taken;

    empty(3);
    CHECK_INT(slots_nqap(slots, 0x1122334455667788, "one", 3), 0);
    CHECK_INT(slots_nqap(slots, 2, "two", 3), 0);
    CHECK_INT(slots_nqap(slots, 3, "", 0), AP_FULL);
    CHECK_INT(slots_nqap(slots, 4, "", 0), AP_STATUS(AP_RC_FULL) | AP_FULL);
    answer_all(0);
    CHECK_INT(slots_dqap(slots, true, buffer, 64, &taken), AP_REPLIES);
    CHECK(taken.psmid == 0x1122334455667788 && taken.length == 3);
    CHECK(memcmp(buffer, "one", 3) == 0);
    CHECK_INT(slots_nqap(slots, 5, "five", 4), AP_REPLIES | AP_FULL);
    CHECK_INT(slots_dqap(slots, true, buffer, 64, &taken), AP_REPLIES);
    CHECK_INT(taken.psmid, 2);
    CHECK_INT(slots_dqap(slots, true, buffer, 64, &taken), 0);
    CHECK(taken.psmid == 3 && taken.length == 0 && taken.residual == 0);
    answer_all(0);
    CHECK_INT(slots_dqap(slots, true, buffer, 64, &taken), AP_EMPTY);
    CHECK_INT(taken.psmid, 5);
    CHECK_INT(slots_dqap(slots, true, buffer, 64, &taken),
              AP_STATUS(AP_RC_NO_REPLY) | AP_EMPTY);
}

TEST(the_order_of_requests_and_replies_may_wrap)
{
    char buffer[64];
    struct slots_taken taken;

    empty(8);
    slots->posted = UINT32_MAX - 1;
    for (unsigned i = 0; i < 4; i++)
        CHECK_INT(slots_nqap(slots, i, "", 0), 0);
    answer_all(0);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(AP_RC(slots_dqap(slots, true, buffer, 64, &taken)), 0);
        CHECK_INT(taken.psmid, i);
    }
}

TEST(a_reply_longer_than_any_message_is_cut)
{
    static char buffer[2 * SLOTS_MESSAGE];
    struct slots_taken taken;

    empty(8);
    CHECK_INT(slots_nqap(slots, 1, buffer, 100), 0);
    answer_all(SLOTS_MESSAGE);
    CHECK_INT(slots_dqap(slots, true, buffer, sizeof(buffer), &taken),
              AP_EMPTY);
    CHECK_INT(taken.length, SLOTS_MESSAGE);
}

/* A reset while a processor of the guest fills or empties a slot: it finds
 * the epoch changed, and nothing of it is in the queue. */
TEST(what_was_begun_before_a_reset_is_not_finished_after_it)
{
    char buffer[64];
    struct slots_taken taken;
    uint64_t info;

    empty(8);
    CHECK_INT(slots_nqap(slots, 1, "x", 1), 0);
    slots->answer = SLOT_STATE(6, 0);
    CHECK_INT(AP_RC(slots_dqap(slots, true, buffer, 64, &taken)),
              AP_RC_NO_REPLY);
    answer_all(0); /* of the epoch before */
    CHECK_INT(AP_RC(slots_dqap(slots, true, buffer, 64, &taken)),
              AP_RC_NO_REPLY);
    slots->answer = SLOT_STATE(6, VAP_RC_RESETTING);
    CHECK_INT(AP_RC(slots_nqap(slots, 1, "x", 1)), VAP_RC_RESETTING);
    CHECK_INT(AP_RC(slots_tapq(slots, &info)), VAP_RC_RESETTING);
    CHECK(info == 0x6A0000000E000007u);
}

TEST(a_bell_is_rung_once_until_it_was_heard)
{
    _Atomic uint32_t asleep = 1;

    CHECK(slots_must_ring(&asleep));
    CHECK(!slots_must_ring(&asleep));
    asleep = 1;
    CHECK(slots_must_ring(&asleep));
}
