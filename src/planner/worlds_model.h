/* SPDX-License-Identifier: MIT */
/* Small worlds of two mdevs, as bits, that know nothing of the planner or the
 * engine: what each write does, and a search through every order of all writes
 * there are. */
#ifndef VAP_PLANNER_WORLDS_MODEL_H
#define VAP_PLANNER_WORLDS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/* A state in which something is missing, each queue that is, each update. */
enum { MDEVS = 2, GAP = 1 << 20, QUEUE = 1 << 10, FAR = INT32_MAX };

struct world {
    const char *rule; /* of the engine's */
    bool linux_rule;
    bool exact_veto; /* 6.12 */
    unsigned adapters; /* how many ids there are */
    unsigned domains;
    unsigned host_adapters; /* bits: in the host's configuration */
    int hole; /* adapter * 8 + domain of an unbound queue; -1: none */
    bool masks; /* they may change */
    unsigned open; /* bits: mdevs that a guest has open */
};

/** Bit i is id i: not as in the engine. */
struct m {
    uint8_t a, d;
};

struct state {
    uint8_t p, q; /* apmask, aqmask */
    struct m m[MDEVS]; /* assigned */
    struct m s[MDEVS]; /* the guest's */
};

/* Of so many ids, all. */
unsigned world_ids(unsigned n);

/* The low bits are adapters, those above them domains. */
struct m world_matrix(const struct world *w, unsigned bits);

/* What a guest with this matrix gets. */
struct m world_filter(const struct world *w, const struct state *s, struct m m);

bool world_may_have(const struct state *s, int i, struct m m);

/* Writes: what they do to a state; the guest updates they cost, -1: refused.
 * world_configure is ap_config, world_flip assign_* or unassign_* of one id
 * that changes. */
int world_configure(const struct world *w, struct state *s, int i, struct m m);
int world_flip(const struct world *w, struct state *s, int i, struct m bit);
int world_write_mask(const struct world *w, struct state *s, bool aq,
                     uint8_t to);

/* A state as a number, of so many bits. */
uint32_t world_pack(const struct world *w, const struct state *s);
unsigned world_bits(const struct world *w);

/* What a state costs, but for updates. */
int32_t world_lacks(const struct m keep[MDEVS], const struct state *s);

/* The least cost of all orders; FAR when there is none. cost is room for a
 * number of each state. */
int32_t world_cheapest(const struct world *w, int32_t *cost,
                       const struct m keep[MDEVS], const struct state *from,
                       const struct state *to);

#endif
