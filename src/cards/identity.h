/* SPDX-License-Identifier: MIT */
/* What coprocessors say of themselves, and the tree shows: made up, and always
 * the same for the same numbers. */
#ifndef VAP_CARDS_IDENTITY_H
#define VAP_CARDS_IDENTITY_H

#include "cards/card.h"

/* 8 characters and a NUL; an EP11 card's has 8 blanks more. */
#define CARD_SERIAL 9
void card_serial(const struct card *card, char serial[CARD_SERIAL]);

/** Master keys, by domain. A card of this host has the same ones as its other
 *  cards of that kind, so that a guest can use either; none is new or old. */
enum card_key {
    CARD_KEY_ASYM, /* CCA */
    CARD_KEY_AES,
    CARD_KEY_APKA,
    CARD_KEY_WRAPPING, /* EP11 */
    CARD_KEYS
};

/* The verification pattern of the current key has so many bytes. */
#define CARD_PATTERN 32
size_t card_pattern(enum card_key key, uint8_t domain,
                    uint8_t pattern[CARD_PATTERN]);

/** Of an EP11 card. Source: Linux zcrypt_cex4.c, zcrypt_ep11misc.c. */
#define CARD_EP11_API 6 /* API_ordinalnr */
#define CARD_EP11_MODES 0x4f /* FIPS2009 BSI2009 FIPS2011 BSI2011 BSICC2017 */
/* FW_version is generation.0. */

#endif
