/* SPDX-License-Identifier: MIT */
/* vap replay: recorded histories against a rule. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/out.h"
#include "cli/frame/progress.h"
#include "cli/frame/rules.h"
#include "cli/lab/replay_answer.h"

#include <errno.h>
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

/** A replay under way. */
struct session {
    const struct vap_rule *rule;
    enum vap_kernel kernel;
    struct progress progress;
};

static void
add_sums(struct replay_sums *to, const struct replay_sums *more)
{
    to->steps += more->steps;
    to->steps_agree += more->steps_agree;
    to->traces += more->traces;
    to->traces_agree += more->traces_agree;
    to->partly += more->partly;
}

/* One trace, added up. */
static int
take(const struct session *s, const json_t *trace, unsigned long line,
     struct replay_file *out, struct trace_error *error)
{
    struct replay_result result;
    int r = replay_trace(trace, s->rule, s->kernel, &result, error);

    if (r < 0)
        return r;
    out->sums.steps += result.n_steps;
    out->sums.steps_agree += result.n_agree;
    out->sums.traces++;
    out->sums.traces_agree += result.agrees;
    out->sums.partly += result.partly;
    if (result.agrees || out->line) {
        replay_done(&result);
    } else {
        out->line = line;
        out->first = result;
    }
    return 0;
}

static int
read_traces(struct session *s, struct trace_file *file, struct replay_file *out,
            struct trace_error *error)
{
    json_t *trace;
    int r;

    while ((r = trace_next(file, &trace, error)) > 0) {
        progress_show(&s->progress, out->path, trace_percent(file));
        r = take(s, trace, trace_line(file), out, error);
        json_decref(trace);
        if (r < 0) {
            error->line = trace_line(file);
            break;
        }
    }
    return r;
}

static int
complain(const char *path, int r, const struct trace_error *error)
{
    if (r == -EBADMSG)
        say_at(path, error->line, "%s", error->text);
    else
        say_at(path, 0, "%s", strerror(-r));
    return r == -EBADMSG ? CLI_USAGE : CLI_FAILED;
}

static int
replay_file(struct session *s, struct replay_file *out)
{
    AUTO(trace_done) struct trace_file *file = NULL;
    struct trace_error error = { 0 };
    int r = trace_open(out->path, &file);

    if (!r)
        r = read_traces(s, file, out, &error);
    progress_end(&s->progress);
    if (r < 0)
        return complain(out->path, r, &error);
    if (out->sums.traces)
        return CLI_DONE;
    say_at(out->path, 0,
           "no trace found, one expected: a JSON object on a line of its own");
    return CLI_USAGE;
}

static void
answer_done(struct replay_answer *answer)
{
    for (size_t i = 0; i < answer->n_files; i++)
        replay_done(&answer->files[i].first);
    free(answer->files);
}

/* Nothing is printed before all files have been read: an answer that lacks
 * some of them would look like one. */
static int
replay_all(struct session *s, const struct cli_args *args,
           struct replay_answer *answer)
{
    size_t n = (size_t)args->n_operands;

    answer->files = calloc(n, sizeof(*answer->files));
    if (!answer->files)
        return out_no_memory();
    answer->n_files = n;
    for (size_t i = 0; i < n; i++) {
        int status;

        answer->files[i].path = args->operands[i];
        status = replay_file(s, &answer->files[i]);
        if (status != CLI_DONE)
            return status;
        add_sums(&answer->all, &answer->files[i].sums);
    }
    return CLI_DONE;
}

static int
run(const struct cli_args *args)
{
    struct session s = { .progress = progress_start() };
    AUTO(answer_done) struct replay_answer answer = { 0 };
    int status;

    if (!cli_rule(args->value[RULE], args->value[KERNEL], &s.rule, &s.kernel))
        return CLI_USAGE;
    answer.rule = s.rule;
    status = replay_all(&s, args, &answer);
    if (status != CLI_DONE)
        return status;
    if (!args->value[JSON])
        replay_print(&answer, args->value[QUIET]);
    else if (out_json(replay_json(&answer)) != CLI_DONE)
        return CLI_FAILED;
    return answer.all.traces == answer.all.traces_agree ? CLI_DONE
                                                        : CLI_REFUSED;
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
               [CLI_REFUSED] = "some differ",
               [CLI_USAGE] = "wrong usage, or a file that is no traces" },
    .examples = examples,
    .run = run,
};
