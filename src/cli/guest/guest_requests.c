/* SPDX-License-Identifier: MIT */
/* RSA is asked for in both its forms: a public operation, whose result is
 * computed here as well, and a private one on the public operation's result,
 * which gives back what that began with.
 * Source: docs/linux-abi.md, messages of zcrypt. */
#include "cli/guest/guest_requests.h"

#include "base/auto.h"
#include "matrix/host.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdint.h>

enum { PUBLIC_EXPONENT = 65537 };

/** A key's numbers. */
struct key {
    BIGNUM *n, *e, *p, *q, *dp, *dq, *u;
};

struct kind;
typedef int make(const struct kind *kind, struct request *out);
static make make_modexp, make_crt, make_random;

/** Requests of a kind. */
static const struct kind {
    const char *name;
    char mode;
    int bits;
    make *make;
} kinds[REQUEST_KINDS] = {
    // clang-format off
    { "modexp 1024", 'A', 1024, make_modexp },
    { "modexp 2048", 'A', 2048, make_modexp },
    { "modexp 4096", 'A', 4096, make_modexp },
    { "crt 1024",    'A', 1024, make_crt },
    { "crt 2048",    'A', 2048, make_crt },
    { "crt 4096",    'A', 4096, make_crt },
    { "random",      'C', 0,    make_random },
    // clang-format on
};

/* --- keys ------------------------------------------------------------------
 */

static int
take_numbers(EVP_PKEY *made, struct key *key)
{
    return EVP_PKEY_get_bn_param(made, "n", &key->n) &&
                   EVP_PKEY_get_bn_param(made, "e", &key->e) &&
                   EVP_PKEY_get_bn_param(made, "rsa-factor1", &key->p) &&
                   EVP_PKEY_get_bn_param(made, "rsa-factor2", &key->q) &&
                   EVP_PKEY_get_bn_param(made, "rsa-exponent1", &key->dp) &&
                   EVP_PKEY_get_bn_param(made, "rsa-exponent2", &key->dq) &&
                   EVP_PKEY_get_bn_param(made, "rsa-coefficient1", &key->u)
               ? 0
               : -ENOMEM;
}

/* Of 1024, 2048 or 4096 bits; kept for the life of the program. */
static const struct key *
key_of(int bits)
{
    static struct key keys[3];
    struct key *key = &keys[bits / 2048];
    EVP_PKEY *made = key->u ? NULL : EVP_RSA_gen((unsigned)bits);

    if (made && take_numbers(made, key) < 0)
        key->u = NULL;
    EVP_PKEY_free(made);
    return key->u ? key : NULL;
}

/* --- requests of accelerators ----------------------------------------------
 */

static void
put16(uint8_t *at, size_t n)
{
    at[0] = (uint8_t)(n >> 8);
    at[1] = (uint8_t)n;
}

static void
put32(uint8_t *at, size_t n)
{
    put16(at, n >> 16);
    put16(at + 2, n);
}

/* Behind each other, each as long as it is said. */
static size_t
put_numbers(uint8_t *at, const BIGNUM *const *numbers, const size_t *sizes,
            size_t n)
{
    size_t offset = 16;

    for (size_t i = 0; i < n; i++) {
        (void)BN_bn2binpad(numbers[i], at + offset, (int)sizes[i]);
        offset += sizes[i];
    }
    return offset;
}

static void
put_header(struct request *out, unsigned keyblock, size_t length)
{
    out->bytes[1] = 0x50;
    put16(out->bytes + 2, length);
    put16(out->bytes + 8, keyblock);
    out->length = length;
}

/* Keyblocks are numbered by size. */
static unsigned
size_number(const struct kind *kind)
{
    return kind->bits <= 1024 ? 1 : kind->bits <= 2048 ? 2 : 3;
}

/* m below n, and m^e mod n. */
static int
raise(const struct key *key, BIGNUM *m, BIGNUM *raised)
{
    BN_CTX *ctx = BN_CTX_new();
    int done = ctx && BN_rand_range(m, key->n) &&
               BN_mod_exp(raised, m, key->e, key->n, ctx);

    BN_CTX_free(ctx);
    return done ? 0 : -ENOMEM;
}

static int
expect(struct request *out, const BIGNUM *n, size_t size)
{
    out->n_expected = size;
    return BN_bn2binpad(n, out->expected, (int)size) < 0 ? -ENOMEM : 0;
}

static int
fill_modexp(const struct kind *kind, const struct key *key, const BIGNUM *m,
            struct request *out)
{
    size_t size = (size_t)kind->bits / 8;
    const BIGNUM *numbers[] = { key->e, key->n, m };
    const size_t sizes[] = { size, size, size };

    put_header(out, size_number(kind),
               put_numbers(out->bytes, numbers, sizes, 3));
    return 0;
}

static int
fill_crt(const struct kind *kind, const struct key *key, const BIGNUM *m,
         struct request *out)
{
    size_t size = (size_t)kind->bits / 8;
    size_t half = size / 2;
    const BIGNUM *numbers[] = { key->p, key->q, key->dp, key->dq, key->u, m };
    const size_t sizes[] = { half, half, half, half, half, size };

    put_header(out, 0x10 | size_number(kind),
               put_numbers(out->bytes, numbers, sizes, 6));
    return 0;
}

static int
make_rsa(const struct kind *kind, bool crt, struct request *out)
{
    const struct key *key = key_of(kind->bits);
    BIGNUM *m = BN_new();
    BIGNUM *raised = BN_new();
    int r = key && m && raised ? raise(key, m, raised) : -ENOMEM;

    if (r == 0)
        r = crt ? fill_crt(kind, key, raised, out)
                : fill_modexp(kind, key, m, out);
    if (r == 0)
        r = expect(out, crt ? m : raised, (size_t)kind->bits / 8);
    BN_free(m);
    BN_free(raised);
    return r;
}

static int
make_modexp(const struct kind *kind, struct request *out)
{
    return make_rsa(kind, false, out);
}

static int
make_crt(const struct kind *kind, struct request *out)
{
    return make_rsa(kind, true, out);
}

/* --- of coprocessors -------------------------------------------------------
 */

enum { CPRB = 88, CPRB_DOMAIN = CPRB + 170 };

/* CCA's RL: a type 6 header, a CPRBX, and what it is to do. */
static int
make_random(const struct kind *kind, struct request *out)
{
    static const uint8_t parameters[16] = "RL\0\nRANDOM  \0\2\0\2";
    uint8_t *cprb = out->bytes + CPRB;

    (void)kind;
    out->length = CPRB + 220 + sizeof(parameters);
    out->bytes[1] = 0x06;
    put32(out->bytes + 16, CPRB);
    memcpy(out->bytes + 32, "CA", sizeof("CA"));
    memcpy(out->bytes + 52, "RL", sizeof("RL"));
    put32(out->bytes + 56, 220 + sizeof(parameters));
    put32(out->bytes + 72, 220 + 512);
    put32(out->bytes + 76, 4096);
    put16(cprb, 220);
    cprb[2] = 2;
    cprb[6] = 'T';
    cprb[7] = '2';
    put32(cprb + 12, sizeof(parameters));
    put32(cprb + 24, 512);
    put32(cprb + 28, 4096);
    memcpy(cprb + 220, parameters, sizeof(parameters));
    return 0;
}

/* --- all of them -----------------------------------------------------------
 */

const char *
request_name(unsigned kind)
{
    return kind < REQUEST_KINDS ? kinds[kind].name : NULL;
}

bool
request_is_for(unsigned kind, char mode)
{
    return kinds[kind].mode == mode;
}

int
request_make(unsigned kind, struct request *out)
{
    *out = (struct request){ .kind = kind };
    return kinds[kind].make(&kinds[kind], out);
}

struct vap_answer
request_ask(const struct request *request, struct vap_guest *guest,
            unsigned apqn, uint64_t psmid)
{
    uint8_t bytes[REQUEST_LONGEST];

    memcpy(bytes, request->bytes, request->length);
    if (kinds[request->kind].mode == 'C')
        put16(bytes + CPRB_DOMAIN, VAP_DOMAIN_OF(apqn));
    return vap_nqap(guest, VAP_NQAP_LAST | apqn, psmid, bytes, request->length);
}

/* Type 80: the result, right-justified behind 16 bytes. */
static bool
is_result(const struct request *request, const uint8_t *reply, size_t length)
{
    size_t n = request->n_expected;

    return length >= 16 + n && ((size_t)reply[2] << 8 | reply[3]) == length &&
           memcmp(reply + length - n, request->expected, n) == 0;
}

/* Type 86: a CPRBX that says 0, 0. */
static bool
is_done(const uint8_t *reply, size_t length)
{
    static const uint8_t zeros[4] = { 0 };

    return length > 48 + 220 && memcmp(reply + 48 + 144, zeros, 4) == 0;
}

enum verdict
request_check(const struct request *request, const uint8_t *reply,
              size_t length, uint8_t *code)
{
    bool right = false;

    *code = 0;
    if (length == 8 && (reply[1] == 0x82 || reply[1] == 0x88)) {
        *code = reply[4];
        return REPLY_REFUSED;
    }
    if (length >= 16 && reply[1] == 0x80 && request->n_expected)
        right = is_result(request, reply, length);
    if (length >= 16 && reply[1] == 0x86 && !request->n_expected)
        right = is_done(reply, length);
    return right ? REPLY_RIGHT : REPLY_WRONG;
}
