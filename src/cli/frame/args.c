/* SPDX-License-Identifier: MIT */
/* Arguments by the command's table: getopt_long does the work, its arrays
 * are made from the table, and what is wrong is said in our words. */
#include "cli/frame/cli.h"

#include "base/say.h"
#include "cli/frame/nearest.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

/* What getopt answers for the long form of option i; letters are below. */
#define LONG 256
#define HELP (LONG + CLI_MAX_OPTIONS)

struct getopt_tables {
    char letters[2 * CLI_MAX_OPTIONS + 8];
    struct option names[CLI_MAX_OPTIONS + 2];
};

static void
fill_tables(struct getopt_tables *t, const struct cli_command *command)
{
    char *letter = t->letters;
    int n = 0;

    if (command->stops)
        *letter++ = '+';
    *letter++ = ':';
    *letter++ = 'h';
    for (const struct cli_option *o = command->options; o && o->name; o++) {
        assert(n < CLI_MAX_OPTIONS);
        t->names[n] =
            (struct option){ o->name, o->arg ? required_argument : no_argument,
                             NULL, LONG + n };
        n++;
        if (o->letter)
            *letter++ = o->letter;
        if (o->letter && o->arg)
            *letter++ = ':';
    }
    *letter = '\0';
    t->names[n] = (struct option){ "help", no_argument, NULL, HELP };
    t->names[n + 1] = (struct option){ 0 };
}

/* Which option getopt means; -1 for one that is not in the table. */
static int
place_of(const struct cli_command *command, int answer)
{
    if (answer >= LONG)
        return answer - LONG;
    for (int i = 0; command->options && command->options[i].name; i++)
        if (answer && command->options[i].letter == answer)
            return i;
    return -1;
}

/* "replay: ", or nothing when it is vap itself. */
#define WHO(command)                                                           \
    (command)->name ? (command)->name : "", (command)->name ? ": " : ""

static void
say_unknown(const struct cli_command *command, const char *typed)
{
    struct nearest nearest = { .word = typed + strspn(typed, "-") };

    for (const struct cli_option *o = command->options; o && o->name; o++)
        nearest_offer(&nearest, o->name);
    nearest_offer(&nearest, "help");
    if (nearest.best)
        say_error("%s%s%s is not an option; did you mean --%s?", WHO(command),
                  typed, nearest.best);
    else
        say_error("%s%s%s is not an option; vap%s%s --help lists them",
                  WHO(command), typed, command->name ? " " : "",
                  command->name ? command->name : "");
}

/* getopt answered wrong: ':' a value is missing, '?' anything else. */
static void
say_wrong(const struct cli_command *command, int wrong, char **argv)
{
    int i = place_of(command, optopt);

    if (wrong == ':')
        say_error("%s%s--%s needs a value: %s", WHO(command),
                  command->options[i].name, command->options[i].arg);
    else if (optopt >= LONG)
        say_error("%s%s--%s takes no value", WHO(command),
                  optopt == HELP ? "help" : command->options[i].name);
    else if (optopt)
        say_unknown(command, (char[]){ '-', (char)optopt, '\0' });
    else
        say_unknown(command, argv[optind - 1]);
}

static bool
operands_fit(const struct cli_command *command, const struct cli_args *args)
{
    bool few = args->n_operands < command->min_operands;
    bool many = command->max_operands != CLI_ANY &&
                args->n_operands > command->max_operands;

    if (few)
        say_error("%s%s%s expected; see vap%s%s --help", WHO(command),
                  command->operands, command->name ? " " : "",
                  command->name ? command->name : "");
    if (many)
        say_error("%s%s\"%s\" is one argument too many", WHO(command),
                  args->operands[command->max_operands]);
    return !few && !many;
}

enum cli_parsed
cli_parse(const struct cli_command *command, int argc, char **argv,
          struct cli_args *args)
{
    struct getopt_tables tables;
    int answer;

    *args = (struct cli_args){ .command = command };
    fill_tables(&tables, command);
    optind = 0; /* from the start, also when it is not the first time */
    opterr = 0;
    while ((answer = getopt_long(argc, argv, tables.letters, tables.names,
                                 NULL)) != -1) {
        if (answer == 'h' || answer == HELP)
            return CLI_HELP;
        if (answer == '?' || answer == ':') {
            say_wrong(command, answer, argv);
            return CLI_WRONG;
        }
        args->value[place_of(command, answer)] = optarg ? optarg : "";
    }
    args->operands = argv + optind;
    args->n_operands = argc - optind;
    return operands_fit(command, args) ? CLI_PARSED : CLI_WRONG;
}
