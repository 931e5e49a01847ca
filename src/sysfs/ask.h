/* SPDX-License-Identifier: MIT */
/* What store functions ask of the host's owner, and are answered: 0, or the
 * errno number for the writer. EINPROGRESS: w->held is what was asked. */
#ifndef VAP_SYSFS_ASK_H
#define VAP_SYSFS_ASK_H

#include "sysfs/tree.h"

int ask(struct writer *w, const struct host_request *request);
int ask_engine(struct writer *w, const struct vap_request *request);

#endif
