/* SPDX-License-Identifier: MIT */
/* A world's states, and the one host that any of them is written into. Inside
 * worlds only. */
#ifndef VAP_TESTS_WORLDS_TABLE_H
#define VAP_TESTS_WORLDS_TABLE_H

#include "worlds/world.h"

#include "engine.h"

#define MAX_REQUESTS 512
#define NOWHERE UINT32_MAX

struct world_table {
    const struct world *w;
    struct vap_request asked[MAX_REQUESTS];
    size_t n_asked;
    uint64_t *state; /* in the order found */
    uint32_t *parent; /* from which */
    uint16_t *by; /* by which request */
    size_t n;
    size_t room;
    uint32_t *bucket; /* hash to index + 1 */
    size_t n_buckets; /* a power of two */
    size_t n_transitions;
    unsigned low_bits; /* of a state: what came of it */
    unsigned apcb_bits;
};

/* One host for all worlds: a state is written into the few rows it has. */
extern struct engine world_engine;

/* How wide a state is, and in it a matrix. */
unsigned world_state_bits(const struct world *w);
unsigned world_matrix_bits(const struct world *w);

/* The host as a state, and a state as the host. */
uint64_t world_read_state(const struct world *w);
void world_write_state(const struct world *w, uint64_t state);

/* The first n ids, 1 to 63, as a mask. */
struct vap_mask world_mask(uint64_t number, unsigned n);

/* p, or NULL, with room for n of this size; the test fails without memory. */
void *world_grown(void *p, size_t n, size_t size);

#endif
