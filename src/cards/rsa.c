/* SPDX-License-Identifier: MIT */
/* Every BIGNUM that may be secret is marked BN_FLG_CONSTTIME and cleared when
 * it goes. A CRT key that comes a second time, and is a sound RSA key, becomes
 * an EVP_PKEY: libcrypto's quickest way, with blinding and a check of the
 * result. Any other five numbers go by the formula. */
#include "cards/rsa.h"

#include "base/auto.h"
#include "cards/wire.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Keys a queue remembers. */
enum { KEYS = 8 };

/* The most bytes of a key: exponent and modulus, or five halves. */
#define KEY_BYTES (5 * RSA_SIZE / 2)

enum part { P, Q, DP, DQ, U, PARTS };
enum { EXPONENT, MODULUS }; /* of a key that is no CRT key */

struct key {
    _Atomic unsigned refs;
    _Atomic unsigned uses;
    bool crt;
    size_t size; /* of bytes, used */
    uint64_t used_at; /* the cache's clock */
    uint8_t bytes[KEY_BYTES];
    BIGNUM *n[PARTS];
    BIGNUM *modulus; /* p * q */
    BN_MONT_CTX *mont[2]; /* of p, q; or of the modulus */
    EVP_PKEY_CTX *_Atomic sound; /* ready to decrypt, to be copied; NULL: it
                                  * is not, or nobody knows yet */
};

struct rsa_keys {
    pthread_mutex_t lock;
    uint64_t clock;
    struct key *key[KEYS];
};

static void
bn_done(BIGNUM **n)
{
    BN_clear_free(*n);
}

static void
ctx_done(BN_CTX **ctx)
{
    BN_CTX_free(*ctx);
}

static void
pkey_done(EVP_PKEY **pkey)
{
    EVP_PKEY_free(*pkey);
}

static void
pkey_ctx_done(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

static void
key_unref(struct key *key)
{
    if (!key || atomic_fetch_sub(&key->refs, 1) != 1)
        return;
    for (int i = 0; i < PARTS; i++)
        BN_clear_free(key->n[i]);
    BN_clear_free(key->modulus);
    BN_MONT_CTX_free(key->mont[0]);
    BN_MONT_CTX_free(key->mont[1]);
    EVP_PKEY_CTX_free(atomic_load(&key->sound));
    OPENSSL_cleanse(key->bytes, sizeof(key->bytes));
    free(key);
}

static void
key_done(struct key **key)
{
    key_unref(*key);
}

static BIGNUM *
number(const uint8_t *bytes, size_t size)
{
    BIGNUM *n = BN_bin2bn(bytes, (int)size, NULL);

    if (n)
        BN_set_flags(n, BN_FLG_CONSTTIME);
    return n;
}

/* --- keys ------------------------------------------------------------------
 */

static enum rsa_verdict
make_context(struct key *key, int i, const BIGNUM *modulus, BN_CTX *ctx)
{
    if (BN_is_zero(modulus))
        return RSA_BAD_OPERAND;
    if (!BN_is_odd(modulus))
        return RSA_EVEN_MODULUS;
    key->mont[i] = BN_MONT_CTX_new();
    return key->mont[i] && BN_MONT_CTX_set(key->mont[i], modulus, ctx)
               ? RSA_DONE
               : RSA_NO_MEMORY;
}

static enum rsa_verdict
prepare(struct key *key, BN_CTX *ctx)
{
    enum rsa_verdict verdict;

    if (!key->crt)
        return make_context(key, 0, key->n[MODULUS], ctx);
    verdict = make_context(key, 0, key->n[P], ctx);
    if (verdict == RSA_DONE)
        verdict = make_context(key, 1, key->n[Q], ctx);
    if (verdict != RSA_DONE)
        return verdict;
    key->modulus = BN_new();
    return key->modulus && BN_mul(key->modulus, key->n[P], key->n[Q], ctx)
               ? RSA_DONE
               : RSA_NO_MEMORY;
}

/* Of size bytes, in parts of equal length. */
static enum rsa_verdict
key_new(bool crt, const uint8_t *bytes, size_t size, BN_CTX *ctx,
        struct key **out)
{
    AUTO(key_done) struct key *key = calloc(1, sizeof(*key));
    int parts = crt ? PARTS : 2;
    enum rsa_verdict verdict;

    if (!key)
        return RSA_NO_MEMORY;
    atomic_init(&key->refs, 1);
    key->crt = crt;
    key->size = size;
    memcpy(key->bytes, bytes, size);
    for (int i = 0; i < parts; i++) {
        size_t each = size / (size_t)parts;

        key->n[i] = number(bytes + (size_t)i * each, each);
        if (!key->n[i])
            return RSA_NO_MEMORY;
    }
    verdict = prepare(key, ctx);
    if (verdict == RSA_DONE)
        *out = TAKE(key);
    return verdict;
}

/* --- the cache --------------------------------------------------------------
 */

struct rsa_keys *
rsa_keys_new(void)
{
    struct rsa_keys *keys = calloc(1, sizeof(*keys));

    if (keys)
        (void)pthread_mutex_init(&keys->lock, NULL);
    return keys;
}

void
rsa_keys_forget(struct rsa_keys *keys)
{
    (void)pthread_mutex_lock(&keys->lock);
    for (int i = 0; i < KEYS; i++) {
        key_unref(keys->key[i]);
        keys->key[i] = NULL;
    }
    (void)pthread_mutex_unlock(&keys->lock);
}

void
rsa_keys_free(struct rsa_keys *keys)
{
    if (!keys)
        return;
    rsa_keys_forget(keys);
    (void)pthread_mutex_destroy(&keys->lock);
    free(keys);
}

/* With the lock: a key that has come before, or NULL. */
static struct key *
known(struct rsa_keys *keys, bool crt, const uint8_t *bytes, size_t size)
{
    for (int i = 0; i < KEYS; i++) {
        struct key *key = keys->key[i];

        if (!key || key->crt != crt || key->size != size ||
            CRYPTO_memcmp(key->bytes, bytes, size) != 0)
            continue;
        key->used_at = ++keys->clock;
        atomic_fetch_add(&key->refs, 1);
        return key;
    }
    return NULL;
}

/* With the lock: instead of the one that was not used longest. */
static void
remember(struct rsa_keys *keys, struct key *key)
{
    int oldest = 0;

    for (int i = 0; i < KEYS && keys->key[oldest]; i++)
        if (!keys->key[i] || keys->key[i]->used_at < keys->key[oldest]->used_at)
            oldest = i;
    key_unref(keys->key[oldest]);
    keys->key[oldest] = key;
    key->used_at = ++keys->clock;
    atomic_fetch_add(&key->refs, 1);
}

/* A key that has come before: the caller has a reference to it. NULL: none. */
static struct key *
find(struct rsa_keys *keys, bool crt, const uint8_t *bytes, size_t size)
{
    struct key *key;

    (void)pthread_mutex_lock(&keys->lock);
    key = known(keys, crt, bytes, size);
    (void)pthread_mutex_unlock(&keys->lock);
    return key;
}

/* One that has not. The caller has a reference to *out. */
static enum rsa_verdict
make(struct rsa_keys *keys, bool crt, const uint8_t *bytes, size_t size,
     BN_CTX *ctx, struct key **out)
{
    enum rsa_verdict verdict = key_new(crt, bytes, size, ctx, out);

    if (verdict != RSA_DONE)
        return verdict;
    (void)pthread_mutex_lock(&keys->lock);
    remember(keys, *out);
    (void)pthread_mutex_unlock(&keys->lock);
    return RSA_DONE;
}

/* --- modular exponentiation -------------------------------------------------
 */

static bool
fits(const BIGNUM *n, uint8_t *result, size_t size)
{
    return BN_bn2binpad(n, result, (int)size) == (int)size;
}

enum rsa_verdict
rsa_exponentiate(struct rsa_keys *keys, const uint8_t *exponent,
                 const uint8_t *modulus, const uint8_t *message, size_t size,
                 uint8_t *result)
{
    AUTO(ctx_done) BN_CTX *ctx = BN_CTX_new();
    AUTO(key_done) struct key *key = NULL;
    AUTO(bn_done) BIGNUM *m = number(message, size);
    AUTO(bn_done) BIGNUM *r = BN_new();
    uint8_t bytes[2 * RSA_SIZE];
    enum rsa_verdict verdict = RSA_DONE;

    if (!ctx || !m || !r)
        return RSA_NO_MEMORY;
    memcpy(bytes, exponent, size);
    memcpy(bytes + size, modulus, size);
    key = find(keys, false, bytes, 2 * size);
    if (!key)
        verdict = make(keys, false, bytes, 2 * size, ctx, &key);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    if (verdict != RSA_DONE)
        return verdict;
    if (BN_ucmp(m, key->n[MODULUS]) >= 0)
        return RSA_BAD_OPERAND;
    return BN_mod_exp_mont_consttime(r, m, key->n[EXPONENT], key->n[MODULUS],
                                     ctx, key->mont[0]) &&
                   fits(r, result, size)
               ? RSA_DONE
               : RSA_NO_MEMORY;
}

/* --- CRT, by the formula -----------------------------------------------------
 */

/* r = m ^ d mod p */
static bool
half_of(BIGNUM *r, const BIGNUM *m, const struct key *key, int i, BN_CTX *ctx)
{
    return BN_nnmod(r, m, key->n[P + i], ctx) &&
           BN_mod_exp_mont_consttime(r, r, key->n[DP + i], key->n[P + i], ctx,
                                     key->mont[i]);
}

static bool
combine(BIGNUM *r, const BIGNUM *m, const struct key *key, BN_CTX *ctx)
{
    AUTO(bn_done) BIGNUM *m1 = BN_new();
    AUTO(bn_done) BIGNUM *m2 = BN_new();

    if (!m1 || !m2)
        return false;
    BN_set_flags(m1, BN_FLG_CONSTTIME);
    BN_set_flags(m2, BN_FLG_CONSTTIME);
    BN_set_flags(r, BN_FLG_CONSTTIME);
    return half_of(m1, m, key, 0, ctx) && half_of(m2, m, key, 1, ctx) &&
           BN_mod_sub(m1, m1, m2, key->n[P], ctx) &&
           BN_mod_mul(m1, m1, key->n[U], key->n[P], ctx) &&
           BN_mul(r, m1, key->n[Q], ctx) && BN_add(r, r, m2);
}

/* --- CRT, of a sound key
 * ------------------------------------------------------ */

/** What an RSA private key has, in the order of its parameters. */
enum { N, E, D, P_, Q_, DP_, DQ_, U_, NUMBERS };

static BIGNUM *
secret(void)
{
    BIGNUM *n = BN_new();

    if (n)
        BN_set_flags(n, BN_FLG_CONSTTIME);
    return n;
}

/* The exponent that dp undoes modulo p - 1; less = p - 1. */
static bool
inverse_of(BIGNUM *e, BIGNUM *less, const struct key *key, int i, BN_CTX *ctx)
{
    return BN_sub(less, key->n[P + i], BN_value_one()) &&
           BN_mod_inverse(e, key->n[DP + i], less, ctx);
}

/* Do the five belong together, with an e that others know? Then also d. */
static bool
complete(const struct key *key, BIGNUM *e, BIGNUM *d, BN_CTX *ctx)
{
    AUTO(bn_done) BIGNUM *e2 = secret();
    AUTO(bn_done) BIGNUM *p1 = secret();
    AUTO(bn_done) BIGNUM *q1 = secret();

    return e2 && p1 && q1 && BN_num_bits(key->n[P]) == BN_num_bits(key->n[Q]) &&
           BN_mod_mul(e2, key->n[U], key->n[Q], key->n[P], ctx) &&
           BN_is_one(e2) && inverse_of(e, p1, key, 0, ctx) &&
           inverse_of(e2, q1, key, 1, ctx) && BN_cmp(e, e2) == 0 &&
           BN_num_bits(e) <= 64 && BN_mul(p1, p1, q1, ctx) &&
           BN_mod_inverse(d, e, p1, ctx);
}

static EVP_PKEY *
import(const BIGNUM *const numbers[NUMBERS])
{
    static const char *const names[] = {
        OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
        OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
        OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1
    };
    uint8_t bytes[NUMBERS][RSA_SIZE];
    OSSL_PARAM params[NUMBERS + 1];
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *pkey = NULL;

    for (int i = 0; i < NUMBERS; i++) {
        (void)BN_bn2nativepad(numbers[i], bytes[i], RSA_SIZE);
        params[i] = OSSL_PARAM_construct_BN(names[i], bytes[i], RSA_SIZE);
    }
    params[NUMBERS] = OSSL_PARAM_construct_end();
    if (ctx && EVP_PKEY_fromdata_init(ctx) > 0)
        (void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params);
    EVP_PKEY_CTX_free(ctx);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return pkey;
}

/* NULL: it is no sound key, or there is no memory. */
static EVP_PKEY_CTX *
sound_of(const struct key *key, BN_CTX *ctx)
{
    AUTO(bn_done) BIGNUM *e = secret();
    AUTO(bn_done) BIGNUM *d = secret();
    AUTO(pkey_done) EVP_PKEY *pkey = NULL;
    AUTO(pkey_ctx_done) EVP_PKEY_CTX *sound = NULL;

    if (!e || !d || !complete(key, e, d, ctx))
        return NULL;

    const BIGNUM *const numbers[NUMBERS] = {
        [N] = key->modulus, [E] = e,          [D] = d,
        [P_] = key->n[P],   [Q_] = key->n[Q], [DP_] = key->n[DP],
        [DQ_] = key->n[DQ], [U_] = key->n[U],
    };

    pkey = import(numbers);
    sound = pkey ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
    if (!sound || EVP_PKEY_decrypt_init(sound) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(sound, RSA_NO_PADDING) <= 0)
        return NULL;
    return TAKE(sound);
}

/* The message as it came, in size bytes; leading zeros beyond the modulus are
 * neither taken nor given. */
static bool
decrypt(EVP_PKEY_CTX *sound, const struct key *key, const uint8_t *message,
        size_t size, uint8_t *result)
{
    AUTO(pkey_ctx_done) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(sound);
    size_t length = (size_t)BN_num_bytes(key->modulus);
    size_t skip = size - length;
    bool done;

    if (length > size || !wire_all_zero(message, skip))
        return false;
    memset(result, 0, skip);
    done = ctx && EVP_PKEY_decrypt(ctx, result + skip, &length, message + skip,
                                   length) > 0;
    if (!done)
        ERR_clear_error();
    return done;
}

/* Of a key that has come again: is libcrypto's quickest way open to it? It is
 * tried with this message, whose answer is known. */
static void
promote(struct key *key, const uint8_t *message, size_t size,
        const uint8_t *result, BN_CTX *ctx)
{
    AUTO(pkey_ctx_done) EVP_PKEY_CTX *sound = sound_of(key, ctx);
    uint8_t same[RSA_SIZE];
    EVP_PKEY_CTX *none = NULL;

    if (sound && decrypt(sound, key, message, size, same) &&
        CRYPTO_memcmp(same, result, size) == 0 &&
        atomic_compare_exchange_strong(&key->sound, &none, sound))
        sound = NULL;
    OPENSSL_cleanse(same, sizeof(same));
    ERR_clear_error();
}

/* Any key, by the formula. */
static enum rsa_verdict
combine_plainly(struct key *key, const uint8_t *message, size_t size,
                uint8_t *result, BN_CTX *ctx)
{
    AUTO(bn_done) BIGNUM *m = number(message, size);
    AUTO(bn_done) BIGNUM *r = BN_new();

    if (!m || !r)
        return RSA_NO_MEMORY;
    if (BN_ucmp(m, key->modulus) >= 0 ||
        (size_t)BN_num_bytes(key->modulus) > size)
        return RSA_BAD_OPERAND;
    if (!combine(r, m, key, ctx) || !fits(r, result, size))
        return RSA_NO_MEMORY;
    if (atomic_fetch_add(&key->uses, 1) == 1)
        promote(key, message, size, result, ctx);
    return RSA_DONE;
}

enum rsa_verdict
rsa_combine(struct rsa_keys *keys, const uint8_t *parts, size_t half,
            const uint8_t *message, size_t size, uint8_t *result)
{
    AUTO(ctx_done) BN_CTX *ctx = NULL;
    AUTO(key_done) struct key *key = find(keys, true, parts, 5 * half);
    EVP_PKEY_CTX *sound = key ? atomic_load(&key->sound) : NULL;
    enum rsa_verdict verdict;

    if (sound && decrypt(sound, key, message, size, result))
        return RSA_DONE;
    ctx = BN_CTX_new();
    if (!ctx)
        return RSA_NO_MEMORY;
    verdict = key ? RSA_DONE : make(keys, true, parts, 5 * half, ctx, &key);
    return verdict == RSA_DONE
               ? combine_plainly(key, message, size, result, ctx)
               : verdict;
}
