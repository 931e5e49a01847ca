/* SPDX-License-Identifier: MIT */
/* A guest holds its mdev: whoever writes to remove waits until it has let it
 * go, is killed, or the tree goes. */
#include "sysfs/tree.h"

#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define U TREE_MATRIX TREE_U "/"

static struct server server;

/** A program that writes and waits. */
struct client {
    pid_t pid;
    int pipe; /* tells errno when write(2) returns */
};

static int
hold(bool open)
{
    struct vap_request r = { .op = open ? VAP_OPEN_MDEV : VAP_CLOSE_MDEV,
                             .vm = 1 };

    return server_ask_engine(&server, &r, TREE_U);
}

static bool
start(void)
{
    if (!server_start_or_skip(&server, &server_builtin))
        return false;
    CHECK_INT(tree_write(&server, TREE_TYPE "create", TREE_U), 0);
    CHECK_INT(hold(true), 0);
    return true;
}

static void
ignore(int signal)
{
    (void)signal;
}

static _Noreturn void
be_client(int fd, const char *text, int out)
{
    struct sigaction action = { .sa_handler = ignore };
    int e = 0;

    (void)sigaction(SIGUSR1, &action, NULL);
    if (write(fd, text, strlen(text)) < 0)
        e = errno;
    (void)write(out, &e, sizeof(e));
    _exit(0);
}

static struct client
client_start(int fd, const char *text)
{
    struct client c;
    int ends[2];

    CHECK(fd >= 0);
    CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
    (void)fflush(NULL);
    c.pid = fork();
    if (c.pid == 0) {
        (void)close(server.socket);
        be_client(fd, text, ends[1]);
    }
    (void)close(ends[1]);
    (void)close(fd);
    c.pipe = ends[0];
    return c;
}

static int
open_file(const char *file)
{
    return open(tree_path(&server, file), O_WRONLY | O_CLOEXEC);
}

/* What its write(2) ended with. */
static int
client_end(const struct client *c)
{
    int e = -1;

    CHECK_INT(read(c->pipe, &e, sizeof(e)), sizeof(e));
    (void)close(c->pipe);
    (void)waitpid(c->pid, NULL, 0);
    return e;
}

static bool
client_waits(const struct client *c)
{
    return waitpid(c->pid, NULL, WNOHANG) == 0;
}

/* Until the tree has got the write: then the file is gone. */
static void
until_leaving(void)
{
    for (int i = 0; i < 30000 && tree_has(&server, U "remove"); i++)
        (void)usleep(1000);
    CHECK(!tree_has(&server, U "remove"));
}

TEST(remove_waits_until_the_guest_lets_go)
{
    struct client c;
    int assign;

    if (!start())
        return;
    assign = open_file(U "assign_adapter");
    c = client_start(open_file(U "remove"), "1");
    until_leaving();
    CHECK(client_waits(&c));
    CHECK_INT(tree_write(&server, U "assign_adapter", "5"), ENOENT);
    CHECK_INT(write(assign, "5", 1), -1);
    CHECK_INT(errno, ENODEV);
    (void)close(assign);
    CHECK_STR(tree_read(&server, U "matrix"), "ENOENT");
    CHECK(!tree_has(&server, "bus/mdev/devices/" TREE_U));
    CHECK(!tree_has(&server, "bus/mdev/drivers/vfio_ap_mdev/" TREE_U));
    CHECK_INT(
        tree_write(&server, "bus/mdev/drivers/vfio_ap_mdev/unbind", TREE_U),
        ENODEV);
    CHECK_INT(tree_write(&server, TREE_TYPE "create", TREE_U), EEXIST);
    CHECK(client_waits(&c));
    CHECK_INT(hold(false), 0);
    CHECK_INT(client_end(&c), 0);
    CHECK(!tree_has(&server, TREE_MATRIX TREE_U));
    CHECK_INT(tree_write(&server, TREE_TYPE "create", TREE_U), 0);
    CHECK(tree_has(&server, U "remove"));
    server_stop(&server);
}

TEST(a_second_writer_comes_too_late)
{
    struct client a;
    struct client b;
    int second;

    if (!start())
        return;
    second = open_file(U "remove"); /* before it has gone */
    a = client_start(open_file(U "remove"), "1");
    until_leaving();
    b = client_start(second, "1");
    CHECK(client_waits(&a));
    CHECK(client_waits(&b));
    CHECK_INT(hold(false), 0);
    CHECK_INT(client_end(&a), 0);
    CHECK_INT(client_end(&b), ENODEV); /* nothing is left to remove */
    CHECK(!tree_has(&server, TREE_MATRIX TREE_U));
    server_stop(&server);
}

/* Until the mdev has gone that nobody waits for. */
static void
until_gone(void)
{
    for (int i = 0; i < 30000 && tree_has(&server, TREE_MATRIX TREE_U); i++)
        (void)usleep(1000);
    CHECK(!tree_has(&server, TREE_MATRIX TREE_U));
}

TEST(a_signal_that_is_handled_ends_nothing)
{
    struct client c;
    struct pollfd answer;

    if (!start())
        return;
    c = client_start(open_file(U "remove"), "1");
    until_leaving();
    for (int i = 0; i < 3; i++) {
        CHECK_INT(kill(c.pid, SIGUSR1), 0);
        answer = (struct pollfd){ c.pipe, POLLIN, 0 };
        CHECK_INT(poll(&answer, 1, 100), 0);
    }
    CHECK_INT(hold(false), 0);
    CHECK_INT(client_end(&c), 0);
    CHECK(!tree_has(&server, TREE_MATRIX TREE_U));
    server_stop(&server);
}

/* FUSE tells of the first signal only. */
TEST(a_killed_writer_ends_though_it_had_a_signal_before)
{
    struct client c;

    if (!start())
        return;
    c = client_start(open_file(U "remove"), "1");
    until_leaving();
    CHECK_INT(kill(c.pid, SIGUSR1), 0);
    CHECK(!tree_has(&server, U "matrix"));
    CHECK_INT(kill(c.pid, SIGKILL), 0);
    CHECK_INT(waitpid(c.pid, NULL, 0), c.pid);
    (void)close(c.pipe);
    CHECK_INT(hold(false), 0);
    until_gone();
    server_stop(&server);
}

TEST(a_killed_writer_leaves_nothing_behind)
{
    struct client c;

    if (!start())
        return;
    c = client_start(open_file(U "remove"), "1");
    until_leaving();
    CHECK_INT(kill(c.pid, SIGKILL), 0);
    CHECK_INT(waitpid(c.pid, NULL, 0), c.pid);
    (void)close(c.pipe);
    CHECK(!tree_has(&server, U "remove"));
    CHECK(tree_has(&server, TREE_MATRIX TREE_U));
    CHECK_INT(hold(false), 0);
    until_gone();
    server_stop(&server);
}

TEST(unbind_waits_as_well)
{
    struct client c;

    if (!start())
        return;
    c = client_start(open_file("bus/mdev/drivers/vfio_ap_mdev/unbind"), TREE_U);
    for (int i = 0; i < 30000 && tree_has(&server, U "driver"); i++)
        (void)usleep(1000);
    CHECK_INT(tree_write(&server, U "assign_adapter", "5"), ENOENT);
    CHECK(tree_has(&server, U "remove"));
    CHECK(tree_has(&server, "bus/mdev/devices/" TREE_U));
    CHECK(client_waits(&c));
    CHECK_INT(hold(false), 0);
    CHECK_INT(client_end(&c), 0);
    CHECK(!tree_has(&server, U "matrix"));
    CHECK(tree_has(&server, U "remove"));
    server_stop(&server);
}

TEST(a_tree_that_ends_interrupts_who_waits)
{
    struct client c;

    if (!start())
        return;
    c = client_start(open_file(U "remove"), "1");
    until_leaving();
    server_stop(&server);
    CHECK_INT(client_end(&c), EINTR);
}

TEST(a_tree_that_dies_fails_who_waits)
{
    struct client c;
    int e;

    if (!start())
        return;
    c = client_start(open_file(U "remove"), "1");
    until_leaving();
    CHECK_INT(kill(server.pid, SIGKILL), 0);
    e = client_end(&c);
    CHECK(e == ECONNABORTED || e == ENOTCONN || e == EIO);
    CHECK_STR(tree_read(&server, "bus/ap/apmask"), "ENOTCONN");
    server_unmount(&server);
    server_stop(&server);
}
