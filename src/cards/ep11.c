/* SPDX-License-Identifier: MIT */
/* The EP11 coprocessor tells what it is. A request is an EP11 CPRB and a
 * payload: a sequence of numbers as ASN.1 octet strings. Source: Linux
 * zcrypt_ep11misc.c, zcrypt_msgtype6.c. */
#include "cards/card.h"

#include "cards/identity.h"
#include "cards/type6.h"
#include "cards/wire.h"

#include <string.h>

/* Where in a CPRB. */
enum { CPRB_VERSION = 2, FLAGS = 5, FUNCTION = 6, TARGET = 12, PAYLOAD = 28 };

#define FOR_ADMINISTRATION 0x80 /* of the flags: for any domain */

#define GET_INFO 38
enum { QUERY_MODULE = 1, QUERY_DOMAIN = 3 };

/** PKCS #11 return values. */
enum {
    CKR_OK = 0x00,
    CKR_ARGUMENTS_BAD = 0x07,
    CKR_FUNCTION_NOT_SUPPORTED = 0x54
};

/* Sizes of the answers. */
enum { MODULE = 196, DOMAIN = 80 };

/* of dom_flags */
#define CURRENT_KEY_VALID 0x02
#define LEFT_IMPRINT_MODE 0x10

/** A request on its way. */
struct call {
    const struct card *card;
    uint32_t target; /* domain */
    uint32_t function;
    uint32_t domain; /* as it is in the payload */
    const uint8_t *rest; /* of the payload */
    size_t rest_length;
    uint8_t *answer;
    size_t length; /* of it */
};

/* --- what it says
 * ------------------------------------------------------------- */

static void
tell_module(struct call *c)
{
    char serial[CARD_SERIAL];

    card_serial(c->card, serial);
    memset(c->answer, 0, MODULE);
    wire_put32(c->answer, CARD_EP11_API);
    c->answer[8] = c->card->generation; /* firmware's version, .0 */
    memset(c->answer + 108, ' ', 16);
    memcpy(c->answer + 108, serial, strlen(serial));
    c->answer[147] = CARD_EP11_MODES;
    wire_put32(c->answer + 156, 256); /* domains */
    c->length = MODULE;
}

static void
tell_domain(struct call *c)
{
    memset(c->answer, 0, DOMAIN);
    wire_put32(c->answer, c->target);
    (void)card_pattern(CARD_KEY_WRAPPING, (uint8_t)c->target, c->answer + 4);
    wire_put32(c->answer + 68, LEFT_IMPRINT_MODE | CURRENT_KEY_VALID);
    c->answer[79] = CARD_EP11_MODES;
    c->length = DOMAIN;
}

/* --- the payload
 * ---------------------------------------------------------------- */

/* The next number of four bytes. */
static bool
next_number(struct call *c, uint32_t *out)
{
    if (c->rest_length < 6 || c->rest[0] != 0x04 || c->rest[1] != 4)
        return false;
    *out = wire_get32(c->rest + 2);
    c->rest += 6;
    c->rest_length -= 6;
    return true;
}

/* 0x30 and a length of one byte, or of one or two behind 0x81, 0x82. */
static bool
open_sequence(struct call *c)
{
    size_t head = c->rest_length < 2   ? 0
                  : c->rest[1] < 0x80  ? 2
                  : c->rest[1] == 0x81 ? 3
                  : c->rest[1] == 0x82 ? 4
                                       : 0;
    size_t length;

    if (!head || c->rest_length < head || c->rest[0] != 0x30)
        return false;
    length = head == 2   ? c->rest[1]
             : head == 3 ? c->rest[2]
                         : wire_get16(c->rest + 2);
    c->rest += head;
    c->rest_length -= head;
    if (length > c->rest_length)
        return false;
    c->rest_length = length;
    return true;
}

static uint32_t
perform(struct call *c)
{
    uint32_t query;
    uint32_t subtype;

    if ((c->function & 0xffff) != GET_INFO)
        return CKR_FUNCTION_NOT_SUPPORTED;
    if (!next_number(c, &query) || !next_number(c, &subtype))
        return CKR_ARGUMENTS_BAD;
    if (query == QUERY_MODULE)
        tell_module(c);
    else if (query == QUERY_DOMAIN)
        tell_domain(c);
    else
        return CKR_ARGUMENTS_BAD;
    return CKR_OK;
}

static uint8_t *
put_number(uint8_t *at, uint32_t value)
{
    at[0] = 0x04;
    at[1] = 4;
    wire_put32(at + 2, value);
    return at + 6;
}

/* Returns the length of the payload. */
static size_t
put_payload(uint8_t *at, const struct call *c, uint32_t value)
{
    uint8_t *end = put_number(at + 4, c->function);

    end = put_number(end, c->domain);
    end = put_number(end, value);
    if (c->length) {
        end[0] = 0x04;
        end[1] = 0x82;
        wire_put16(end + 2, c->length);
        memcpy(end + 4, c->answer, c->length);
        end += 4 + c->length;
    }
    at[0] = 0x30;
    at[1] = 0x82;
    wire_put16(at + 2, (size_t)(end - at) - 4);
    return (size_t)(end - at);
}

/* --- */

static int
read_call(const struct type6 *r, uint8_t domain, struct call *c)
{
    const uint8_t *b = r->block;

    if (r->block_length < EP11_CPRB_SIZE)
        return CARD_LENGTH;
    if (wire_get16(b) != EP11_CPRB_SIZE || b[CPRB_VERSION] != 0x04 ||
        memcmp(b + FUNCTION, "T4", 2) != 0)
        return CARD_FORMAT;
    c->target = wire_get32(b + TARGET);
    if (c->target > 255 ||
        (!(b[FLAGS] & FOR_ADMINISTRATION) && c->target != domain))
        return CARD_DOMAIN;
    c->rest = b + EP11_CPRB_SIZE;
    c->rest_length = r->block_length - EP11_CPRB_SIZE;
    if (wire_get32(b + PAYLOAD) > c->rest_length)
        return CARD_LENGTH;
    c->rest_length = wire_get32(b + PAYLOAD);
    return open_sequence(c) && next_number(c, &c->function) &&
                   next_number(c, &c->domain)
               ? 0
               : CARD_FORMAT;
}

size_t
ep11_answer(const struct card *card, uint8_t domain, const uint8_t *request,
            size_t length, uint8_t *reply)
{
    struct type6 r;
    uint8_t answer[MODULE];
    uint8_t *block = reply + TYPE86_HEADER;
    struct call c = { .card = card, .answer = answer };
    int error = type6_read(request, length, "XC", &r);
    uint32_t value;

    if (!error)
        error = read_call(&r, domain, &c);
    if (error)
        return card_refuse((enum card_error)error, reply);
    value = perform(&c);
    memcpy(block, r.block, EP11_CPRB_SIZE);
    length = put_payload(block + EP11_CPRB_SIZE, &c, value);
    wire_put32(block + 16, 0); /* return code */
    wire_put32(block + PAYLOAD, length);
    if (EP11_CPRB_SIZE + length > r.reply_length)
        return card_refuse(CARD_LENGTH, reply);
    return type86_write(reply, EP11_CPRB_SIZE + length, 0);
}
