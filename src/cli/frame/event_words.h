/* SPDX-License-Identifier: MIT */
/* What was asked, as the log has it, in words. */
#ifndef VAP_CLI_FRAME_EVENT_WORDS_H
#define VAP_CLI_FRAME_EVENT_WORDS_H

#include <jansson.h>

#include "host/host.h"

/**
 * One request of an event.
 *
 * scratch  any host, for its names; nothing else of it is looked at
 *
 * Returns  the words, the caller's to free; NULL when memory is short
 */
char *event_words(struct host *scratch, const json_t *request);

#endif
