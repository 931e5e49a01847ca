/* SPDX-License-Identifier: MIT */
/* vap check: what is the matter with a host, worst first. A check is a row of
 * a table; facts are gathered once, for all. */
#include "cli/ask/check.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/out.h"
#include "cli/frame/rules.h"
#include "cli/frame/table.h"
#include "cli/frame/whose.h"
#include "host/change_words.h"
#include "host/json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

enum { ROOT = WHOSE_END, QUIET, LIST, OUTPUT, NOHEADINGS, JSON };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [ROOT] = { 0, "root", "DIR",
               "where its etc/ is, with what mdevctl, chzdev and libvirt "
               "know" },
    [QUIET] = { 'q', "quiet", NULL, "errors and warnings alone" },
    [LIST] = { 'l', "list", NULL, "what is looked for" },
    [OUTPUT] = { 'o', "output", "COLUMN,...",
                 "as a table, with these columns: SEVERITY, CHECK, PLACE, "
                 "TEXT, REMEDY" },
    [NOHEADINGS] = { 'n', "noheadings", NULL,
                     "as a table, without the line above" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "this host, or the virtual one that is up", "vap check" },
    { "for monitoring: status 1 when something is wrong", "vap check -q" },
    { "each mdev with an error, for a script",
      "vap check -n -o severity,place | grep ^error" },
    { "a copy of another machine", "vap check --sysfs copy/sys --root copy" },
    { NULL, NULL },
};

static const struct check_row *const tables[] = {
    check_mdev_rows,
    check_mask_rows,
    check_store_rows,
};

static const char *const severities[SEVERITIES] = { "error", "warning",
                                                    "notice" };

/* ---- findings */

static void
check_done(struct check *c)
{
    size_t n = c->stores ? c->stores->n_definitions : 0;

    for (size_t i = 0; i < c->n; i++) {
        free(c->list[i].place);
        free(c->list[i].text);
        free(c->list[i].remedy);
    }
    for (size_t i = 0; i < n; i++) {
        if (c->at_boot)
            free(c->at_boot[i].reason);
        if (c->now)
            free(c->now[i].reason);
    }
    free(c->command);
    free(c->list);
    free(c->at_boot);
    free(c->now);
    free(c->mdevs);
    host_free(c->boot);
}

/* ---- facts */

/* Each that is not active, by itself. */
static int
start_now(struct check *c)
{
    AUTO(host_done) struct host *copy = NULL;
    int r = host_copy(c->host, &copy);

    for (size_t i = 0; i < c->stores->n_definitions && !r; i++) {
        const struct stores_definition *d = &c->stores->definitions[i];
        struct vap_request remove = { .op = VAP_REMOVE };

        if (host_mdev(c->host, d->name) != NAMES_NONE)
            continue;
        r = stores_start(copy, d, &c->now[i]);
        remove.mdev = host_mdev(copy, d->name);
        if (remove.mdev != NAMES_NONE)
            (void)host_do(copy, &remove, NULL);
    }
    return r;
}

/* Those that start by themselves, all together. */
static int
start_at_boot(struct check *c)
{
    int r = stores_boot(c->host, c->stores, &c->boot);

    for (size_t i = 0; i < c->stores->n_definitions && !r; i++)
        if (c->stores->definitions[i].automatic)
            r = stores_start(c->boot, &c->stores->definitions[i],
                             &c->at_boot[i]);
    return r;
}

static int
gather(struct check *c)
{
    uint32_t slots = c->host->engine->n_slots;
    size_t n = c->stores ? c->stores->n_definitions : 0;
    int r;

    c->mdevs = calloc(slots, sizeof(*c->mdevs));
    c->now = calloc(n + 1, sizeof(*c->now));
    c->at_boot = calloc(n + 1, sizeof(*c->at_boot));
    if (!c->mdevs || !c->now || !c->at_boot)
        return -ENOMEM;
    for (uint32_t i = 0; i < slots; i++)
        if (c->host->slots[i].exists)
            vap_explain_mdev(c->host->engine, i, &c->mdevs[i]);
    if (!c->stores)
        return 0;
    r = start_now(c);
    return r ? r : start_at_boot(c);
}

/* By severity, and within one as they were found. */
static int
look(struct check *c)
{
    AUTO(free_done) struct finding *sorted = NULL;
    size_t n = 0;
    int r = gather(c);

    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]) && !r; t++)
        for (const struct check_row *row = tables[t]; row->name; row++) {
            c->name = row->name;
            row->find(c);
        }
    sorted = calloc(c->n + 1, sizeof(*sorted));
    if (r || !sorted || c->no_memory)
        return -ENOMEM;
    for (int severity = 0; severity < SEVERITIES; severity++)
        for (size_t i = 0; i < c->n; i++)
            if ((int)c->list[i].severity == severity)
                sorted[n++] = c->list[i];
    for (size_t i = 0; i < n; i++)
        c->list[i] = sorted[i];
    return 0;
}

/* ---- answers */

static unsigned
count(const struct check *c, enum severity severity)
{
    unsigned n = 0;

    for (size_t i = 0; i < c->n; i++)
        n += c->list[i].severity == severity;
    return n;
}

static void
put_finding(const struct finding *f)
{
    (void)printf("%-9s", severities[f->severity]);
    say_quoted(stdout, f->place);
    (void)fputs(": ", stdout);
    say_quoted(stdout, f->text);
    (void)putchar('\n');
    if (!f->remedy)
        return;
    (void)printf("%9s", "");
    say_quoted(stdout, f->remedy);
    (void)putchar('\n');
}

static void
put_summary(const struct check *c)
{
    const char *comma = "";

    for (int i = 0; i < SEVERITIES; i++) {
        unsigned n = count(c, (enum severity)i);

        if (!n)
            continue;
        (void)printf("%s%u %s%s", comma, n, severities[i], n > 1 ? "s" : "");
        comma = ", ";
    }
    (void)puts(*comma ? "" : "nothing is the matter");
}

static void
put_text(const struct check *c, bool quiet)
{
    const char *shell = NULL;

    for (size_t i = 0; i < c->n; i++) {
        if (quiet && c->list[i].severity == SEVERITY_NOTICE)
            continue;
        put_finding(&c->list[i]);
        shell = c->list[i].remedy ? c->shell : shell;
    }
    if (shell)
        (void)printf("commands are to be typed in %s\n", shell);
    if (!quiet)
        put_summary(c);
}

static const struct table_column columns[] = {
    { "SEVERITY", false }, { "CHECK", false },  { "PLACE", false },
    { "TEXT", false },     { "REMEDY", false }, { 0 },
};

static int
put_table(const struct check *c, struct table *table, bool quiet)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct finding *f = &c->list[i];
        const char *const cells[] = { severities[f->severity], f->check,
                                      f->place, f->text,
                                      f->remedy ? f->remedy : "-" };

        if ((!quiet || f->severity != SEVERITY_NOTICE) &&
            table_add(table, cells))
            return -ENOMEM;
    }
    return table_print(table, stdout);
}

static int
put_json(const struct check *c)
{
    json_t *list = json_array();
    AUTO(json_done)
    json_t *json = json_pack("{s:s, s:s, s:i, s:i, s:i, s:o*}", "rule",
                             c->host->engine->rule->name, "kernel",
                             cli_kernel_name(c->host->engine->kernel), "errors",
                             (int)count(c, SEVERITY_ERROR), "warnings",
                             (int)count(c, SEVERITY_WARNING), "notices",
                             (int)count(c, SEVERITY_NOTICE), "findings", list);
    int r = json ? 0 : -ENOMEM;

    for (size_t i = 0; i < c->n && !r; i++)
        r = json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:s?}", "severity",
                            severities[c->list[i].severity], "check",
                            c->list[i].check, "place", c->list[i].place, "text",
                            c->list[i].text, "remedy", c->list[i].remedy));
    return r ? out_no_memory() : out_json(TAKE(json));
}

static int
put_list(bool json)
{
    json_t *all = json_array();

    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (const struct check_row *row = tables[t]; row->name; row++) {
            (void)json_array_append_new(
                all,
                json_pack("{ss ss}", "check", row->name, "about", row->about));
            if (!json)
                (void)printf("%-20s%s\n", row->name, row->about);
        }
    if (json)
        return out_json(all);
    json_decref(all);
    return CLI_DONE;
}

static int
put(const struct check *c, const struct cli_args *args, struct table *table)
{
    bool quiet = args->value[QUIET];

    if (args->value[JSON])
        return put_json(c);
    if (table->table)
        return put_table(c, table, quiet) ? out_no_memory() : CLI_DONE;
    put_text(c, quiet);
    return CLI_DONE;
}

static int
answer(const struct host *host, const struct stores *stores,
       const struct whose *whose, const struct cli_args *args,
       struct table *table)
{
    AUTO(check_done)
    struct check c = { .host = host,
                       .stores = stores,
                       .shell = whose_shell(whose) };
    bool bad;

    if (look(&c))
        return out_no_memory();
    if (put(&c, args, table) != CLI_DONE)
        return CLI_FAILED;
    bad = count(&c, SEVERITY_ERROR) || count(&c, SEVERITY_WARNING);
    return bad ? CLI_REFUSED : CLI_DONE;
}

/* Only where it is asked for. */
static int
begin_table(const struct cli_args *args, struct table *table)
{
    const char *names = args->value[OUTPUT];
    bool headings = !args->value[NOHEADINGS];
    int r =
        names || !headings ? table_init(table, columns, names, headings) : 0;

    return r < 0 ? out_no_memory() : r ? CLI_USAGE : CLI_DONE;
}

static int
run(const struct cli_args *args)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(stores_done) struct stores stores = { 0 };
    AUTO(table_done) struct table table = { 0 };
    struct whose whose;
    const char *root;
    int status;

    if (args->value[LIST])
        return put_list(args->value[JSON]);
    status = whose_alone(args, &whose);
    if (status == CLI_DONE)
        status = begin_table(args, &table);
    if (status == CLI_DONE)
        status = whose_host(&whose, &host, NULL);
    if (status != CLI_DONE)
        return status;
    root = args->value[ROOT] ? args->value[ROOT] : whose_root(&whose);
    if (root && stores_load(root, &stores))
        return out_no_memory();
    return answer(host, root ? &stores : NULL, &whose, args, &table);
}

const struct cli_command cli_check = {
    .name = "check",
    .summary = "what is the matter with a host, and what to do about it",
    .operands = "[HOST.yaml]",
    .max_operands = 1,
    .about =
        "Looks for what is wrong, or will be after the next boot: guests that "
        "lack what they could have or will not start, masks that say the "
        "opposite of what was meant, definitions that differ from what is or "
        "cannot be started. Each finding has its severity, its place, and "
        "where there is one a remedy.\n\n"
        "What mdevctl, chzdev and libvirt have written down is read as well: "
        "for this machine's /sys and for a virtual host by itself, else with "
        "--root.\n\n" WHOSE_ABOUT,
    .options = options,
    .exits = { [CLI_DONE] = "no error and no warning",
               [CLI_REFUSED] = "errors or warnings",
               [CLI_USAGE] = "wrong usage, or what is no host" },
    .examples = examples,
    .run = run,
};
