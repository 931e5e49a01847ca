/* SPDX-License-Identifier: MIT */
/* Any bytes are a scenario or are refused with a reason. One that is read is
 * printed, and what was printed reads back and prints the same. */
#include "base/auto.h"
#include "lab/scenario.h"

#include <assert.h>

static char *
print(const struct scenario *s, size_t *n)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, n);

    assert(out);
    scenario_print(out, s);
    assert(fclose(out) == 0);
    return text;
}

static struct scenario *
parse(const char *text, size_t length)
{
    struct scenario *s = NULL;
    struct scenario_error error;
    int r = scenario_parse(text, length, &s, &error);

    assert(r >= 0);
    assert(r == 0 ? s != NULL : *error.text != '\0');
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(scenario_done) struct scenario *s = parse((const char *)data, size);
    AUTO(scenario_done) struct scenario *again = NULL;
    AUTO(free_done) char *once = NULL;
    AUTO(free_done) char *twice = NULL;
    size_t n = 0;
    size_t n_twice = 0;

    if (!s)
        return 0;
    once = print(s, &n);
    again = parse(once, n);
    assert(again);
    twice = print(again, &n_twice);
    assert(n == n_twice && memcmp(once, twice, n) == 0);
    return 0;
}
