/* SPDX-License-Identifier: MIT */
/* One run of vap apply, and what each of its parts does of it. Functions
 * return the CLI's statuses; what is wrong has been said. */
#ifndef VAP_CLI_CHANGE_APPLY_RUN_H
#define VAP_CLI_CHANGE_APPLY_RUN_H

#include "cli/change/apply.h"
#include "cli/frame/cli.h"
#include "cli/frame/whose.h"
#include "planner/lasting.h"

struct apply {
    struct {
        bool dry_run;
        bool yes;
        bool step;
        bool gap;
        bool rollback;
        bool persistent;
        bool json;
    } wish;
    struct whose whose;
    const char *dir; /* of the tree; NULL: a virtual host */
    char path[4096]; /* ... where it is, if there is one */
    int fd; /* ... or -1 */
    struct host *host; /* as it is */
    struct plan plan;
    struct wanted before; /* to go back */
    const struct wanted *wanted;
    struct host *goal; /* as the plan leaves it */
    const char *root; /* of what is to last; NULL: not asked */
    struct lasting lasting; /* what is to be written down, as planned */
    size_t kept; /* ... so many of it are */
    struct apply_journal journal;
    struct apply_past past;
    struct apply_result result;
    json_t *json; /* of the plan; NULL: it was put as text */
};

/* Fills plan, before, goal and lasting, and puts what is to be done.
 * CLI_REFUSED: there is no way. */
int apply_find(struct apply *a, bool no_ap_config);

/* All at once, on a host of vapd's. */
int apply_virtual(struct apply *a);

/* File after file. */
int apply_tree(struct apply *a);

/* Has mdevctl and chzdev keep it. */
int apply_keep(struct apply *a);

#endif
