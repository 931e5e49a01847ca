/* SPDX-License-Identifier: MIT */
/* The steps of a scenario file: operations, and what they answer. */
#include "lab/scenario_reading.h"

#include "base/auto.h"
#include "host/change_words.h"
#include "host/words.h"

#include <errno.h>
#include <stdarg.h>

struct scenario_step *
scene_step(struct reader *r)
{
    return r->s->n_steps ? &r->s->steps[r->s->n_steps - 1] : NULL;
}

/* Of the lines about one thing: a rule that is named has its own, and the one
 * that names none is for all others. */
static int
claim(struct reader *r, unsigned long line, uint32_t rules, uint32_t *named,
      bool *rest)
{
    r->line = line;
    if ((rules & *named) || (!rules && *rest))
        return scene_wrong(r, "a second line for the same rule found");
    *named |= rules;
    *rest = *rest || !rules;
    return 0;
}

static int
share(struct reader *r, unsigned long line, uint32_t *rules, uint32_t named)
{
    if (*rules)
        return 0;
    r->line = line;
    *rules = scenario_all_rules() & ~named;
    return *rules ? 0
                  : scene_wrong(r, "a line for the other rules found, but "
                                   "each rule has its own");
}

static int
add_answer(struct scenario_step *step, unsigned long line, uint32_t rules,
           const char *word)
{
    struct scenario_answer *a =
        scene_push(&step->answers, &step->n_answers, sizeof(*a));

    if (!a)
        return -ENOMEM;
    a->line = line;
    a->rules = rules;
    return scene_keep(&a->answer, word);
}

/* An answer that is not given is "ok". */
static int
settle_answers(struct reader *r, struct scenario_step *step)
{
    uint32_t named = 0;
    bool rest = false;
    int e = 0;

    for (size_t i = 0; i < step->n_answers && !e; i++)
        e = claim(r, step->answers[i].line, step->answers[i].rules, &named,
                  &rest);
    for (size_t i = 0; i < step->n_answers && !e; i++)
        e = share(r, step->answers[i].line, &step->answers[i].rules, named);
    if (!e && !rest && named != scenario_all_rules())
        e = add_answer(step, step->line, scenario_all_rules() & ~named, "ok");
    return e;
}

static bool
same_thing(const struct scenario_expect *a, const struct scenario_expect *b)
{
    return a->about == b->about && strcmp(a->subject, b->subject) == 0 &&
           (!a->file || strcmp(a->file, b->file) == 0);
}

/* Those about the same as this one, which is their first. */
static int
settle_group(struct reader *r, struct scenario_step *step, size_t first)
{
    struct scenario_expect *x = step->expects;
    uint32_t named = 0;
    bool rest = false;
    int e = 0;

    for (size_t i = first; i < step->n_expects && !e; i++)
        if (same_thing(&x[i], &x[first]))
            e = claim(r, x[i].line, x[i].rules, &named, &rest);
    for (size_t i = step->n_expects; i-- > first && !e;)
        if (same_thing(&x[i], &x[first]))
            e = share(r, x[i].line, &x[i].rules, named);
    return e;
}

static bool
is_first(const struct scenario_step *step, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (same_thing(&step->expects[i], &step->expects[at]))
            return false;
    return true;
}

int
scene_settle(struct reader *r)
{
    struct scenario_step *step = scene_step(r);
    unsigned long line = r->line;
    int e = 0;

    if (step && step->kind != SCENARIO_START)
        e = settle_answers(r, step);
    for (size_t i = 0; step && i < step->n_expects && !e; i++)
        if (is_first(step, i))
            e = settle_group(r, step, i);
    r->line = e ? r->line : line;
    return e;
}

int
scene_begin_step(struct reader *r, enum scenario_kind kind)
{
    struct scenario_step *step;
    int e;

    if (!r->s->n_steps)
        return scene_wrong(
            r, "a step found, a block \"host ... end\" before it expected");
    e = scene_settle(r);
    if (e)
        return e;
    step = scene_push(&r->s->steps, &r->s->n_steps, sizeof(*step));
    if (!step)
        return -ENOMEM;
    step->kind = kind;
    step->line = r->line;
    step->notes = TAKE(r->notes);
    step->n_notes = r->n_notes;
    r->n_notes = 0;
    return 0;
}

static bool
is_answer(const char *word)
{
    if (strcmp(word, "ok") == 0 || strcmp(word, "any") == 0)
        return true;
    for (int v = VAP_OK + 1; v < VAP_VERDICTS; v++)
        if (strcmp(word, words_errno((enum vap_verdict)v)) == 0)
            return true;
    return false;
}

static int
read_reasons(struct reader *r, char *text, struct scenario_answer *answer)
{
    while (*text) {
        char *words;
        char **reason;
        int e = scene_quoted(r, &text, &words);

        if (e)
            return e;
        reason =
            scene_push(&answer->reasons, &answer->n_reasons, sizeof(*reason));
        if (!reason)
            return -ENOMEM;
        e = scene_keep(reason, words);
        if (e)
            return e;
    }
    return 0;
}

/* ANSWER ["reason"...] [RULES] */
int
scene_answer(struct reader *r, char *text)
{
    struct scenario_step *step = scene_step(r);
    uint32_t rules;
    const char *word;
    int e;

    if (!step || step->kind == SCENARIO_START || step->n_expects)
        return scene_wrong(r,
                           "an answer found, an operation before it expected");
    if (step->n_answers == SCENARIO_MAX_LINES)
        return scene_wrong(r, "more than %d answers found", SCENARIO_MAX_LINES);
    e = scene_cut_rules(r, text, &rules);
    if (e)
        return e;
    word = scene_word(&text);
    if (!is_answer(word))
        return scene_wrong(
            r, "\"%.64s\" found, ok, any or an error as EADDRINUSE expected",
            word);
    e = add_answer(step, r->line, rules, word);
    return e ? e : read_reasons(r, text, &step->answers[step->n_answers - 1]);
}

/* The answer after " -> ", cut off the line; NULL when there is none. */
static char *
cut_answer(char *line)
{
    char *arrow = strstr(line, " -> ");

    if (!arrow)
        return NULL;
    *arrow = '\0';
    return arrow + 4;
}

static int
check_op(struct reader *r, const char *words)
{
    struct vap_request request = { 0 };
    char why[CHANGE_WORDS_ERROR];
    int e = change_words_read(r->scratch, words, &request, why);

    return e == -EINVAL ? scene_wrong(r, "%s", why) : e < 0 ? e : 0;
}

static int
add_op(struct reader *r, const char *words)
{
    struct scenario_step *step = scene_step(r);
    struct scenario_op *op;
    int e = check_op(r, words);

    if (e)
        return e;
    if (++r->n_ops > SCENARIO_MAX_OPS)
        return scene_wrong(r, "more than %d operations found",
                           SCENARIO_MAX_OPS);
    op = scene_push(&step->ops, &step->n_ops, sizeof(*op));
    if (!op)
        return -ENOMEM;
    op->line = r->line;
    return scene_keep(&op->words, words);
}

/* The line with other words where its braces were. */
__attribute__((format(printf, 4, 5))) static int
add_with(struct reader *r, const char *line, const char *rest,
         const char *format, ...)
{
    int before = (int)strcspn(line, "{");
    AUTO(free_done) char *words = NULL;
    char instead[16];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(instead, sizeof(instead), format, args);
    va_end(args);
    if (asprintf(&words, "%.*s%s%s", before, line, instead, rest) < 0)
        return -ENOMEM;
    return add_op(r, words);
}

static int
add_queues(struct reader *r, const char *line, const char *rest,
           const struct vap_matrix *m)
{
    int e = 0;

    VAP_EACH (a, &m->adapters)
        VAP_EACH (d, &m->domains)
            if (!e)
                e = add_with(r, line, rest, "%02x.%04x", a, d);
    return e;
}

static int
add_ids(struct reader *r, const char *line, const char *rest,
        const struct vap_mask *ids)
{
    int e = 0;

    VAP_EACH (id, ids)
        if (!e)
            e = add_with(r, line, rest, "%u", id);
    return e;
}

/* An operation; {1-3} in it stands for three, {1,2}x{5} for two queues. */
static int
expand(struct reader *r, const char *line)
{
    const char *braces = strchr(line, '{');
    struct vap_matrix m = { 0 };
    const char *rest = braces;

    if (!braces)
        return add_op(r, line);
    if (sets_read_product(&rest, &m) && !strchr(rest, '{'))
        return add_queues(r, line, rest, &m);
    rest = braces;
    if (sets_read_ids(&rest, &m.adapters) && !strchr(rest, '{'))
        return add_ids(r, line, rest, &m.adapters);
    return scene_wrong(r,
                       "\"%.64s\" found, once ids as {0-2,7} or queues as "
                       "{1-3}x{1,2} expected",
                       braces);
}

static int
add_ops(struct reader *r, const char *line)
{
    size_t before = scene_step(r)->n_ops;
    int e = expand(r, line);

    if (e)
        return e;
    if (scene_step(r)->n_ops == before)
        return scene_wrong(r, "\"%.64s\" found, which does nothing", line);
    return scene_keep(&scene_step(r)->ops[before].written, line);
}

int
scene_op(struct reader *r, char *line)
{
    char *answer = cut_answer(line);
    int e = scene_begin_step(r, SCENARIO_DO);

    if (!e)
        e = add_ops(r, line);
    return e || !answer ? e : scene_answer(r, answer);
}

int
scene_op_in_block(struct reader *r, char *line)
{
    int e;

    if (cut_answer(line))
        return scene_wrong(
            r, "an answer found inside a block, after its end expected");
    e = add_ops(r, line);
    if (!e && r->place == IN_ORDERS &&
        scene_step(r)->n_ops > SCENARIO_MAX_ORDER)
        return scene_wrong(
            r, "%zu operations in every order found, at most %d expected",
            scene_step(r)->n_ops, SCENARIO_MAX_ORDER);
    return e;
}

int
scene_end_block(struct reader *r, char *line)
{
    char *answer = cut_answer(line);

    if (line[3])
        return scene_wrong(r, "\"%.64s\" found after end", line + 4);
    if (!scene_step(r)->n_ops)
        return scene_wrong(r, "end found, an operation before it expected");
    r->place = TOP;
    return answer ? scene_answer(r, answer) : 0;
}
