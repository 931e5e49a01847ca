/* SPDX-License-Identifier: MIT */
/* The virtual hosts of this user: those that are up, and those that were. */
#ifndef VAP_CLI_FRAME_HOSTS_H
#define VAP_CLI_FRAME_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/place.h"

struct hosts {
    struct hosts_one {
        char name[PLACE_NAME + 1];
        bool up;
        bool left; /* not up, but one that was killed has left something */
        bool closed; /* whether it is up may not be looked at */
        bool stored; /* vap up goes on with it */
    } * host; /* by name */
    size_t n;
};

/* all: also those that are not up. CLI_DONE or CLI_FAILED, and that has been
 * said. */
int hosts_find(struct hosts *hosts, bool all);
void hosts_done(struct hosts *hosts);

/* Is any up? */
bool hosts_any(void);

#endif
