/* SPDX-License-Identifier: MIT */
/* A byte that says which card, and a request: any of them gets a reply of a
 * type that the card has, as long as it says; the same one again, random
 * numbers aside. */
#include "cards/card.h"
#include "cards/wire.h"

#include <assert.h>
#include <string.h>

static const char *const types[] = { "CEX8A", "CEX8C", "CEX8P" };

static size_t
length_said(const uint8_t *reply)
{
    if (reply[1] == 0x80)
        return wire_get16(reply + 2);
    if (reply[1] == 0x82)
        return 8;
    assert(reply[1] == 0x86);
    if (wire_get32(reply + 24))
        return wire_get32(reply + 24) + wire_get32(reply + 28);
    return wire_get32(reply + 16) + wire_get32(reply + 20);
}

static bool
is_random(const uint8_t *reply)
{
    return reply[1] == 0x86 && wire_get32(reply + 24);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rsa_keys *keys;
    static uint8_t replies[2][CARD_REPLY];
    struct card card;
    size_t length;

    if (!keys)
        keys = rsa_keys_new();
    if (size == 0 || !keys)
        return 0;
    card = card_of_type(types[data[0] % 3], 5, true);
    length = card_answer(&card, 0x47, keys, data + 1, size - 1, replies[0]);
    assert(length >= 8 && length <= CARD_REPLY);
    assert(length_said(replies[0]) == length);
    assert((replies[0][1] == 0x80) <= (card.mode == 'A'));
    assert((replies[0][1] == 0x86) <= (card.mode != 'A'));
    assert(card_answer(&card, 0x47, keys, data + 1, size - 1, replies[1]) ==
           length);
    assert(is_random(replies[0]) ||
           memcmp(replies[0], replies[1], length) == 0);
    return 0;
}
