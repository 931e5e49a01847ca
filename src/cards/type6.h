/* SPDX-License-Identifier: MIT */
/* What coprocessors are asked and answer in: a type 6 header before a control
 * block, a type 86 header before its reply. Source: linux-abi.md, 7.4. */
#ifndef VAP_CARDS_TYPE6_H
#define VAP_CARDS_TYPE6_H

#include "cards/card.h"

/** Sizes in bytes. */
enum {
    TYPE6_HEADER = 88,
    TYPE86_HEADER = 48,
    CPRBX_SIZE = 220, /* of CCA */
    EP11_CPRB_SIZE = 32
};

/** A request, taken apart: all lengths are within it. */
struct type6 {
    const uint8_t *block; /* CPRBX or EP11 CPRB */
    size_t block_length; /* with what follows it: parameters, payload */
    size_t reply_length; /* what the control block of the reply may have, at
                          * most what CARD_REPLY has room for */
    size_t data_length; /* ... and its data */
};

/* agent: "CA" or "XC". Returns 0, or the card_error. */
int type6_read(const uint8_t *request, size_t length, const char *agent,
               struct type6 *out);

/**
 * The header of a reply whose control block follows it, and then, on the next
 * multiple of 4, data; all else of the header is zero.
 *
 * Returns  the length of the whole reply
 */
size_t type86_write(uint8_t *reply, size_t block_length, size_t data_length);

#endif
