/* SPDX-License-Identifier: MIT */
#include "sysfs/server.h"

#include "base/auto.h"
#include "sysfs/sysfs.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_EVENTS 65536

/** What the test says to its server. */
struct order {
    bool events; /* give me the uevents */
    struct host_request request;
    char mdev[64];
};

struct answer {
    int result;
    char events[MAX_EVENTS];
};

static void
obey(struct served *s, const struct order *order, struct answer *answer)
{
    struct origin origin = { .door = "test" };
    struct host_request request = order->request;
    struct refusal refusal;

    if (order->events) {
        (void)snprintf(answer->events, MAX_EVENTS, "%s",
                       s->events ? s->events : "");
        s->n_events = 0;
        free(TAKE(s->events));
        return;
    }
    if (order->mdev[0])
        request.engine.mdev = host_slot(s->owner.host, order->mdev);
    answer->result =
        abs(s->owner.change(&s->owner, &origin, &request, 1, &refusal));
}

static void
serve(struct served *s, int socket)
{
    static struct answer answer;
    struct pollfd fds[2] = {
        { .fd = sysfs_fd(s->sysfs), .events = POLLIN },
        { .fd = socket, .events = POLLIN },
    };
    struct order order;

    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        if (fds[1].revents) {
            if (recv(socket, &order, sizeof(order), 0) != sizeof(order))
                return;
            answer = (struct answer){ 0 };
            obey(s, &order, &answer);
            (void)send(socket, &answer, sizeof(answer), 0);
        }
        if (fds[0].revents && sysfs_process(s->sysfs) < 0)
            return;
    }
}

static _Noreturn void
be_server(const struct server_options *options, const char *dir, int socket)
{
    struct served s;
    int r = served_new(&s, options, dir);
    struct answer *ready = calloc(1, sizeof(*ready));

    if (ready) {
        ready->result = -r;
        (void)send(socket, ready, sizeof(*ready), 0);
        free(ready);
    }
    if (r == 0)
        serve(&s, socket);
    served_done(&s);
    (void)rmdir(dir); /* the test may have ended before */
    exit(0); /* NOLINT(concurrency-mt-unsafe): looks for leaks */
}

static int
receive(const struct server *server, struct answer *answer)
{
    return recv(server->socket, answer, sizeof(*answer), 0) == sizeof(*answer)
               ? answer->result
               : EPIPE;
}

const char *
server_impossible(void)
{
    AUTO(fd_done) int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return "/dev/fuse is not there, or not for us";
    if (geteuid() != 0 && access("/usr/bin/fusermount3", X_OK) != 0)
        return "an ordinary user needs fusermount3 to mount";
    return NULL;
}

void
server_start(struct server *server, const struct server_options *options)
{
    int sockets[2];
    int big = 4 * MAX_EVENTS;
    AUTO(free_done) struct answer *answer = calloc(1, sizeof(*answer));
    int r;

    strcpy(server->dir, "/tmp/vap-tree-XXXXXX");
    if (!mkdtemp(server->dir) || !answer ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        FAIL("%s: %s", server->dir, strerror(errno));
    for (int i = 0; i < 2; i++)
        (void)setsockopt(sockets[i], SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
    (void)fflush(NULL);
    server->pid = fork();
    if (server->pid == 0) {
        (void)dup2(sockets[1], 3); /* and nothing else is left open */
        (void)close_range(4, ~0U, 0);
        be_server(options, server->dir, 3);
    }
    (void)close(sockets[1]);
    server->socket = sockets[0];
    r = receive(server, answer);
    if (r)
        FAIL("a tree at %s: %s", server->dir, strerror(r));
}

bool
server_start_or_skip(struct server *server,
                     const struct server_options *options)
{
    const char *why = server_impossible();

    if (why)
        test_skip(why);
    else
        server_start(server, options);
    return !why;
}

void
server_stop(struct server *server)
{
    int status;

    (void)shutdown(server->socket, SHUT_RDWR);
    (void)close(server->socket);
    if (waitpid(server->pid, &status, 0) == server->pid && !WIFSIGNALED(status))
        CHECK_INT(status, 0);
    (void)rmdir(server->dir);
}

void
server_unmount(const struct server *server)
{
    char command[128];

    if (umount2(server->dir, MNT_DETACH) == 0)
        return;
    (void)snprintf(command, sizeof(command), "fusermount3 -u -z %s",
                   server->dir);
    if (system(command) != 0) // NOLINT(cert-env33-c): as anybody would
        FAIL("%s stays mounted", server->dir);
}

static int
ask(const struct server *server, const struct order *order,
    struct answer *answer)
{
    if (send(server->socket, order, sizeof(*order), 0) != sizeof(*order))
        return EPIPE;
    return receive(server, answer);
}

int
server_ask(const struct server *server, const struct host_request *request,
           const char *mdev)
{
    struct order order = { .request = *request };
    AUTO(free_done) struct answer *answer = calloc(1, sizeof(*answer));

    (void)snprintf(order.mdev, sizeof(order.mdev), "%s", mdev ? mdev : "");
    return answer ? ask(server, &order, answer) : ENOMEM;
}

int
server_ask_engine(const struct server *server,
                  const struct vap_request *request, const char *mdev)
{
    struct host_request r = { .setting = HOST_ENGINE, .engine = *request };

    return server_ask(server, &r, mdev);
}

char *
server_events(const struct server *server)
{
    struct order order = { .events = true };
    AUTO(free_done) struct answer *answer = calloc(1, sizeof(*answer));

    return answer && ask(server, &order, answer) == 0 ? strdup(answer->events)
                                                      : NULL;
}
