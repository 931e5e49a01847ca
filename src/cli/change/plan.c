/* SPDX-License-Identifier: MIT */
/* vap plan: the order of writes from what is to what is wanted. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/change/apply.h"
#include "cli/change/lasts.h"
#include "cli/change/wants.h"
#include "cli/frame/out.h"

#include <fcntl.h>

enum { AS = WHOSE_END, NO_AP_CONFIG, PERSISTENT, ROOT, JSON };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [AS] = { 0, "as", "WORDS",
             "only the commands: sysfs, mdevctl, chzdev, tools (both) or vap" },
    [NO_AP_CONFIG] = { 0, "no-ap-config", NULL,
                       "for a kernel whose mdevs cannot be written whole; with "
                       "--sysfs it "
                       "is seen" },
    [PERSISTENT] = { 'p', "persistent", NULL,
                     "also what keeps it over a boot: mdevctl's definitions, "
                     "chzdev's masks" },
    [ROOT] = { 0, "root", "DIR", "where its etc/ is, with what they know" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "from a host to what is wanted of it", "vap plan host.yaml wanted.yaml" },
    { "of the virtual host that is up, as a script",
      "vap plan --as sysfs wanted.yaml" },
    { "... with mdevctl and chzdev, also what they keep for the next boot",
      "vap plan --as tools --persistent wanted.yaml" },
    { NULL, NULL },
};

static int
put_commands(struct host *host, const struct plan *plan,
             struct wants_words words)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct vap_request *r = &plan->steps[i].request;
        AUTO(free_done) char *text = wants_words(host, r, words);

        if (!text || host_do(host, r, NULL) != VAP_OK)
            return out_no_memory();
        (void)puts(text);
    }
    return CLI_DONE;
}

/** What was asked, and where. */
struct asked {
    const struct cli_args *args;
    const struct whose *whose;
    const struct wanted *wanted;
    const char *root; /* of --persistent; NULL: not asked */
};

/* host: as the last step leaves it. */
static int
put_json(struct host *host, const struct plan *plan, const struct asked *asked)
{
    AUTO(lasting_done) struct lasting lasting = { 0 };
    json_t *json = wants_json(host, plan);
    int status = CLI_DONE;

    if (json && asked->root && !plan->reason) {
        status = lasts_find(asked->root, host, asked->wanted, &lasting);
        (void)json_object_set_new(json, "lasting", lasts_json(&lasting));
    }
    if (out_json(json) != CLI_DONE)
        return CLI_FAILED;
    return status == CLI_DONE && lasting.reason ? CLI_REFUSED : status;
}

/* Below the steps, or their commands. */
static int
put_lasting(struct host *host, const struct asked *asked)
{
    AUTO(lasting_done) struct lasting lasting = { 0 };
    int status = lasts_find(asked->root, host, asked->wanted, &lasting);

    if (status != CLI_DONE)
        return status;
    if (!asked->args->value[AS])
        return lasts_put(&lasting);
    if (lasting.reason) {
        say_error("it would not last: %s", lasting.reason);
        return CLI_REFUSED;
    }
    for (size_t i = 0; i < lasting.n; i++)
        (void)puts(lasting.commands[i]);
    return CLI_DONE;
}

/* What is typed elsewhere is for another host, or for none. */
static void
say_shell(const struct whose *whose, const struct plan *plan,
          struct wants_words words)
{
    const char *shell = whose_shell(whose);

    if (shell && plan->n && words.mdevs != CHANGE_WORDS)
        say_error("to be typed in %s", shell);
}

static int
answer(struct host *host, const struct plan *plan, const struct asked *asked)
{
    const char *as = asked->args->value[AS];
    struct wants_words words;
    int status = CLI_DONE;

    if (asked->args->value[JSON])
        return put_json(host, plan, asked);
    if (plan->reason) {
        wants_put_refusal(plan);
        return CLI_DONE;
    }
    if (!as)
        wants_put_summary(plan);
    if (!as)
        status = wants_put_steps(host, plan);
    else if (wants_words_read("--as", as, &words)) {
        say_shell(asked->whose, plan, words);
        status = put_commands(host, plan, words);
    }
    if (status == CLI_DONE && asked->root)
        return put_lasting(host, asked);
    if (status == CLI_DONE && !as)
        lasts_hint(asked->whose, host, asked->wanted);
    return status;
}

/* Is it seen in the tree that ap_config is none to write to? */
static bool
lacks_config(const char *dir)
{
    AUTO(fd_done) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && apply_lacks_config(fd);
}

static int
find_root(const struct whose *whose, const struct cli_args *args,
          const char **root)
{
    if (!args->value[PERSISTENT])
        return CLI_DONE;
    *root = args->value[ROOT] ? args->value[ROOT] : whose_root(whose);
    if (!*root)
        say_error("--persistent: nobody knows where this host has its etc/; "
                  "--root DIR says it");
    return *root ? CLI_DONE : CLI_USAGE;
}

static int
run(const struct cli_args *args)
{
    struct plan_wish wish = { .no_ap_config = args->value[NO_AP_CONFIG] };
    AUTO(host_done) struct host *host = NULL;
    AUTO(wanted_done) struct wanted wanted = { 0 };
    AUTO(plan_done) struct plan plan = { 0 };
    struct whose whose;
    const char *path = wants_of(args, &whose);
    struct asked asked = { args, &whose, &wanted, NULL };
    struct wants_words words;
    int status = CLI_DONE;

    if (args->value[AS] && !wants_words_read("--as", args->value[AS], &words))
        return CLI_USAGE;
    status = wants_read(path, &wanted);
    if (status == CLI_DONE)
        status = whose_host(&whose, &host, NULL);
    if (status == CLI_DONE)
        status = wants_names(path, &wanted, &whose, host);
    if (status == CLI_DONE)
        status = find_root(&whose, args, &asked.root);
    if (status != CLI_DONE)
        return status;
    wish.no_ap_config |= whose.sysfs && lacks_config(whose.sysfs);
    if (plan_make(host, &wanted, &wish, &plan) < 0)
        return out_no_memory();
    status = answer(host, &plan, &asked);
    return status == CLI_DONE && plan.reason ? CLI_REFUSED : status;
}

const struct cli_command cli_plan = {
    .name = "plan",
    .summary = "the writes that lead to what is wanted, in order",
    .operands = "[HOST.yaml] WANTED.yaml",
    .min_operands = 1,
    .max_operands = 2,
    .about =
        "Says how to get from what the host is to what WANTED.yaml says, see "
        "vap-wanted(5): writes in an order such that none is refused, no guest "
        "is without a queue that it has before and after, and guests are "
        "updated as rarely as can be. Every step is tried on a copy of the "
        "host, under its rule and kernel. Nothing is changed; vap apply does "
        "it.\n\n"
        "There are wishes that a kernel grants only with a gap: 7.2 refuses an "
        "adapter in apmask that an mdev has with any domain. Then it is said, "
        "and as short as can be.\n\n"
        "What is written to /sys is gone with the next boot. With --persistent "
        "come the commands by which mdevctl and chzdev keep it, as far as "
        "they have not written it down already.\n\n" WHOSE_ABOUT,
    .options = options,
    .exits = { [CLI_DONE] = "there is an order, maybe of no step",
               [CLI_REFUSED] = "what is wanted cannot be, or could not last" },
    .examples = examples,
    .run = run,
};
