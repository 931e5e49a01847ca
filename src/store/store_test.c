/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include "base/auto.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

/** A store in a folder of its own, gone with the test. */
struct place {
    char folder[64];
    char path[96];
    struct store *store;
};

static void
remove_file(const struct place *p, const char *suffix)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s%s", p->path, suffix);
    (void)unlink(path);
}

static void
place_done(struct place *p)
{
    store_close(p->store);
    remove_file(p, "");
    remove_file(p, "-wal");
    remove_file(p, "-shm");
    remove_file(p, "-last");
    (void)rmdir(p->folder);
}

static struct place
new_place(void)
{
    struct place p = { .folder = "/tmp/vap-store-XXXXXX" };

    if (!mkdtemp(p.folder))
        FAIL("mkdtemp: %d", errno);
    (void)snprintf(p.path, sizeof(p.path), "%s/state.db", p.folder);
    return p;
}

static struct store_event
event(int64_t time_us, const char *request)
{
    return (struct store_event){ .time_us = time_us,
                                 .uid = 7,
                                 .pid = 8,
                                 .command = "mdevctl",
                                 .door = "sysfs",
                                 .request = request,
                                 .verdict = "",
                                 .changed = true,
                                 .effect = "[{\"mdev\":\"alpha\"}]" };
}

static void
reopen(struct place *p, uint64_t max_bytes)
{
    store_close(p->store);
    p->store = NULL;
    CHECK_INT(store_open(p->path, max_bytes, &p->store), 0);
}

static void
record(struct place *p, int64_t time_us, const char *request)
{
    struct store_event e = event(time_us, request);

    CHECK_INT(store_record(p->store, &e), 0);
}

struct seen {
    int n;
    int64_t first;
    int64_t last;
    char request[64];
};

static int
note(void *context, const struct store_event *e)
{
    struct seen *seen = context;

    if (!seen->n++)
        seen->first = e->number;
    seen->last = e->number;
    (void)snprintf(seen->request, sizeof(seen->request), "%s", e->request);
    return e->uid == 7 && e->pid == 8 && !strcmp(e->door, "sysfs") ? 0 : 99;
}

static struct seen
look(struct place *p, struct store_query query)
{
    struct seen seen = { 0 };

    CHECK_INT(store_each(p->store, &query, note, &seen), 0);
    return seen;
}

TEST(events_come_back_in_order_with_all_they_said)
{
    AUTO(place_done) struct place p = new_place();

    reopen(&p, 0);
    record(&p, 100, "one");
    record(&p, 200, "two");
    reopen(&p, 0);
    record(&p, 300, "three");

    struct seen all = look(&p, (struct store_query){ 0 });

    CHECK_INT(all.n, 3);
    CHECK_INT(all.first, 1);
    CHECK_STR(all.request, "three");
    CHECK_INT(look(&p, (struct store_query){ .after = 2 }).n, 1);
    CHECK_INT(look(&p, (struct store_query){ .until = 2 }).n, 2);
    CHECK_INT(look(&p, (struct store_query){ .since_us = 200 }).first, 2);
    CHECK_INT(look(&p, (struct store_query){ .limit = 1 }).first, 3);
    CHECK_INT(look(&p, (struct store_query){ .first = 2 }).last, 2);
    CHECK_INT(look(&p, (struct store_query){ .after = 1, .first = 1 }).first,
              2);
    CHECK_INT(look(&p, (struct store_query){ .mdev = "alpha" }).n, 3);
    CHECK_INT(look(&p, (struct store_query){ .mdev = "al" }).n, 3);
    CHECK_INT(look(&p, (struct store_query){ .mdev = "mdev" }).n, 0);
    CHECK_INT(look(&p, (struct store_query){ .mdev = "b" }).n, 0);
    CHECK_INT(store_at(p.store, 250), 2);
    CHECK_INT(store_at(p.store, 99), 0);
}

TEST(the_last_checkpoint_before_an_event_is_found)
{
    AUTO(place_done) struct place p = new_place();
    AUTO(store_checkpoint_done) struct store_checkpoint early = { 0 };
    AUTO(store_checkpoint_done) struct store_checkpoint late = { 0 };

    reopen(&p, 0);
    CHECK_INT(store_last_checkpoint(p.store, INT64_MAX, &early), 0);
    CHECK_INT(store_checkpoint(p.store, "zero"), 0);
    record(&p, 1, "one");
    record(&p, 2, "two");
    CHECK_INT(store_since_checkpoint(p.store), 2);
    CHECK_INT(store_checkpoint(p.store, "after two"), 0);
    reopen(&p, 0);
    CHECK_INT(store_since_checkpoint(p.store), 0);
    CHECK_INT(store_last_checkpoint(p.store, 1, &early), 1);
    CHECK_STR(early.state, "zero");
    CHECK_INT(store_last_checkpoint(p.store, INT64_MAX, &late), 1);
    CHECK_STR(late.state, "after two");
    CHECK_INT(late.number, 2);
}

TEST(a_second_process_is_refused)
{
    AUTO(place_done) struct place p = new_place();
    AUTO(store_done) struct store *second = NULL;

    reopen(&p, 0);
    record(&p, 1, "one");
    CHECK_INT(store_open(p.path, 0, &second), -EBUSY);
}

TEST(a_file_of_another_kind_is_refused_and_kept)
{
    AUTO(place_done) struct place p = new_place();
    FILE *f = fopen(p.path, "we");

    CHECK(f && fputs("a letter, not a database\n", f) >= 0);
    CHECK(fclose(f) == 0);
    CHECK_INT(store_open(p.path, 0, &p.store), -EBADMSG);

    AUTO(file_done) FILE *again = fopen(p.path, "re");
    char line[64] = "";

    CHECK(again && fgets(line, sizeof(line), again));
    CHECK_STR(line, "a letter, not a database\n");
}

/* The child records until it is killed, and says what it has recorded. */
static void
record_until_killed(const char *path, int say)
{
    struct store *store = NULL;
    struct store_event e = event(1, "x");

    if (store_open(path, 0, &store))
        _exit(1);
    while (store_record(store, &e) == 0)
        if (write(say, &e.number, sizeof(e.number)) != sizeof(e.number))
            break;
    _exit(1);
}

TEST(what_was_answered_survives_kill_9)
{
    AUTO(place_done) struct place p = new_place();
    struct test_rng rng = { test_seed() };

    for (int round = 0; round < 5; round++) {
        int pipes[2];
        int64_t answered = 0;
        pid_t child;

        CHECK(pipe2(pipes, O_CLOEXEC) == 0);
        child = fork();
        if (child == 0)
            record_until_killed(p.path, pipes[1]);
        (void)close(pipes[1]);
        /* some so many that the log has begun anew in its old place */
        for (uint64_t n = 1 + test_below(&rng, round ? 200 : 2000); n; n--)
            CHECK(read(pipes[0], &answered, 8) == 8);
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
        while (read(pipes[0], &answered, 8) == 8)
            continue;
        (void)close(pipes[0]);
        reopen(&p, 0);

        struct seen all = look(&p, (struct store_query){ 0 });

        CHECK(all.last == answered || all.last == answered + 1);
        CHECK_INT(all.n, all.last);
        CHECK(!store_lost(p.store));
        store_close(p.store);
        p.store = NULL;
    }
}

/* Three events behind a checkpoint, and no end: the log stays as it was. */
static void
record_and_die(const char *path)
{
    struct store *store = NULL;
    struct store_event e = event(1, "x");
    int r = store_open(path, 0, &store);

    r = r ? r : store_checkpoint(store, "first");
    r = r ? r : store_settle(store);
    for (int i = 0; i < 3; i++)
        r = r ? r : store_record(store, &e);
    (void)raise(r ? SIGABRT : SIGKILL);
}

static void
damage(const struct place *p, const char *suffix, off_t at)
{
    char path[128];
    uint8_t byte = 0;
    AUTO(fd_done) int fd = -1;

    (void)snprintf(path, sizeof(path), "%s%s", p->path, suffix);
    fd = open(path, O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte ^= 1;
    CHECK(pwrite(fd, &byte, 1, at) == 1);
}

/* Negative numbers count from the end of a file. */
static off_t
from_end(const struct place *p, const char *suffix, off_t at)
{
    char path[128];
    struct stat st;

    (void)snprintf(path, sizeof(path), "%s%s", p->path, suffix);
    CHECK(stat(path, &st) == 0);
    return at < 0 ? st.st_size + at : at;
}

static void
cut_off(const struct place *p, const char *suffix, off_t at)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s%s", p->path, suffix);
    CHECK(truncate(path, at) == 0);
}

static void
take_away(const struct place *p, const char *suffix, off_t at)
{
    (void)at;
    remove_file(p, suffix);
}

TEST(what_a_damaged_log_has_lost_is_known_and_what_was_before_it_is_kept)
{
    /* the schema needs none: it was settled */
    enum { HEADER = 32, FRAME = 24 + 4096, TWO = HEADER + 2 * FRAME };
    static const struct {
        void (*how)(const struct place *p, const char *suffix, off_t at);
        off_t at;
        int lost; /* of three events, a frame or two each */
    } rows[] = {
        { NULL, 0, 0 },
        { damage, 0, 3 }, /* the magic number */
        { damage, 16, 3 }, /* a salt */
        { damage, 28, 3 }, /* the sum */
        { damage, HEADER + 16, 3 }, /* sums of the first frame */
        { damage, HEADER + 2000, 3 }, /* what is in it */
        { damage, -2000, 1 }, /* the last frame */
        { cut_off, 0, 3 },
        { cut_off, HEADER, 3 },
        { cut_off, -1, 1 },
        { cut_off, -FRAME, 1 },
        { take_away, 0, 3 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(place_done) struct place p = new_place();
        AUTO(store_checkpoint_done) struct store_checkpoint last = { 0 };
        pid_t child = fork();
        int status;

        test_note("row %zu", i);
        if (child == 0)
            record_and_die(p.path);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_INT(WTERMSIG(status), SIGKILL);
        if (rows[i].how)
            rows[i].how(&p, "-wal", from_end(&p, "-wal", rows[i].at));
        reopen(&p, 0);
        CHECK_INT(store_lost(p.store), rows[i].lost);
        CHECK_INT(look(&p, (struct store_query){ 0 }).n, 3 - rows[i].lost);
        CHECK_INT(store_last_checkpoint(p.store, INT64_MAX, &last), 1);
        CHECK_STR(last.state, "first");
        record(&p, 4 - rows[i].lost, "another");
        reopen(&p, 0);
        CHECK_INT(store_lost(p.store), 0);
    }
}

/* Of a store that an earlier version has made, say. */
TEST(a_log_without_a_number_beside_it_misses_nothing)
{
    AUTO(place_done) struct place p = new_place();
    pid_t child = fork();

    if (child == 0)
        record_and_die(p.path);
    CHECK(waitpid(child, NULL, 0) == child);
    take_away(&p, "-last", 0);
    cut_off(&p, "-wal", 0);
    reopen(&p, 0);
    CHECK_INT(store_lost(p.store), 0);
    record(&p, 2, "x");
    reopen(&p, 0);
    CHECK_INT(look(&p, (struct store_query){ 0 }).n, 1);
}

TEST(a_store_that_is_closed_is_one_file)
{
    AUTO(place_done) struct place p = new_place();

    reopen(&p, 0);
    record(&p, 1, "x");
    store_close(p.store);
    p.store = NULL;
    CHECK(unlink(p.path) == 0);
    CHECK(rmdir(p.folder) == 0);
}

TEST(a_log_without_its_file_is_refused_and_kept)
{
    for (int gone = 0; gone < 2; gone++) {
        AUTO(place_done) struct place p = new_place();
        pid_t child = fork();

        if (child == 0)
            record_and_die(p.path);
        CHECK(waitpid(child, NULL, 0) == child);
        CHECK((gone ? unlink(p.path) : truncate(p.path, 0)) == 0);
        for (int again = 0; again < 2; again++)
            CHECK_INT(store_open(p.path, 0, &p.store), -EBADMSG);
    }
}

TEST(the_file_stays_near_its_bound)
{
    AUTO(place_done) struct place p = new_place();
    AUTO(store_checkpoint_done) struct store_checkpoint last = { 0 };
    static char big[4096];
    int64_t first;
    int64_t end;

    memset(big, 'x', sizeof(big) - 1);
    reopen(&p, UINT64_C(256) * 1024);
    for (int i = 0; i < 400; i++) {
        record(&p, i, big);
        if (i % 20 == 19)
            CHECK_INT(store_checkpoint(p.store, "state"), 0);
    }
    store_range(p.store, &first, &end);
    CHECK_INT(end, 400);
    CHECK(first > 200);
    CHECK_INT(store_last_checkpoint(p.store, INT64_MAX, &last), 1);
    CHECK_INT(last.number, 400);
}
