/* SPDX-License-Identifier: MIT */
#ifndef VAP_OBSERVE_ANONYMISE_H
#define VAP_OBSERVE_ANONYMISE_H

#include "host/host.h"

/**
 * Takes out what tells whose host it is: mdevs are 00000000-0000-4000-8000-
 * and their number in 12 hex digits, guests guest-1, guest-2 and so on in the
 * order of their mdevs, drivers that nobody answers to driver-1 and so on. All
 * else stays, so the same host gives the same.
 *
 * Returns  0 or -ENOMEM; then some names may be new and others not
 */
int anonymise(struct host *host);

#endif
