/* SPDX-License-Identifier: MIT */
/* vapd dies, or the kernel ends its connection, in the middle of what clients
 * do: each of them is told, none hangs, and the next vapd begins where the
 * last one was. */
#include "base/auto.h"
#include "base/files.h"
#include "daemon/host.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#define U "11111111-1111-1111-1111-111111111111"

/* How long somebody who should have been told may take, in ms. */
#define AT_MOST 60000

static int
path_open(const struct vhost *host, const char *file, int flags)
{
    char path[PATH_MAX + 128];

    (void)snprintf(path, sizeof(path), "%s/%s", host->place.tree, file);
    return open(path, flags | O_CLOEXEC);
}

/* --- clients: each ends with the errno that it met ------------------------ */

static int
reads_again_and_again(const struct vhost *host)
{
    for (;;) {
        int fd = path_open(host, "bus/ap/apmask", O_RDONLY);
        char text[128];
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

        if (n < 0)
            return errno;
        (void)close(fd);
    }
}

static int
reads_an_open_file(const struct vhost *host)
{
    int fd = path_open(host, "bus/ap/apmask", O_RDONLY);
    char c;
    ssize_t n;

    do
        n = pread(fd, &c, 1, 0);
    while (n == 1);
    return n < 0 ? errno : 0;
}

static int
writes_again_and_again(const struct vhost *host)
{
    int r;

    do
        r = vhost_write(host, "bus/ap/config_time", "77");
    while (r == 0);
    return -r;
}

/* A guest has it: who removes it waits for the guest. */
static int
waits_for_a_guest(const struct vhost *host)
{
    return -vhost_write(host, VHOST_MATRIX U "/remove", "1");
}

static int
stands_in_the_tree(const struct vhost *host)
{
    int fd;

    if (chdir(host->place.tree) < 0)
        return errno;
    while ((fd = open("bus/ap/apmask", O_RDONLY | O_CLOEXEC)) >= 0)
        (void)close(fd);
    return errno;
}

static int (*const clients[])(const struct vhost *host) = {
    reads_again_and_again, reads_an_open_file, writes_again_and_again,
    waits_for_a_guest,     stands_in_the_tree,
};

enum { CLIENTS = sizeof(clients) / sizeof(clients[0]) };

static void
start_clients(const struct vhost *host, pid_t pids[CLIENTS])
{
    (void)fflush(NULL);
    for (size_t i = 0; i < CLIENTS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(clients[i](host));
    }
}

static void
wait_ms(long ms)
{
    const struct timespec wait = { ms / 1000, ms % 1000 * 1000000 };

    (void)nanosleep(&wait, NULL);
}

/* The status of a child that ends; one that does not is killed. */
static int
ending_of(pid_t pid)
{
    int status;

    for (int ms = 0; ms < AT_MOST; ms += 10) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        wait_ms(10);
    }
    (void)kill(pid, SIGKILL);
    FAIL("it hangs");
}

/* Aborted in the middle of a call, not connected before one; EINTR, who waits
 * for a guest when vapd has a moment to say so. */
static void
check_clients(const pid_t pids[CLIENTS])
{
    for (size_t i = 0; i < CLIENTS; i++) {
        int status = ending_of(pids[i]);

        test_note("client %d: %s", (int)i, strerrorname_np(abs(status)));
        CHECK(status == ENOTCONN || status == ECONNABORTED ||
              (clients[i] == waits_for_a_guest && status == EINTR));
    }
}

/* Up, with an mdev that a guest has and clients at work. */
static struct vhost
host_at_work(pid_t pids[CLIENTS])
{
    struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_write(&host, VHOST_CREATE, U), 0);
    CHECK_INT(vhost_change(&host, "open " U " vm"), 200);
    start_clients(&host, pids);
    while (strcmp(vhost_read(&host, "bus/ap/config_time"), "77\n") != 0)
        wait_ms(1);
    wait_ms(50);
    return host;
}

/* --- */

TEST(who_reads_and_writes_when_vapd_is_killed_is_told_and_the_next_one_works)
{
    VHOST_OR_SKIP();

    pid_t pids[CLIENTS];
    AUTO(vhost_done) struct vhost host = host_at_work(pids);
    AUTO(fd_done) int old = path_open(&host, "bus/ap/apmask", O_RDONLY);
    char c;

    CHECK(old >= 0);
    CHECK_INT(vhost_end(&host, SIGKILL), -SIGKILL);
    check_clients(pids);
    CHECK_STR(vhost_read(&host, "bus/ap/apmask"), "");
    CHECK(errno == ENOTCONN);

    /* what is open of the old tree does not keep the new one from its place */
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_STR(vhost_read(&host, "bus/ap/config_time"), "77\n");
    CHECK(read(old, &c, 1) < 0 && errno == ENOTCONN);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
}

TEST(who_reads_and_writes_when_vapd_is_ended_is_told)
{
    VHOST_OR_SKIP();

    pid_t pids[CLIENTS];
    AUTO(vhost_done) struct vhost host = host_at_work(pids);

    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        int status = ending_of(pids[i]);

        test_note("client %d: %s", (int)i, strerrorname_np(abs(status)));
        CHECK(status == ENOTCONN || status == ECONNABORTED ||
              status == ENOENT ||
              (clients[i] == waits_for_a_guest && status == EINTR));
    }
    CHECK(!vhost_is_mounted(&host));
}

/* The file system that ends connections, seen by this process and its
 * children alone. */
static bool
mount_control(const struct vhost *host, char path[96])
{
    (void)snprintf(path, 96, "%s/fusectl", host->dir);
    return unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mkdir(path, 0700) == 0 &&
           mount("fusectl", path, "fusectl", 0, NULL) == 0;
}

static bool
abort_connection(const struct vhost *host, const char *control)
{
    char path[160];
    struct stat st;

    if (stat(host->place.tree, &st) < 0)
        return false;
    (void)snprintf(path, sizeof(path), "%s/%u/abort", control,
                   minor(st.st_dev));
    return file_store(AT_FDCWD, path, "1") == 0;
}

TEST(a_connection_that_is_aborted_ends_vapd_and_everyone_is_told)
{
    VHOST_OR_SKIP();
    if (geteuid() != 0)
        return; /* the control is root's alone */

    AUTO(vhost_done) struct vhost first = vhost_new();
    char control[96];
    pid_t pids[CLIENTS];

    if (!mount_control(&first, control)) {
        test_skip("fusectl cannot be mounted");
        return;
    }

    AUTO(vhost_done) struct vhost host = host_at_work(pids);

    CHECK(abort_connection(&host, control));
    CHECK_INT(ending_of(host.pid), 3);
    host.pid = 0;
    check_clients(pids);
    CHECK(access(host.place.runtime, F_OK) < 0 && errno == ENOENT);
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_STR(vhost_read(&host, "bus/ap/config_time"), "77\n");
    (void)umount2(control, MNT_DETACH);
}

/* One who waits for a vapd that does not answer can be killed. */
TEST(clients_of_a_stopped_vapd_wait_and_can_be_killed)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    pid_t pids[2];

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK(kill(host.pid, SIGSTOP) == 0);
    for (size_t i = 0; i < 2; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(-vhost_write(&host, VHOST_CREATE, U));
    }
    wait_ms(50);
    CHECK_INT(waitpid(pids[0], NULL, WNOHANG), 0);
    CHECK(kill(pids[0], SIGKILL) == 0);
    CHECK_INT(ending_of(pids[0]), -SIGKILL);
    CHECK_INT(waitpid(pids[1], NULL, WNOHANG), 0);
    CHECK(kill(host.pid, SIGCONT) == 0);
    CHECK_INT(ending_of(pids[1]), 0);
    CHECK_STR(vhost_read(&host, VHOST_MATRIX U "/matrix"), "");
    CHECK_INT(vhost_change(&host, "remove " U), 200);
}
