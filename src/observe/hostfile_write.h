/* SPDX-License-Identifier: MIT */
/* What the files that write a host share. */
#ifndef VAP_OBSERVE_HOSTFILE_WRITE_H
#define VAP_OBSERVE_HOSTFILE_WRITE_H

#include "observe/hostfile.h"

/* "0x0a" or "0x0a-0x0c"; digits as the kernel prints such an id: 2 or 4. */
void writer_run(FILE *out, int digits, unsigned first, unsigned last);

/* "[0x05, 0x0a-0x0c]", and the same as a line behind its key. */
void writer_ids(FILE *out, const struct vap_mask *mask, int digits);
void writer_list(FILE *out, const char *key, const struct vap_mask *mask,
                 int digits);

/* "key: -0x05,-0x47" */
void writer_mask(FILE *out, const char *key, const struct vap_mask *mask,
                 int digits);

/* A name, in quotes where it needs them. Bytes that are not UTF-8 are taken for
 * Latin-1: YAML cannot hold them. */
void writer_name(FILE *out, const char *name);

/* The state that most queues of the adapter have, there or not: that of the
 * card. What has another is an exception. */
uint8_t writer_card_state(const struct vap_host *engine, unsigned adapter);

/* The queues of which something is to be said. Returns 0 or -ENOMEM. */
int writer_queues(FILE *out, const struct host *host);

#endif
