/* SPDX-License-Identifier: MIT */
#ifndef VAP_OBSERVE_HOSTFILE_READ_H
#define VAP_OBSERVE_HOSTFILE_READ_H

#include "observe/hostfile.h"
#include "observe/hostfile_schema.h"

/* The host that a document describes. text: the document's, to find lines
 * in. Returns as hostfile_parse(). */
int hostfile_read(const struct doc *doc, const char *text, size_t length,
                  struct host **out, struct hostfile_error *error);

#endif
