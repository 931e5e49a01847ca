/* SPDX-License-Identifier: MIT */
/* Between the parts that draw hosts for vap lab. What can fail returns 0 or
 * -ENOMEM. */
#ifndef VAP_CLI_LAB_LAB_DRAW_H
#define VAP_CLI_LAB_LAB_DRAW_H

#include "cli/lab/lab_page.h"

/** Something to look at, and what is seen of it under each rule. */
struct lab_sight {
    struct scenario_expect what; /* its value is unused; nothing is owned */
    char *seen[LAB_RULES];
};

struct lab_sights {
    struct lab_sight *list;
    size_t n;
};

int lab_look(const struct lab *lab, struct lab_sights *sights);
void lab_sights_done(struct lab_sights *sights);

/* All that is seen under one rule, as one text; NULL when memory is short. */
char *lab_all_seen(const struct lab_sights *sights, size_t rule);

/* What differs between rules, and what no grid shows; but not what was so
 * after the last change already. */
int lab_print_sights(struct lab_page *page, const struct lab *lab,
                     const struct lab_sights *sights);

/** One grid for rules under which it is the same. */
struct lab_picture {
    uint32_t rules;
    char *text; /* cut into lines */
    size_t length; /* of the grid in it; the legend follows */
    char **lines;
    size_t n; /* of them the grid's; then */
    size_t n_all; /* the legend's */
    unsigned width;
    char heading[64];
};

struct lab_gallery {
    struct lab_picture pictures[LAB_RULES];
    size_t n;
};

int lab_gallery_fill(const struct lab_page *page, const struct lab *lab,
                     struct lab_gallery *gallery);
void lab_gallery_done(struct lab_gallery *gallery);

/* As many beside each other as there is room for. */
void lab_gallery_print(const struct lab_page *page,
                       const struct lab_gallery *gallery);

#endif
