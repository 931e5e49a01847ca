/* SPDX-License-Identifier: MIT */
#include "cards/identity.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

void
card_serial(const struct card *card, char serial[CARD_SERIAL])
{
    (void)snprintf(serial, CARD_SERIAL, "VAP%05X", (unsigned)card->adapter);
}

size_t
card_pattern(enum card_key key, uint8_t domain, uint8_t pattern[CARD_PATTERN])
{
    static const struct {
        const char *name;
        size_t size;
    } keys[CARD_KEYS] = {
        [CARD_KEY_ASYM] = { "ASYM", 16 },
        [CARD_KEY_AES] = { "AES", 8 },
        [CARD_KEY_APKA] = { "APKA", 8 },
        [CARD_KEY_WRAPPING] = { "WK", 32 },
    };
    char text[32];
    int length = snprintf(text, sizeof(text), "vap %s %u", keys[key].name,
                          (unsigned)domain);

    if (!EVP_Digest(text, (size_t)length, pattern, NULL, EVP_sha256(), NULL))
        memset(pattern, 0, CARD_PATTERN);
    return keys[key].size;
}
