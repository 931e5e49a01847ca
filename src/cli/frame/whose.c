/* SPDX-License-Identifier: MIT */
#include "cli/frame/whose.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/client.h"
#include "cli/frame/hosts.h"
#include "cli/frame/load.h"
#include "cli/frame/when.h"
#include "observe/hostfile.h"
#include "observe/sysdir.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static char title[PATH_MAX];
static char notes[4096]; /* of a reading; so much of them is told again */

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
whose_of(const struct cli_args *args, struct whose *whose)
{
    bool file = args->n_operands > 0 && is_file(args->operands[0]);

    *whose = (struct whose){
        .file = file ? args->operands[0] : NULL,
        .rule = args->value[WHOSE_RULE],
        .kernel = args->value[WHOSE_KERNEL],
        .name = args->value[WHOSE_NAME],
        .at = args->value[WHOSE_AT],
        .sysfs = args->value[WHOSE_SYSFS],
    };
    return file;
}

int
whose_alone(const struct cli_args *args, struct whose *whose)
{
    int taken = whose_of(args, whose);

    if (args->n_operands == taken)
        return CLI_DONE;
    say_error("%s found, a host file expected: it ends in .yaml",
              args->operands[taken]);
    return CLI_USAGE;
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
from_file(const struct whose *whose, const char *file, struct host **out)
{
    (void)snprintf(title, sizeof(title), "%s",
                   strcmp(file, "-") ? file : "standard input");
    return cli_load(file, whose->rule, whose->kernel, out);
}

static void
say_notes(const char *dir, struct sysdir_report *report)
{
    char *rest = report->notes;

    (void)snprintf(notes, sizeof(notes), "%s", rest);
    for (const char *note; (note = strsep(&rest, "\n")) && *note;)
        say_error("%s: %s", dir, note);
    if (!report->settled)
        say_error("%s: it changed whenever it was read, %d times; what "
                  "follows may never have been true at once",
                  dir, SYSDIR_READINGS);
}

static int
from_sysfs(const struct whose *whose, const char *dir, struct host **out)
{
    AUTO(sysdir_report_done) struct sysdir_report report;
    int r = sysdir_load(dir, out, &report);

    if (r == -ENOTDIR)
        return from_file(whose, dir, out);
    (void)snprintf(title, sizeof(title), "%s", dir);
    if (r) {
        say_error("%s: %s", dir, r < 0 ? strerror(-r) : report.error);
        return r < 0 ? CLI_FAILED : CLI_USAGE;
    }
    say_notes(dir, &report);
    return cli_use_rule(*out, whose->rule, whose->kernel);
}

/* At most one of the four ways to say whose. */
static bool
is_one(const struct whose *whose)
{
    const char *name = whose->name ? "--name" : whose->at ? "--at" : NULL;
    const char *other = whose->file    ? "a host file"
                        : whose->sysfs ? "--sysfs"
                                       : NULL;

    if (whose->file && whose->sysfs)
        name = "--sysfs";
    if (name && other)
        say_error("%s and %s exclude each other", name, other);
    return !name || !other;
}

/* Has anybody said which virtual host? */
static bool
is_named(const struct whose *whose)
{
    return whose->name || getenv("VAP_NAME");
}

static int
find_host(const struct whose *whose, struct host **out)
{
    const char *name = client_name(whose->name);
    bool up = is_named(whose);
    int status = CLI_DONE;

    *title = *notes = '\0';
    if (whose->file)
        return from_file(whose, whose->file, out);
    if (whose->sysfs)
        return from_sysfs(whose, whose->sysfs, out);
    if (!is_named(whose))
        status = client_usual(name, &up);
    if (status != CLI_DONE)
        return status;
    if (up || whose->at)
        return from_daemon(whose, name, out);
    if (sysdir_has_bus("/sys"))
        return from_sysfs(whose, "/sys", out);
    return cli_load(NULL, whose->rule, whose->kernel, out);
}

int
whose_host(const struct whose *whose, struct host **out, const char **called)
{
    AUTO(host_done) struct host *host = NULL;
    int status = is_one(whose) ? find_host(whose, &host) : CLI_USAGE;

    if (status != CLI_DONE)
        return status;
    if (called)
        *called = *title ? title : "built in";
    else if (!*title)
        say_error("%s is up; this is about the built-in one",
                  hosts_any() ? "no virtual host of the name default"
                              : "no virtual host");
    *out = TAKE(host);
    return CLI_DONE;
}

const char *
whose_notes(void)
{
    return notes;
}

/* The place of the virtual host it is about; NULL: it is about none. */
static const struct place *
place_for(const struct whose *whose)
{
    static struct place place;
    const char *name = client_name(whose->name);

    if (whose->file || whose->at || whose->sysfs || place_of(name, &place) < 0)
        return NULL;
    return is_named(whose) || place_pid(&place) ? &place : NULL;
}

static bool
is_own(const struct whose *whose)
{
    if (whose->file || whose->at)
        return false;
    return whose->sysfs ? strcmp(whose->sysfs, "/sys") == 0
                        : sysdir_has_bus("/sys");
}

const char *
whose_root(const struct whose *whose)
{
    const struct place *place = place_for(whose);

    return place ? place->files : is_own(whose) ? "/" : NULL;
}

const char *
whose_tree(const struct whose *whose)
{
    const struct place *place = place_for(whose);

    return place           ? place->tree
           : whose->sysfs  ? whose->sysfs
           : is_own(whose) ? "/sys"
                           : NULL;
}

/* As in its vap run: its files are those of /sys. */
static bool
is_at_sys(const struct place *place)
{
    char own[PATH_MAX + 8];
    struct stat a;
    struct stat b;

    (void)snprintf(own, sizeof(own), "%s/bus/ap", place->tree);
    return stat(own, &a) == 0 && stat("/sys/bus/ap", &b) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

const char *
whose_shell(const struct whose *whose)
{
    static char shell[128];
    const struct place *place = place_for(whose);

    if (!place || is_at_sys(place))
        return NULL;
    (void)snprintf(shell, sizeof(shell), "vap run --name %s",
                   client_name(whose->name));
    return shell;
}
