/* SPDX-License-Identifier: MIT */
/* A host under another rule than it had. */
#ifndef VAP_HOST_HOST_RULE_H
#define VAP_HOST_HOST_RULE_H

#include "host/host.h"

/**
 * Gives a host another rule, another kernel personality. Under another rule
 * nothing is left of its history: guest matrices are worked out anew. Under
 * the same one they stay.
 *
 * kernel  meant where the rule brings none
 *
 * Returns  0; -EINVAL: a queue has a driver_override, which Linux 6.12 has
 *          not, and nothing has changed; -ENOMEM
 */
int host_use_rule(struct host *host, const struct vap_rule *rule,
                  enum vap_kernel kernel);

#endif
