/* SPDX-License-Identifier: MIT */
/* A host so small that all of it can be tried: every state that any history
 * leads to, found by asking everything of every state found so far. A state is
 * a number: what is given (host, bindings, masks, matrices) in its high bits,
 * and in its low bits what came of it (guest matrices, APCBs). */
#ifndef VAP_TESTS_WORLD_H
#define VAP_TESTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world {
    const char *name;
    const char *rule;
    unsigned n_adapters; /* ids from 0 */
    unsigned n_domains;
    unsigned n_mdevs;
    /* what may happen beside assign and unassign, bind and unbind: */
    bool host; /* adapters and domains come and go, one a time */
    bool whole; /* ap_config, and with host all of it at once */
    bool masks; /* apmask and aqmask; a default driver */
    bool control; /* control domains */
    bool guests; /* open, close, remove, create; else each mdev is open */
};

struct world_table;

/** All states, with the way to each. NULL: no memory. */
struct world_table *world_explore(const struct world *w);
void world_free(struct world_table *t);

size_t world_size(const struct world_table *t);
size_t world_transitions(const struct world_table *t);

/** A state's history, as text for people; good until the next call. */
const char *world_history(struct world_table *t, size_t state);

/** What must hold of every state under the rule `state`; NULL, or what does
 *  not, and *state is the first such. Under another rule a matrix with one
 *  side only is as good as none, for it has no queue. */
const char *world_check(struct world_table *t, size_t *state);

/** What history makes of guests. An input is what is given: the host, which
 *  queues vfio_ap has, the matrices. A world of 2 x 2 queues whose host stays
 *  whole has 2^4 bindings and 2^2 x 2^2 matrices, so 256 inputs. */
struct world_figures {
    size_t inputs; /* that some history leads to: all there are */
    size_t several; /* with more than one guest matrix */
    size_t too_few; /* of those, with one that has fewer queues than it could */
    size_t stale; /* with a guest whose APCB is not its guest matrix */
    size_t shared; /* with a queue in the APCBs of two guests */
};

struct world_figures world_count(struct world_table *t);

#endif
