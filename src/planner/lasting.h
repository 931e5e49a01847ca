/* SPDX-License-Identifier: MIT */
/* What is wanted of a host, so that it lasts: what mdevctl's definitions and
 * chzdev's rule must say for the next boot to give it again, and the commands
 * that have them say so. */
#ifndef VAP_PLANNER_LASTING_H
#define VAP_PLANNER_LASTING_H

#include "observe/stores.h"
#include "planner/wanted.h"

struct lasting {
    char **commands; /* for a shell, in order; the rest is what is left to do
                      * after each */
    size_t n;
    char *reason; /* with all of them, still not after a boot, in words; NULL:
                   * what is wanted is there */
};

/**
 * Works the commands out. First gives up what is not wanted, then come the
 * masks, then what is wanted is added: at no point do two definitions that
 * start by themselves share a queue that did not before, unless reason says so:
 * that is what ap-check and chzdev refuse. A definition that is there starts as
 * it did; a new one by itself. Nothing is said of a mask or an mdev that is not
 * wanted, unless others are to go.
 *
 * host  its hardware, its kernel, its masks of the boot line
 * out   for lasting_done()
 *
 * Returns 0 or -ENOMEM
 * Source  mdevctl(8), define, modify, undefine; chzdev(8), --persistent;
 *         s390-tools ap_tools/ap-check.c and zdev/src/ap.c: what they refuse
 */
int lasting_make(const struct host *host, const struct wanted *wanted,
                 const struct stores *stores, struct lasting *out);
void lasting_done(struct lasting *lasting);

#endif
