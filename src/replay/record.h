/* SPDX-License-Identifier: MIT */
/* The record of a trace: the state it says the host is in, brought up to
 * date by the delta of each step. */
#ifndef VAP_REPLAY_RECORD_H
#define VAP_REPLAY_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "host/host.h"

/** One queue state of every queue, by adapter. */
struct record_queues {
    struct vap_mask of[VAP_IDS];
};

struct record_mdev {
    bool exists;
    struct vap_matrix matrix;
    struct vap_matrix guest;
    struct vap_matrix apcb;
    uint32_t vm; /* of host_vm() */
    bool has_pure; /* in this step */
    struct vap_matrix pure;
};

struct record {
    struct vap_matrix hardware;
    struct vap_mask apmask;
    struct vap_mask aqmask;
    struct record_queues vfio;
    struct record_queues dflt;
    struct record_queues unbound;
    struct record_mdev *mdevs; /* by slot of the host's */
    uint32_t n_mdevs;
};

void record_done(struct record *record);

/* Nothing there: the final state is whole, no delta. */
void record_clear(struct record *record);

/**
 * Takes in what a step, or the final state, says has changed.
 *
 * step  of a trace that trace_check() has looked at
 * host  gives names their numbers
 *
 * Returns  0; -EUSERS it has more mdevs than a host can; -ENOMEM
 */
int record_step(struct record *record, struct host *host, const json_t *step);

/* The parts of the format, each true when understood: "0-2,7"; two sets, or
 * three with control domains, in a list; a list of "0-1:3". */
bool record_set(const json_t *value, struct vap_mask *out);
bool record_sets(const json_t *value, size_t n, struct vap_matrix *out);
bool record_blocks(const json_t *value, struct record_queues *out);

#endif
