/* SPDX-License-Identifier: MIT */
/* What is read back is what was: at random histories of engine and devices,
 * at every event of them. */
#include "store/state.h"

#include "base/auto.h"
#include "draw.h"
#include "host/devices.h"
#include "observe/hostfile.h"
#include "test.h"

#include <errno.h>
#include <stdio.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/** A host, its store, and what it looked like behind each event. */
struct past {
    char folder[64];
    char path[96];
    struct store *store;
    struct host *host;
    struct test_rng rng;
    char **looks; /* by event number */
    size_t n_looks;
};

static void
past_done(struct past *p)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char path[128];

    store_close(p->store);
    host_free(p->host);
    for (size_t i = 0; i < p->n_looks; i++)
        free(p->looks[i]);
    free(p->looks);
    for (size_t i = 0; i < ROWS(suffixes); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", p->path, suffixes[i]);
        (void)unlink(path);
    }
    (void)rmdir(p->folder);
}

/* All there is to see of a host: its file, its devices, what its cards are
 * and would be. */
static char *
look_of(const struct host *host)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    json_t *devices = devices_save(host);

    CHECK(f && devices);
    CHECK_INT(hostfile_write(f, host), 0);
    for (unsigned a = 0; a < VAP_IDS; a++)
        (void)fprintf(f, "%s ", host_card_type(host, a));
    CHECK_INT(json_dumpf(devices, f, JSON_INDENT(1) | JSON_SORT_KEYS), 0);
    CHECK(fclose(f) == 0);
    json_decref(devices);
    return text;
}

static void
note_look(struct past *p)
{
    p->looks = realloc(p->looks, (p->n_looks + 1) * sizeof(*p->looks));
    if (!p->looks)
        FAIL("no memory");
    p->looks[p->n_looks++] = look_of(p->host);
}

static struct past
new_past(const struct vap_rule *rule)
{
    struct past p = { .folder = "/tmp/vap-state-XXXXXX",
                      .rng = { test_seed() } };

    CHECK(mkdtemp(p.folder));
    (void)snprintf(p.path, sizeof(p.path), "%s/state.db", p.folder);
    CHECK_INT(store_open(p.path, 0, &p.store), 0);
    CHECK_INT(hostfile_builtin(&p.host), 0);
    p.host->engine->rule = rule;
    if (rule->kernel >= 0)
        p.host->engine->kernel = (enum vap_kernel)rule->kernel;
    CHECK_INT(state_save(p.store, p.host), 0);
    note_look(&p);
    return p;
}

/* --- as vapd does it -------------------------------------------------------
 */

static void
record(struct past *p, const struct host_request *list, size_t n, int answer)
{
    AUTO(free_done) char *request = state_requests(p->host, list, n);
    struct store_event event = { .time_us = (int64_t)p->n_looks * 1000,
                                 .command = "",
                                 .door = "test",
                                 .request = request,
                                 .verdict = answer ? "E" : "",
                                 .changed = true,
                                 .effect = "null" };

    CHECK_INT(store_record(p->store, &event), 0);
    CHECK_INT(event.number, p->n_looks);
}

/* One change of one to three requests, if it is not refused. */
static void
change(struct past *p)
{
    struct host_request list[3];
    struct refusal refusal;
    size_t n = 1 + test_below(&p->rng, 8) / 6;
    int r;

    for (size_t i = 0; i < n; i++)
        list[i] = draw_request(&p->rng, p->host, NULL);
    r = devices_plan(p->host, list, n, &refusal);
    if (r && r != -EINPROGRESS && refusal.why.verdict != VAP_RESET_FAILED)
        return;
    record(p, list, n, r);
    host_apply(p->host);
    if (test_below(&p->rng, 40) == 0)
        CHECK_INT(state_save(p->store, p->host), 0);
    note_look(p);
}

static void
check_event(struct past *p, size_t number)
{
    AUTO(host_done) struct host *then = NULL;
    AUTO(free_done) char *look = NULL;

    test_note("event %zu of %zu", number, p->n_looks - 1);
    CHECK_INT(state_at(p->store, (int64_t)number, &then), 1);
    look = look_of(then);
    CHECK_STR(look, p->looks[number]);
}

TEST(every_event_of_a_random_history_is_read_back_as_it_was)
{
    for (size_t rule = 0; rule < vap_n_rules; rule++)
        for (int round = 0; round < 3; round++) {
            AUTO(past_done) struct past p = new_past(vap_rules[rule]);

            p.rng.state += (uint64_t)round * 1000 + rule;
            for (int i = 0; i < 400; i++)
                change(&p);
            CHECK(p.n_looks > 20);
            store_close(p.store);
            p.store = NULL;
            CHECK_INT(store_open(p.path, 0, &p.store), 0);
            for (size_t i = 0; i < p.n_looks; i += 1 + test_below(&p.rng, 5))
                check_event(&p, i);
            check_event(&p, p.n_looks - 1);
        }
}

TEST(what_has_been_read_back_goes_on_as_what_was)
{
    AUTO(past_done) struct past p = new_past(vap_rules[0]);
    struct host *again;

    for (int i = 0; i < 300; i++) {
        change(&p);
        if (test_below(&p.rng, 10))
            continue;
        CHECK_INT(state_at(p.store, INT64_MAX, &again), 1);
        host_free(p.host);
        p.host = again;
    }
    for (size_t i = 0; i < p.n_looks; i++)
        check_event(&p, i);
}

TEST(nothing_stored_is_no_state)
{
    AUTO(past_done) struct past p = { .folder = "/tmp/vap-state-XXXXXX" };

    CHECK(mkdtemp(p.folder));
    (void)snprintf(p.path, sizeof(p.path), "%s/state.db", p.folder);
    CHECK_INT(store_open(p.path, 0, &p.store), 0);
    CHECK_INT(state_at(p.store, INT64_MAX, &p.host), 0);
}

TEST(a_state_that_is_not_understood_is_refused)
{
    static const char *const states[] = {
        "",
        "{}",
        "[]",
        "{\"host\": \"rule: none\\n\", \"devices\": {}}",
        ("{\"host\": \"rule: state\\n\", \"types\": {}, \"slots\": {}, "
         "\"devices\": {}}"),
        "{\"host\": 5, \"devices\": {}}",
    };

    for (size_t i = 0; i < ROWS(states); i++) {
        AUTO(past_done) struct past p = { .folder = "/tmp/vap-state-XXXXXX" };

        test_note("%s", states[i]);
        CHECK(mkdtemp(p.folder));
        (void)snprintf(p.path, sizeof(p.path), "%s/state.db", p.folder);
        CHECK_INT(store_open(p.path, 0, &p.store), 0);
        CHECK_INT(store_checkpoint(p.store, states[i]), 0);
        CHECK_INT(state_at(p.store, INT64_MAX, &p.host), -EBADMSG);
    }
}

TEST(an_event_that_is_not_understood_is_refused)
{
    static const char *const requests[] = {
        "",
        "{}",
        "[5]",
        "[{\"op\": \"dance\"}]",
        "[{\"op\": \"remove\", \"mdev\": \"nobody\"}]",
    };

    for (size_t i = 0; i < ROWS(requests); i++) {
        AUTO(past_done) struct past p = new_past(vap_rules[0]);
        AUTO(host_done) struct host *then = NULL;
        struct store_event event = { .command = "",
                                     .door = "test",
                                     .request = requests[i],
                                     .verdict = "",
                                     .changed = true,
                                     .effect = "null" };

        test_note("%s", requests[i]);
        CHECK_INT(store_record(p.store, &event), 0);
        CHECK_INT(state_at(p.store, 1, &then), -EBADMSG);
        CHECK_INT(state_at(p.store, 0, &then), 1);
    }
}
