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
 * What lets the request through: requests that were tried on a copy, the
 * refused one after them, in the words of change_words.h.
 *
 *     a/unassign_adapter 0x05 and b/unassign_adapter 0x06 (a loses 2 queues),
 *     or ...
 *
 * In brackets is who has lost what when all of it is done, the request too.
 * Against every queue in the way, not the first alone; ways that take more
 * requests than others are not told, nor those of more than 24.
 *
 * Returns  0, *out the caller's to free, NULL when nothing that was tried
 *          helps; -ENOMEM
 */
int refusal_remedy(const struct host *host, const struct vap_request *request,
                   const struct vap_why *why, char **out);

/** In place of the request, what is to be possible after a remedy. */
struct refusal_trial {
    const struct host *host; /* that the remedy is done on */
    void *context;
    /* on a copy, where it is done. 0; 1: no; -ENOMEM */
    int (*passes)(void *context, struct host *host);
};

/* As refusal_remedy(), when the request was part of something larger that was
 * tried on another host than the one there is. The cost is the remedy's alone.
 */
int refusal_remedy_for(const struct host *host,
                       const struct vap_request *request,
                       const struct vap_why *why,
                       const struct refusal_trial *trial, char **out);

#endif
