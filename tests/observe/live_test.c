/* SPDX-License-Identifier: MIT */
/* Hosts that live: the twin of one, made from its /sys, answers the same
 * writes alike; and what is planned on a reading is what then happens. */
#include "observe/sysdir.h"

#include "base/auto.h"
#include "daemon/host.h"
#include "draw.h"
#include "host/effect_json.h"
#include "host/host_rule.h"
#include "host/json.h"
#include "host/words.h"
#include "matrix/explain.h"
#include "matrix/remedy.h"
#include "observe/hostfile.h"
#include "observe/stores_start.h"
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { SHAKES = 48, WRITES = 40 };

static const char *const rules[] = { "linux-7.2", "linux-6.12", "state" };

/* ---- writes */

static const char *const forms[] = {
    "create %m",
    "%m/assign_adapter %a",
    "%m/assign_adapter %a",
    "%m/assign_domain %d",
    "%m/assign_domain %d",
    "%m/assign_control_domain %d",
    "%m/unassign_adapter %a",
    "%m/unassign_domain %d",
    "%m/unassign_control_domain %d",
    "%m/ap_config 0x1400,0x0800,0",
    "apmask -%a",
    "apmask +%a",
    "aqmask -%d",
    "aqmask +%d",
    "bind %D %q",
    "unbind %D %q",
    "probe %q",
    "%q/driver_override %D",
    "%q/driver_override ",
};

static void
draw_write(struct test_rng *rng, char *words, size_t size)
{
    draw_form(rng, forms[test_below(rng, sizeof(forms) / sizeof(*forms))],
              words, size);
}

static struct vap_request
request_of(struct host *host, const char *words)
{
    char error[CHANGE_WORDS_ERROR];
    struct vap_request r;

    if (change_words_read(host, words, &r, error))
        FAIL("%s", error);
    return r;
}

/* The words as a write to a file of the kernel's. */
static int
write_words(const struct vhost *live, struct host *host, const char *words)
{
    struct vap_request r = request_of(host, words);
    AUTO(change_write_done) struct change_write w;
    AUTO(free_done) char *line = NULL;

    CHECK_INT(change_words_write(host, &r, &w), 0);
    CHECK(asprintf(&line, "%s\n", w.text) > 0);
    return -vhost_write(live, w.file, line);
}

/* ---- hosts */

static struct host *
seen(const struct vhost *live)
{
    AUTO(sysdir_report_done) struct sysdir_report report;
    struct host *host = NULL;

    CHECK_INT(sysdir_load(live->place.tree, &host, &report), 0);
    CHECK(report.settled);
    return host;
}

static void
start(struct vhost *live, const char *rule)
{
    const char *const options[] = { "--no-scan", "--rule", rule, NULL };

    CHECK_INT(vhost_start(live, options), 0);
}

/* Mdevs with guests, and a past. */
static void
shake(struct vhost *live, struct test_rng *rng)
{
    for (int i = 0; i < SHAKES; i++) {
        AUTO(host_done) struct host *host = NULL;
        AUTO(free_done) char *list = NULL;
        char words[200], name[40];

        CHECK_INT(hostfile_builtin(&host), 0);
        draw_write(rng, words, sizeof(words));
        (void)write_words(live, host, words);
        if (i % 8)
            continue;
        draw_mdev((unsigned)test_below(rng, DRAW_MDEVS), name);
        CHECK(asprintf(&list, "[\"open %s vm%d\"]", name, i) > 0);
        (void)vhost_change(live, list);
    }
}

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
        if (strlen(vhost_read(live, file)) < 8)
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

/* As it was read; under `state` nothing one-sided is shown. */
static void
predict(struct host *host, const char *rule)
{
    CHECK_INT(host_use_rule(host, vap_rule_named(rule), host->engine->kernel),
              0);
}

static void
check_guests(const struct host *planned, const struct host *now)
{
    for (uint32_t i = 0; i < now->engine->n_slots; i++) {
        uint32_t slot;

        if (!now->slots[i].exists)
            continue;
        slot = host_mdev(planned, host_mdev_name(now, i));
        CHECK(slot != NAMES_NONE);
        CHECK(vap_matrix_equal(&planned->slots[slot].guest,
                               &now->slots[i].guest));
    }
}

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
    AUTO(host_done) struct host *before = seen(live);
    AUTO(host_done) struct host *after = NULL;
    AUTO(json_done) json_t *planned = NULL;
    AUTO(json_done) json_t *last = NULL;
    AUTO(json_done) json_t *event = NULL;
    struct vap_request r;
    enum vap_verdict verdict;
    char words[200];

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

/* ---- order */

/** Queues as the uevents tell of them, and what they are to tell. */
struct story {
    struct vap_mask present[VAP_IDS];
    struct vap_mask bound[VAP_IDS];
    char *expected;
    size_t size;
    FILE *out;
};

static void
begin_story(struct story *story, const struct host *host)
{
    *story = (struct story){ 0 };
    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &host->engine->row[a];

        story->present[a] = row->present;
        story->bound[a] = vap_mask_or(row->dflt, row->vfio);
    }
    story->out = open_memstream(&story->expected, &story->size);
    CHECK(story->out);
}

static void
tell(struct story *story, const char *action, unsigned a, unsigned d)
{
    (void)fprintf(story->out, "%s %02x.%04x\n", action, a, d);
}

/* A queue becomes somebody else's. */
static void
tell_turn(struct story *story, const struct vap_moment *m, unsigned d)
{
    unsigned a = m->queues.adapter;

    if (vap_mask_has(&story->bound[a], d))
        tell(story, "unbind", a, d);
    if (!vap_mask_has(&story->present[a], d))
        tell(story, "add", a, d);
    vap_mask_add(&story->present[a], d);
    vap_mask_drop(&story->bound[a], d);
    if (m->gone) {
        tell(story, "remove", a, d);
        vap_mask_drop(&story->present[a], d);
    } else if (m->to != VAP_NO_DRIVER) {
        tell(story, "bind", a, d);
        vap_mask_add(&story->bound[a], d);
    }
}

static void
tell_change(struct story *story, const struct vap_change *change)
{
    for (size_t i = 0; i < change->n_moments; i++) {
        const struct vap_moment *m = &change->moments[i];

        if (m->kind == VAP_MOMENT_TURN)
            VAP_EACH (d, &m->queues.domains)
                tell_turn(story, m, d);
    }
}

/* As vap what-if asks for it: a /sys does not show which scan found a queue. */
static struct host *
told(const struct vhost *live)
{
    struct hostfile_error error;
    struct host *host = NULL;
    char *text = NULL;

    CHECK_INT(vhost_call(live, "/v1/hostfile", NULL, 0, &text), 200);
    CHECK_INT(hostfile_parse(text, strlen(text), &host, &error), 0);
    free(text);
    return host;
}

/* Writes, and what happens to the host; planned, then done. */
static void
go_on(struct story *story, const struct vhost *live, const char *rule,
      struct test_rng *rng)
{
    static const char *const events[] = {
        "adapter 10 leaves", "adapter 10 comes",   "domain 71 leaves",
        "domain 71 comes",   "adapters 3,5 leave", "adapters 3,5 come",
    };
    AUTO(host_done) struct host *host = told(live);
    AUTO(free_done) char *list = NULL;
    struct vap_request r;
    char words[200];

    draw_write(rng, words, sizeof(words));
    if (test_below(rng, 4) == 0)
        (void)snprintf(
            words, sizeof(words), "%s",
            events[test_below(rng, sizeof(events) / sizeof(*events))]);
    test_note("%s under %s", words, rule);
    r = request_of(host, words);
    if (host_plan(host, &r, 1, NULL) == VAP_OK)
        tell_change(story, host->change);
    CHECK(asprintf(&list, "[\"%s\"]", words) > 0);
    if (r.op == VAP_HOST)
        CHECK_INT(vhost_change(live, list), 200);
    else
        (void)write_words(live, host, words);
}

/* What the stream of events says of queues, as long as there is anything left
 * to be said. */
static void
check_stream(FILE *stream, const char *expected)
{
    char line[512];
    char action[16];
    char queue[16];
    char found[40];

    while (*expected) {
        CHECK(fgets(line, sizeof(line), stream));
        if (sscanf(line,
                   "data: {\"ACTION\":\"%15[a-z]\",\"DEVPATH\":"
                   "\"/devices/ap/card%*2x/%15[0-9a-f.]\"",
                   action, queue) != 2)
            continue;
        (void)snprintf(found, sizeof(found), "%s %s\n", action, queue);
        if (strcmp(action, "change") == 0)
            continue;
        if (strncmp(found, expected, strlen(found)) != 0)
            FAIL("%.*s was found, and expected %.60s", (int)strlen(found) - 1,
                 found, expected);
        expected += strlen(found);
    }
}

static FILE *
follow(const struct vhost *live)
{
    static const char ask[] = "GET /v1/events?only=uevent HTTP/1.0\r\n\r\n";
    const struct timeval patience = { .tv_sec = 60 };
    int fd = vhost_connect(live);
    FILE *stream = fdopen(fd, "r");
    char line[512];

    CHECK(stream);
    CHECK(send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) == sizeof(ask) - 1);
    CHECK_INT(
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
        0);
    do
        CHECK(fgets(line, sizeof(line), stream));
    while (strcmp(line, "event: ready\n") != 0);
    return stream;
}

TEST(queues_turn_in_the_order_that_was_planned)
{
    struct test_rng rng = { test_seed() };

    VHOST_OR_SKIP();
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        AUTO(vhost_done) struct vhost live = vhost_new();
        AUTO(host_done) struct host *host = NULL;
        struct story story;
        FILE *stream;

        start(&live, rules[i]);
        shake(&live, &rng);
        host = told(&live);
        begin_story(&story, host);
        stream = follow(&live);
        for (int n = 0; n < 2 * WRITES; n++)
            go_on(&story, &live, rules[i], &rng);
        CHECK_INT(fclose(story.out), 0);
        CHECK(story.size > 0);
        check_stream(stream, story.expected);
        CHECK_INT(fclose(stream), 0);
        free(story.expected);
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

/* ---- looking again */

static bool
is_stale(const struct host *host, uint32_t slot)
{
    struct vap_mdev_facts f;

    vap_explain_mdev(host->engine, slot, &f);
    return !vap_mask_empty(&f.stale);
}

/* A driver_override can have the kernel refuse a matrix that is there. */
static bool
can_look_again(struct host *host, uint32_t slot)
{
    struct vap_request r = { .op = VAP_AP_CONFIG,
                             .mdev = slot,
                             .matrix = host->slots[slot].matrix };

    return host_plan(host, &r, 1, NULL) == VAP_OK;
}

/* ap_config written back as it is, into every mdev that lacks what is due.
 * Returns how many. */
static int
look_again(const struct vhost *live, struct host *host)
{
    int n = 0;

    for (uint32_t i = 0; i < host->engine->n_slots; i++) {
        AUTO(change_write_done) struct change_write w = { 0 };
        struct vap_request r = { .op = VAP_AP_CONFIG,
                                 .mdev = i,
                                 .matrix = host->slots[i].matrix };

        if (!host->slots[i].exists || !is_stale(host, i) ||
            !can_look_again(host, i))
            continue;
        CHECK_INT(change_words_write(host, &r, &w), 0);
        CHECK_INT(vhost_write(live, w.file, w.text), 0);
        n++;
    }
    return n;
}

static void
check_healed(const struct host *before, struct host *after)
{
    for (uint32_t i = 0; i < before->engine->n_slots; i++) {
        uint32_t slot;

        if (!before->slots[i].exists)
            continue;
        slot = host_mdev(after, host_mdev_name(before, i));
        CHECK(slot != NAMES_NONE);
        CHECK(!is_stale(after, slot) || !can_look_again(after, slot));
        CHECK(vap_mask_within(&before->slots[i].guest.adapters,
                              &after->slots[slot].guest.adapters));
        CHECK(vap_mask_within(&before->slots[i].guest.domains,
                              &after->slots[slot].guest.domains));
    }
}

TEST(looking_again_gives_what_is_due_and_takes_nothing)
{
    struct test_rng rng = { test_seed() };
    int healed = 0;

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost live = vhost_new();

    start(&live, "linux-7.2");
    for (int i = 0; i < 1000 && healed < 5; i++) {
        AUTO(host_done) struct host *before = NULL;
        AUTO(host_done) struct host *after = NULL;

        shake(&live, &rng);
        before = seen(&live);
        healed += look_again(&live, before);
        after = seen(&live);
        check_healed(before, after);
    }
    CHECK(healed > 0);
}

/* ---- remedies */

enum { REMEDIES = 16, RESETS = 4096, MOST = 1024 };

/** A search, and all that it takes. */
struct cure {
    struct vap_remedies search;
    struct vap_remedy found[REMEDIES];
    struct vap_change change;
    uint32_t where[MOST];
    struct vap_effect effects[MOST];
    struct vap_reset resets[RESETS];
};

static void
search(struct cure *c, const struct host *host, uint32_t mdev)
{
    const struct vap_goal goal = { VAP_WANT_MDEV, mdev, 0, 0 };

    CHECK(host->engine->n_slots <= MOST);
    vap_change_init(&c->change, c->where, host->engine->n_slots, c->effects,
                    host->engine->n_slots, c->resets, RESETS);
    c->search.found = c->found;
    c->search.room = REMEDIES;
    c->search.budget = 2000;
    vap_remedies(host->engine, &goal, &c->change, &c->search);
}

/* Types in what the remedy takes, on the living host and on the read one. */
static void
type_in(const struct vhost *live, struct host *host,
        const struct vap_request *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        AUTO(change_write_done) struct change_write w = { 0 };
        AUTO(free_done) char *line = NULL;

        CHECK_INT(change_words_write(host, &list[i], &w), 0);
        CHECK(asprintf(&line, "%s\n", w.text) > 0);
        test_note("%s > %s", w.text, w.file);
        CHECK_INT(vhost_write(live, w.file, line), 0);
        CHECK_INT(host_do(host, &list[i], NULL), VAP_OK);
    }
}

static bool
can_type(const struct vap_request *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].op == VAP_HOST || list[i].op == VAP_RESET_MDEV)
            return false;
    return true;
}

static unsigned
count_queues(const struct vap_matrix *m)
{
    return vap_mask_count(&m->adapters) * vap_mask_count(&m->domains);
}

/* One that was found for the mdev, done. False: there is none to be done. */
static bool
cure(struct cure *c, const struct vhost *live, const char *rule,
     struct test_rng *rng, unsigned i)
{
    AUTO(host_done) struct host *before = seen(live);
    AUTO(host_done) struct host *after = NULL;
    struct vap_request *list = c->search.requests;
    const struct vap_remedy *remedy;
    char mdev[40];
    uint32_t slot;
    unsigned had;
    size_t n;

    draw_mdev(i, mdev);
    predict(before, rule);
    slot = host_mdev(before, mdev);
    if (slot == NAMES_NONE)
        return false;
    search(c, before, slot);
    if (c->search.met || !c->search.n)
        return false;
    remedy = &c->found[test_below(rng, c->search.n)];
    n = vap_remedy_requests(before->engine, remedy, list);
    if (!can_type(list, n))
        return false;
    had = count_queues(&before->slots[slot].guest);
    type_in(live, before, list, n);
    after = seen(live);
    predict(after, rule);
    check_guests(before, after);
    slot = host_mdev(after, mdev);
    CHECK_INT(count_queues(&after->slots[slot].guest),
              had + remedy->gained - remedy->lost);
    search(c, after, slot);
    CHECK(c->search.met);
    return true;
}

TEST(a_remedy_does_what_was_said)
{
    AUTO(free_done) struct cure *c = calloc(1, sizeof(*c));
    struct test_rng rng = { test_seed() };

    if (!c)
        FAIL("out of memory");
    VHOST_OR_SKIP();
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        AUTO(vhost_done) struct vhost live = vhost_new();
        int cured = 0;

        start(&live, rules[i]);
        for (unsigned k = 0; k < 200 && cured < 8; k++) {
            if (k % DRAW_MDEVS == 0)
                shake(&live, &rng);
            cured += cure(c, &live, rules[i], &rng, k % DRAW_MDEVS);
        }
        CHECK(cured > 0);
    }
}
