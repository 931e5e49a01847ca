/* SPDX-License-Identifier: MIT */
/* The number of the last event, in a small file beside the database. What is
 * missing at the end of its log SQLite takes for what was never written, and
 * says nothing. */
#ifndef VAP_STORE_LAST_H
#define VAP_STORE_LAST_H

#include <stdint.h>

/* The number that stands beside this database; -1 none does. */
int64_t last_read(const char *path);

/* The file, to write numbers to. A descriptor, the caller's; or -errno. */
int last_open(const char *path);

/* An event that could not be noted is missed by nobody if it is lost. */
void last_write(int fd, int64_t number);

/* Of a database that is closed: if it has taken its log into itself it needs
 * no number any more. */
void last_forget(const char *path);

#endif
