/* SPDX-License-Identifier: MIT */
/* vap plan and apply --persistent: what mdevctl and chzdev are to write down,
 * so that what is wanted is there after a boot as well. */
#ifndef VAP_CLI_CHANGE_LASTS_H
#define VAP_CLI_CHANGE_LASTS_H

#include <jansson.h>

#include "cli/frame/whose.h"
#include "planner/lasting.h"

/* Reads what is written down below root and works the commands out; what
 * cannot be read is said. goal: the host as it will be. out: for
 * lasting_done(). CLI_DONE or CLI_FAILED */
int lasts_find(const char *root, const struct host *goal,
               const struct wanted *wanted, struct lasting *out);

/* A section below the steps. CLI_DONE; CLI_REFUSED when it does not last. */
int lasts_put(const struct lasting *lasting);

/* {"commands": [...], "reason": null}; the caller's, NULL without memory. */
json_t *lasts_json(const struct lasting *lasting);

/* For whoever has not asked, about this machine alone: one line, if what is
 * written down is something else. */
void lasts_hint(const struct whose *whose, const struct host *goal,
                const struct wanted *wanted);

/* Is what is below root what mdevctl and chzdev write here? */
bool lasts_here(const char *root);

#endif
