/* SPDX-License-Identifier: MIT */
/* A trace under way: what the files of the replay share. */
#ifndef VAP_REPLAY_REPLAY_RUN_H
#define VAP_REPLAY_REPLAY_RUN_H

#include "replay/record.h"
#include "replay/replay.h"

struct replay {
    const struct vap_rule *rule;
    bool exact; /* the rule is a kernel's: everything counts */
    bool pure; /* guest matrices as the present state gives them */
    bool guests; /* guest matrices count */
    struct host *host;
    struct record record;
    struct replay_result *result;
    struct trace_error *error;
    size_t step;
    const char *op;
    bool agrees; /* the present step, so far */
    uint32_t *updates; /* by vm, of the present step */
    uint32_t *clears;
    uint32_t n_vms;
};

/* Notes a difference; what in the manner of printf. */
void replay_differ(struct replay *r, const char *recorded, const char *found,
                   const char *what, ...) __attribute__((format(printf, 4, 5)));

/* Note one where the two are not equal. */
void replay_expect_text(struct replay *r, const char *recorded,
                        const char *found, const char *what);
void replay_expect_mask(struct replay *r, const struct vap_mask *recorded,
                        const struct vap_mask *found, const char *what);
void replay_expect_matrix(struct replay *r, const struct vap_matrix *recorded,
                          const struct vap_matrix *found, const char *what,
                          uint32_t mdev);
/* ... queues of one adapter that are in a state, "unbound". */
void replay_expect_row(struct replay *r, unsigned adapter, const char *what,
                       const struct vap_mask *recorded,
                       const struct vap_mask *found);

/* The host against the record; the files of its mdevs against theirs. */
void replay_expect_state(struct replay *r);
int replay_expect_files(struct replay *r, const json_t *final);

/* The planned change, not yet applied, against a step. The first counts; the
 * others compare. 0, -ENOMEM. */
int replay_count_updates(struct replay *r, const json_t *step);
void replay_expect_updates(struct replay *r, const json_t *step);
int replay_expect_resets(struct replay *r, const json_t *step);

/* What the queues that vfio_ap has answered last, against the end. */
int replay_expect_last_resets(struct replay *r, const json_t *final);

#endif
