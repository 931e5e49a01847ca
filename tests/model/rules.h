/* SPDX-License-Identifier: MIT */
/* What happens to guests when something happens to the host. Inside the model
 * only. */
#ifndef VAP_TESTS_MODEL_RULES_H
#define VAP_TESTS_MODEL_RULES_H

#include "model/model.h"

/* What the queue answers to a test; can a queue that answers so be used? */
uint8_t model_tapq(struct model *m, unsigned a, unsigned d);
bool model_passes(uint8_t rc);

/* ZAPQ, and what follows it; noted with the queue. */
void model_reset(struct model *m, unsigned a, unsigned d);

/* Do the masks keep the queue for the default driver? */
bool model_kept(const struct model *m, unsigned a, unsigned d);

/* Resets queues of was that are not in is, and that vfio_ap has. */
void rules_reset_lost(struct model *m, const struct model_ids *was,
                      const struct model_ids *is);

void rules_assigned(struct model *m, struct model_mdev *mdev,
                    const struct vap_request *r);
void rules_unassigned(struct model *m, struct model_mdev *mdev,
                      const struct vap_request *r);
void rules_configured(struct model *m, struct model_mdev *mdev,
                      const struct model_ids *old);
void rules_opened(struct model *m, struct model_mdev *mdev);
void rules_closing(struct model *m, struct model_mdev *mdev);
void rules_remove_held(struct model *m, struct model_mdev *mdev);
void rules_bound(struct model *m, unsigned a, unsigned d);
void rules_releasing(struct model *m, unsigned a, unsigned d);
void rules_config_changed(struct model *m, const struct model_ids *lost);
void rules_scan_complete(struct model *m);
void rules_look_again(struct model *m);

/* After every request. before: what guests had, by mdev. */
void rules_end(struct model *m, const struct model_ids *before);

#endif
