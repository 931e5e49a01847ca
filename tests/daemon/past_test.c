/* SPDX-License-Identifier: MIT */
/* What a host was is what it said then; what it says of its past is in order.
 */
#include "base/auto.h"
#include "daemon/host.h"
#include "draw.h"
#include "test.h"

#include <signal.h>

enum { STEPS = 120 };

static char *
hostfile(const struct vhost *host, const char *query)
{
    AUTO(free_done) char *path = NULL;

    CHECK(asprintf(&path, "/v1/hostfile%s", query) > 0);
    return vhost_text(host, path);
}

/* A change at random, done or refused. */
static void
change(const struct vhost *host, struct test_rng *rng)
{
    char words[200];
    AUTO(free_done) char *list = NULL;
    int status;

    draw_words(rng, words, sizeof(words));
    CHECK(asprintf(&list, words[0] == '{' ? "[%s]" : "[\"%s\"]", words) > 0);
    test_note("%s", words);
    status = vhost_change(host, list);
    CHECK(status == 200 || status == 202 || status == 409);
}

/** What it said behind each event, and when that was. */
struct past {
    char *said[STEPS + 1];
    json_int_t time_us[STEPS + 1];
};

static void
past_done(struct past *past)
{
    for (int i = 0; i <= STEPS; i++)
        free(past->said[i]);
}

static void
note_times(const struct vhost *host, struct past *past)
{
    json_t *log = vhost_get(host, "/v1/log?first=1000");
    const json_t *events = json_object_get(log, "events");

    CHECK_INT(json_array_size(events), STEPS);
    for (size_t i = 0; i < STEPS; i++) {
        const json_t *event = json_array_get(events, i);

        CHECK_INT(json_integer_value(json_object_get(event, "number")), i + 1);
        past->time_us[i + 1] =
            json_integer_value(json_object_get(event, "time_us"));
        CHECK(past->time_us[i + 1] >= past->time_us[i]);
    }
    json_decref(log);
}

static void
check_past(const struct vhost *host, const struct past *past)
{
    for (int i = 0; i <= STEPS; i++) {
        AUTO(free_done) char *by_event = NULL;
        char query[64];

        (void)snprintf(query, sizeof(query), "?at=%d", i);
        by_event = hostfile(host, query);
        CHECK_STR(by_event, past->said[i]);
        if (i == 0 || i == STEPS || past->time_us[i] == past->time_us[i + 1])
            continue;

        AUTO(free_done) char *by_time = NULL;

        (void)snprintf(query, sizeof(query), "?at_us=%" JSON_INTEGER_FORMAT,
                       past->time_us[i]);
        by_time = hostfile(host, query);
        CHECK_STR(by_time, past->said[i]);
    }
}

TEST(what_a_host_was_is_what_it_said_then)
{
    struct test_rng rng = { test_seed() };

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(past_done) struct past past = { .said = { NULL } };

    CHECK_INT(vhost_start(&host, (const char *[]){ "--no-scan", NULL }), 0);
    past.said[0] = hostfile(&host, "");
    for (int i = 1; i <= STEPS; i++) {
        change(&host, &rng);
        CHECK_INT(vhost_number(&host, "last_event"), i);
        past.said[i] = hostfile(&host, "");
        if (i == STEPS / 2) { /* its past is not lost with its process */
            CHECK_INT(vhost_end(&host, SIGKILL), -SIGKILL);
            CHECK_INT(vhost_start(&host, NULL), 0);
        }
    }
    note_times(&host, &past);
    check_past(&host, &past);
}

TEST(there_is_no_future_to_look_at)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_change(&host, "scan"), 200);
    CHECK_INT(vhost_call(&host, "/v1/hostfile?at=1", NULL, 0, NULL), 200);
    CHECK_INT(vhost_call(&host, "/v1/hostfile?at=2", NULL, 0, NULL), 404);
}

TEST(the_log_stays_in_its_bound_and_says_what_is_gone)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    json_t *about;
    json_int_t first;

    CHECK_INT(vhost_start(&host, (const char *[]){ "--no-scan", "--store-bytes",
                                                   "300000", NULL }),
              0);
    for (int i = 0; i < 1500; i++)
        CHECK_INT(vhost_change(&host, i % 2 ? "adapter 11 leaves"
                                            : "adapter 11 comes"),
                  200);
    about = vhost_get(&host, "/v1");
    first = json_integer_value(json_object_get(about, "first_event"));
    CHECK(first > 1);
    CHECK_INT(json_integer_value(json_object_get(about, "last_event")), 1500);
    json_decref(about);
    CHECK_INT(vhost_call(&host, "/v1/hostfile?at=1", NULL, 0, NULL), 404);
    CHECK_INT(vhost_call(&host, "/v1/hostfile?at=1400", NULL, 0, NULL), 200);
    CHECK_INT(vhost_end(&host, SIGKILL), -SIGKILL);
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_number(&host, "last_event"), 1500);
}
