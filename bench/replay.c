/* SPDX-License-Identifier: MIT */
/* What it takes to read, carry out and compare recorded histories, beside
 * what it takes to parse the same lines and do nothing with them. */
#include "bench/bench.h"

#include "base/auto.h"
#include "base/say.h"
#include "replay/replay.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>

/** All recorded traces, and what came of them. */
struct corpus {
    glob_t files;
    char **lines;
    size_t n_lines;
    size_t n_steps; /* of one pass */
    size_t n_agree;
    int failed; /* -errno */
};

static void
corpus_done(struct corpus *c)
{
    for (size_t i = 0; i < c->n_lines; i++)
        free(c->lines[i]);
    free(c->lines);
    globfree(&c->files);
}

static int
find_files(struct corpus *c)
{
    AUTO(free_done) char *pattern = NULL;

    if (asprintf(&pattern, "%s/*/*.jsonl.gz", bench_traces) < 0)
        return -ENOMEM;
    return glob(pattern, 0, NULL, &c->files) ? -ENOENT : 0;
}

/* Each under the rule that its folder is named after. */
static const struct vap_rule *
rule_of(const char *path)
{
    const char *end = strrchr(path, '/');
    const char *start = memrchr(path, '/', (size_t)(end - path));
    AUTO(free_done) char *name = NULL;

    start = start ? start + 1 : path;
    name = strndup(start, (size_t)(end - start));
    return name ? vap_rule_named(name) : NULL;
}

/* A line as text again: jansson gives back what it was given. */
static int
keep_line(struct corpus *c, const json_t *trace)
{
    char **lines = realloc(c->lines, (c->n_lines + 1) * sizeof(*lines));

    if (!lines)
        return -ENOMEM;
    c->lines = lines;
    c->lines[c->n_lines] = json_dumps(trace, JSON_COMPACT);
    if (!c->lines[c->n_lines])
        return -ENOMEM;
    c->n_lines++;
    return 0;
}

/* Replayed, or without a rule kept as text. */
static int
one_trace(struct corpus *c, const struct vap_rule *rule, const json_t *trace)
{
    struct trace_error error;
    struct replay_result result;
    int r;

    if (!rule)
        return keep_line(c, trace);
    r = replay_trace(trace, rule, VAP_LINUX_7_2, &result, &error);
    if (r < 0)
        return r;
    c->n_steps += result.n_steps;
    c->n_agree += result.agrees ? result.n_steps : 0;
    replay_done(&result);
    return 0;
}

/* Every trace of every file, kept as text or replayed. */
static int
each_trace(struct corpus *c, bool keep)
{
    struct trace_error error;
    int r = 0;

    for (size_t i = 0; i < c->files.gl_pathc && r >= 0; i++) {
        const struct vap_rule *rule = rule_of(c->files.gl_pathv[i]);
        AUTO(trace_done) struct trace_file *file = NULL;
        json_t *trace;

        if (!rule)
            continue; /* no kernel's */
        r = trace_open(c->files.gl_pathv[i], &file);
        while (r >= 0 && (r = trace_next(file, &trace, &error)) > 0) {
            r = one_trace(c, keep ? NULL : rule, trace);
            json_decref(trace);
        }
    }
    return r;
}

static void
replay_all(void *self)
{
    struct corpus *c = self;

    c->n_steps = c->n_agree = 0;
    c->failed = each_trace(c, false);
}

static void
parse_all(void *self)
{
    struct corpus *c = self;

    for (size_t i = 0; i < c->n_lines; i++)
        json_decref(json_loads(c->lines[i], JSON_REJECT_DUPLICATES, NULL));
}

int
bench_replay(const struct bench *bench, const struct measure_limits *limits,
             struct bench_result *result)
{
    AUTO(corpus_done) struct corpus c = { 0 };
    struct measured ns;
    int r = find_files(&c);

    if (!r)
        r = each_trace(&c, true);
    if (r < 0)
        return r;
    measure(&(struct measure_work){ replay_all, NULL, &c }, limits, &ns);
    result->own = measured_rate(ns, (double)c.n_steps);
    if (c.failed || c.n_agree != c.n_steps) {
        say_error("%s: %zu of %zu steps agree", bench->key, c.n_agree,
                  c.n_steps);
        return c.failed ? c.failed : 1;
    }
    measure(&(struct measure_work){ parse_all, NULL, &c }, limits, &ns);
    result->beside = measured_rate(ns, (double)c.n_steps);
    return 0;
}
