/* SPDX-License-Identifier: MIT */
/* What becomes of queues, for people: adapters whose domains share a fate are
 * one line. */
#ifndef VAP_CLI_FRAME_TURNS_H
#define VAP_CLI_FRAME_TURNS_H

#include <stdbool.h>
#include <stdio.h>

#include "matrix/mask.h"

enum { TURNS_LEFT = 13, TURNS_TO = 64, TURNS_KEPT = 64 };

/** Adapters, domains of each, and what becomes of these queues. */
struct turn {
    struct vap_mask adapters;
    struct vap_mask domains;
    char to[TURNS_TO];
};

/** What has not been said yet. The rest is zero at first. */
struct turns {
    FILE *out;
    const char *left; /* in front of the first line */
    bool in_order; /* only what follows each other shares a line */
    unsigned n;
    struct turn turn[TURNS_KEPT];
};

/* "05.0004,0047" and to, or "03,05 x 0004". No domains are no turn. */
void turns_add(struct turns *turns, unsigned adapter, struct vap_mask domains,
               const char *to);

/* What is said of a reset behind its queues. */
void turns_reset(unsigned times, unsigned rc, char to[TURNS_TO]);

/* Says what is left. */
void turns_end(struct turns *turns);

#endif
