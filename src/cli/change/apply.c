/* SPDX-License-Identifier: MIT */
/* vap apply: does what vap plan says. A virtual host takes it as one change;
 * on a tree it is file after file, so that whatever interrupts it, the host is
 * as after some step, and the same command goes on from there. */
#include "cli/change/apply.h"

#include "base/auto.h"
#include "base/place.h"
#include "base/say.h"
#include "base/stop.h"
#include "cli/change/lasts.h"
#include "cli/change/wants.h"
#include "cli/frame/client.h"
#include "cli/frame/effect.h"
#include "cli/frame/out.h"
#include "cli/frame/type_in.h"
#include "host/json.h"
#include "host/request_json.h"
#include "observe/sysdir.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>

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

/** One run. */
struct apply {
    const struct cli_args *args;
    const char *dir; /* of the tree; NULL: a virtual host */
    struct host *host; /* as it is */
    struct plan plan;
    struct wanted before; /* to go back */
    const struct wanted *wanted;
    struct host *goal; /* as the plan leaves it */
    const char *root; /* of what is to last; NULL: not asked */
    struct lasting lasting; /* what is to be written down, as planned */
    size_t kept; /* ... so many of it are */
    struct apply_journal journal;
    struct apply_past past;
    struct apply_result result;
    json_t *json; /* of the plan */
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

/* ---- what is to be done */

static bool
is_mask(const struct vap_request *r)
{
    return r->op == VAP_APMASK || r->op == VAP_AQMASK;
}

static bool
touches(const struct plan *plan, uint32_t slot)
{
    for (size_t i = 0; i < plan->n; i++)
        if (!is_mask(&plan->steps[i].request) &&
            plan->steps[i].request.mdev == slot)
            return true;
    return false;
}

/* Only those that the plan touches. */
static void
keep_touched(const struct host *host, const struct plan *plan,
             struct wanted *out)
{
    size_t n = 0;

    for (size_t i = 0; i < out->n_mdevs; i++) {
        struct wanted_mdev m = out->mdevs[i];

        if (touches(plan, host_mdev(host, m.name))) {
            out->mdevs[n++] = m;
            continue;
        }
        free(m.name);
        free(m.guest);
    }
    out->n_mdevs = n;
}

/* Masks and mdevs that the plan touches, as they are. */
static int
find_before(const struct host *host, const struct plan *plan,
            struct wanted *out)
{
    int r = wanted_of(host, out);

    if (r)
        return r;
    keep_touched(host, plan, out);
    out->others_go = out->has_apmask = out->has_aqmask = false;
    out->removed = calloc(plan->n + 1, sizeof(*out->removed));
    for (size_t i = 0; i < plan->n && out->removed; i++) {
        const struct vap_request *q = &plan->steps[i].request;

        out->has_apmask |= q->op == VAP_APMASK;
        out->has_aqmask |= q->op == VAP_AQMASK;
        if (q->op != VAP_CREATE)
            continue;
        out->removed[out->n_removed] = strdup(host_mdev_name(host, q->mdev));
        if (!out->removed[out->n_removed++])
            return -ENOMEM;
    }
    return out->removed ? 0 : -ENOMEM;
}

/* What is to last comes below the steps. */
static int
find_lasting(struct apply *a)
{
    int status = a->root ? lasts_find(a->root, a->goal, a->wanted, &a->lasting)
                         : CLI_DONE;

    if (status != CLI_DONE || !a->root)
        return status;
    if (!a->json)
        return lasts_put(&a->lasting);
    (void)json_object_set_new(a->json, "lasting", lasts_json(&a->lasting));
    return a->lasting.reason ? CLI_REFUSED : CLI_DONE;
}

static int
put_plan(struct apply *a)
{
    if (a->args->value[JSON]) {
        a->json = wants_json(a->goal, &a->plan);
        return a->json ? CLI_DONE : out_no_memory();
    }
    if (a->plan.reason) {
        wants_put_refusal(&a->plan);
        return CLI_DONE;
    }
    wants_put_summary(&a->plan);
    return wants_put_steps(a->goal, &a->plan);
}

static int
make_plan(struct apply *a, bool no_ap_config)
{
    const struct plan_wish wish = { .no_ap_config = no_ap_config };
    int r = plan_make(a->host, a->wanted, &wish, &a->plan);
    int status;

    if (r < 0 || find_before(a->host, &a->plan, &a->before) ||
        host_copy(a->host, &a->goal))
        return out_no_memory();
    status = put_plan(a);
    if (status == CLI_DONE && r == 0)
        status = find_lasting(a);
    return r && status == CLI_DONE ? CLI_REFUSED : status;
}

/* ---- a virtual host */

static json_t *
requests_json(const struct apply *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->plan.n; i++) {
        const struct host_request request = { .engine =
                                                  a->plan.steps[i].request };

        if (json_array_append_new(list, request_to_json(a->host, &request))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Somebody may have been quicker. */
static int
check_result(const struct whose *whose, const struct wanted *wanted)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(free_done) struct plan_difference *list = NULL;
    int status = whose_host(whose, &host, NULL);
    int n;

    if (status != CLI_DONE)
        return status;
    n = plan_differences(host, wanted, &list);
    if (n < 0)
        return out_no_memory();
    if (n)
        say_error("the change was made, but by now somebody else has made "
                  "another; vap assert says what is not as wanted");
    return n ? CLI_REFUSED : CLI_DONE;
}

static int
apply_virtual(struct apply *a, const struct whose *whose)
{
    AUTO(client_done) struct client *client = NULL;
    AUTO(json_done) json_t *answer = NULL;
    json_t *list = requests_json(a);
    int status;

    if (!list)
        return out_no_memory();
    status = client_new(client_name(whose->name), &client);
    if (status == CLI_DONE)
        status = client_change(client, list, false, &answer);
    else
        json_decref(list);
    if (status == CLI_DONE && !a->json)
        (void)puts("\ndone, as one change:");
    if (status == CLI_DONE && !a->json)
        effect_put(stdout, json_object_get(answer, "effect"), false);
    a->result.done = status == CLI_DONE ? a->plan.n : 0;
    return status == CLI_DONE ? check_result(whose, a->wanted) : status;
}

/* ---- a tree */

/* The first character of a line; 0 at the end, and when we are to stop. */
static char
read_line(void)
{
    struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
    char first = '\0';
    char c = '\0';

    while (c != '\n' && poll(&fd, 1, -1) == 1) {
        if (read(STDIN_FILENO, &c, 1) != 1)
            return '\0';
        first = first ? first : c;
    }
    return c == '\n' ? first : '\0';
}

/* "y" and what begins so. */
static bool
ask(const char *question)
{
    char answer;

    (void)fputs(question, stdout);
    (void)fflush(stdout);
    answer = read_line();
    if (!answer)
        (void)putchar('\n');
    (void)fflush(stdout);
    return answer == 'y' || answer == 'Y';
}

static int
before_step(void *context, size_t i, const struct change_write *write)
{
    struct apply *a = context;
    int r;

    if (stop_asked())
        return 1;
    if (!a->json) {
        (void)printf("%zu/%zu  ", i + 1, a->plan.n);
        say_quoted(stdout, write->file);
        (void)printf(" <- %.60s%s", write->text,
                     strlen(write->text) > 60 ? "..." : "");
        (void)fflush(stdout);
    }
    if (a->args->value[STEP] && !ask("  go on? [y/N] "))
        return 1;
    r = apply_journal_write(
        &a->journal, json_pack("{s:I, s:s, s:s}", "step", (json_int_t)i + 1,
                               "file", write->file, "text", write->text));
    if (r)
        say_error("%s: %s", a->journal.path, strerror(-r));
    return r;
}

static void
after_step(void *context, size_t i)
{
    struct apply *a = context;

    (void)apply_journal_write(&a->journal,
                              json_pack("{s:I}", "done", (json_int_t)i + 1));
    if (!a->json)
        (void)puts("  ok");
}

static char *
text_of(const struct wanted *wanted)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    if (!f)
        return NULL;
    wanted_write(f, wanted);
    return fclose(f) ? NULL : text;
}

/* What an interrupted run found stays what there was before. */
static int
begin(struct apply *a)
{
    AUTO(free_done) char *before = NULL;
    char when[32];
    time_t now = time(NULL);
    struct tm tm;

    before = a->past.unfinished ? strdup(a->past.before) : text_of(&a->before);
    if (!before || !gmtime_r(&now, &tm))
        return -ENOMEM;
    (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
    return apply_journal_write(
        &a->journal,
        json_pack("{s:s, s:I, s:s, s:I, s:s}", "begin", when, "pid",
                  (json_int_t)getpid(), "tree", a->dir, "steps",
                  (json_int_t)a->plan.n, "before", before));
}

static void
say_end(const struct apply *a)
{
    const struct apply_result *r = &a->result;

    if ((r->end == APPLY_REFUSED || r->written) && !a->json)
        (void)putchar('\n');
    (void)fflush(stdout);
    if (r->end == APPLY_STOPPED)
        say_error("stopped before step %zu of %zu", r->done + 1, a->plan.n);
    if (r->end == APPLY_REFUSED)
        say_error("step %zu of %zu was refused: %s: %s", r->done + 1, a->plan.n,
                  r->what, strerror(r->error));
    if (r->end == APPLY_SURPRISED)
        say_error("%s step %zu of %zu: %s", r->written ? "after" : "before",
                  r->done + 1, a->plan.n, r->what);
    if (r->end == APPLY_DONE)
        return;
    if (r->done)
        say_error("%zu of %zu steps are done; the same command goes on from "
                  "there, vap apply --back goes back",
                  r->done, a->plan.n);
    else if (!r->written)
        say_error("nothing has been written");
}

static int
write_steps(struct apply *a, int fd)
{
    struct apply_door door = apply_tree_door(&fd);
    struct apply_hooks hooks = { a, before_step, after_step };
    static const char *const ends[] = { "done", "stopped", "refused",
                                        "surprised" };
    int r = begin(a);

    if (r == 0)
        r = apply_steps(a->host, &a->plan, &door, &hooks, &a->result);
    if (r == -ENOMEM)
        return out_no_memory();
    if (r) {
        say_error("%s: %s", a->journal.path, strerror(-r));
        return CLI_FAILED;
    }
    say_end(a);
    if ((a->result.end == APPLY_DONE && !a->lasting.n) || !a->result.done)
        (void)apply_journal_write(
            &a->journal, json_pack("{s:s}", "end", ends[a->result.end]));
    return a->result.end == APPLY_DONE ? CLI_DONE : CLI_REFUSED;
}

/* May files be written? */
static int
is_allowed(const struct apply *a)
{
    const struct cli_args *args = a->args;

    if (a->plan.gap && a->dir && !args->value[GAP]) {
        say_error("a guest would miss for a moment what it has before and "
                  "after; --gap allows it");
        return CLI_REFUSED;
    }
    if (args->value[YES] || args->value[STEP])
        return CLI_DONE;
    if (!isatty(STDIN_FILENO) || a->json) {
        say_error("nobody can be asked here whether to write %s: --yes says so",
                  a->plan.n && a->dir ? "files" : "definitions");
        return CLI_USAGE;
    }
    return ask("\ngo on? [y/N] ") ? CLI_DONE : CLI_REFUSED;
}

/* Steps as the host is now, to what was before. */
static int
roll_back(struct apply *a, int fd)
{
    AUTO(free_done) char *before = text_of(&a->before);
    AUTO(plan_done) struct plan plan = { 0 };
    AUTO(host_done) struct host *now = NULL;
    AUTO(sysdir_report_done) struct sysdir_report report = { 0 };
    struct apply_door door = apply_tree_door(&fd);
    struct apply_hooks none = { 0 };
    const struct plan_wish wish = { .no_ap_config = apply_lacks_config(fd) };
    struct apply_result result = { 0 };

    if (!before || sysdir_load(a->dir, &now, &report) ||
        plan_make(now, &a->before, &wish, &plan) ||
        apply_steps(now, &plan, &door, &none, &result) ||
        result.end != APPLY_DONE) {
        say_error("and it could not be rolled back%s%s",
                  *result.what ? ": " : "", result.what);
        return CLI_REFUSED;
    }
    (void)apply_journal_write(&a->journal,
                              json_pack("{s:s}", "end", "rolled back"));
    say_error("rolled back: all is as it was");
    return CLI_REFUSED;
}

static void
fd_close(const int *fd)
{
    fd_done(fd);
}

static int
apply_tree(struct apply *a, const struct whose *whose, int fd)
{
    AUTO(tools_lock_done) struct tools_lock lock;
    int status = type_in_lock(whose, &lock);

    if (status != CLI_DONE)
        return status;
    status = write_steps(a, fd);
    if (status == CLI_REFUSED && a->result.end != APPLY_STOPPED &&
        a->args->value[ROLLBACK] && (a->result.done || a->result.written))
        return roll_back(a, fd);
    return status;
}

/* ---- what lasts */

static int
find_left(void *context, struct lasting *left)
{
    struct apply *a = context;

    return lasts_find(a->root, a->goal, a->wanted, left);
}

static int
before_command(void *context, size_t i, size_t n, const char *command)
{
    struct apply *a = context;
    int r;

    if (!stop_asked() && !a->json) {
        (void)printf("%s%zu/%zu  %s", i ? "" : "\n", i + 1, n, command);
        (void)fflush(stdout);
    }
    if (stop_asked() || (a->args->value[STEP] && !ask("  go on? [y/N] "))) {
        say_error("stopped before command %zu of %zu; the same command goes on "
                  "from there",
                  i + 1, n);
        return CLI_REFUSED;
    }
    (void)snprintf(a->result.what, sizeof(a->result.what), "%s", command);
    r = apply_journal_write(&a->journal,
                            json_pack("{s:s}", "command", command));
    if (r)
        say_error("%s: %s", a->journal.path, strerror(-r));
    return r ? CLI_FAILED : CLI_DONE;
}

static void
after_command(void *context, bool done)
{
    struct apply *a = context;

    (void)apply_journal_write(&a->journal, json_pack("{s:b}", "kept", done));
    if (!a->json)
        (void)puts(done ? "  ok" : "");
}

static int
keep(struct apply *a)
{
    const struct apply_keeper keeper = { a, find_left, before_command,
                                         after_command };
    int status = apply_lasting(&keeper, &a->kept);

    if (status == CLI_DONE) {
        *a->result.what = '\0';
        (void)apply_journal_write(&a->journal,
                                  json_pack("{s:s}", "end", "done"));
    } else {
        a->result.end = stop_asked() ? APPLY_STOPPED : APPLY_REFUSED;
    }
    return status;
}

/* ---- which host, and what is wanted */

static int
find_tree(const struct whose *whose, const char **dir)
{
    bool up = whose->sysfs || whose->name || getenv("VAP_NAME");
    int status = up ? CLI_DONE : client_usual(client_name(NULL), &up);

    *dir = whose->sysfs;
    if (status != CLI_DONE || up)
        return status;
    if (sysdir_has_bus("/sys")) {
        *dir = "/sys";
        return CLI_DONE;
    }
    say_error("no virtual host is up and /sys has no AP bus: there is nothing "
              "to change");
    return CLI_FAILED;
}

static int
read_wanted(const struct apply *a, struct wanted *out)
{
    struct hostfile_error error;
    int r;

    if (!a->args->value[BACK])
        return wants_read(a->args->operands[0], out);
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
    char path[PATH_MAX];
    const char *dir = a->dir ? a->dir : "/";
    int r = apply_journal_open(realpath(dir, path) ? path : dir, &a->journal,
                               &a->past);

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
    host_free(a->host);
    plan_done(&a->plan);
    wanted_done(&a->before);
    host_free(a->goal);
    lasting_done(&a->lasting);
    apply_past_done(&a->past);
    apply_journal_done(&a->journal);
    json_decref(a->json);
}

/* Nothing is asked of a virtual host: what it does it can undo. */
static int
carry_out(struct apply *a, const struct whose *whose, int fd)
{
    bool lasts = a->lasting.n > 0;
    int status = CLI_DONE;

    if (a->args->value[DRY_RUN])
        return CLI_DONE;
    if ((a->plan.n && a->dir) || lasts)
        status = is_allowed(a);
    if (status != CLI_DONE)
        return status;
    stop_catch();
    if (a->plan.n && a->dir)
        status = apply_tree(a, whose, fd);
    else if (a->plan.n)
        status = apply_virtual(a, whose);
    else if (a->past.unfinished && !lasts)
        (void)apply_journal_write(&a->journal,
                                  json_pack("{s:s}", "end", "done"));
    return status == CLI_DONE && lasts ? keep(a) : status;
}

static int
find_root(struct apply *a, const struct whose *whose)
{
    if (!a->args->value[PERSISTENT])
        return CLI_DONE;
    a->root = whose_root(whose);
    if (a->root && lasts_here(a->root))
        return CLI_DONE;
    say_error("--persistent: mdevctl and chzdev know nothing of this host "
              "here; for a virtual one: vap run --name NAME -- vap apply "
              "--persistent ...");
    return CLI_USAGE;
}

static int
run(const struct cli_args *args)
{
    const struct whose whose = { .name = args->value[NAME],
                                 .sysfs = args->value[SYSFS] };
    AUTO(apply_done) struct apply a = { .args = args, .journal = { .fd = -1 } };
    AUTO(wanted_done) struct wanted wanted = { 0 };
    AUTO(fd_close) int fd = -1;
    char path[PATH_MAX];
    int status;

    if (!args->value[BACK] != (args->n_operands == 1)) {
        say_error("apply: WANTED.yaml or --back expected; see vap apply "
                  "--help");
        return CLI_USAGE;
    }
    status = find_tree(&whose, &a.dir);
    if (a.dir && realpath(a.dir, path))
        a.dir = path;
    if (status == CLI_DONE)
        status = find_root(&a, &whose);
    if (status == CLI_DONE && (a.dir || a.root))
        status = open_journal(&a);
    if (status == CLI_DONE)
        status = read_wanted(&a, &wanted);
    if (status == CLI_DONE)
        status = whose_host(&whose, &a.host, NULL);
    if (status == CLI_DONE)
        status = wants_names(args->n_operands ? args->operands[0] : "--back",
                             &wanted, &whose, a.host);
    if (status != CLI_DONE)
        return status;
    fd = a.dir ? open(a.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    a.wanted = &wanted;
    status = make_plan(&a, fd >= 0 && apply_lacks_config(fd));
    if (status == CLI_DONE)
        status = carry_out(&a, &whose, fd);
    if (a.json && print_json(&a, a.result.done || a.kept || *a.result.what))
        return CLI_FAILED;
    if (status == CLI_DONE && !a.json && !a.root)
        lasts_hint(&whose, a.goal, &wanted);
    return status;
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
