/* SPDX-License-Identifier: MIT */
/* vap fetch: what vap can run for you, from the machine's own mirrors. */
#include "cli/frame/cli.h"

#include "base/say.h"
#include "cli/frame/nearest.h"
#include "cli/frame/out.h"
#include "run/fetch.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

enum { LIST, FORCE, JSON };

static const struct cli_option options[] = {
    [LIST] = { 'l', "list", NULL, "the sets there are, and what stands" },
    [FORCE] = { 'f', "force", NULL, "fetch anew what stands already" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "the mainframe's own tools, to run on this machine", "vap fetch tools" },
    { "what vap guest --linux runs", "vap fetch qemu guest" },
    { "the versions of today in place of those", "vap fetch --force tools" },
    { NULL, NULL },
};

/** The one line on a terminal, or the lines elsewhere. */
struct view {
    const char *set;
    bool line; /* stderr is a terminal: one line, written over */
    char step[128];
    int percent;
};

static void
show_step(void *data, const char *words)
{
    struct view *v = data;

    v->percent = -1;
    (void)snprintf(v->step, sizeof(v->step), "%s", words);
    if (v->line)
        (void)fprintf(stderr, "\r%s: %s\033[K", v->set, words);
    else
        (void)fprintf(stderr, "%s: %s\n", v->set, words);
}

static void
show_percent(void *data, int percent)
{
    struct view *v = data;

    if (!v->line || percent == v->percent)
        return;
    v->percent = percent;
    (void)fprintf(stderr, "\r%s: %s  %d %%\033[K", v->set, v->step, percent);
}

static int
fetch_shown(const struct fetch_set *set)
{
    struct view view = { .set = set->name, .line = isatty(STDERR_FILENO) };
    char why[640];
    int r = fetch(set, &(struct fetch_view){ show_step, show_percent, &view },
                  why, sizeof(why));

    if (view.line)
        (void)fprintf(stderr, "\r\033[K");
    if (r == 0)
        return CLI_DONE;
    say_error("fetch %s: %s", set->name, why);
    return CLI_FAILED;
}

static json_t *
set_json(const struct fetch_set *set)
{
    struct prefix prefix;
    bool stands = fetch_read(set, &prefix) == 0;
    json_t *packages = json_array();
    json_t *answer;

    for (size_t i = 0; i < prefix.n_packages; i++)
        (void)json_array_append_new(
            packages,
            json_pack("{s:s, s:s, s:s}", "name", prefix.packages[i].name,
                      "version", prefix.packages[i].version, "arch",
                      prefix.packages[i].arch));
    answer = json_pack("{s:s, s:s, s:s, s:b, s:s?, s:o, s:s}", "set", set->name,
                       "what", set->what, "path", prefix.path, "stands", stands,
                       "fetched", stands ? prefix.fetched : NULL, "packages",
                       packages, "use", set->use);
    prefix_done(&prefix);
    return answer;
}

static void
list_set(const struct fetch_set *set)
{
    struct prefix prefix;
    bool stands = fetch_read(set, &prefix) == 0;

    (void)printf("%-8s  %-52s  %s\n", set->name, set->what,
                 stands ? prefix.packages[0].version : "not fetched");
    prefix_done(&prefix);
}

static int
list(bool json)
{
    json_t *all = json_array();

    for (size_t i = 0; i < fetch_n_sets; i++)
        if (json)
            (void)json_array_append_new(all, set_json(&fetch_sets[i]));
        else
            list_set(&fetch_sets[i]);
    if (json)
        (void)out_json(json_incref(all));
    json_decref(all);
    return CLI_DONE;
}

static void
print_standing(const struct fetch_set *set, const struct prefix *prefix)
{
    (void)printf("%s %s, with %zu packages it needs, fetched %.10s:\n  %s\n",
                 prefix->packages[0].name, prefix->packages[0].version,
                 prefix->n_packages - 1, prefix->fetched, prefix->path);
    (void)printf("To use it:\n  %s\n", set->use);
}

/* What stands is left alone, unless asked otherwise or it is no good. */
static int
fetch_and_show(const struct fetch_set *set, bool force, bool json)
{
    struct prefix prefix;
    int r = fetch_read(set, &prefix);
    int status = CLI_DONE;

    if (r < 0 || force) {
        prefix_done(&prefix);
        status = fetch_shown(set);
        r = status == CLI_DONE ? fetch_read(set, &prefix) : r;
    }
    if (status == CLI_DONE && r < 0) {
        say_error("%s: %s", prefix.path, strerror(-r));
        status = CLI_FAILED;
    }
    if (status == CLI_DONE && json)
        (void)out_json(set_json(set));
    else if (status == CLI_DONE)
        print_standing(set, &prefix);
    prefix_done(&prefix);
    return status;
}

static int
no_such_set(const char *name)
{
    struct nearest nearest = { .word = name };

    for (size_t i = 0; i < fetch_n_sets; i++)
        nearest_offer(&nearest, fetch_sets[i].name);
    if (nearest.best)
        say_error("fetch: %s is not a set; did you mean %s?", name,
                  nearest.best);
    else
        say_error("fetch: %s is not a set; vap fetch --list shows them", name);
    return CLI_USAGE;
}

static int
run(const struct cli_args *args)
{
    int status = CLI_DONE;

    if (args->value[LIST] && args->n_operands) {
        say_error("fetch: --list takes no SET");
        return CLI_USAGE;
    }
    if (args->value[LIST])
        return list(args->value[JSON]);
    if (!args->n_operands) {
        say_error("fetch: SET expected; vap fetch --list shows them");
        return CLI_USAGE;
    }
    for (int i = 0; i < args->n_operands; i++)
        if (!fetch_set_named(args->operands[i]))
            return no_such_set(args->operands[i]);
    for (int i = 0; i < args->n_operands && status == CLI_DONE; i++)
        status = fetch_and_show(fetch_set_named(args->operands[i]),
                                args->value[FORCE], args->value[JSON]);
    return status;
}

const struct cli_command cli_fetch = {
    .name = "fetch",
    .summary = "programs to run in it, from Debian",
    .operands = "[SET...]",
    .max_operands = CLI_ANY,
    .about =
        "Gets sets of programs, with the libraries they need, from the "
        "package sources of this machine into your cache. Versions are those "
        "of today; apt works out what belongs to a set, gets it and checks "
        "it. Nothing else of the machine changes, and you need not be root. "
        "QEMU and a guest's kernel are those of Debian's backports, where "
        "the machine's mirror has them.\n\n"
        "A fetch that was killed goes on where it was. What stands is left "
        "alone, and said.",
    .options = options,
    .examples = examples,
    .run = run,
};
