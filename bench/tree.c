/* SPDX-License-Identifier: MIT */
/* The mounted tree. Each server is a process of its own with one loop; what
 * is timed is a client's. */
#include "bench/bench.h"

#include "base/auto.h"
#include "base/say.h"
#include "sysfs/sysfs.h"

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/** A server and what is read from it. */
struct served {
    pid_t pid;
    char dir[32];
    char file[96];
};

/* ours */

static int
refuse(struct owner *owner, const struct origin *origin,
       const struct host_request *list, size_t n, struct refusal *refusal)
{
    (void)owner;
    (void)origin;
    (void)list;
    (void)n;
    return refusal->error = EPERM;
}

static _Noreturn void
serve_tree(const char *dir)
{
    struct host_boot boot = {
        .rule = &vap_rule_state,
        .kernel = VAP_LINUX_7_2,
        .config = { .ids = { vap_mask_all(), vap_mask_all(), vap_mask_all() },
                    .apxa = true,
                    .last_adapter = 255,
                    .last_domain = 255 },
    };
    struct sysfs_options options = { .dir = dir };
    struct owner owner = { .change = refuse };
    struct sysfs *sysfs = NULL;

    if (host_new(&boot, &owner.host) || sysfs_new(&owner, &options, &sysfs) < 0)
        _exit(1);

    struct pollfd fd = { .fd = sysfs_fd(sysfs), .events = POLLIN };

    while (poll(&fd, 1, -1) < 0 || sysfs_process(sysfs) == 0)
        ;
    _exit(0);
}

/* a FUSE file that does nothing, in a directory */

static void
fill(fuse_ino_t ino, struct stat *st)
{
    *st = (struct stat){
        .st_ino = ino,
        .st_mode = ino > 2 ? S_IFREG | 0444 : S_IFDIR | 0755,
        .st_nlink = 1,
        .st_size = ino > 2 ? 4096 : 0,
    };
}

static void
op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct fuse_entry_param e = { .ino = parent + 1,
                                  .attr_timeout = 86400,
                                  .entry_timeout = 86400 };

    (void)name;
    fill(e.ino, &e.attr);
    (void)fuse_reply_entry(req, &e);
}

static void
op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct stat st;

    (void)fi;
    fill(ino, &st);
    (void)fuse_reply_attr(req, &st, 86400);
}

static void
op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    (void)ino;
    fi->direct_io = 1;
    fi->noflush = 1;
    (void)fuse_reply_open(req, fi);
}

static void
op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
        struct fuse_file_info *fi)
{
    (void)ino;
    (void)size;
    (void)fi;
    (void)fuse_reply_buf(req, "unassigned\n", off ? 0 : 11);
}

static _Noreturn void
serve_nothing(const char *dir)
{
    static const struct fuse_lowlevel_ops ops = { .lookup = op_lookup,
                                                  .getattr = op_getattr,
                                                  .open = op_open,
                                                  .read = op_read };
    struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
    struct fuse_session *session;

    if (fuse_opt_add_arg(&args, "nothing") ||
        fuse_opt_add_arg(&args, "-odefault_permissions"))
        _exit(1);
    session = fuse_session_new(&args, &ops, sizeof(ops), NULL);
    if (!session || fuse_session_mount(session, dir))
        _exit(1);
    (void)fuse_session_loop(session);
    _exit(0);
}

/* both */

/* Reads the file once. Returns bytes, or -errno. */
static ssize_t
read_once(const struct served *s)
{
    AUTO(fd_done) int fd = open(s->file, O_RDONLY | O_CLOEXEC);
    char text[64];
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

    return n < 0 ? -errno : n;
}

static bool
is_mounted(const char *dir)
{
    struct stat here;
    struct stat above;

    return stat(dir, &here) == 0 && stat("/tmp", &above) == 0 &&
           here.st_dev != above.st_dev;
}

static void
stop(struct served *s)
{
    char command[80];

    if (s->pid <= 0)
        return;
    (void)kill(s->pid, SIGKILL);
    (void)waitpid(s->pid, NULL, 0);
    (void)snprintf(command, sizeof(command), "fusermount3 -u -z %s 2>/dev/null",
                   s->dir);
    if (umount2(s->dir, MNT_DETACH) != 0 &&
        system(command) != 0) // NOLINT(cert-env33-c): as anybody would
        say_error("%s stays mounted", s->dir);
    (void)rmdir(s->dir);
    s->pid = 0;
}

/* Until its first file has been read. 0, -errno. */
static int
start(struct served *s, void (*serve)(const char *dir), const char *file)
{
    int r;

    *s = (struct served){ .dir = "/tmp/vap-bench-XXXXXX" };
    r = bench_folder(s->dir);
    if (r < 0)
        return r;
    (void)snprintf(s->file, sizeof(s->file), "%s/%s", s->dir, file);
    (void)fflush(NULL);
    s->pid = fork();
    if (s->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(s->dir);
    }
    while (s->pid > 0 && !is_mounted(s->dir))
        if (waitpid(s->pid, NULL, WNOHANG) == s->pid) {
            s->pid = 0;
            (void)rmdir(s->dir);
            return -ENODEV; /* no /dev/fuse, or no right to it */
        }
    return s->pid < 0 ? -ENOMEM : (int)(read_once(s) < 0);
}

static void
work_read(void *self)
{
    (void)read_once(self);
}

int
bench_attr_read(const struct bench *bench, const struct measure_limits *limits,
                struct bench_result *result)
{
    struct served ours = { 0 };
    struct served nothing = { 0 };
    int r = start(&ours, serve_tree, "devices/ap/card03/03.0047/status");

    if (r == 0)
        r = start(&nothing, serve_nothing, "d/status");
    if (r == 0 && read_once(&ours) != read_once(&nothing)) {
        say_error("%s: the files differ", bench->key);
        r = 1;
    }
    if (r == 0) {
        measure(&(struct measure_work){ work_read, NULL, &ours }, limits,
                &result->own);
        measure(&(struct measure_work){ work_read, NULL, &nothing }, limits,
                &result->beside);
        result->own = measured_scaled(result->own, 1e-3);
        result->beside = measured_scaled(result->beside, 1e-3);
    }
    stop(&ours);
    stop(&nothing);
    return r;
}

/* the whole tree */

static void
work_start(void *self)
{
    (void)start(self, serve_tree, "devices/ap/cardff/ff.00ff/status");
}

static void
undo_start(void *self)
{
    stop(self);
}

/* A 64th of it as files: an adapter's queues, four times. */
#define PART 64

struct files {
    char dir[32];
    unsigned n;
};

static void
make_file(int dir, const char *name)
{
    AUTO(fd_done)
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);

    if (fd < 0 || write(fd, "0\n", 2) != 2)
        say_error("%s: %s", name, strerror(errno));
}

static void
make_queue(int root, unsigned number)
{
    static const char *const files[] = {
        "request_count", "requestq_count", "pendingq_count", "reset",
        "interrupt",     "config",         "chkstop",        "ap_functions",
        "uevent",        "status",         "driver_override"
    };
    char name[16];
    AUTO(fd_done) int dir = -1;

    (void)snprintf(name, sizeof(name), "%u", number);
    if (mkdirat(root, name, 0755) == 0)
        dir = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        make_file(dir, files[i]);
    (void)symlinkat("../../bus/ap", dir, "subsystem");
    (void)symlinkat("../../bus/ap/drivers/vfio_ap", dir, "driver");
}

static void
work_files(void *self)
{
    struct files *f = self;
    AUTO(fd_done) int root = -1;

    (void)strcpy(f->dir, "/dev/shm/vap-bench-XXXXXX");
    root = bench_folder(f->dir) == 0
               ? open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
               : -1;
    for (unsigned i = 0; root >= 0 && i < 65536 / PART; i++)
        make_queue(root, i);
}

static void
undo_files(void *self)
{
    struct files *f = self;
    char command[64];

    (void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    if (system(command) != 0) // NOLINT(cert-env33-c): as anybody would
        say_error("%s stays", f->dir);
}

/* Starting and filling takes long: some samples are enough. */
static struct measure_limits
few(const struct measure_limits *limits)
{
    return (struct measure_limits){ limits->seconds, limits->max_samples < 20
                                                         ? limits->max_samples
                                                         : 20 };
}

int
bench_tree(const struct bench *bench, const struct measure_limits *limits,
           struct bench_result *result)
{
    struct measure_limits some = few(limits);
    struct served s = { 0 };
    struct files f;
    int r = start(&s, serve_tree, "devices/ap/cardff/ff.00ff/status");

    (void)bench;
    stop(&s);
    if (r)
        return r;
    measure(&(struct measure_work){ work_start, undo_start, &s }, &some,
            &result->own);
    measure(&(struct measure_work){ work_files, undo_files, &f }, &some,
            &result->beside);
    result->own = measured_scaled(result->own, 1e-6);
    result->beside = measured_scaled(result->beside, 1e-6 * PART);
    return 0;
}

/* Resident, MiB. */
static double
memory_of(pid_t pid)
{
    char path[64];
    char line[128];
    double kib = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);

    AUTO(file_done) FILE *f = fopen(path, "re");

    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtod(line + 6, NULL);
    return kib / 1024;
}

static struct measured
once(double value)
{
    return (struct measured){ value, value, value, value, value, 1 };
}

int
bench_tree_memory(const struct bench *bench,
                  const struct measure_limits *limits,
                  struct bench_result *result)
{
    struct served ours = { 0 };
    struct served nothing = { 0 };
    int r = start(&ours, serve_tree, "devices/ap/cardff/ff.00ff/status");

    (void)bench;
    (void)limits;
    if (r == 0)
        r = start(&nothing, serve_nothing, "d/status");
    if (r == 0) {
        result->own = once(memory_of(ours.pid));
        result->beside = once(memory_of(nothing.pid));
    }
    stop(&ours);
    stop(&nothing);
    return r;
}
