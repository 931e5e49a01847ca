/* SPDX-License-Identifier: MIT */
#include "cli/whose.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/load.h"
#include "cli/when.h"
#include "observe/hostfile.h"

#include <inttypes.h>
#include <string.h>

static char title[PLACE_NAME + 64];

static bool
ends_in(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);

    return n > m && strcmp(text + n - m, end) == 0;
}

static bool
is_file(const char *operand)
{
    return strcmp(operand, "-") == 0 || ends_in(operand, ".yaml") ||
           ends_in(operand, ".yml") ||
           (strchr(operand, '/') && access(operand, F_OK) == 0);
}

int
whose_operands(const struct cli_args *args, struct whose *whose)
{
    bool file = args->n_operands > 0 && is_file(args->operands[0]);

    whose->file = file ? args->operands[0] : NULL;
    return file;
}

/* "/v1/hostfile?at=17" */
static bool
path_of(const char *at, char path[64])
{
    struct when when;

    (void)snprintf(path, 64, "/v1/hostfile");
    if (!at)
        return true;
    if (!when_read("--at", at, &when))
        return false;
    (void)snprintf(path, 64, "/v1/hostfile?%s=%" PRId64,
                   when.event ? "at" : "at_us",
                   when.event ? when.number : when.us);
    return true;
}

static int
read_text(const char *name, const char *text, size_t length, struct host **out)
{
    struct hostfile_error error;
    int r = hostfile_parse(text, length, out, &error);

    if (r)
        say_error("what the virtual host %s says of itself is not "
                  "understood, line %lu: %s",
                  name, error.line, error.text);
    return r ? CLI_FAILED : CLI_DONE;
}

static int
from_daemon(const struct whose *whose, const char *name, struct host **out)
{
    AUTO(client_done) struct client *client = NULL;
    AUTO(free_done) char *text = NULL;
    char path[64];
    size_t length;
    int status;

    if (!path_of(whose->at, path))
        return CLI_USAGE;
    status = client_new(name, &client);
    if (status == CLI_DONE)
        status = client_get_text(client, path, &text, &length);
    if (status == CLI_DONE)
        status = read_text(name, text, length, out);
    if (status == CLI_DONE)
        status = cli_use_rule(*out, whose->rule, whose->kernel);
    (void)snprintf(title, sizeof(title), "%s%s%s", name,
                   whose->at ? ", at " : "", whose->at ? whose->at : "");
    return status;
}

static int
from_file(const struct whose *whose, struct host **out)
{
    if (whose->name || whose->at) {
        say_error("%s and a host file exclude each other",
                  whose->name ? "--name" : "--at");
        return CLI_USAGE;
    }
    (void)snprintf(title, sizeof(title), "%s",
                   strcmp(whose->file, "-") ? "" : "standard input");
    return cli_load(whose->file, whose->rule, whose->kernel, out);
}

static bool
is_up(const char *name)
{
    struct place place;

    return place_of(name, &place) == 0 && place_pid(&place);
}

int
whose_host(const struct whose *whose, struct host **out, const char **called)
{
    AUTO(host_done) struct host *host = NULL;
    const char *name = client_name(whose->name);
    bool asked = whose->name || whose->at || getenv("VAP_NAME");
    int status;

    *title = '\0';
    if (whose->file)
        status = from_file(whose, &host);
    else if (asked || is_up(name))
        status = from_daemon(whose, name, &host);
    else
        status = cli_load(NULL, whose->rule, whose->kernel, &host);
    if (status != CLI_DONE)
        return status;
    if (called)
        *called = *title ? title : whose->file ? whose->file : "built in";
    else if (!*title && !whose->file)
        say_error("no virtual host is up; this is about the built-in one");
    *out = TAKE(host);
    return CLI_DONE;
}
