/* SPDX-License-Identifier: MIT */
/* Every recorded history, under its kernel's rule and under `state`. A trace
 * is read once for both. */
#include "cli/demo/demo.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/progress.h"
#include "replay/replay.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>

enum { RULES = 2 };

static const struct kernel {
    enum vap_kernel kernel;
    const char *name;
    const char *folder;
    const struct vap_rule *rules[RULES];
} kernels[] = {
    { VAP_LINUX_7_2,
      "Linux 7.2",
      "linux-7.2",
      { &vap_rule_linux_7_2, &vap_rule_state } },
    { VAP_LINUX_6_12,
      "Linux 6.12",
      "linux-6.12",
      { &vap_rule_linux_6_12, &vap_rule_state } },
};

enum { KERNELS = sizeof(kernels) / sizeof(kernels[0]) };

/** Under one rule. */
struct totals {
    size_t steps;
    size_t steps_agree;
    size_t traces;
    size_t traces_agree;
};

static int
add_trace(const struct kernel *k, const json_t *trace,
          struct totals totals[RULES], struct trace_error *error)
{
    for (size_t i = 0; i < RULES; i++) {
        struct replay_result result;
        int r = replay_trace(trace, k->rules[i], k->kernel, &result, error);

        if (r < 0)
            return r;
        totals[i].steps += result.n_steps;
        totals[i].steps_agree += result.n_agree;
        totals[i].traces++;
        totals[i].traces_agree += result.agrees;
        replay_done(&result);
    }
    return 0;
}

static int
add_file(const struct kernel *k, const char *path, struct totals totals[RULES])
{
    AUTO(trace_done) struct trace_file *file = NULL;
    struct trace_error error = { 0 };
    struct progress progress = progress_start();
    int r = trace_open(path, &file);
    json_t *trace;

    while (!r && (r = trace_next(file, &trace, &error)) > 0) {
        progress_show(&progress, path, trace_percent(file));
        r = add_trace(k, trace, totals, &error);
        json_decref(trace);
    }
    progress_end(&progress);
    if (r == -EBADMSG)
        say_at(path, error.line, "%s", error.text);
    else if (r < 0)
        say_at(path, 0, "%s", strerror(-r));
    return r;
}

/* Where the traces are: below the present folder; or beside the program's, as
 * it is when that is a folder for building in the source's. */
static int
find_files(const char *folder, glob_t *found)
{
    AUTO(free_done) char *here = NULL;
    AUTO(free_done) char *beside = NULL;
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
    const char *slash;

    program[n < 0 ? 0 : n] = '\0';
    slash = strrchr(program, '/');
    if (asprintf(&here, "tests/traces/%s/*.jsonl.gz", folder) < 0 ||
        asprintf(&beside, "%.*s/../%s", slash ? (int)(slash - program) : 0,
                 program, here) < 0)
        return -ENOMEM;
    if (glob(here, 0, NULL, found) == 0)
        return 0;
    return glob(beside, 0, NULL, found) == 0 ? 0 : -ENOENT;
}

static void
print_totals(const struct kernel *k, const struct totals totals[RULES])
{
    for (size_t i = 0; i < RULES; i++)
        (void)printf("  %-10s  %-10s  %6zu of %6zu steps agree, %4zu of "
                     "%4zu histories%s\n",
                     k->name, k->rules[i]->name, totals[i].steps_agree,
                     totals[i].steps, totals[i].traces_agree, totals[i].traces,
                     totals[i].traces == totals[i].traces_agree ? ""
                                                                : "  DIFFER");
    (void)fflush(stdout);
}

static int
run(const struct kernel *k)
{
    struct totals totals[RULES] = { 0 };
    glob_t found = { 0 };
    int r = find_files(k->folder, &found);

    for (size_t i = 0; !r && i < found.gl_pathc; i++)
        r = add_file(k, found.gl_pathv[i], totals);
    globfree(&found);
    if (!r)
        print_totals(k, totals);
    return r;
}

int
demo_replay(void)
{
    int r = 0;

    for (size_t i = 0; i < KERNELS && !r; i++)
        r = run(&kernels[i]);
    if (r != -ENOENT)
        return r;
    (void)printf("  The recorded histories are not here: run vap demo in the "
                 "source's folder.\n");
    return 0;
}
