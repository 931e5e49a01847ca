/* SPDX-License-Identifier: MIT */
/* vap down: ends virtual hosts. */
#include "cli/frame/cli.h"

#include "base/say.h"
#include "cli/frame/client.h"
#include "cli/frame/hosts.h"
#include "cli/virtual/background.h"

enum { NAME, ALL, FORGET };

static const struct cli_option options[] = {
    [NAME] = { 0, "name", "NAME", "this one; default: default" },
    [ALL] = { 0, "all", NULL, "all of yours" },
    [FORGET] = { 0, "forget", NULL, "its state and log as well" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "end it; vap up goes on with it", "vap down" },
    { "end all, and leave nothing on disk", "vap down --all --forget" },
    { NULL, NULL },
};

static int
stop_one(const char *name, bool forget)
{
    struct place place;
    int status = client_place(name, &place);
    int r = status == CLI_DONE ? background_stop(&place, name, forget) : -1;

    if (r < 0)
        return status == CLI_DONE ? CLI_FAILED : status;
    if (r > 0)
        (void)printf("%s is down%s\n", name, forget ? " and forgotten" : "");
    else if (forget)
        (void)printf("%s was not up; it is forgotten\n", name);
    else
        say_error("the virtual host %s is not up", name);
    return r > 0 || forget ? CLI_DONE : CLI_FAILED;
}

/* Those that are up or have left something; those on disk, to forget them. */
static int
stop_all(bool forget)
{
    struct hosts hosts;
    int status = hosts_find(&hosts, true);

    for (size_t i = 0; i < hosts.n && status != CLI_FAILED; i++)
        if (hosts.host[i].up || hosts.host[i].left || forget) {
            int one = stop_one(hosts.host[i].name, forget);

            status = hosts.host[i].up || forget ? one : status;
        }
    hosts_done(&hosts);
    return status;
}

static int
run(const struct cli_args *args)
{
    bool forget = args->value[FORGET];

    if (args->value[ALL] && args->value[NAME]) {
        say_error("--all and --name exclude each other");
        return CLI_USAGE;
    }
    return args->value[ALL] ? stop_all(forget)
                            : stop_one(client_name(args->value[NAME]), forget);
}

const struct cli_command cli_down = {
    .name = "down",
    .summary = "end a virtual host",
    .operands = "",
    .about = "Ends a virtual host and returns when it is gone: its tree "
             "unmounted, its socket and its process no more. Its state stays, "
             "and vap up goes on with it. What a host that was killed has left "
             "is cleared away as well.",
    .options = options,
    .examples = examples,
    .run = run,
};
