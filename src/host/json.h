/* SPDX-License-Identifier: MIT */
/* Sets, masks and queues as JSON, as all parts of vap write them. */
#ifndef VAP_HOST_JSON_H
#define VAP_HOST_JSON_H

#include <jansson.h>

#include "matrix/mask.h"

/** For AUTO. */
static inline void
json_done(json_t **json)
{
    json_decref(*json);
}

/** New values, the caller's; NULL without memory: [3, 5], "3,5-7", as apmask
 *  reads, "05.0047". */
json_t *json_of_ids(const struct vap_mask *ids);
json_t *json_of_set(const struct vap_mask *ids);
json_t *json_of_mask(const struct vap_mask *mask);
json_t *json_of_apqn(unsigned apqn);

/** { "adapters": "3,5-7", "domains": ..., "control": ... } */
json_t *json_of_matrix(const struct vap_matrix *m);

/** Takes the value into the object; without one of them, or memory, NULL, and
 *  both are gone. */
json_t *json_with(json_t *object, const char *key, json_t *value);

#endif
