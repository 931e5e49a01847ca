/* SPDX-License-Identifier: MIT */
/* A real guest, as vap guest --linux boots it, and a host of its own. What is
 * timed begins with a write to the host's tree and ends with the guest's word
 * that its kernel shows what came of it. */
#include "bench/bench.h"

#include "base/auto.h"
#include "base/files.h"
#include "run/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define MDEV "62177883-f1bb-47f0-914d-32a22e3a8804"
#define PLUGS 200

/* It answers each letter: when the queue is there, when it is gone, at once. */
static const char agent[] = "q=/sys/bus/ap/devices/03.0047\n"
                            "while read -r what; do\n"
                            "    case $what in\n"
                            "    +) while [ ! -e $q ]; do :; done;;\n"
                            "    -) while [ -e $q ]; do :; done;;\n"
                            "    esac\n"
                            "    echo $what\n"
                            "done\n";

struct plug {
    char dir[32]; /* of the host */
    char vap[PATH_MAX]; /* the command */
    char mdev[PATH_MAX]; /* in the host's tree */
    pid_t pid;
    int talk; /* with the guest; -1 */
    bool lost;
};

/* vap of the same build, in the folder above this program's. */
static int
find_vap(char path[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 8);

    for (int up = 0; up < 2 && n > 0; up++)
        while (n > 0 && path[--n] != '/')
            ;
    if (n <= 0)
        return -ENOENT;
    memcpy(path + n, "/vap", sizeof("/vap"));
    return access(path, X_OK) == 0 ? 0 : -ENOENT;
}

/* A child that ends with us, with both its ends at io; -1 for nothing. */
static pid_t
spawn(int io, const char *const *argv)
{
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (io < 0)
        io = open("/dev/null", O_RDWR);
    if (dup2(io, STDIN_FILENO) == 0 && dup2(io, STDOUT_FILENO) == 1)
        (void)execv(argv[0], (char *const *)argv);
    _exit(127);
}

static int
run_vap(const struct plug *p, const char *command, const char *option)
{
    const char *const argv[] = { p->vap, command, option, NULL };
    pid_t pid = spawn(-1, argv);
    int status;

    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -EIO;
}

/* Into a file of the tree. */
static int
put(const struct plug *p, const char *name, const char *text)
{
    AUTO(free_done) char *path = path_below(p->mdev, name);

    return path ? file_store(AT_FDCWD, path, text) : -ENOMEM;
}

/* To the guest, and until it has said the same. */
static void
ask(struct plug *p, const char *what)
{
    char said[8];
    size_t n = 0;

    if (write(p->talk, what, 2) != 2)
        p->lost = true;
    while (!p->lost && n < 2) {
        ssize_t r = read(p->talk, said + n, 2 - n);

        p->lost = r <= 0;
        n += r > 0 ? (size_t)r : 0;
    }
}

static void
work_plug(void *self)
{
    struct plug *p = self;

    p->lost = p->lost || put(p, "assign_adapter", "3") < 0;
    ask(p, "+\n");
}

static void
undo_plug(void *self)
{
    struct plug *p = self;

    p->lost = p->lost || put(p, "unassign_adapter", "3") < 0;
    ask(p, "-\n");
}

static void
work_ask(void *self)
{
    ask(self, "?\n");
}

static int
host_up(struct plug *p)
{
    int r = bench_folder(p->dir);

    if (r < 0)
        return r;
    (void)setenv("VAP_RUNTIME_DIR", p->dir, 1);
    (void)setenv("VAP_STATE_DIR", p->dir, 1);
    if (run_vap(p, "up", NULL) < 0)
        return -ENODEV;
    (void)snprintf(p->mdev, sizeof(p->mdev),
                   "%s/default/sys/devices/vfio_ap/matrix/"
                   "mdev_supported_types/vfio_ap-passthrough",
                   p->dir);
    if (put(p, "create", MDEV) < 0)
        return -EIO;
    (void)snprintf(p->mdev, sizeof(p->mdev),
                   "%s/default/sys/devices/vfio_ap/matrix/" MDEV, p->dir);
    return put(p, "assign_domain", "0x47");
}

static int
guest_up(struct plug *p)
{
    const char *const argv[] = { p->vap, "guest", "--linux", "--mdev", MDEV,
                                 "--",   "sh",    "-c",      agent,    NULL };
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    p->talk = pair[0];
    p->pid = spawn(pair[1], argv);
    (void)close(pair[1]);
    ask(p, "?\n");
    return p->lost ? -EIO : 0;
}

static void
plug_done(struct plug *p)
{
    if (p->pid > 0) {
        (void)kill(p->pid, SIGTERM);
        (void)waitpid(p->pid, NULL, 0);
    }
    fd_done(&p->talk);
    if (*p->mdev)
        (void)run_vap(p, "down", "--forget");
    (void)unsetenv("VAP_RUNTIME_DIR");
    (void)unsetenv("VAP_STATE_DIR");
    (void)remove_tree(p->dir);
}

int
bench_plug(const struct bench *bench, const struct measure_limits *limits,
           struct bench_result *result)
{
    AUTO(plug_done)
    struct plug p = { .dir = "/tmp/vap-bench-XXXXXX", .talk = -1 };
    struct measure_limits plugs = { 60, PLUGS };
    int r = machine_lack() ? -ENOPKG : find_vap(p.vap);

    (void)bench;
    if (limits->max_samples < plugs.max_samples)
        plugs = *limits;
    if (r == 0)
        r = host_up(&p);
    if (r == 0)
        r = guest_up(&p);
    if (r < 0)
        return r;
    measure(&(struct measure_work){ work_plug, undo_plug, &p }, &plugs,
            &result->own);
    measure(&(struct measure_work){ work_ask, NULL, &p }, limits,
            &result->beside);
    result->own = measured_scaled(result->own, 1e-6);
    result->beside = measured_scaled(result->beside, 1e-6);
    return p.lost ? -EPIPE : 0;
}
