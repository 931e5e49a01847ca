/* SPDX-License-Identifier: MIT */
/* What a planned change would do, as JSON: for the log, the API and --json.
 *
 *     {"changes": true,
 *      "mdevs": [{"mdev": "a", "updates": 1, "clears": 0,
 *                 "before": MDEV or null, "after": MDEV or null}],
 *      "bindings": [{"adapter": 5, "vfio_ap": "0-2", "default": "",
 *                    "unbound": "", "gone": ""}],
 *      "resets": [{"adapter": 5, "domains": "4", "rc": 0, "times": 1}],
 *      "order": [MOMENT, ...]}
 *
 * MDEV: {"matrix": IDS, "guest": IDS, "apcb": IDS, "vm": "k0" or null}, IDS:
 * {"adapters": "0-2", "domains": "5", "control": ""}. Bindings are of the
 * queues that change, by what they change to. What none of these show may
 * change all the same, unless "changes" is false.
 *
 * The order is that of vap_change_moments(). A MOMENT is one of
 *
 *     {"what": "guest", "mdev": "a", "apcb": true, "has": IDS}
 *     {"what": "reset", "adapter": 5, "domains": "4", "rc": 0, "times": 1}
 *     {"what": "queues", "adapter": 5, "domains": "4", "to": "vfio_ap",
 *      "resets": 0}
 *
 * the guest having its APCB, or, where that is not touched, guest_matrix
 * showing it; queues turning "vfio_ap", "default", "unbound" or "gone", one
 * after the other, each after so many resets. */
#ifndef VAP_HOST_EFFECT_JSON_H
#define VAP_HOST_EFFECT_JSON_H

#include <jansson.h>

#include "host/host.h"

/* The caller's; NULL when memory is short. host: with its change planned and
 * not yet applied. */
json_t *effect_json(const struct host *host);

/* What of a moment's queues becomes: "vfio_ap", "default", "unbound" or
 * "gone". */
const char *effect_turn_word(const struct vap_moment *moment);

/* One mdev as it is; null when it does not exist. */
json_t *effect_mdev_json(const struct host *host, const struct vap_mdev *mdev);

#endif
