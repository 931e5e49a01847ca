/* SPDX-License-Identifier: MIT */
#include "base/tools_lock.h"

#include "base/files.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char root[64];
static char path[128];

static void
begin(void)
{
    char dir[128];

    (void)snprintf(root, sizeof(root), "/tmp/vap-lock-XXXXXX");
    CHECK(mkdtemp(root) != NULL);
    (void)snprintf(dir, sizeof(dir), "%s/run/lock", root);
    CHECK_INT(make_dirs(dir), 0);
    (void)snprintf(path, sizeof(path), "%s/" TOOLS_LOCK, root);
}

static void
end(void)
{
    CHECK_INT(remove_tree(root), 0);
}

/* Somebody else's, of that text. */
static void
put(const char *text, time_t age_s)
{
    const struct timespec then[2] = { { .tv_sec = time(NULL) - age_s },
                                      { .tv_sec = time(NULL) - age_s } };
    FILE *f = fopen(path, "we");

    if (!f)
        FAIL("%s: %s", path, strerror(errno));
    (void)fputs(text, f);
    CHECK_INT(fclose(f), 0);
    CHECK_INT(utimensat(AT_FDCWD, path, then, 0), 0);
}

static unsigned
count_files(void)
{
    char dir[128];
    unsigned n = 0;
    DIR *d;

    (void)snprintf(dir, sizeof(dir), "%s/run/lock", root);
    d = dir_open(AT_FDCWD, dir);
    while (dir_next(d))
        n++;
    dir_done(&d);
    return n;
}

/* A process that has ended, and nobody is. */
static pid_t
dead(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    CHECK(waitpid(pid, NULL, 0) == pid);
    return pid;
}

TEST(who_has_it_stands_in_it_and_nothing_stays_behind)
{
    const struct tools_lock_wait wait = { 0 };
    struct tools_lock lock;
    char text[32] = "", own[32];
    FILE *f;

    begin();
    CHECK_INT(tools_lock_take(root, &wait, &lock), 0);
    CHECK_INT(count_files(), 1);
    f = fopen(path, "re");
    if (!f || !fgets(text, sizeof(text), f))
        FAIL("%s: %s", path, strerror(errno));
    (void)fclose(f);
    (void)snprintf(own, sizeof(own), "%d\n", (int)getpid());
    CHECK_STR(text, own);
    tools_lock_done(&lock);
    CHECK_INT(count_files(), 0);
    tools_lock_done(&lock);
    end();
}

TEST(without_a_place_for_locks_there_is_none)
{
    const struct tools_lock_wait wait = { 0 };
    struct tools_lock lock;

    CHECK_INT(tools_lock_take("/nowhere/at/all", &wait, &lock), 0);
    CHECK_STR(lock.path, "");
    tools_lock_done(&lock);
}

TEST(what_somebody_left_is_nobodys)
{
    const struct tools_lock_wait wait = { 0 };
    char own[32], gone[32];
    const struct {
        const char *text;
        time_t age_s;
        int answer;
    } rows[] = {
        { "1\n", 0, -EBUSY }, { "1\n", 1000, -EBUSY }, { gone, 0, 0 },
        { own, 0, 0 },        { "", 0, -EBUSY },       { "", 100, -EBUSY },
        { "", 1000, 0 },      { "x\n", 1000, 0 },
    };

    begin();
    (void)snprintf(own, sizeof(own), "%d\n", (int)getpid());
    (void)snprintf(gone, sizeof(gone), "%d\n", (int)dead());
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tools_lock lock;

        test_note("\"%s\", %ld s", rows[i].text, (long)rows[i].age_s);
        put(rows[i].text, rows[i].age_s);
        CHECK_INT(tools_lock_take(root, &wait, &lock), rows[i].answer);
        CHECK_INT(count_files(), 1);
        tools_lock_done(&lock);
        CHECK_INT(count_files(), rows[i].answer == 0 ? 0 : 1);
        (void)unlink(path);
    }
    end();
}

TEST(what_is_anothers_by_now_is_not_given_back)
{
    const struct tools_lock_wait wait = { 0 };
    struct tools_lock lock;

    begin();
    CHECK_INT(tools_lock_take(root, &wait, &lock), 0);
    CHECK_INT(unlink(path), 0);
    put("1\n", 0);
    tools_lock_done(&lock);
    CHECK_INT(count_files(), 1);
    end();
}

static pid_t told;
static unsigned stops;

static void
waits(pid_t owner, const char *name)
{
    (void)name;
    told = owner;
}

static bool
third_time(void)
{
    return ++stops == 3;
}

TEST(whoever_waits_is_told_for_whom_and_can_stop)
{
    const struct tools_lock_wait wait = { 60000, third_time, waits };
    struct tools_lock lock;

    begin();
    put("1\n", 0);
    CHECK_INT(tools_lock_take(root, &wait, &lock), -EINTR);
    CHECK_INT(told, 1);
    CHECK_INT(count_files(), 1);
    end();
}

/* Counts up under the lock, so often; the file is read and written again. */
static void
count_up(const char *counter, int times)
{
    const struct tools_lock_wait wait = { 60000, NULL, NULL };

    for (int i = 0; i < times; i++) {
        struct tools_lock lock;
        char text[32] = "";
        int fd;

        if (tools_lock_take(root, &wait, &lock))
            _exit(1);
        fd = open(counter, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) < 0)
            _exit(2);
        (void)snprintf(text, sizeof(text), "%ld", strtol(text, NULL, 10) + 1);
        if (pwrite(fd, text, strlen(text), 0) < 0)
            _exit(3);
        (void)close(fd);
        tools_lock_done(&lock);
    }
    _exit(0);
}

TEST(one_at_a_time_has_it)
{
    enum { PROCESSES = 4, TIMES = 20 };
    char counter[128], text[16] = "";
    pid_t pids[PROCESSES];
    FILE *f;

    begin();
    (void)snprintf(counter, sizeof(counter), "%s/counter", root);
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            count_up(counter, TIMES);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;

        CHECK(waitpid(pids[i], &status, 0) == pids[i]);
        CHECK_INT(status, 0);
    }
    f = fopen(counter, "re");
    if (!f || !fgets(text, sizeof(text), f))
        FAIL("%s: %s", counter, strerror(errno));
    (void)fclose(f);
    CHECK_INT(strtol(text, NULL, 10), PROCESSES * TIMES);
    end();
}
