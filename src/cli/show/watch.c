/* SPDX-License-Identifier: MIT */
/* vap watch: a host that changes, as a live screen or line by line. */
#include "cli/show/watch.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/show/news.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

enum { PLAIN = WHOSE_END, INTERVAL, COUNT };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [PLAIN] = { 0, "plain", NULL, "what changes, a line each; no screen" },
    [INTERVAL] = { 'i', "interval", "SECONDS", "look so often (1)" },
    [COUNT] = { 'n', "count", "N", "with --plain: look N times, then end" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "the virtual host that is up, or this machine", "vap watch" },
    { "a log of what happens to this machine's guests",
      "vap watch --plain --sysfs /sys" },
    { NULL, NULL },
};

int
watch_look(struct watch *w, FILE *news)
{
    AUTO(host_done) struct host *now = NULL;
    int status = whose_host(w->whose, &now, &w->called);
    time_t t = time(NULL);
    struct tm tm;
    char stamp[16] = "";

    if (status != CLI_DONE)
        return status;
    if (localtime_r(&t, &tm))
        (void)strftime(stamp, sizeof(stamp), "%H:%M:%S ", &tm);
    if (w->looks++)
        (void)news_put(news, stamp, w->host, now);
    host_free(w->host);
    w->host = TAKE(now);
    return CLI_DONE;
}

static int
plain(struct watch *w, unsigned long count)
{
    int status = watch_look(w, stdout);

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
    struct watch w = { .whose = &whose };
    unsigned long count;
    int status = whose_alone(args, &whose);

    if (status != CLI_DONE)
        return status;
    if (!read_interval(args->value[INTERVAL], &w.interval_ms) ||
        !read_count(args->value[COUNT], &count))
        return CLI_USAGE;
    if (!args->value[PLAIN] &&
        (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
        say_error("watch: no terminal; --plain does without");
        return CLI_USAGE;
    }
    status = args->value[PLAIN] ? plain(&w, count) : watch_screen(&w);
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
