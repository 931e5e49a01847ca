/* SPDX-License-Identifier: MIT */
/* What vap watch and its screen have in common. */
#ifndef VAP_CLI_SHOW_WATCH_H
#define VAP_CLI_SHOW_WATCH_H

#include "cli/frame/whose.h"

/** A host that is looked at again and again. */
struct watch {
    const struct whose *whose;
    int interval_ms;
    struct host *host; /* as it was last */
    const char *called; /* lent */
    unsigned looks; /* so far */
    bool json; /* news are objects, a line each */
};

/* Looks again, and tells what is new, a line each; nothing the first time.
 * CLI_DONE, CLI_USAGE or CLI_FAILED. */
int watch_look(struct watch *watch, FILE *news);

/* The live screen, until q is pressed. CLI_DONE or CLI_FAILED. */
int watch_screen(struct watch *watch);

#endif
