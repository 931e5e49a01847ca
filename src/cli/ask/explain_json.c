/* SPDX-License-Identifier: MIT */
/* The answer for programs, as vap(1) has it. A part that is NULL for want of
 * memory makes the whole NULL. */
#include "cli/ask/explain.h"

#include "base/auto.h"
#include "host/json.h"

static json_t *
causes_json(uint32_t causes)
{
    json_t *list = json_array();

    for (int c = 0; c < VAP_CAUSES; c++)
        if (vap_caused(causes, (enum vap_cause)c))
            (void)json_array_append_new(
                list, json_string(explain_cause((enum vap_cause)c)));
    return list;
}

static const char *
mdev_name(const struct explain *e, uint32_t mdev)
{
    return mdev < e->host->engine->n_slots ? host_mdev_name(e->host, mdev)
                                           : NULL;
}

static const char *
driver_name(const struct explain *e, unsigned driver)
{
    return driver == VAP_NO_DRIVER ? NULL : host_driver_name(e->host, driver);
}

/* What a queue is by itself, whoever asks. */
static json_t *
queue_json(const struct explain *e, const struct vap_queue_facts *f)
{
    bool failed = vap_caused(f->causes, VAP_CAUSE_RESET_FAILED);

    return json_pack("{s:o, s:s?, s:s?, s:s?, s:o, s:o}", "queue",
                     json_of_apqn(f->apqn), "owner", mdev_name(e, f->owner),
                     "driver", driver_name(e, f->driver), "driver_override",
                     driver_name(e, f->override), "last_reset",
                     failed ? json_integer(f->reset_rc) : json_null(), "causes",
                     causes_json(f->causes));
}

static int
add_holes(json_t *list, const struct explain *e, unsigned adapter,
          const struct vap_mask *domains)
{
    const struct vap_host *host = e->host->engine;

    VAP_EACH (d, domains) {
        struct vap_queue_facts f =
            vap_explain_queue(host, VAP_APQN(adapter, d), host->n_slots);

        if (json_array_append_new(list, queue_json(e, &f)))
            return -1;
    }
    return 0;
}

/* All holes of these adapters of an mdev; NULL when memory is short. */
static json_t *
holes_json(const struct explain *e, uint32_t mdev,
           const struct vap_mask *adapters, const struct vap_mask *domains)
{
    const struct vap_host *host = e->host->engine;
    json_t *list = json_array();

    if (mdev >= host->n_slots)
        return list;
    VAP_EACH (a, adapters) {
        struct vap_mask holes = vap_holes(host, &host->mdevs[mdev].matrix, a);

        holes = vap_mask_and(holes, *domains);
        if (add_holes(list, e, a, &holes)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* ---- remedies */

static json_t *
action_json(const struct explain *e, const struct vap_action *a)
{
    json_t *o = json_pack("{s:s}", "act", explain_act(a->act));
    bool queue = a->act == VAP_ACT_BIND || a->act == VAP_ACT_OVERRIDE;
    bool domain = a->act == VAP_ACT_HOST_DOMAIN ||
                  a->act == VAP_ACT_UNASSIGN_DOMAIN ||
                  a->act == VAP_ACT_AQMASK || a->act == VAP_ACT_ASSIGN_DOMAIN;
    bool mdev = a->act == VAP_ACT_UNASSIGN_ADAPTER ||
                a->act == VAP_ACT_UNASSIGN_DOMAIN ||
                a->act == VAP_ACT_ASSIGN_ADAPTER ||
                a->act == VAP_ACT_ASSIGN_DOMAIN || a->act == VAP_ACT_RESET;
    int bad = 0;

    if (mdev)
        bad |=
            json_object_set_new(o, "mdev", json_string(mdev_name(e, a->mdev)));
    if (queue)
        bad |= json_object_set_new(
            o, "queue", json_of_apqn(VAP_APQN(a->adapter, a->domain)));
    else if (domain)
        bad |= json_object_set_new(o, "domain", json_integer(a->domain));
    else if (a->act != VAP_ACT_SCAN && a->act != VAP_ACT_RESET)
        bad |= json_object_set_new(o, "adapter", json_integer(a->adapter));
    if (!bad)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *
actions_json(const struct explain *e, const struct vap_remedy *remedy)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < remedy->n_actions; i++)
        if (json_array_append_new(list, action_json(e, &remedy->actions[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *
commands_json(const struct explain *e, const struct vap_remedy *remedy)
{
    AUTO(free_done)
    char **commands = calloc(VAP_REMEDY_REQUESTS, sizeof(*commands));
    int n = commands ? explain_commands(e, remedy, commands) : -1;
    json_t *list = n < 0 ? NULL : json_array();

    for (int i = 0; i < n; i++) {
        (void)json_array_append_new(list, json_string(commands[i]));
        free(commands[i]);
    }
    return list;
}

static json_t *
remedy_json(const struct explain *e, const struct vap_remedy *r)
{
    return json_pack(
        "{s:o, s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "actions",
        actions_json(e, r), "look_again", r->look, "commands",
        commands_json(e, r), "gained", (json_int_t)r->gained, "lost",
        (json_int_t)r->lost, "others_gained", (json_int_t)r->others_gained,
        "others_lost", (json_int_t)r->others_lost, "host_lost",
        (json_int_t)r->host_lost, "updates", (json_int_t)r->updates);
}

/* null when there is nothing to be mended */
static json_t *
remedies_json(struct explain *e, const struct target *t)
{
    json_t *list;

    if (!explain_search(e, t) || e->search->met)
        return json_null();
    list = json_array();
    for (size_t i = 0; i < e->search->n; i++)
        if (json_array_append_new(list, remedy_json(e, &e->search->found[i]))) {
            json_decref(list);
            return NULL;
        }
    return json_pack("{s:b, s:I, s:o}", "complete", e->search->complete,
                     "tries", (json_int_t)e->search->tries, "list", list);
}

/* ---- answers */

static json_t *
answer_json(struct explain *e, const struct target *t, const char *about,
            bool given, bool due, json_t *causes, json_t *holes)
{
    return json_pack("{s:s, s:s?, s:b, s:b, s:o, s:o, s:o}", "about", about,
                     "mdev", mdev_name(e, t->mdev), "given", given, "due", due,
                     "causes", causes, "holes", holes, "remedies",
                     remedies_json(e, t));
}

static json_t *
mdev_json(struct explain *e, const struct target *t)
{
    const struct vap_mdev *m = &e->host->slots[t->mdev];
    struct explain_counts n = explain_count(e->host, t->mdev);
    struct vap_mask all = vap_mask_all();
    struct vap_mdev_facts f;
    uint32_t causes = 0;
    json_t *o;

    vap_explain_mdev(e->host->engine, t->mdev, &f);
    causes |= (uint32_t)!vap_mask_empty(&f.holed) << VAP_CAUSE_HOLES;
    causes |= (uint32_t)!vap_mask_empty(&f.stale) << VAP_CAUSE_STALE;
    causes |= (uint32_t)!vap_mask_empty(&f.leftover) << VAP_CAUSE_LEFTOVER;
    causes |= (uint32_t)f.not_told << VAP_CAUSE_NOT_TOLD;
    causes |= (uint32_t)!vap_mask_empty(&f.absent.adapters)
              << VAP_CAUSE_ADAPTER_ABSENT;
    causes |= (uint32_t)!vap_mask_empty(&f.absent.domains)
              << VAP_CAUSE_DOMAIN_ABSENT;
    o = answer_json(e, t, "mdev", n.given == n.assigned && n.given,
                    !vap_mask_empty(&f.due.adapters), causes_json(causes),
                    holes_json(e, t->mdev, &m->matrix.adapters, &all));
    o = json_with(o, "queues", json_integer(n.given));
    o = json_with(o, "queues_assigned", json_integer(n.assigned));
    o = json_with(o, "absent",
                  json_pack("{s:o, s:o, s:o}", "adapters",
                            json_of_ids(&f.absent.adapters), "domains",
                            json_of_ids(&f.absent.domains), "control_domains",
                            json_of_ids(&f.absent.control)));
    return o;
}

static json_t *
adapter_json(struct explain *e, const struct target *t)
{
    struct vap_adapter_facts f =
        vap_explain_adapter(e->host->engine, t->adapter, t->mdev);
    struct vap_mask one = vap_mask_one(t->adapter);

    return json_with(answer_json(e, t, "adapter", f.given, f.due,
                                 causes_json(f.causes),
                                 holes_json(e, t->mdev, &one, &f.domains)),
                     "adapter", json_integer(t->adapter));
}

static json_t *
domain_json(struct explain *e, const struct target *t)
{
    struct vap_domain_facts f =
        vap_explain_domain(e->host->engine, t->domain, t->mdev);
    struct vap_mask one = vap_mask_one(t->domain);

    return json_with(answer_json(e, t, "domain", f.given, f.due,
                                 causes_json(f.causes),
                                 holes_json(e, t->mdev, &f.adapters, &one)),
                     "domain", json_integer(t->domain));
}

static json_t *
one_queue_json(struct explain *e, const struct target *t)
{
    unsigned apqn = VAP_APQN(t->adapter, t->domain);
    struct vap_queue_facts f =
        vap_explain_queue(e->host->engine, apqn, t->mdev);
    struct vap_mask one = vap_mask_one(t->adapter);
    struct vap_mask all = vap_mask_all();
    json_t *queue = queue_json(e, &f);
    json_t *o =
        answer_json(e, t, "queue", f.given, f.due, causes_json(f.causes),
                    holes_json(e, t->mdev, &one, &all));

    if (o && queue && json_object_update_missing(o, queue) == 0) {
        json_decref(queue);
        return o;
    }
    json_decref(queue);
    json_decref(o);
    return NULL;
}

json_t *
explain_json(struct explain *e, const struct target *t)
{
    switch (t->about) {
    case ABOUT_MDEV:
        return mdev_json(e, t);
    case ABOUT_ADAPTER:
        return adapter_json(e, t);
    case ABOUT_DOMAIN:
        return domain_json(e, t);
    case ABOUT_QUEUE:
        return one_queue_json(e, t);
    }
    return NULL;
}
