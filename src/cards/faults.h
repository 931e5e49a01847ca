/* SPDX-License-Identifier: MIT */
#ifndef VAP_CARDS_FAULTS_H
#define VAP_CARDS_FAULTS_H

#include "cards/queue.h"
#include "host/host.h"

/* What the host says is wrong with a queue: for queue_new() and, whenever
 * host->devices->fault_changes has changed, queue_set_faults(). */
struct queue_faults queue_faults_of(const struct host *host, uint16_t apqn);

#endif
