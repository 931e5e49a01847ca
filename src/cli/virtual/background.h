/* SPDX-License-Identifier: MIT */
/* vapd, from its start to its end. */
#ifndef VAP_CLI_VIRTUAL_BACKGROUND_H
#define VAP_CLI_VIRTUAL_BACKGROUND_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/place.h"

/* Room for all that vapd can be told, and the NULL. */
enum { BACKGROUND_ARGS = 24 };

/**
 * Starts vapd, which stands beside this program or in PATH, in the
 * background, and waits until it is ready. What it says until then is said
 * here.
 *
 * argv  for vapd, ended by NULL; argv[0] is not looked at, and there is room
 *       for two more
 *
 * Returns  CLI_DONE: it is up; what vapd returned otherwise, CLI_FAILED
 */
int background_start(const char *argv[BACKGROUND_ARGS]);

/**
 * Ends the host that lives at a place, waits for its end, and clears away
 * what it, or one before it, has left there.
 *
 * forget  its state as well
 *
 * Returns  1 it was up; 0 it was not; < 0 could not, and that has been said
 */
int background_stop(const struct place *place, const char *name, bool forget);

#endif
