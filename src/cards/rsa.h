/* SPDX-License-Identifier: MIT */
/* RSA as cards are asked for it: raw, in clear keys. By libcrypto, in constant
 * time where keys are; what was a key is wiped before its memory is freed.
 *
 * Numbers are big-endian, left-padded with zeros. A key that comes again is
 * recognised by its bytes: its numbers are parsed and its Montgomery contexts
 * made once. */
#ifndef VAP_CARDS_RSA_H
#define VAP_CARDS_RSA_H

#include <stddef.h>
#include <stdint.h>

/** The keys a queue has met last. Any thread may use it. */
struct rsa_keys;

/* NULL without memory. Undoing NULL is fine. */
struct rsa_keys *rsa_keys_new(void);
void rsa_keys_free(struct rsa_keys *keys);

/* Forgets all of them; one in use is wiped when its use ends. */
void rsa_keys_forget(struct rsa_keys *keys);

/* The largest modulus: 4096 bits. */
#define RSA_SIZE 512

enum rsa_verdict {
    RSA_DONE,
    RSA_EVEN_MODULUS, /* or an even p or q */
    RSA_BAD_OPERAND, /* message >= modulus, or a zero modulus */
    RSA_NO_MEMORY
};

/**
 * result = message ^ exponent mod modulus.
 *
 * Each has size bytes, 1 to RSA_SIZE; the result as well.
 */
enum rsa_verdict rsa_exponentiate(struct rsa_keys *keys,
                                  const uint8_t *exponent,
                                  const uint8_t *modulus,
                                  const uint8_t *message, size_t size,
                                  uint8_t *result);

/**
 * result = m2 + q * (u * (m1 - m2) mod p), with m1 = message ^ dp mod p and
 * m2 = message ^ dq mod q; u is 1/q mod p. Nobody checks that p and q are
 * prime, or that the five belong together: the formula holds.
 *
 * parts   p, q, dp, dq, u: half bytes each, one after another
 * half    1 to RSA_SIZE / 2
 * message, result   size bytes, to 2 * half
 */
enum rsa_verdict rsa_combine(struct rsa_keys *keys, const uint8_t *parts,
                             size_t half, const uint8_t *message, size_t size,
                             uint8_t *result);

#endif
