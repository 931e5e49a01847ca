/* SPDX-License-Identifier: MIT */
/* vapd is killed at any moment: what comes back is the state of the last
 * answered change, or of one that was recorded and not yet answered. */
#include "base/auto.h"
#include "daemon/host.h"
#include "draw.h"
#include "host/devices.h"
#include "observe/hostfile.h"
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/** A host of vapd's, and the same beside it, in memory. */
struct pair {
    struct vhost vapd;
    struct host *model;
    struct test_rng rng;
    json_int_t event; /* the last one that the model knows */
};

static void
pair_done(struct pair *p)
{
    vhost_done(&p->vapd);
    host_free(p->model);
}

/* Slots are no part of what a host is, and a host that was killed may give
 * others: mdevs in the order of their names. */
static void
sort_host(struct host *host)
{
    static const uint32_t from[] = { 100, 0 };

    for (size_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < DRAW_MDEVS; i++) {
            char name[40];

            draw_mdev(i, name);
            if (host_mdev(host, name) != NAMES_NONE)
                CHECK_INT(host_move(host, name, from[pass] + i), 0);
        }
}

static json_t *
sorted(const json_t *mdevs)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < DRAW_MDEVS; i++)
        for (size_t j = 0; j < json_array_size(mdevs); j++) {
            json_t *mdev = json_array_get(mdevs, j);
            char name[40];

            draw_mdev(i, name);
            if (!strcmp(json_string_value(json_object_get(mdev, "mdev")), name))
                CHECK(json_array_append(list, mdev) == 0);
        }
    CHECK_INT(json_array_size(list), json_array_size(mdevs));
    return list;
}

/* The host file, and what devices remember, as one text. */
static char *
look_of(const char *file, json_t *devices)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(free_done) char *again = NULL;
    AUTO(free_done) char *text = NULL;
    struct hostfile_error error;
    char *look = NULL;

    CHECK_INT(hostfile_parse(file, strlen(file), &host, &error), 0);
    sort_host(host);
    again = hostfile_written(host);
    CHECK(json_object_set_new(devices, "mdevs",
                              sorted(json_object_get(devices, "mdevs"))) == 0);
    text = json_dumps(devices, JSON_COMPACT | JSON_SORT_KEYS);
    CHECK(text && asprintf(&look, "%s%s", again, text) > 0);
    json_decref(devices);
    return look;
}

static char *
look_of_model(const struct host *host)
{
    AUTO(free_done) char *file = hostfile_written(host);

    return look_of(file, devices_save(host));
}

static char *
look_of_vapd(const struct vhost *host)
{
    AUTO(free_done) char *file = NULL;
    json_t *state = vhost_get(host, "/v1/state");
    json_t *devices = json_incref(json_object_get(state, "devices"));

    json_decref(state);
    CHECK_INT(vhost_call(host, "/v1/hostfile", NULL, 0, &file), 200);
    return look_of(file, devices);
}

/* A change of one to three requests: as a body, and carried out on the model
 * when vapd is known to have recorded it. */
struct change {
    struct host_request list[3];
    size_t n;
    char *body;
};

static struct change
draw_change(struct pair *p)
{
    struct change c = { .n = 1 + test_below(&p->rng, 8) / 6 };
    json_t *array = json_array();
    json_t *json;

    for (size_t i = 0; i < c.n; i++) {
        c.list[i] = draw_request(&p->rng, p->model, &json);
        CHECK(json_array_append_new(array, json) == 0);
    }
    json = json_pack("{s:o}", "requests", array);
    c.body = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return c;
}

/* What vapd did with it: refused, it left no trace but the event. */
static void
follow(struct pair *p, const struct change *c)
{
    struct refusal refusal;
    int r = devices_plan(p->model, c->list, c->n, &refusal);

    if (r == 0 || r == -EINPROGRESS || refusal.why.verdict == VAP_RESET_FAILED)
        host_apply(p->model);
    p->event++;
}

static void
check_same(struct pair *p)
{
    AUTO(free_done) char *is = look_of_vapd(&p->vapd);
    AUTO(free_done) char *should = look_of_model(p->model);

    test_note("event %d", (int)p->event);
    CHECK_STR(is, should);
}

/* vapd again: the change under way has been recorded, or it has not. */
static void
bring_back(struct pair *p, const struct change *under_way)
{
    json_int_t last;

    CHECK_INT(vhost_start(&p->vapd, NULL), 0);
    last = vhost_number(&p->vapd, "last_event");
    test_note("event %d answered, %d recorded", (int)p->event, (int)last);
    CHECK(last == p->event || last == p->event + 1);
    if (last > p->event)
        follow(p, under_way);
    check_same(p);
}

/* Ends vapd after a while, whatever it is doing. */
static pid_t
killer(pid_t victim, uint64_t wait_us)
{
    const struct timespec wait = { (time_t)(wait_us / 1000000),
                                   (long)(wait_us % 1000000) * 1000 };
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid > 0)
        return pid;
    (void)nanosleep(&wait, NULL);
    (void)kill(victim, SIGKILL);
    _exit(0);
}

static void
work_until_killed(struct pair *p)
{
    for (;;) {
        struct change c = draw_change(p);
        AUTO(free_done) char *body = c.body;
        int status =
            vhost_call(&p->vapd, "/v1/change", body, strlen(body), NULL);

        /* a create by another name than vapd's own is a fault of the body */
        CHECK(status == 0 || status == 200 || status == 202 || status == 409);
        if (status) {
            follow(p, &c);
            continue;
        }
        (void)vhost_end(&p->vapd, SIGKILL); /* it is, or is about to be */
        bring_back(p, &c);
        return;
    }
}

TEST(what_was_answered_survives_kill_9_and_nothing_else_comes_back)
{
    VHOST_OR_SKIP();

    AUTO(pair_done)
    struct pair p = { .vapd = vhost_new(), .rng = { test_seed() } };

    CHECK_INT(hostfile_builtin(&p.model), 0);
    CHECK_INT(vhost_start(&p.vapd, (const char *[]){ "--no-scan", NULL }), 0);
    check_same(&p);
    for (int round = 0; round < 12; round++) {
        pid_t by = killer(p.vapd.pid, 1000 + test_below(&p.rng, 300000));

        work_until_killed(&p);
        CHECK(waitpid(by, NULL, 0) == by);
    }
    CHECK_INT(vhost_end(&p.vapd, SIGTERM), 0);
    CHECK_INT(vhost_start(&p.vapd, NULL), 0);
    check_same(&p);
}

/* Killed while it starts, as often as it takes to meet every step of it. */
TEST(one_that_is_killed_while_it_starts_loses_nothing)
{
    VHOST_OR_SKIP();

    AUTO(pair_done)
    struct pair p = { .vapd = vhost_new(), .rng = { test_seed() } };

    CHECK_INT(hostfile_builtin(&p.model), 0);
    for (int round = 0; round < 10; round++) {
        pid_t by;

        CHECK_INT(vhost_start(&p.vapd, NULL), 0);
        check_same(&p);
        for (int i = 0; i < 5; i++) {
            struct change c = draw_change(&p);
            AUTO(free_done) char *body = c.body;

            CHECK(vhost_call(&p.vapd, "/v1/change", body, strlen(body), NULL));
            follow(&p, &c);
        }
        CHECK_INT(vhost_end(&p.vapd, SIGKILL), -SIGKILL);
        p.vapd.wait_ready = false;
        CHECK_INT(vhost_start(&p.vapd, NULL), 0);
        p.vapd.wait_ready = true;
        by = killer(p.vapd.pid, test_below(&p.rng, 30000));
        CHECK(waitpid(by, NULL, 0) == by);
        (void)vhost_end(&p.vapd, SIGKILL);
    }
    CHECK_INT(vhost_start(&p.vapd, NULL), 0);
    check_same(&p);
}
