/* SPDX-License-Identifier: MIT */
/* vap log: what happened to a host, who asked for it, and what came of it. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/client.h"
#include "cli/frame/effect.h"
#include "cli/frame/event_words.h"
#include "cli/frame/load.h"
#include "cli/frame/out.h"
#include "cli/frame/when.h"
#include "host/refusal_json.h"
#include "observe/hostfile.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { NAME, FOLLOW, MDEV, SINCE, LINES, JSON };

/* Events that are asked for at once, and that can be. */
#define PAGE 1000
#define MOST_LINES 10000

static const struct cli_option options[] = {
    [NAME] = { 0, "name", "NAME", "of this host; default: default" },
    [FOLLOW] = { 'f', "follow", NULL, "go on with what happens from now on" },
    [MDEV] = { 'm', "mdev", "MDEV",
               "only what is about it; the beginning of a name will do" },
    [SINCE] = { 's', "since", "TIME",
                "from then on: an event's number, 14:02, "
                "\"2026-11-22 14:02:05\", -5min" },
    [LINES] = { 'n', "lines", "N", "only the last N events" },
    [JSON] = { 0, "json", NULL, "answer in JSON, an event a line" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "what happened in the last five minutes, and on", "vap log -s -5min -f" },
    { "who took a queue from a guest", "vap log -m 9f3c" },
    { "the host as it was behind event 17", "vap show --at 17" },
    { NULL, NULL },
};

/** How events are shown. */
struct log {
    const struct cli_args *args;
    struct host *scratch;
    json_int_t last; /* shown */
    int status;
};

/* --- an event, for people ----------------------------------------------------
 */

enum { INDENT = 30 }; /* of what follows number and time */

static const char *
string(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));

    return value ? value : "";
}

static json_int_t
integer(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static void
put_time(const json_t *event)
{
    json_int_t us = integer(event, "time_us");
    time_t seconds = (time_t)(us / 1000000);
    char text[32] = "";
    struct tm tm;

    if (localtime_r(&seconds, &tm))
        (void)strftime(text, sizeof(text), "%F %T", &tm);
    (void)printf("%6" JSON_INTEGER_FORMAT "  %s  ", integer(event, "number"),
                 text);
}

/* "mdevctl[812]"; of another user's: "mdevctl[812] of 1000" */
static void
put_who(const json_t *event)
{
    json_int_t pid = integer(event, "pid");
    json_int_t uid = integer(event, "uid");

    if (strcmp(string(event, "door"), "scan") == 0) {
        (void)puts("the bus, by itself");
        return;
    }
    say_quoted(stdout, *string(event, "command") ? string(event, "command")
                                                 : "somebody");
    if (pid)
        (void)printf("[%" JSON_INTEGER_FORMAT "]", pid);
    if (uid != (json_int_t)geteuid())
        (void)printf(" of user %" JSON_INTEGER_FORMAT, uid);
    (void)putchar('\n');
}

static int
put_requests(struct log *log, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        AUTO(free_done)
        char *words = event_words(log->scratch, json_array_get(list, i));

        if (!words)
            return -ENOMEM;
        (void)printf("%*s", INDENT, "");
        say_quoted(stdout, words);
        (void)putchar('\n');
    }
    return 0;
}

/* "refused, EADDRINUSE: 05.0047 is assigned to a", and what to do about it */
static void
put_verdict(const json_t *event)
{
    const char *verdict = string(event, "verdict");
    const json_t *refusal =
        json_object_get(json_object_get(event, "effect"), "refusal");
    const char *why = string(refusal, "message");
    const char *remedy = string(refusal, "remedy");
    const json_t *more = json_object_get(refusal, "more");
    bool changed = json_is_true(json_object_get(event, "changed"));

    if (!*verdict)
        return;
    (void)printf("%*s%s, %s", INDENT, "",
                 !changed                              ? "refused"
                 : strcmp(verdict, "EINPROGRESS") == 0 ? "waits"
                                                       : "failed",
                 verdict);
    if (*why)
        (void)fputs(": ", stdout);
    say_quoted(stdout, why);
    (void)putchar('\n');
    for (size_t i = 0; i < json_array_size(more); i++) {
        (void)printf("%*s", INDENT + 2, "");
        say_quoted(stdout, json_string_value(json_array_get(more, i)));
        (void)putchar('\n');
    }
    if (json_array_size(more) == REFUSAL_MORE)
        (void)printf("%*s...\n", INDENT + 2, "");
    if (*remedy)
        out_remedy(INDENT, remedy);
}

static int
put_event(struct log *log, const json_t *event)
{
    int r;

    put_time(event);
    put_who(event);
    r = put_requests(log, json_object_get(event, "request"));
    put_verdict(event);
    effect_put_guests(stdout, json_object_get(event, "effect"), INDENT);
    return r;
}

/* --- which
 * --------------------------------------------------------------------- */

static int
show(struct log *log, const json_t *event)
{
    int r = 0;

    log->last = integer(event, "number");
    if (log->args->value[JSON]) {
        r = json_dumpf(event, stdout, JSON_COMPACT);
        (void)putchar('\n');
    } else {
        r = put_event(log, event);
    }
    return r;
}

static int
show_all(struct log *log, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (show(log, json_array_get(list, i)) < 0)
            return CLI_FAILED;
    return CLI_DONE;
}

/** What is asked of the API. */
struct query {
    int64_t after;
    int64_t since_us;
    int64_t lines; /* -1: all */
    char *mdev; /* as a URL has it; NULL: any */
};

static bool
read_lines(const char *text, int64_t *out)
{
    char *end;

    *out = text ? strtoll(text, &end, 10) : -1;
    if (!text || (*text >= '0' && *text <= '9' && !*end && *out <= MOST_LINES))
        return true;
    say_error("--lines: %s found, a number up to %d expected", text,
              MOST_LINES);
    return false;
}

static char *
quote(const char *text)
{
    char *quoted = malloc(3 * strlen(text) + 1);
    char *at = quoted;

    for (const char *c = text; quoted && *c; c++)
        at += sprintf(at, "%%%02x", (unsigned)(unsigned char)*c);
    if (quoted)
        *at = '\0';
    return quoted;
}

static bool
read_query(const struct cli_args *args, struct query *q)
{
    struct when since = { 0 };

    *q = (struct query){ 0 };
    if (args->value[SINCE] && !when_read("--since", args->value[SINCE], &since))
        return false;
    q->after = since.event && since.number > 0 ? since.number - 1 : 0;
    q->since_us = since.us;
    if (args->value[MDEV])
        q->mdev = quote(args->value[MDEV]);
    return read_lines(args->value[LINES], &q->lines);
}

static int
get_page(struct client *client, const struct query *q, const char *how,
         int64_t count, json_t **out)
{
    AUTO(free_done) char *path = NULL;

    if (asprintf(&path,
                 "/v1/log?after=%" PRId64 "&since_us=%" PRId64 "&%s=%" PRId64
                 "%s%s",
                 q->after, q->since_us, how, count, q->mdev ? "&mdev=" : "",
                 q->mdev ? q->mdev : "") < 0)
        return CLI_FAILED;
    return client_get(client, path, out);
}

static int
show_last(struct client *client, struct log *log, const struct query *q)
{
    json_t *page = NULL;
    int status = get_page(client, q, "limit", q->lines, &page);

    if (status == CLI_DONE)
        status = show_all(log, json_object_get(page, "events"));
    json_decref(page);
    return status;
}

static int
show_pages(struct client *client, struct log *log, struct query *q)
{
    int status = CLI_DONE;
    size_t n = PAGE;

    while (status == CLI_DONE && n == PAGE) {
        json_t *page = NULL;

        status = get_page(client, q, "first", PAGE, &page);
        n = json_array_size(json_object_get(page, "events"));
        if (status == CLI_DONE)
            status = show_all(log, json_object_get(page, "events"));
        q->after = log->last;
        json_decref(page);
    }
    return status;
}

/* --- what happens from now on
 * ----------------------------------------------------- */

static bool
names(const char *text, const char *key, const char *mdev)
{
    AUTO(free_done) char *found = NULL;

    return asprintf(&found, "\"%s\":\"%s", key, mdev) >= 0 &&
           strstr(text, found);
}

/* As the store looks for it. */
static bool
is_about(const json_t *event, const char *mdev)
{
    AUTO(free_done) char *text = json_dumps(event, JSON_COMPACT);

    return !mdev ||
           (text && (names(text, "mdev", mdev) || names(text, "holder", mdev)));
}

static bool
show_next(void *context, const char *kind, const json_t *event)
{
    struct log *log = context;

    if (strcmp(kind, "change") == 0 &&
        is_about(event, log->args->value[MDEV]) && show(log, event) < 0)
        return false;
    return fflush(stdout) == 0;
}

static int
follow(struct client *client, struct log *log)
{
    char path[64];

    (void)snprintf(path, sizeof(path),
                   "/v1/events?only=change&after=%" JSON_INTEGER_FORMAT,
                   log->last);
    (void)fflush(stdout);
    return client_follow(client, path, show_next, log);
}

/* Nothing shown: what comes behind the last one there is. */
static int
find_last(struct client *client, struct log *log)
{
    json_t *about = NULL;
    int status = log->last ? CLI_DONE : client_get(client, "/v1", &about);

    if (about)
        log->last = integer(about, "last_event");
    json_decref(about);
    return status;
}

static int
show_log(struct client *client, struct log *log, struct query *q)
{
    int status = q->lines >= 0 && q->lines <= PAGE ? show_last(client, log, q)
                                                   : show_pages(client, log, q);

    if (status != CLI_DONE || !log->args->value[FOLLOW])
        return status;
    status = find_last(client, log);
    return status == CLI_DONE ? follow(client, log) : status;
}

/* Is there an mdev of this name, if nothing was ever asked of it? Says if
 * not. */
static int
find_mdev(struct client *client, const char *name)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(free_done) char *text = NULL;
    struct hostfile_error error;
    size_t length;
    int status = client_get_text(client, "/v1/hostfile", &text, &length);

    if (status != CLI_DONE)
        return status;
    if (hostfile_parse(text, length, &host, &error))
        return CLI_FAILED;
    return cli_mdev(host, name) == NAMES_NONE ? CLI_USAGE : CLI_DONE;
}

/* Nothing was shown: since then, or ever? */
static int
explain_nothing(struct client *client, const struct log *log,
                const struct query *q)
{
    struct query ever = { .mdev = q->mdev };
    const char *mdev = log->args->value[MDEV];
    json_t *page = NULL;
    int status;

    if (log->last || !mdev || log->args->value[FOLLOW] || q->lines == 0)
        return CLI_DONE;
    status = get_page(client, &ever, "limit", 1, &page);
    if (status == CLI_DONE &&
        json_array_size(json_object_get(page, "events")) == 0)
        status = find_mdev(client, mdev);
    json_decref(page);
    return status;
}

static int
run(const struct cli_args *args)
{
    AUTO(client_done) struct client *client = NULL;
    AUTO(host_done) struct host *scratch = NULL;
    struct log log = { .args = args };
    struct query q;
    int status = CLI_USAGE;

    if (read_query(args, &q))
        status = client_new(client_name(args->value[NAME]), &client);
    if (status == CLI_DONE && hostfile_builtin(&scratch) < 0)
        status = CLI_FAILED;
    log.scratch = scratch;
    if (status == CLI_DONE)
        status = show_log(client, &log, &q);
    if (status == CLI_DONE)
        status = explain_nothing(client, &log, &q);
    free(q.mdev);
    return status;
}

const struct cli_command cli_log = {
    .name = "log",
    .summary = "what happened to a virtual host, and who asked for it",
    .operands = "",
    .about =
        "Prints the events of a virtual host: number, time, who asked, what "
        "for; why it was refused; what it made of each guest matrix. Refusals "
        "stand there too, also of tools that do not tell them.\n\n"
        "vap show --at N is the host as it was behind event N.",
    .options = options,
    .examples = examples,
    .run = run,
};
