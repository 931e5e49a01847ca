/* SPDX-License-Identifier: MIT */
/* vap export: what a host has, as what is wanted. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "cli/change/wants.h"
#include "cli/frame/out.h"

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    { 0 },
};

static const struct cli_example examples[] = {
    { "the masks and mdevs of the virtual host that is up",
      "vap export > wanted.yaml" },
    { "to make another host's mdevs like those of this one",
      "vap export --name one | vap plan --name two -" },
    { NULL, NULL },
};

static int
run(const struct cli_args *args)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(wanted_done) struct wanted wanted = { 0 };
    struct whose whose;
    int status;

    if (whose_of(args, &whose) < args->n_operands)
        whose.file = args->operands[0];
    status = whose_host(&whose, &host, NULL);
    if (status != CLI_DONE)
        return status;
    if (wanted_of(host, &wanted))
        return out_no_memory();
    wanted_write(stdout, &wanted);
    return CLI_DONE;
}

const struct cli_command cli_export = {
    .name = "export",
    .summary = "what a host has, as WANTED.yaml",
    .operands = "[HOST.yaml]",
    .max_operands = 1,
    .about = "Writes the host's masks and mdevs as what is wanted of a host, "
             "for vap plan, apply and assert; see vap-wanted(5). A plan for "
             "the same host has nothing to do.\n\n" WHOSE_ABOUT,
    .options = options,
    .examples = examples,
    .run = run,
};
