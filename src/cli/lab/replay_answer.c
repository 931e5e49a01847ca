/* SPDX-License-Identifier: MIT */
#include "cli/lab/replay_answer.h"

#include "base/say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/** How wide the columns are. */
struct widths {
    int path;
    int steps;
    int traces;
};

static int
digits(size_t n)
{
    return snprintf(NULL, 0, "%zu", n);
}

static struct widths
widths_of(const struct replay_answer *answer)
{
    struct widths w = { (int)strlen("all"), digits(answer->all.steps),
                        digits(answer->all.traces) };

    for (size_t i = 0; i < answer->n_files; i++) {
        int n = (int)strlen(answer->files[i].path);

        w.path = n > w.path ? n : w.path;
    }
    return w;
}

static void
print_sums(const struct widths *w, const char *name,
           const struct replay_sums *sums)
{
    say_quoted(stdout, name);
    (void)printf("%*s  %*zu of %*zu steps  %*zu of %*zu traces%s\n",
                 w->path - (int)strlen(name), "", w->steps, sums->steps_agree,
                 w->steps, sums->steps, w->traces, sums->traces_agree,
                 w->traces, sums->traces,
                 sums->traces == sums->traces_agree ? "" : "  DIFFER");
}

/* A word stays on the line; the lines of a file stand below. */
static void
print_value(const char *whose, const char *value)
{
    (void)printf("  %-11s", whose);
    if (!*value)
        (void)printf("(empty)");
    if (!strchr(value, '\n')) {
        say_quoted(stdout, value);
        (void)putchar('\n');
        return;
    }
    (void)putchar('\n');
    while (*value) {
        size_t n = strcspn(value, "\n");
        char line[128];

        (void)snprintf(line, sizeof(line), "%.*s", (int)n, value);
        (void)printf("    ");
        say_quoted(stdout, line);
        (void)putchar('\n');
        value += n + (value[n] == '\n');
    }
}

static void
print_first(const struct replay_answer *answer, const struct replay_file *file)
{
    const struct replay_result *first = &file->first;
    const struct replay_difference *d = &first->first;

    say_quoted(stdout, file->path);
    (void)printf(":%lu: trace ", file->line);
    say_quoted(stdout, first->id);
    (void)printf(", ");
    if (d->step < first->n_steps)
        (void)printf("step %zu: ", d->step);
    say_quoted(stdout, d->op);
    (void)printf("\n  %s\n", d->what);
    print_value("recorded", d->recorded ? d->recorded : "?");
    print_value(answer->rule->name, d->found ? d->found : "?");
}

void
replay_print(const struct replay_answer *answer, bool quiet)
{
    const struct replay_sums *all = &answer->all;
    struct widths w = widths_of(answer);

    for (size_t i = 0; i < answer->n_files; i++) {
        const struct replay_file *file = &answer->files[i];

        if (!quiet)
            print_sums(&w, file->path, &file->sums);
        if (file->line)
            print_first(answer, file);
    }
    if (quiet && all->traces == all->traces_agree)
        return;
    if (quiet || answer->n_files > 1)
        print_sums(&w, "all", all);
    if (all->partly)
        (void)printf("Resets fail in %zu of the traces. What guests get "
                     "then depends on when the kernel\nreset what, so it was "
                     "not compared under %s.\n",
                     all->partly, answer->rule->name);
}

static json_t *
sums_json(const struct replay_sums *sums)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "steps",
                     (json_int_t)sums->steps, "steps_agree",
                     (json_int_t)sums->steps_agree, "traces",
                     (json_int_t)sums->traces, "traces_agree",
                     (json_int_t)sums->traces_agree, "guests_not_compared",
                     (json_int_t)sums->partly);
}

/* Names come from anywhere: what is no UTF-8 gets the replacement sign. */
static json_t *
text_json(const char *text)
{
    json_t *value = json_string(text);
    json_t *safe;
    char *copy;

    if (value || !text)
        return value ? value : json_null();
    copy = strdup(text);
    for (char *c = copy; c && *c; c++)
        *c = (*c & 0x80) ? '?' : *c;
    safe = copy ? json_string(copy) : NULL;
    free(copy);
    return safe;
}

static json_t *
first_json(const struct replay_file *file)
{
    const struct replay_difference *d = &file->first.first;

    if (!file->line)
        return json_null();
    return json_pack("{s:I, s:o, s:I, s:o, s:s, s:o, s:o}", "line",
                     (json_int_t)file->line, "trace", text_json(file->first.id),
                     "step", (json_int_t)d->step, "op", text_json(d->op),
                     "what", d->what, "recorded", text_json(d->recorded),
                     "found", text_json(d->found));
}

static json_t *
file_json(const struct replay_file *file)
{
    json_t *json = json_pack("{s:o}", "file", text_json(file->path));
    json_t *sums = sums_json(&file->sums);

    if (json_object_update(json, sums) ||
        json_object_set_new(json, "first", first_json(file))) {
        json_decref(json);
        json = NULL;
    }
    json_decref(sums);
    return json;
}

static json_t *
files_json(const struct replay_answer *answer)
{
    json_t *files = json_array();

    for (size_t i = 0; i < answer->n_files; i++)
        if (json_array_append_new(files, file_json(&answer->files[i]))) {
            json_decref(files);
            return NULL;
        }
    return files;
}

json_t *
replay_json(const struct replay_answer *answer)
{
    return json_pack("{s:s, s:o, s:o}", "rule", answer->rule->name, "all",
                     sums_json(&answer->all), "files", files_json(answer));
}
