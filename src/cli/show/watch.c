/* SPDX-License-Identifier: MIT */
/* vap watch: a host that changes, as a live screen or line by line. */
#include "cli/show/watch.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/show/news.h"
#include "host/json.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

enum { PLAIN = WHOSE_END, INTERVAL, COUNT, JSON };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [PLAIN] = { 0, "plain", NULL, "what changes, a line each; no screen" },
    [INTERVAL] = { 'i', "interval", "SECONDS", "look so often (1)" },
    [COUNT] = { 'n', "count", "N", "with --plain: look N times, then end" },
    [JSON] = { 0, "json", NULL, "as --plain, an object a line" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "the virtual host that is up, or this machine", "vap watch" },
    { "a log of what happens to this machine's guests",
      "vap watch --plain --sysfs /sys" },
    { NULL, NULL },
};

/* Each line as {"time_us": N, "news": LINE}. */
static int
put_objects(FILE *out, char *lines)
{
    struct timespec t;
    int r = 0;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    for (const char *line; r == 0 && (line = strsep(&lines, "\n")) && *line;) {
        AUTO(json_done)
        json_t *json = json_pack(
            "{s:I, s:s}", "time_us",
            (json_int_t)t.tv_sec * 1000000 + t.tv_nsec / 1000, "news", line);

        r = json ? json_dumpf(json, out, JSON_COMPACT) : -ENOMEM;
        (void)putc('\n', out);
    }
    return r;
}

static int
put_news(const struct watch *w, FILE *out, const struct host *now)
{
    AUTO(free_done) char *lines = NULL;
    char stamp[16] = "";
    time_t t = time(NULL);
    struct tm tm;
    size_t n;
    FILE *f;

    if (!w->json && localtime_r(&t, &tm))
        (void)strftime(stamp, sizeof(stamp), "%H:%M:%S ", &tm);
    f = w->json ? open_memstream(&lines, &n) : out;
    if (!f)
        return CLI_FAILED;
    (void)news_put(f, stamp, w->host, now);
    if (f == out)
        return CLI_DONE;
    return fclose(f) || put_objects(out, lines) ? CLI_FAILED : CLI_DONE;
}

int
watch_look(struct watch *w, FILE *news)
{
    AUTO(host_done) struct host *now = NULL;
    int status = whose_host(w->whose, &now, &w->called);

    if (status != CLI_DONE)
        return status;
    if (w->looks++)
        status = put_news(w, news, now);
    host_free(w->host);
    w->host = TAKE(now);
    return status;
}

static int
plain(struct watch *w, unsigned long count)
{
    int status = watch_look(w, stdout);

    if (status == CLI_DONE) /* stdout is for the lines alone */
        say_error("watching %s", strcmp(w->called, "built in")
                                     ? w->called
                                     : "the built-in host");
    for (unsigned long i = 1; status == CLI_DONE && (!count || i < count);
         i++) {
        if (fflush(stdout))
            return CLI_FAILED; /* nobody reads it any more */
        (void)poll(NULL, 0, w->interval_ms);
        status = watch_look(w, stdout);
    }
    return status;
}

/* Tenths of a second at least, an hour at most. */
static bool
read_interval(const char *text, int *ms)
{
    char *end = NULL;
    double seconds = text ? strtod(text, &end) : 1;

    if (text && (end == text || *end || !(seconds >= 0.1 && seconds <= 3600))) {
        say_error("--interval: %s found, 0.1 to 3600 expected", text);
        return false;
    }
    *ms = (int)(seconds * 1000);
    return true;
}

static bool
read_count(const char *text, unsigned long *count)
{
    char *end = NULL;

    errno = 0;
    *count = text ? strtoul(text, &end, 10) : 0;
    if (!text || (*text >= '1' && *text <= '9' && !*end && !errno))
        return true;
    say_error("--count: %s found, a number above 0 expected", text);
    return false;
}

static int
run(const struct cli_args *args)
{
    struct whose whose;
    struct watch w = { .whose = &whose, .json = args->value[JSON] };
    bool lines = args->value[PLAIN] || w.json;
    unsigned long count;
    int status = whose_alone(args, &whose);

    if (status != CLI_DONE)
        return status;
    if (!read_interval(args->value[INTERVAL], &w.interval_ms) ||
        !read_count(args->value[COUNT], &count))
        return CLI_USAGE;
    if (!lines && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
        say_error("watch: no terminal; --plain does without");
        return CLI_USAGE;
    }
    status = lines ? plain(&w, count) : watch_screen(&w);
    host_free(w.host);
    return status;
}

const struct cli_command cli_watch = {
    .name = "watch",
    .summary = "a host that changes, on a live screen or line by line",
    .operands = "[HOST.yaml]",
    .max_operands = 1,
    .about =
        "Shows the grid, the mdevs and what happens, as it happens: for the "
        "virtual host that is up, or a /sys. The keys stand at the foot of "
        "the screen. With --plain it prints a line for each thing that has "
        "become another.\n\n" WHOSE_ABOUT,
    .options = options,
    .exits = { [CLI_USAGE] = "wrong usage, no terminal, or what is no host" },
    .examples = examples,
    .run = run,
};
