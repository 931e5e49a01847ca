/* SPDX-License-Identifier: MIT */
/* vap replay: recorded histories against a rule. */
#include "cli/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/rules.h"
#include "observe/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { RULE, KERNEL, JSON, QUIET };

static const struct cli_option options[] = {
    [RULE] = { 'r', "rule", "RULE",
               "state (default), linux-7.2, linux-6.12 "
               "or fcfs" },
    [KERNEL] = { 'k', "kernel", "VERSION",
                 "with state and fcfs: 7.2 (default) or 6.12, for all but the "
                 "guest matrix" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    [QUIET] = { 'q', "quiet", NULL, "only what differs" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "does the engine do what Linux 7.2 was recorded to do?",
      "vap replay --rule linux-7.2 tests/traces/linux-7.2/*.gz" },
    { "and would a guest always get what the state gives it?",
      "vap replay --rule state tests/traces/linux-7.2/small.jsonl.gz" },
    { NULL, NULL },
};

/** What all traces of a file, or of all files, came to. */
struct sums {
    size_t steps;
    size_t steps_agree;
    size_t traces;
    size_t traces_agree;
    size_t partly;
};

struct first {
    bool there;
    unsigned long line;
    struct replay_result result;
};

struct session {
    const struct vap_rule *rule;
    enum vap_kernel kernel;
    bool quiet;
    bool progress;
    int width;
    json_t *files; /* with --json */
    struct sums all;
};

static void
first_done(struct first *first)
{
    replay_done(&first->result);
}

static void
add_sums(struct sums *to, const struct sums *more)
{
    to->steps += more->steps;
    to->steps_agree += more->steps_agree;
    to->traces += more->traces;
    to->traces_agree += more->traces_agree;
    to->partly += more->partly;
}

static void
show_progress(const struct session *s, const struct trace_file *file,
              const char *path)
{
    if (s->progress)
        (void)fprintf(stderr, "\r%s  %d %%\033[K", path, trace_percent(file));
}

static void
end_progress(const struct session *s)
{
    if (s->progress)
        (void)fprintf(stderr, "\r\033[K");
}

/* One trace, added up. */
static int
take(struct session *s, const json_t *trace, unsigned long line,
     struct sums *sums, struct first *first, struct trace_error *error)
{
    struct replay_result result;
    int r = replay_trace(trace, s->rule, s->kernel, &result, error);

    if (r < 0)
        return r;
    sums->steps += result.n_steps;
    sums->steps_agree += result.n_agree;
    sums->traces++;
    sums->traces_agree += result.agrees;
    sums->partly += result.partly;
    if (result.agrees || first->there)
        replay_done(&result);
    else
        *first = (struct first){ true, line, result };
    return 0;
}

static int
read_traces(struct session *s, struct trace_file *file, const char *path,
            struct sums *sums, struct first *first, struct trace_error *error)
{
    int r;

    for (;;) {
        json_t *trace;

        r = trace_next(file, &trace, error);
        if (r <= 0)
            break;
        r = take(s, trace, trace_line(file), sums, first, error);
        json_decref(trace);
        if (r < 0) {
            error->line = trace_line(file);
            break;
        }
        if (sums->traces % 16 == 0)
            show_progress(s, file, path);
    }
    end_progress(s);
    return r;
}

static void
print_sums(const struct session *s, const char *name, const struct sums *sums)
{
    (void)printf("%-*s  %8zu of %8zu steps  %6zu of %6zu traces%s\n", s->width,
                 name, sums->steps_agree, sums->steps, sums->traces_agree,
                 sums->traces,
                 sums->traces == sums->traces_agree ? "" : "  DIFFER");
}

/* Values of a word stay on the line; files stand below, as they are. */
static void
print_value(const char *whose, const char *value)
{
    (void)printf("  %-11s", whose);
    if (!*value)
        (void)printf("(empty)\n");
    else if (!strchr(value, '\n'))
        (void)printf("%s\n", value);
    else
        (void)printf("\n%s", value);
}

static void
print_first(const struct session *s, const char *path,
            const struct first *first)
{
    const struct replay_difference *d = &first->result.first;

    (void)printf("%s:%lu: trace %s, ", path, first->line, first->result.id);
    if (d->step < first->result.n_steps)
        (void)printf("step %zu: %s\n", d->step, d->op);
    else
        (void)printf("%s\n", d->op);
    (void)printf("  %s\n", d->what);
    print_value("recorded", d->recorded ? d->recorded : "?");
    print_value(s->rule->name, d->found ? d->found : "?");
}

static json_t *
sums_json(const struct sums *sums)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "steps",
                     (json_int_t)sums->steps, "steps_agree",
                     (json_int_t)sums->steps_agree, "traces",
                     (json_int_t)sums->traces, "traces_agree",
                     (json_int_t)sums->traces_agree, "guests_not_compared",
                     (json_int_t)sums->partly);
}

static json_t *
first_json(const struct first *first)
{
    const struct replay_difference *d = &first->result.first;

    if (!first->there)
        return json_null();
    return json_pack("{s:I, s:s, s:I, s:s, s:s, s:s?, s:s?}", "line",
                     (json_int_t)first->line, "trace", first->result.id, "step",
                     (json_int_t)d->step, "op", d->op, "what", d->what,
                     "recorded", d->recorded, "found", d->found);
}

static void
report(struct session *s, const char *path, const struct sums *sums,
       const struct first *first)
{
    if (s->files) {
        json_t *file = sums_json(sums);

        (void)json_object_set_new(file, "file", json_string(path));
        (void)json_object_set_new(file, "first", first_json(first));
        (void)json_array_append_new(s->files, file);
        return;
    }
    if (!s->quiet)
        print_sums(s, path, sums);
    if (first->there)
        print_first(s, path, first);
}

static int
replay_file(struct session *s, const char *path)
{
    AUTO(trace_done) struct trace_file *file = NULL;
    AUTO(first_done) struct first first = { 0 };
    struct trace_error error = { 0 };
    struct sums sums = { 0 };
    int r = trace_open(path, &file);

    if (r < 0) {
        say_error("%s: %s", path, strerror(-r));
        return CLI_FAILED;
    }
    r = read_traces(s, file, path, &sums, &first, &error);
    if (r < 0) {
        if (r == -ENOMEM)
            say_error("%s: %s", path, strerror(ENOMEM));
        else
            say_at(path, error.line, "%s", error.text);
        return r == -EBADMSG ? CLI_USAGE : CLI_FAILED;
    }
    if (sums.traces == 0) {
        say_at(path, 0, "no trace found, one JSON object a line expected");
        return CLI_USAGE;
    }
    add_sums(&s->all, &sums);
    report(s, path, &sums, &first);
    return CLI_DONE;
}

static int
print_json(struct session *s)
{
    json_t *answer = json_pack("{s:s, s:o, s:O}", "rule", s->rule->name, "all",
                               sums_json(&s->all), "files", s->files);
    int r = json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

    (void)putchar('\n');
    json_decref(answer);
    return r;
}

static void
print_all(const struct session *s, int n_files)
{
    if (s->quiet && s->all.traces == s->all.traces_agree)
        return;
    if (n_files > 1 || s->quiet)
        print_sums(s, "all", &s->all);
    if (s->all.partly)
        (void)printf("In %zu traces resets fail; what their guests get "
                     "depends on when the kernel reset\nwhat, so it was not "
                     "compared under %s.\n",
                     s->all.partly, s->rule->name);
}

static int
widest(const struct cli_args *args)
{
    int width = 3;

    for (int i = 0; i < args->n_operands; i++) {
        int n = (int)strlen(args->operands[i]);

        width = n > width ? n : width;
    }
    return width;
}

static int
replay_all(struct session *s, const struct cli_args *args)
{
    for (int i = 0; i < args->n_operands; i++) {
        int status = replay_file(s, args->operands[i]);

        if (status != CLI_DONE)
            return status;
    }
    if (s->files)
        (void)print_json(s);
    else
        print_all(s, args->n_operands);
    return s->all.traces == s->all.traces_agree ? CLI_DONE : CLI_REFUSED;
}

static int
run(const struct cli_args *args)
{
    struct session s = {
        .quiet = args->value[QUIET],
        .progress = isatty(STDERR_FILENO),
        .width = widest(args),
    };
    int status;

    if (!cli_rule(args->value[RULE], args->value[KERNEL], &s.rule, &s.kernel))
        return CLI_USAGE;
    s.files = args->value[JSON] ? json_array() : NULL;
    status = replay_all(&s, args);
    json_decref(s.files);
    return status;
}

const struct cli_command cli_replay = {
    .name = "replay",
    .summary = "recorded histories against a rule",
    .operands = "TRACE...",
    .min_operands = 1,
    .max_operands = CLI_ANY,
    .about =
        "Carries out recorded histories (.jsonl or .jsonl.gz, - for stdin) "
        "under a rule and compares every step with what the kernel answered: "
        "return code, matrices, guest matrices, control domains, bindings, "
        "what KVM was told and how often, resets.\n\n"
        "Under state and fcfs all is compared that no rule touches, and guest "
        "matrices: under state with what the recorded state gives, under fcfs "
        "with the kernel's.",
    .options = options,
    .exits = { [CLI_DONE] = "every step of every trace agrees",
               [CLI_REFUSED] = "some differ" },
    .examples = examples,
    .run = run,
};
