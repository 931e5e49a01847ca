/* SPDX-License-Identifier: MIT */
/* A scenario as text again. Every value has one way to be written, so what
 * is printed twice is printed alike. */
#include "lab/scenario.h"

#include "base/auto.h"
#include "matrix/text.h"

#include <ctype.h>

char *
scenario_quote(const char *text)
{
    char *quoted = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&quoted, &n);

    if (!out)
        return NULL;
    (void)putc('"', out);
    for (; *text; text++) {
        if (*text == '\n')
            (void)fputs("\\n", out);
        else if (*text == '"' || *text == '\\')
            (void)fprintf(out, "\\%c", *text);
        else if (iscntrl((unsigned char)*text))
            (void)fprintf(out, "\\x%02x", (unsigned char)*text);
        else
            (void)putc(*text, out);
    }
    (void)putc('"', out);
    return text_closed(out, &quoted);
}

static int
compare_ends(const void *a, const void *b)
{
    const struct scenario_end *x = a;
    const struct scenario_end *y = b;

    if (x->times != y->times)
        return x->times < y->times ? 1 : -1;
    return strcmp(x->matrix, y->matrix);
}

char *
scenario_ends_text(struct scenario_end *ends, size_t n)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return NULL;
    qsort(ends, n, sizeof(*ends), compare_ends);
    for (size_t i = 0; i < n; i++)
        (void)fprintf(out, "%s%s: %lu", i ? ", " : "", ends[i].matrix,
                      ends[i].times);
    return text_closed(out, &text);
}

/* Which rules a line is for, when not for all. */
static void
print_rules(FILE *out, uint32_t rules)
{
    const char *before = "  [";

    if (rules == scenario_all_rules())
        return;
    for (size_t i = 0; i < vap_n_rules; i++)
        if (rules & SCENARIO_RULE(i)) {
            (void)fprintf(out, "%s%s", before, vap_rules[i]->name);
            before = " ";
        }
    (void)fputs("]", out);
}

static void
print_ids(FILE *out, const char *word, const struct vap_mask *ids)
{
    char list[VAP_SET_TEXT];

    (void)vap_set_text(ids, list, sizeof(list));
    if (*list)
        (void)fprintf(out, "%s {%s}", word, list);
}

static void
print_mask(FILE *out, const char *word, const struct vap_mask *mask)
{
    char digits[VAP_MASK_TEXT + 1];

    (void)vap_mask_text(mask, digits, sizeof(digits));
    (void)fprintf(out, "    %s %s\n", word, digits);
}

static void
print_unbound(FILE *out, const struct sets_queues *unbound)
{
    AUTO(free_done) char *text = sets_queues_text(unbound);

    if (text && strcmp(text, "none") != 0)
        (void)fprintf(out, "    unbound %s\n", text);
}

static void
print_mdev(FILE *out, const struct scenario_mdev *m)
{
    AUTO(free_done) char *product = sets_product_text(&m->matrix);

    (void)fprintf(out, "    mdev %s", m->name);
    if (product && strcmp(product, "empty") != 0)
        (void)fprintf(out, " %s", product);
    print_ids(out, " control", &m->matrix.control);
    (void)fputs("\n", out);
    if (m->vm)
        (void)fprintf(out, "    guest %s %s\n", m->name, m->vm);
}

static void
print_host(FILE *out, const struct scenario *s)
{
    (void)fputs("host\n", out);
    if (s->config.apxa)
        (void)fprintf(out, "    apxa %u %u", s->config.last_adapter,
                      s->config.last_domain);
    else
        (void)fputs("    apxa no", out);
    print_ids(out, "\n    adapters", &s->config.ids.adapters);
    print_ids(out, "\n    domains", &s->config.ids.domains);
    print_ids(out, "\n    control", &s->config.ids.control);
    (void)fputs("\n", out);
    print_mask(out, "apmask", &s->apmask);
    print_mask(out, "aqmask", &s->aqmask);
    print_unbound(out, &s->unbound);
    for (size_t i = 0; i < s->n_mdevs; i++)
        print_mdev(out, &s->mdevs[i]);
    (void)fputs("end\n", out);
}

void
scenario_print_expect(FILE *out, const struct scenario_expect *x)
{
    static const char *const words[SCENARIO_ABOUTS] = {
        [SCENARIO_MATRIX] = "%s matrix ",
        [SCENARIO_CONTROL] = "%s control ",
        [SCENARIO_GUEST] = "%s guest ",
        [SCENARIO_GUEST_CONTROL] = "%s guest-control ",
        [SCENARIO_APCB] = "%s apcb ",
        [SCENARIO_APCB_CONTROL] = "%s apcb-control ",
        [SCENARIO_UPDATES] = "%s updates ",
        [SCENARIO_TEXT] = "%s text ",
        [SCENARIO_WHY] = "%s why ",
        [SCENARIO_EXISTS] = "%s ",
        [SCENARIO_ENDS] = "%s ends in ",
        [SCENARIO_N_ENDS] = "%s ends in ",
        [SCENARIO_DRIVER] = "%s ",
        [SCENARIO_STATUS] = "%s status ",
        [SCENARIO_GUESTS] = "%s guests ",
        [SCENARIO_QUEUES] = "queues %s ",
        [SCENARIO_RESETS] = "%sresets ",
        [SCENARIO_APMASK] = "%sapmask ",
        [SCENARIO_AQMASK] = "%saqmask ",
    };
    const char *subject = strstr(words[x->about], "%s");

    (void)fprintf(out, "%.*s%s%s", (int)(subject - words[x->about]),
                  words[x->about], x->subject, subject + 2);
    if (x->file)
        (void)fprintf(out, "%s ", x->file);
    (void)fputs(x->value, out);
    if (x->about == SCENARIO_N_ENDS)
        (void)fputs(strcmp(x->value, "1") == 0 ? " guest matrix"
                                               : " guest matrices",
                    out);
}

static void
print_answer(FILE *out, const struct scenario_answer *a)
{
    (void)fprintf(out, "    -> %s", a->answer);
    for (size_t i = 0; i < a->n_reasons; i++) {
        AUTO(free_done) char *quoted = scenario_quote(a->reasons[i]);

        (void)fprintf(out, " %s", quoted ? quoted : "");
    }
    print_rules(out, a->rules);
    (void)fputs("\n", out);
}

static void
print_notes(FILE *out, const struct scenario_step *step)
{
    for (size_t i = 0; i < step->n_notes; i++)
        (void)fprintf(out, "note %s\n", step->notes[i]);
}

static void
print_step(FILE *out, const struct scenario_step *step)
{
    bool block = step->kind == SCENARIO_BATCH || step->kind == SCENARIO_ORDERS;

    if (block)
        (void)fputs(
            step->kind == SCENARIO_BATCH ? "batch\n" : "every order of\n", out);
    for (size_t i = 0; i < step->n_ops; i++)
        if (step->ops[i].written)
            (void)fprintf(out, "%s%s\n", block ? "    " : "",
                          step->ops[i].written);
    if (block)
        (void)fputs("end\n", out);
    for (size_t i = 0; i < step->n_answers; i++)
        print_answer(out, &step->answers[i]);
    for (size_t i = 0; i < step->n_expects; i++) {
        (void)fputs("expect ", out);
        scenario_print_expect(out, &step->expects[i]);
        print_rules(out, step->expects[i].rules);
        (void)fputs("\n", out);
    }
}

static void
print_head(FILE *out, const struct scenario *s)
{
    if (s->title)
        (void)fprintf(out, "title %s\n", s->title);
    for (size_t i = 0; i < s->n_sources; i++)
        (void)fprintf(out, "source %s\n", s->sources[i]);
    if (s->rules) {
        (void)fputs("rules", out);
        for (size_t i = 0; i < vap_n_rules; i++)
            if (s->rules & SCENARIO_RULE(i))
                (void)fprintf(out, " %s", vap_rules[i]->name);
        (void)fputs("\n", out);
    }
    if (s->kernel >= 0)
        (void)fprintf(out, "kernel %s\n",
                      s->kernel == VAP_LINUX_6_12 ? "6.12" : "7.2");
}

void
scenario_print(FILE *out, const struct scenario *s)
{
    print_head(out, s);
    for (size_t i = 0; i < s->n_steps; i++) {
        print_notes(out, &s->steps[i]);
        if (s->steps[i].kind == SCENARIO_START)
            print_host(out, s);
        print_step(out, &s->steps[i]);
    }
}
