/* SPDX-License-Identifier: MIT */
/* vectors BITS...: for each size a new RSA key, a number, and what libcrypto
 * makes of it with the private key. A line each, hexadecimal, all of the
 * modulus' length or half of it:
 *
 *     n e d p q dp dq u in out
 *
 * u = q^-1 mod p, out = in^d mod n. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void
must(int done)
{
    if (done > 0)
        return;
    (void)fprintf(stderr, "vectors: libcrypto could not\n");
    exit(3);
}

static void
put(const unsigned char *bytes, int n)
{
    for (int i = 0; i < n; i++)
        (void)printf("%02x", bytes[i]);
    (void)putchar(' ');
}

static void
put_part(const EVP_PKEY *key, const char *part, int n)
{
    unsigned char bytes[512];
    BIGNUM *number = NULL;

    must(EVP_PKEY_get_bn_param(key, part, &number));
    must(BN_bn2binpad(number, bytes, n));
    BN_clear_free(number);
    put(bytes, n);
}

/* Without padding: the number itself. */
static void
put_power(EVP_PKEY *key, int n)
{
    unsigned char in[512];
    unsigned char out[512];
    size_t length = sizeof(out);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    BIGNUM *number = BN_new();

    must(ctx && number);
    must(BN_rand(number, 8 * n - 1, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY));
    must(BN_bn2binpad(number, in, n)); /* above n it would be refused */
    in[0] &= 0x3f;
    must(EVP_PKEY_decrypt_init(ctx));
    must(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING));
    must(EVP_PKEY_decrypt(ctx, out, &length, in, (size_t)n));
    put(in, n);
    put(out, n);
    BN_free(number);
    EVP_PKEY_CTX_free(ctx);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool half;
    } parts[] = {
        { OSSL_PKEY_PARAM_RSA_N, false },
        { OSSL_PKEY_PARAM_RSA_E, false },
        { OSSL_PKEY_PARAM_RSA_D, false },
        { OSSL_PKEY_PARAM_RSA_FACTOR1, true },
        { OSSL_PKEY_PARAM_RSA_FACTOR2, true },
        { OSSL_PKEY_PARAM_RSA_EXPONENT1, true },
        { OSSL_PKEY_PARAM_RSA_EXPONENT2, true },
        { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true },
    };

    for (int i = 1; i < argc; i++) {
        int bits = (int)strtol(argv[i], NULL, 10);
        EVP_PKEY *key = EVP_RSA_gen((unsigned)bits);

        must(key != NULL);
        for (size_t k = 0; k < sizeof(parts) / sizeof(*parts); k++)
            put_part(key, parts[k].name, bits / (parts[k].half ? 16 : 8));
        put_power(key, bits / 8);
        (void)putchar('\n');
        EVP_PKEY_free(key);
    }
    return 0;
}
