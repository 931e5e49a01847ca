/* SPDX-License-Identifier: MIT */
/* vap guest: takes an mdev as a virtual machine would, and uses it. */
#include "cli/guest.h"

#include "base/say.h"
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

enum { NAME, MDEV, AS, GUESTS, FOR, JSON };

static const struct cli_option options[] = {
    [NAME] = { 0, "name", "NAME", "of this host; default: default" },
    [MDEV] = { 'm', "mdev", "MDEV",
               "this one; the beginning of its name will do" },
    [AS] = { 0, "as", "GUEST", "what the guest is called; default: vap.PID" },
    [GUESTS] = { 'n', "guests", "N",
                 "so many guests, each with an mdev of its own" },
    [FOR] = { 0, "for", "SECONDS", "soak, watch: so long; soak: 10" },
    [JSON] = { 0, "json", NULL, "answer in JSON; watch: an event a line" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "what a guest of this mdev gets", "vap guest --mdev 9f3c" },
    { "does its crypto work?", "vap guest --mdev 9f3c run" },
    { "what it sees while adapters come and go",
      "vap guest --mdev 9f3c watch" },
    { "eight guests under load for a minute",
      "vap guest --guests 8 --for 60 soak" },
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

static int
run(const struct cli_args *args)
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

const struct cli_command cli_guest = {
    .name = "guest",
    .summary = "a guest made of software: takes an mdev and uses it",
    .operands = "[list|run|soak|watch]",
    .max_operands = 1,
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
        "it, does so, and watch and soak end.",
    .options = options,
    .exits = { [CLI_REFUSED] = "refused: somebody else holds the mdev, or "
                               "there is none; or an answer was wrong" },
    .examples = examples,
    .run = run,
};
