/* SPDX-License-Identifier: MIT */
/* What starting mdevctl's definitions would come to. */
#ifndef VAP_OBSERVE_STORES_START_H
#define VAP_OBSERVE_STORES_START_H

#include "observe/stores.h"

/** How the start of a definition ends. */
struct stores_outcome {
    bool tried; /* else it has no part in it */
    enum vap_verdict verdict;
    const struct stores_step *step; /* that was refused; NULL: create was */
    char *reason; /* "05.0047 is assigned to a"; NULL: it starts */
};

/* As mdevctl does it: create, then each attribute; what was refused leaves
 * nothing. host: changed. Returns 0, *out filled and its reason the caller's;
 * or -ENOMEM. */
int stores_start(struct host *host, const struct stores_definition *definition,
                 struct stores_outcome *out);

/* The host as it will come up: the hardware it has, the masks of the rule, or
 * without one those of the boot line, no mdev. Returns 0 or -ENOMEM. */
int stores_boot(const struct host *host, const struct stores *stores,
                struct host **out);

/* The masks with which it will come up, apmask as adapters and aqmask as
 * domains. */
struct vap_matrix stores_boot_masks(const struct host *host,
                                    const struct stores *stores);

/* What the mdev has been assigned when it has started without a refusal. */
struct vap_matrix stores_matrix(const struct stores_definition *definition);

#endif
