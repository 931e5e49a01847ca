/* SPDX-License-Identifier: MIT */
#include "cli/change/wants.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/effect.h"
#include "cli/frame/ids.h"
#include "cli/frame/out.h"
#include "cli/frame/rules.h"
#include "host/effect_json.h"
#include "host/json.h"
#include "host/request_json.h"

#include <errno.h>
#include <string.h>

const char *
wants_of(const struct cli_args *args, struct whose *whose)
{
    struct cli_args hosts = *args;

    hosts.n_operands--;
    (void)whose_of(&hosts, whose);
    if (hosts.n_operands) /* whatever it is called */
        whose->file = args->operands[0];
    return args->operands[args->n_operands - 1];
}

/* Is it a host file, and WANTED.yaml forgotten? */
static bool
is_host(const char *path)
{
    AUTO(host_done) struct host *host = NULL;
    struct hostfile_error error;

    return strcmp(path, "-") != 0 && hostfile_load(path, &host, &error) == 0;
}

int
wants_read(const char *path, struct wanted *out)
{
    struct hostfile_error error;
    int r = wanted_load(path, out, &error);

    if (r > 0 && is_host(path))
        say_error("%s: is a host file; WANTED.yaml expected after it, see "
                  "vap-wanted(5)",
                  path);
    else if (r)
        say_at(strcmp(path, "-") == 0 ? "stdin" : path, error.line, "%s",
               error.text);
    return r < 0 ? CLI_FAILED : r ? CLI_USAGE : CLI_DONE;
}

int
wants_names(const char *path, const struct wanted *wanted,
            const struct whose *whose, const struct host *host)
{
    for (size_t i = 0; i < wanted->n_mdevs && whose_tree(whose); i++) {
        const char *name = wanted->mdevs[i].name;

        if (host_is_uuid(name) || host_mdev(host, name) != NAMES_NONE)
            continue;
        say_error("%s: mdevs[%zu].name: \"%.60s\" found, a UUID in lower case "
                  "expected, as a kernel has them",
                  path, i, name);
        return CLI_USAGE;
    }
    return CLI_DONE;
}

bool
wants_words_read(const char *option, const char *name, struct wants_words *out)
{
    static const struct {
        const char *name;
        struct wants_words words;
    } rows[] = {
        { "sysfs", { CHANGE_SYSFS, CHANGE_SYSFS } },
        { "mdevctl", { CHANGE_MDEVCTL, CHANGE_SYSFS } },
        { "chzdev", { CHANGE_SYSFS, CHANGE_CHZDEV } },
        { "tools", { CHANGE_MDEVCTL, CHANGE_CHZDEV } },
        { "vap", { CHANGE_WORDS, CHANGE_WORDS } },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].name, name) == 0) {
            *out = rows[i].words;
            return true;
        }
    say_error("%s: %s found, sysfs, mdevctl, chzdev, tools or vap expected",
              option, name);
    return false;
}

char *
wants_words(const struct host *host, const struct vap_request *request,
            struct wants_words words)
{
    bool mask = request->op == VAP_APMASK || request->op == VAP_AQMASK;
    char *text = NULL;
    int r = change_words_text(host, request, mask ? words.masks : words.mdevs,
                              &text);

    if (r == -ENOTSUP)
        r = change_words_text(host, request, CHANGE_SYSFS, &text);
    return r ? NULL : text;
}

/* ---- text */

static const char *
s(size_t n)
{
    return n == 1 ? "" : "s";
}

/* Is it known that there is none shorter? */
static void
put_gap(const struct plan *plan)
{
    if (!plan->gap) {
        (void)puts("no guest loses what it has before and after");
        return;
    }
    (void)printf("a guest is without what it has before and after for %zu "
                 "step%s: ",
                 plan->gap, s(plan->gap));
    if (plan->gap <= plan->gap_bound)
        (void)puts("this kernel has no other way");
    else
        (void)printf("the shortest that was found; less than %zu there cannot "
                     "be on this kernel\n",
                     plan->gap_bound);
}

void
wants_put_summary(const struct plan *plan)
{
    if (plan->n == 0) {
        (void)puts("nothing to do: all is as wanted");
        return;
    }
    (void)printf("%zu step%s, %u guest update%s", plan->n, s(plan->n),
                 plan->updates, s(plan->updates));
    if (plan->best && plan->updates)
        (void)puts(", the fewest there can be");
    else if (plan->updates)
        (void)printf("; no order takes fewer than %u\n", plan->bound);
    else
        (void)putchar('\n');
    put_gap(plan);
}

/* All of a matrix in ids: the file's own masks are for machines. */
static void
put_config(const struct host *host, const struct vap_request *r)
{
    char ids[IDS_TEXT];

    say_quoted(stdout, host_mdev_name(host, r->mdev));
    (void)printf("/ap_config %s", ids_text(&r->matrix.adapters, 2, ids));
    (void)printf(" x %s", ids_text(&r->matrix.domains, 4, ids));
    if (!vap_mask_empty(&r->matrix.control))
        (void)printf(", control %s", ids_text(&r->matrix.control, 4, ids));
    (void)putchar('\n');
}

static void
put_step(const struct host *host, size_t i, const struct plan_step *step,
         const char *words, const json_t *effect)
{
    (void)printf("\n%2zu  ", i + 1);
    if (step->request.op == VAP_AP_CONFIG)
        put_config(host, &step->request);
    else
        (void)puts(words);
    effect_put_guests(stdout, effect, 4);
    if (step->updates)
        (void)printf("    %u guest update%s\n", step->updates,
                     s(step->updates));
    if (step->missing)
        (void)printf("    %u queue%s missing for now\n", step->missing,
                     s(step->missing));
}

/* Of an mdev that the plan touches: what it has, and its guest does not get. */
static bool
find_short(const struct host *host, const struct plan *plan, uint32_t slot,
           struct vap_matrix *out)
{
    const struct vap_mdev *m = &host->slots[slot];
    bool touched = false;

    for (size_t i = 0; i < plan->n && !touched; i++) {
        const struct vap_request *r = &plan->steps[i].request;

        touched = r->op != VAP_APMASK && r->op != VAP_AQMASK && r->mdev == slot;
    }
    *out = (struct vap_matrix){
        vap_mask_less(m->matrix.adapters, m->guest.adapters),
        vap_mask_less(m->matrix.domains, m->guest.domains),
        vap_mask_less(m->matrix.control, m->guest.control),
    };
    return touched && m->exists && !vap_matrix_empty(out);
}

static void
put_ids(const char *what, int digits, const struct vap_mask *ids)
{
    char text[IDS_TEXT];

    if (!vap_mask_empty(ids))
        (void)printf(" %s%s %s", what, vap_mask_count(ids) == 1 ? "" : "s",
                     ids_text(ids, digits, text));
}

/* In the end; it is as wanted, and yet. */
static void
put_short(const struct host *host, const struct plan *plan)
{
    for (uint32_t i = 0; i < host->engine->n_slots; i++) {
        struct vap_matrix lacks;

        if (!find_short(host, plan, i, &lacks))
            continue;
        (void)fputs("\nassigned by then, and not given to a guest of ", stdout);
        say_quoted(stdout, host_mdev_name(host, i));
        (void)putchar(':');
        put_ids("adapter", 2, &lacks.adapters);
        put_ids("domain", 4, &lacks.domains);
        put_ids("control domain", 4, &lacks.control);
        (void)putchar('\n');
    }
}

int
wants_put_steps(struct host *host, const struct plan *plan)
{
    static const struct wants_words own = { CHANGE_WORDS, CHANGE_WORDS };

    for (size_t i = 0; i < plan->n; i++) {
        const struct vap_request *r = &plan->steps[i].request;
        AUTO(free_done) char *words = wants_words(host, r, own);
        AUTO(json_done) json_t *effect = NULL;

        if (host_plan(host, r, 1, NULL) == VAP_OK)
            effect = effect_json(host);
        if (!words || !effect)
            return out_no_memory();
        put_step(host, i, &plan->steps[i], words, effect);
        host_apply(host);
    }
    put_short(host, plan);
    return CLI_DONE;
}

void
wants_put_refusal(const struct plan *plan)
{
    (void)printf("refused: %s\n", plan->reason);
    if (plan->remedy)
        out_remedy(0, plan->remedy);
}

/* ---- JSON */

static json_t *
step_json(struct host *host, const struct plan_step *step)
{
    static const struct wants_words own = { CHANGE_WORDS, CHANGE_WORDS };
    const struct host_request request = { .engine = step->request };
    AUTO(free_done) char *words = wants_words(host, &step->request, own);
    json_t *json;

    if (!words || host_plan(host, &step->request, 1, NULL) != VAP_OK)
        return NULL;
    json = json_pack("{s:s, s:o, s:I, s:I, s:o}", "words", words, "request",
                     request_to_json(host, &request), "updates",
                     (json_int_t)step->updates, "missing",
                     (json_int_t)step->missing, "effect", effect_json(host));
    host_apply(host);
    return json;
}

static json_t *
short_json(const struct host *host, const struct plan *plan)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < host->engine->n_slots && list; i++) {
        struct vap_matrix lacks;

        if (find_short(host, plan, i, &lacks) &&
            json_array_append_new(
                list, json_pack("{s:s, s:o}", "mdev", host_mdev_name(host, i),
                                "lacks", json_of_matrix(&lacks)))) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

json_t *
wants_json(struct host *host, const struct plan *plan)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < plan->n; i++)
        if (json_array_append_new(steps, step_json(host, &plan->steps[i]))) {
            json_decref(steps);
            return NULL;
        }
    return json_pack(
        "{s:s, s:s, s:b, s:s?, s:s?, s:I, s:I, s:b, s:I, s:I, s:I, s:o, s:o}",
        "rule", host->engine->rule->name, "kernel",
        cli_kernel_name(host->engine->kernel), "possible", !plan->reason,
        "reason", plan->reason, "remedy", plan->remedy, "updates",
        (json_int_t)plan->updates, "bound", (json_int_t)plan->bound, "best",
        plan->best, "gap", (json_int_t)plan->gap, "gap_bound",
        (json_int_t)plan->gap_bound, "missing", (json_int_t)plan->missing,
        "steps", steps, "short", short_json(host, plan));
}
