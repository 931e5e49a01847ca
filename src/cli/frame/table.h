/* SPDX-License-Identifier: MIT */
/* A table on the terminal, with the columns that were asked for. */
#ifndef VAP_CLI_FRAME_TABLE_H
#define VAP_CLI_FRAME_TABLE_H

#include <stdbool.h>
#include <stdio.h>

struct libscols_table;

enum { TABLE_CHOSEN = 32 };

/** Of an array that ends with a name of NULL. */
struct table_column {
    const char *name;
    bool right; /* its cells stand to the right: numbers */
};

struct table {
    struct libscols_table *table;
    unsigned column[TABLE_CHOSEN]; /* in which order */
    unsigned n_columns;
    unsigned n_lines;
};

/**
 * Begins one.
 *
 * names     "NAME,PID", in capitals or not; NULL: all columns
 * headings  with a line that names them
 *
 * Returns  0; 1 a name is no column, or there are too many, which has been
 *          said; -ENOMEM
 */
int table_init(struct table *t, const struct table_column *columns,
               const char *names, bool headings);

/** A line, with a cell for each of the array's columns, chosen or not. 0 or
 *  -ENOMEM. */
int table_add(struct table *t, const char *const cells[]);

/** 0 or -ENOMEM. */
int table_print(const struct table *t, FILE *out);

void table_done(struct table *t);

#endif
