/* SPDX-License-Identifier: MIT */
/* vap heal: guests that Linux has left short are brought up to what the state
 * gives them. Writing ap_config back as it is has Linux look again and takes
 * nothing from anybody; before 6.10 there is no such file, and then an adapter
 * that is to come is unassigned and assigned again. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "base/stop.h"
#include "cli/change/apply.h"
#include "cli/frame/ids.h"
#include "cli/frame/load.h"
#include "cli/frame/out.h"
#include "cli/frame/type_in.h"
#include "cli/frame/whose.h"
#include "host/change_words.h"
#include "host/json.h"
#include "matrix/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
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

/** What is done about one mdev. */
struct heal {
    uint32_t mdev;
    struct vap_request list[2];
    size_t n;
    struct vap_matrix before; /* its guest matrix */
    struct vap_matrix after; /* as planned */
    uint32_t updates;
    bool disturbs;
    const char *state; /* how it ended: for JSON */
};

struct heals {
    const struct host *host;
    const char *tree; /* NULL: nothing can be written */
    struct heal *list;
    size_t n;
};

/* ---- planning */

static bool
has_config(const struct heals *h, uint32_t mdev)
{
    AUTO(free_done) char *path = NULL;

    return !h->tree ||
           (asprintf(&path, "%s/devices/vfio_ap/matrix/%s/ap_config", h->tree,
                     host_mdev_name(h->host, mdev)) > 0 &&
            access(path, F_OK) == 0);
}

static void
choose(const struct heals *h, const struct vap_mdev_facts *f, struct heal *heal)
{
    struct vap_mask any = vap_mask_or(f->stale, f->leftover);

    heal->n = 1;
    heal->list[0] = (struct vap_request){
        .op = VAP_AP_CONFIG,
        .mdev = f->mdev,
        .matrix = h->host->slots[f->mdev].matrix,
    };
    if (has_config(h, f->mdev))
        return;
    any = vap_mask_empty(&f->stale) ? any : f->stale;
    heal->n = 2;
    heal->disturbs = true;
    heal->list[0].op = VAP_UNASSIGN_ADAPTER;
    heal->list[0].id = vap_mask_next(&any, 0);
    heal->list[1] = heal->list[0];
    heal->list[1].op = VAP_ASSIGN_ADAPTER;
}

static bool
loses(const struct vap_matrix *before, const struct vap_matrix *after)
{
    return !vap_mask_within(&before->adapters, &after->adapters) ||
           !vap_mask_within(&before->domains, &after->domains) ||
           !vap_mask_within(&before->control, &after->control);
}

/* On a copy, which those before it have changed already. */
static enum vap_verdict
try_out(struct host *copy, struct heal *heal)
{
    const struct vap_mdev *m = &copy->slots[heal->mdev];
    enum vap_verdict verdict = VAP_OK;

    heal->before = m->guest;
    for (size_t i = 0; i < heal->n && verdict == VAP_OK; i++) {
        verdict = host_plan(copy, &heal->list[i], 1, NULL);
        for (uint32_t e = 0; e < copy->change->n_effects; e++)
            heal->updates += copy->change->effects[e].updates;
        host_apply(copy);
    }
    heal->after = copy->slots[heal->mdev].guest;
    heal->disturbs |= loses(&heal->before, &heal->after);
    heal->state = heal->disturbs ? "needs --disturb" : "planned";
    return verdict;
}

static int
add(struct heals *h, struct host *copy, const struct vap_mdev_facts *f)
{
    struct heal *grown = realloc(h->list, (h->n + 1) * sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    h->list = grown;
    grown += h->n;
    *grown = (struct heal){ .mdev = f->mdev };
    choose(h, f, grown);
    if (try_out(copy, grown) == VAP_OK &&
        !vap_matrix_equal(&grown->before, &grown->after))
        h->n++;
    return 0;
}

static int
plan_all(struct heals *h, uint32_t only)
{
    AUTO(host_done) struct host *copy = NULL;
    int r = host_copy(h->host, &copy);

    for (uint32_t i = 0; i < h->host->engine->n_slots && !r; i++) {
        struct vap_mdev_facts f;

        if (!h->host->slots[i].exists || (only != NAMES_NONE && only != i))
            continue;
        vap_explain_mdev(h->host->engine, i, &f);
        if (!vap_mask_empty(&f.stale) || !vap_mask_empty(&f.leftover))
            r = add(h, copy, &f);
    }
    return r;
}

static void
heals_done(struct heals *h)
{
    free(h->list);
}

/* ---- doing */

static bool
is_wanted(const struct heal *heal, bool disturb)
{
    return !heal->disturbs || disturb;
}

/* As apply_tree_door(), and the system's log is told. */
static int
write_logged(void *context, const char *file, const char *text)
{
    const struct apply_door *tree = context;
    int r = tree->write(tree->context, file, text);

    syslog(LOG_NOTICE, "wrote %s to %s: %s", text, file,
           r < 0 ? strerror(-r) : "done");
    return r;
}

static int
read_file(void *context, const char *file, char *text, size_t size)
{
    const struct apply_door *tree = context;

    return tree->read(tree->context, file, text, size);
}

/* Half done: an adapter is unassigned, and nobody has it. */
static int
say_unassigned(const struct host *now, const struct vap_request *assign)
{
    AUTO(free_done) char *command = NULL;

    if (change_words_text(now, assign, CHANGE_SYSFS, &command))
        return out_no_memory();
    say_error("%s: adapter %02x is unassigned now; to put it back: %s",
              host_mdev_name(now, assign->mdev), (unsigned)assign->id, command);
    return CLI_REFUSED;
}

/* Files must be as they were planned on: the way of vap apply.
 * now: as those before have left it; carried along */
static int
do_one(struct host *now, const struct apply_door *door, struct heal *heal)
{
    const char *name = host_mdev_name(now, heal->mdev);
    struct plan_step steps[2] = { { .request = heal->list[0] },
                                  { .request = heal->list[1] } };
    const struct plan plan = { .steps = steps, .n = heal->n };
    const struct apply_hooks none = { 0 };
    struct apply_result result;
    bool half;

    if (apply_steps(now, &plan, door, &none, &result))
        return out_no_memory();
    heal->state = "written";
    if (result.end == APPLY_DONE)
        return CLI_DONE;
    half = heal->n == 2 && result.done + result.written == 1;
    heal->state = result.end == APPLY_REFUSED ? "refused" : "surprised";
    if (result.end == APPLY_REFUSED)
        say_error("%s: %s: %s", name, result.what, strerror(result.error));
    else
        say_error("%s: %s: %s", name,
                  result.written || result.done
                      ? "not as planned"
                      : "somebody was quicker, nothing is written",
                  result.what);
    return half ? say_unassigned(now, &heal->list[1]) : CLI_REFUSED;
}

/* Is it as it was to be? */
static void
verify(const struct heals *h, const struct host *now, struct heal *heal)
{
    const char *name = host_mdev_name(h->host, heal->mdev);
    uint32_t slot = host_mdev(now, name);
    const struct vap_mdev *m = slot == NAMES_NONE ? NULL : &now->slots[slot];

    if (m && vap_mask_equal(&m->guest.adapters, &heal->after.adapters) &&
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
write_all(struct heals *h, bool disturb)
{
    AUTO(host_done) struct host *now = NULL;
    AUTO(fd_done) int fd = open(h->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct apply_door tree = apply_tree_door(&fd);
    const struct apply_door door = { &tree, write_logged, read_file };
    int status = CLI_DONE;

    if (host_copy(h->host, &now))
        return out_no_memory();
    openlog("vap heal", LOG_PID, LOG_USER);
    for (size_t i = 0; i < h->n && status != CLI_FAILED && !stop_asked(); i++) {
        int done = is_wanted(&h->list[i], disturb)
                       ? do_one(now, &door, &h->list[i])
                       : CLI_DONE;

        status = done == CLI_DONE ? status : done;
    }
    return status;
}

static int
do_all(struct heals *h, const struct whose *whose, bool disturb)
{
    AUTO(tools_lock_done) struct tools_lock lock;
    AUTO(host_done) struct host *now = NULL;
    int status = type_in_lock(whose, &lock);

    if (status != CLI_DONE)
        return status;
    status = write_all(h, disturb);
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

/* ---- answers */

static unsigned
count_queues(const struct vap_matrix *m)
{
    return vap_mask_count(&m->adapters) * vap_mask_count(&m->domains);
}

static void
put_ids(const char *what, struct vap_mask ids)
{
    char text[IDS_TEXT];

    if (!vap_mask_empty(&ids))
        (void)printf("  %-11sadapter%s %s\n", what,
                     vap_mask_count(&ids) == 1 ? "" : "s",
                     ids_text(&ids, 2, text));
}

static void
put_how(const struct heal *heal)
{
    unsigned id = (unsigned)heal->list[0].id;

    if (heal->n == 1)
        (void)printf("  %-11sits ap_config back, as it is\n", "writes");
    else
        (void)printf("  %-11sadapter %02x unassigned, and assigned again\n",
                     "writes", id);
    if (heal->disturbs)
        (void)printf("  %-11s%s\n", "only with",
                     heal->n == 1 ? "--disturb: it takes something away"
                                  : "--disturb: another mdev could take it");
}

/* "web (vm0): 1 -> 2 queues, 1 guest update" */
static void
put_heal(const struct heals *h, const struct heal *heal)
{
    uint32_t vm = h->host->slots[heal->mdev].vm;
    unsigned after = count_queues(&heal->after);

    say_quoted(stdout, host_mdev_name(h->host, heal->mdev));
    if (vm) {
        (void)fputs(" (", stdout);
        say_quoted(stdout, host_vm_name(h->host, vm));
        (void)putchar(')');
    }
    (void)printf(": %u -> %u queue%s", count_queues(&heal->before), after,
                 after == 1 ? "" : "s");
    if (heal->updates)
        (void)printf(", %u guest update%s", heal->updates,
                     heal->updates == 1 ? "" : "s");
    (void)putchar('\n');
    put_ids("gains",
            vap_mask_less(heal->after.adapters, heal->before.adapters));
    put_ids("loses",
            vap_mask_less(heal->before.adapters, heal->after.adapters));
    put_how(heal);
}

static void
put_plan(const struct heals *h)
{
    if (!h->n)
        (void)puts("nothing to heal: every guest has what the state gives it");
    for (size_t i = 0; i < h->n; i++)
        put_heal(h, &h->list[i]);
}

static void
put_result(const struct heals *h)
{
    for (size_t i = 0; i < h->n; i++) {
        say_quoted(stdout, host_mdev_name(h->host, h->list[i].mdev));
        (void)printf(": %s\n", h->list[i].state);
    }
}

static int
put_json(const struct heals *h)
{
    AUTO(json_done) json_t *list = json_array();
    int r = list ? 0 : -1;

    for (size_t i = 0; i < h->n && !r; i++) {
        const struct heal *heal = &h->list[i];

        r = json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:i, s:i, s:b}", "mdev",
                            host_mdev_name(h->host, heal->mdev), "state",
                            heal->state, "queues_before",
                            (int)count_queues(&heal->before), "queues_after",
                            (int)count_queues(&heal->after), "updates",
                            (int)heal->updates, "disturbs", heal->disturbs));
    }
    return r ? out_no_memory() : out_json(TAKE(list));
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
          const struct cli_args *args)
{
    bool disturb = args->value[DISTURB];
    int status = h->n ? CLI_REFUSED : CLI_DONE;

    if (!any_wanted(h, disturb))
        return status;
    status = type_in_asked("heal", args->value[YES]);
    if (status != CLI_DONE)
        return status;
    status = do_all(h, whose, disturb);
    if (!args->value[JSON])
        put_result(h);
    return status;
}

static int
answer(struct heals *h, const struct whose *whose, const struct cli_args *args)
{
    bool json = args->value[JSON];
    int status = CLI_DONE;

    if (!json)
        put_plan(h);
    if (!args->value[DRY_RUN])
        status = carry_out(h, whose, args);
    return json && put_json(h) != CLI_DONE ? CLI_FAILED : status;
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
    struct whose whose;
    int taken = whose_of(args, &whose);
    uint32_t only;
    int status = whose_host(&whose, &host, NULL);

    if (status != CLI_DONE)
        return status;
    h.host = host;
    h.tree = whose_tree(&whose);
    if (!args->value[DRY_RUN] && !(h.tree && type_in_possible(h.tree))) {
        say_error("heal: a host that lives expected, or --dry-run");
        return CLI_USAGE;
    }
    status = find_mdev(host, args, taken, &only);
    if (status != CLI_DONE)
        return status;
    if (plan_all(&h, only))
        return out_no_memory();
    return answer(&h, &whose, args);
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
