/* SPDX-License-Identifier: MIT */
/* First come, first served: a guest is edited in place. Inside the model
 * only. */
#ifndef VAP_TESTS_MODEL_FCFS_H
#define VAP_TESTS_MODEL_FCFS_H

#include "model/model.h"

void fcfs_become(struct model *m, struct model_mdev *mdev,
                 const struct model_ids *is);
void fcfs_add_adapter(struct model *m, struct model_mdev *mdev, unsigned a);
void fcfs_add_domain(struct model *m, struct model_mdev *mdev, unsigned d);
void fcfs_add(struct model *m, struct model_mdev *mdev,
              const struct model_ids *ids);
void fcfs_drop(struct model *m, struct model_mdev *mdev,
               const struct model_ids *ids);

/* What the host has not got any more is not reset. */
void fcfs_lose(struct model_mdev *mdev, const struct model_ids *lost);

/* What a scan has found. */
void fcfs_gained(struct model *m, struct model_mdev *mdev);

#endif
