/* SPDX-License-Identifier: MIT */
/* Hosts that live: the twin of one, made from its /sys, answers the same
 * writes alike; and what is planned on a reading is what then happens. */
#include "shaken.h"

#include "host/effect_json.h"
#include "host/json.h"
#include "host/words.h"
#include "observe/stores_start.h"

#include <signal.h>

static void
start_twin(struct vhost *twin, const struct vhost *live, const char *rule)
{
    AUTO(host_done) struct host *host = seen(live);
    AUTO(free_done) char *file = NULL;
    FILE *f;

    CHECK(asprintf(&file, "%s/twin.yaml", live->dir) > 0);
    CHECK_INT(host_use_rule(host, vap_rule_named(rule), host->engine->kernel),
              0);
    f = fopen(file, "we");
    CHECK(f);
    CHECK_INT(hostfile_write(f, host), 0);
    CHECK(fclose(f) == 0);
    CHECK_INT(vhost_start(
                  twin, (const char *[]){ "--no-scan", "--host", file, NULL }),
              0);
}

/* An mdev that a guest holds without a queue in use: nothing shows it, so its
 * twin is not held. Such a guest lets go. */
static void
close_idle(const struct vhost *live)
{
    for (unsigned i = 0; i < DRAW_MDEVS; i++) {
        AUTO(free_done) char *list = NULL;
        AUTO(free_done) char *file = NULL;
        char name[40];

        draw_mdev(i, name);
        CHECK(asprintf(&file, VHOST_MATRIX "%s/guest_matrix", name) > 0);
        CHECK(asprintf(&list, "[\"close %s\"]", name) > 0);
        if (strcspn(vhost_read(live, file), "\n") != strlen("05.0047"))
            (void)vhost_change(live, list);
    }
}

static void
check_twin(const char *rule, struct test_rng *rng)
{
    AUTO(vhost_done) struct vhost live = vhost_new();
    struct vhost twin = vhost_beside(&live, "twin");

    start(&live, rule);
    shake(&live, rng);
    close_idle(&live);
    show_masks(&live);
    start_twin(&twin, &live, rule);
    for (int i = 0; i < WRITES; i++) {
        AUTO(host_done) struct host *a = seen(&live);
        AUTO(host_done) struct host *b = seen(&twin);
        char words[200];

        CHECK(host_equal(a, b));
        draw_write(rng, words, sizeof(words));
        test_note("%s under %s", words, rule);
        CHECK_INT(write_words(&live, a, words), write_words(&twin, b, words));
    }
    (void)vhost_end(&twin, SIGTERM);
}

TEST(the_twin_of_a_living_host_answers_alike)
{
    struct test_rng rng = { test_seed() };

    VHOST_OR_SKIP();
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
        check_twin(rules[i], &rng);
}

/* ---- predictions */

/* The last event of its log; NULL: there is none yet. */
static json_t *
last_event(const struct vhost *live)
{
    AUTO(json_done) json_t *log = vhost_get(live, "/v1/log?limit=1");

    return json_incref(json_array_get(json_object_get(log, "events"), 0));
}

static json_int_t
number_of(const json_t *event)
{
    return json_integer_value(json_object_get(event, "number"));
}

static json_int_t
updates_of(const json_t *effect, const char *mdev)
{
    const json_t *list = json_object_get(effect, "mdevs");
    const json_t *entry;
    size_t i;

    json_array_foreach(list, i, entry)
    {
        const json_t *name = json_object_get(entry, "mdev");

        if (strcmp(json_string_value(name), mdev) == 0)
            return json_integer_value(json_object_get(entry, "updates"));
    }
    return 0;
}

/* What happens one after the other, but for guests that are not seen to hold
 * their mdev: whether those are told is in none of their files. */
static json_t *
seen_order(const struct host *before, const json_t *effect)
{
    json_t *list = json_array();
    const json_t *moment;
    size_t i;

    json_array_foreach(json_object_get(effect, "order"), i, moment)
    {
        const json_t *name = json_object_get(moment, "mdev");
        uint32_t slot =
            name ? host_mdev(before, json_string_value(name)) : NAMES_NONE;

        if (!name || (slot != NAMES_NONE && before->slots[slot].vm))
            CHECK_INT(json_array_append(list, (json_t *)moment), 0);
    }
    return list;
}

/* Guest updates of those that are seen to hold their mdev, resets in their
 * order, whose the queues became, and when each of it happened. */
static void
check_effect(const struct host *before, const json_t *planned,
             const json_t *event)
{
    static const char *const lists[] = { "resets", "bindings" };
    const json_t *effect = json_object_get(event, "effect");
    AUTO(json_done) json_t *order = seen_order(before, planned);
    AUTO(json_done) json_t *happened = seen_order(before, effect);
    char mdev[40];

    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        CHECK(json_equal(json_object_get(planned, lists[i]),
                         json_object_get(effect, lists[i])));
    CHECK(json_equal(order, happened));
    for (unsigned i = 0; i < DRAW_MDEVS; i++) {
        uint32_t slot;

        draw_mdev(i, mdev);
        slot = host_mdev(before, mdev);
        if (slot != NAMES_NONE && before->slots[slot].vm)
            CHECK_INT(updates_of(planned, mdev), updates_of(effect, mdev));
    }
}

static void
check_prediction(const struct vhost *live, const char *rule,
                 struct test_rng *rng)
{
    AUTO(host_done) struct host *before = NULL;
    AUTO(host_done) struct host *after = NULL;
    AUTO(json_done) json_t *planned = NULL;
    AUTO(json_done) json_t *last = NULL;
    AUTO(json_done) json_t *event = NULL;
    struct vap_request r;
    enum vap_verdict verdict;
    char words[200];

    show_masks(live);
    before = seen(live);
    predict(before, rule);
    draw_write(rng, words, sizeof(words));
    test_note("%s under %s", words, rule);
    r = request_of(before, words);
    verdict = host_plan(before, &r, 1, NULL);
    planned = effect_json(before);
    last = last_event(live);
    CHECK_INT(write_words(live, before, words), words_error(verdict));
    event = last_event(live);
    if (verdict == VAP_OK && number_of(event) > number_of(last))
        check_effect(before, planned, event);
    if (verdict == VAP_OK)
        host_apply(before);
    after = seen(live);
    check_guests(before, after);
}

TEST(what_is_planned_on_a_reading_is_what_happens)
{
    struct test_rng rng = { test_seed() };

    VHOST_OR_SKIP();
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        AUTO(vhost_done) struct vhost live = vhost_new();

        start(&live, rules[i]);
        shake(&live, &rng);
        for (int n = 0; n < 2 * WRITES; n++)
            check_prediction(&live, rules[i], &rng);
    }
}

/* ---- definitions */

#define NEW "62177883-f1bb-47f0-914d-32a22e3a8804"

static void
draw_definition(struct test_rng *rng, struct stores *stores)
{
    static const char *const attributes[] = { "assign_adapter", "assign_domain",
                                              "assign_control_domain" };
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    CHECK(f);
    (void)fputs("{\"start\": \"auto\", \"attrs\": [", f);
    for (int i = 0; i < 5; i++) {
        size_t kind = test_below(rng, 3);

        (void)fprintf(f, "%s{\"%s\": \"", i ? ", " : "", attributes[kind]);
        draw_put(rng, f, kind ? 'd' : 'a');
        (void)fputs(test_below(rng, 16) ? "\"}" : "x\"}", f);
    }
    (void)fputs("]}", f);
    CHECK(fclose(f) == 0);
    CHECK_INT(stores_add_definition(stores, NEW, text, n), 0);
    free(text);
}

static int
write_file(const struct vhost *live, const char *file, const char *text)
{
    char path[256];

    (void)snprintf(path, sizeof(path), VHOST_MATRIX NEW "/%s", file);
    return -vhost_write(live, path, text);
}

/* As mdevctl does it. Returns the first errno number, or 0; nothing stays. */
static int
start_as_mdevctl(const struct vhost *live, const struct stores_definition *d)
{
    int r = -vhost_write(live, VHOST_CREATE, NEW);

    for (size_t i = 0; i < d->n && !r; i++) {
        char attribute[80];
        char *value;

        (void)snprintf(attribute, sizeof(attribute), "%s", d->steps[i].text);
        value = strchr(attribute, '=');
        *value++ = '\0';
        r = write_file(live, attribute, value);
    }
    (void)write_file(live, "remove", "1");
    return r;
}

TEST(a_definition_starts_or_not_as_was_said)
{
    struct test_rng rng = { test_seed() };
    int refused = 0;

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost live = vhost_new();

    start(&live, "linux-7.2");
    shake(&live, &rng);
    for (int i = 0; i < 2 * WRITES; i++) {
        AUTO(stores_done) struct stores stores = { 0 };
        AUTO(host_done) struct host *host = seen(&live);
        struct stores_outcome out;

        draw_definition(&rng, &stores);
        CHECK_INT(stores_start(host, stores.definitions, &out), 0);
        CHECK_INT(start_as_mdevctl(&live, stores.definitions),
                  words_error(out.verdict));
        CHECK_INT(!out.reason, out.verdict == VAP_OK);
        refused += out.verdict != VAP_OK;
        free(out.reason);
    }
    CHECK(refused > 0 && refused < 2 * WRITES);
}
