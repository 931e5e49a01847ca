/* SPDX-License-Identifier: MIT */
/* A step is done under every rule; then each line about it is held against
 * what each rule made of it. */
#include "cli/lab/lab.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/lab/live.h"

#include <errno.h>

int
lab_begin(struct lab *lab, const char *path, const struct scenario *scenario,
          uint32_t rules, enum vap_kernel kernel, struct scenario_error *error)
{
    *lab = (struct lab){ .path = path, .scenario = scenario };
    for (size_t i = 0; i < vap_n_rules && lab->n < LAB_RULES; i++) {
        int r;

        if (!(rules & SCENARIO_RULE(i)))
            continue;
        r = play_new(scenario, vap_rules[i], kernel, &lab->plays[lab->n],
                     error);
        if (r)
            return r;
        lab->bits[lab->n++] = SCENARIO_RULE(i);
    }
    return 0;
}

uint32_t
lab_all(const struct lab *lab)
{
    uint32_t rules = 0;

    for (size_t i = 0; i < lab->n; i++)
        rules |= lab->bits[i];
    return rules;
}

void
lab_print_rules(FILE *out, const struct lab *lab, uint32_t rules)
{
    const char *before = "";

    for (size_t i = 0; i < lab->n; i++)
        if (rules & lab->bits[i]) {
            (void)fprintf(out, "%s%s", before, lab->plays[i]->rule->name);
            before = ", ";
        }
}

void
lab_print_unmet(FILE *out, const struct lab *lab,
                const struct lab_finding *finding)
{
    say_quoted(out, lab->path);
    (void)fprintf(out, ":%lu: not met under ", finding->line);
    lab_print_rules(out, lab, finding->rules);
    (void)fputs(": ", out);
    say_quoted(out, finding->expected);
    (void)fputs(" expected, ", out);
    say_quoted(out, finding->found);
    (void)fputs(" found\n", out);
}

static void
forget_step(struct lab *lab)
{
    for (size_t i = 0; i < lab->n; i++)
        play_answer_done(&lab->outcomes[i].answer);
    for (size_t i = 0; i < lab->n_findings; i++) {
        free(lab->findings[i].expected);
        free(lab->findings[i].found);
    }
    free(lab->findings);
    lab->findings = NULL;
    lab->n_findings = 0;
    memset(lab->outcomes, 0, sizeof(lab->outcomes));
}

void
lab_done(struct lab *lab)
{
    forget_step(lab);
    for (size_t i = 0; i < lab->n; i++) {
        play_free(lab->plays[i]);
        live_free(lab->lives[i]);
    }
    lab->n = 0;
}

/* -- what is expected, and what was found --------------------------------- */

static int
check_expect(struct lab *lab, size_t i, const struct scenario_expect *x)
{
    char *found = play_see(lab->plays[i], x);
    bool met = found && strcmp(found, x->value) == 0;

    return lab_find(lab, x->line, lab->bits[i], lab_expect_text(x), found, met);
}

/* EADDRINUSE "03.0047 is assigned to a" */
static char *
answer_text(const char *word, char **reasons, size_t n_reasons)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return NULL;
    (void)fputs(word, out);
    for (size_t i = 0; i < n_reasons; i++) {
        AUTO(free_done) char *quoted = scenario_quote(reasons[i]);

        (void)fprintf(out, " %s", quoted ? quoted : "?");
    }
    return text_closed(out, &text);
}

/* Without reasons in the file, the error is enough. */
static bool
as_expected(const struct scenario_answer *want, const struct play_answer *got)
{
    if (strcmp(want->answer, "any") == 0)
        return true;
    if (strcmp(want->answer, play_word(got->verdict)) != 0)
        return false;
    if (!want->n_reasons)
        return true;
    if (want->n_reasons != got->n_reasons)
        return false;
    for (size_t i = 0; i < want->n_reasons; i++)
        if (strcmp(want->reasons[i], got->reasons[i]) != 0)
            return false;
    return true;
}

static const struct scenario_answer *
answer_for(const struct scenario_step *step, uint32_t rule)
{
    size_t i = 0;

    while (!(step->answers[i].rules & rule))
        i++;
    return &step->answers[i];
}

static int
check_answer(struct lab *lab, size_t i, const struct scenario_step *step)
{
    const struct scenario_answer *want = answer_for(step, lab->bits[i]);
    const struct play_answer *got = &lab->outcomes[i].answer;
    bool met = as_expected(want, got);
    char *expected = answer_text(want->answer, want->reasons, want->n_reasons);
    char *found = answer_text(play_word(got->verdict), got->reasons,
                              met && !want->n_reasons ? 0 : got->n_reasons);
    AUTO(free_done) char *text = expected;
    char *whole;

    if (!expected || asprintf(&whole, "%s -> %s", got->op->words, text) < 0) {
        free(found);
        return -ENOMEM;
    }
    return lab_find(lab, want->line, lab->bits[i], whole, found, met);
}

/* -- doing it ------------------------------------------------------------- */

/* One after the other, up to the one that does not answer as it should. */
static int
do_each(struct lab *lab, size_t i, const struct scenario_step *step)
{
    struct lab_outcome *outcome = &lab->outcomes[i];

    for (size_t k = 0; k < step->n_ops; k++) {
        int r;

        play_answer_done(&outcome->answer);
        r = play_ops(lab->plays[i], &step->ops[k], 1, &outcome->answer);
        if (!r)
            r = lab_live_ops(lab, i, &step->ops[k], 1);
        if (r)
            return r;
        outcome->answers |= UINT32_C(1) << outcome->answer.verdict;
        if (!as_expected(answer_for(step, lab->bits[i]), &outcome->answer))
            break;
    }
    return 0;
}

static int
do_batch(struct lab *lab, size_t i, const struct scenario_step *step)
{
    struct lab_outcome *outcome = &lab->outcomes[i];
    int r = play_ops(lab->plays[i], step->ops, step->n_ops, &outcome->answer);

    outcome->answers = UINT32_C(1) << outcome->answer.verdict;
    return r ? r : lab_live_ops(lab, i, step->ops, step->n_ops);
}

/* The verdict that stands for all: one that is not as it should be, if any
 * is. */
static void
judge_orders(const struct scenario_step *step, uint32_t rule,
             struct lab_outcome *outcome)
{
    struct play_answer *answer = &outcome->answer;

    answer->op = &step->ops[0];
    for (unsigned v = 0; v < VAP_VERDICTS; v++) {
        if (!(outcome->answers & UINT32_C(1) << v))
            continue;
        answer->verdict = (enum vap_verdict)v;
        if (!as_expected(answer_for(step, rule), answer))
            return;
    }
}

static int
do_orders(struct lab *lab, size_t i, const struct scenario_step *step)
{
    struct lab_outcome *outcome = &lab->outcomes[i];
    int r = play_orders(lab->plays[i], step, &outcome->answers);

    judge_orders(step, lab->bits[i], outcome);
    return r ? r : lab_live_orders(lab, i, step);
}

static int
do_step(struct lab *lab, size_t i, const struct scenario_step *step)
{
    int r = 0;

    switch (step->kind) {
    case SCENARIO_START:
        break;
    case SCENARIO_DO:
        r = do_each(lab, i, step);
        break;
    case SCENARIO_BATCH:
        r = do_batch(lab, i, step);
        break;
    case SCENARIO_ORDERS:
        r = do_orders(lab, i, step);
        break;
    }
    return r || step->kind == SCENARIO_START ? r : check_answer(lab, i, step);
}

static int
check_expects(struct lab *lab, const struct scenario_step *step)
{
    int r = lab_live_look(lab, step);

    if (r)
        return r;
    for (size_t x = 0; x < step->n_expects; x++)
        for (size_t i = 0; i < lab->n; i++)
            if (step->expects[x].rules & lab->bits[i]) {
                r = check_expect(lab, i, &step->expects[x]);
                if (r)
                    return r;
            }
    for (size_t i = 0; i < lab->n; i++)
        play_looked(lab->plays[i], step);
    return 0;
}

int
lab_step(struct lab *lab, const struct scenario_step *step)
{
    int r = 0;

    forget_step(lab);
    for (size_t i = 0; i < lab->n && !r; i++)
        r = do_step(lab, i, step);
    return r ? r : check_expects(lab, step);
}
