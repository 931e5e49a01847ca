/* SPDX-License-Identifier: MIT */
#include "cli/frame/table.h"

#include "base/auto.h"
#include "base/say.h"

#include <errno.h>
#include <libsmartcols.h>
#include <string.h>

static int
refuse(const struct table_column *columns, const char *name)
{
    char names[256] = "";
    size_t n = 0;

    for (size_t i = 0; columns[i].name; i++)
        n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s",
                              i ? ", " : "", columns[i].name);
    say_error("%s is not a column; there are %s", name, names);
    return 1;
}

static int
choose(struct table *t, const struct table_column *columns, const char *name)
{
    unsigned i = 0;

    while (columns[i].name && strcasecmp(columns[i].name, name) != 0)
        i++;
    if (!columns[i].name)
        return refuse(columns, name);
    if (t->n_columns == TABLE_CHOSEN) {
        say_error("more than %d columns", TABLE_CHOSEN);
        return 1;
    }
    t->column[t->n_columns++] = i;
    return 0;
}

static int
choose_all(struct table *t, const struct table_column *columns,
           const char *names)
{
    AUTO(free_done) char *copy = strdup(names ? names : "");
    char *rest = names ? copy : NULL;
    int r = copy ? 0 : -ENOMEM;

    for (unsigned i = 0; !names && columns[i].name && !r; i++)
        r = choose(t, columns, columns[i].name);
    for (const char *name; !r && (name = strsep(&rest, ","));)
        r = choose(t, columns, name);
    return r;
}

/* A column is as wide as its name, even where that is not shown. */
static int
add_columns(const struct table *t, const struct table_column *columns,
            bool headings)
{
    for (unsigned i = 0; i < t->n_columns; i++) {
        const struct table_column *column = &columns[t->column[i]];

        if (!scols_table_new_column(t->table, headings ? column->name : "", 0,
                                    column->right ? SCOLS_FL_RIGHT : 0))
            return -ENOMEM;
    }
    return scols_table_enable_noheadings(t->table, !headings);
}

int
table_init(struct table *t, const struct table_column *columns,
           const char *names, bool headings)
{
    int r;

    *t = (struct table){ .table = scols_new_table() };
    r = t->table ? choose_all(t, columns, names) : -ENOMEM;
    return r ? r : add_columns(t, columns, headings);
}

int
table_add(struct table *t, const char *const cells[])
{
    struct libscols_line *line = scols_table_new_line(t->table, NULL);

    if (!line)
        return -ENOMEM;
    t->n_lines++;
    for (unsigned i = 0; i < t->n_columns; i++)
        if (scols_line_set_data(line, i, cells[t->column[i]]))
            return -ENOMEM;
    return 0;
}

int
table_print(const struct table *t, FILE *out)
{
    return scols_table_set_stream(t->table, out) || scols_print_table(t->table)
               ? -ENOMEM
               : 0;
}

void
table_done(struct table *t)
{
    scols_unref_table(t->table);
}
