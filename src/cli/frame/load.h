/* SPDX-License-Identifier: MIT */
/* The host that a command is about. */
#ifndef VAP_CLI_FRAME_LOAD_H
#define VAP_CLI_FRAME_LOAD_H

#include "host/host.h"

/**
 * Reads a host file; without one, the built-in host. What is wrong with it
 * is said.
 *
 * path    "-" for stdin; NULL for the built-in host
 * rule    as of --rule: in place of the file's. Under another rule than the
 *         file's nothing is left of its history: guest matrices are worked
 *         out anew. NULL for the file's
 * kernel  the same of --kernel
 *
 * Returns  CLI_DONE with *out, to be freed by host_free(); CLI_USAGE,
 *          CLI_FAILED
 */
int cli_load(const char *path, const char *rule, const char *kernel,
             struct host **out);

/* Gives a host another rule, another kernel, by name, as cli_load() does; NULL
 * is its own. CLI_DONE, CLI_USAGE or CLI_FAILED. */
int cli_use_rule(struct host *host, const char *name, const char *kernel_name);

/**
 * The mdev that is meant by a name, or by the beginning of one where no other
 * begins so.
 *
 * Returns  its slot; NAMES_NONE when there is none, and that has been said
 */
uint32_t cli_mdev(const struct host *host, const char *name);

/* The one mdev whose name begins so; NAMES_NONE: there is none, or another. */
uint32_t cli_mdev_beginning(const struct host *host, const char *name);

#endif
