/* SPDX-License-Identifier: MIT */
/* What vap lab prints for people. */
#ifndef VAP_CLI_LAB_LAB_PAGE_H
#define VAP_CLI_LAB_LAB_PAGE_H

#include "cli/lab/lab.h"
#include "cli/show/grid.h"

enum { LAB_INDENT = 6 };

#define LAB_BOLD "\033[1m"
#define LAB_DIM "\033[2m"
#define LAB_RED "\033[1;31m"
#define LAB_PLAIN "\033[0m"

struct lab_page {
    FILE *out;
    struct grid_look look;
    bool brief; /* no line numbers, and the host only where something is
                 * expected of it */
    bool begun; /* something stands above */
    bool gap; /* a blank line is due */
    char **legend; /* lines of it that have been printed */
    size_t n_legend;
    size_t n_pictures; /* drawn last */
    char *said; /* of what differs, after the last change */
    /* what was drawn last, by rule */
    char *seen[LAB_RULES];
    struct host *was[LAB_RULES];
};

/* In the manner of this stream. */
void lab_page_init(struct lab_page *page, FILE *out);
void lab_page_done(struct lab_page *page);

/* Words, as many to a line as there is room for. */
void lab_say(const struct lab_page *page, unsigned indent, const char *text);

/* What follows looks so, where there is colour. */
static inline void
lab_pen(const struct lab_page *page, const char *look)
{
    if (page->look.colour)
        (void)fputs(look, page->out);
}

/* "3  TITLE" for i = 2, and the words below it. */
void lab_head(struct lab_page *page, size_t i, const char *title,
              const char *words);

/** Title, sources, and the host as it comes up. Each of these returns 0 or
 *  -ENOMEM. */
int lab_page_head(struct lab_page *page, const struct lab *lab);

/** The step that has just been done: its lines and answers, the host when it
 *  has changed, what was not as expected. */
int lab_page_step(struct lab_page *page, const struct lab *lab,
                  const struct scenario_step *step);

/** The hosts, when any looks other than it did last; one grid for rules that
 *  agree, and what differs. */
int lab_draw(struct lab_page *page, const struct lab *lab);

/* "5,040"; below a million. */
#define LAB_NUMBER 32
const char *lab_number(unsigned long n, char text[LAB_NUMBER]);

/** Where the orders just done ended: matrices down, rules across. */
int lab_print_ends(FILE *out, const struct lab *lab,
                   const struct scenario_step *step, int indent);

#endif
