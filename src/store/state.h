/* SPDX-License-Identifier: MIT */
/* A host in a store: the present one, and what it was. */
#ifndef VAP_STORE_STATE_H
#define VAP_STORE_STATE_H

#include "host/request.h"
#include "store/store.h"

/* Writes the whole state behind the last event, so that starting is short.
 * Returns as store_checkpoint(). */
int state_save(struct store *store, const struct host *host);

/* What to record of a list of requests, so that it can be carried out again:
 * the caller's to free. NULL when memory is short. */
char *state_requests(const struct host *host, const struct host_request *list,
                     size_t n);

/**
 * The same, read again. An mdev that is to be created gets the slot that it
 * had, if that is free.
 *
 * list  the caller's, for free()
 *
 * Returns  0; -EBADMSG it is no list of requests; -ENOMEM
 */
int state_read_requests(struct host *host, const char *text,
                        struct host_request **list, size_t *n);

/**
 * The state behind an event: the checkpoint before it, and the changes up to
 * it carried out again.
 *
 * number   INT64_MAX for the last
 *
 * Returns  1 *out filled; 0 nothing is stored that far back; -EBADMSG what is
 *          stored is not understood; -ENOMEM, -EIO
 */
int state_at(struct store *store, int64_t number, struct host **out);

#endif
