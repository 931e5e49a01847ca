/* SPDX-License-Identifier: MIT */
/* Requests as JSON, for the store and the API:
 *
 *     {"op": "assign_adapter", "mdev": "a", "id": 5}
 *     {"op": "bind", "queue": "05.0047", "driver": "vfio_ap"}
 *     {"op": "host", "adapters": {"set": "5", "clear": ""}}
 *
 * Which op has which keys is one table; docs/api.md lists it. */
#ifndef VAP_HOST_REQUEST_JSON_H
#define VAP_HOST_REQUEST_JSON_H

#include <jansson.h>

#include "host/request.h"

/* The caller's, for json_decref(); NULL when memory is short. */
json_t *request_to_json(const struct host *host,
                        const struct host_request *request);

/**
 * The way back. Names of mdevs and virtual machines get numbers of the
 * host's; hostile input.
 *
 * what     set to what is wrong, a static sentence
 *
 * Returns  0; -EBADMSG with *what; -ENOMEM
 */
int request_from_json(struct host *host, const json_t *json,
                      struct host_request *request, const char **what);

/** An op of the table, for whoever holds a description against it. */
struct request_op {
    const char *name;
    const char *keys[4]; /* beside "op", ended by NULL */
};

/* The ops in their order; false when there is no such one. */
bool request_op(size_t i, struct request_op *out);

#endif
