/* SPDX-License-Identifier: MIT */
/* Between the parts of vap lab; nobody else includes it. */
#ifndef VAP_CLI_LAB_LAB_H
#define VAP_CLI_LAB_LAB_H

#include "cli/lab/play.h"

#include <jansson.h>

struct live;

enum { LAB_RULES = 8 };

/** An answer or an expectation, held against what was found. */
struct lab_finding {
    unsigned long line;
    uint32_t rules; /* under these it was found */
    char *expected; /* "a guest {1-3}x{1-2}" */
    char *found; /* "empty" */
    bool met;
};

/** What a step came to under one rule. */
struct lab_outcome {
    uint32_t answers; /* bit i: some operation answered verdict i */
    struct play_answer answer; /* of the one not as expected, or the last */
};

/** What was done with living hosts, in all, each under each rule. */
struct lab_live {
    unsigned long answers; /* held against the engine's */
    unsigned long sights;
    unsigned long orders;
    unsigned long orders_left; /* not done: they are too many */
    bool all_orders; /* however many they are */
    uint64_t seed; /* by which those are drawn that are done */
};

/** A scenario under some rules, side by side. */
struct lab {
    const char *path;
    const struct scenario *scenario;
    struct play *plays[LAB_RULES];
    uint32_t bits[LAB_RULES]; /* SCENARIO_RULE() of each */
    size_t n;

    /* the step just done */
    struct lab_outcome outcomes[LAB_RULES];
    struct lab_finding *findings;
    size_t n_findings;

    size_t n_met; /* in all, each under each rule */
    size_t n_unmet;

    struct live
        *lives[LAB_RULES]; /* beside the plays; NULL: the engine alone */
    struct lab_live live;
};

/* Returns 0; 1 with *error; -ENOMEM. */
int lab_begin(struct lab *lab, const char *path,
              const struct scenario *scenario, uint32_t rules,
              enum vap_kernel kernel, struct scenario_error *error);
void lab_done(struct lab *lab);

/** Does a step under all rules and holds it against what is expected.
 *  Returns 0; -ENOMEM; -EIO, said, of a living host. */
int lab_step(struct lab *lab, const struct scenario_step *step);

/** Living hosts beside the plays, from here on; each step is done with both,
 *  and what differs is a finding. Of every order, all, or some that the seed
 *  gives. Returns 0, -ENOMEM; -EIO, which has been said. */
int lab_live_begin(struct lab *lab, bool all_orders, uint64_t seed);

/* Parts of lab_step(), which does nothing there without living hosts: what
 * was just done by the engine, what is to be seen of it. The same answers. */
int lab_live_ops(struct lab *lab, size_t i, const struct scenario_op *ops,
                 size_t n);
int lab_live_orders(struct lab *lab, size_t i,
                    const struct scenario_step *step);
int lab_live_look(struct lab *lab, const struct scenario_step *step);

/* Under one more rule; the same on the same line is one finding. Both texts
 * become the lab's; NULL is -ENOMEM. */
int lab_find(struct lab *lab, unsigned long line, uint32_t rule, char *expected,
             char *found, bool met);

/* All rules that are played. */
uint32_t lab_all(const struct lab *lab);

/* "state, fcfs": the rules of a set that are played. */
void lab_print_rules(FILE *out, const struct lab *lab, uint32_t rules);

/* "a guest {1-3}x{1-2}"; NULL when memory is short. */
char *lab_expect_text(const struct scenario_expect *x);

/* One line for a finding that was not met. */
void lab_print_unmet(FILE *out, const struct lab *lab,
                     const struct lab_finding *finding);

/** The step just done, for --json. The caller's; NULL when memory is short. */
json_t *lab_step_json(const struct lab *lab, const struct scenario_step *step);

/** ... and what all of them came to. Takes steps. */
json_t *lab_json(const struct lab *lab, json_t *steps);

#endif
