/* SPDX-License-Identifier: MIT */
/* Big-endian numbers in messages. */
#ifndef VAP_CARDS_WIRE_H
#define VAP_CARDS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline unsigned
wire_get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static inline uint32_t
wire_get32(const uint8_t *at)
{
    return (uint32_t)wire_get16(at) << 16 | wire_get16(at + 2);
}

static inline void
wire_put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void
wire_put32(uint8_t *at, size_t value)
{
    wire_put16(at, value >> 16);
    wire_put16(at + 2, value);
}

static inline bool
wire_all_zero(const uint8_t *at, size_t n)
{
    uint8_t any = 0;

    while (n--)
        any |= *at++;
    return any == 0;
}

#endif
