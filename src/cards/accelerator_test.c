/* SPDX-License-Identifier: MIT */
#include "cards/card.h"

#include "base/auto.h"
#include "cards/wire.h"
#include "test.h"

#include <openssl/bn.h>
#include <string.h>

/** A request, and what came. */
struct exchange {
    struct card card;
    struct rsa_keys *keys;
    uint8_t request[2048];
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
accelerator(void)
{
    struct exchange x = { .card = card_of_type("CEX8A", 5, true),
                          .keys = rsa_keys_new() };

    CHECK(x.keys);
    return x;
}

static void
ask(struct exchange *x)
{
    /* A copy of exactly its size, so that a step beyond it is noticed. */
    AUTO(free_done) uint8_t *copy = malloc(x->length ? x->length : 1);

    memcpy(copy, x->request, x->length);
    memset(x->reply, 0xA5, sizeof(x->reply));
    x->replied = card_answer(&x->card, 0, x->keys, copy, x->length, x->reply);
}

static void
is_refused(const struct exchange *x, int code)
{
    const uint8_t expected[8] = { 0, 0x82, 0, 0, (uint8_t)code };

    CHECK_INT(x->replied, 8);
    CHECK_INT(x->reply[4], code);
    CHECK(memcmp(x->reply, expected, 8) == 0);
}

/* --- keys ------------------------------------------------------------------
 */

/** p, q, dp, dq, u, and n, e, d. */
struct rsa {
    BN_CTX *ctx;
    BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *u;
};

static void
rsa_done(struct rsa *k)
{
    BIGNUM *all[] = { k->n, k->e, k->d, k->p, k->q, k->dp, k->dq, k->u };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        BN_free(all[i]);
    BN_CTX_free(k->ctx);
}

/* Of bits in all; p and q differ by `uneven` bits in length. */
static struct rsa
rsa_of(int bits, int uneven)
{
    struct rsa k = { BN_CTX_new(), BN_new(), BN_new(), BN_new(), BN_new(),
                     BN_new(),     BN_new(), BN_new(), BN_new() };
    AUTO(rsa_done)
    struct rsa t = { BN_CTX_new(), BN_new(), BN_new(), BN_new(), BN_new(),
                     BN_new(),     BN_new(), BN_new(), BN_new() };

    (void)BN_set_word(k.e, 65537);
    do {
        CHECK(BN_generate_prime_ex(k.p, (bits + uneven) / 2, 0, NULL, NULL,
                                   NULL));
        CHECK(BN_generate_prime_ex(k.q, bits - (bits + uneven) / 2, 0, NULL,
                                   NULL, NULL));
        (void)BN_mul(k.n, k.p, k.q, k.ctx);
        (void)BN_sub(t.p, k.p, BN_value_one());
        (void)BN_sub(t.q, k.q, BN_value_one());
        (void)BN_mul(t.n, t.p, t.q, k.ctx);
    } while (BN_num_bits(k.n) != bits ||
             !BN_mod_inverse(k.d, k.e, t.n, k.ctx) ||
             !BN_mod_inverse(k.u, k.q, k.p, k.ctx));
    (void)BN_mod(k.dp, k.d, t.p, k.ctx);
    (void)BN_mod(k.dq, k.d, t.q, k.ctx);
    return k;
}

static void
put(uint8_t *at, const BIGNUM *n, size_t size)
{
    CHECK_INT(BN_bn2binpad(n, at, (int)size), (int)size);
}

/* The size that the driver takes for so many bytes. */
static size_t
size_for(const BIGNUM *n)
{
    int bytes = BN_num_bytes(n);

    return bytes <= 128 ? 128 : bytes <= 256 ? 256 : 512;
}

static void
header(struct exchange *x, unsigned type, size_t length)
{
    memset(x->request, 0, sizeof(x->request));
    x->length = length;
    x->request[1] = 0x50;
    wire_put16(x->request + 2, length);
    wire_put16(x->request + 8, type);
}

static void
mex(struct exchange *x, const BIGNUM *exponent, const BIGNUM *modulus,
    const BIGNUM *message)
{
    size_t size = size_for(modulus);

    header(x, size == 128 ? 1 : size == 256 ? 2 : 3, 16 + 3 * size);
    put(x->request + 16, exponent, size);
    put(x->request + 16 + size, modulus, size);
    put(x->request + 16 + 2 * size, message, size);
    ask(x);
}

static void
crt(struct exchange *x, const struct rsa *k, const BIGNUM *message)
{
    const BIGNUM *parts[] = { k->p, k->q, k->dp, k->dq, k->u };
    size_t size = size_for(k->n);

    header(x,
           size == 128   ? 0x11
           : size == 256 ? 0x12
                         : 0x13,
           16 + 5 * size / 2 + size);
    for (size_t i = 0; i < 5; i++)
        put(x->request + 16 + i * size / 2, parts[i], size / 2);
    put(x->request + 16 + 5 * size / 2, message, size);
    ask(x);
}

static void
is_answered(const struct exchange *x, const BIGNUM *expected, size_t size)
{
    uint8_t all[16 + 512] = { 0, 0x80 };

    wire_put16(all + 2, 16 + size);
    put(all + 16, expected, size);
    CHECK_INT(x->replied, 16 + size);
    CHECK(memcmp(x->reply, all, 16 + size) == 0);
}

/* --- */

static void
round_trip(struct exchange *x, const struct rsa *k)
{
    size_t size = size_for(k->n);
    BIGNUM *m = BN_new();
    BIGNUM *c = BN_new();

    for (int again = 0; again < 4; again++) {
        CHECK(BN_rand_range(m, k->n));
        CHECK(BN_mod_exp(c, m, k->e, k->n, k->ctx));
        mex(x, k->e, k->n, m);
        is_answered(x, c, size);
        mex(x, k->d, k->n, c);
        is_answered(x, m, size);
        crt(x, k, c);
        is_answered(x, m, size);
    }
    BN_free(m);
    BN_free(c);
}

TEST(keys_of_all_sizes_are_answered_as_libcrypto_computes)
{
    static const struct {
        int bits;
        int uneven;
    } rows[] = { { 64, 0 },   { 512, 0 },  { 513, 1 },  { 768, 0 },
                 { 1000, 0 }, { 1016, 4 }, { 1024, 0 }, { 1025, 1 },
                 { 1536, 0 }, { 2047, 1 }, { 2048, 0 }, { 2049, 1 },
                 { 3072, 0 }, { 4000, 0 }, { 4096, 0 } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(exchange_done) struct exchange x = accelerator();
        AUTO(rsa_done) struct rsa k = rsa_of(rows[i].bits, rows[i].uneven);

        test_note("%d bits", rows[i].bits);
        round_trip(&x, &k);
    }
}

TEST(the_answer_to_zero_and_one_is_zero_and_one)
{
    AUTO(exchange_done) struct exchange x = accelerator();
    AUTO(rsa_done) struct rsa k = rsa_of(1024, 0);
    BIGNUM *m = BN_new();

    for (unsigned v = 0; v < 2; v++) {
        (void)BN_set_word(m, v);
        mex(&x, k.d, k.n, m);
        is_answered(&x, m, 128);
        crt(&x, &k, m);
        is_answered(&x, m, 128);
    }
    BN_free(m);
}

TEST(a_modulus_of_one_answers_zero)
{
    AUTO(exchange_done) struct exchange x = accelerator();
    BIGNUM *zero = BN_new();

    mex(&x, BN_value_one(), BN_value_one(), zero);
    is_answered(&x, zero, 128);
    BN_free(zero);
}

TEST(factors_of_one_leave_nothing)
{
    AUTO(exchange_done) struct exchange x = accelerator();
    AUTO(rsa_done) struct rsa k = rsa_of(1024, 0);
    BIGNUM *m = BN_new();

    CHECK(BN_one(k.p) && BN_one(k.q) && BN_one(k.n));
    for (int again = 0; again < 3; again++) {
        crt(&x, &k, m);
        is_answered(&x, m, 128);
    }
    crt(&x, &k, k.n);
    is_refused(&x, 0x82);
    BN_free(m);
}

/* q + p numbers that are no key still have an answer by the formula. */
TEST(five_numbers_that_are_no_key_go_by_the_formula)
{
    AUTO(exchange_done) struct exchange x = accelerator();
    AUTO(rsa_done) struct rsa k = rsa_of(1024, 0);
    BIGNUM *m = BN_new();
    BIGNUM *m1 = BN_new();
    BIGNUM *m2 = BN_new();

    for (int i = 0; i < 8; i++) {
        BIGNUM *parts[] = { k.p, k.q, k.dp, k.dq, k.u };

        for (size_t part = 0; part < 5; part++)
            (void)BN_rand(parts[part], 512, 0, part < 2);
        (void)BN_mul(k.n, k.p, k.q, k.ctx);
        (void)BN_rand_range(m, k.n);
        (void)BN_mod_exp(m1, m, k.dp, k.p, k.ctx);
        (void)BN_mod_exp(m2, m, k.dq, k.q, k.ctx);
        (void)BN_mod_sub(m1, m1, m2, k.p, k.ctx);
        (void)BN_mod_mul(m1, m1, k.u, k.p, k.ctx);
        (void)BN_mul(m1, m1, k.q, k.ctx);
        (void)BN_add(m1, m1, m2);
        for (int again = 0; again < 3; again++) {
            crt(&x, &k, m);
            is_answered(&x, m1, 128);
        }
    }
    BN_free(m);
    BN_free(m1);
    BN_free(m2);
}

TEST(wrong_operands_are_refused_each_with_its_code)
{
    AUTO(exchange_done) struct exchange x = accelerator();
    AUTO(rsa_done) struct rsa k = rsa_of(1024, 0);
    BIGNUM *n = BN_dup(k.n);
    BIGNUM *p = BN_dup(k.p);

    mex(&x, k.e, k.n, k.n);
    is_refused(&x, 0x82); /* the message is the modulus */
    crt(&x, &k, k.n);
    is_refused(&x, 0x82);
    (void)BN_add_word(n, 1);
    mex(&x, k.e, n, BN_value_one());
    is_refused(&x, 0x85); /* even */
    BN_zero(n);
    mex(&x, k.e, n, n);
    is_refused(&x, 0x82);
    BN_zero(k.p);
    crt(&x, &k, BN_value_one());
    is_refused(&x, 0x82);
    (void)BN_add(k.p, p, BN_value_one());
    crt(&x, &k, BN_value_one());
    is_refused(&x, 0x85);
    (void)BN_copy(k.p, p);
    BN_zero(k.q);
    crt(&x, &k, BN_value_one());
    is_refused(&x, 0x82);
    BN_free(n);
    BN_free(p);
}

TEST(every_malformed_request_is_refused_with_its_code)
{
    static const struct {
        unsigned at;
        uint8_t value;
        int code;
    } rows[] = {
        { 0, 1, 0x24 },     { 1, 0x51, 0x20 }, { 1, 0x06, 0x20 },
        { 2, 0x7f, 0x23 },  { 3, 0x91, 0x23 }, { 4, 1, 0x24 },
        { 6, 1, 0x24 },     { 7, 0x80, 0x24 }, { 8, 1, 0x29 },
        { 9, 0, 0x29 },     { 9, 4, 0x29 },    { 9, 0x14, 0x29 },
        { 9, 2, 0x23 },     { 9, 0x11, 0x23 }, { 10, 1, 0x24 },
        { 15, 0xff, 0x24 },
    };
    AUTO(exchange_done) struct exchange x = accelerator();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        test_note("byte %u is %02x", rows[i].at, rows[i].value);
        header(&x, 1, 400);
        x.request[rows[i].at] = rows[i].value;
        ask(&x);
        is_refused(&x, rows[i].code);
    }
}

TEST(byte_5_is_ignored)
{
    AUTO(exchange_done) struct exchange x = accelerator();

    header(&x, 1, 400);
    x.request[5] = 0x80;
    x.request[16 + 128 + 127] = 1;
    ask(&x);
    CHECK_INT(x.reply[1], 0x80);
}

TEST(a_message_shorter_or_longer_than_it_says_is_refused)
{
    AUTO(exchange_done) struct exchange x = accelerator();

    for (size_t length = 0; length < sizeof(x.request); length++) {
        header(&x, 1, 400);
        x.length = length;
        if (length == 400)
            continue;
        test_note("%zu bytes", length);
        ask(&x);
        is_refused(&x, 0x23);
    }
}

/* A key must not be taken for another that begins the same. */
TEST(keys_that_differ_in_one_bit_are_different_keys)
{
    AUTO(exchange_done) struct exchange x = accelerator();
    AUTO(rsa_done) struct rsa k = rsa_of(1024, 0);
    BIGNUM *m = BN_new();
    BIGNUM *c = BN_new();

    (void)BN_rand_range(m, k.n);
    for (int bit = 0; bit < 40; bit++) {
        (void)BN_zero(k.d);
        (void)BN_set_bit(k.d, bit);
        (void)BN_mod_exp(c, m, k.d, k.n, k.ctx);
        mex(&x, k.d, k.n, m);
        is_answered(&x, c, 128);
        if (bit % 7 == 0)
            rsa_keys_forget(x.keys);
    }
    BN_free(m);
    BN_free(c);
}

TEST(cards_say_what_they_are)
{
    static const struct {
        const char *type;
        uint64_t info;
    } rows[] = { { "CEX4A", 0x6A0000000A000007u },
                 { "CEX8A", 0x6A0000000E000007u },
                 { "CEX5C", 0x920000000B000007u },
                 { "CEX7P", 0x860000000D000007u } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct card card = card_of_type(rows[i].type, 0, true);

        CHECK(card_info(&card, 8) == rows[i].info);
    }
}
