/* SPDX-License-Identifier: MIT */
/* The hosts after a step, when there is anything new to see. */
#include "cli/lab/lab_draw.h"

#include "base/auto.h"

#include <errno.h>

static bool
explained(const struct lab_page *page, const char *line)
{
    for (size_t i = 0; i < page->n_legend; i++)
        if (strcmp(page->legend[i], line) == 0)
            return true;
    return false;
}

/* A sign is explained where it is first seen. */
static int
explain(struct lab_page *page, const char *line)
{
    char **more;

    if (explained(page, line))
        return 0;
    more = realloc(page->legend, (page->n_legend + 1) * sizeof(*more));
    if (!more)
        return -ENOMEM;
    page->legend = more;
    more[page->n_legend] = strdup(line);
    if (!more[page->n_legend])
        return -ENOMEM;
    page->n_legend++;
    lab_pen(page, LAB_DIM);
    if (*line == '*')
        (void)fprintf(page->out, "%*s%.*schanged", LAB_INDENT, "",
                      (int)(1 + strspn(line + 1, " ")), line);
    else
        (void)fprintf(page->out, "%*s%s", LAB_INDENT, "", line);
    lab_pen(page, LAB_PLAIN);
    (void)fputs("\n", page->out);
    return 0;
}

static int
print_legend(struct lab_page *page, const struct lab_gallery *g)
{
    int r = 0;

    for (size_t i = 0; i < g->n; i++)
        for (size_t l = g->pictures[i].n; l < g->pictures[i].n_all && !r; l++)
            r = explain(page, g->pictures[i].lines[l]);
    return r;
}

static bool
changed(const struct lab *lab, const struct lab_page *page,
        char *const seen[LAB_RULES])
{
    bool any = false;

    for (size_t i = 0; i < lab->n; i++)
        any |= !page->seen[i] || strcmp(page->seen[i], seen[i]) != 0;
    return any;
}

/* The next step is compared with this. */
static int
remember(struct lab_page *page, const struct lab *lab, char *seen[LAB_RULES])
{
    for (size_t i = 0; i < lab->n; i++) {
        host_free(page->was[i]);
        page->was[i] = NULL;
        free(page->seen[i]);
        page->seen[i] = TAKE(seen[i]);
        if (host_copy(lab->plays[i]->host, &page->was[i]))
            return -ENOMEM;
    }
    return 0;
}

/* Cells that changed, or rules that agreed and do not any more. */
static bool
new_pictures(const struct lab_page *page, const struct lab_gallery *g)
{
    bool marked = !page->seen[0] || page->n_pictures != g->n;

    for (size_t i = 0; i < g->n; i++)
        for (size_t l = g->pictures[i].n; l < g->pictures[i].n_all; l++)
            marked |= *g->pictures[i].lines[l] == '*';
    return marked;
}

static int
draw_if_changed(struct lab_page *page, const struct lab *lab,
                const struct lab_sights *sights, char *seen[LAB_RULES])
{
    AUTO(lab_gallery_done) struct lab_gallery gallery = { 0 };
    int r;

    if (!changed(lab, page, seen))
        return 0;
    r = lab_gallery_fill(page, lab, &gallery);
    if (r)
        return r;
    if (new_pictures(page, &gallery)) {
        (void)fputs("\n", page->out);
        lab_gallery_print(page, &gallery);
        page->gap = true;
    }
    page->n_pictures = gallery.n;
    r = lab_print_sights(page, lab, sights);
    if (!r)
        r = print_legend(page, &gallery);
    return r ? r : remember(page, lab, seen);
}

int
lab_draw(struct lab_page *page, const struct lab *lab)
{
    AUTO(lab_sights_done) struct lab_sights sights = { 0 };
    char *seen[LAB_RULES] = { 0 };
    int r = lab_look(lab, &sights);

    for (size_t i = 0; i < lab->n && !r; i++) {
        seen[i] = lab_all_seen(&sights, i);
        r = seen[i] ? 0 : -ENOMEM;
    }
    if (!r)
        r = draw_if_changed(page, lab, &sights, seen);
    for (size_t i = 0; i < lab->n; i++)
        free(seen[i]);
    return r;
}
