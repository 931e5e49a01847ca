/* SPDX-License-Identifier: MIT */
/* vap list: the virtual hosts there are. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/client.h"
#include "cli/frame/hosts.h"

#include <errno.h>
#include <libsmartcols.h>
#include <string.h>

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

static const struct column {
    const char *name;
    const char *key; /* of GET /v1 */
    int flags;
    bool usual;
} columns[] = {
    { "NAME", "name", 0, true },
    { "STATE", "state", 0, true },
    { "PID", "pid", SCOLS_FL_RIGHT, true },
    { "RULE", "rule", 0, true },
    { "KERNEL", "kernel", 0, false },
    { "MDEVS", "mdevs", SCOLS_FL_RIGHT, true },
    { "GUESTS", "guests", SCOLS_FL_RIGHT, true },
    { "TREE", "tree", 0, true },
    { "SOCKET", "socket", 0, false },
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]), MAX_CHOSEN = 32 };

struct choice {
    const struct column *column[MAX_CHOSEN];
    size_t n;
};

/* --- which columns ------------------------------------------------------- */

static int
no_column(const char *name)
{
    char names[256] = "";
    size_t n = 0;

    for (size_t i = 0; i < COLUMNS; i++)
        n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s",
                              i ? ", " : "", columns[i].name);
    say_error("%s is not a column; there are %s", name, names);
    return CLI_USAGE;
}

static int
choose_column(struct choice *choice, const char *name)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (strcasecmp(columns[i].name, name) == 0 && choice->n < MAX_CHOSEN) {
            choice->column[choice->n++] = &columns[i];
            return CLI_DONE;
        }
    return no_column(name);
}

static int
choose(struct choice *choice, const char *names)
{
    AUTO(free_done) char *copy = strdup(names ? names : "");
    char *rest = names ? copy : NULL;
    int status = copy ? CLI_DONE : CLI_FAILED;

    for (size_t i = 0; i < COLUMNS && !names; i++)
        if (columns[i].usual)
            choice->column[choice->n++] = &columns[i];
    for (const char *name; status == CLI_DONE && (name = strsep(&rest, ","));)
        status = choose_column(choice, name);
    return status;
}

/* --- what each host says of itself -----------------------------------------
 */

static json_t *
about(const struct hosts_one *one)
{
    AUTO(client_done) struct client *client = NULL;
    json_t *json = NULL;

    if (one->up && client_new(one->name, &client) == CLI_DONE) {
        client_wait(client, PATIENCE_MS);
        (void)client_get(client, "/v1", &json);
    }
    if (!json)
        json = json_pack("{s:s}", "name", one->name);
    (void)json_object_set_new(json, "state",
                              json_string(one->up     ? "up"
                                          : one->left ? "killed"
                                                      : "down"));
    return json;
}

static json_t *
about_all(bool all)
{
    struct hosts hosts;
    json_t *list = hosts_find(&hosts, all) == CLI_DONE ? json_array() : NULL;

    for (size_t i = 0; i < hosts.n && list; i++)
        (void)json_array_append_new(list, about(&hosts.host[i]));
    hosts_done(&hosts);
    return list;
}

/* --- the table ------------------------------------------------------------ */

static void
table_done(struct libscols_table **table)
{
    scols_unref_table(*table);
}

static int
add_cell(struct libscols_line *line, size_t i, const json_t *value)
{
    char number[32];

    if (json_is_string(value))
        return scols_line_set_data(line, i, json_string_value(value));
    (void)snprintf(number, sizeof(number), "%lld",
                   (long long)json_integer_value(value));
    return scols_line_set_data(line, i, json_is_integer(value) ? number : "-");
}

static int
add_line(struct libscols_table *table, const struct choice *choice,
         const json_t *host)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    int r = line ? 0 : -ENOMEM;

    for (size_t i = 0; i < choice->n && r == 0; i++)
        r = add_cell(line, i, json_object_get(host, choice->column[i]->key));
    return r;
}

static int
put_table(const json_t *list, const struct choice *choice, bool headings)
{
    AUTO(table_done) struct libscols_table *table = scols_new_table();
    int r = table ? 0 : -ENOMEM;

    for (size_t i = 0; i < choice->n && r == 0; i++)
        if (!scols_table_new_column(table,
                                    headings ? choice->column[i]->name : "", 0,
                                    choice->column[i]->flags))
            r = -ENOMEM;
    for (size_t i = 0; i < json_array_size(list) && r == 0; i++)
        r = add_line(table, choice, json_array_get(list, i));
    if (r < 0)
        return CLI_FAILED;
    (void)scols_table_enable_noheadings(table, !headings);
    return scols_print_table(table) ? CLI_FAILED : CLI_DONE;
}

static int
run(const struct cli_args *args)
{
    struct choice choice = { .n = 0 };
    int status = choose(&choice, args->value[OUTPUT]);
    json_t *list = status == CLI_DONE ? about_all(args->value[ALL]) : NULL;

    if (!list)
        return status == CLI_DONE ? CLI_FAILED : status;
    if (args->value[JSON]) {
        (void)json_dumpf(list, stdout, JSON_INDENT(2));
        (void)putchar('\n');
    } else if (json_array_size(list) || args->value[NOHEADINGS]) {
        status = put_table(list, &choice, !args->value[NOHEADINGS]);
    } else {
        (void)puts("no virtual host is up; vap up starts one");
    }
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
             "were killed (killed; vap up or vap down clears it away).",
    .options = options,
    .examples = examples,
    .run = run,
};
