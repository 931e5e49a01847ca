/* SPDX-License-Identifier: MIT */
#include "cards/card.h"

#include "base/auto.h"
#include "cards/identity.h"
#include "cards/wire.h"
#include "test.h"

/** A request as the kernel's driver sends it, and what came. */
struct exchange {
    uint8_t request[512];
    size_t length;
    uint8_t reply[CARD_REPLY];
    size_t replied;
};

enum { CPRB = 88, PAYLOAD = CPRB + 32, DOMAIN = 0x47 };

/* Without the NUL. */
static void
put_bytes(uint8_t *to, const char *text, size_t n)
{
    memcpy(to, text, n);
}

static uint8_t *
number(uint8_t *at, uint32_t value)
{
    at[0] = at[1] = 4;
    wire_put32(at + 2, value);
    return at + 6;
}

static void
compose(struct exchange *x, uint32_t function, uint32_t query)
{
    uint8_t *r = x->request;
    uint8_t *end;

    memset(x, 0, sizeof(*x));
    end = number(r + PAYLOAD + 4, function);
    end = number(end, DOMAIN);
    end = number(end, query);
    end = number(end, 0);
    r[PAYLOAD] = 0x30;
    r[PAYLOAD + 1] = 0x82;
    wire_put16(r + PAYLOAD + 2, (size_t)(end - r) - PAYLOAD - 4);
    wire_put16(r + CPRB, 32);
    r[CPRB + 2] = 4;
    put_bytes(r + CPRB + 6, "T4", 2);
    wire_put32(r + CPRB + 12, DOMAIN);
    wire_put32(r + CPRB + 16, 0xffffffff);
    wire_put32(r + CPRB + 28, (size_t)(end - r) - PAYLOAD);
    x->length = (size_t)(end - r);
    r[1] = 6;
    wire_put32(r + 16, CPRB);
    put_bytes(r + 32, "XC", 2);
    r[49] = 1;
    wire_put32(r + 56, x->length - CPRB);
    wire_put32(r + 72, CARD_REPLY - 48);
}

static void
ask(struct exchange *x)
{
    AUTO(free_done) uint8_t *copy = malloc(x->length ? x->length : 1);
    struct card card = card_of_type("CEX7P", 0x0a, true);

    memcpy(copy, x->request, x->length);
    x->replied = card_answer(&card, DOMAIN, NULL, copy, x->length, x->reply);
}

/* As the driver checks it; the data, and how much. */
static const uint8_t *
answer(const struct exchange *x, uint32_t value, size_t *length)
{
    const uint8_t *p = x->reply + 48 + 32;

    CHECK_INT(x->reply[1], 0x86);
    CHECK_INT(x->reply[2], 2);
    CHECK_INT(x->reply[4], 0);
    CHECK_INT(wire_get32(x->reply + 20), 48);
    CHECK_INT(x->replied, 48 + wire_get32(x->reply + 16));
    CHECK_INT(x->reply[48 + 2], 4);
    CHECK_INT(wire_get32(x->reply + 48 + 16), 0);
    CHECK_INT(wire_get32(x->reply + 48 + 28), x->replied - 80);
    CHECK_INT(p[0], 0x30);
    CHECK_INT(p[1], 0x82);
    CHECK_INT(wire_get16(p + 2), x->replied - 84);
    CHECK_INT(wire_get16(p + 4), 0x0404);
    CHECK_INT(wire_get16(p + 10), 0x0404);
    CHECK_INT(wire_get32(p + 12), DOMAIN);
    CHECK_INT(wire_get16(p + 16), 0x0404);
    CHECK_INT(wire_get32(p + 18), value);
    if (value) {
        CHECK_INT(x->replied, 80 + 22);
        return NULL;
    }
    CHECK_INT(wire_get16(p + 22), 0x0482);
    *length = wire_get16(p + 24);
    CHECK_INT(x->replied, 80 + 26 + *length);
    return p + 26;
}

static void
is_refused(const struct exchange *x, int code)
{
    CHECK_INT(x->replied, 8);
    CHECK_INT(x->reply[1], 0x82);
    CHECK_INT(x->reply[4], code);
}

TEST(the_module_tells_its_serial_number_versions_and_modes)
{
    struct exchange x;
    const uint8_t *a;
    size_t length;

    compose(&x, 1 << 16 | 38, 1);
    ask(&x);
    a = answer(&x, 0, &length);
    CHECK_INT(length, 196);
    CHECK_INT(wire_get32(a), 6);
    CHECK_INT(a[8], 7);
    CHECK_INT(a[9], 0);
    CHECK(memcmp(a + 108, "VAP0000A        ", 16) == 0);
    CHECK_INT(wire_get32(a + 140), 0);
    CHECK_INT(wire_get32(a + 144), 0x4f);
}

TEST(a_domain_tells_its_wrapping_key)
{
    struct exchange x;
    const uint8_t *a;
    uint8_t pattern[CARD_PATTERN];
    size_t length;

    compose(&x, 1 << 16 | 38, 3);
    ask(&x);
    a = answer(&x, 0, &length);
    CHECK_INT(length, 80);
    CHECK_INT(wire_get32(a), DOMAIN);
    CHECK_INT(card_pattern(CARD_KEY_WRAPPING, DOMAIN, pattern), 32);
    CHECK(memcmp(a + 4, pattern, 32) == 0);
    CHECK(!wire_all_zero(pattern, 32));
    CHECK(wire_all_zero(a + 36, 32));
    CHECK_INT(wire_get32(a + 68), 0x12);
    CHECK_INT(wire_get32(a + 76), 0x4f);
}

TEST(what_it_cannot_do_it_says_in_its_own_words)
{
    struct exchange x;
    size_t length;

    compose(&x, 1 << 16 | 38, 2);
    ask(&x);
    (void)answer(&x, 0x07, &length);
    compose(&x, 1 << 16 | 6, 1); /* generates a key */
    ask(&x);
    (void)answer(&x, 0x54, &length);
}

TEST(another_domain_is_for_administration_only)
{
    struct exchange x;
    const uint8_t *a;
    size_t length;

    compose(&x, 1 << 16 | 38, 3);
    wire_put32(x.request + CPRB + 12, 4);
    ask(&x);
    is_refused(&x, 0x8a);
    x.request[CPRB + 5] = 0x80;
    ask(&x);
    a = answer(&x, 0, &length);
    CHECK_INT(wire_get32(a), 4);
    wire_put32(x.request + CPRB + 12, 256);
    ask(&x);
    is_refused(&x, 0x8a);
}

TEST(every_malformed_request_is_refused)
{
    static const struct {
        unsigned at;
        uint8_t value;
        int code;
    } rows[] = {
        { 1, 0x50, 0x20 },
        { 19, 87, 0x23 },
        { 32, 'C', 0x29 },
        { 58, 1, 0x23 },
        { 59, 31, 0x23 },
        { 72 + 2, 0, 0x23 },
        { CPRB + 1, 33, 0x29 },
        { CPRB + 2, 2, 0x29 },
        { CPRB + 6, 'S', 0x29 },
        { CPRB + 30, 1, 0x23 },
        { CPRB + 31, 3, 0x29 },
        { PAYLOAD, 0x31, 0x29 },
        { PAYLOAD + 1, 0x83, 0x29 },
        { PAYLOAD + 2, 1, 0x29 },
        { PAYLOAD + 4, 5, 0x29 },
        { PAYLOAD + 11, 8, 0x29 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct exchange x;

        test_note("byte %u is %02x", rows[i].at, rows[i].value);
        compose(&x, 1 << 16 | 38, 1);
        x.request[rows[i].at] = rows[i].value;
        ask(&x);
        is_refused(&x, rows[i].code);
    }
}

TEST(a_request_cut_anywhere_is_refused)
{
    struct exchange x;
    size_t all;

    compose(&x, 1 << 16 | 38, 1);
    all = x.length;
    for (x.length = 0; x.length < all; x.length++) {
        ask(&x);
        is_refused(&x, x.length < 2 ? 0x20 : 0x23);
    }
}

TEST(lengths_of_one_byte_are_understood)
{
    struct exchange x;
    size_t length;

    for (int form = 1; form <= 2; form++) {
        uint8_t *p = x.request + PAYLOAD;

        compose(&x, 1 << 16 | 38, 3);
        if (form == 2)
            p[1] = 0x81;
        memmove(p + 1 + form, p + 4, 24);
        p[form] = 24;
        ask(&x);
        (void)answer(&x, 0, &length);
        CHECK_INT(length, 80);
    }
}
