/* SPDX-License-Identifier: MIT */
/* The parts of vap show. What can fail returns 0 or -ENOMEM. */
#ifndef VAP_CLI_SHOW_SHOW_H
#define VAP_CLI_SHOW_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "host/host.h"

/**
 * The table of mdevs.
 *
 * names     of the columns, parted by commas, upper or lower case; NULL for
 *           the usual ones
 * headings  with a line of names above
 *
 * Returns  0; 1 when there is no such column, and that has been said; -ENOMEM
 */
int show_table(FILE *out, const struct host *host, const char *names,
               bool headings);

/* One mdev in detail: what it is assigned, what its guest may have of it, and
 * what keeps back the rest. */
int show_mdev(FILE *out, const struct host *host, uint32_t mdev);

/* The whole host as vap(1) describes it, a line at its end. It takes little
 * memory, however large the host is. */
int show_json(FILE *out, const struct host *host);

/* One mdev of it, the caller's. NULL when memory is short. */
json_t *show_mdev_json(const struct host *host, uint32_t mdev);

/** How many queues a matrix has. */
unsigned show_queues(const struct vap_matrix *m);

/** What an mdev is assigned and its guest has not, and that not only for want
 *  of adapters to go with it. */
struct vap_matrix show_filtered(const struct host *host, uint32_t mdev);

/** Why an mdev's queues are not sound: of the adapter's domains that it has
 *  and the host has. */
struct show_holes {
    struct vap_mask host; /* the host's driver has them */
    struct vap_mask unbound; /* no driver has */
    struct vap_mask failed; /* their last reset failed */
};

struct show_holes show_holes(const struct host *host, uint32_t mdev,
                             unsigned adapter);

#endif
