/* SPDX-License-Identifier: MIT */
/* Why a change was refused, for people. */
#ifndef VAP_HOST_REFUSAL_H
#define VAP_HOST_REFUSAL_H

#include <stddef.h>
#include <stdio.h>

#include "host/host.h"

/**
 * The reason in words: "05.0047 is assigned to a". Beside it stands
 * words_errno(why->verdict).
 *
 * host     as it was when the request was refused: what came before it in
 *          its list has been done
 * request  the one refused
 *
 * Returns  0, *out the caller's to free; -ENOMEM
 */
int refusal_words(const struct host *host, const struct vap_request *request,
                  const struct vap_why *why, char **out);

/**
 * What to do about it, one line in the words of change_words.h or a sentence.
 *
 * Returns  0, *out the caller's to free, NULL when there is nothing to say;
 *          -ENOMEM
 */
int refusal_remedy(const struct host *host, const struct vap_request *request,
                   const struct vap_why *why, char **out);

#endif
