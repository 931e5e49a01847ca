/* SPDX-License-Identifier: MIT */
/* What each crossing of an adapter and a domain is. */
#ifndef VAP_CLI_FRAME_CELLS_H
#define VAP_CLI_FRAME_CELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "host/host.h"

/** From "nobody wants it" to what can be wrong with a queue of an mdev. */
enum cell_kind {
    CELL_ABSENT, /* not in the host's configuration */
    CELL_HOST, /* the host's own driver has it */
    CELL_FREE, /* vfio_ap has it, no mdev */
    CELL_UNBOUND, /* no driver has it */
    CELL_GUEST, /* of an mdev, and in its guest matrix */
    CELL_LOST, /* ... sound, but its adapter has a hole */
    CELL_HOLE, /* ... vfio_ap does not have it: a hole */
    CELL_FAILED, /* ... a hole, for its last reset failed */
    CELL_MISSING, /* ... not in the host's configuration */
    CELL_WITHHELD, /* ... nothing stands in its way, but the rule has a
                    * history */
    CELL_KEPT, /* ... in its guest matrix, and should not be */
    CELL_KINDS
};

struct cell {
    enum cell_kind kind;
    uint32_t mdev; /* slot; CELL_NOBODY */
    uint32_t stray; /* slot of an mdev whose guest has it still, though not
                     * in its guest matrix; CELL_NOBODY */
    bool untold; /* in the guest matrix, but not in the running guest */
    uint8_t state; /* enum vap_rc: deconfigured, checkstopped */
};

#define CELL_NOBODY UINT32_MAX

struct cells {
    /* where there is anything to see */
    struct vap_mask adapters;
    struct vap_mask domains;
    struct cell at[VAP_IDS][VAP_IDS];
};

/* Returns 0 or -ENOMEM. */
int cells_new(const struct host *host, struct cells **out);

/* "host", "free", "in guest", ... one word or two, for JSON. */
const char *cell_word(enum cell_kind kind);

/** What mdevs are called where there is little room. */
struct labels {
    const struct host *host;
    bool names; /* their own names: all of them are short */
};

#define LABEL 8

struct labels labels_of(const struct host *host);

/* Its name, or a letter: A to Z, AA, and on; the same as long as it has the
 * slot. */
void label(const struct labels *labels, uint32_t mdev, char text[LABEL]);

#endif
