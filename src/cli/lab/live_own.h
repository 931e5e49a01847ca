/* SPDX-License-Identifier: MIT */
/* Between the parts of a live host; nobody else includes it. */
#ifndef VAP_CLI_LAB_LIVE_OWN_H
#define VAP_CLI_LAB_LIVE_OWN_H

#include "cli/frame/client.h"
#include "cli/lab/live.h"
#include "cli/virtual/tree_for.h"

struct live {
    struct tree_found tree;
    struct client *client;
    struct names names; /* of mdevs; a number is a UUID */
    struct host *host; /* as vapd said last, by the scenario's names */
    json_int_t event; /* the last one known */
    uint32_t *updates; /* by number, since last looked at */
    struct sets_queues resets; /* since last looked at */
};

#define LIVE_UUID 37
#define LIVE_UUID_FORMAT "%08x-0000-4000-8000-000000000000"

/* The UUID of an mdev that the scenario calls so. -ENOMEM */
int live_uuid(struct live *live, const char *name, char uuid[LIVE_UUID]);

/* Adds up what has happened since the last event known, and takes the host as
 * it is now. reason, when not NULL: of the last refusal among it. */
int live_catch_up(struct live *live, char **reason);

/* A path below the tree; below is at most PATH_MAX. */
void live_path(const struct live *live, char path[PATH_MAX], const char *format,
               ...) __attribute__((format(printf, 3, 4)));

#define LIVE_MATRIX "devices/vfio_ap/matrix"

#endif
