/* SPDX-License-Identifier: MIT */
/* vapd's API, from the other end of its socket. What is wrong is said, once;
 * statuses are those of cli.h. */
#ifndef VAP_CLI_FRAME_CLIENT_H
#define VAP_CLI_FRAME_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/place.h"

struct client;

/* --name, else $VAP_NAME as vap run sets it, else "default". */
const char *client_name(const char *option);

/* Where a host of that name lives. CLI_DONE, CLI_USAGE or CLI_FAILED. */
int client_place(const char *name, struct place *out);

/* Is a host up there? CLI_DONE; CLI_FAILED: it is not, or that cannot be
 * seen. */
int client_is_up(const char *name, const struct place *place);

/* Is there a host of that name to take when nobody has said which? CLI_DONE
 * with *up; CLI_FAILED: that is not to be trusted, or cannot be seen. */
int client_usual(const char *name, bool *up);

/**
 * Finds the host of a name.
 *
 * out  the caller's from here, for client_free()
 *
 * Returns  CLI_DONE; CLI_FAILED when none is up; CLI_USAGE when the name is
 *          none
 */
int client_new(const char *name, struct client **out);
void client_free(struct client *client);
void client_done(struct client **client);

/* As client_new(), but it is no news that a host is not up, not yet or no
 * more; and requests wait at most so long for their answer. */
int client_look(const char *name, long ms, struct client **out);

/**
 * GET of a path, "/v1/log?limit=3", as JSON or as text.
 *
 * Returns  CLI_DONE with *out, the caller's; CLI_FAILED
 */
int client_get(struct client *client, const char *path, json_t **out);
int client_get_text(struct client *client, const char *path, char **out,
                    size_t *length);

/**
 * Asks for a change, or for its plan.
 *
 * requests  a list; taken over
 * out       {"event", "waits", "effect"} on CLI_DONE, the caller's
 *
 * Returns  CLI_DONE; CLI_REFUSED; CLI_FAILED
 */
int client_change(struct client *client, json_t *requests, bool plan,
                  json_t **out);

/**
 * Asks for a change, and says nothing when it is refused.
 *
 * out  as client_change() on CLI_DONE, {"error", "message"} on CLI_REFUSED;
 *      the caller's
 *
 * Returns  CLI_DONE; CLI_REFUSED; CLI_FAILED
 */
int client_try(struct client *client, json_t *requests, json_t **out);

/**
 * Follows the stream of events at a path until each() or the host ends it.
 *
 * each  event is lent for the call; false: enough
 *
 * Returns  CLI_DONE; CLI_FAILED when the host ended it
 */
int client_follow(struct client *client, const char *path,
                  bool (*each)(void *context, const char *kind,
                               const json_t *event),
                  void *context);

#endif
