/* SPDX-License-Identifier: MIT */
/* What a change did, or would do, as the API tells it (effect_json.h), for
 * people. It looks as what vap what-if says. */
#ifndef VAP_CLI_FRAME_EFFECT_H
#define VAP_CLI_FRAME_EFFECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* All of it: guests, resets, queues. plan: it has not been done. */
void effect_put(FILE *out, const json_t *effect, bool plan);

/* Only what guest matrices became, a line each, behind so many blanks. */
void effect_put_guests(FILE *out, const json_t *effect, int indent);

#endif
