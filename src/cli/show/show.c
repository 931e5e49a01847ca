/* SPDX-License-Identifier: MIT */
/* vap show: the host at a glance, one mdev in detail, or all of it as JSON. */
#include "cli/show/show.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cells.h"
#include "cli/frame/cli.h"
#include "cli/frame/ids.h"
#include "cli/frame/load.h"
#include "cli/frame/out.h"
#include "cli/frame/rules.h"
#include "cli/frame/whose.h"
#include "cli/show/grid.h"

#include <errno.h>
#include <string.h>

enum { JSON = WHOSE_END, OUTPUT, NOHEADINGS };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    [OUTPUT] = { 'o', "output", "COLUMN,...",
                 "the table of mdevs alone, with these columns" },
    [NOHEADINGS] = { 'n', "noheadings", NULL,
                     "the table of mdevs alone, without the line above it" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "the virtual host that is up, or a built-in one", "vap show" },
    { "what it was like five minutes ago", "vap show --at -5min" },
    { "a host, and what its guests have", "vap show host.yaml" },
    { "one mdev of it: what is filtered, and why", "vap show host.yaml web" },
    { "the same host, if Linux had worked it out",
      "vap show --rule linux-7.2 host.yaml" },
    { "which mdevs lack a queue, for a script",
      "vap show -n -o mdev,filtered host.yaml" },
    { NULL, NULL },
};

/* --- the headline --- */

static void
put_fact(const char *left, const char *right)
{
    (void)printf("%-9s%s\n", left, right);
}

/* "9: 1 host, 4 free, 4 in mdevs, 2 in guest matrices" */
static void
put_queues(const struct cells *cells)
{
    unsigned n[CELL_KINDS] = { 0 }, all = 0, owned = 0;

    VAP_EACH (a, &cells->adapters)
        VAP_EACH (d, &cells->domains)
            n[cells->at[a][d].kind]++;
    for (int kind = CELL_HOST; kind < CELL_KINDS; kind++) {
        all += kind == CELL_MISSING ? 0 : n[kind];
        owned += kind < CELL_GUEST || kind == CELL_MISSING ? 0 : n[kind];
    }
    (void)printf("%-9s%u: %u host, %u free", "queues", all, n[CELL_HOST],
                 n[CELL_FREE]);
    if (n[CELL_UNBOUND])
        (void)printf(", %u unbound", n[CELL_UNBOUND]);
    if (owned)
        (void)printf(", %u in mdevs, %u in guest matrices", owned,
                     n[CELL_GUEST] + n[CELL_KEPT]);
    (void)putchar('\n');
}

/* "; adapters +05 -0a": what has come and what has gone. */
static void
put_difference(const char *what, const struct vap_mask *seen,
               const struct vap_mask *now, int digits)
{
    struct vap_mask come = vap_mask_less(*now, *seen);
    struct vap_mask gone = vap_mask_less(*seen, *now);
    char ids[IDS_TEXT];

    if (vap_mask_equal(seen, now))
        return;
    (void)printf("; %s", what);
    if (!vap_mask_empty(&come))
        (void)printf(" +%s", ids_text(&come, digits, ids));
    if (!vap_mask_empty(&gone))
        (void)printf(" -%s", ids_text(&gone, digits, ids));
}

static void
put_scan(const struct vap_bus *bus)
{
    const struct vap_matrix *seen = &bus->config.ids;
    const struct vap_matrix *now = &bus->hardware.ids;

    if (vap_matrix_equal(seen, now))
        return;
    (void)printf("%-9sdue", "scan");
    put_difference("adapters", &seen->adapters, &now->adapters, 2);
    put_difference("domains", &seen->domains, &now->domains, 4);
    put_difference("control domains", &seen->control, &now->control, 4);
    (void)putchar('\n');
}

static int
put_headline(const struct host *host, const char *called)
{
    const struct vap_bus *bus = &host->engine->bus;
    struct cells *cells;
    char text[64], ids[IDS_TEXT];

    if (cells_new(host, &cells))
        return -ENOMEM;
    (void)printf("%-9s", "host");
    say_quoted(stdout, called);
    (void)putchar('\n');
    (void)snprintf(text, sizeof(text), "%s, kernel %s",
                   host->engine->rule->name,
                   cli_kernel_name(host->engine->kernel));
    put_fact("rule", text);
    put_fact("apmask", ids_text(&bus->apmask, 2, ids));
    put_fact("aqmask", ids_text(&bus->aqmask, 4, ids));
    put_fact("control", ids_text(&bus->config.ids.control, 4, ids));
    put_queues(cells);
    put_scan(bus);
    free(cells);
    return 0;
}

/* --- */

static int
put_host(const struct host *host, const char *called)
{
    struct grid_look look = grid_look_for(stdout);
    int r = put_headline(host, called);

    look.names = false; /* the table has them */
    (void)putchar('\n');
    if (!r)
        r = grid_draw(stdout, host, &look);
    if (r || !host_has_mdevs(host))
        return r;
    (void)putchar('\n');
    return show_table(stdout, host, NULL, true);
}

static int
answer(const struct cli_args *args, const struct host *host, uint32_t mdev,
       const char *called)
{
    if (args->value[JSON])
        return show_json(stdout, host);
    if (mdev != NAMES_NONE)
        return show_mdev(stdout, host, mdev);
    if (args->value[OUTPUT] || args->value[NOHEADINGS])
        return show_table(stdout, host, args->value[OUTPUT],
                          !args->value[NOHEADINGS]);
    return put_host(host, called);
}

/* Who names a file that is not there has most likely not meant an mdev. */
static uint32_t
find_mdev(const struct host *host, const char *name, const char *called)
{
    if (strcmp(called, "built in") == 0)
        say_error("this is the built-in host, which has no mdev \"%s\"; a host "
                  "file ends in .yaml or is there, with a / in its path",
                  name);
    else if (strchr(name, '/'))
        say_error("%s: no such file, and no name of an mdev", name);
    else
        return cli_mdev(host, name);
    return NAMES_NONE;
}

static int
run(const struct cli_args *args)
{
    struct whose whose;
    AUTO(host_done) struct host *host = NULL;
    int taken = whose_of(args, &whose);
    const char *called;
    uint32_t mdev = NAMES_NONE;
    int r;

    if (args->n_operands - taken > 1) {
        say_error("%s found, a host file expected: it ends in .yaml",
                  args->operands[0]);
        return CLI_USAGE;
    }
    r = whose_host(&whose, &host, &called);
    if (r != CLI_DONE)
        return r;
    if (args->n_operands > taken)
        mdev = find_mdev(host, args->operands[taken], called);
    if (args->n_operands > taken && mdev == NAMES_NONE)
        return CLI_USAGE;
    if (args->value[JSON] && mdev != NAMES_NONE)
        return out_json(show_mdev_json(host, mdev));
    r = answer(args, host, mdev, called);
    return r < 0 ? out_no_memory() : r ? CLI_USAGE : CLI_DONE;
}

const struct cli_command cli_show = {
    .name = "show",
    .summary = "whose each queue is, and what each guest has",
    .operands = "[HOST.yaml] [MDEV]",
    .max_operands = 2,
    .about =
        "Draws a host: adapters down, domains across, and at each crossing "
        "whose that queue is; below it a table of its mdevs. With MDEV, a name "
        "or the beginning of one, that mdev in detail: its matrix, its guest "
        "matrix, and what keeps back the rest.\n\n" WHOSE_ABOUT,
    .options = options,
    .exits = { [CLI_USAGE] = "wrong usage, or what is no host file" },
    .examples = examples,
    .run = run,
};
