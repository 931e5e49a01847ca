/* SPDX-License-Identifier: MIT */
/* A grid on its way to paper; for grid*.c alone. */
#ifndef VAP_CLI_SHOW_GRID_PARTS_H
#define VAP_CLI_SHOW_GRID_PARTS_H

#include "cli/frame/cells.h"
#include "cli/show/grid.h"

enum { TEXT = 24, NOTE = 64 };

struct text {
    char text[TEXT];
    bool changed;
};

/** Ids that share a row, or a column: those that follow one another. */
struct band {
    uint8_t first;
    uint8_t last;
    unsigned width; /* of a column */
};

struct grid {
    FILE *out;
    const struct host *host;
    const struct grid_look *look;
    struct labels labels;
    struct cells *cells;
    struct text at[VAP_IDS][VAP_IDS];
    char note[VAP_IDS][NOTE];
    struct band row[VAP_IDS];
    unsigned n_rows;
    struct band column[VAP_IDS];
    unsigned n_columns;
    /* what there is to explain */
    struct text sample[CELL_KINDS];
    bool state;
    bool untold;
    bool changed;
    uint32_t stray; /* + 1 */
    bool legend; /* has begun */
};

/* A text for every crossing, and what is said beside each row. other: the
 * crossings of look->against, or NULL. */
void grid_texts(struct grid *g, const struct cells *other);

/* What the signs mean that occur. */
void grid_legend(struct grid *g);

/* How many columns on a screen, not bytes. */
unsigned grid_width(const char *text);

#endif
