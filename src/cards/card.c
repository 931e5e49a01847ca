/* SPDX-License-Identifier: MIT */
#include "cards/card.h"

#include "cards/ap.h"

#include <string.h>

struct card
card_of_type(const char *type, uint8_t adapter, bool apxa)
{
    return (struct card){ .mode = type[4],
                          .generation = (uint8_t)(type[3] - '0'),
                          .adapter = adapter,
                          .apxa = apxa };
}

unsigned
card_type(const struct card *card)
{
    return card->generation + 6u;
}

/* Source: linux-abi.md, 1.3, typical ap_functions. */
uint64_t
card_info(const struct card *card, unsigned depth)
{
    uint32_t functions = card->mode == 'A'
                             ? AP_MEX4K | AP_CRT4K | AP_ACCELERATOR
                         : card->mode == 'C' ? AP_APSC | AP_CCA
                                             : AP_APSC | AP_EP11;

    return AP_INFO(functions | (card->apxa ? AP_APXA : 0), card_type(card),
                   depth);
}

size_t
card_answer(const struct card *card, uint8_t domain, struct rsa_keys *keys,
            const uint8_t *request, size_t length, uint8_t *reply)
{
    if (card->mode == 'A')
        return accelerator_answer(keys, request, length, reply);
    if (card->mode == 'C')
        return cca_answer(card, domain, keys, request, length, reply);
    return ep11_answer(card, domain, request, length, reply);
}
