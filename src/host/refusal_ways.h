/* SPDX-License-Identifier: MIT */
/* The parts of refusal_remedy.c: ways out of a refusal, and what one costs. */
#ifndef VAP_HOST_REFUSAL_WAYS_H
#define VAP_HOST_REFUSAL_WAYS_H

#include <stdio.h>

#include "host/host.h"

/* Requests of a way, ways that are told. */
enum { WAY = 24, WAYS = 4 };

struct way {
    struct vap_request list[WAY];
    size_t n; /* above WAY: too many, it is none */
};

/** Queues in the way that one mdev has, or the host. */
struct side {
    uint32_t holder;
    struct vap_mask adapters;
    struct vap_mask domains;
};

struct refused {
    const struct host *host;
    const struct vap_request *request;
    struct vap_why why;
    struct side *sides;
    size_t n_sides;
    uint16_t queues[WAY];
    size_t n_queues; /* may be more than WAY */
};

/** By the reason, the ways there are, the better first. */
struct refusal_maker {
    enum vap_verdict verdict;
    void (*make)(const struct refused *r, struct way *way); /* none: empty */
    bool last; /* only where nothing before it helps: it locks the masks */
};
extern const struct refusal_maker refusal_makers[];
extern const size_t refusal_n_makers;

/* " (it loses 2 queues, the host loses 1 queue)": between before the way and
 * after it. */
void refusal_put_cost(FILE *out, const struct way *way, const struct host *was,
                      const struct host *is);

#endif
