/* SPDX-License-Identifier: MIT */
/* A scenario read aloud: what is done, what it answered under which rules,
 * and whatever was not as expected. */
#include "cli/lab/lab_page.h"

#include "base/auto.h"
#include "base/say.h"

#include <errno.h>

enum { ANSWER_COLUMN = 46 };

void
lab_page_init(struct lab_page *page, FILE *out)
{
    *page = (struct lab_page){ .out = out, .look = grid_look_for(out) };
    page->look.no_types = true;
    if (!page->look.width)
        page->look.width = 80;
}

void
lab_page_done(struct lab_page *page)
{
    for (size_t i = 0; i < page->n_legend; i++)
        free(page->legend[i]);
    free(page->legend);
    free(page->said);
    for (size_t i = 0; i < LAB_RULES; i++) {
        free(page->seen[i]);
        host_free(page->was[i]);
    }
}

/* What is apart from what was printed before. */
static void
begin_part(struct lab_page *page)
{
    if (page->gap)
        (void)fputs("\n", page->out);
    page->gap = false;
}

void
lab_say(const struct lab_page *page, unsigned indent, const char *text)
{
    unsigned column = 0;

    while (*text) {
        unsigned n = (unsigned)strcspn(text, " ");

        if (column && column + 1 + n > page->look.width) {
            (void)fputs("\n", page->out);
            column = 0;
        }
        column += (unsigned)fprintf(page->out, "%*s%.*s",
                                    column ? 1 : (int)indent, "", (int)n, text);
        text += n + (text[n] == ' ');
    }
    (void)fputs("\n", page->out);
}

static void
print_notes(struct lab_page *page, const struct scenario_step *step)
{
    if (step->n_notes)
        page->gap = page->begun;
    begin_part(page);
    for (size_t i = 0; i < step->n_notes; i++) {
        lab_pen(page, LAB_DIM);
        lab_say(page, LAB_INDENT, step->notes[i]);
        lab_pen(page, LAB_PLAIN);
    }
}

/* -- what was done -------------------------------------------------------- */

/* "  14  write a/assign_adapter 3"; returns the column after it. */
static int
print_line(const struct lab_page *page, unsigned long line, const char *text,
           const char *indent)
{
    if (page->brief)
        (void)fprintf(page->out, "%*s%s", LAB_INDENT, "", indent);
    else
        (void)fprintf(page->out, "%4lu  %s", line, indent);
    lab_pen(page, LAB_BOLD);
    say_quoted(page->out, text);
    lab_pen(page, LAB_PLAIN);
    return 6 + (int)strlen(indent) + (int)strlen(text);
}

static int
print_ops(const struct lab_page *page, const struct scenario_step *step)
{
    bool block = step->kind != SCENARIO_DO;
    int column = 0;

    if (block)
        (void)print_line(
            page, step->line,
            step->kind == SCENARIO_BATCH ? "batch" : "every order of", "");
    for (size_t i = 0; i < step->n_ops; i++) {
        const struct scenario_op *op = &step->ops[i];

        if (!op->written)
            continue;
        if (block)
            (void)fputs("\n", page->out);
        column = print_line(page, op->line, op->written, block ? "    " : "");
    }
    return column;
}

/* -- what it answered ----------------------------------------------------- */

static bool
same_answer(const struct lab_outcome *a, const struct lab_outcome *b)
{
    if (a->answers != b->answers || a->answer.n_reasons != b->answer.n_reasons)
        return false;
    for (size_t i = 0; i < a->answer.n_reasons; i++)
        if (strcmp(a->answer.reasons[i], b->answer.reasons[i]) != 0)
            return false;
    return true;
}

/* Rules that answered as this one did; 0 when an earlier one stands for
 * them. */
static uint32_t
answered_alike(const struct lab *lab, size_t rule)
{
    uint32_t rules = 0;

    for (size_t i = 0; i < lab->n; i++)
        if (same_answer(&lab->outcomes[i], &lab->outcomes[rule])) {
            if (i < rule)
                return 0;
            rules |= lab->bits[i];
        }
    return rules;
}

static void
print_words(FILE *out, uint32_t answers)
{
    const char *before = "";

    for (unsigned v = 0; v < VAP_VERDICTS; v++)
        if (answers & UINT32_C(1) << v) {
            (void)fprintf(out, "%s%s", before, play_word((enum vap_verdict)v));
            before = ", ";
        }
}

static void
print_reasons(const struct lab_page *page, const struct play_answer *answer)
{
    for (size_t i = 0; i < answer->n_reasons; i++) {
        (void)fprintf(page->out, "%*s", LAB_INDENT + 4, "");
        say_quoted(page->out, answer->reasons[i]);
        (void)fputs("\n", page->out);
    }
    if (answer->remedy) {
        (void)fprintf(page->out, "%*s-> ", LAB_INDENT + 4, "");
        say_quoted(page->out, answer->remedy);
        (void)fputs("\n", page->out);
    }
}

static void
print_answers(const struct lab_page *page, const struct lab *lab, int column)
{
    bool all = answered_alike(lab, 0) == lab_all(lab);
    int gap = column < ANSWER_COLUMN ? ANSWER_COLUMN - column : 2;

    for (size_t i = 0; i < lab->n; i++) {
        uint32_t rules = answered_alike(lab, i);

        if (!rules)
            continue;
        (void)fprintf(page->out, "%*s", gap, "");
        print_words(page->out, lab->outcomes[i].answers);
        if (!all) {
            (void)fputs(" under ", page->out);
            lab_print_rules(page->out, lab, rules);
        }
        (void)fputs("\n", page->out);
        print_reasons(page, &lab->outcomes[i].answer);
        gap = ANSWER_COLUMN;
    }
}

/* -- what was expected ---------------------------------------------------- */

static void
print_unmet(const struct lab_page *page, const struct lab *lab)
{
    for (size_t i = 0; i < lab->n_findings; i++)
        if (!lab->findings[i].met) {
            lab_pen(page, LAB_RED);
            lab_print_unmet(page->out, lab, &lab->findings[i]);
            lab_pen(page, LAB_PLAIN);
        }
}

int
lab_page_step(struct lab_page *page, const struct lab *lab,
              const struct scenario_step *step)
{
    int r = 0;

    print_notes(page, step);
    if (step->kind != SCENARIO_START)
        print_answers(page, lab, print_ops(page, step));
    page->gap = step->kind == SCENARIO_ORDERS;
    page->begun |= step->kind != SCENARIO_START;
    if (step->kind == SCENARIO_ORDERS)
        r = lab_print_ends(page->out, lab, step, LAB_INDENT);
    if (!r && (!page->brief || step->n_expects))
        r = lab_draw(page, lab);
    print_unmet(page, lab);
    return r;
}

int
lab_page_head(struct lab_page *page, const struct lab *lab)
{
    const struct scenario *s = lab->scenario;

    lab_pen(page, LAB_BOLD);
    say_quoted(page->out, s->title ? s->title : lab->path);
    lab_pen(page, LAB_PLAIN);
    (void)fputs("\n", page->out);
    for (size_t i = 0; i < s->n_sources; i++) {
        lab_pen(page, LAB_DIM);
        say_quoted(page->out, s->sources[i]);
        lab_pen(page, LAB_PLAIN);
        (void)fputs("\n", page->out);
    }
    page->begun = true;
    return 0;
}

void
lab_head(struct lab_page *page, size_t i, const char *title, const char *words)
{
    (void)fputs("\n", page->out);
    lab_pen(page, LAB_BOLD);
    (void)fprintf(page->out, "%zu  %s\n", i + 1, title);
    lab_pen(page, LAB_PLAIN);
    lab_say(page, 0, words);
    (void)fputs("\n", page->out);
}
