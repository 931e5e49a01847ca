/* SPDX-License-Identifier: MIT */
/* Why a list of requests was refused, as JSON: for the API and the log.
 *
 *     {"error": "EADDRINUSE", "message": "05.0047 is assigned to a",
 *      "request": 1, "queue": "05.0047", "holder": "a",
 *      "remedy": "a/unassign_adapter 0x05, or a/unassign_domain 0x0047",
 *      "more": ["06.0047 is assigned to a"]}
 *
 * request is its place in the list, from 0; what follows it is there as far
 * as it applies. queue, holder and remedy are of the first queue in the way,
 * more has the message of each other one, up to REFUSAL_MORE. */
#ifndef VAP_HOST_REFUSAL_JSON_H
#define VAP_HOST_REFUSAL_JSON_H

#include <jansson.h>

#include "host/request.h"

enum { REFUSAL_MORE = 15 };

/* The caller's; NULL when memory is short. host: as it was before the list. */
json_t *refusal_json(const struct host *host, const struct host_request *list,
                     const struct refusal *refusal);

#endif
