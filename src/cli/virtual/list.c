/* SPDX-License-Identifier: MIT */
/* vap list: the virtual hosts there are. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "cli/frame/client.h"
#include "cli/frame/hosts.h"
#include "cli/frame/out.h"
#include "cli/frame/table.h"

enum { ALL, JSON, OUTPUT, NOHEADINGS };

/* A host that hangs is listed all the same. */
#define PATIENCE_MS 2000

static const struct cli_option options[] = {
    [ALL] = { 'a', "all", NULL, "those that are not up too" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    [OUTPUT] = { 'o', "output", "COLUMN,...", "these columns" },
    [NOHEADINGS] = { 'n', "noheadings", NULL, "without the line above" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "which hosts are up", "vap list" },
    { "the socket of each, for a script", "vap list -n -o name,socket" },
    { NULL, NULL },
};

static const struct table_column columns[] = {
    { "NAME", false },   { "STATE", false },
    { "PID", true },     { "RULE", false },
    { "KERNEL", false }, { "MDEVS", true },
    { "GUESTS", true },  { "TREE", false },
    { "SOCKET", false }, { 0 },
};

/* What GET /v1 calls them. */
static const char *const keys[] = { "name",   "state",  "pid",
                                    "rule",   "kernel", "mdevs",
                                    "guests", "tree",   "socket" };

#define USUAL "name,state,pid,rule,mdevs,guests,tree"

enum { COLUMNS = sizeof(keys) / sizeof(keys[0]) };

/* --- what each host says of itself -----------------------------------------
 */

/* All that is known of one that does not answer. NULL when it has ended since
 * we found it. */
static json_t *
about_silent(const struct hosts_one *one)
{
    struct place place;
    pid_t pid = place_of(one->name, &place) == 0 ? place_pid(&place) : 0;

    if (!one->up)
        return json_pack("{s:s}", "name", one->name);
    return pid > 0 ? json_pack("{s:s, s:i}", "name", one->name, "pid", (int)pid)
                   : NULL;
}

/* NULL when it is not there any more. */
static json_t *
about(const struct hosts_one *one)
{
    AUTO(client_done) struct client *client = NULL;
    json_t *json = NULL;

    if (one->up && client_look(one->name, PATIENCE_MS, &client) == CLI_DONE)
        (void)client_get(client, "/v1", &json);
    if (!json)
        json = about_silent(one);
    (void)json_object_set_new(json, "state",
                              json_string(one->up       ? "up"
                                          : one->closed ? "unreadable"
                                          : one->left   ? "killed"
                                                        : "down"));
    return json;
}

static json_t *
about_all(bool all)
{
    struct hosts hosts;
    json_t *list = hosts_find(&hosts, all) == CLI_DONE ? json_array() : NULL;

    for (size_t i = 0; i < hosts.n && list; i++) {
        json_t *one = about(&hosts.host[i]);

        if (one)
            (void)json_array_append_new(list, one);
    }
    hosts_done(&hosts);
    return list;
}

/* --- the table ------------------------------------------------------------ */

static int
add_line(struct table *table, const json_t *host)
{
    char numbers[COLUMNS][32];
    const char *cells[COLUMNS];

    for (size_t i = 0; i < COLUMNS; i++) {
        const json_t *value = json_object_get(host, keys[i]);

        (void)snprintf(numbers[i], sizeof(numbers[i]), "%lld",
                       (long long)json_integer_value(value));
        cells[i] = json_is_string(value)    ? json_string_value(value)
                   : json_is_integer(value) ? numbers[i]
                                            : "-";
    }
    return table_add(table, cells);
}

static int
put_table(const json_t *list, struct table *table)
{
    int r = 0;

    for (size_t i = 0; i < json_array_size(list) && r == 0; i++)
        r = add_line(table, json_array_get(list, i));
    return r || table_print(table, stdout) ? CLI_FAILED : CLI_DONE;
}

static int
run(const struct cli_args *args)
{
    AUTO(table_done) struct table table = { 0 };
    bool headings = !args->value[NOHEADINGS];
    const char *names = args->value[OUTPUT] ? args->value[OUTPUT] : USUAL;
    int r = table_init(&table, columns, names, headings);
    int status = r < 0 ? CLI_FAILED : r ? CLI_USAGE : CLI_DONE;
    json_t *list = status == CLI_DONE ? about_all(args->value[ALL]) : NULL;

    if (!list)
        return status == CLI_DONE ? CLI_FAILED : status;
    if (args->value[JSON])
        return out_json(list);
    if (json_array_size(list) || !headings)
        status = put_table(list, &table);
    else
        (void)puts("no virtual host is up; vap up starts one");
    json_decref(list);
    return status;
}

const struct cli_command cli_list = {
    .name = "list",
    .summary = "the virtual hosts there are",
    .operands = "",
    .about = "Lists your virtual hosts that are up: name, pid, rule, how many "
             "mdevs and guests, where the tree is. With --all also those that "
             "vap up would go on with (down), and what is left of those that "
             "were killed (killed; vap up or vap down clears it away), and "
             "those that may not be looked at (unreadable).",
    .options = options,
    .examples = examples,
    .run = run,
};
