/* SPDX-License-Identifier: MIT */
/* What was expected and what was found, in words; the same of several rules is
 * one finding. */
#include "cli/lab/lab.h"

#include "base/auto.h"

#include <errno.h>

int
lab_find(struct lab *lab, unsigned long line, uint32_t rule, char *expected,
         char *found, bool met)
{
    AUTO(free_done) char *e = expected;
    AUTO(free_done) char *f = found;
    struct lab_finding *more;

    if (!e || !f)
        return -ENOMEM;
    lab->n_met += met;
    lab->n_unmet += !met;
    for (size_t i = 0; i < lab->n_findings; i++) {
        struct lab_finding *old = &lab->findings[i];

        if (old->line == line && strcmp(old->found, f) == 0 &&
            strcmp(old->expected, e) == 0) {
            old->rules |= rule;
            return 0;
        }
    }
    more = realloc(lab->findings, (lab->n_findings + 1) * sizeof(*more));
    if (!more)
        return -ENOMEM;
    lab->findings = more;
    more[lab->n_findings++] =
        (struct lab_finding){ line, rule, TAKE(e), TAKE(f), met };
    return 0;
}

char *
lab_expect_text(const struct scenario_expect *x)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return NULL;
    scenario_print_expect(out, x);
    return text_closed(out, &text);
}
