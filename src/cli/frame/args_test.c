/* SPDX-License-Identifier: MIT */
#include "cli/frame/cli.h"

#include "test.h"

#include <string.h>

enum { RULE, JSON, LONG_ONLY };

static const struct cli_option options[] = {
    [RULE] = { 'r', "rule", "RULE", "a rule" },
    [JSON] = { 0, "json", NULL, "in JSON" },
    [LONG_ONLY] = { 0, "kernel", "KERNEL", "a kernel" },
    { 0 },
};

static const struct cli_command replay = {
    .name = "replay",
    .operands = "TRACE...",
    .min_operands = 1,
    .max_operands = 2,
    .options = options,
};

/* Parses a line of words parted by blanks. */
static enum cli_parsed
parse(const struct cli_command *command, const char *line,
      struct cli_args *args)
{
    static char text[256];
    static char *argv[32];
    int argc = 0;

    (void)snprintf(text, sizeof(text), "vap %s", line);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return cli_parse(command, argc, argv, args);
}

TEST(options_and_operands_come_in_any_order)
{
    static const char *const lines[] = {
        "-r state --json a b",    "a --rule=state b --json",
        "-rstate a --js b",       "--rule fcfs a b --json --rule state",
        "--json -r state -- a b",
    };
    struct cli_args args;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        test_note("%s", lines[i]);
        CHECK_INT(parse(&replay, lines[i], &args), CLI_PARSED);
        CHECK_STR(args.value[RULE], "state");
        CHECK_STR(args.value[JSON], "");
        CHECK_STR(args.value[LONG_ONLY], NULL);
        CHECK_INT(args.n_operands, 2);
        CHECK_STR(args.operands[0], "a");
        CHECK_STR(args.operands[1], "b");
    }
}

TEST(what_does_not_fit_the_table_is_refused)
{
    static const char *const lines[] = {
        "",           "a b c",    "--ruel state a", "-x a",
        "-x",         "a --rule", "a -r",           "--json=yes a",
        "--help=yes", "- - -",    "-- a b c",       "--=x a",
    };
    struct cli_args args;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        test_note("%s", lines[i]);
        CHECK_INT(parse(&replay, lines[i], &args), CLI_WRONG);
    }
}

TEST(help_needs_no_operands)
{
    struct cli_args args;

    CHECK_INT(parse(&replay, "--help", &args), CLI_HELP);
    CHECK_INT(parse(&replay, "--json -h", &args), CLI_HELP);
}

TEST(a_command_that_stops_leaves_the_rest_to_its_operand)
{
    struct cli_command run = replay;
    struct cli_args args;

    run.stops = true;
    run.max_operands = CLI_ANY;
    CHECK_INT(parse(&run, "--json ls --help --rule", &args), CLI_PARSED);
    CHECK_INT(args.n_operands, 3);
    CHECK_STR(args.operands[1], "--help");
    CHECK_STR(args.value[RULE], NULL);
}
