/* SPDX-License-Identifier: MIT */
/* What a subcommand is: one file that defines a struct cli_command, and one
 * row in the table of main.c. Its options are a table too: it is read to
 * parse the arguments and to print --help, so the two never disagree.
 *
 *     enum { RULE, JSON };
 *
 *     static const struct cli_option options[] = {
 *         [RULE] = { 'r', "rule", "RULE", "the rule guests are given by" },
 *         [JSON] = { 0, "json", NULL, "answer in JSON" },
 *         { 0 },
 *     };
 *
 *     static int
 *     run(const struct cli_args *args)
 *     {
 *         const char *rule = args->value[RULE];  NULL when not given
 *         bool json = args->value[JSON];
 *         ...
 *     }
 */
#ifndef VAP_CLI_FRAME_CLI_H
#define VAP_CLI_FRAME_CLI_H

#include <stdbool.h>
#include <stdio.h>

/* Exit statuses. What run() returns. */
enum {
    CLI_DONE = 0,
    CLI_REFUSED = 1, /* or different, where two things were compared */
    CLI_USAGE = 2,
    CLI_FAILED = 3,
    CLI_STATUSES
};

/* --help is everywhere and in no table. */
struct cli_option {
    char letter; /* 'r' for -r; 0 for none */
    const char *name; /* "rule" for --rule; NULL ends a table */
    const char *arg; /* what its value is called; NULL when it takes none */
    const char *text; /* for --help: what it does, no full stop */
};

struct cli_example {
    const char *what; /* "why a guest lacks adapter 5"; NULL ends a table */
    const char *line; /* "vap explain host.yaml 05" */
};

enum { CLI_MAX_OPTIONS = 16 };

/* max_operands without limit. */
#define CLI_ANY (-1)

struct cli_args;

struct cli_command {
    const char *name; /* as typed; NULL for vap itself */
    const char *summary; /* for the list of commands: what it does */
    const char *operands; /* as in the usage line, "TRACE..."; "" for none */
    int min_operands;
    int max_operands;
    bool stops; /* options end at the first operand: the rest is a
                   command of its own */
    const char *about; /* for --help: paragraphs, parted by "\n\n" */
    const struct cli_option *options; /* NULL for none */
    const char *exits[CLI_STATUSES]; /* when; NULL for the usual */
    const struct cli_example *examples; /* NULL for none */
    int (*run)(const struct cli_args *args);
};

/** What was typed. All of it lasts as long as argv. */
struct cli_args {
    const struct cli_command *command;
    /* By the option's place in the table: NULL not given, "" given and takes
     * no value. Given twice, the last counts. */
    const char *value[CLI_MAX_OPTIONS];
    int n_operands;
    char **operands;
};

enum cli_parsed {
    CLI_PARSED,
    CLI_HELP, /* --help was asked for; args is not filled */
    CLI_WRONG, /* and what is wrong has been said on stderr */
};

/**
 * Sorts argv[1] and on into options and operands; argv is reordered.
 * argv[0] is not looked at.
 */
enum cli_parsed cli_parse(const struct cli_command *command, int argc,
                          char **argv, struct cli_args *args);

/**
 * Prints what --help prints.
 *
 * among    the table of commands, ended by NULL, when it is vap's own help;
 *          NULL for a command's
 */
void cli_help(FILE *out, const struct cli_command *command,
              const struct cli_command *const *among);

#endif
