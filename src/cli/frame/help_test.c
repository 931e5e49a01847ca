/* SPDX-License-Identifier: MIT */
#include "cli/frame/cli.h"

#include "test.h"

#include <string.h>

static const struct cli_option options[] = {
    { 'r', "rule", "RULE", "the rule guests are given their queues by" },
    { 0, "json", NULL,
      "answer in JSON, which is one object with a member for each file and "
      "one for the whole of them" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "all that was recorded", "vap replay traces/*.jsonl" },
    { NULL, NULL },
};

static const struct cli_command replay = {
    .name = "replay",
    .summary = "compare",
    .operands = "TRACE...",
    .about = "First paragraph, of which the last word but two is longer than "
             "the line has room for.\n\nSecond.",
    .options = options,
    .exits = { [CLI_REFUSED] = "a trace differs" },
    .examples = examples,
};

static const char expected[] =
    "Usage: vap replay [--rule RULE] [--json] TRACE...\n"
    "\n"
    "First paragraph, of which the last word but two is longer than the line "
    "has\n"
    "room for.\n"
    "\n"
    "Second.\n"
    "\n"
    "Options:\n"
    "  -r, --rule RULE  the rule guests are given their queues by\n"
    "      --json       answer in JSON, which is one object with a member for "
    "each\n"
    "                   file and one for the whole of them\n"
    "  -h, --help       this text\n"
    "\n"
    "Exit status:\n"
    "  0  done\n"
    "  1  a trace differs\n"
    "  2  wrong usage\n"
    "  3  could not: the message says what\n"
    "\n"
    "Examples:\n"
    "  all that was recorded\n"
    "      $ vap replay traces/*.jsonl\n";

TEST(help_teaches_from_the_table)
{
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");

    CHECK(out != NULL);
    cli_help(out, &replay, NULL);
    CHECK_INT(fclose(out), 0);
    CHECK_STR(text, expected);
}

static const struct cli_command vap = {
    .operands = "COMMAND",
    .about = "About.",
};

TEST(the_help_of_vap_lists_the_commands)
{
    const struct cli_command *const among[] = { &replay, NULL };
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");

    CHECK(out != NULL);
    cli_help(out, &vap, among);
    CHECK_INT(fclose(out), 0);
    CHECK(strncmp(text, "Usage: vap COMMAND\n\nAbout.\n", 27) == 0);
    CHECK(strstr(text, "\nCommands:\n  replay    compare\n") != NULL);
}
