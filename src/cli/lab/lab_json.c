/* SPDX-License-Identifier: MIT */
/* What vap lab found, for programs. */
#include "cli/lab/lab.h"

#include "base/auto.h"

static json_t *
rules_json(const struct lab *lab, uint32_t rules)
{
    json_t *list = json_array();

    for (size_t i = 0; i < lab->n; i++)
        if (rules & lab->bits[i])
            (void)json_array_append_new(list,
                                        json_string(lab->plays[i]->rule->name));
    return list;
}

static json_t *
answer_json(const struct lab_outcome *outcome)
{
    const struct play_answer *answer = &outcome->answer;
    json_t *answers = json_array();
    json_t *reasons = json_array();

    for (unsigned v = 0; v < VAP_VERDICTS; v++)
        if (outcome->answers & UINT32_C(1) << v)
            (void)json_array_append_new(
                answers, json_string(play_word((enum vap_verdict)v)));
    for (size_t i = 0; i < answer->n_reasons; i++)
        (void)json_array_append_new(reasons, json_string(answer->reasons[i]));
    return json_pack("{s:o, s:o, s:s?}", "answers", answers, "reasons", reasons,
                     "remedy", answer->remedy);
}

static json_t *
mdev_json(const struct play *play, uint32_t slot)
{
    static const struct {
        const char *key;
        enum scenario_about about;
    } sights[] = {
        { "matrix", SCENARIO_MATRIX },
        { "control", SCENARIO_CONTROL },
        { "guest", SCENARIO_GUEST },
        { "guest_control", SCENARIO_GUEST_CONTROL },
        { "apcb", SCENARIO_APCB },
        { "apcb_control", SCENARIO_APCB_CONTROL },
    };
    json_t *mdev = json_object();

    for (size_t i = 0; i < sizeof(sights) / sizeof(sights[0]); i++) {
        struct scenario_expect x = { .about = sights[i].about,
                                     .subject = play->host->mdevs.name[slot] };
        AUTO(free_done) char *seen = play_see(play, &x);

        (void)json_object_set_new(mdev, sights[i].key,
                                  seen ? json_string(seen) : NULL);
    }
    return mdev;
}

static json_t *
mdevs_json(const struct play *play)
{
    const struct names *names = &play->host->mdevs;
    json_t *mdevs = json_object();

    for (uint32_t i = 0; i < names->n; i++)
        if (play->host->engine->mdevs[i].exists)
            (void)json_object_set_new(mdevs, names->name[i],
                                      mdev_json(play, i));
    return mdevs;
}

static json_t *
ends_json(const struct play *play)
{
    json_t *all = json_object();

    for (size_t i = 0; i < play->n_ends; i++) {
        const struct play_ends *ends = &play->ends[i];
        json_t *counts = json_object();

        for (size_t e = 0; e < ends->n; e++)
            (void)json_object_set_new(
                counts, ends->ends[e].matrix,
                json_integer((json_int_t)ends->ends[e].times));
        (void)json_object_set_new(all, host_mdev_name(play->host, ends->mdev),
                                  counts);
    }
    return all;
}

static json_t *
outcomes_json(const struct lab *lab, const struct scenario_step *step)
{
    json_t *outcomes = json_object();

    for (size_t i = 0; i < lab->n; i++) {
        json_t *outcome = step->kind == SCENARIO_START
                              ? json_object()
                              : answer_json(&lab->outcomes[i]);

        (void)json_object_set_new(outcome, "mdevs", mdevs_json(lab->plays[i]));
        if (step->kind == SCENARIO_ORDERS)
            (void)json_object_set_new(outcome, "ends",
                                      ends_json(lab->plays[i]));
        (void)json_object_set_new(outcomes, lab->plays[i]->rule->name, outcome);
    }
    return outcomes;
}

static json_t *
findings_json(const struct lab *lab)
{
    json_t *list = json_array();

    for (size_t i = 0; i < lab->n_findings; i++) {
        const struct lab_finding *f = &lab->findings[i];

        (void)json_array_append_new(
            list,
            json_pack("{s:I, s:o, s:s, s:s, s:b}", "line", (json_int_t)f->line,
                      "rules", rules_json(lab, f->rules), "expected",
                      f->expected, "found", f->found, "met", f->met));
    }
    return list;
}

json_t *
lab_step_json(const struct lab *lab, const struct scenario_step *step)
{
    static const char *const kinds[] = {
        [SCENARIO_START] = "start",
        [SCENARIO_DO] = "do",
        [SCENARIO_BATCH] = "batch",
        [SCENARIO_ORDERS] = "every order of",
    };
    json_t *ops = json_array();

    for (size_t i = 0; i < step->n_ops; i++)
        (void)json_array_append_new(ops, json_string(step->ops[i].words));
    return json_pack("{s:I, s:s, s:o, s:o, s:o}", "line",
                     (json_int_t)step->line, "kind", kinds[step->kind], "ops",
                     ops, "rules", outcomes_json(lab, step), "expectations",
                     findings_json(lab));
}

/* NULL without living hosts. */
static json_t *
live_json(const struct lab *lab)
{
    const struct lab_live *live = &lab->live;

    return lab->lives[0] ? json_pack("{s:I, s:I, s:I, s:I, s:I}", "answers",
                                     (json_int_t)live->answers, "sights",
                                     (json_int_t)live->sights, "orders",
                                     (json_int_t)live->orders, "orders_left",
                                     (json_int_t)live->orders_left, "seed",
                                     (json_int_t)live->seed)
                         : NULL;
}

json_t *
lab_json(const struct lab *lab, json_t *steps)
{
    return json_pack("{s:s, s:s?, s:o, s:I, s:I, s:o*, s:o}", "file", lab->path,
                     "title", lab->scenario->title, "rules",
                     rules_json(lab, lab_all(lab)), "met",
                     (json_int_t)lab->n_met, "unmet", (json_int_t)lab->n_unmet,
                     "live", live_json(lab), "steps", steps);
}
