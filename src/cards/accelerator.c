/* SPDX-License-Identifier: MIT */
/* The accelerator: six keyblocks, a row each. Source: linux-abi.md, 7.1 to
 * 7.3; which code a malformed request gets is our choice among those. */
#include "cards/card.h"

#include "cards/wire.h"

#include <string.h>

#define HEADER 16

/** All numbers of a keyblock are right-justified in fields of two sizes. */
struct keyblock {
    uint16_t type;
    uint16_t size; /* bytes of the modulus, the message, the result */
    bool crt; /* p, q, dp, dq, u of half that; else exponent, modulus */
};

static const struct keyblock keyblocks[] = {
    { 0x0001, 128, false }, /* MEB1 */
    { 0x0002, 256, false }, { 0x0003, 512, false },
    { 0x0011, 128, true }, /* CRB1 */
    { 0x0012, 256, true },  { 0x0013, 512, true },
};

static const struct keyblock *
keyblock_of(const uint8_t *request)
{
    for (size_t i = 0; i < sizeof(keyblocks) / sizeof(keyblocks[0]); i++)
        if (keyblocks[i].type == wire_get16(request + 8))
            return &keyblocks[i];
    return NULL;
}

static size_t
key_size(const struct keyblock *k)
{
    return k->crt ? (size_t)5 * k->size / 2 : (size_t)2 * k->size;
}

/* Byte 5 is ignored. 0: well-formed. */
static int
fault_of(const uint8_t *request, size_t length, const struct keyblock **out)
{
    if (length < HEADER)
        return CARD_LENGTH;
    if (request[1] != 0x50)
        return CARD_MESSAGE_TYPE;
    if (request[0] || request[4] || !wire_all_zero(request + 6, 2) ||
        !wire_all_zero(request + 10, 6))
        return CARD_RESERVED;
    *out = keyblock_of(request);
    if (!*out)
        return CARD_FORMAT;
    if (wire_get16(request + 2) != length ||
        length != HEADER + key_size(*out) + (*out)->size)
        return CARD_LENGTH;
    return 0;
}

static enum rsa_verdict
compute(struct rsa_keys *keys, const struct keyblock *k, const uint8_t *key,
        uint8_t *result)
{
    const uint8_t *message = key + key_size(k);

    if (k->crt)
        return rsa_combine(keys, key, k->size / 2, message, k->size, result);
    return rsa_exponentiate(keys, key, key + k->size, message, k->size, result);
}

size_t
accelerator_answer(struct rsa_keys *keys, const uint8_t *request, size_t length,
                   uint8_t *reply)
{
    static const uint8_t errors[] = { [RSA_EVEN_MODULUS] = CARD_EVEN,
                                      [RSA_BAD_OPERAND] = CARD_OPERAND,
                                      [RSA_NO_MEMORY] = CARD_MACHINE };
    const struct keyblock *k = NULL;
    int fault = fault_of(request, length, &k);
    enum rsa_verdict verdict;

    if (fault)
        return card_refuse((enum card_error)fault, reply);
    verdict = compute(keys, k, request + HEADER, reply + HEADER);
    if (verdict != RSA_DONE)
        return card_refuse((enum card_error)errors[verdict], reply);
    memset(reply, 0, HEADER);
    reply[1] = 0x80;
    wire_put16(reply + 2, HEADER + k->size);
    return HEADER + k->size;
}
