/* SPDX-License-Identifier: MIT */
#include "cards/type6.h"

#include "cards/wire.h"

#include <string.h>

/* Where in the header. */
enum {
    OFFSET1 = 16,
    AGENT = 32,
    TO_CARD1 = 56,
    FROM_CARD1 = 72,
    FROM_CARD2 = 76
};

static size_t
at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

int
type6_read(const uint8_t *request, size_t length, const char *agent,
           struct type6 *out)
{
    size_t offset;
    size_t to_card;

    if (length < 2 || request[1] != 0x06)
        return CARD_MESSAGE_TYPE;
    if (length < TYPE6_HEADER)
        return CARD_LENGTH;
    if (request[0] || memcmp(request + AGENT, agent, 2) != 0)
        return CARD_FORMAT;
    offset = wire_get32(request + OFFSET1);
    to_card = wire_get32(request + TO_CARD1);
    if (offset != TYPE6_HEADER || to_card > length - offset)
        return CARD_LENGTH;
    out->block = request + offset;
    out->block_length = to_card;
    out->reply_length =
        at_most(wire_get32(request + FROM_CARD1), CARD_REPLY - TYPE86_HEADER);
    out->data_length =
        at_most(wire_get32(request + FROM_CARD2), CARD_REPLY - TYPE86_HEADER);
    return 0;
}

size_t
type86_write(uint8_t *reply, size_t block_length, size_t data_length)
{
    size_t data = (TYPE86_HEADER + block_length + 3) / 4 * 4;

    memset(reply, 0, TYPE86_HEADER);
    reply[1] = 0x86;
    reply[2] = 0x02;
    wire_put32(reply + 16, block_length);
    wire_put32(reply + 20, TYPE86_HEADER);
    if (!data_length)
        return TYPE86_HEADER + block_length;
    memset(reply + TYPE86_HEADER + block_length, 0,
           data - TYPE86_HEADER - block_length);
    wire_put32(reply + 24, data_length);
    wire_put32(reply + 28, data);
    return data + data_length;
}
