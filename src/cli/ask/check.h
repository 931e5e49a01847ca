/* SPDX-License-Identifier: MIT */
/* The parts of vap check. */
#ifndef VAP_CLI_ASK_CHECK_H
#define VAP_CLI_ASK_CHECK_H

#include <stddef.h>

#include "host/host.h"
#include "matrix/explain.h"
#include "observe/stores.h"
#include "observe/stores_start.h"

/** How bad it is; monitoring hears of the first two. */
enum severity {
    SEVERITY_ERROR, /* a guest does not start, or has what it should not */
    SEVERITY_WARNING, /* somebody lacks something, now or after a boot */
    SEVERITY_NOTICE, /* it may be meant so */
    SEVERITIES
};

struct finding {
    enum severity severity;
    const char *check; /* which of the table */
    char *place; /* an mdev, a queue, a mask, a guest */
    char *text;
    char *remedy; /* a command; NULL: none */
};

/** Facts, gathered once, and what the checks have found in them. */
struct check {
    const struct host *host;
    const struct stores *stores; /* NULL: nobody has written anything down */
    const char *shell; /* whose_shell() */
    struct vap_mdev_facts *mdevs; /* by slot */
    struct host *boot; /* the host behind its next boot, with the mdevs that
                        * start by themselves */
    struct stores_outcome *at_boot; /* by definition */
    struct stores_outcome *now; /* of those that are not active */

    const char *name; /* of the check that looks */
    struct finding *list;
    size_t n;
    bool no_memory;
    char *command; /* the last one made */
};

/** One thing to look for. */
struct check_row {
    const char *name; /* "mask-upside-down": as in JSON */
    const char *about; /* for --list */
    void (*find)(struct check *c);
};

/* A finding; place and remedy are copied, remedy may be NULL. */
__attribute__((format(printf, 5, 6))) void
check_found(struct check *c, enum severity severity, const char *place,
            const char *remedy, const char *format, ...);

/* The command for a request, for check_found(); lent until the next call. */
const char *check_command(struct check *c, const struct vap_request *request);

/* The same of several, one after the other. */
const char *check_commands(struct check *c, const struct vap_request *list,
                           size_t n);

/* Queues of an adapter, for a driver each. */
const char *check_probes(struct check *c, unsigned adapter,
                         const struct vap_mask *domains);

/* "heal" and an mdev: vap's own, as a shell takes it. */
const char *check_vap(struct check *c, const char *command, uint32_t slot);

/* Rows of the table, ended by one without a name. */
extern const struct check_row check_mdev_rows[];
extern const struct check_row check_mask_rows[];
extern const struct check_row check_store_rows[];

#endif
