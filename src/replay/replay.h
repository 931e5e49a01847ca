/* SPDX-License-Identifier: MIT */
/* A recorded history, carried out by the engine and held against the record
 * step by step. */
#ifndef VAP_REPLAY_REPLAY_H
#define VAP_REPLAY_REPLAY_H

#include "matrix/rule.h"
#include "replay/trace.h"

/* The first thing in which engine and record differ. */
struct replay_difference {
    size_t step; /* from 0; n_steps: the state at the end */
    char op[160]; /* what was done, cut when long */
    char what[96]; /* "guest of m0" */
    char *recorded; /* owned by the result */
    char *found;
};

struct replay_result {
    char id[96];
    size_t n_steps;
    size_t n_agree; /* steps without any difference */
    bool agrees; /* all of them, and the state at the end */
    bool partly; /* resets failed, so guest matrices were not compared:
                  * they depend on when the kernel reset what. Only under
                  * rules that are not a kernel's */
    struct replay_difference first; /* when it does not agree */
};

void replay_done(struct replay_result *result);

/**
 * Carries out a trace under a rule.
 *
 * kernel   where the rule brings none
 *
 * Compared under a linux-* rule: everything recorded. Under `state`: guest
 * matrices with the recorded "pure" value, or with the kernel's where there
 * is none; one-sided ones count as empty; and what no rule touches: answers,
 * masks, bindings, matrices. Under other rules: guest matrices with the
 * kernel's, and what no rule touches.
 *
 * Returns  0 with *result, whether it agrees or not; -EBADMSG with *error: a
 *          part of the trace is missing or not understood; -ENOMEM
 */
int replay_trace(const json_t *trace, const struct vap_rule *rule,
                 enum vap_kernel kernel, struct replay_result *result,
                 struct trace_error *error);

#endif
