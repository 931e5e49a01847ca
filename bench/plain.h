/* SPDX-License-Identifier: MIT */
/* The neighbour of the engine's benchmarks: the matrix as one writes it down
 * first, a bool for every id and every queue, each asked one by one, as a
 * driver walks its queues. Right, and in no hurry. */
#ifndef VAP_BENCH_PLAIN_H
#define VAP_BENCH_PLAIN_H

#include <stdbool.h>

enum { PLAIN_IDS = 256 };

/* Adapters and domains. */
struct plain_matrix {
    bool adapters[PLAIN_IDS];
    bool domains[PLAIN_IDS];
};

struct plain_mdev {
    struct plain_matrix matrix;
    struct plain_matrix guest;
    bool held; /* a guest has it */
    unsigned updates; /* times the guest was told */
};

struct plain_host {
    struct plain_matrix config;
    struct plain_matrix reserved; /* apmask, aqmask */
    bool bound[PLAIN_IDS][PLAIN_IDS]; /* to vfio_ap, by adapter */
    struct plain_mdev *mdevs;
    unsigned n_mdevs;
};

/* What a guest with this matrix may use. */
void plain_filter(const struct plain_host *host, const struct plain_matrix *m,
                  struct plain_matrix *guest);

/* Gives an mdev a domain unless a queue of it is reserved or in another mdev;
 * the guest is told when it has other queues than before. */
bool plain_assign_domain(struct plain_host *host, unsigned mdev,
                         unsigned domain);

/* The host gets an adapter, all its queues for guests; each mdev that has it
 * gets what it now may use. */
void plain_gain_adapter(struct plain_host *host, unsigned adapter);

#endif
