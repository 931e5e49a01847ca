/* SPDX-License-Identifier: MIT */
/* The record of a trace: the state it says the host is in, brought up to
 * date by the delta of each step. */
#ifndef VAP_OBSERVE_RECORD_H
#define VAP_OBSERVE_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "observe/host.h"

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

/* Takes in what a step, or the final state, says has changed. The host gives
 * names their numbers. 0; -EBADMSG with *what lent, naming the key that is not
 * understood; -ENOMEM. */
int record_step(struct record *record, struct host *host, const json_t *step,
                const char **what);

/* The parts of the format, each true when understood. */
bool record_set(const json_t *value, struct vap_mask *out);
bool record_blocks(const json_t *value, struct record_queues *out);

#endif
