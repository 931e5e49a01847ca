/* SPDX-License-Identifier: MIT */
/* Ctrl-C and its kin as a question that is asked where it is safe to stop. */
#ifndef VAP_BASE_STOP_H
#define VAP_BASE_STOP_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP only ask. They interrupt what is never
 * taken up again, poll() and nanosleep(); a write goes on. */
void stop_catch(void);

/* Has one of them come? */
bool stop_asked(void);

#endif
