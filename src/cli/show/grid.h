/* SPDX-License-Identifier: MIT */
/* A host as people see it: adapters down, domains across, and at each
 * crossing whose that queue is.
 *
 *         0004  0047  0054
 *     03  host   A     A    CEX8A
 *     05  (B)    B!   (B)   CEX8C
 *     0a  free  free   -    CEX8P, deconfigured
 */
#ifndef VAP_CLI_SHOW_GRID_H
#define VAP_CLI_SHOW_GRID_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "host/host.h"

/** How to draw it. All zero: 80 columns, no colour, no legend. */
struct grid_look {
    const struct host *against; /* cells that differ from this host's have a
                                 * '*'; NULL for none */
    unsigned width; /* of the screen: what is wider is folded, then split */
    unsigned height; /* of it: with more rows, like rows are folded; 0: 24 */
    unsigned indent;
    bool colour;
    bool legend; /* what the signs mean that occur */
    bool names; /* and which mdev a letter stands for */
    bool no_types; /* nothing about the cards, which are of no importance */
};

/** The look for a stream: as wide, high and colourful as it is, with legend
 *  and names. */
struct grid_look grid_look_for(FILE *out);

/** Draws the host. Returns 0 or -ENOMEM. */
int grid_draw(FILE *out, const struct host *host, const struct grid_look *look);

#endif
