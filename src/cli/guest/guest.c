/* SPDX-License-Identifier: MIT */
/* vap guest: takes an mdev as a virtual machine would, and uses it. */
#include "cli/guest/guest.h"

#include "base/say.h"
#include "cli/frame/cli.h"

#include <errno.h>
#include <string.h>

enum { NAME, MDEV, AS, GUESTS, FOR, JSON, LINUX, AGAIN, SMP, CONSOLE, PUT };

static const struct cli_option options[] = {
    [NAME] = { 0, "name", "NAME", "of this host; default: default" },
    [MDEV] = { 'm', "mdev", "MDEV",
               "this one; the beginning of its name will do" },
    [AS] = { 0, "as", "GUEST",
             "what the guest is called; default: vap.PID, linux.PID" },
    [GUESTS] = { 'n', "guests", "N",
                 "so many guests, each with an mdev of its own" },
    [FOR] = { 0, "for", "SECONDS", "soak, watch: so long; soak: 10" },
    [JSON] = { 0, "json", NULL, "answer in JSON; watch: an event a line" },
    [LINUX] = { 0, "linux", NULL,
                "a real one: Linux in QEMU, as vap fetch qemu guest gets it" },
    [AGAIN] = { 0, "again", NULL,
                "with --linux: takes its mdev again when that is back" },
    [SMP] = { 0, "smp", "N", "with --linux: so many processors; default: 1" },
    [CONSOLE] = { 0, "console", NULL,
                  "with --linux: what its kernel says, on stderr" },
    [PUT] = { 0, "put", "FILE", "with --linux: this file is in its /root" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "what a guest of this mdev gets", "vap guest --mdev 9f3c" },
    { "does its crypto work?", "vap guest --mdev 9f3c run" },
    { "what it sees while adapters come and go",
      "vap guest --mdev 9f3c watch" },
    { "eight guests under load for a minute",
      "vap guest --guests 8 --for 60 soak" },
    { "a shell in a real Linux that has an mdev", "vap guest --linux" },
    { "what its tools say of its queues",
      "vap guest --linux --mdev 9f3c -- lszcrypt -V" },
    { NULL, NULL },
};

static const struct action {
    const char *name;
    int (*run)(const struct guest_wish *wish);
} actions[] = {
    { "list", guest_list },
    { "run", guest_run },
    { "soak", guest_soak },
    { "watch", guest_watch },
};

enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

static const struct action *
action_named(const char *name)
{
    for (size_t i = 0; i < ACTIONS; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    say_error("%s found, list, run, soak or watch expected", name);
    return NULL;
}

static bool
read_count(const char *option, const char *text, unsigned most, unsigned *out)
{
    char *end;
    unsigned long n;

    if (!text)
        return true;
    errno = 0;
    n = strtoul(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && !*end && !errno && n >= 1 &&
        n <= most) {
        *out = (unsigned)n;
        return true;
    }
    say_error("--%s: %s found, 1 to %u expected", option, text, most);
    return false;
}

/* Options that only the one kind of guest has, given to the other. */
static bool
fits(const struct cli_args *args)
{
    static const struct {
        int option;
        bool real;
    } only[] = { { AGAIN, true }, { SMP, true },     { CONSOLE, true },
                 { PUT, true },   { GUESTS, false }, { FOR, false },
                 { JSON, false } };
    bool real = args->value[LINUX];

    for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++) {
        if (!args->value[only[i].option] || only[i].real == real)
            continue;
        say_error(real ? "--%s is not for --linux" : "--%s is for --linux",
                  options[only[i].option].name);
        return false;
    }
    if (real || args->n_operands < 2)
        return true;
    say_error("one of list, run, soak and watch expected");
    return false;
}

static int
run_linux(const struct cli_args *args)
{
    struct guest_wish wish = { .name = args->value[NAME],
                               .mdev = args->value[MDEV],
                               .as = args->value[AS],
                               .guests = 1,
                               .cpus = 1,
                               .again = args->value[AGAIN],
                               .console = args->value[CONSOLE],
                               .put = args->value[PUT],
                               .argv =
                                   args->n_operands ? args->operands : NULL };

    return read_count("smp", args->value[SMP], 8, &wish.cpus)
               ? guest_linux(&wish)
               : CLI_USAGE;
}

static int
run_software(const struct cli_args *args)
{
    const struct action *action =
        action_named(args->n_operands ? args->operands[0] : "list");
    struct guest_wish wish = { .name = args->value[NAME],
                               .mdev = args->value[MDEV],
                               .as = args->value[AS],
                               .guests = 1,
                               .json = args->value[JSON] };

    if (!action ||
        !read_count("guests", args->value[GUESTS], GUEST_MOST, &wish.guests) ||
        !read_count("for", args->value[FOR], 86400, &wish.seconds))
        return CLI_USAGE;
    if (wish.mdev && wish.guests > 1) {
        say_error("--mdev is for one guest: an mdev has no more");
        return CLI_USAGE;
    }
    return action->run(&wish);
}

static int
run(const struct cli_args *args)
{
    if (!fits(args))
        return CLI_USAGE;
    return args->value[LINUX] ? run_linux(args) : run_software(args);
}

const struct cli_command cli_guest = {
    .name = "guest",
    .summary = "a guest, of software or a real Linux: uses an mdev",
    .operands = "[list|run|soak|watch|-- COMMAND...]",
    .max_operands = CLI_ANY,
    .about =
        "Takes an mdev of a virtual host, as a virtual machine would, and "
        "lets it go at the end. Without --mdev it is the first that nobody "
        "holds.\n\n"
        "list shows the queues that the guest has. run sends each kind of "
        "request to each of them and checks the answers against libcrypto. "
        "soak sends as many as the cards answer, checks all, and goes along "
        "when queues come and go. watch shows every change of the guest's "
        "matrix at its time.\n\n"
        "A guest that is asked to let its mdev go, because somebody removes "
        "it, does so, and watch and soak end.\n\n"
        "--linux boots a Linux for s390x in QEMU, whose AP instructions vapd "
        "answers, and runs COMMAND in it, or a shell. Input, output and exit "
        "status are the command's.",
    .options = options,
    .exits = { [CLI_REFUSED] = "refused: somebody else holds the mdev, or "
                               "there is none; or an answer was wrong" },
    .examples = examples,
    .run = run,
};
