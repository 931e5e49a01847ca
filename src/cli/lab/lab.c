/* SPDX-License-Identifier: MIT */
/* vap lab: scenario files under some rules. All files are read before
 * anything is run, so that a wrong one costs no half an answer. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/out.h"
#include "cli/frame/rules.h"
#include "cli/lab/builtin.h"
#include "cli/lab/lab_page.h"

#include <errno.h>
#include <sys/random.h>

enum { RULE, KERNEL, JSON, QUIET, ORDERS, LIVE, ALL_ORDERS, SEED };

static const struct cli_option options[] = {
    [RULE] = { 'r', "rule", "RULE,...",
               "these rules; default: those the file names, else all four" },
    [KERNEL] = { 'k', "kernel", "VERSION",
                 "with state and fcfs: 7.2 or 6.12, for all but the guest "
                 "matrix; default: the file's, else 7.2" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    [QUIET] = { 'q', "quiet", NULL,
                "only what was not as expected, and one line a file" },
    [ORDERS] = { 0, "orders", NULL,
                 "only where every order of some operations ends" },
    [LIVE] = { 0, "live", NULL,
               "the same also with virtual hosts, by reading and writing "
               "their files; what is not as in the engine is said" },
    [ALL_ORDERS] = { 0, "all-orders", NULL,
                     "with --live: of more than 24 orders all, not 24 that are "
                     "drawn" },
    [SEED] = { 0, "seed", "N", "... which; default: other ones each time" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "the scenarios that are built in", "vap lab" },
    { "one of them, step by step", "vap lab s02-order" },
    { "a file of yours, under two rules",
      "vap lab --rule state,linux-7.2 my.txt" },
    { "in how many orders which guest matrix", "vap lab --orders" },
    { "do all expectations hold?", "vap lab -q tests/scenarios/*.txt" },
    { "does a tree of files behave as the engine?",
      "vap lab --live s12-sharing" },
    { NULL, NULL },
};

/* What every file is run with. */
struct session {
    uint32_t rules; /* 0: as the file says */
    int kernel; /* -1: as the file says */
    bool json;
    bool quiet;
    bool orders;
    bool live;
    bool all_orders;
    uint64_t seed;
    int width; /* of the longest name */
    json_t *all; /* with json */
    size_t n_unmet;
};

static int
failed(const char *path, int r, const struct scenario_error *error)
{
    if (r > 0) {
        say_at(path, error->line, "%s", error->text);
        return CLI_USAGE;
    }
    say_at(path, 0, "%s", strerror(-r));
    return CLI_FAILED;
}

/* -- which rules ---------------------------------------------------------- */

/* "state,linux-7.2" */
static bool
read_rules(const char *list, uint32_t *rules)
{
    AUTO(free_done) char *copy = strdup(list ? list : "");
    char *rest = copy;

    *rules = 0;
    while (list && rest) {
        const char *name = strsep(&rest, ",");
        const struct vap_rule *rule;
        enum vap_kernel kernel;
        size_t i = 0;

        if (!cli_rule(name, NULL, &rule, &kernel))
            return false;
        while (vap_rules[i] != rule)
            i++;
        *rules |= SCENARIO_RULE(i);
    }
    return copy;
}

static bool
read_kernel(const char *text, int *kernel)
{
    const struct vap_rule *rule;
    enum vap_kernel named;

    *kernel = -1;
    if (!text)
        return true;
    if (!cli_rule(NULL, text, &rule, &named))
        return false;
    *kernel = named;
    return true;
}

/* Small enough for JSON, whose readers may know no larger whole numbers. */
static bool
read_seed(const char *text, uint64_t *seed)
{
    uint32_t drawn = 0;
    char *end = NULL;

    if (!text) {
        (void)!getrandom(&drawn, sizeof(drawn), 0);
        *seed = drawn;
        return true;
    }
    *seed = strtoul(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && *seed <= UINT32_MAX)
        return true;
    say_error("--seed: %s found, a number from 0 to 4294967295 expected", text);
    return false;
}

/* -- one scenario --------------------------------------------------------- */

/* Where its orders end, in one table for each block of them. */
static int
print_orders(const struct lab *lab, const struct scenario_step *step)
{
    char number[LAB_NUMBER];

    if (step->kind != SCENARIO_ORDERS)
        return 0;
    say_quoted(stdout, lab->scenario->title ? lab->scenario->title : lab->path);
    (void)printf(": %s orders\n", lab_number(lab->plays[0]->n_orders, number));
    return lab_print_ends(stdout, lab, step, 2);
}

static int
run_orders(struct lab *lab)
{
    const struct scenario *s = lab->scenario;
    int r = 0;

    for (size_t i = 0; i < s->n_steps && !r; i++) {
        r = lab_step(lab, &s->steps[i]);
        if (!r)
            r = print_orders(lab, &s->steps[i]);
    }
    return r;
}

static int
run_quietly(struct lab *lab)
{
    const struct scenario *s = lab->scenario;
    int r = 0;

    for (size_t i = 0; i < s->n_steps && !r; i++) {
        r = lab_step(lab, &s->steps[i]);
        for (size_t f = 0; f < lab->n_findings && !r; f++)
            if (!lab->findings[f].met)
                lab_print_unmet(stdout, lab, &lab->findings[f]);
    }
    return r;
}

static int
run_aloud(struct lab *lab)
{
    const struct scenario *s = lab->scenario;
    AUTO(lab_page_done) struct lab_page page;
    int r;

    lab_page_init(&page, stdout);
    r = lab_page_head(&page, lab);
    for (size_t i = 0; i < s->n_steps && !r; i++) {
        r = lab_step(lab, &s->steps[i]);
        if (!r)
            r = lab_page_step(&page, lab, &s->steps[i]);
    }
    return r;
}

static int
run_json(struct lab *lab, json_t *all)
{
    const struct scenario *s = lab->scenario;
    json_t *steps = json_array();
    int r = 0;

    for (size_t i = 0; i < s->n_steps && !r; i++) {
        r = lab_step(lab, &s->steps[i]);
        if (!r &&
            json_array_append_new(steps, lab_step_json(lab, &s->steps[i])))
            r = -ENOMEM;
    }
    if (r) {
        json_decref(steps);
        return r;
    }
    return json_array_append_new(all, lab_json(lab, steps)) ? -ENOMEM : 0;
}

/* "; live: 31 answers and 210 sights held against the engine's" */
static void
print_live(const struct lab_live *live)
{
    char number[LAB_NUMBER];

    (void)printf("; live: %lu answers and ", live->answers);
    (void)printf("%s sights held against the engine's",
                 lab_number(live->sights, number));
    if (live->orders_left)
        (void)printf(", %s orders not done (--seed %lu)",
                     lab_number(live->orders_left, number),
                     (unsigned long)live->seed);
}

/* "12 expectations met under state, fcfs" */
static void
print_sum(const struct session *session, const struct lab *lab)
{
    int n = session->quiet ? (int)say_quoted(stdout, lab->path) : 0;

    if (session->quiet)
        (void)printf("%*s", n < session->width ? session->width - n + 2 : 2,
                     "");
    if (lab->n_unmet)
        (void)printf("%zu expectations met, %zu NOT MET", lab->n_met,
                     lab->n_unmet);
    else
        (void)printf("%zu expectations met", lab->n_met);
    (void)fputs(" under ", stdout);
    lab_print_rules(stdout, lab, lab_all(lab));
    if (session->live)
        print_live(&lab->live);
    (void)fputs("\n", stdout);
}

static int
run_scenario(struct session *session, const char *path,
             const struct scenario *s)
{
    AUTO(lab_done) struct lab lab = { 0 };
    struct scenario_error error = { 0 };
    uint32_t said = session->rules ? session->rules : s->rules;
    int kernel = session->kernel >= 0 ? session->kernel : s->kernel;
    int r =
        lab_begin(&lab, path, s, said ? said : scenario_all_rules(),
                  kernel < 0 ? VAP_LINUX_7_2 : (enum vap_kernel)kernel, &error);

    if (!r && session->live)
        r = lab_live_begin(&lab, session->all_orders, session->seed);
    if (!r)
        r = session->json     ? run_json(&lab, session->all)
            : session->orders ? run_orders(&lab)
            : session->quiet  ? run_quietly(&lab)
                              : run_aloud(&lab);
    if (r)
        return failed(path, r, &error);
    if (!session->json && !session->orders && !session->quiet)
        (void)fputs("\n", stdout);
    if (!session->json && !session->orders)
        print_sum(session, &lab);
    session->n_unmet += lab.n_unmet;
    return CLI_DONE;
}

/* -- which scenarios ------------------------------------------------------ */

struct loaded {
    struct scenario **list;
    size_t n;
};

static void
loaded_done(struct loaded *loaded)
{
    for (size_t i = 0; i < loaded->n; i++)
        scenario_free(loaded->list[i]);
    free(loaded->list);
}

/* A file; or, when there is none, one that is built in. */
static int
load(const char *path, struct scenario **out, struct scenario_error *error)
{
    const struct builtin *b =
        builtin_named(builtin_scenarios, n_builtin_scenarios, path);

    if (b && access(path, F_OK) != 0)
        return scenario_parse(b->text, b->length, out, error);
    return scenario_load(path, out, error);
}

static int
run_all(struct session *session, char **paths, size_t n)
{
    AUTO(loaded_done)
    struct loaded loaded = { calloc(n, sizeof(struct scenario *)), n };
    int status = CLI_DONE;

    if (!loaded.list)
        return failed(paths[0], -ENOMEM, NULL);
    for (size_t i = 0; i < n; i++) {
        struct scenario_error error;
        int r = load(paths[i], &loaded.list[i], &error);
        int width = (int)strlen(paths[i]);

        if (r)
            return failed(paths[i], r, &error);
        session->width = width > session->width ? width : session->width;
    }
    for (size_t i = 0; i < n && status == CLI_DONE; i++) {
        if (i && !session->quiet && !session->json)
            (void)fputs("\n", stdout);
        status = run_scenario(session, paths[i], loaded.list[i]);
    }
    return status == CLI_DONE && session->n_unmet ? CLI_REFUSED : status;
}

static int
list_builtins(bool json)
{
    json_t *all = json_array();

    for (size_t i = 0; i < n_builtin_scenarios; i++) {
        const struct builtin *b = &builtin_scenarios[i];
        AUTO(scenario_done) struct scenario *s = NULL;
        struct scenario_error error;
        int r = scenario_parse(b->text, b->length, &s, &error);

        if (r) {
            json_decref(all);
            return failed(b->name, r, &error);
        }
        (void)json_array_append_new(
            all, json_pack("{ss ss}", "file", b->name, "title", s->title));
        if (!json)
            (void)printf("%-26s  %s\n", b->name, s->title);
    }
    if (json)
        return out_json(all);
    json_decref(all);
    return CLI_DONE;
}

static int
run_session(struct session *session, const struct cli_args *args)
{
    static char orders[] = "s26-orders";
    static char over_commit[] = "s26-orders-over-commit";
    static char *const debate[] = { orders, over_commit };
    int status;

    if (!args->n_operands && !session->orders)
        return list_builtins(session->json);
    session->all = json_array();
    status = args->n_operands
                 ? run_all(session, args->operands, (size_t)args->n_operands)
                 : run_all(session, (char **)debate, 2);
    if (session->json && status <= CLI_REFUSED)
        return out_json(session->all) == CLI_DONE ? status : CLI_FAILED;
    json_decref(session->all);
    return status;
}

static int
run(const struct cli_args *args)
{
    struct session session = { .json = args->value[JSON],
                               .quiet = args->value[QUIET],
                               .orders = args->value[ORDERS],
                               .live = args->value[LIVE],
                               .all_orders = args->value[ALL_ORDERS] };

    if (!read_rules(args->value[RULE], &session.rules) ||
        !read_kernel(args->value[KERNEL], &session.kernel) ||
        !read_seed(args->value[SEED], &session.seed))
        return CLI_USAGE;
    return run_session(&session, args);
}

const struct cli_command cli_lab = {
    .name = "lab",
    .summary = "a scenario under several rules, side by side",
    .operands = "[FILE...]",
    .max_operands = CLI_ANY,
    .about =
        "Does what scenario files say, step by step, under several rules: "
        "what each step answers, who has which queue after it, where the "
        "rules differ, and whether everything is as the file expects. "
        "vap-scenario(5) teaches their language.\n\n"
        "FILE may be - for stdin, or the name of a scenario that is built in; "
        "without FILE those are listed.",
    .options = options,
    .exits = { [CLI_DONE] = "all expectations are met",
               [CLI_REFUSED] = "some are not",
               [CLI_USAGE] = "wrong usage, or a file that is no scenario" },
    .examples = examples,
    .run = run,
};
