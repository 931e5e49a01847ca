/* SPDX-License-Identifier: MIT */
/* Commands, one after the other; after each the stores are read again, and
 * what is left to do must be the rest. */
#include "cli/change/apply.h"

#include "base/say.h"
#include "cli/frame/cli.h"
#include "run/program.h"

#include <errno.h>
#include <string.h>

static bool
is_rest(const struct lasting *was, const struct lasting *is)
{
    if (is->n + 1 != was->n)
        return false;
    for (size_t i = 0; i < is->n; i++)
        if (strcmp(was->commands[i + 1], is->commands[i]) != 0)
            return false;
    return true;
}

static int
run_one(const struct apply_keeper *k, const char *command)
{
    const char *const argv[] = { "sh", "-c", command, NULL };
    char complaint[512];
    int r = program_run(argv, NULL, NULL, complaint, sizeof(complaint));

    if (!r)
        return CLI_DONE;
    k->after(k->context, false);
    say_error("%s: %s", command,
              r < 0        ? strerror(-r)
              : *complaint ? complaint
                           : "it has failed");
    return CLI_REFUSED;
}

/* One command, and what is left after it in *left. */
static int
step(const struct apply_keeper *k, struct lasting *left)
{
    struct lasting after = { 0 };
    int status = run_one(k, left->commands[0]);
    bool rest;

    if (status == CLI_DONE)
        status = k->find(k->context, &after);
    rest = status == CLI_DONE && is_rest(left, &after);
    if (status == CLI_DONE)
        k->after(k->context, rest);
    if (status == CLI_DONE && !rest) {
        say_error("after %s: what is written down is not what was to be",
                  left->commands[0]);
        status = CLI_REFUSED;
    }
    lasting_done(left);
    *left = after;
    return status;
}

int
apply_lasting(const struct apply_keeper *k, size_t *done)
{
    struct lasting left = { 0 };
    int status = k->find(k->context, &left);

    for (*done = 0; status == CLI_DONE && left.n; ++*done) {
        status = k->before(k->context, *done, *done + left.n, left.commands[0]);
        if (status == CLI_DONE)
            status = step(k, &left);
        if (status != CLI_DONE)
            break;
    }
    lasting_done(&left);
    return status;
}
