/* SPDX-License-Identifier: MIT */
/* What is to last over a boot: commands, one after the other. After each the
 * stores are read again, and what is left to do must be the rest. */
#include "cli/change/apply_run.h"

#include "base/say.h"
#include "base/stop.h"
#include "cli/change/lasts.h"
#include "cli/frame/ask.h"
#include "run/program.h"

#include <errno.h>
#include <string.h>

static int
before_command(struct apply *a, size_t i, size_t n, const char *command)
{
    int r;

    if (!stop_asked() && !a->json) {
        (void)printf("%s%zu/%zu  %s", i ? "" : "\n", i + 1, n, command);
        (void)fflush(stdout);
    }
    if (stop_asked() || (a->wish.step && !ask_yes(stdout, "  go on? [y/N] "))) {
        say_error("stopped before command %zu of %zu; the same command goes on "
                  "from there",
                  i + 1, n);
        return CLI_REFUSED;
    }
    (void)snprintf(a->result.what, sizeof(a->result.what), "%s", command);
    r = apply_journal_write(&a->journal,
                            json_pack("{s:s}", "command", command));
    if (r)
        say_error("%s: %s", a->journal.path, strerror(-r));
    return r ? CLI_FAILED : CLI_DONE;
}

static void
after_command(struct apply *a, bool done)
{
    (void)apply_journal_write(&a->journal, json_pack("{s:b}", "kept", done));
    if (!a->json)
        (void)puts(done ? "  ok" : "");
}

static int
run_command(struct apply *a, const char *command)
{
    const char *const argv[] = { "sh", "-c", command, NULL };
    char complaint[512];
    int r = program_run(argv, NULL, NULL, complaint, sizeof(complaint));

    if (!r)
        return CLI_DONE;
    after_command(a, false);
    say_error("%s: %s", command,
              r < 0        ? strerror(-r)
              : *complaint ? complaint
                           : "it has failed");
    return CLI_REFUSED;
}

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

/* The first command; then *left is what is left after it. */
static int
step(struct apply *a, struct lasting *left)
{
    struct lasting after = { 0 };
    int status = run_command(a, left->commands[0]);
    bool rest;

    if (status == CLI_DONE)
        status = lasts_find(a->root, a->goal, a->wanted, &after);
    rest = status == CLI_DONE && is_rest(left, &after);
    if (status == CLI_DONE)
        after_command(a, rest);
    if (status == CLI_DONE && !rest) {
        say_error("after %s: what is written down is not what was to be",
                  left->commands[0]);
        status = CLI_REFUSED;
    }
    lasting_done(left);
    *left = after;
    return status;
}

static int
run_commands(struct apply *a)
{
    struct lasting left = { 0 };
    int status = lasts_find(a->root, a->goal, a->wanted, &left);

    for (; status == CLI_DONE && left.n; a->kept++) {
        status = before_command(a, a->kept, a->kept + left.n, left.commands[0]);
        if (status == CLI_DONE)
            status = step(a, &left);
        if (status != CLI_DONE)
            break;
    }
    lasting_done(&left);
    return status;
}

int
apply_keep(struct apply *a)
{
    int status = run_commands(a);

    if (status == CLI_DONE) {
        *a->result.what = '\0';
        (void)apply_journal_write(&a->journal,
                                  json_pack("{s:s}", "end", "done"));
    } else {
        a->result.end = stop_asked() ? APPLY_STOPPED : APPLY_REFUSED;
    }
    return status;
}
