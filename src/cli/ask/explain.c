/* SPDX-License-Identifier: MIT */
/* vap explain: why a guest lacks what its mdev is assigned, and the smallest
 * change that would mend it. */
#include "cli/ask/explain.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/load.h"
#include "cli/frame/out.h"
#include "cli/frame/progress.h"
#include "cli/frame/rules.h"
#include "cli/frame/whose.h"
#include "host/json.h"
#include "host/words.h"
#include "matrix/grammar.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { COMMANDS = WHOSE_END, ALL, JSON };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [COMMANDS] = { 'c', "commands", "HOW",
                   "sysfs (default), tools (mdevctl, chzdev) or vap" },
    [ALL] = { 'a', "all", NULL, "every remedy, every command" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "what guests lack of all they are assigned", "vap explain host.yaml" },
    { "why they lack adapter 05", "vap explain host.yaml 5" },
    { "the same of one queue", "vap explain host.yaml 05.0047" },
    { "one mdev, with mdevctl's and chzdev's commands",
      "vap explain -c tools host.yaml web" },
    { "one adapter of it", "vap explain host.yaml web/0x0a" },
    { NULL, NULL },
};

/* ---- targets */

struct targets {
    struct target *list;
    size_t n;
};

static void
targets_done(struct targets *targets)
{
    free(targets->list);
}

static int
add(struct targets *targets, struct target t)
{
    struct target *grown =
        realloc(targets->list, (targets->n + 1) * sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    targets->list = grown;
    grown[targets->n++] = t;
    return 0;
}

static bool
is_all(const char *text, int (*is_kind)(int c))
{
    for (; *text; text++)
        if (!is_kind((unsigned char)*text))
            return false;
    return true;
}

/* "0047": what lszcrypt prints of domain 0047, or 47? Of one digit, "05", it
 * is the same. */
static bool
is_doubtful(const char *text)
{
    return text[0] == '0' && strlen(text) > 2 && is_all(text, isdigit);
}

/* "05." and ".0047", as the kernel prints them; "card05"; a number in
 * decimal or 0x hex is an adapter. */
static bool
read_thing(const char *text, struct target *t)
{
    enum about about = ABOUT_ADAPTER;
    char name[] = "00.0000";
    size_t length = strlen(text);
    struct vap_mask ids;
    uint16_t apqn = 0;

    if (length == 7 || (length == 8 && text[7] == '\n'))
        about = ABOUT_QUEUE;
    if (about == ABOUT_QUEUE)
        memcpy(name, text, 7);
    else if (length == 3 && text[2] == '.')
        memcpy(name, text, 2);
    else if (length == 6 && strncmp(text, "card", 4) == 0)
        memcpy(name, text + 4, 2);
    else if (length == 5 && text[0] == '.')
        memcpy(name + 3, text + 1, 4), about = ABOUT_DOMAIN;
    else if (!is_doubtful(text) && words_set(text, &ids) == VAP_OK &&
             vap_mask_count(&ids) == 1 && !strpbrk(text, ",-"))
        apqn = VAP_APQN(vap_mask_next(&ids, 0), 0), name[0] = '\0';
    else
        return false;
    if (*name && vap_read_apqn(name, 7, &apqn) != VAP_OK)
        return false;
    t->about = about;
    t->adapter = (uint8_t)VAP_ADAPTER_OF(apqn);
    t->domain = (uint8_t)VAP_DOMAIN_OF(apqn);
    return true;
}

/* "0a" and "00a7", as lszcrypt prints adapters and domains: no decimals. */
static bool
read_hex(const char *text, struct target *t)
{
    char name[8];

    if (!is_all(text, isxdigit) || is_all(text, isdigit))
        return false;
    (void)snprintf(name, sizeof(name), strlen(text) == 2 ? "%.2s." : ".%.5s",
                   text);
    return strlen(text) % 2 == 0 && read_thing(name, t);
}

/* Does the mdev have anything to do with it? */
static bool
concerns(const struct vap_mdev *m, const struct target *t)
{
    bool adapter = vap_mask_has(&m->matrix.adapters, t->adapter);
    bool domain = vap_mask_has(&m->matrix.domains, t->domain);

    if (!m->exists)
        return false;
    return t->about == ABOUT_ADAPTER  ? adapter
           : t->about == ABOUT_DOMAIN ? domain
                                      : adapter && domain;
}

/* The mdevs that have it; if there is none, the host alone. */
static int
add_everywhere(const struct host *host, struct target t,
               struct targets *targets)
{
    size_t before = targets->n;
    int r = 0;

    for (t.mdev = 0; t.mdev < host->engine->n_slots && !r; t.mdev++)
        if (concerns(&host->slots[t.mdev], &t))
            r = add(targets, t);
    return r || targets->n > before ? r : add(targets, t);
}

static int
say_no_target(const char *text)
{
    unsigned long hex = strtoul(text, NULL, 16);
    unsigned long decimal = strtoul(text, NULL, 10);

    if (is_doubtful(text) && hex < VAP_IDS)
        say_error("%s can be two things: .%04lx is the domain that lszcrypt "
                  "prints so, %lu is adapter 0x%02lx",
                  text, hex, decimal, decimal);
    else
        say_error("\"%s\" found; an adapter (5, 0x0a), a queue (05.0047), a "
                  "domain (.0047), an mdev or one of its (web/5) expected",
                  text);
    return CLI_USAGE;
}

/* A number is one, whatever mdevs there are; what lszcrypt prints is when no
 * mdev begins so. */
static bool
read_alone(const struct host *host, const char *text, struct target *t)
{
    if (host_mdev(host, text) != NAMES_NONE)
        return false;
    return read_thing(text, t) ||
           (cli_mdev_beginning(host, text) == NAMES_NONE && read_hex(text, t));
}

static bool
is_no_mdev(const struct host *host, const char *text)
{
    return !*text || (text[strspn(text, "0123456789abcdefx.")] == '\0' &&
                      host_mdev(host, text) == NAMES_NONE &&
                      cli_mdev_beginning(host, text) == NAMES_NONE);
}

static int
add_target(const struct host *host, char *text, struct targets *targets)
{
    char *slash = strchr(text, '/');
    struct target t = { .mdev = host->engine->n_slots };

    if (slash)
        *slash = '\0';
    if (!slash && read_alone(host, text, &t))
        return add_everywhere(host, t, targets) ? out_no_memory() : CLI_DONE;
    if (!*text || (!slash && is_no_mdev(host, text)))
        return say_no_target(text);
    t.mdev = cli_mdev(host, text);
    if (t.mdev == NAMES_NONE)
        return CLI_USAGE;
    if (slash && !read_thing(slash + 1, &t) && !read_hex(slash + 1, &t))
        return say_no_target(slash + 1);
    return add(targets, t) ? out_no_memory() : CLI_DONE;
}

/* Every mdev that lacks anything. */
static int
add_all(const struct host *host, struct targets *targets)
{
    for (uint32_t i = 0; i < host->engine->n_slots; i++)
        if (host->slots[i].exists && explain_lacks(host, i) &&
            add(targets, (struct target){ .mdev = i }))
            return out_no_memory();
    return CLI_DONE;
}

/* ---- answers */

/* What is printed to a terminal shows by itself how far it has come. */
static struct progress
start_progress(bool prints)
{
    struct progress progress = progress_start();

    progress.wanted &= !prints || !isatty(STDOUT_FILENO);
    return progress;
}

static void
show_progress(struct progress *progress, size_t i, const struct targets *all)
{
    progress_show(progress, "explain", (int)(100 * i / all->n));
}

static int
put_text(struct explain *e, const struct targets *targets)
{
    struct progress progress = start_progress(true);
    int r = 0;

    if (!targets->n)
        (void)puts(host_has_mdevs(e->host)
                       ? "nothing is missing: every guest has all that its "
                         "mdev is assigned"
                       : "nothing is missing: there is no mdev");
    for (size_t i = 0; i < targets->n && !r; i++) {
        if (i)
            (void)putchar('\n');
        show_progress(&progress, i, targets);
        r = explain_text(e, &targets->list[i]);
    }
    progress_end(&progress);
    return r ? out_no_memory() : CLI_DONE;
}

static int
put_json(struct explain *e, const struct targets *targets)
{
    struct progress progress = start_progress(false);
    json_t *list = json_array();
    AUTO(json_done)
    json_t *json = json_pack(
        "{s:s, s:s, s:o*}", "rule", e->host->engine->rule->name, "kernel",
        cli_kernel_name(e->host->engine->kernel), "answers", list);
    int r = json ? 0 : -ENOMEM;

    for (size_t i = 0; i < targets->n && !r; i++) {
        show_progress(&progress, i, targets);
        r = json_array_append_new(list, explain_json(e, &targets->list[i]));
    }
    progress_end(&progress);
    return r ? out_no_memory() : out_json(TAKE(json));
}

static bool
set_commands(const char *how, enum change_dialect *out)
{
    static const char *const names[] = {
        [CHANGE_WORDS] = "vap",
        [CHANGE_SYSFS] = "sysfs",
        [CHANGE_MDEVCTL] = "tools",
    };

    *out = CHANGE_SYSFS;
    for (int i = 0; how && i <= CHANGE_MDEVCTL; i++)
        if (strcmp(names[i], how) == 0) {
            *out = (enum change_dialect)i;
            return true;
        }
    if (how)
        say_error("--commands: %s found, sysfs, tools or vap expected", how);
    return !how;
}

static int
find_targets(const struct host *host, const struct cli_args *args, int taken,
             struct targets *targets)
{
    int status = CLI_DONE;

    if (args->n_operands == taken)
        return add_all(host, targets);
    for (int i = taken; i < args->n_operands && status == CLI_DONE; i++)
        status = add_target(host, args->operands[i], targets);
    return status;
}

static int
run(const struct cli_args *args)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(targets_done) struct targets targets = { 0 };
    AUTO(explain_done) struct explain e = { .all = args->value[ALL] };
    struct whose whose;
    int taken = whose_of(args, &whose);
    int status;

    if (!set_commands(args->value[COMMANDS], &e.commands))
        return CLI_USAGE;
    status = whose_host(&whose, &host, NULL);
    if (status == CLI_DONE)
        status = find_targets(host, args, taken, &targets);
    if (status != CLI_DONE)
        return status;
    if (explain_init(&e, host))
        return out_no_memory();
    e.tree = whose_tree(&whose);
    e.shell = e.commands == CHANGE_WORDS ? NULL : whose_shell(&whose);
    return args->value[JSON] ? put_json(&e, &targets) : put_text(&e, &targets);
}

const struct cli_command cli_explain = {
    .name = "explain",
    .summary = "why a guest lacks something, and what would mend it",
    .operands = "[HOST.yaml] [TARGET...]",
    .max_operands = CLI_ANY,
    .about =
        "Says of each TARGET whether a guest has it, what is in the way, and "
        "the smallest sets of changes that would bring it back, with the "
        "commands to type. Each set was tried on a copy of the host, under "
        "its rule: that it works is not a guess.\n\n"
        "TARGET is an adapter (5, 0x0a, card05), a domain (.0047), a queue "
        "(05.0047), an mdev, or one of these of one mdev (web/5). Without "
        "TARGET: every mdev that lacks anything.\n\n" WHOSE_ABOUT,
    .options = options,
    .exits = { [CLI_USAGE] = "wrong usage, or what is no host file" },
    .examples = examples,
    .run = run,
};
