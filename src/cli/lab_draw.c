/* SPDX-License-Identifier: MIT */
/* Hosts side by side. What can be seen of each is taken down as text: rules
 * under which it is all the same share one grid, and the texts that are not
 * the same say what differs. */
#include "cli/lab_page.h"

#include "base/auto.h"

#include <errno.h>

enum { GAP = 4 };

/* -- what there is to see ------------------------------------------------- */

/** Something to look at, and what is seen of it under each rule. */
struct sight {
    struct scenario_expect what; /* its value is unused; nothing is owned */
    char *seen[LAB_RULES];
};

struct sights {
    struct sight *list;
    size_t n;
};

static const enum scenario_about of_mdev[] = {
    SCENARIO_EXISTS,       SCENARIO_MATRIX, SCENARIO_CONTROL,
    SCENARIO_GUEST,        SCENARIO_APCB,   SCENARIO_GUEST_CONTROL,
    SCENARIO_APCB_CONTROL,
};

static const struct {
    enum scenario_about about;
    char subject[10];
} of_host[] = {
    { SCENARIO_APMASK, "" },        { SCENARIO_AQMASK, "" },
    { SCENARIO_QUEUES, "vfio_ap" }, { SCENARIO_QUEUES, "cex4queue" },
    { SCENARIO_QUEUES, "unbound" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
sights_done(struct sights *sights)
{
    for (size_t s = 0; s < sights->n; s++)
        for (size_t i = 0; i < LAB_RULES; i++)
            free(sights->list[s].seen[i]);
    free(sights->list);
}

static void
list_sights(const struct names *mdevs, struct sights *sights)
{
    for (uint32_t m = 0; m < mdevs->n; m++)
        for (size_t i = 0; i < COUNT(of_mdev); i++)
            sights->list[sights->n++].what =
                (struct scenario_expect){ .about = of_mdev[i],
                                          .subject = mdevs->name[m] };
    for (size_t i = 0; i < COUNT(of_host); i++)
        sights->list[sights->n++].what =
            (struct scenario_expect){ .about = of_host[i].about,
                                      .subject = (char *)of_host[i].subject };
}

/* Masks as ids: their digits are long. */
static char *
see(const struct play *play, const struct scenario_expect *what)
{
    const struct vap_bus *bus = &play->host->engine->bus;

    if (what->about == SCENARIO_APMASK)
        return sets_ids_text(&bus->apmask);
    if (what->about == SCENARIO_AQMASK)
        return sets_ids_text(&bus->aqmask);
    return play_see(play, what);
}

/* The operations are the same under all rules, so the names are. */
static int
look(const struct lab *lab, struct sights *sights)
{
    const struct names *mdevs = &lab->plays[0]->host->mdevs;

    sights->list = calloc(mdevs->n * COUNT(of_mdev) + COUNT(of_host),
                          sizeof(*sights->list));
    if (!sights->list)
        return -ENOMEM;
    list_sights(mdevs, sights);
    for (size_t s = 0; s < sights->n; s++)
        for (size_t i = 0; i < lab->n; i++) {
            struct sight *sight = &sights->list[s];

            sight->seen[i] = see(lab->plays[i], &sight->what);
            if (!sight->seen[i])
                return -ENOMEM;
        }
    return 0;
}

/* All that is seen under one rule. */
static char *
all_seen(const struct sights *sights, size_t rule)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return NULL;
    for (size_t s = 0; s < sights->n; s++)
        (void)fprintf(out, "%s\n", sights->list[s].seen[rule]);
    return lab_closed(out, &text);
}

/* -- one grid for rules under which it is the same ------------------------- */

struct picture {
    uint32_t rules;
    char *text; /* cut into lines */
    char **lines;
    size_t n; /* of them the grid's; then */
    size_t n_all; /* the legend's */
    unsigned width;
    char heading[64];
};

struct gallery {
    struct picture pictures[LAB_RULES];
    size_t n;
};

static void
gallery_done(struct gallery *g)
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
cut_lines(struct picture *p)
{
    bool legend = false; /* it follows a blank line */
    size_t room = 1;
    char *rest = p->text;

    for (const char *c = p->text; *c; c++)
        room += *c == '\n';
    p->lines = calloc(room, sizeof(*p->lines));
    if (!p->lines)
        return -ENOMEM;
    while (rest && *rest) {
        char *line = strsep(&rest, "\n");

        cut_blanks(line);
        legend |= !*line;
        if (!*line)
            continue;
        p->lines[p->n_all++] = line;
        p->n += !legend;
        if (!legend && width_of(line) > p->width)
            p->width = width_of(line);
    }
    return 0;
}

static char *
draw(const struct lab_page *page, const struct lab *lab, size_t rule)
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
    r = grid_draw(out, lab->plays[rule]->host, &look);
    (void)lab_closed(out, &text);
    if (r) {
        free(text);
        return NULL;
    }
    return text;
}

/* Hangs it, or finds that it hangs already. Takes text. */
static void
hang(struct gallery *g, uint32_t rule, char *text)
{
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->pictures[i].text, text) == 0) {
            g->pictures[i].rules |= rule;
            free(text);
            return;
        }
    g->pictures[g->n++] = (struct picture){ .rules = rule, .text = text };
}

static void
name_pictures(const struct lab *lab, struct gallery *g)
{
    for (size_t i = 0; i < g->n && g->n > 1; i++) {
        struct picture *p = &g->pictures[i];
        FILE *out = fmemopen(p->heading, sizeof(p->heading), "w");

        if (!out)
            continue;
        lab_print_rules(out, lab, p->rules);
        (void)fclose(out);
        if (strlen(p->heading) > p->width)
            p->width = (unsigned)strlen(p->heading);
    }
}

static int
fill_gallery(const struct lab_page *page, const struct lab *lab,
             struct gallery *g)
{
    for (size_t i = 0; i < lab->n; i++) {
        char *text = draw(page, lab, i);

        if (!text)
            return -ENOMEM;
        hang(g, lab->bits[i], text);
    }
    for (size_t i = 0; i < g->n; i++)
        if (cut_lines(&g->pictures[i]))
            return -ENOMEM;
    name_pictures(lab, g);
    return 0;
}

/* A line of a picture, the heading first; "" below its last. */
static const char *
line_of(const struct picture *p, size_t line)
{
    if (*p->heading && line == 0)
        return p->heading;
    line -= *p->heading != '\0';
    return line < p->n ? p->lines[line] : "";
}

/* Pictures first to last but one, side by side. */
static void
print_beside(const struct lab_page *page, const struct gallery *g, size_t first,
             size_t last)
{
    size_t height = 0;

    for (size_t i = first; i < last; i++)
        if (g->pictures[i].n + 1 > height)
            height = g->pictures[i].n + 1;
    for (size_t l = 0; l < height; l++) {
        int owed = LAB_INDENT; /* blanks, printed before something */
        bool any = false;

        for (size_t i = first; i < last; i++) {
            const char *line = line_of(&g->pictures[i], l);

            if (*line)
                (void)fprintf(page->out, "%*s%s", owed, "", line);
            any |= *line != '\0';
            owed = (*line ? 0 : owed) + GAP +
                   (int)(g->pictures[i].width - width_of(line));
        }
        if (any)
            (void)putc('\n', page->out);
    }
}

/* As many beside each other as there is room for. */
static void
print_gallery(const struct lab_page *page, const struct gallery *g)
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

/* -- signs ---------------------------------------------------------------- */

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
print_legend(struct lab_page *page, const struct gallery *g)
{
    int r = 0;

    for (size_t i = 0; i < g->n; i++)
        for (size_t l = g->pictures[i].n; l < g->pictures[i].n_all && !r; l++)
            r = explain(page, g->pictures[i].lines[l]);
    return r;
}

/* -- what differs --------------------------------------------------------- */

/* Rules under which the text is this rule's; 0 when an earlier rule stands
 * for them. */
static uint32_t
alike(const struct lab *lab, char *const seen[LAB_RULES], size_t rule)
{
    uint32_t rules = 0;

    for (size_t i = 0; i < lab->n; i++)
        if (strcmp(seen[i], seen[rule]) == 0) {
            if (i < rule)
                return 0;
            rules |= lab->bits[i];
        }
    return rules;
}

/* What a guest has differs as what it may use does: that is said once. */
static bool
said(const struct lab *lab, const struct sight *a, const struct sight *b)
{
    if (a->what.about != SCENARIO_APCB &&
        a->what.about != SCENARIO_APCB_CONTROL)
        return false;
    for (size_t i = 0; i < lab->n; i++)
        if (strcmp(a->seen[i], b->seen[i]) != 0 &&
            strcmp(a->seen[i], "no guest") != 0)
            return false;
    return true;
}

/* Does the grid show it? */
static bool
in_grid(enum scenario_about about)
{
    return about != SCENARIO_CONTROL && about != SCENARIO_GUEST_CONTROL &&
           about != SCENARIO_APCB_CONTROL;
}

/* What the grid does not show, or what differs though the grid may not. */
static bool
worth_saying(const struct lab *lab, const struct sight *sight)
{
    const char *seen = sight->seen[0];

    if (alike(lab, sight->seen, 0) != lab_all(lab))
        return sight->what.about != SCENARIO_QUEUES;
    return !in_grid(sight->what.about) && strchr(seen, '{');
}

/* "a guest  {0}x{0-1}  state", and below it each other text. */
static void
print_sight(FILE *out, const struct lab *lab, const struct sight *sight,
            const char *label)
{
    bool all = alike(lab, sight->seen, 0) == lab_all(lab);
    int width = 0;

    for (size_t i = 0; i < lab->n; i++)
        if ((int)strlen(sight->seen[i]) > width)
            width = (int)strlen(sight->seen[i]);
    for (size_t i = 0; i < lab->n; i++) {
        uint32_t rules = alike(lab, sight->seen, i);

        if (!rules)
            continue;
        (void)fprintf(out, "%*s%*s %-*s", LAB_INDENT, "", (int)strlen(label),
                      i ? "" : label, all ? 0 : width, sight->seen[i]);
        (void)fputs(all ? "" : "  ", out);
        if (!all)
            lab_print_rules(out, lab, rules);
        (void)fputs("\n", out);
    }
}

static char *
sight_text(const struct lab *lab, const struct sight *sight)
{
    static char none[] = "";
    struct scenario_expect shown = sight->what;
    AUTO(free_done) char *label = NULL;
    char *text = NULL;
    size_t n = 0;
    FILE *out;

    shown.value = none;
    label = lab_expect_text(&shown);
    out = label ? open_memstream(&text, &n) : NULL;
    if (!out)
        return NULL;
    print_sight(out, lab, sight, label);
    return lab_closed(out, &text);
}

/* Those that were not said after the last change. */
static int
print_sights(struct lab_page *page, const struct lab *lab,
             const struct sights *sights)
{
    AUTO(free_done) char *before = page->said;
    size_t n = 0;
    FILE *out = open_memstream(&page->said, &n);
    int r = out ? 0 : -ENOMEM;

    for (size_t s = 0; s < sights->n && !r; s++) {
        const struct sight *sight = &sights->list[s];
        AUTO(free_done) char *text = NULL;

        if (!worth_saying(lab, sight) || (s && said(lab, sight, sight - 1)))
            continue;
        text = sight_text(lab, sight);
        r = text ? 0 : -ENOMEM;
        if (text && !(before && strstr(before, text)))
            (void)fputs(text, page->out);
        (void)fputs(text ? text : "", out);
    }
    if (out && !lab_closed(out, &page->said))
        r = -ENOMEM;
    return r;
}

/* -- all of it ------------------------------------------------------------ */

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
new_pictures(const struct lab_page *page, const struct gallery *g)
{
    bool marked = !page->seen[0] || page->n_pictures != g->n;

    for (size_t i = 0; i < g->n; i++)
        for (size_t l = g->pictures[i].n; l < g->pictures[i].n_all; l++)
            marked |= *g->pictures[i].lines[l] == '*';
    return marked;
}

static int
draw_if_changed(struct lab_page *page, const struct lab *lab,
                const struct sights *sights, char *seen[LAB_RULES])
{
    AUTO(gallery_done) struct gallery gallery = { 0 };
    int r;

    if (!changed(lab, page, seen))
        return 0;
    r = fill_gallery(page, lab, &gallery);
    if (r)
        return r;
    if (new_pictures(page, &gallery)) {
        (void)fputs("\n", page->out);
        print_gallery(page, &gallery);
        page->gap = true;
    }
    page->n_pictures = gallery.n;
    r = print_sights(page, lab, sights);
    if (!r)
        r = print_legend(page, &gallery);
    return r ? r : remember(page, lab, seen);
}

int
lab_draw(struct lab_page *page, const struct lab *lab)
{
    AUTO(sights_done) struct sights sights = { 0 };
    char *seen[LAB_RULES] = { 0 };
    int r = look(lab, &sights);

    for (size_t i = 0; i < lab->n && !r; i++) {
        seen[i] = all_seen(&sights, i);
        r = seen[i] ? 0 : -ENOMEM;
    }
    if (!r)
        r = draw_if_changed(page, lab, &sights, seen);
    for (size_t i = 0; i < lab->n; i++)
        free(seen[i]);
    return r;
}
