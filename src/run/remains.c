/* SPDX-License-Identifier: MIT */
/* A mount namespace has no list of its processes, so /proc is gone through
 * until nothing is found: what forks meanwhile is met in the next round. One
 * that finds nothing is not enough, for a process can have forked and ended
 * between being listed and being looked at. */
#include "run/remains.h"

#include "base/auto.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What comes through the tether. With HERE, a descriptor of the namespace:
 * while we have it, its number is given to no other. */
enum order { HERE, END_ALL, LEAVE };

/* Rounds of a millisecond: what the kernel cannot end by then, it cannot. */
#define MAX_ROUNDS 5000
#define ENOUGH_EMPTY 3 /* in a row */

/* The descriptor comes before the question, so it is who we asked about or
 * nobody. Returns whether it was in the namespace. */
static bool
end_one(const char *pid, const struct stat *ns)
{
    AUTO(fd_done) int process = pidfd_open((pid_t)strtol(pid, NULL, 10), 0);
    char path[64];
    struct stat st;

    (void)snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", pid);
    if (process < 0 || stat(path, &st) < 0 || st.st_ino != ns->st_ino ||
        st.st_dev != ns->st_dev)
        return false;
    (void)pidfd_send_signal(process, SIGKILL, NULL, 0);
    return true;
}

static bool
end_round(const struct stat *ns)
{
    AUTO(dir_done) DIR *proc = dir_open(AT_FDCWD, "/proc");
    bool any = false;
    const char *name;

    while ((name = dir_next(proc)))
        if (*name >= '1' && *name <= '9')
            any |= end_one(name, ns);
    return any;
}

static void
end_all(const struct stat *ns)
{
    const struct timespec ms = { 0, 1000000 };
    int empty = 0;

    for (int i = 0; i < MAX_ROUNDS && empty < ENOUGH_EMPTY; i++) {
        empty = end_round(ns) ? 0 : empty + 1;
        (void)nanosleep(&ms, NULL);
    }
}

/* Out of the way: of the terminal, of our files, of whatever is unmounted,
 * and of a watcher around us, who would end us as well. */
static void
stand_aside(int keep)
{
    (void)setsid();
    (void)chdir("/");
    (void)unshare(CLONE_NEWNS);
    (void)prctl(PR_SET_NAME, "vap-remains");
    if (keep > 0)
        (void)close_range(0, (unsigned)keep - 1, 0);
    (void)close_range((unsigned)keep + 1, ~0U, 0);
}

/** One word and its descriptor, or -1. */
struct message {
    enum order order;
    struct iovec word;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct msghdr header;
};

static void
message_init(struct message *m, enum order order)
{
    *m = (struct message){ .order = order };
    m->word = (struct iovec){ &m->order, sizeof(m->order) };
    m->header = (struct msghdr){ .msg_iov = &m->word,
                                 .msg_iovlen = 1,
                                 .msg_control = m->control,
                                 .msg_controllen = sizeof(m->control) };
}

/* The next word; END_ALL when nobody is left to say one. */
static enum order
hear(int tether, int *ns)
{
    struct message m;
    const struct cmsghdr *c;
    ssize_t n;

    do {
        message_init(&m, END_ALL);
        n = recvmsg(tether, &m.header, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n != sizeof(m.order))
        return END_ALL;
    c = CMSG_FIRSTHDR(&m.header);
    if (c && c->cmsg_type == SCM_RIGHTS)
        memcpy(ns, CMSG_DATA(c), sizeof(*ns));
    return m.order;
}

static int
tell(int tether, enum order order, int ns)
{
    struct message m;
    struct cmsghdr *c;

    message_init(&m, order);
    if (ns < 0) {
        m.header.msg_control = NULL;
        m.header.msg_controllen = 0;
    } else {
        c = CMSG_FIRSTHDR(&m.header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(ns));
        memcpy(CMSG_DATA(c), &ns, sizeof(ns));
    }
    return sendmsg(tether, &m.header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

_Noreturn static void
stand_by(int tether)
{
    int ns = -1;
    enum order order;
    struct stat st;

    stand_aside(tether);
    do
        order = hear(tether, &ns);
    while (order == HERE);
    if (order == END_ALL && fstat(ns, &st) == 0)
        end_all(&st);
    _exit(0);
}

int
remains_watch(struct remains *remains)
{
    int ends[2];
    pid_t pid;

    *remains = (struct remains){ 0 };
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        (void)close(ends[1]); /* else it would never see the last one close */
        stand_by(ends[0]);
    }
    (void)close(ends[0]);
    if (pid < 0) {
        int error = errno;

        (void)close(ends[1]);
        return -error;
    }
    *remains = (struct remains){ pid, ends[1] };
    return 0;
}

int
remains_in_here(const struct remains *remains)
{
    AUTO(fd_done)
    int ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

    return ns < 0 ? -errno : tell(remains->tether, HERE, ns);
}

void
remains_release(struct remains *remains, bool end_all_of_it)
{
    if (remains->pid == 0)
        return;
    (void)tell(remains->tether, end_all_of_it ? END_ALL : LEAVE, -1);
    (void)close(remains->tether);
    while (waitpid(remains->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *remains = (struct remains){ 0 };
}
