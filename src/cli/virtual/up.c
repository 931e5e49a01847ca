/* SPDX-License-Identifier: MIT */
/* vap up: a virtual host in the background. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "cli/frame/client.h"
#include "cli/frame/out.h"
#include "cli/frame/rules.h"
#include "cli/virtual/background.h"

#include <string.h>

enum { NAME, RULE, KERNEL, LARGE, FRESH, NO_SCAN, JSON };

static const struct cli_option options[] = {
    [NAME] = { 0, "name", "NAME", "what to call it; default: default" },
    [RULE] = { 'r', "rule", "RULE",
               "what its guests get: state, linux-7.2, linux-6.12 or fcfs" },
    [KERNEL] = { 'k', "kernel", "VERSION",
                 "with state and fcfs: 7.2 or 6.12, for all but the guest "
                 "matrix" },
    [LARGE] = { 0, "large", NULL, "256 adapters by 256 domains" },
    [FRESH] = { 0, "fresh", NULL, "forget what a host of this name was" },
    [NO_SCAN] = { 0, "no-scan", NULL,
                  "its bus looks at the hardware only when asked" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "a small built-in host", "vap up" },
    { "one as a file has it, beside the other",
      "vap up --name test host.yaml" },
    { "as the kernel does it", "vap up --fresh --rule linux-7.2" },
    { "what now", "vap show; vap run -- mdevctl types; vap down" },
    { NULL, NULL },
};

static void
fill(const struct cli_args *args, const char *argv[BACKGROUND_ARGS])
{
    static const struct {
        int option;
        const char *name;
        bool value;
    } rows[] = {
        { RULE, "--rule", true },        { KERNEL, "--kernel", true },
        { LARGE, "--large", false },     { FRESH, "--fresh", false },
        { NO_SCAN, "--no-scan", false },
    };
    int n = 1;

    argv[n++] = "--name";
    argv[n++] = client_name(args->value[NAME]);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!args->value[rows[i].option])
            continue;
        argv[n++] = rows[i].name;
        if (rows[i].value)
            argv[n++] = args->value[rows[i].option];
    }
    if (args->n_operands) {
        argv[n++] = "--host";
        argv[n++] = args->operands[0];
    }
    argv[n] = NULL;
}

static void
put_text(const json_t *about)
{
    const char *name, *rule, *kernel, *tree;
    char option[PLACE_NAME + 16] = "";
    json_int_t events;

    (void)json_unpack((json_t *)about, "{s:s, s:s, s:s, s:s, s:I}", "name",
                      &name, "rule", &rule, "kernel", &kernel, "tree", &tree,
                      "last_event", &events);
    if (strcmp(name, client_name(NULL)) != 0)
        (void)snprintf(option, sizeof(option), " --name %s", name);
    (void)printf("%s is up%s: rule %s, kernel %s\n"
                 "tree  %s\n"
                 "next  vap show%s, vap run%s -- mdevctl types, vap down%s\n",
                 name, events ? ", as it was" : "", rule, kernel, tree, option,
                 option, option);
}

static int
answer(const struct cli_args *args)
{
    AUTO(client_done) struct client *client = NULL;
    json_t *about = NULL;
    int status = client_new(client_name(args->value[NAME]), &client);

    if (status == CLI_DONE)
        status = client_get(client, "/v1", &about);
    if (status != CLI_DONE)
        return status;
    if (args->value[JSON])
        return out_json(about);
    put_text(about);
    json_decref(about);
    return CLI_DONE;
}

static int
run(const struct cli_args *args)
{
    const char *argv[BACKGROUND_ARGS] = { NULL };
    const struct vap_rule *rule;
    enum vap_kernel kernel;
    struct place place;
    int status = client_place(client_name(args->value[NAME]), &place);

    if (status == CLI_DONE &&
        !cli_rule(args->value[RULE], args->value[KERNEL], &rule, &kernel))
        status = CLI_USAGE;
    if (status != CLI_DONE)
        return status;
    fill(args, argv);
    status = background_start(argv);
    return status == CLI_DONE ? answer(args) : status;
}

const struct cli_command cli_up = {
    .name = "up",
    .summary = "a virtual host in the background",
    .operands = "[HOST.yaml]",
    .max_operands = 1,
    .about =
        "Starts vapd, which keeps a virtual host, serves its tree and its API, "
        "and returns when it is ready. A host of this name that has been "
        "there before goes on as it was. A new one is as HOST.yaml says, see "
        "vap-host(5); without that, a small built-in one: adapters 03, 05 and "
        "0a, domains 0004, 0047 and 0054, with 03.0004 kept for the host and "
        "all else for guests.\n\n"
        "Several hosts run side by side under names of their own. As root they "
        "live below /run/vap and /var/lib/vap, else below XDG_RUNTIME_DIR and "
        "XDG_STATE_HOME.",
    .options = options,
    .exits = { [CLI_REFUSED] = "it is up already, or goes on otherwise" },
    .examples = examples,
    .run = run,
};
