/* SPDX-License-Identifier: MIT */
/* Requests whose answers a test knows: value ^ 3 mod 1000003, as a type 50
 * modular exponentiation, which every accelerator does. */
#ifndef VAP_CARDS_CUBES_H
#define VAP_CARDS_CUBES_H

#include "cards/wire.h"

#include <stdbool.h>
#include <string.h>

enum { CUBE_MODULUS = 1000003, CUBE_REQUEST = 400, CUBE_REPLY = 144 };

/* Numbers of 128 to 512 bytes; with 128 it is a CUBE_REQUEST long, and the
 * reply a CUBE_REPLY. Returns how long it is. */
static inline size_t
cube_request(unsigned value, size_t size, uint8_t *request)
{
    size_t length = 16 + 3 * size;

    memset(request, 0, length);
    request[1] = 0x50;
    wire_put16(request + 2, length);
    wire_put16(request + 8, size == 128 ? 1 : size == 256 ? 2 : 3);
    request[16 + size - 1] = 3;
    wire_put32(request + 16 + 2 * size - 4, CUBE_MODULUS);
    wire_put32(request + 16 + 3 * size - 4, value);
    return length;
}

static inline uint32_t
cube_of(unsigned value)
{
    return (uint32_t)((uint64_t)value * value % CUBE_MODULUS * value %
                      CUBE_MODULUS);
}

static inline bool
is_cube_of(unsigned value, const uint8_t *reply, size_t length)
{
    return length == CUBE_REPLY && reply[1] == 0x80 &&
           wire_get32(reply + CUBE_REPLY - 4) == cube_of(value);
}

#endif
