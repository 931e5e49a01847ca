/* SPDX-License-Identifier: MIT */
/* vap: finds the command and sees to it that what was printed has arrived. */
#include "cli/frame/cli.h"

#include "base/say.h"
#include "cli/frame/nearest.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A command is one file here, and one row: its struct is cli_ROW. */
#define COMMANDS(ROW)                                                          \
    ROW(up)                                                                    \
    ROW(down)                                                                  \
    ROW(list)                                                                  \
    ROW(tree)                                                                  \
    ROW(lab)                                                                   \
    ROW(replay)                                                                \
    ROW(show)                                                                  \
    ROW(explain)                                                               \
    ROW(what_if)                                                               \
    ROW(check)                                                                 \
    ROW(heal)                                                                  \
    ROW(capture)                                                               \
    ROW(plan)                                                                  \
    ROW(apply)                                                                 \
    ROW(assert)                                                                \
    ROW(export)                                                                \
    ROW(migrate)                                                               \
    ROW(host)                                                                  \
    ROW(card)                                                                  \
    ROW(guest)                                                                 \
    ROW(watch)                                                                 \
    ROW(log)                                                                   \
    ROW(run)                                                                   \
    ROW(fetch)                                                                 \
    ROW(demo)

#define DECLARE(row) extern const struct cli_command cli_##row;
COMMANDS(DECLARE)

#define ADDRESS(row) &cli_##row,
static const struct cli_command *const commands[] = { COMMANDS(ADDRESS) NULL };

enum { VERSION };

static const struct cli_option options[] = {
    [VERSION] = { 'V', "version", NULL, "the version" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "what this is about, in a minute", "vap demo" },
    { NULL, NULL },
};

static const struct cli_command vap = {
    .operands = "COMMAND [ARGUMENT...]",
    .max_operands = CLI_ANY,
    .stops = true,
    .about = "Virtual adjunct processors: shows, explains and predicts which "
             "crypto adapters and domains of a mainframe a guest gets.",
    .options = options,
    .exits = { [CLI_REFUSED] = "refused or different" },
    .examples = examples,
};

static const struct cli_command *
command_named(const char *name)
{
    struct nearest nearest = { .word = name };

    for (const struct cli_command *const *c = commands; *c; c++) {
        if (strcmp((*c)->name, name) == 0)
            return *c;
        nearest_offer(&nearest, (*c)->name);
    }
    if (nearest.best)
        say_error("%s is not a command; did you mean vap %s?", name,
                  nearest.best);
    else
        say_error("%s is not a command; vap --help lists them", name);
    return NULL;
}

/* vap help, vap help COMMAND: as --help. */
static int
run_help(int argc, char **argv)
{
    const struct cli_command *command =
        argc > 1 ? command_named(argv[1]) : &vap;

    if (!command)
        return CLI_USAGE;
    cli_help(stdout, command, argc > 1 ? NULL : commands);
    return CLI_DONE;
}

static int
run_command(int argc, char **argv)
{
    const struct cli_command *command;
    struct cli_args args;

    if (strcmp(argv[0], "help") == 0)
        return run_help(argc, argv);
    command = command_named(argv[0]);
    if (!command)
        return CLI_USAGE;
    switch (cli_parse(command, argc, argv, &args)) {
    case CLI_PARSED:
        return command->run(&args);
    case CLI_HELP:
        cli_help(stdout, command, NULL);
        return CLI_DONE;
    case CLI_WRONG:
        break;
    }
    return CLI_USAGE;
}

static int
run(int argc, char **argv)
{
    struct cli_args args;

    switch (cli_parse(&vap, argc, argv, &args)) {
    case CLI_WRONG:
        return CLI_USAGE;
    case CLI_HELP:
        cli_help(stdout, &vap, commands);
        return CLI_DONE;
    case CLI_PARSED:
        break;
    }
    if (args.value[VERSION]) {
        (void)printf("vap %s\n", VAP_VERSION);
        return CLI_DONE;
    }
    if (args.n_operands == 0) {
        cli_help(stderr, &vap, commands);
        return CLI_USAGE;
    }
    return run_command(args.n_operands, args.operands);
}

/* An answer that got lost on its way, on a full disk or in a pipe nobody
 * reads, must not look like success. */
static int
with_stdout_written(int status)
{
    bool lost = ferror(stdout);

    errno = 0;
    if (fclose(stdout) == 0 && !lost)
        return status;
    say_error("stdout: %s", errno ? strerror(errno) : "not all was written");
    return CLI_FAILED;
}

int
main(int argc, char **argv)
{
    if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
        say_error("stdout is closed"); /* else a file could come to be it */
        return CLI_FAILED;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file too large is an error as any */
    (void)setlocale(LC_CTYPE, "");
    return with_stdout_written(run(argc, argv));
}
