/* SPDX-License-Identifier: MIT */
/* HTTP and JSON on a Unix socket: one door for the CLI, scripts and metrics.
 * docs/api.md describes it, docs/openapi.yaml lists it. */
#ifndef VAP_API_API_H
#define VAP_API_API_H

#include <uv.h>

#include "host/request.h"
#include "store/store.h"
#include "sysfs/uevent.h"

struct api;

struct api_options {
    const char *socket; /* path; made 0600. Who is neither the owner of this
                         * process nor root is refused all the same */
    const char *name; /* of the host, its tree: for GET /v1 */
    const char *tree;
    int64_t started_us;
};

/**
 * Listens, and answers from the loop.
 *
 * owner, store, loop  lent for the API's life
 *
 * Returns 0, or -errno of the socket; -ENOMEM
 */
int api_new(struct owner *owner, struct store *store, uv_loop_t *loop,
            const struct api_options *options, struct api **out);

/* Something has been recorded: whoever follows is told. A reader that does
 * not keep up gets it later, from the store. */
void api_event(struct api *api, const struct store_event *event);

/* A uevent of the last event. A reader that does not keep up learns how many
 * it has missed. */
void api_uevent(struct api *api, const struct uevent *uevent);

/* Does anybody follow? */
bool api_is_followed(const struct api *api);

/* Ends every connection, and leaves the loop. NULL is fine. */
void api_free(struct api *api);

#endif
