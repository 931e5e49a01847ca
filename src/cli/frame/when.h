/* SPDX-License-Identifier: MIT */
/* A moment in a host's past, as people write it. */
#ifndef VAP_CLI_FRAME_WHEN_H
#define VAP_CLI_FRAME_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/** An event, or a time. */
struct when {
    bool event;
    int64_t number; /* of the event */
    int64_t us; /* since 1970, UTC */
};

/* What when_read() takes, for --help. */
#define WHEN_FORMS                                                             \
    "an event's number, \"14:02\", \"2026-11-22 14:02:05\" or \"-5min\""

/**
 * Reads 17 (an event), 14:02, 14:02:05 (the last time it was), 2026-11-22,
 * 2026-11-22 14:02 or T14:02:05 (local time; UTC with a Z), -30s, -5min, -2h,
 * -1d (ago).
 *
 * option  for the message
 *
 * Returns false when it is none of these, and that has been said
 */
bool when_read(const char *option, const char *text, struct when *out);

/* The same, with the clock in microseconds since 1970; says nothing. -0s is
 * that moment itself, behind all that has happened. */
bool when_read_at(const char *text, int64_t now_us, struct when *out);

#endif
