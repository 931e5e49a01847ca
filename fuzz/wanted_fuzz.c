/* SPDX-License-Identifier: MIT */
/* Any text says what is wanted, or is refused in one line; what was read is
 * written, read again and written as the same text. A plan for the built-in
 * host either leads there, or says why not and has no step. */
#include "base/auto.h"
#include "planner/planner.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *
written(const struct wanted *wanted)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    assert(f);
    wanted_write(f, wanted);
    assert(fclose(f) == 0);
    return text;
}

static void
round_trip(const struct wanted *wanted)
{
    AUTO(free_done) char *text = written(wanted);
    AUTO(free_done) char *text_again = NULL;
    AUTO(wanted_done) struct wanted again = { 0 };
    struct hostfile_error error;
    int r = wanted_parse(text, strlen(text), &again, &error);

    if (r)
        (void)fprintf(stderr, "%s\nline %lu: %s\n", text, error.line,
                      error.text);
    assert(r == 0);
    text_again = written(&again);
    assert(strcmp(text, text_again) == 0);
}

static void
lead_there(const struct wanted *wanted)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(plan_done) struct plan plan = { 0 };
    AUTO(free_done) struct plan_difference *list = NULL;
    int r = hostfile_builtin(&host);

    assert(r == 0);
    r = plan_make(host, wanted, NULL, &plan);
    assert(r == (plan.reason ? 1 : 0) && (r == 0 || plan.n == 0));
    for (size_t i = 0; i < plan.n; i++) {
        r = (int)host_do(host, &plan.steps[i].request, NULL);
        assert(r == VAP_OK);
    }
    r = plan_differences(host, wanted, &list);
    assert(plan.reason ? r >= 0 : r == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(wanted_done) struct wanted wanted = { 0 };
    struct hostfile_error error = { .text = "" };
    int r = wanted_parse((const char *)data, size, &wanted, &error);

    if (r) {
        assert(r == 1 && *error.text && !strchr(error.text, '\n'));
        return 0;
    }
    round_trip(&wanted);
    if (wanted.n_mdevs < 64)
        lead_there(&wanted);
    return 0;
}
