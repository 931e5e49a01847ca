/* SPDX-License-Identifier: MIT */
/* A line on a terminal that says how far something has come, when it takes
 * more than a second. */
#ifndef VAP_CLI_FRAME_PROGRESS_H
#define VAP_CLI_FRAME_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool wanted; /* stderr is a terminal */
    bool shown;
    int64_t next_ms; /* when to show it, or show it anew */
};

struct progress progress_start(void);

/* To be called often; what: a file, as the user wrote it. */
void progress_show(struct progress *p, const char *what, int percent);

/* Takes the line away, before anything else is printed. */
void progress_end(struct progress *p);

#endif
