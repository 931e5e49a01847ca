/* SPDX-License-Identifier: MIT */
/* What the files that write a host share. */
#ifndef VAP_OBSERVE_HOSTFILE_WRITE_H
#define VAP_OBSERVE_HOSTFILE_WRITE_H

#include "observe/hostfile.h"

/* "0x0a" or "0x0a-0x0c"; digits as the kernel prints such an id: 2 or 4. */
void write_run(FILE *out, int digits, unsigned first, unsigned last);

/* "[0x05, 0x0a-0x0c]", and the same as a line behind its key. */
void write_ids(FILE *out, const struct vap_mask *mask, int digits);
void write_list(FILE *out, const char *key, const struct vap_mask *mask,
                int digits);

/* "key: -0x05,-0x47" */
void write_mask(FILE *out, const char *key, const struct vap_mask *mask,
                int digits);

/* "key: name", in quotes where it needs them. */
void write_name(FILE *out, const char *key, const char *name);

/* The state that most queues of the adapter have, there or not: that of the
 * card. What has another is an exception. */
uint8_t card_state(const struct vap_host *engine, unsigned adapter);

/* The queues of which something is to be said. Returns 0 or -ENOMEM. */
int write_queues(FILE *out, const struct vap_host *engine);

#endif
