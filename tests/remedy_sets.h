/* SPDX-License-Identifier: MIT */
/* The slow way to remedies: all sets of actions there are in a small world of
 * two mdevs. */
#ifndef VAP_TESTS_REMEDY_SETS_H
#define VAP_TESTS_REMEDY_SETS_H

#include "matrix/remedy.h"

#include "engine.h"

/* All sets of one size that do, as text. */
struct sets {
    char text[512][160];
    unsigned n;
};

/* The smallest size at which any set does, and all of them; more than most:
 * there is none up to that. Ids are below n_adapters and n_domains. */
unsigned sets_smallest(struct engine *e, const struct vap_goal *goal,
                       unsigned n_adapters, unsigned n_domains, unsigned most,
                       struct sets *sets);

bool sets_have(const struct sets *sets, const char *text);

#endif
