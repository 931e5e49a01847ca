/* SPDX-License-Identifier: MIT */
/* vapd from its start to its end: what it needs, what it leaves, whom it
 * refuses. */
#include "base/auto.h"
#include "daemon/host.h"
#include "store/store.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#define U "11111111-1111-1111-1111-111111111111"

static bool
is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static size_t
count_entries(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *e;
    size_t n = 0;

    if (!dir)
        FAIL("%s cannot be listed", path);
    while ((e = readdir(dir))) /* NOLINT(concurrency-mt-unsafe) */
        n += e->d_name[0] != '.';
    (void)closedir(dir);
    return n;
}

TEST(a_host_that_is_ready_has_its_tree_and_its_api)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_number(&host, "pid"), host.pid);
    CHECK_INT(place_pid(&host.place), host.pid);
    CHECK_STR(vhost_read(&host, "bus/ap/ap_max_adapter_id"), "255\n");
    CHECK_STR(vhost_read(&host, "bus/ap/bindings"), "9/9 (complete)\n");
}

static double
seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Written so often that five seconds never pass between two: a machine that
 * did not let us is no judge. */
TEST(no_scan_comes_while_config_time_is_written_again_and_again)
{
    char scans[32];
    double begin;
    double last;
    double longest = 0;

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_write(&host, "bus/ap/config_time", "5"), 0);
    (void)snprintf(scans, sizeof(scans), "%s",
                   vhost_read(&host, "bus/ap/scans"));
    for (begin = last = seconds(); last < begin + 6;) {
        double now;

        (void)usleep(200000);
        CHECK_INT(vhost_write(&host, "bus/ap/config_time", "5"), 0);
        now = seconds();
        longest = now - last > longest ? now - last : longest;
        last = now;
    }
    if (longest < 4)
        CHECK_STR(vhost_read(&host, "bus/ap/scans"), scans);
}

TEST(one_that_is_ended_leaves_its_state_and_nothing_else)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

    VHOST_OR_SKIP();
    for (size_t i = 0; i < 3; i++) {
        AUTO(vhost_done) struct vhost host = vhost_new();

        test_note("signal %d", signals[i]);
        CHECK_INT(vhost_start(&host, NULL), 0);
        CHECK_INT(vhost_write(&host, VHOST_CREATE, U), 0);
        CHECK_INT(vhost_end(&host, signals[i]), 0);
        CHECK(!is_there(host.place.runtime));
        CHECK_INT(count_entries(host.place.state), 1);
        CHECK(is_there(host.place.store));
        CHECK_INT(vhost_start(&host, NULL), 0);
        CHECK_INT(vhost_number(&host, "mdevs"), 1);
    }
}

/* As by two vap down at once, or by Ctrl-C again and again. */
TEST(one_that_is_asked_to_end_again_still_ends_in_order)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    for (int i = 0; i < 5; i++) {
        siginfo_t over = { 0 };

        CHECK_INT(vhost_start(&host, NULL), 0);
        for (pid_t pid = host.pid; !over.si_pid;) {
            CHECK(kill(pid, SIGTERM) == 0);
            CHECK(waitid(P_PID, (id_t)pid, &over,
                         WEXITED | WNOHANG | WNOWAIT) == 0);
        }
        CHECK_INT(vhost_end(&host, SIGTERM), 0);
        CHECK(!is_there(host.place.runtime));
    }
}

TEST(a_second_one_of_a_name_is_refused_and_the_first_goes_on)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    struct vhost second;

    CHECK_INT(vhost_start(&host, NULL), 0);
    second = host;
    CHECK_INT(vhost_start(&second, NULL), 1);
    CHECK(strstr(second.said, "is up already, pid "));
    CHECK_INT(vhost_start(&second, (const char *[]){ "--fresh", NULL }), 1);
    CHECK_STR(vhost_read(&host, "bus/ap/ap_max_adapter_id"), "255\n");
    CHECK_INT(vhost_change(&host, "scan"), 200);
}

TEST(what_a_killed_one_has_left_is_cleared_away)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    for (int i = 0; i < 3; i++) {
        CHECK_INT(vhost_start(&host, NULL), 0);
        CHECK_INT(vhost_change(&host, "adapter 11 comes"), 200);
        CHECK_INT(vhost_number(&host, "last_event"), i + 1);
        CHECK_INT(vhost_end(&host, SIGKILL), -SIGKILL);
        CHECK(vhost_is_mounted(&host));
        CHECK_INT(place_pid(&host.place), 0);
    }
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    CHECK(!vhost_is_mounted(&host));
    CHECK(!is_there(host.place.runtime));
}

TEST(two_hosts_side_by_side_know_nothing_of_each_other)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost one = vhost_new();
    AUTO(vhost_done) struct vhost two = vhost_beside(&one, "two");

    CHECK_INT(vhost_start(&one, NULL), 0);
    CHECK_INT(vhost_start(&two, (const char *[]){ "--large", NULL }), 0);
    CHECK_INT(vhost_write(&one, VHOST_CREATE, U), 0);
    CHECK_INT(vhost_number(&one, "mdevs"), 1);
    CHECK_INT(vhost_number(&two, "mdevs"), 0);
    CHECK_INT(vhost_end(&one, SIGTERM), 0);
    CHECK_STR(vhost_read(&two, "bus/ap/bindings"), "65536/65536 (complete)\n");
    CHECK_INT(vhost_end(&two, SIGTERM), 0);
}

/* What systemd is told. */
TEST(systemd_hears_of_the_start_and_of_the_end)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    AUTO(fd_done) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char text[64] = "";

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/notify", host.dir);
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    (void)setenv("NOTIFY_SOCKET", at.sun_path, 1);
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(recv(fd, text, sizeof(text) - 1, 0), 7);
    CHECK_STR(text, "READY=1");
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    CHECK_INT(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), 10);
    CHECK_STR(text, "STOPPING=1");
    (void)unsetenv("NOTIFY_SOCKET");
}

TEST(what_is_for_a_new_host_is_refused_by_one_that_goes_on)
{
    static const char *const refused[][3] = {
        { "--large" },
        { "--rule", "linux-7.2" },
        { "--kernel", "6.12" },
        { "--host", "/dev/null" },
    };

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    for (size_t i = 0; i < 4; i++) {
        test_note("%s", refused[i][0]);
        CHECK_INT(vhost_start(&host, refused[i]), 1);
        CHECK(strstr(host.said, "--fresh"));
        CHECK(!is_there(host.place.runtime));
    }
    CHECK_INT(vhost_start(&host, (const char *[]){ "--rule", "state",
                                                   "--kernel", "7.2", NULL }),
              0);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    CHECK_INT(vhost_start(&host, (const char *[]){ "--fresh", "--rule",
                                                   "linux-6.12", NULL }),
              0);
    CHECK_STR(vhost_read(&host, "bus/ap/bindings_complete_count"), "");
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
}

TEST(what_was_is_not_forgotten_for_a_new_host_that_cannot_be)
{
    static const char *const asked[][5] = {
        { "--fresh", "--host", "/nowhere" },
        { "--fresh", "--large", "--host", "/nowhere" },
        { "--fresh", "--kernel", "5" },
    };

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_write(&host, VHOST_CREATE, U), 0);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        test_note("%s %s", asked[i][1], asked[i][2]);
        CHECK(vhost_start(&host, asked[i]) > 0);
    }
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_number(&host, "mdevs"), 1);
}

TEST(wrong_usage_is_said_in_a_line)
{
    static const struct {
        const char *options[4];
        int status;
        const char *said;
    } rows[] = {
        { { "--rule", "none" }, 2, "--rule: none found" },
        { { "--kernel", "5" }, 2, "--kernel: 5 found" },
        { { "--rule", "linux-7.2", "--kernel", "6.12" }, 2, "brings its own" },
        { { "--store-bytes", "x" }, 2, "--store-bytes: x found" },
        { { "--host", "/nowhere" }, 3, "/nowhere: " },
        { { "--host", "/dev/null" }, 3, "/dev/null: " },
        { { "--name", ".." }, 2, "--name: .. found" },
        { { "operand" }, 2, "operand found" },
        { { "--nothing" }, 2, "nothing" },
    };
    AUTO(vhost_done) struct vhost host = vhost_new();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *options[5] = { NULL };

        memcpy(options, rows[i].options, sizeof(rows[i].options));
        test_note("%s: %s", options[0], host.said);
        CHECK_INT(vhost_start(&host, options), rows[i].status);
        test_note("%s: %s", options[0], host.said);
        CHECK(strstr(host.said, rows[i].said));
        CHECK(!is_there(host.place.runtime));
    }
}

static void
overwrite(const char *path, off_t at, const char *with)
{
    AUTO(fd_done) int fd = open(path, O_WRONLY | O_CLOEXEC);

    CHECK(fd >= 0 && pwrite(fd, with, strlen(with), at) > 0);
}

TEST(a_damaged_store_is_said_and_can_be_forgotten)
{
    static const off_t places[] = { 0, 100, 4096 };

    VHOST_OR_SKIP();
    for (size_t i = 0; i < 3; i++) {
        AUTO(vhost_done) struct vhost host = vhost_new();

        test_note("at %d", (int)places[i]);
        CHECK_INT(vhost_start(&host, NULL), 0);
        CHECK_INT(vhost_change(&host, "scan"), 200);
        CHECK_INT(vhost_end(&host, SIGTERM), 0);
        overwrite(host.place.store, places[i], "this is no database any more");
        CHECK_INT(vhost_start(&host, NULL), 3);
        test_note("%s", host.said);
        CHECK(strstr(host.said, "damaged"));
        CHECK(strstr(host.said, "--fresh"));
        CHECK_INT(vhost_start(&host, (const char *[]){ "--fresh", NULL }), 0);
        CHECK_INT(vhost_number(&host, "last_event"), 0);
    }
}

/* In the log beside the file, which a killed one leaves. */
TEST(what_a_damaged_log_has_lost_is_said_and_the_host_goes_on_without)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    char log[PATH_MAX + 8];

    (void)snprintf(log, sizeof(log), "%s-wal", host.place.store);
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_change(&host, "scan"), 200);
    CHECK_INT(vhost_end(&host, SIGKILL), -SIGKILL);
    overwrite(log, 0, "this is no log any more");
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_number(&host, "last_event"), 0);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    test_note("%s", host.said);
    CHECK(strstr(host.said, "events missing at its end: 1;"));
    CHECK(strstr(host.said, "as it was after event 0"));
}

/* As root nothing but the file system itself stands in the way. */
TEST(a_folder_that_cannot_be_written_is_named)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    const char *dir = host.place.state;
    bool root = geteuid() == 0;
    int status;

    CHECK_INT(place_make(&host.place), 0);
    if (root)
        CHECK(mount(dir, dir, NULL, MS_BIND, NULL) == 0 &&
              mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) ==
                  0);
    else
        CHECK(chmod(dir, 0500) == 0);
    status = vhost_start(&host, NULL);
    if (root) /* a user's is empty, and has gone */
        CHECK(umount2(dir, MNT_DETACH) == 0);
    CHECK_INT(status, 3);
    test_note("%s", host.said);
    CHECK(strstr(host.said, dir));
    CHECK(strstr(host.said, strerror(root ? EROFS : EACCES)));
}

/* In the header of the file: SQLite's application id, "vap" and a number. */
TEST(a_store_of_another_version_is_said_and_kept)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_change(&host, "scan"), 200);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    overwrite(host.place.store, 68, "vap\x02");
    CHECK_INT(vhost_start(&host, NULL), 3);
    test_note("%s", host.said);
    CHECK(strstr(host.said, "another version"));
    overwrite(host.place.store, 68, "vap\x01");
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_number(&host, "last_event"), 1);
}

TEST(a_log_without_the_state_it_began_with_is_damaged)
{
    struct store_event event = { .command = "",
                                 .door = "api",
                                 .request = "[]",
                                 .verdict = "",
                                 .effect = "{}" };

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(store_done) struct store *store = NULL;

    CHECK_INT(place_make(&host.place), 0);
    CHECK_INT(store_open(host.place.store, 0, &store), 0);
    CHECK_INT(store_record(store, &event), 0);
    store_close(TAKE(store));
    CHECK_INT(vhost_start(&host, NULL), 3);
    test_note("%s", host.said);
    CHECK(strstr(host.said, "damaged"));
}

TEST(one_whose_tree_is_taken_away_ends_and_says_so)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    int status;

    if (geteuid() != 0)
        return; /* only root may unmount */
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK(umount2(host.place.tree, MNT_FORCE) == 0);
    CHECK(waitpid(host.pid, &status, 0) == host.pid);
    host.pid = 0;
    CHECK_INT(WEXITSTATUS(status), 3);
    CHECK(!is_there(host.place.runtime));
    CHECK_INT(vhost_start(&host, NULL), 0);
}

TEST(a_name_is_one_word_of_a_path)
{
    static const char *const bad[] = { "",    ".",  "..",  "a/b",     "-a",
                                       "a b", "_a", "a\n", "\xc3\xa4" };
    struct place place;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        test_note("%s", bad[i]);
        CHECK_INT(place_of(bad[i], &place), -EINVAL);
    }
}
