/* SPDX-License-Identifier: MIT */
/* What vap plan, apply, assert and migrate have in common: what is wanted of
 * a host, and the steps that lead there. */
#ifndef VAP_CLI_CHANGE_WANTS_H
#define VAP_CLI_CHANGE_WANTS_H

#include <jansson.h>

#include "cli/frame/cli.h"
#include "cli/frame/whose.h"
#include "host/change_words.h"
#include "planner/planner.h"

/* Of the operands "[HOST.yaml] WANTED.yaml": fills whose, and returns the
 * last. */
const char *wants_of(const struct cli_args *args, struct whose *whose);

/* Reads it, as wanted_load(). What is wrong is said. CLI_DONE, CLI_USAGE or
 * CLI_FAILED */
int wants_read(const char *path, struct wanted *out);

/* Could the kernel whose host it is create what is wanted? It knows UUIDs
 * only. What is none is said. CLI_DONE or CLI_USAGE */
int wants_names(const char *path, const struct wanted *wanted,
                const struct whose *whose, const struct host *host);

/* The name of a dialect that commands are printed in, "sysfs"; the rest of
 * what it cannot say is said to files. What is none is said. */
struct wants_words {
    enum change_dialect mdevs;
    enum change_dialect masks;
};
bool wants_words_read(const char *option, const char *name,
                      struct wants_words *out);

/* The command for a request, the caller's; NULL without memory. */
char *wants_words(const struct host *host, const struct vap_request *request,
                  struct wants_words words);

/* ---- a plan, printed */

/* "3 steps, 2 guest updates, the fewest there can be" */
void wants_put_summary(const struct plan *plan);

/* The steps and what each does to guests; host is left as the last one leaves
 * it. CLI_DONE or CLI_FAILED */
int wants_put_steps(struct host *host, const struct plan *plan);

/* The same for programs; the caller's, NULL without memory. */
json_t *wants_json(struct host *host, const struct plan *plan);

/* Why it cannot be. */
void wants_put_refusal(const struct plan *plan);

#endif
