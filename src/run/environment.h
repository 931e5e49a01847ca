/* SPDX-License-Identifier: MIT */
/* What a command finds in its environment beside what vap found in its own. */
#ifndef VAP_RUN_ENVIRONMENT_H
#define VAP_RUN_ENVIRONMENT_H

#include "run/run.h"

/**
 * Changes the environment of this process. Called before it enters
 * namespaces, as it looks at who we are.
 *
 * Returns  0 or -ENOMEM
 */
int environment_prepare(const struct run_options *options);

#endif
