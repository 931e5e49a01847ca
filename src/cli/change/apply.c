/* SPDX-License-Identifier: MIT */
/* vap apply: does what vap plan says. A virtual host takes it as one change;
 * on a tree it is file after file, so that whatever interrupts it, the host is
 * as after some step, and the same command goes on from there. */
#include "cli/change/apply_run.h"

#include "base/auto.h"
#include "base/say.h"
#include "base/stop.h"
#include "cli/change/lasts.h"
#include "cli/change/wants.h"
#include "cli/frame/ask.h"
#include "cli/frame/client.h"
#include "cli/frame/out.h"
#include "observe/sysdir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { NAME, SYSFS, DRY_RUN, YES, STEP, GAP, ROLLBACK, BACK, PERSISTENT, JSON };

static const struct cli_option options[] = {
    [NAME] = { 0, "name", "NAME", "the virtual host of this name" },
    [SYSFS] = { 0, "sysfs", "DIR", "the host whose /sys this is" },
    [DRY_RUN] = { 'n', "dry-run", NULL, "only say what it would do" },
    [YES] = { 'y', "yes", NULL, "do not ask before writing files" },
    [STEP] = { 's', "step", NULL, "ask before each file" },
    [GAP] = { 0, "gap", NULL,
              "also when a guest must miss for a moment what it keeps" },
    [ROLLBACK] = { 0, "rollback", NULL,
                   "when a file refuses, go back to what was" },
    [BACK] = { 0, "back", NULL, "to what was before the last apply" },
    [PERSISTENT] = { 'p', "persistent", NULL,
                     "also has mdevctl and chzdev keep it over a boot" },
    [JSON] = { 0, "json", NULL, "answer in JSON; asks nothing" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "the virtual host that is up, in one change", "vap apply wanted.yaml" },
    { "the machine's own AP bus, file by file",
      "vap apply --sysfs /sys wanted.yaml" },
    { "and back again", "vap apply --sysfs /sys --back" },
    { "so that it is the same after a boot",
      "vap apply --persistent wanted.yaml" },
    { NULL, NULL },
};

static int
print_json(struct apply *a, bool applied)
{
    static const char *const ends[] = {
        [APPLY_DONE] = "done",
        [APPLY_STOPPED] = "stopped",
        [APPLY_REFUSED] = "refused",
        [APPLY_SURPRISED] = "surprised",
    };
    json_t *json = json_pack("{s:O, s:s, s:I, s:s?}", "plan", a->json, "end",
                             applied ? ends[a->result.end] : "not begun",
                             "done", (json_int_t)a->result.done, "what",
                             *a->result.what ? a->result.what : NULL);

    if (json && a->root)
        (void)json_object_set_new(json, "kept",
                                  json_integer((json_int_t)a->kept));
    return out_json(json);
}

static int
find_tree(struct apply *a)
{
    const struct whose *whose = &a->whose;
    bool up = whose->sysfs || whose->name || getenv("VAP_NAME");
    int status = up ? CLI_DONE : client_usual(client_name(NULL), &up);
    const char *dir = whose->sysfs ? whose->sysfs : "/sys";

    if (status != CLI_DONE || (up && !whose->sysfs))
        return status;
    if (!whose->sysfs && !sysdir_has_bus(dir)) {
        say_error("no virtual host is up and /sys has no AP bus: there is "
                  "nothing to change");
        return CLI_FAILED;
    }
    a->dir = realpath(dir, a->path) ? a->path : dir;
    return CLI_DONE;
}

static int
read_back(const struct apply *a, struct wanted *out)
{
    struct hostfile_error error;
    int r;

    if (!a->dir || !a->past.before) {
        say_error(a->dir ? "--back: nothing was applied here before"
                         : "--back is for trees: the events of a virtual host "
                           "are in vap log");
        return CLI_USAGE;
    }
    r = wanted_parse(a->past.before, strlen(a->past.before), out, &error);
    if (r)
        say_error("%s: %s", a->journal.path, error.text);
    return r ? CLI_FAILED : CLI_DONE;
}

static int
open_journal(struct apply *a)
{
    int r = apply_journal_open(a->dir ? a->dir : "/", &a->journal, &a->past);

    if (r == -EBUSY)
        say_error("another vap apply is at work");
    else if (r)
        say_error("the journal of vap apply: %s", strerror(-r));
    if (r == 0 && a->past.unfinished)
        say_error("an earlier apply was interrupted, %zu of its %zu steps are "
                  "known to be done; this one goes on from what there is",
                  a->past.done, a->past.n);
    return r == -EBUSY ? CLI_REFUSED : r ? CLI_FAILED : CLI_DONE;
}

static void
apply_done(struct apply *a)
{
    fd_done(&a->fd);
    host_free(a->host);
    plan_done(&a->plan);
    wanted_done(&a->before);
    host_free(a->goal);
    lasting_done(&a->lasting);
    apply_past_done(&a->past);
    apply_journal_done(&a->journal);
    json_decref(a->json);
}

/* May files be written? */
static int
is_allowed(const struct apply *a)
{
    if (a->plan.gap && a->dir && !a->wish.gap) {
        say_error("a guest would miss for a moment what it has before and "
                  "after; --gap allows it");
        return CLI_REFUSED;
    }
    if (a->wish.yes || a->wish.step)
        return CLI_DONE;
    if (!isatty(STDIN_FILENO) || a->json) {
        say_error("nobody can be asked here whether to write %s: --yes says so",
                  a->plan.n && a->dir ? "files" : "definitions");
        return CLI_USAGE;
    }
    return ask_yes(stdout, "\ngo on? [y/N] ") ? CLI_DONE : CLI_REFUSED;
}

/* Nothing is asked of a virtual host: what it does it can undo. */
static int
carry_out(struct apply *a)
{
    bool lasts = a->lasting.n > 0;
    int status = CLI_DONE;

    if (a->wish.dry_run)
        return CLI_DONE;
    if ((a->plan.n && a->dir) || lasts)
        status = is_allowed(a);
    if (status != CLI_DONE)
        return status;
    stop_catch();
    if (a->plan.n && a->dir)
        status = apply_tree(a);
    else if (a->plan.n)
        status = apply_virtual(a);
    else if (a->past.unfinished && !lasts)
        (void)apply_journal_write(&a->journal,
                                  json_pack("{s:s}", "end", "done"));
    return status == CLI_DONE && lasts ? apply_keep(a) : status;
}

static int
find_root(struct apply *a)
{
    if (!a->wish.persistent)
        return CLI_DONE;
    a->root = whose_root(&a->whose);
    if (a->root && lasts_here(a->root))
        return CLI_DONE;
    say_error("--persistent: mdevctl and chzdev know nothing of this host "
              "here; for a virtual one: vap run --name NAME -- vap apply "
              "--persistent ...");
    return CLI_USAGE;
}

/* Of which host, and as it is. */
static int
find_host(struct apply *a)
{
    int status = find_tree(a);

    if (status == CLI_DONE)
        status = find_root(a);
    if (status == CLI_DONE && (a->dir || a->root))
        status = open_journal(a);
    if (status == CLI_DONE)
        status = whose_host(&a->whose, &a->host, NULL);
    a->fd = status == CLI_DONE && a->dir
                ? open(a->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                : -1;
    return status;
}

/* path: of WANTED.yaml; NULL: back */
static int
find_wanted(struct apply *a, const char *path, struct wanted *out)
{
    int status = path ? wants_read(path, out) : read_back(a, out);

    a->wanted = out;
    return status == CLI_DONE
               ? wants_names(path ? path : "--back", out, &a->whose, a->host)
               : status;
}

static int
make_it_so(struct apply *a)
{
    int status = apply_find(a, a->fd >= 0 && apply_lacks_config(a->fd));

    if (status == CLI_DONE)
        status = carry_out(a);
    if (a->json && print_json(a, a->result.done || a->kept || *a->result.what))
        return CLI_FAILED;
    if (status == CLI_DONE && !a->json && !a->root)
        lasts_hint(&a->whose, a->goal, a->wanted);
    return status;
}

static int
run(const struct cli_args *args)
{
    const char *path = args->n_operands ? args->operands[0] : NULL;
    AUTO(wanted_done) struct wanted wanted = { 0 };
    AUTO(apply_done)
    struct apply a = {
        .wish = { .dry_run = args->value[DRY_RUN],
                  .yes = args->value[YES],
                  .step = args->value[STEP],
                  .gap = args->value[GAP],
                  .rollback = args->value[ROLLBACK],
                  .persistent = args->value[PERSISTENT],
                  .json = args->value[JSON] },
        .whose = { .name = args->value[NAME], .sysfs = args->value[SYSFS] },
        .fd = -1,
        .journal = { .fd = -1 },
    };
    int status;

    if (!path != !!args->value[BACK]) {
        say_error("apply: WANTED.yaml or --back expected; see vap apply "
                  "--help");
        return CLI_USAGE;
    }
    status = find_host(&a);
    if (status == CLI_DONE)
        status = find_wanted(&a, path, &wanted);
    return status == CLI_DONE ? make_it_so(&a) : status;
}

const struct cli_command cli_apply = {
    .name = "apply",
    .summary = "makes a host what is wanted",
    .operands = "WANTED.yaml",
    .max_operands = 1,
    .about =
        "Makes the host what WANTED.yaml says, see vap-wanted(5), in the way "
        "that vap plan shows; when all is as wanted it does nothing.\n\n"
        "A virtual host takes it as one change: all of it or nothing, and at "
        "most one update for each guest.\n\n"
        "On a tree (--sysfs DIR, or the machine's own /sys when no virtual "
        "host is up) files are written one after the other. Before each the "
        "files it depends on must be as the steps before left them, and after "
        "it as planned; else it stops and says where it stands. Whatever "
        "interrupts it, the same command goes on from there, and --back goes "
        "back to what was. What it writes stands in .apply.journal in "
        "/var/lib/vap, for ordinary users ~/.local/state/vap.\n\n"
        "All that is gone with the next boot, unless with --persistent: then "
        "mdevctl's definitions and chzdev's masks follow, by the commands that "
        "vap plan --persistent prints, each read back.",
    .options = options,
    .exits = { [CLI_DONE] = "all is as wanted",
               [CLI_REFUSED] = "it cannot be, was refused, or stopped" },
    .examples = examples,
    .run = run,
};
