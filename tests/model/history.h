/* SPDX-License-Identifier: MIT */
/* A host as it comes up and what is then asked of it: drawn at random, told in
 * words, made as short as it can be and still fail. */
#ifndef VAP_TESTS_HISTORY_H
#define VAP_TESTS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "matrix/change.h"
#include "matrix/rule.h"
#include "test.h"

#define HISTORY_STEPS 256

struct history {
    uint64_t seed; /* it was drawn from */
    const struct vap_rule *rule;
    enum vap_kernel kernel;
    struct vap_config config;
    struct vap_mask apmask;
    struct vap_mask aqmask;
    size_t n;
    struct vap_request asked[HISTORY_STEPS];
};

/** What a history may hold. */
struct history_kind {
    size_t n_steps;
    bool no_faults; /* no reset fails, no card is deconfigured */
    bool no_override; /* no driver_override */
};

/** Draws one: small, middling or large host, its ids from a few that meet
 *  often, its requests a mixture of all ops, some of them wrong. */
void history_draw(struct history *h, uint64_t seed, const struct vap_rule *rule,
                  const struct history_kind *kind);

/* One more request for a host of this history, at random. */
struct vap_request history_request(const struct history *h,
                                   struct test_rng *rng,
                                   const struct history_kind *kind);

/* In the words of tests/engine.h, a line each. */
void history_print(const struct history *h, FILE *out);

/* One request so. Returns its length. */
size_t history_words(const struct vap_request *r, char *text, size_t size);
#define HISTORY_WORDS 8192

/** Does it fail? At which step (n: at none in particular), and how. */
typedef bool history_fails(const struct history *h, size_t *step, char *how,
                           size_t size);

/** Takes away whatever can go, requests and ids of the host, with the history
 *  still failing. */
void history_shrink(struct history *h, history_fails *fails);

/** Runs it; when it fails, shrinks it, prints it and ends the test. */
void history_check(const struct history *h, history_fails *fails);

/* $VAP_TIMES: how much of everything random to do, and below 1 what to leave
 * out that takes long; 1 when it is not set. */
double history_times(void);

/* n so many times, and not none. */
size_t history_count(size_t n);

#endif
