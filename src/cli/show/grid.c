/* SPDX-License-Identifier: MIT */
/* First a text for every crossing, then which rows and columns can share one
 * because they say the same, then lines. */
#include "cli/show/grid_parts.h"

#include "base/auto.h"
#include "base/say.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

static void
grid_done(struct grid **grid)
{
    if (*grid)
        free((*grid)->cells);
    free(*grid);
}

static bool
same_row(const struct grid *g, unsigned a, unsigned b)
{
    VAP_EACH (d, &g->cells->domains)
        if (strcmp(g->at[a][d].text, g->at[b][d].text) != 0)
            return false;
    return strcmp(g->note[a], g->note[b]) == 0;
}

static bool
same_column(const struct grid *g, unsigned d, unsigned e)
{
    VAP_EACH (a, &g->cells->adapters)
        if (strcmp(g->at[a][d].text, g->at[a][e].text) != 0)
            return false;
    return true;
}

/* One band an id; or, with same, one for all that follow one another and say
 * the same. Returns how many. */
static unsigned
make_bands(const struct grid *g, const struct vap_mask *ids,
           bool (*same)(const struct grid *, unsigned, unsigned),
           struct band *bands)
{
    unsigned n = 0;

    VAP_EACH (id, ids) {
        if (n && same && bands[n - 1].last + 1U == id &&
            same(g, bands[n - 1].last, id))
            bands[n - 1].last = (uint8_t)id;
        else
            bands[n++] = (struct band){ (uint8_t)id, (uint8_t)id, 0 };
    }
    return n;
}

/* "03" or "03-1f". */
static int
band_text(const struct band *band, int digits, char text[TEXT])
{
    int n = snprintf(text, TEXT, "%0*x", digits, band->first);

    if (band->last != band->first)
        n +=
            snprintf(text + n, (size_t)(TEXT - n), "-%0*x", digits, band->last);
    return n;
}

static void
measure_columns(struct grid *g)
{
    char head[TEXT];

    for (unsigned i = 0; i < g->n_columns; i++) {
        struct band *c = &g->column[i];

        c->width = (unsigned)band_text(c, 4, head);
        VAP_EACH (a, &g->cells->adapters) {
            unsigned w = grid_width(g->at[a][c->first].text);

            c->width = w > c->width ? w : c->width;
        }
    }
}

static unsigned
head_width(const struct grid *g)
{
    unsigned widest = 2;

    for (unsigned i = 0; i < g->n_rows; i++)
        if (g->row[i].last != g->row[i].first)
            widest = 5;
    return widest;
}

static unsigned
note_width(const struct grid *g)
{
    unsigned widest = 0;

    VAP_EACH (a, &g->cells->adapters)
        if (strlen(g->note[a]) > widest)
            widest = (unsigned)strlen(g->note[a]);
    return widest;
}

/* How many of the columns from this one on fit, with the notes; one at
 * least. */
static unsigned
how_many_fit(const struct grid *g, unsigned from)
{
    unsigned width = g->look->width ? g->look->width : 80;
    unsigned used = g->look->indent + head_width(g) + 2 + note_width(g);
    unsigned n = 0;

    while (from + n < g->n_columns &&
           (!n || used + 2 + g->column[from + n].width <= width)) {
        used += 2 + g->column[from + n].width;
        n++;
    }
    return n;
}

static void
lay_out(struct grid *g)
{
    unsigned height = g->look->height ? g->look->height : 24;
    const struct cells *cells = g->cells;

    g->n_rows = make_bands(g, &cells->adapters, NULL, g->row);
    if (g->n_rows + 8 > height && g->n_rows > 4)
        g->n_rows = make_bands(g, &cells->adapters, same_row, g->row);
    g->n_columns = make_bands(g, &cells->domains, NULL, g->column);
    measure_columns(g);
    if (how_many_fit(g, 0) < g->n_columns) {
        g->n_columns = make_bands(g, &cells->domains, same_column, g->column);
        measure_columns(g);
    }
}

/* Colours that mdevs take in turn: green, yellow, blue, magenta, cyan. */
static const char *const mdev_colours[] = { "32", "33", "34", "35", "36" };

static const char *
colour_of(const struct cell *cell, char text[TEXT])
{
    const char *of_mdev = mdev_colours[cell->mdev % 5];

    switch (cell->kind) {
    case CELL_ABSENT:
    case CELL_HOST:
    case CELL_FREE:
        return "2";
    case CELL_UNBOUND:
        return "31";
    case CELL_GUEST:
        (void)snprintf(text, TEXT, "1;%s", of_mdev);
        return text;
    case CELL_HOLE:
    case CELL_FAILED:
    case CELL_KEPT:
        return "1;31";
    case CELL_LOST:
    case CELL_MISSING:
    case CELL_WITHHELD:
    case CELL_KINDS:
        break;
    }
    return of_mdev;
}

/* Text in the middle of its column; *pending: blanks that are owed, and paid
 * only if something follows. */
static void
put_centred(struct grid *g, const char *text, unsigned width,
            const char *colour, unsigned *pending)
{
    unsigned n = grid_width(text);
    unsigned left = width > n ? (width - n) / 2 : 0;

    (void)fprintf(g->out, "%*s", (int)(*pending + 2 + left), "");
    if (colour)
        (void)fprintf(g->out, "\033[%sm", colour);
    say_quoted(g->out, text);
    if (colour)
        (void)fputs("\033[0m", g->out);
    *pending = width > n + left ? width - n - left : 0;
}

static void
put_head(struct grid *g, unsigned from, unsigned n)
{
    unsigned pending = g->look->indent + head_width(g);
    char text[TEXT];

    for (unsigned i = from; i < from + n; i++) {
        (void)band_text(&g->column[i], 4, text);
        put_centred(g, text, g->column[i].width, NULL, &pending);
    }
    (void)putc('\n', g->out);
}

static void
put_row(struct grid *g, const struct band *row, unsigned from, unsigned n)
{
    char text[TEXT];
    unsigned pending = head_width(g) - (unsigned)band_text(row, 2, text);

    (void)fprintf(g->out, "%*s%s", (int)g->look->indent, "", text);
    for (unsigned i = from; i < from + n; i++) {
        unsigned d = g->column[i].first;
        const char *colour = colour_of(&g->cells->at[row->first][d], text);
        char both[TEXT + 2];

        (void)snprintf(both, sizeof(both), "%s%s",
                       g->at[row->first][d].changed ? "7;" : "", colour);
        put_centred(g, g->at[row->first][d].text, g->column[i].width,
                    g->look->colour ? both : NULL, &pending);
    }
    if (from + n == g->n_columns)
        (void)fprintf(g->out, "%*s%s", (int)(pending + 2), "",
                      g->note[row->first]);
    (void)putc('\n', g->out);
}

static void
put_rows(struct grid *g)
{
    unsigned n;

    if (!g->n_rows)
        (void)fprintf(g->out, "%*sno adapters\n", (int)g->look->indent, "");
    for (unsigned from = 0; g->n_rows && (from == 0 || from < g->n_columns);
         from += n) {
        n = how_many_fit(g, from);
        if (from)
            (void)putc('\n', g->out);
        if (n)
            put_head(g, from, n);
        for (unsigned i = 0; i < g->n_rows; i++)
            put_row(g, &g->row[i], from, n);
        if (!n)
            break;
    }
}

struct grid_look
grid_look_for(FILE *out)
{
    struct winsize size = { 0 };
    struct grid_look look = { .legend = true, .names = true };

    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0) {
        look.width = size.ws_col;
        look.height = size.ws_row;
    }
    look.colour = say_colour(out);
    return look;
}

static void
other_done(struct cells **cells)
{
    free(*cells);
}

/* Both hosts' crossings; what either shows is shown. */
static int
find_cells(struct grid *g, struct cells **other)
{
    if (cells_new(g->host, &g->cells))
        return -ENOMEM;
    if (!g->look->against)
        return 0;
    if (cells_new(g->look->against, other))
        return -ENOMEM;
    g->cells->adapters = vap_mask_or(g->cells->adapters, (*other)->adapters);
    g->cells->domains = vap_mask_or(g->cells->domains, (*other)->domains);
    return 0;
}

int
grid_draw(FILE *out, const struct host *host, const struct grid_look *look)
{
    AUTO(grid_done) struct grid *g = calloc(1, sizeof(*g));
    AUTO(other_done) struct cells *other = NULL;

    if (!g)
        return -ENOMEM;
    g->out = out;
    g->host = host;
    g->look = look;
    g->labels = labels_of(host);
    if (look->against)
        g->labels.names &= labels_of(look->against).names;
    if (find_cells(g, &other))
        return -ENOMEM;
    grid_texts(g, other);
    lay_out(g);
    put_rows(g);
    grid_legend(g);
    return 0;
}
