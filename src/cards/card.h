/* SPDX-License-Identifier: MIT */
/* What a crypto card answers to a message. No queues, threads or clocks here:
 * the same card and the same bytes get the same answer, random numbers aside.
 *
 * CEXnA  accelerator  type 50 requests (RSA: modular exponentiation and CRT,
 *                     to 4096 bits), type 80 replies       accelerator.c
 * CEXnC  CCA          type 6 requests with a CPRBX         cca.c
 * CEXnP  EP11         type 6 requests with an EP11 CPRB    ep11.c
 *
 * Whatever cannot be answered gets the error reply that says why: 8 bytes,
 * type 82. What is well-formed, and a coprocessor cannot do, gets a reply of
 * its own kind: CCA return code 8, reason 90; EP11 0x54, not supported. */
#ifndef VAP_CARDS_CARD_H
#define VAP_CARDS_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cards/rsa.h"

/** A card, as all of its queues know it. */
struct card {
    char mode; /* 'A' accelerator, 'C' CCA coprocessor, 'P' EP11 */
    uint8_t generation; /* 4 to 8: CEX4 to CEX8 */
    uint8_t adapter;
    bool apxa; /* of the host: ids above 63 and 15 */
};

/* type: "CEX8A", as host_card_type() has it. */
struct card card_of_type(const char *type, uint8_t adapter, bool apxa);

/* TAPQ's GR2 for a queue of this depth, 1 to 16. */
uint64_t card_info(const struct card *card, unsigned depth);

/* 10 for a CEX4 to 14 for a CEX8. */
unsigned card_type(const struct card *card);

/* The longest that can be answered; a buffer for this much is never short. */
#define CARD_REPLY 12288

/** Reply codes of error replies. Source: linux-abi.md, 7.3. */
enum card_error {
    CARD_MACHINE = 0x10, /* no memory here */
    CARD_MESSAGE_TYPE = 0x20, /* none that this card knows */
    CARD_LENGTH = 0x23, /* the message says another than it has */
    CARD_RESERVED = 0x24, /* a reserved field is not zero */
    CARD_FORMAT = 0x29, /* no such keyblock, block or function */
    CARD_OPERAND = 0x82, /* message >= modulus, or a zero modulus */
    CARD_OPERAND_SIZE = 0x84,
    CARD_EVEN = 0x85, /* an even modulus, p or q */
    CARD_DOMAIN = 0x8A /* a usage request for another queue's domain */
};

/**
 * Answers one message.
 *
 * keys    what the queue remembers of RSA keys, so that the next request with
 *         the same is quicker; any thread may use it at the same time
 * request, length   private to the caller: nobody writes there meanwhile
 * reply   room for CARD_REPLY bytes; gets a type 80 or 86 reply, or an error
 *         reply
 *
 * Returns  the reply's length, 8 at least
 */
size_t card_answer(const struct card *card, uint8_t domain,
                   struct rsa_keys *keys, const uint8_t *request, size_t length,
                   uint8_t *reply);

/* An error reply; its length. Source: linux-abi.md, 7.3. */
static inline size_t
card_refuse(enum card_error error, uint8_t *reply)
{
    memset(reply, 0, 8);
    reply[1] = 0x82;
    reply[4] = (uint8_t)error;
    return 8;
}

/* For card.c: by mode. */
size_t accelerator_answer(struct rsa_keys *keys, const uint8_t *request,
                          size_t length, uint8_t *reply);
size_t cca_answer(const struct card *card, uint8_t domain,
                  struct rsa_keys *keys, const uint8_t *request, size_t length,
                  uint8_t *reply);
size_t ep11_answer(const struct card *card, uint8_t domain,
                   const uint8_t *request, size_t length, uint8_t *reply);

#endif
