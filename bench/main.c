/* SPDX-License-Identifier: MIT */
/* vap-bench: what vap must reach, and what it does reach on this machine. */
#include "bench/bench.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "matrix/rule.h"

#include <errno.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <locale.h>
#include <math.h>
#include <string.h>

const char *bench_traces = "tests/traces";

#define PLAIN "a loop over its queues"
#define SOCKETS "as many Unix-socket clients"
#define CAPTURE "reading the capture"

// clang-format off
static const struct bench rows[] = {
    { "filter-256", "guest matrix, 256 x 256 queues, all bound", PLAIN,
      "µs", AT_MOST, 0.5, NULL, bench_filter },
    { "filter-256-holes", "the same, every 8th adapter has a hole", PLAIN,
      "µs", NO_TARGET, 0, &(const unsigned){ 8 }, bench_filter },
    { "assign-256", "plan + apply its last assign_domain: state", PLAIN,
      "µs", AT_MOST, 20, &vap_rule_state, bench_assign },
    { "assign-256-linux", "the same: linux-7.2", PLAIN,
      "µs", AT_MOST, 20, &vap_rule_linux_7_2, bench_assign },
    { "host-add-1024", "plan + apply an adapter, 1,024 mdevs: state", PLAIN,
      "µs", AT_MOST, 50, &vap_rule_state, bench_host_add },
    { "host-add-1024-linux", "the same: linux-7.2", PLAIN,
      "µs", AT_MOST, 50, &vap_rule_linux_7_2, bench_host_add },
    { "plan-100", "plan of 100 guests, 256 x 256 queues, rings of 4",
      "its steps on a copy", "ms", AT_MOST, 1000, NULL, bench_plan },
    { "tree-65536", "tree of 65,536 queues: ready after start",
      "the same as files in a tmpfs", "ms", AT_MOST, 50, NULL, bench_tree },
    { "tree-65536-memory", "the same: resident", "a FUSE server of one file",
      "MiB", AT_MOST, 32, NULL, bench_tree_memory },
    { "attr-read", "one attribute: open, read, close",
      "a FUSE file that does nothing", "µs", RATIO_AT_MOST, 1.3, NULL,
      bench_attr_read },
    { "ap-roundtrip", "NQAP + DQAP of a card that answers at once",
      "a Unix-socket round trip", "µs", AT_MOST, 5, NULL, bench_roundtrip },
    { "guests-1", "requests of 1 guest, cards answer at once", SOCKETS, "1/s",
      NO_TARGET, 0, &(const unsigned){ 1 }, bench_guests },
    { "guests-8", "the same: of 8 guests", SOCKETS, "1/s", NO_TARGET, 0,
      &(const unsigned){ 8 }, bench_guests },
    { "guests-64", "the same: of 64 guests", SOCKETS, "1/s", NO_TARGET, 0,
      &(const unsigned){ 64 }, bench_guests },
    { "rsa2048-crt", "RSA-2048 CRT through a card, all cores",
      "libcrypto, as openssl speed", "1/s", RATIO_AT_LEAST, 0.97, NULL,
      bench_rsa },
    { "explain-1000", "vap explain, 256 x 256, 1,000 mdevs, from a capture",
      CAPTURE, "ms", AT_MOST, 100, &cli_explain, bench_admin },
    { "check-1000", "vap check, the same", CAPTURE, "ms", AT_MOST, 100,
      &cli_check, bench_admin },
    { "what-if-1000", "vap what-if aqmask=+1, the same", CAPTURE, "ms",
      AT_MOST, 100, &cli_what_if, bench_admin },
    { "plug-visible", "an adapter written, until a real guest shows it",
      "a line to the guest and back", "ms", AT_MOST, 20, NULL, bench_plug },
    { "replay-steps", "vap replay, all recorded traces", "parsing them as JSON",
      "steps/s", NO_TARGET, 0, NULL, bench_replay },
};
// clang-format on

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

enum { CHECK, JSON, SECONDS, TRACES };

static const struct cli_option options[] = {
    [CHECK] = { 0, "check", NULL, NULL },
    [JSON] = { 'j', "json", "FILE", NULL },
    [SECONDS] = { 's', "seconds", "N", NULL },
    [TRACES] = { 't', "traces", "DIR", NULL },
    { 0 },
};

static bool
is_met(const struct bench *b, double value, double ratio)
{
    switch (b->sense) {
    case AT_MOST:
        return value <= b->target;
    case AT_LEAST:
        return value >= b->target;
    case RATIO_AT_MOST:
        return ratio <= b->target;
    case RATIO_AT_LEAST:
        return ratio >= b->target;
    case NO_TARGET:
        break;
    }
    return true;
}

/* Three digits that count, and no exponent: 0.00123, 1.23, 123, 12345. */
static void
number(char *text, size_t size, double value)
{
    int decimals = value > 0 ? 2 - (int)floor(log10(value)) : 2;

    (void)snprintf(text, size, "%.*f", decimals > 0 ? decimals : 0, value);
}

__attribute__((format(printf, 3, 4))) static void
cell(struct libscols_line *line, size_t column, const char *format, ...)
{
    char text[160];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    (void)scols_line_set_data(line, column, text);
}

/* What a smaller one is a part of reads better than many zeros. */
static void
ratio_cell(struct libscols_line *line, size_t column, double ratio)
{
    char text[32];

    number(text, sizeof(text), ratio < 0.1 ? 1 / ratio : ratio);
    cell(line, column, ratio < 0.1 ? "1/%s" : "%s", text);
}

static void
target_cell(struct libscols_line *line, size_t column, const struct bench *b)
{
    static const char *const words[] = {
        [AT_MOST] = "≤ %g %s",
        [AT_LEAST] = "≥ %g %s",
        [RATIO_AT_MOST] = "≤ %g x",
        [RATIO_AT_LEAST] = "≥ %g x",
    };

    if (b->sense != NO_TARGET)
        cell(line, column, words[b->sense], b->target, b->unit);
}

enum column {
    KEY,
    WORK,
    VALUE,
    SPREAD,
    NEIGHBOUR,
    ITS_VALUE,
    RATIO,
    TARGET,
    MET
};

static struct libscols_table *
new_table(void)
{
    static const struct {
        const char *title;
        int flags;
    } columns[] = {
        [KEY] = { "KEY", 0 },
        [WORK] = { "WORK", 0 },
        [VALUE] = { "VALUE", SCOLS_FL_RIGHT },
        [SPREAD] = { "80 % WITHIN", SCOLS_FL_RIGHT },
        [NEIGHBOUR] = { "NEIGHBOUR", 0 },
        [ITS_VALUE] = { "ITS VALUE", SCOLS_FL_RIGHT },
        [RATIO] = { "RATIO", SCOLS_FL_RIGHT },
        [TARGET] = { "TARGET", 0 },
        [MET] = { "MET", 0 },
    };
    struct libscols_table *table = scols_new_table();

    if (!table)
        return NULL;
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        (void)scols_table_new_column(table, columns[i].title, 0,
                                     columns[i].flags);
    (void)scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    (void)scols_table_enable_nowrap(table, 1);
    return table;
}

static int
show(struct libscols_table *table, const struct bench *b,
     const struct bench_result *r)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    double ratio = r->own.median / r->beside.median;
    char text[2][32];

    if (!line)
        return -ENOMEM;
    cell(line, KEY, "%s", b->key);
    cell(line, WORK, "%s", b->work);
    number(text[0], sizeof(text[0]), r->own.median);
    cell(line, VALUE, "%s %s", text[0], b->unit);
    number(text[0], sizeof(text[0]), r->own.low);
    number(text[1], sizeof(text[1]), r->own.high);
    cell(line, SPREAD, "%s-%s%s", text[0], text[1],
         measured_noisy(&r->own) ? " *" : "  ");
    cell(line, NEIGHBOUR, "%s", b->neighbour);
    number(text[0], sizeof(text[0]), r->beside.median);
    cell(line, ITS_VALUE, "%s %s", text[0], b->unit);
    ratio_cell(line, RATIO, ratio);
    target_cell(line, TARGET, b);
    if (b->sense != NO_TARGET)
        cell(line, MET, is_met(b, r->own.median, ratio) ? "yes" : "NO");
    return 0;
}

static json_t *
row_json(const struct bench *b, const struct bench_result *r)
{
    double ratio = r->own.median / r->beside.median;
    bool any = b->sense != NO_TARGET;

    return json_pack(
        "{s:s, s:f, s:s, s:f, s:f, s:o, s:o, s:s, s:s, s:f, s:f, s:f, s:f, "
        "s:I}",
        "key", b->key, "value", r->own.median, "unit", b->unit, "neighbour",
        r->beside.median, "ratio", ratio, "target",
        any ? json_real(b->target) : json_null(), "met",
        any ? json_boolean(is_met(b, r->own.median, ratio)) : json_null(),
        "work", b->work, "neighbour_work", b->neighbour, "low", r->own.low,
        "high", r->own.high, "late", r->own.late, "last", r->own.last,
        "samples", (json_int_t)r->own.samples);
}

/** The rows measured so far. */
struct answers {
    struct libscols_table *table;
    json_t *list;
    bool noisy;
    char more[256]; /* what is said below the table; "" nothing */
};

/* How many were how fast. */
static void
distribution(const struct bench *b, const struct measured *own, char *text,
             size_t size)
{
    const double of[] = { own->low, own->median, own->high, own->late,
                          own->last };
    char n[5][32];

    for (size_t i = 0; i < 5; i++)
        number(n[i], sizeof(n[i]), of[i]);
    (void)snprintf(text, size,
                   "%s, of %zu: 10 %% within %s %s, 50 %% %s, 90 %% %s, "
                   "99 %% %s, all %s.\n",
                   b->key, own->samples, n[0], b->unit, n[1], n[2], n[3], n[4]);
}

static int
run_row(const struct bench *b, const struct measure_limits *limits,
        struct answers *answers)
{
    struct bench_result result = { 0 };
    int r = b->run(b, limits, &result);

    if (r == -ENODEV) {
        say_error("%s is left out: this machine gives no FUSE to us", b->key);
        return CLI_DONE;
    }
    if (r == -ENOPKG) {
        say_error("%s is left out: no QEMU and guest; vap fetch qemu guest "
                  "gets them",
                  b->key);
        return CLI_DONE;
    }
    if (r < 0)
        say_error("%s: %s", b->key, strerror(-r));
    if (r)
        return r < 0 ? CLI_FAILED : CLI_REFUSED;
    answers->noisy = answers->noisy || measured_noisy(&result.own);
    if (b->run == bench_plug)
        distribution(b, &result.own, answers->more, sizeof(answers->more));
    if (show(answers->table, b, &result) ||
        json_array_append_new(answers->list, row_json(b, &result)))
        return CLI_FAILED;
    return CLI_DONE;
}

static bool
wanted(const struct cli_args *args, const char *key)
{
    for (int i = 0; i < args->n_operands; i++)
        if (strcmp(args->operands[i], key) == 0)
            return true;
    return args->n_operands == 0;
}

static int
run_rows(const struct cli_args *args, const struct measure_limits *limits,
         struct answers *answers)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        int status;

        if (!wanted(args, rows[i].key))
            continue;
        if (isatty(STDERR_FILENO))
            (void)fprintf(stderr, "\r%s\033[K", rows[i].key);
        status = run_row(&rows[i], limits, answers);
        if (isatty(STDERR_FILENO))
            (void)fprintf(stderr, "\r\033[K");
        if (status)
            return status;
    }
    return CLI_DONE;
}

static int
write_json(const json_t *list, const char *path)
{
    if (json_dump_file(list, path, JSON_INDENT(2) | JSON_REAL_PRECISION(4)) ==
        0)
        return CLI_DONE;
    say_error("%s: %s", path, strerror(errno));
    return CLI_FAILED;
}

static int
print(const struct cli_args *args, const struct answers *answers)
{
    (void)scols_print_table(answers->table);
    (void)putchar('\n');
    (void)fputs(answers->more, stdout);
    if (answers->noisy)
        (void)printf("* Noisy: something else was running, or the machine is "
                     "shared. Try again.\n");
    return args->value[JSON] ? write_json(answers->list, args->value[JSON])
                             : CLI_DONE;
}

static bool
known(const char *key)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].key, key) == 0)
            return true;
    say_error("%s is not a row; %s is the first, and without any all are run",
              key, rows[0].key);
    return false;
}

static bool
limits_of(const struct cli_args *args, struct measure_limits *limits)
{
    const char *seconds = args->value[SECONDS];
    char *end = NULL;

    *limits = (struct measure_limits){ 1, MEASURE_SAMPLES };
    if (args->value[CHECK])
        *limits = (struct measure_limits){ 0, 1 };
    if (!seconds)
        return true;
    limits->seconds = strtod(seconds, &end);
    if (end != seconds && !*end && limits->seconds >= 0 &&
        limits->seconds <= 3600)
        return true;
    say_error("--seconds: %s found, 0 to 3600 expected", seconds);
    return false;
}

static int
run(const struct cli_args *args)
{
    struct measure_limits limits;
    struct answers answers;
    int status = CLI_FAILED;

    for (int i = 0; i < args->n_operands; i++)
        if (!known(args->operands[i]))
            return CLI_USAGE;
    if (!limits_of(args, &limits))
        return CLI_USAGE;
    answers = (struct answers){ .table = new_table(), .list = json_array() };
    if (args->value[TRACES])
        bench_traces = args->value[TRACES];
    if (answers.table && answers.list)
        status = run_rows(args, &limits, &answers);
    if (status == CLI_DONE && !args->value[CHECK])
        status = print(args, &answers);
    scols_unref_table(answers.table);
    json_decref(answers.list);
    return status;
}

static const struct cli_command bench = {
    .operands = "[KEY...]",
    .max_operands = CLI_ANY,
    .options = options,
    .run = run,
};

static const char usage[] =
    "Usage: vap-bench [--check] [--json FILE] [--seconds N] [--traces DIR] "
    "[KEY...]\n\n"
    "Measures what vap does often, or on large hosts, beside something that "
    "does the same\nin a plain way: medians, their ratio, what is to be "
    "reached.\n\n"
    "      --check         once each, only to see that both answer alike\n"
    "  -j, --json FILE     write the table there too\n"
    "  -s, --seconds N     for each side of a row (1)\n"
    "  -t, --traces DIR    the recorded traces (tests/traces)\n\n"
    "Exits 1 when two sides do not answer alike; a target that is missed is "
    "no error.\n";

int
main(int argc, char **argv)
{
    struct cli_args args;

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    switch (cli_parse(&bench, argc, argv, &args)) {
    case CLI_PARSED:
        return run(&args);
    case CLI_HELP:
        (void)fputs(usage, stdout);
        return CLI_DONE;
    case CLI_WRONG:
        break;
    }
    return CLI_USAGE;
}
