/* SPDX-License-Identifier: MIT */
/* vap plan: the order of writes from what is to what is wanted. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/change/apply.h"
#include "cli/change/wants.h"

#include <fcntl.h>

enum { AS = WHOSE_END, NO_AP_CONFIG, JSON };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [AS] = { 0, "as", "WORDS",
             "only the commands: sysfs, mdevctl, chzdev, tools (both) or vap" },
    [NO_AP_CONFIG] = { 0, "no-ap-config", NULL,
                       "for a kernel whose mdevs cannot be written whole; with "
                       "--sysfs it "
                       "is seen" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "from a host to what is wanted of it", "vap plan host.yaml wanted.yaml" },
    { "of the virtual host that is up, as a script",
      "vap plan --as sysfs wanted.yaml" },
    { "... with the tools that keep it over a restart",
      "vap plan --as tools wanted.yaml" },
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
            return wants_no_memory();
        (void)puts(text);
    }
    return CLI_DONE;
}

static int
put_json(struct host *host, const struct plan *plan)
{
    json_t *json = wants_json(host, plan);
    int r = json ? json_dumpf(json, stdout, JSON_INDENT(2)) : -1;

    json_decref(json);
    (void)putchar('\n');
    return r && !ferror(stdout) ? wants_no_memory() : CLI_DONE;
}

static int
answer(struct host *host, const struct plan *plan, const struct cli_args *args)
{
    struct wants_words words;

    if (args->value[JSON])
        return put_json(host, plan);
    if (plan->reason) {
        wants_put_refusal(plan);
        return CLI_DONE;
    }
    if (args->value[AS])
        return wants_words_read("--as", args->value[AS], &words)
                   ? put_commands(host, plan, words)
                   : CLI_USAGE;
    wants_put_summary(plan);
    return wants_put_steps(host, plan);
}

/* Is it seen in the tree that ap_config is none to write to? */
static bool
lacks_config(const char *dir)
{
    AUTO(fd_done) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && apply_lacks_config(fd);
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
    struct wants_words words;
    int status = CLI_DONE;

    if (args->value[AS] && !wants_words_read("--as", args->value[AS], &words))
        return CLI_USAGE;
    status = wants_read(path, &wanted);
    if (status == CLI_DONE)
        status = whose_host(&whose, &host, NULL);
    if (status != CLI_DONE)
        return status;
    wish.no_ap_config |= whose.sysfs && lacks_config(whose.sysfs);
    if (plan_make(host, &wanted, &wish, &plan) < 0)
        return wants_no_memory();
    status = answer(host, &plan, args);
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
        "and as short as can be.\n\n" WHOSE_ABOUT,
    .options = options,
    .exits = { [CLI_DONE] = "there is an order, maybe of no step",
               [CLI_REFUSED] = "what is wanted cannot be" },
    .examples = examples,
    .run = run,
};
