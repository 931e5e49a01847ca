/* SPDX-License-Identifier: MIT */
/* Where orders end, as a table. */
#include "cli/lab/lab_page.h"

#include "base/auto.h"

#include <errno.h>

/** A guest matrix, and in how many orders it is the end under each rule. */
struct row {
    const char *matrix;
    unsigned long times[LAB_RULES];
    unsigned long most;
};

struct table {
    struct row *rows;
    size_t n;
};

static void
table_done(struct table *table)
{
    free(table->rows);
}

static struct row *
row_of(struct table *table, const char *matrix)
{
    struct row *more;

    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->rows[i].matrix, matrix) == 0)
            return &table->rows[i];
    more = realloc(table->rows, (table->n + 1) * sizeof(*more));
    if (!more)
        return NULL;
    table->rows = more;
    more[table->n] = (struct row){ .matrix = matrix };
    return &more[table->n++];
}

static int
compare_rows(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;

    if (x->most != y->most)
        return x->most < y->most ? 1 : -1;
    return strcmp(x->matrix, y->matrix);
}

static int
add_column(struct table *table, const struct play_ends *ends, size_t column)
{
    for (size_t i = 0; i < ends->n; i++) {
        struct row *row = row_of(table, ends->ends[i].matrix);

        if (!row)
            return -ENOMEM;
        row->times[column] = ends->ends[i].times;
        if (row->times[column] > row->most)
            row->most = row->times[column];
    }
    return 0;
}

static int
add_columns(struct table *table, const struct play *play, uint32_t mdev,
            size_t column)
{
    for (size_t i = 0; i < play->n_ends; i++)
        if (play->ends[i].mdev == mdev)
            return add_column(table, &play->ends[i], column);
    return 0;
}

const char *
lab_number(unsigned long n, char text[LAB_NUMBER])
{
    if (n < 1000)
        (void)snprintf(text, LAB_NUMBER, "%lu", n);
    else
        (void)snprintf(text, LAB_NUMBER, "%lu,%03lu", n / 1000, n % 1000);
    return text;
}

/* Right in its column; "-" for none. */
static void
print_count(FILE *out, unsigned long n, int width)
{
    char text[LAB_NUMBER];

    (void)fprintf(out, "  %*s", width, n ? lab_number(n, text) : "-");
}

static int
column_width(const struct lab *lab, size_t i)
{
    int n = (int)strlen(lab->plays[i]->rule->name);

    return n < 6 ? 6 : n;
}

enum { MATRIX_WIDTH = 24 };

static void
print_table(FILE *out, const struct lab *lab, const struct table *table,
            const char *mdev, int indent)
{
    (void)fprintf(out, "%*s%-*s", indent, "", MATRIX_WIDTH, mdev);
    for (size_t i = 0; i < lab->n; i++)
        (void)fprintf(out, "  %*s", column_width(lab, i),
                      lab->plays[i]->rule->name);
    (void)fputs("\n", out);
    for (size_t r = 0; r < table->n; r++) {
        (void)fprintf(out, "%*s%-*s", indent, "", MATRIX_WIDTH,
                      table->rows[r].matrix);
        for (size_t i = 0; i < lab->n; i++)
            print_count(out, table->rows[r].times[i], column_width(lab, i));
        (void)fputs("\n", out);
    }
}

/* Was this mdev touched, or is it asked about? */
static bool
of_interest(const struct lab *lab, const struct scenario_step *step,
            const struct table *table, const char *mdev)
{
    for (size_t i = 0; i < step->n_expects; i++)
        if ((step->expects[i].about == SCENARIO_ENDS ||
             step->expects[i].about == SCENARIO_N_ENDS) &&
            strcmp(step->expects[i].subject, mdev) == 0)
            return true;
    return table->n > 1 || lab->plays[0]->n_ends == 1;
}

int
lab_print_ends(FILE *out, const struct lab *lab,
               const struct scenario_step *step, int indent)
{
    for (size_t m = 0; m < lab->plays[0]->n_ends; m++) {
        AUTO(table_done) struct table table = { 0 };
        const char *mdev =
            host_mdev_name(lab->plays[0]->host, lab->plays[0]->ends[m].mdev);

        for (size_t i = 0; i < lab->n; i++)
            if (add_columns(&table, lab->plays[i], lab->plays[0]->ends[m].mdev,
                            i))
                return -ENOMEM;
        if (table.n)
            qsort(table.rows, table.n, sizeof(*table.rows), compare_rows);
        if (of_interest(lab, step, &table, mdev))
            print_table(out, lab, &table, mdev, indent);
    }
    return 0;
}
