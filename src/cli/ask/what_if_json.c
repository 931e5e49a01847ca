/* SPDX-License-Identifier: MIT */
/* What a change would do, for programs, as vap(1) has it. */
#include "cli/ask/what_if.h"

#include "base/auto.h"
#include "cli/frame/rules.h"
#include "host/effect_json.h"
#include "host/json.h"
#include "host/words.h"

#include <errno.h>

static json_t *
conflicts_json(const struct what_if *w, const struct refused *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->n; i++) {
        const struct conflict *c = &r->conflicts[i];
        bool held = c->holder < w->host->engine->n_slots;

        if (json_array_append_new(
                list,
                json_pack("{s:o, s:s?}", "queue", json_of_apqn(c->apqn), "mdev",
                          held ? host_mdev_name(w->host, c->holder) : NULL))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *
refusal_json(const struct what_if *w)
{
    AUTO(refused_done) struct refused r = { 0 };

    if (w->verdict == VAP_OK)
        return json_null();
    if (what_if_refused(w, &r))
        return NULL;
    return json_pack("{s:s, s:I, s:s, s:s?, s:o}", "errno",
                     words_errno(w->verdict), "change",
                     (json_int_t)w->why.request + 1, "reason", r.reason,
                     "remedy", r.remedy, "conflicts", conflicts_json(w, &r));
}

static json_t *
words_json(const struct what_if *w)
{
    json_t *list = json_array();

    for (size_t i = 0; i < w->n; i++)
        if (json_array_append_new(list, json_string(w->words[i])))
            (void)json_array_append_new(list, json_null()); /* no UTF-8 */
    return list;
}

json_t *
what_if_json(struct what_if *w)
{
    bool happens = w->verdict == VAP_OK ||
                   (w->n == 1 &&
                    (w->verdict == VAP_HELD || w->verdict == VAP_RESET_FAILED));

    return json_pack("{s:o, s:b, s:o, s:o}", "changes", words_json(w), "done",
                     w->verdict == VAP_OK, "refusal", refusal_json(w), "effect",
                     happens ? effect_json(w->host) : json_null());
}

json_t *
what_if_answers_json(const struct host *host, bool steps, json_t *list)
{
    const char *rule = host->engine->rule->name;
    const char *kernel = cli_kernel_name(host->engine->kernel);

    return steps ? json_pack("{s:s, s:s, s:O}", "rule", rule, "kernel", kernel,
                             "steps", list)
                 : json_pack("{s:s, s:s, s:O}", "rule", rule, "kernel", kernel,
                             "answer", json_array_get(list, 0));
}
