/* SPDX-License-Identifier: MIT */
/* vap heal: guests that Linux has left short are brought up to what the state
 * gives them. What interrupts it between two writes, SIGKILL included, the
 * next run makes good first. */
#include "cli/change/heal.h"

#include "base/auto.h"
#include "base/say.h"
#include "base/stop.h"
#include "cli/frame/cli.h"
#include "cli/frame/load.h"
#include "cli/frame/out.h"
#include "cli/frame/type_in.h"
#include "cli/frame/whose.h"
#include "host/change_words.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <syslog.h>

enum { DRY_RUN = WHOSE_END, DISTURB, YES, JSON };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [DRY_RUN] = { 0, "dry-run", NULL, "only say what it would do" },
    [DISTURB] = { 0, "disturb", NULL,
                  "also where it takes something away, if only for a moment" },
    [YES] = { 'y', "yes", NULL, "do not ask first" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "which guests could have more", "vap heal --dry-run" },
    { "all of them, without a question", "vap heal --yes" },
    { NULL, NULL },
};

static void
heals_done(struct heals *h)
{
    free(h->list);
}

/* ---- doing */

static bool
is_wanted(const struct heal *heal, bool disturb)
{
    return heal->n && heal->refused == VAP_OK && (!heal->disturbs || disturb);
}

/** How the tree is written to. */
struct pen {
    const struct apply_door *tree;
    struct heal_debt *debt;
    const struct heals *h;
    const struct heal *heal; /* at work */
};

/* As apply_tree_door(); journal and system's log are told. */
static int
write_logged(void *context, const char *file, const char *text)
{
    const struct pen *pen = context;
    int r = pen->tree->write(pen->tree->context, file, text);

    syslog(LOG_NOTICE, "wrote %s to %s: %s", text, file,
           r < 0 ? strerror(-r) : "done");
    heal_debt_note(pen->debt, file, text, r < 0 ? -r : 0);
    return r;
}

static int
read_file(void *context, const char *file, char *text, size_t size)
{
    const struct pen *pen = context;

    return pen->tree->read(pen->tree->context, file, text, size);
}

/* From the first of two writes on the second is owed. */
static int
before_write(void *context, size_t step, const struct change_write *write)
{
    const struct pen *pen = context;
    AUTO(change_write_done) struct change_write next = { 0 };

    (void)write;
    if (step + 1 >= pen->heal->n)
        return 0;
    return change_words_write(pen->h->host, &pen->heal->list[1], &next) ||
           heal_debt_owe(pen->debt, &next);
}

static void
after_write(void *context, size_t step)
{
    const struct pen *pen = context;

    if (step && step + 1 == pen->heal->n)
        (void)heal_debt_paid(pen->debt);
}

/* Why it went no further; status as do_one(). */
static int
say_end(struct heal *heal, const struct host *now,
        const struct apply_result *result, struct heal_debt *debt)
{
    const char *name = host_mdev_name(now, heal->mdev);
    AUTO(free_done) char *rest = NULL;
    bool touched = result->written || result->done;
    bool half = heal->n == 2 && result->done + result->written == 1;

    heal->state = half                           ? "half done"
                  : result->end == APPLY_REFUSED ? "refused"
                  : result->end == APPLY_STOPPED ? "failed"
                                                 : "surprised";
    if (result->end == APPLY_REFUSED)
        say_error("%s: %s: %s", name, result->what, strerror(result->error));
    else if (result->end == APPLY_STOPPED)
        say_error("%s: the journal of vap heal cannot be written", name);
    else
        say_error("%s: %s: %s", name,
                  touched ? "not as planned"
                          : "somebody was quicker, nothing is written",
                  result->what);
    if (half && change_words_text(now, &heal->list[1], CHANGE_SYSFS, &rest))
        return out_no_memory();
    if (half)
        say_error("%s: half done; the rest is: %s; the next vap heal begins "
                  "with it",
                  name, rest);
    else
        (void)heal_debt_paid(debt);
    return CLI_REFUSED;
}

/* Files must be as they were planned on: the way of vap apply.
 * now: as those before have left it; carried along */
static int
do_one(struct host *now, struct pen *pen, struct heal *heal)
{
    struct plan_step steps[2] = { { .request = heal->list[0] },
                                  { .request = heal->list[1] } };
    const struct plan plan = { .steps = steps, .n = heal->n };
    const struct apply_door door = { pen, write_logged, read_file };
    const struct apply_hooks hooks = { pen, before_write, after_write };
    struct apply_result result;

    pen->heal = heal;
    if (apply_steps(now, &plan, &door, &hooks, &result))
        return out_no_memory();
    heal->state = "written";
    return result.end == APPLY_DONE ? CLI_DONE
                                    : say_end(heal, now, &result, pen->debt);
}

/* Is it as it was to be? */
static void
verify(const struct heals *h, const struct host *now, struct heal *heal)
{
    const char *name = host_mdev_name(h->host, heal->mdev);
    uint32_t slot = host_mdev(now, name);
    const struct vap_mdev *m = slot == NAMES_NONE ? NULL : &now->slots[slot];

    if (m && vap_matrix_equal(&m->matrix, &h->host->slots[heal->mdev].matrix) &&
        vap_mask_equal(&m->guest.adapters, &heal->after.adapters) &&
        vap_mask_equal(&m->guest.domains, &heal->after.domains)) {
        heal->state = "healed";
        return;
    }
    heal->state = "failed";
    say_error("%s: its guest matrix is not what it was to be; what does not "
              "show is whether a reset of its queues has failed, and then the "
              "guest must restart",
              name);
}

static int
write_all(struct heals *h, bool disturb, struct heal_debt *debt)
{
    AUTO(host_done) struct host *now = NULL;
    AUTO(fd_done) int fd = open(h->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct apply_door tree = apply_tree_door(&fd);
    struct pen pen = { &tree, debt, h, NULL };
    int status = CLI_DONE;

    if (host_copy(h->host, &now))
        return out_no_memory();
    for (size_t i = 0; i < h->n && status != CLI_FAILED && !stop_asked(); i++) {
        int done = is_wanted(&h->list[i], disturb)
                       ? do_one(now, &pen, &h->list[i])
                       : CLI_DONE;

        status = done == CLI_DONE ? status : done;
    }
    return status;
}

static int
do_all(struct heals *h, const struct whose *whose, bool disturb,
       struct heal_debt *debt)
{
    AUTO(tools_lock_done) struct tools_lock lock;
    AUTO(host_done) struct host *now = NULL;
    int status = type_in_lock(whose, &lock);

    if (status != CLI_DONE)
        return status;
    status = write_all(h, disturb, debt);
    if (status == CLI_FAILED || whose_host(whose, &now, NULL) != CLI_DONE)
        return CLI_FAILED;
    for (size_t i = 0; i < h->n; i++) {
        if (strcmp(h->list[i].state, "written") == 0)
            verify(h, now, &h->list[i]);
        if (strcmp(h->list[i].state, "healed") != 0)
            status = CLI_REFUSED;
    }
    return status;
}

/* ---- the command */

static bool
any_wanted(const struct heals *h, bool disturb)
{
    for (size_t i = 0; i < h->n; i++)
        if (is_wanted(&h->list[i], disturb))
            return true;
    return false;
}

static int
carry_out(struct heals *h, const struct whose *whose,
          const struct cli_args *args, struct heal_debt *debt)
{
    bool disturb = args->value[DISTURB];
    int status = h->n ? CLI_REFUSED : CLI_DONE;

    if (!any_wanted(h, disturb))
        return status;
    status = type_in_asked("heal", args->value[YES]);
    if (status != CLI_DONE)
        return status;
    status = do_all(h, whose, disturb, debt);
    if (!args->value[JSON])
        heal_put_result(h);
    return status;
}

static int
answer(struct heals *h, const struct whose *whose, const struct cli_args *args,
       struct heal_debt *debt)
{
    bool json = args->value[JSON];
    int status = CLI_DONE;

    if (!json)
        heal_put_plan(h);
    if (!args->value[DRY_RUN])
        status = carry_out(h, whose, args, debt);
    return json && heal_put_json(h) != CLI_DONE ? CLI_FAILED : status;
}

/* ---- what an earlier run has left */

static int
open_journal(const char *tree, bool begin, struct heal_debt *debt)
{
    int r = heal_debt_load(tree, begin, debt);

    if (r == -EBUSY)
        say_error("another vap heal is at work");
    else if (r < 0)
        say_error("the journal of vap heal: %s", strerror(-r));
    return r == -EBUSY ? CLI_REFUSED : r ? CLI_FAILED : CLI_DONE;
}

static int
pay(const char *tree, struct heal_debt *debt)
{
    AUTO(fd_done) int fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct apply_door door = apply_tree_door(&fd);
    struct pen pen = { &door, debt, NULL, NULL };
    int r = write_logged(&pen, debt->file, debt->text);

    if (r == -ENOENT) /* the mdev is gone, and what it was owed with it */
        r = 0;
    if (r < 0)
        say_error("%s: %s", debt->file, strerror(-r));
    else
        r = heal_debt_paid(debt);
    return r < 0 ? CLI_REFUSED : CLI_DONE;
}

/* Says it, asks, and writes it. */
static int
make_good(const char *tree, const struct cli_args *args, struct heal_debt *debt)
{
    FILE *out = args->value[JSON] ? stderr : stdout;
    int status;

    (void)fputs("an earlier heal has ended in between: still to be written is ",
                out);
    say_quoted(out, debt->text);
    (void)fputs(" to ", out);
    say_quoted(out, debt->file);
    (void)putc('\n', out);
    if (args->value[DRY_RUN])
        return CLI_DONE;
    status = type_in_asked("heal", args->value[YES]);
    return status == CLI_DONE ? pay(tree, debt) : status;
}

/* First of all, on a tree that can be written. */
static int
settle(const struct whose *whose, const struct cli_args *args,
       struct heal_debt *debt, struct host **host)
{
    const char *tree = whose_tree(whose);
    bool lives = tree && type_in_possible(tree);
    int status;

    if (!lives && args->value[DRY_RUN])
        return CLI_DONE;
    if (!lives) {
        say_error("heal: a host that lives expected, or --dry-run");
        return CLI_USAGE;
    }
    openlog("vap heal", LOG_PID, LOG_USER);
    status = open_journal(tree, !args->value[DRY_RUN], debt);
    if (status != CLI_DONE || !debt->file)
        return status;
    status = make_good(tree, args, debt);
    if (status != CLI_DONE || debt->file)
        return status;
    host_free(TAKE(*host)); /* it is another now */
    return whose_host(whose, host, NULL);
}

static int
find_mdev(const struct host *host, const struct cli_args *args, int taken,
          uint32_t *only)
{
    *only = NAMES_NONE;
    if (args->n_operands == taken)
        return CLI_DONE;
    *only = cli_mdev(host, args->operands[taken]);
    return *only == NAMES_NONE ? CLI_USAGE : CLI_DONE;
}

static int
run(const struct cli_args *args)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(heals_done) struct heals h = { 0 };
    AUTO(heal_debt_done) struct heal_debt debt = { 0 };
    struct whose whose;
    int taken = whose_of(args, &whose);
    uint32_t only;
    int status = whose_host(&whose, &host, NULL);

    if (status == CLI_DONE)
        status = settle(&whose, args, &debt, &host);
    if (status == CLI_DONE)
        status = find_mdev(host, args, taken, &only);
    if (status != CLI_DONE)
        return status;
    h.host = host;
    h.tree = whose_tree(&whose);
    if (heal_plan(&h, only))
        return out_no_memory();
    return answer(&h, &whose, args, &debt);
}

const struct cli_command cli_heal = {
    .name = "heal",
    .summary = "give guests what Linux has left them short of",
    .operands = "[HOST.yaml] [MDEV]",
    .max_operands = 2,
    .about =
        "Finds guests that have fewer queues than the present state allows, "
        "shows what each would gain, asks, has Linux look again, and reads "
        "back whether it helped. Nothing is taken from anybody, unless with "
        "--disturb. What is written goes to the system's log.\n\n"
        "With MDEV that one alone.\n\n" WHOSE_ABOUT,
    .options = options,
    .exits = { [CLI_DONE] = "all that could be healed was",
               [CLI_REFUSED] = "something was not: refused, not wanted, or it "
                               "needs --disturb",
               [CLI_USAGE] = "wrong usage, or what is no host that lives" },
    .examples = examples,
    .run = run,
};
