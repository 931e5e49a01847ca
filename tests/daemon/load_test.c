/* SPDX-License-Identifier: MIT */
/* Many write and read at once. vapd's log is the serial order: carried out
 * again on the engine it gives every answer that was given, and everything
 * that was read was so at some moment between the reader's start and end.
 * VAP_SECONDS says how long, 2 if not given. */
#include "base/auto.h"
#include "daemon/load.h"
#include "observe/hostfile.h"
#include "test.h"

#include <dirent.h>
#include <signal.h>
#include <time.h>

static void
wait_us(uint64_t us)
{
    const struct timespec wait = { (time_t)(us / 1000000),
                                   (long)(us % 1000000) * 1000 };

    (void)nanosleep(&wait, NULL);
}

static unsigned
open_files(const struct vhost *host)
{
    char path[64];
    unsigned n = 0;
    DIR *dir;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)host->pid);
    dir = sure(opendir(path));
    while (readdir(dir)) /* NOLINT(concurrency-mt-unsafe) */
        n++;
    (void)closedir(dir);
    return n;
}

/* The ends of connections that clients have closed are closed soon after. */
static void
check_open_files(const struct vhost *host, unsigned before)
{
    for (int i = 0; i < 1000 && open_files(host) > before; i++)
        wait_us(10000);
    CHECK(open_files(host) <= before);
}

/* kB of memory that is its own. */
static long
memory(const struct vhost *host)
{
    char path[64];
    char line[128];
    long kb = -1;
    AUTO(file_done) FILE *f = NULL;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)host->pid);
    f = fopen(path, "re");
    CHECK(f);
    while (fgets(line, sizeof(line), f))
        if (strncmp(line, "RssAnon:", 8) == 0)
            kb = strtol(line + 8, NULL, 10);
    return kb;
}

static int
seconds(void)
{
    const char *text = getenv("VAP_SECONDS");
    int n = text ? (int)strtol(text, NULL, 10) : 2;

    return n > 1 ? n : 1;
}

static void
work(const struct vhost *host, uint64_t seed, int seconds)
{
    pid_t pids[WORKERS];

    load_begin(host, seed, seconds, pids);
    load_end(pids);
}

/* Caches fill and heaps settle, sooner or later; what is kept of each request
 * would go on growing. At rest: two rounds in a row have added nothing. */
static void
work_until_at_rest(const struct vhost *host, uint64_t seed)
{
    enum { ROUNDS = 24, NOTHING_KB = KEEPS_WHO_TOUCHED ? 2048 : 128 };
    unsigned quiet = 0;

    for (unsigned round = 0; quiet < 2; round++) {
        long before = memory(host);

        CHECK(round < ROUNDS);
        work(host, seed + (uint64_t)round * WORKERS, (seconds() + 3) / 4);
        if (memory(host) < before + NOTHING_KB || KEEPS_WHAT_IS_FREED)
            quiet++;
        else
            quiet = 0;
    }
}

static void
check_all(const struct vhost *host, const struct past *past)
{
    size_t deeds = 0;

    for (unsigned i = 0; i < WORKERS; i++)
        deeds += past_check_worker(host, past, i);
    (void)printf("%zu answers and sights, %lu changes, %lu refusals\n", deeds,
                 past->changed, past->refused);
}

static const char *const options[] = { "--no-scan", "--store-bytes", "0",
                                       NULL };

TEST(whatever_many_do_at_once_there_is_an_order_in_which_it_was_so)
{
    VHOST_OR_SKIP();

    uint64_t seed = test_seed();
    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(past_done) struct past past = { 0 };
    unsigned fds;

    CHECK_INT(vhost_start(&host, options), 0);
    fds = open_files(&host);
    work_until_at_rest(&host, seed);
    check_open_files(&host, fds);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);

    past_read(&host, &past);
    check_all(&host, &past);
}

/* An answer that somebody got is in the log, whatever was under way. */
TEST(what_was_answered_to_any_of_many_survives_kill_9)
{
    VHOST_OR_SKIP();

    struct test_rng rng = { test_seed() };
    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(past_done) struct past past = { 0 };
    AUTO(free_done) char *is = NULL;
    AUTO(free_done) char *should = NULL;
    pid_t pids[WORKERS];

    for (int round = 0; round < 4 + seconds(); round++) {
        CHECK_INT(vhost_start(&host, options), 0);
        load_begin(&host, test_next(&rng), 60, pids);
        wait_us(100000 + test_below(&rng, 400000));
        CHECK_INT(vhost_end(&host, SIGKILL), -SIGKILL);
        load_end(pids);
    }
    CHECK_INT(vhost_start(&host, options), 0);
    CHECK_INT(vhost_call(&host, "/v1/hostfile", NULL, 0, &is), 200);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    past_read(&host, &past);
    check_all(&host, &past);
    should = hostfile_written(past.host);
    CHECK_STR(is, should);
}
