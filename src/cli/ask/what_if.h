/* SPDX-License-Identifier: MIT */
/* The parts of vap what-if. What can fail returns 0 or -ENOMEM. */
#ifndef VAP_CLI_ASK_WHAT_IF_H
#define VAP_CLI_ASK_WHAT_IF_H

#include <jansson.h>
#include <stdbool.h>

#include "host/host.h"

/** A list of requests that has been planned, host->change being the plan. */
struct what_if {
    struct host *host;
    const struct vap_request *list;
    size_t n;
    char **words; /* as they were typed, n of them */
    enum vap_verdict verdict;
    struct vap_why why;
};

/* For people; with its words above it when it is one of several steps. */
int what_if_text(struct what_if *w, bool step);

/* What happens, numbered, one thing after the other. */
int what_if_order(const struct what_if *w);

/* For programs; the caller's, NULL when memory is short. */
json_t *what_if_json(struct what_if *w);
json_t *what_if_answers_json(const struct host *host, bool steps, json_t *list);

/* ---- a refusal */

/** One more queue in the way. */
struct conflict {
    uint16_t apqn;
    uint32_t holder; /* mdev; n_slots: the host's drivers */
    bool by_driver;
};

/** Why it was refused, in words. */
struct refused {
    char *reason; /* "05.0047 is assigned to a" */
    char *remedy; /* NULL: none to speak of */
    struct conflict *conflicts; /* all of them, the first one too; none for
                                 * other verdicts than RESERVED, SHARED and
                                 * IN_USE */
    size_t n;
};

int what_if_refused(const struct what_if *w, struct refused *refused);
void refused_done(struct refused *refused);

#endif
