/* SPDX-License-Identifier: MIT */
/* Operations are planned and applied as they come; what they cost is added
 * up until somebody looks at it. */
#include "cli/lab/play.h"

#include "base/auto.h"
#include "host/change_words.h"
#include "host/refusal.h"
#include "host/words.h"

#include <errno.h>

int
play_new(const struct scenario *scenario, const struct vap_rule *rule,
         enum vap_kernel kernel, struct play **out,
         struct scenario_error *error)
{
    AUTO(play_done) struct play *play = calloc(1, sizeof(*play));
    int r;

    if (!play)
        return -ENOMEM;
    play->scenario = scenario;
    play->rule = rule;
    r = scenario_boot(scenario, rule, kernel, &play->host, error);
    if (!r)
        *out = TAKE(play);
    return r;
}

static void
ends_done(struct play_ends *ends, size_t n)
{
    for (size_t i = 0; ends && i < n; i++) {
        for (size_t j = 0; j < ends[i].n; j++)
            free(ends[i].ends[j].matrix);
        free(ends[i].ends);
    }
    free(ends);
}

void
play_forget_ends(struct play *play)
{
    ends_done(play->ends, play->n_ends);
    play->ends = NULL;
    play->n_ends = 0;
    play->n_orders = 0;
}

void
play_free(struct play *play)
{
    if (!play)
        return;
    play_forget_ends(play);
    host_free(play->host);
    free(play->updates);
    free(play);
}

void
play_done(struct play **play)
{
    play_free(*play);
}

const char *
play_word(enum vap_verdict verdict)
{
    return verdict == VAP_OK ? "ok" : words_errno(verdict);
}

void
play_answer_done(struct play_answer *answer)
{
    for (size_t i = 0; i < answer->n_reasons; i++)
        free(answer->reasons[i]);
    free(answer->reasons);
    free(answer->remedy);
    *answer = (struct play_answer){ 0 };
}

int
play_read(struct play *play, const struct scenario_op *op,
          struct vap_request *request, enum vap_verdict *verdict)
{
    char why[CHANGE_WORDS_ERROR];
    int r = change_words_read(play->host, op->words, request, why);

    *verdict = r > 0 ? (enum vap_verdict)r : VAP_OK;
    return r < 0 ? r : 0; /* the words were found right when they were read */
}

/* -- what a change costs -------------------------------------------------- */

/* Slots come as names do. */
static int
make_room(struct play *play)
{
    uint32_t n = play->host->engine->n_slots;
    uint32_t *larger;

    if (play->n_updates >= n)
        return 0;
    larger = realloc(play->updates, n * sizeof(*larger));
    if (!larger)
        return -ENOMEM;
    memset(larger + play->n_updates, 0,
           (n - play->n_updates) * sizeof(*larger));
    play->updates = larger;
    play->n_updates = n;
    return 0;
}

static int
add_up(struct play *play)
{
    const struct vap_change *c = play->host->change;

    if (make_room(play))
        return -ENOMEM;
    for (uint32_t i = 0; i < c->n_effects; i++)
        play->updates[c->effects[i].mdev] += c->effects[i].updates;
    for (size_t i = 0; i < c->n_resets; i++) {
        struct vap_mask *row = &play->resets.row[c->resets[i].adapter];

        *row = vap_mask_or(*row, c->resets[i].domains);
    }
    return 0;
}

static bool
looks_at(const struct scenario_step *step, enum scenario_about about,
         const char *subject)
{
    for (size_t i = 0; i < step->n_expects; i++)
        if (step->expects[i].about == about &&
            strcmp(step->expects[i].subject, subject) == 0)
            return true;
    return false;
}

void
play_looked(struct play *play, const struct scenario_step *step)
{
    if (looks_at(step, SCENARIO_RESETS, ""))
        play->resets = (struct sets_queues){ 0 };
    for (uint32_t i = 0; i < play->n_updates; i++)
        if (play->updates[i] &&
            looks_at(step, SCENARIO_UPDATES, host_mdev_name(play->host, i)))
            play->updates[i] = 0;
}

/* -- refusals ------------------------------------------------------------- */

static int
add_reason(struct play_answer *answer, char *words)
{
    size_t n = answer->n_reasons;
    char **more = realloc(answer->reasons, (n + 1) * sizeof(*more));

    if (!more) {
        free(words);
        return -ENOMEM;
    }
    answer->reasons = more;
    answer->reasons[answer->n_reasons++] = words;
    return 0;
}

/* Every queue that stood in the way, on a host that is as it was then. */
static int
explain(struct host *host, const struct vap_request *request,
        struct vap_why why, struct play_answer *answer)
{
    int r = refusal_remedy(host, request, &why, &answer->remedy);

    do {
        char *words = NULL;

        if (!r)
            r = refusal_words(host, request, &why, &words);
        if (!r)
            r = add_reason(answer, words);
    } while (!r && vap_why_next(host->engine, request, host->change, &why));
    return r;
}

/* ... as it was after the part of the list that came before. */
static int
explain_in_list(const struct host *host, const struct vap_request *list,
                const struct vap_why *why, struct play_answer *answer)
{
    AUTO(host_done) struct host *then = NULL;
    int r = host_copy(host, &then);

    if (r)
        return r;
    if (host_plan(then, list, why->request, NULL) != VAP_OK)
        return -ENOMEM;
    host_apply(then);
    if (why->verdict == VAP_RESET_FAILED)
        (void)host_plan(then, &list[why->request], 1, NULL); /* its resets */
    return explain(then, &list[why->request], *why, answer);
}

/* -- operations ----------------------------------------------------------- */

/* A refusal is explained before it is over: a reset that failed may have been
 * the last one that does. */
static int
carry_out(struct play *play, const struct scenario_op *ops,
          const struct vap_request *list, size_t n, struct play_answer *answer)
{
    struct vap_why why;
    int r;

    answer->verdict = host_plan(play->host, list, n, &why);
    if (answer->verdict == VAP_NO_ROOM)
        return -ENOMEM;
    r = add_up(play);
    if (!r && answer->verdict != VAP_OK) {
        answer->op = &ops[why.request];
        r = explain_in_list(play->host, list, &why, answer);
    }
    if (!r)
        host_apply(play->host);
    return r;
}

int
play_ops(struct play *play, const struct scenario_op *ops, size_t n,
         struct play_answer *answer)
{
    AUTO(free_done) struct vap_request *list = calloc(n, sizeof(*list));
    int r = list ? 0 : -ENOMEM;

    *answer = (struct play_answer){ .op = &ops[n - 1] };
    for (size_t i = 0; i < n && !r && answer->verdict == VAP_OK; i++) {
        r = play_read(play, &ops[i], &list[i], &answer->verdict);
        answer->op = &ops[i];
    }
    return r || answer->verdict != VAP_OK
               ? r
               : carry_out(play, ops, list, n, answer);
}
