/* SPDX-License-Identifier: MIT */
/* What is asked of the bus, and of an mdev. Inside the model only. */
#ifndef VAP_TESTS_MODEL_REQUESTS_H
#define VAP_TESTS_MODEL_REQUESTS_H

#include "model/model.h"

/* Any request: those that are not the bus's go to its mdev. */
enum vap_verdict bus_ask(struct model *m, const struct vap_request *r);
enum vap_verdict mdevs_ask(struct model *m, const struct vap_request *r);

/* Devices come and go as the configuration has it. */
void bus_scan_queues(struct model *m);

/* Notes the queues of the product that mdevs other than one have. */
void mdevs_find_shared(struct model *m, const struct model_set *adapters,
                       const struct model_set *domains, uint32_t but);

#endif
