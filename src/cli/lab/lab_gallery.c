/* SPDX-License-Identifier: MIT */
/* Grids side by side: each is drawn to memory first, so that rules under which
 * it is the same share one, and that one knows how wide it is. */
#include "cli/lab/lab_draw.h"

#include "base/auto.h"

#include <errno.h>

enum { GAP = 4 };

void
lab_gallery_done(struct lab_gallery *g)
{
    for (size_t i = 0; i < g->n; i++) {
        free(g->pictures[i].text);
        free(g->pictures[i].lines);
    }
}

/* What it takes on the screen: no escapes, and a letter of several bytes is
 * one. */
static unsigned
width_of(const char *line)
{
    unsigned n = 0;

    while (*line) {
        if (*line == '\033')
            line += strcspn(line, "m");
        else
            n += ((unsigned char)*line & 0xc0) != 0x80;
        line += *line != '\0';
    }
    return n;
}

static void
cut_blanks(char *line)
{
    size_t n = strlen(line);

    while (n && line[n - 1] == ' ')
        line[--n] = '\0';
}

static int
cut_lines(struct lab_picture *p)
{
    size_t room = 1;
    char *rest = p->text;

    for (const char *c = p->text; *c; c++)
        room += *c == '\n';
    p->lines = calloc(room, sizeof(*p->lines));
    if (!p->lines)
        return -ENOMEM;
    while (rest && *rest) {
        char *line = strsep(&rest, "\n");
        bool legend = line >= p->text + p->length;

        cut_blanks(line);
        if (legend && !*line)
            continue;
        p->lines[p->n_all++] = line;
        p->n += !legend;
        if (!legend && width_of(line) > p->width)
            p->width = width_of(line);
    }
    return 0;
}

static char *
draw(const struct lab_page *page, const struct lab *lab, size_t rule,
     bool legend)
{
    struct grid_look look = page->look;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    int r;

    if (!out)
        return NULL;
    look.against = page->was[rule];
    look.width -= LAB_INDENT;
    look.legend = look.names = legend;
    r = grid_draw(out, lab->plays[rule]->host, &look);
    (void)text_closed(out, &text);
    if (r) {
        free(text);
        return NULL;
    }
    return text;
}

/* Hangs it, or finds that it hangs already. Takes text. */
static void
hang(struct lab_gallery *g, uint32_t rule, char *text, size_t length)
{
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->pictures[i].text, text) == 0) {
            g->pictures[i].rules |= rule;
            free(text);
            return;
        }
    g->pictures[g->n++] =
        (struct lab_picture){ .rules = rule, .text = text, .length = length };
}

static void
name_pictures(const struct lab *lab, struct lab_gallery *g)
{
    for (size_t i = 0; i < g->n && g->n > 1; i++) {
        struct lab_picture *p = &g->pictures[i];
        FILE *out = fmemopen(p->heading, sizeof(p->heading), "w");

        if (!out)
            continue;
        lab_print_rules(out, lab, p->rules);
        (void)fclose(out);
        if (strlen(p->heading) > p->width)
            p->width = (unsigned)strlen(p->heading);
    }
}

int
lab_gallery_fill(const struct lab_page *page, const struct lab *lab,
                 struct lab_gallery *g)
{
    for (size_t i = 0; i < lab->n; i++) {
        AUTO(free_done) char *grid = draw(page, lab, i, false);
        char *text = grid ? draw(page, lab, i, true) : NULL;

        if (!text)
            return -ENOMEM;
        hang(g, lab->bits[i], text, strlen(grid));
    }
    for (size_t i = 0; i < g->n; i++)
        if (cut_lines(&g->pictures[i]))
            return -ENOMEM;
    name_pictures(lab, g);
    return 0;
}

/* A line of a picture, the heading first; "" below its last. */
static const char *
line_of(const struct lab_picture *p, size_t line)
{
    if (*p->heading && line == 0)
        return p->heading;
    line -= *p->heading != '\0';
    return line < p->n ? p->lines[line] : "";
}

static size_t
height_of(const struct lab_picture *p)
{
    return p->n + (*p->heading != '\0');
}

/* Pictures first to last but one, side by side. */
static void
print_beside(const struct lab_page *page, const struct lab_gallery *g,
             size_t first, size_t last)
{
    size_t height = 0;

    for (size_t i = first; i < last; i++)
        if (height_of(&g->pictures[i]) > height)
            height = height_of(&g->pictures[i]);
    for (size_t l = 0; l < height; l++) {
        int owed = LAB_INDENT; /* blanks, printed before something */

        for (size_t i = first; i < last; i++) {
            const char *line = line_of(&g->pictures[i], l);

            if (*line)
                (void)fprintf(page->out, "%*s%s", owed, "", line);
            owed = (*line ? 0 : owed) + GAP +
                   (int)(g->pictures[i].width - width_of(line));
        }
        (void)putc('\n', page->out);
    }
}

/* As many beside each other as there is room for. */
void
lab_gallery_print(const struct lab_page *page, const struct lab_gallery *g)
{
    for (size_t first = 0, last; first < g->n; first = last) {
        unsigned width = LAB_INDENT + g->pictures[first].width;

        for (last = first + 1; last < g->n; last++) {
            width += GAP + g->pictures[last].width;
            if (width > page->look.width)
                break;
        }
        print_beside(page, g, first, last);
    }
}
