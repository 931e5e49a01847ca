/* SPDX-License-Identifier: MIT */
/* What is written at a crossing. A sign never needs its colour. */
#include "cli/show/grid_parts.h"

#include <stdlib.h>
#include <string.h>

unsigned
grid_width(const char *text)
{
    size_t n = mbstowcs(NULL, text, 0);

    return (unsigned)(n == (size_t)-1 ? strlen(text) : n);
}

/* Is the whole row in this state? Then it is said once, beside it. Of a row
 * without a crossing the card is asked. */
static bool
whole_row(const struct grid *g, unsigned a, uint8_t state)
{
    struct vap_mask domains = g->cells->domains;

    if (vap_mask_empty(&domains))
        domains = vap_mask_all();
    VAP_EACH (d, &domains)
        if (g->host->engine->queue[a][d].state != state)
            return false;
    return true;
}

/* How an mdev's queue is written around its label. */
static const char *const forms[CELL_KINDS] = {
    [CELL_ABSENT] = ".",      [CELL_HOST] = "host", [CELL_FREE] = "free",
    [CELL_UNBOUND] = "-",     [CELL_GUEST] = "%",   [CELL_LOST] = "(%)",
    [CELL_HOLE] = "%!",       [CELL_FAILED] = "%!", [CELL_MISSING] = "%?",
    [CELL_WITHHELD] = "(%)~", [CELL_KEPT] = "%^",
};

/* The form with the label in place of its '%'. */
static void
write_form(const struct grid *g, const struct cell *cell, char text[TEXT])
{
    const char *form = forms[cell->kind];
    const char *at = strchr(form, '%');
    char who[LABEL] = "";

    if (cell->mdev != CELL_NOBODY)
        label(&g->labels, cell->mdev, who);
    (void)snprintf(text, TEXT, "%.*s%s%s",
                   at ? (int)(at - form) : (int)strlen(form), form,
                   at ? who : "", at ? at + 1 : "");
}

static void
write_cell(struct grid *g, const struct cells *cells, unsigned a, unsigned d,
           char text[TEXT])
{
    const struct cell *cell = &cells->at[a][d];
    char who[LABEL];
    size_t n;

    write_form(g, cell, text);
    n = strlen(text);
    if (cell->untold)
        n += (size_t)snprintf(text + n, TEXT - n, "/");
    if (cell->stray != CELL_NOBODY) {
        label(&g->labels, cell->stray, who);
        n += (size_t)snprintf(text + n, TEXT - n, "+%s", who);
    }
    if (cell->state && cell->kind != CELL_ABSENT &&
        !whole_row(g, a, cell->state))
        (void)snprintf(text + n, TEXT - n, "#");
}

static void
note_signs(struct grid *g, const struct cell *cell, const struct text *text)
{
    struct text *sample = &g->sample[cell->kind];

    if (!*sample->text)
        write_form(g, cell, sample->text);
    g->untold |= cell->untold;
    g->changed |= text->changed;
    g->state |= strchr(text->text, '#') != NULL;
    if (cell->stray != CELL_NOBODY && !g->stray)
        g->stray = cell->stray + 1;
}

/* other: the crossings of look->against, or NULL. */
static void
write_cells(struct grid *g, const struct cells *other)
{
    char was[TEXT];

    VAP_EACH (a, &g->cells->adapters)
        VAP_EACH (d, &g->cells->domains) {
            struct text *text = &g->at[a][d];

            write_cell(g, g->cells, a, d, text->text);
            if (other) {
                write_cell(g, other, a, d, was);
                text->changed = strcmp(was, text->text) != 0;
            }
            if (text->changed)
                (void)strncat(text->text, "*", TEXT - 1 - strlen(text->text));
            note_signs(g, &g->cells->at[a][d], text);
        }
}

/* What is said of an adapter, beside its row. */
static void
write_note(struct grid *g, unsigned a)
{
    const struct vap_bus *bus = &g->host->engine->bus;
    bool seen = vap_mask_has(&bus->config.ids.adapters, a);
    bool there = vap_mask_has(&bus->hardware.ids.adapters, a);
    bool deconfigured = whole_row(g, a, VAP_RC_DECONFIGURED);
    bool checkstopped = whole_row(g, a, VAP_RC_CHECKSTOPPED);

    (void)snprintf(g->note[a], NOTE, "%s%s%s",
                   g->look->no_types ? ""
                   : seen || there   ? host_card_type(g->host, a)
                                     : "not in the host",
                   deconfigured   ? ", deconfigured"
                   : checkstopped ? ", checkstopped"
                                  : "",
                   seen == there ? ""
                   : there       ? ", not scanned yet"
                                 : ", gone, not scanned");
}

void
grid_texts(struct grid *g, const struct cells *other)
{
    write_cells(g, other);
    VAP_EACH (a, &g->cells->adapters)
        write_note(g, a);
}
