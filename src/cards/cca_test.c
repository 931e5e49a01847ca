/* SPDX-License-Identifier: MIT */
#include "cards/card.h"

#include "base/auto.h"
#include "cards/identity.h"
#include "cards/wire.h"
#include "test.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

enum { CPRB = 88, PARAMETERS = CPRB + 220, DOMAIN = 0x47 };

/** A request as the kernel's driver sends it, and what came. */
struct exchange {
    struct rsa_keys *keys;
    uint8_t request[6000];
    size_t length;
    uint8_t reply[CARD_REPLY];
    size_t replied;
};

static void
exchange_done(struct exchange *x)
{
    rsa_keys_free(x->keys);
}

static struct exchange
exchange(void)
{
    return (struct exchange){ .keys = rsa_keys_new() };
}

/* Without the NUL. */
static void
put_bytes(uint8_t *to, const char *text, size_t n)
{
    memcpy(to, text, n);
}

/* The parameters are there, `parameters` bytes of them. */
static void
compose(struct exchange *x, size_t parameters, size_t random)
{
    uint8_t *r = x->request;

    memset(r, 0, PARAMETERS);
    x->length = PARAMETERS + parameters;
    r[1] = 6;
    wire_put32(r + 16, CPRB);
    put_bytes(r + 32, "CA", 2);
    memcpy(r + 52, r + PARAMETERS, 2);
    wire_put32(r + 56, x->length - CPRB);
    wire_put32(r + 72, 0x77c - 88);
    wire_put32(r + 76, random);
    wire_put16(r + CPRB, 220);
    r[CPRB + 2] = 2;
    put_bytes(r + CPRB + 6, "T2", 2);
    wire_put32(r + CPRB + 12, parameters);
    wire_put32(r + CPRB + 28, random);
    wire_put16(r + CPRB + 170, DOMAIN);
}

static void
ask(struct exchange *x)
{
    AUTO(free_done) uint8_t *copy = malloc(x->length ? x->length : 1);
    struct card card = card_of_type("CEX8C", 5, true);

    memcpy(copy, x->request, x->length);
    memset(x->reply, 0xA5, sizeof(x->reply));
    x->replied = card_answer(&card, DOMAIN, x->keys, copy, x->length, x->reply);
}

static void
is_refused(const struct exchange *x, int code)
{
    CHECK_INT(x->replied, 8);
    CHECK_INT(x->reply[1], 0x82);
    CHECK_INT(x->reply[4], code);
}

/* A type 86 reply with a CPRBX; data when data is not 0. */
static void
is_reply(const struct exchange *x, unsigned code, unsigned reason, size_t data)
{
    const uint8_t *r = x->reply;

    CHECK_INT(r[0], 0);
    CHECK_INT(r[1], 0x86);
    CHECK_INT(r[2], 2);
    CHECK_INT(r[4], 0);
    CHECK_INT(wire_get32(r + 20), 48);
    CHECK_INT(wire_get32(r + 24), data);
    CHECK_INT(x->replied,
              data ? wire_get32(r + 28) + data : 48 + wire_get32(r + 16));
    CHECK_INT(r[50], 2);
    CHECK_INT(wire_get16(r + 48 + 144), code);
    CHECK_INT(wire_get16(r + 48 + 146), reason);
    CHECK_INT(wire_get32(r + 48 + 24), wire_get32(r + 16) - 220);
    CHECK_INT(wire_get32(r + 48 + 32), data);
}

/* --- random numbers
 * ------------------------------------------------------------- */

static void
random_request(struct exchange *x, size_t n)
{
    put_bytes(x->request + PARAMETERS, "RL\0\012RANDOM  \0\2\0\2", 16);
    compose(x, 16, n);
    ask(x);
}

TEST(random_numbers_are_as_many_as_asked_for_and_never_the_same)
{
    static const size_t many[] = { 1, 2, 3, 4, 100, 4096, 5000 };
    AUTO(exchange_done) struct exchange x = exchange();
    uint8_t before[4096];

    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
        size_t n = many[i] < 4096 ? many[i] : 4096;

        random_request(&x, many[i]);
        is_reply(&x, 0, 0, n);
        CHECK_INT(wire_get32(x.reply + 28) % 4, 0);
        memcpy(before, x.reply + x.replied - n, n);
        random_request(&x, many[i]);
        CHECK(n < 16 || memcmp(before, x.reply + x.replied - n, n) != 0);
    }
    random_request(&x, 0);
    is_reply(&x, 8, 72, 0);
}

/* --- what it says of itself
 * --------------------------------------------------------- */

static void
query(struct exchange *x, const char *rule)
{
    uint8_t *p = x->request + PARAMETERS;

    memset(p, 0, 12 + 4098 + 2);
    put_bytes(p, "FQ\0\012", 4);
    memcpy(p + 4, rule, 8);
    wire_put16(p + 12, 4098);
    wire_put16(p + 12 + 4098, 2);
    compose(x, 12 + 4098 + 2, 0);
    ask(x);
}

static void
has_pattern(const uint8_t *variables, unsigned old, unsigned current,
            unsigned new, enum card_key key)
{
    uint8_t pattern[CARD_PATTERN];
    size_t size = card_pattern(key, DOMAIN, pattern);

    CHECK(!wire_all_zero(pattern, size));
    CHECK(memcmp(variables + current, pattern, size) == 0);
    CHECK(wire_all_zero(variables + old, size));
    CHECK(wire_all_zero(variables + new, size));
}

TEST(it_tells_its_serial_number_and_master_keys)
{
    AUTO(exchange_done) struct exchange x = exchange();
    const uint8_t *p = x.reply + 48 + 220;
    size_t rules;

    query(&x, "STATICSA");
    is_reply(&x, 0, 0, 0);
    CHECK(memcmp(p, "FQ", 2) == 0);
    rules = wire_get16(p + 2);
    CHECK_INT(rules, 2 + 80);
    CHECK(memcmp(p + 4, "VAP00005", 8) == 0);
    CHECK_INT(p[4 + 32], '1');
    CHECK_INT(p[4 + 40], '2');
    CHECK_INT(p[4 + 48], '1');
    CHECK_INT(p[4 + 56], '1');
    CHECK_INT(p[4 + 64], '2');
    CHECK_INT(p[4 + 72], '1');
    CHECK_INT(wire_get16(p + 2 + rules), 2 + 204);
    has_pattern(p + 4 + rules, 64, 84, 104, CARD_KEY_ASYM);
    has_pattern(p + 4 + rules, 172, 184, 196, CARD_KEY_AES);
    query(&x, "STATICSB");
    is_reply(&x, 0, 0, 0);
    rules = wire_get16(p + 2);
    CHECK_INT(rules, 2 + 104);
    CHECK_INT(p[4 + 80], '1');
    CHECK_INT(p[4 + 88], '2');
    CHECK_INT(p[4 + 96], '1');
    CHECK_INT(wire_get16(p + 2 + rules), 2 + 240);
    has_pattern(p + 4 + rules, 208, 220, 232, CARD_KEY_APKA);
    query(&x, "STATCCA ");
    is_reply(&x, 8, 33, 0);
}

/* --- RSA
 * -----------------------------------------------------------------------------
 */

static BIGNUM *
part(const EVP_PKEY *key, const char *name)
{
    BIGNUM *n = NULL;

    CHECK(EVP_PKEY_get_bn_param(key, name, &n));
    return n;
}

/* size bytes more, right-justified. */
static uint8_t *
put(uint8_t *at, const EVP_PKEY *key, const char *name, size_t size)
{
    BIGNUM *n = part(key, name);

    CHECK_INT(BN_bn2binpad(n, at, (int)size), (int)size);
    BN_free(n);
    return at + size;
}

static uint8_t *
put_text(uint8_t *at, const char *head, const uint8_t *text, size_t size)
{
    memcpy(at, head, 12);
    wire_put16(at + 12, size + 2);
    memcpy(at + 14, text, size);
    return at + 14 + size;
}

static void
end_key(uint8_t *block, const uint8_t *end)
{
    wire_put16(block, (size_t)(end - block));
    wire_put16(block + 2, (size_t)(end - block) - 2);
    wire_put16(block + 8, (size_t)(end - block) - 6);
}

/* PK, with exponent e or d. */
static void
encipher(struct exchange *x, const EVP_PKEY *key, const char *exponent,
         const uint8_t *text, size_t size)
{
    uint8_t *p = x->request + PARAMETERS;
    uint8_t *block = put_text(p, "PK\0\012MRP     ", text, size);
    BIGNUM *e = part(key, exponent);
    size_t length = (size_t)BN_num_bytes(e);
    uint8_t *end;

    memset(block, 0, 26);
    block[6] = 0x1E;
    block[14] = 0x04;
    wire_put16(block + 16, 12 + length + size);
    wire_put16(block + 20, length);
    wire_put16(block + 22, 8 * size);
    wire_put16(block + 24, size);
    end = put(block + 26, key, exponent, length);
    end = put(end, key, OSSL_PKEY_PARAM_RSA_N, size);
    BN_free(e);
    end_key(block, end);
    compose(x, (size_t)(end - p), 0);
    ask(x);
}

/* PD: p, dp and u have 8 bytes more than q and dq. */
static void
decipher(struct exchange *x, const EVP_PKEY *key, const uint8_t *text,
         size_t size)
{
    static const struct {
        const char *name;
        unsigned more;
    } parts[] = { { OSSL_PKEY_PARAM_RSA_FACTOR1, 8 },
                  { OSSL_PKEY_PARAM_RSA_FACTOR2, 0 },
                  { OSSL_PKEY_PARAM_RSA_EXPONENT1, 8 },
                  { OSSL_PKEY_PARAM_RSA_EXPONENT2, 0 },
                  { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 8 } };
    uint8_t *p = x->request + PARAMETERS;
    uint8_t *block = put_text(p, "PD\0\012ZERO-PAD", text, size);
    size_t half = (size + 1) / 2;
    uint8_t *section = block + 14;
    uint8_t *end = section + 132;

    memset(block, 0, 14 + 132);
    block[6] = 0x1E;
    section[0] = 0x08;
    section[28] = 0x40;
    section[50] = 0x80;
    for (size_t i = 0; i < 5; i++) {
        wire_put16(section + 54 + 2 * i, half + parts[i].more);
        end = put(end, key, parts[i].name, half + parts[i].more);
    }
    wire_put16(section + 64, size);
    memset(end, 0xff, size);
    end += size;
    wire_put16(section + 2, (size_t)(end - section));
    put_bytes(end, "\4\0\0\017\0\0\0\3\0\0\0\0\1\0\1", 15);
    end += 15;
    end_key(block, end);
    compose(x, (size_t)(end - p), 0);
    ask(x);
}

static void
has_result(const struct exchange *x, const uint8_t *expected, size_t size)
{
    const uint8_t *p = x->reply + 48 + 220;

    is_reply(x, 0, 0, 0);
    CHECK_INT(x->replied, 274 + size + 2); /* as the driver counts */
    CHECK_INT(wire_get16(p + 4), size + 2);
    CHECK(memcmp(p + 6, expected, size) == 0);
}

static void
is_operand_error(const struct exchange *x, unsigned reason)
{
    is_reply(x, 8, reason, 0);
    CHECK_INT(x->replied, 274 + 2);
    CHECK_INT(wire_get16(x->reply + 48 + 220 + 4), 2);
}

static void
raw(const EVP_PKEY *key, const uint8_t *text, uint8_t *result, size_t size)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, (EVP_PKEY *)key, NULL);

    CHECK(EVP_PKEY_encrypt_init(ctx) > 0 &&
          EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0 &&
          EVP_PKEY_encrypt(ctx, result, &size, text, size) > 0);
    EVP_PKEY_CTX_free(ctx);
}

TEST(rsa_with_clear_keys_is_as_libcrypto_computes)
{
    static const unsigned bits[] = { 512, 768, 1000, 1024, 2048, 4096 };
    struct test_rng rng = { test_seed() };

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        AUTO(exchange_done) struct exchange x = exchange();
        EVP_PKEY *key = EVP_RSA_gen(bits[i]);
        size_t size = bits[i] / 8;
        uint8_t text[512] = { 0 };
        uint8_t secret[512];

        test_note("%u bits", bits[i]);
        for (size_t k = 1; k < size; k++)
            text[k] = (uint8_t)test_next(&rng);
        raw(key, text, secret, size);
        encipher(&x, key, OSSL_PKEY_PARAM_RSA_E, text, size);
        has_result(&x, secret, size);
        encipher(&x, key, OSSL_PKEY_PARAM_RSA_D, secret, size);
        has_result(&x, text, size);
        for (int again = 0; again < 3; again++) {
            decipher(&x, key, secret, size);
            has_result(&x, text, size);
        }
        EVP_PKEY_free(key);
    }
}

TEST(rsa_operands_out_of_range_are_refused_in_its_own_words)
{
    AUTO(exchange_done) struct exchange x = exchange();
    EVP_PKEY *key = EVP_RSA_gen(1024);
    uint8_t text[128];
    uint8_t *section = x.request + PARAMETERS + 14 + 128 + 14;

    memset(text, 0xff, 128);
    encipher(&x, key, OSSL_PKEY_PARAM_RSA_E, text, 128);
    is_operand_error(&x, 66);
    decipher(&x, key, text, 128);
    is_operand_error(&x, 66);
    memset(text, 0, 128);
    decipher(&x, key, text, 128);
    section[132] = 1; /* p is longer than half the modulus */
    ask(&x);
    is_operand_error(&x, 66);
    section[132] = 0;
    section[28] = 0x42; /* enciphered by a master key */
    ask(&x);
    is_operand_error(&x, 90);
    section[28] = 0x40;
    wire_put16(section + 64, 513);
    ask(&x);
    is_operand_error(&x, 72);
    wire_put16(section + 64, 128);
    wire_put16(section + 62, 0xffff); /* u is beyond the end */
    ask(&x);
    is_operand_error(&x, 66);
    EVP_PKEY_free(key);
}

/* --- refusals
 * ----------------------------------------------------------------------------
 */

TEST(a_function_that_it_does_not_have_is_not_allowed)
{
    AUTO(exchange_done) struct exchange x = exchange();

    put_bytes(x.request + PARAMETERS, "KG\0\2", 4);
    compose(&x, 4, 0);
    ask(&x);
    is_reply(&x, 8, 90, 0);
}

TEST(another_domain_is_for_administration_only)
{
    AUTO(exchange_done) struct exchange x = exchange();

    random_request(&x, 16);
    x.request[CPRB + 171] = 4;
    ask(&x);
    is_refused(&x, 0x8a);
    x.request[CPRB + 7] = '3';
    ask(&x);
    is_reply(&x, 0, 0, 16);
}

TEST(every_malformed_request_is_refused)
{
    static const struct {
        unsigned at;
        uint8_t value;
        int code;
    } rows[] = {
        { 0, 1, 0x29 },
        { 1, 0x50, 0x20 },
        { 18, 1, 0x23 },
        { 32, 'X', 0x29 },
        { 58, 1, 0x23 },
        { 59, 219, 0x23 },
        { CPRB, 1, 0x29 },
        { CPRB + 1, 0, 0x29 },
        { CPRB + 2, 4, 0x29 },
        { CPRB + 14, 1, 0x23 },
        { CPRB + 15, 3, 0x23 },
        { PARAMETERS + 3, 1, 0x23 },
        { PARAMETERS + 3, 15, 0x23 },
    };
    AUTO(exchange_done) struct exchange x = exchange();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        test_note("byte %u is %02x", rows[i].at, rows[i].value);
        random_request(&x, 16);
        is_reply(&x, 0, 0, 16);
        x.request[rows[i].at] = rows[i].value;
        ask(&x);
        is_refused(&x, rows[i].code);
    }
}

TEST(a_request_cut_anywhere_is_refused)
{
    AUTO(exchange_done) struct exchange x = exchange();
    size_t all;

    random_request(&x, 16);
    all = x.length;
    for (x.length = 0; x.length < all; x.length++) {
        ask(&x);
        is_refused(&x, x.length < 2 ? 0x20 : 0x23);
    }
}
