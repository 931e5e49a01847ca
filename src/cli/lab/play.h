/* SPDX-License-Identifier: MIT */
/* A scenario played on the engine, under one rule. On a living host live.h
 * does the same operations by writing files, and sees the same things by
 * reading them. */
#ifndef VAP_CLI_LAB_PLAY_H
#define VAP_CLI_LAB_PLAY_H

#include "lab/scenario.h"

/** Where orders ended. */
struct play_ends {
    uint32_t mdev; /* slot */
    struct scenario_end *ends;
    size_t n;
};

struct play {
    const struct scenario *scenario;
    const struct vap_rule *rule;
    struct host *host;
    struct sets_queues resets; /* since last looked at */
    uint32_t *updates; /* by slot, since last looked at */
    uint32_t n_updates;

    struct play_ends *ends; /* of the last orders, by mdev that was there */
    size_t n_ends;
    unsigned long n_orders;
};

/** What an operation or a batch answered. */
struct play_answer {
    enum vap_verdict verdict;
    const struct scenario_op *op; /* the one refused, or the last */
    char **reasons; /* why: every one, for people */
    size_t n_reasons;
    char *remedy; /* NULL for none */
};

/* Returns 0; 1 with *error; -ENOMEM. As scenario_boot(). */
int play_new(const struct scenario *scenario, const struct vap_rule *rule,
             enum vap_kernel kernel, struct play **out,
             struct scenario_error *error);
void play_free(struct play *play);
void play_done(struct play **play);

/* "ok", "EADDRINUSE". */
const char *play_word(enum vap_verdict verdict);

void play_answer_done(struct play_answer *answer);

/** Does one operation, or n of them as one change. Returns 0 or -ENOMEM;
 *  *answer is for play_answer_done() either way. */
int play_ops(struct play *play, const struct scenario_op *ops, size_t n,
             struct play_answer *answer);

/**
 * Does a step's operations in every order, and leaves the host as it was.
 *
 * answers   bit i is set when an operation answered verdict i
 *
 * Returns  0 with play->ends, -ENOMEM
 */
int play_orders(struct play *play, const struct scenario_step *step,
                uint32_t *answers);

/* For play's own parts: one operation as a request, or the verdict of the
 * file's grammar; and where the last orders ended is forgotten. */
int play_read(struct play *play, const struct scenario_op *op,
              struct vap_request *request, enum vap_verdict *verdict);
void play_forget_ends(struct play *play);

/** What is to be seen of the thing that is looked at, as a value is written
 *  in scenario.h. The caller's, for free(); NULL when memory is short. */
char *play_see(const struct play *play, const struct scenario_expect *x);

/** From here on, updates and resets that an expectation of the step looked at
 *  are counted anew. */
void play_looked(struct play *play, const struct scenario_step *step);

#endif
