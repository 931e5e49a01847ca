/* SPDX-License-Identifier: MIT */
/* A first look, from built-in data alone. */
#include "cli/cli.h"

static int
run(const struct cli_args *args)
{
    (void)args;
    (void)puts("vap: nothing to show yet");
    return CLI_DONE;
}

static const struct cli_example examples[] = {
    { "the whole of it", "vap demo" },
    { NULL, NULL },
};

const struct cli_command cli_demo = {
    .name = "demo",
    .summary = "a first look, from built-in data",
    .operands = "",
    .about = "Shows on built-in data what vap is about. It reads nothing and "
             "changes nothing.",
    .examples = examples,
    .run = run,
};
