/* SPDX-License-Identifier: MIT */
/* What vap host and vap card have in common: they ask a virtual host for one
 * change and say what it did. */
#ifndef VAP_CLI_VIRTUAL_CONSOLE_H
#define VAP_CLI_VIRTUAL_CONSOLE_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/frame/cli.h"
#include "cli/frame/client.h"
#include "matrix/mask.h"

/** How it is to be done. */
struct console {
    const char *name; /* of the host; NULL: as client_name() has it */
    bool plan; /* only say what it would do */
    bool json;
};

/**
 * Asks for a change and prints what came of it, or would.
 *
 * requests  a list; taken over
 *
 * Returns  CLI_DONE, CLI_REFUSED or CLI_FAILED
 */
int console_do(const struct console *console, json_t *requests);

/* {"op": "scan"} behind a list, which is returned. */
json_t *console_then_scan(json_t *requests);

/* Reads operands as ids: numbers in decimal or 0x hex, sets of them. What is
 * none is said. */
bool console_read_ids(int n, char *const *operands, struct vap_mask *out);

#endif
