/* SPDX-License-Identifier: MIT */
/* vap host: the mainframe's console, which gives ids to a virtual host and
 * takes them away. */
#include "cli/frame/cli.h"

#include "base/say.h"
#include "cli/virtual/console.h"
#include "matrix/text.h"

#include <string.h>

enum { NAME, PLAN, NO_SCAN, JSON };

static const struct cli_option options[] = {
    [NAME] = { 0, "name", "NAME", "this host; default: default" },
    [PLAN] = { 'p', "plan", NULL, "only say what it would do" },
    [NO_SCAN] = { 0, "no-scan", NULL,
                  "the bus sees it at its next scan, not at once" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "the host loses adapter 05", "vap host adapter remove 5" },
    { "what that would do to every guest", "vap host adapter remove 5 --plan" },
    { "two domains and the right to control them",
      "vap host domain add 0x47 0x54; vap host control-domain add 0x47,0x54" },
    { "the bus looks at its hardware", "vap host scan" },
    { NULL, NULL },
};

static const struct kind {
    const char *word;
    const char *key; /* of the request */
} kinds[] = {
    { "adapter", "adapters" },
    { "domain", "domains" },
    { "control-domain", "control" },
};

static const struct kind *
kind_of(const char *word)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].word, word) == 0)
            return &kinds[i];
    say_error("%s found, adapter, domain, control-domain or scan expected",
              word);
    return NULL;
}

static int
change_ids(const struct cli_args *args, const struct console *console)
{
    const struct kind *kind = kind_of(args->operands[0]);
    const char *verb = args->operands[1];
    bool add = strcmp(verb, "add") == 0;
    char set[VAP_SET_TEXT];
    struct vap_mask ids;

    if (!kind)
        return CLI_USAGE;
    if (!add && strcmp(verb, "remove") != 0) {
        say_error("%s found, add or remove expected", verb);
        return CLI_USAGE;
    }
    if (!console_read_ids(args->n_operands - 2, args->operands + 2, &ids))
        return CLI_USAGE;
    (void)vap_set_text(&ids, set, sizeof(set));
    return console_do(console,
                      json_pack("[{s:s, s:{s:s}}]", "op",
                                args->value[NO_SCAN] ? "hardware" : "host",
                                kind->key, add ? "set" : "clear", set));
}

static int
run(const struct cli_args *args)
{
    const struct console console = { .name = args->value[NAME],
                                     .plan = args->value[PLAN],
                                     .json = args->value[JSON] };

    if (args->n_operands == 1 && strcmp(args->operands[0], "scan") == 0)
        return console_do(&console, console_then_scan(json_array()));
    if (args->n_operands >= 3)
        return change_ids(args, &console);
    say_error("adapter, domain or control-domain, then add or remove, then an "
              "ID expected; or scan");
    return CLI_USAGE;
}

const struct cli_command cli_host = {
    .name = "host",
    .summary = "give ids to a virtual host, or take them away",
    .operands = "adapter|domain|control-domain add|remove ID... | scan",
    .min_operands = 1,
    .max_operands = CLI_ANY,
    .about = "Does what the mainframe's console does to a host that runs: "
             "gives it adapters, domains, control domains, or takes them away; "
             "all IDs as one change, and guests go along while they run. IDs "
             "are decimal or 0x hex; 0-2,7 is a set of them.\n\n"
             "The bus sees it at once. With --no-scan it does at its next "
             "scan: by itself within half a minute, or at vap host scan.",
    .options = options,
    .examples = examples,
    .run = run,
};
