/* SPDX-License-Identifier: MIT */
/* One table is the options, what --help says of them, and who reads them. */
#include "daemon/options.h"

#include "base/place.h"
#include "base/say.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static bool
read_name(const char *text, struct daemon_options *o)
{
    o->name = text;
    return true;
}

static bool
read_host(const char *text, struct daemon_options *o)
{
    o->host_file = text;
    return true;
}

static bool
read_large(const char *text, struct daemon_options *o)
{
    (void)text;
    return o->large = true;
}

static bool
read_rule(const char *text, struct daemon_options *o)
{
    o->rule = vap_rule_named(text);
    if (!o->rule)
        say_error("--rule: %s found, state, linux-7.2, linux-6.12 or fcfs "
                  "expected",
                  text);
    return o->rule;
}

static bool
read_kernel(const char *text, struct daemon_options *o)
{
    o->has_kernel = true;
    o->kernel = strcmp(text, "6.12") ? VAP_LINUX_7_2 : VAP_LINUX_6_12;
    if (!strcmp(text, "6.12") || !strcmp(text, "7.2"))
        return true;
    say_error("--kernel: %s found, 6.12 or 7.2 expected", text);
    return false;
}

static bool
read_fresh(const char *text, struct daemon_options *o)
{
    (void)text;
    return o->fresh = true;
}

static bool
read_no_scan(const char *text, struct daemon_options *o)
{
    (void)text;
    o->scan = false;
    return true;
}

static bool
read_count(const char *option, const char *text, uint64_t most, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno && *out <= most)
        return true;
    say_error("%s: %s found, a number expected", option, text);
    return false;
}

static bool
read_store_bytes(const char *text, struct daemon_options *o)
{
    return read_count("--store-bytes", text, INT64_MAX, &o->store_bytes);
}

static bool
read_fd(const char *option, const char *text, int *fd)
{
    uint64_t n = 0;
    bool read = read_count(option, text, INT32_MAX, &n);

    *fd = (int)n;
    return read;
}

static bool
read_ready_fd(const char *text, struct daemon_options *o)
{
    return read_fd("--ready-fd", text, &o->ready_fd);
}

static bool
read_while_fd(const char *text, struct daemon_options *o)
{
    return read_fd("--while-fd", text, &o->while_fd);
}

static const struct row {
    const char *name;
    const char *arg; /* what its value is called; NULL for none */
    const char *text;
    bool (*read)(const char *text, struct daemon_options *o);
} rows[] = {
    // clang-format off
    { "name", "NAME", "of the host (default)", read_name },
    { "host", "FILE", "what a new host is; see vap-host(5)", read_host },
    { "large", NULL, "a new host is 256 adapters by 256 domains", read_large },
    { "rule", "RULE", "what guests of a new host get", read_rule },
    { "kernel", "VERSION", "6.12 or 7.2, with the rules state and fcfs", read_kernel },
    { "fresh", NULL, "forget what a host of this name was", read_fresh },
    { "no-scan", NULL, "the bus looks at its hardware only when asked", read_no_scan },
    { "store-bytes", "N", "the log's bound in bytes; 0: none (67108864)", read_store_bytes },
    { "while-fd", "N", "end and forget all when the other end of this closes", read_while_fd },
    { "ready-fd", "N", "write a byte to this descriptor when ready", read_ready_fd },
    // clang-format on
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), FIRST = 256 };

static void
help(void)
{
    (void)puts("Usage: vapd [OPTION...]\n\n"
               "Serves a virtual host until it gets SIGTERM; vap up starts "
               "it.\n\n"
               "Options:");
    for (int i = 0; i < ROWS; i++) {
        char option[32];

        (void)snprintf(option, sizeof(option), "--%s%s%s", rows[i].name,
                       rows[i].arg ? " " : "", rows[i].arg ? rows[i].arg : "");
        (void)printf("      %-17s  %s\n", option, rows[i].text);
    }
    (void)puts("  -h, --help             this text\n"
               "  -V, --version          the version\n\n"
               "Exit status: 0 stopped, 1 refused, 2 wrong usage, 3 could "
               "not.");
}

static enum options_read
answer(int which)
{
    if (which == 'h')
        help();
    else
        (void)puts("vapd " VAP_VERSION);
    return fflush(stdout) ? OPTIONS_WRONG : OPTIONS_ANSWERED;
}

static void
fill(struct option options[ROWS + 3])
{
    for (int i = 0; i < ROWS; i++)
        options[i] =
            (struct option){ rows[i].name,
                             rows[i].arg ? required_argument : no_argument,
                             NULL, FIRST + i };
    options[ROWS] = (struct option){ "help", no_argument, NULL, 'h' };
    options[ROWS + 1] = (struct option){ "version", no_argument, NULL, 'V' };
    options[ROWS + 2] = (struct option){ 0 };
}

enum options_read
options_read(int argc, char **argv, struct daemon_options *out)
{
    struct option options[ROWS + 3];
    int which;

    *out = (struct daemon_options){ .name = PLACE_DEFAULT,
                                    .scan = true,
                                    .store_bytes = 64 << 20,
                                    .while_fd = -1,
                                    .ready_fd = -1 };
    fill(options);
    while ((which = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
        if (which == 'h' || which == 'V')
            return answer(which);
        if (which < FIRST || !rows[which - FIRST].read(optarg, out))
            return OPTIONS_WRONG;
    }
    if (optind == argc)
        return OPTIONS_READ;
    say_error("%s found, no operand expected; vapd --help", argv[optind]);
    return OPTIONS_WRONG;
}
