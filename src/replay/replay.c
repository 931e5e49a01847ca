/* SPDX-License-Identifier: MIT */
/* What the engine makes of each operation is held against the record; the
 * engine is never told what was recorded. */
#include "replay/replay.h"

#include "base/auto.h"
#include "host/words.h"
#include "replay/history.h"
#include "replay/replay_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
replay_done(struct replay_result *result)
{
    free(result->first.recorded);
    free(result->first.found);
    result->first.recorded = result->first.found = NULL;
}

static void
replay_end(struct replay *r)
{
    host_free(r->host);
    record_done(&r->record);
    free(r->updates);
    free(r->clears);
}

/* An operation that cannot be read: how it should be written. */
static int
wrong_op(struct replay *r, const char *expected)
{
    json_auto_t *op = json_string(r->op);
    struct trace_excerpt found = trace_excerpt(op);

    (void)snprintf(r->error->text, sizeof(r->error->text),
                   "steps[%zu].op: %s found, \"%s\" expected", r->step,
                   found.text, expected);
    return -EBADMSG;
}

static int
take_record(struct replay *r, const json_t *state, const char *key)
{
    int e = record_step(&r->record, r->host, state);

    if (e == -EUSERS) {
        (void)snprintf(r->error->text, sizeof(r->error->text),
                       "%s.mdevs: more mdevs found than a host can have, "
                       "%d",
                       key, VAP_MDEVS);
        return -EBADMSG;
    }
    return e;
}

static int
take_step(struct replay *r, const json_t *step)
{
    char key[32];
    int e;

    (void)snprintf(key, sizeof(key), "steps[%zu]", r->step);
    e = take_record(r, step, key);
    if (!e)
        replay_expect_state(r);
    return e;
}

static int
do_operation(struct replay *r, const json_t *step, enum vap_verdict *verdict)
{
    struct vap_request request;
    const char *expected = NULL;
    int parsed = history_request(r->host, r->op, &request, &expected);

    if (parsed == -EBADMSG)
        return wrong_op(r, expected);
    if (parsed < 0)
        return parsed;
    *verdict = host_plan(r->host, &request, parsed == VAP_OK, NULL);
    if (parsed != VAP_OK)
        *verdict = (enum vap_verdict)parsed;
    if (*verdict == VAP_NO_ROOM)
        return -ENOMEM;
    return replay_count_updates(r, step);
}

static void
expect_rc(struct replay *r, const json_t *step, enum vap_verdict verdict)
{
    const json_t *rc = json_object_get(step, "rc");
    const char *name = json_is_integer(rc) ? "0" : json_string_value(rc);

    if (!r->guests && verdict == VAP_RESET_FAILED)
        return; /* which resets failed is the kernel's own affair */
    replay_expect_text(r, name ? name : "nothing", words_errno(verdict),
                       "answer");
}

static int
carry_out(struct replay *r, const json_t *step)
{
    enum vap_verdict verdict = VAP_OK;
    int e = do_operation(r, step, &verdict);

    if (e)
        return e;
    expect_rc(r, step, verdict);
    if (r->exact) {
        replay_expect_updates(r, step);
        e = replay_expect_resets(r, step);
    }
    host_apply(r->host);
    return e ? e : take_step(r, step);
}

static int
boot(struct replay *r, const json_t *trace, enum vap_kernel kernel,
     const json_t *step)
{
    const char *expected = NULL;
    int e = history_boot(trace, r->op, r->rule, kernel, &r->host, &expected);

    if (e == -EBADMSG)
        return wrong_op(r, expected);
    if (e)
        return e;
    expect_rc(r, step, VAP_OK);
    return take_step(r, step);
}

static int
one_step(struct replay *r, const json_t *trace, enum vap_kernel kernel,
         const json_t *step)
{
    int e;

    r->op = json_string_value(json_object_get(step, "op"));
    r->agrees = true;
    e = r->host ? carry_out(r, step) : boot(r, trace, kernel, step);
    r->result->n_agree += !e && r->agrees;
    return e;
}

static int
expect_final(struct replay *r, const json_t *final)
{
    int e;

    r->op = "the state at the end";
    record_clear(&r->record);
    e = take_record(r, final, "final");
    if (!e)
        e = replay_expect_files(r, final);
    if (e)
        return e;
    replay_expect_state(r);
    return r->exact ? replay_expect_last_resets(r, final) : 0;
}

static bool
has_faults(const json_t *trace)
{
    const json_t *tags = json_object_get(trace, "tags");

    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));

        if (tag && strcmp(tag, "faults") == 0)
            return true;
    }
    return false;
}

static int
all_steps(struct replay *r, const json_t *trace, enum vap_kernel kernel)
{
    const json_t *steps = json_object_get(trace, "steps");

    r->result->n_steps = json_array_size(steps);
    for (; r->step < r->result->n_steps; r->step++) {
        int e = one_step(r, trace, kernel, json_array_get(steps, r->step));

        if (e)
            return e;
    }
    return expect_final(r, json_object_get(trace, "final"));
}

int
replay_trace(const json_t *trace, const struct vap_rule *rule,
             enum vap_kernel kernel, struct replay_result *result,
             struct trace_error *error)
{
    bool exact = rule->counts_each;
    AUTO(replay_end)
    struct replay r = {
        .rule = rule,
        .exact = exact,
        .pure = rule == &vap_rule_state,
        .guests = exact || !has_faults(trace),
        .result = result,
        .error = error,
    };
    int e = trace_check(trace, error);

    *result = (struct replay_result){ .agrees = true, .partly = !r.guests };
    if (e)
        return e;
    (void)snprintf(result->id, sizeof(result->id), "%s",
                   json_string_value(json_object_get(trace, "id")));
    e = all_steps(&r, trace, kernel);
    if (e)
        replay_done(result);
    return e;
}
