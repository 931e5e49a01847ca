/* SPDX-License-Identifier: MIT */
/* Whose host: which one a command is about. */
#ifndef VAP_CLI_WHOSE_H
#define VAP_CLI_WHOSE_H

#include "cli/cli.h"
#include "host/host.h"

/** What was typed; NULL where it was not. */
struct whose {
    const char *file; /* a host file, "-" for stdin */
    const char *name; /* --name: a host that is up */
    const char *at; /* --at: as it was then; see when.h */
    const char *rule; /* --rule, --kernel: in place of its own */
    const char *kernel;
};

/* What --help says of the options. */
#define WHOSE_NAME_HELP "the virtual host of this name"
#define WHOSE_AT_HELP                                                          \
    "as it was: an event's number, 14:02, 2026-11-22 14:02:05, -5min"

/* Fills file from the first operand, if that is a file and no word for
 * something in the host: it is "-", ends in .yaml or .yml, or has a '/' and
 * is there. Returns how many operands that took. */
int whose_operands(const struct cli_args *args, struct whose *whose);

/**
 * Gets the host: of the file; of the name; else the one that is up under
 * $VAP_NAME or "default"; when none is and nothing asks for one, the built-in
 * host.
 *
 * out     the caller's from here, for host_free()
 * called  what it is called, for a headline: lent until the next call. NULL:
 *         there is none, so it is said when it is the built-in one
 *
 * Returns  CLI_DONE, CLI_USAGE or CLI_FAILED; what is wrong has been said
 */
int whose_host(const struct whose *whose, struct host **out,
               const char **called);

#endif
