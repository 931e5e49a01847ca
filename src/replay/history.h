/* SPDX-License-Identifier: MIT */
/* The operations of a recorded history, in its own words. The words are
 * described in docs/traces.md. */
#ifndef VAP_REPLAY_HISTORY_H
#define VAP_REPLAY_HISTORY_H

#include <jansson.h>

#include "host/host.h"

/**
 * The host that a trace begins with.
 *
 * trace   that trace_check() has looked at
 * op      its first operation, "boot apm=0-2 ..."
 * kernel  where the rule brings none
 *
 * Returns  0; -ENOMEM; -EBADMSG with *expected: how such an operation is
 *          written
 */
int history_boot(const json_t *trace, const char *op,
                 const struct vap_rule *rule, enum vap_kernel kernel,
                 struct host **out, const char **expected);

/**
 * Any other operation.
 *
 * Returns  VAP_OK with *request filled; another enum vap_verdict when the
 *          kernel refuses the words before it looks at any state; -ENOMEM;
 *          -EBADMSG with *expected, as above
 */
int history_request(struct host *host, const char *op,
                    struct vap_request *request, const char **expected);

#endif
