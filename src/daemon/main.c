/* SPDX-License-Identifier: MIT */
/* vapd: starts in the order in which things need each other, and stops in
 * the other. */
#include "daemon/daemon.h"

#include "api/api.h"
#include "base/auto.h"
#include "base/say.h"
#include "observe/hostfile.h"
#include "store/state.h"
#include "sysfs/sysfs.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { DONE = 0, REFUSED = 1, USAGE = 2, FAILED = 3 };

static int
failed(const char *what, int error)
{
    say_error("%s: %s", what, strerror(-error));
    return FAILED;
}

/* --- the host ---------------------------------------------------------- */

static int
host_from_file(const struct daemon_options *o, struct host **out)
{
    struct hostfile_error error;
    int r = hostfile_load(o->host_file, out, &error);

    if (r == 0)
        return DONE;
    say_at(o->host_file, error.line, "%s", error.text);
    return r > 0 ? USAGE : FAILED;
}

/* 256 adapters by 256 domains, every queue for guests. */
static int
large_host(struct host **out)
{
    struct host_boot boot = {
        .rule = &vap_rule_state,
        .kernel = VAP_LINUX_7_2,
        .config = { .ids = { vap_mask_all(), vap_mask_all(), vap_mask_all() },
                    .apxa = true,
                    .last_adapter = 255,
                    .last_domain = 255 },
    };

    return host_new(&boot, out);
}

static int
new_host(const struct daemon_options *o, struct host **out)
{
    int r;

    if (o->host_file)
        return host_from_file(o, out);
    r = o->large ? large_host(out) : hostfile_builtin(out);
    return r < 0 ? failed("memory", r) : DONE;
}

/* Another rule or kernel than the file's: every guest matrix is worked out
 * under it. */
static void
use_rule(struct host *host, const struct daemon_options *o)
{
    struct vap_request look = { .op = VAP_LOOK_AGAIN };

    if (o->rule)
        host->engine->rule = o->rule;
    if (o->has_kernel)
        host->engine->kernel = o->kernel;
    if (host->engine->rule->kernel >= 0)
        host->engine->kernel = (enum vap_kernel)host->engine->rule->kernel;
    (void)host_do(host, &look, NULL);
}

/* What a host of this name was, or a new one, which is then written down. */
static int
find_host(struct daemon *d, const struct daemon_options *o)
{
    int r = state_at(d->store, INT64_MAX, &d->owner.host);

    if (r > 0)
        return DONE;
    if (r < 0) {
        say_error("%s: what is stored cannot be read: %s; vap up --fresh "
                  "forgets it",
                  d->place.store, strerror(-r));
        return FAILED;
    }
    r = new_host(o, &d->owner.host);
    if (r != DONE)
        return r;
    use_rule(d->owner.host, o);
    r = state_save(d->store, d->owner.host);
    return r < 0 ? failed(d->place.store, r) : DONE;
}

/* --- its place --------------------------------------------------------- */

/* The lock is ours, so whatever else lies here a dead daemon left. */
static void
clear_stale(const struct daemon *d, const struct daemon_options *o)
{
    char path[PATH_MAX + 8];

    (void)unlink(d->place.socket);
    (void)umount2(d->place.tree, MNT_DETACH);
    if (!o->fresh)
        return;
    (void)unlink(d->place.store);
    (void)snprintf(path, sizeof(path), "%s-wal", d->place.store);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s-shm", d->place.store);
    (void)unlink(path);
}

static int
take_place(struct daemon *d, const struct daemon_options *o)
{
    int r = place_of(o->name, &d->place);

    if (r == -EINVAL) {
        say_error("--name: %s found, letters, digits, '.', '_' and '-' "
                  "expected",
                  o->name);
        return USAGE;
    }
    if (r == 0)
        r = place_make(&d->place);
    if (r < 0)
        return failed(d->place.runtime, r);
    d->lock = place_lock(&d->place);
    if (d->lock == -EBUSY) {
        say_error("the host %s is up already, pid %d", o->name,
                  (int)place_pid(&d->place));
        return REFUSED;
    }
    if (d->lock < 0)
        return failed(d->place.lock, d->lock);
    clear_stale(d, o);
    return DONE;
}

/* --- the loop ---------------------------------------------------------- */

static void
stop(uv_signal_t *signal, int number)
{
    (void)number;
    uv_stop(signal->loop);
}

static void
tree_ready(uv_poll_t *poll, int status, int events)
{
    struct daemon *d = poll->data;

    (void)events;
    if (status < 0 || sysfs_process(d->sysfs) < 0) {
        say_error("%s: the mount is gone", d->place.tree);
        uv_stop(poll->loop);
    }
}

static void
scan_due(uv_timer_t *timer)
{
    struct daemon *d = timer->data;
    struct origin origin = { .uid = getuid(), .pid = getpid(), .door = "scan" };
    struct host_request scan = { .engine.op = VAP_SCAN };

    (void)daemon_change(&d->owner, &origin, &scan, 1, NULL);
}

static int
start_loop(struct daemon *d, const struct daemon_options *o)
{
    static const int stops[] = { SIGTERM, SIGINT, SIGHUP };
    int r = uv_poll_init(&d->loop, &d->tree_poll, sysfs_fd(d->sysfs));

    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]) && r == 0; i++) {
        r = uv_signal_init(&d->loop, &d->signals[i]);
        if (r == 0)
            r = uv_signal_start(&d->signals[i], stop, stops[i]);
    }
    d->tree_poll.data = d;
    if (r == 0)
        r = uv_poll_start(&d->tree_poll, UV_READABLE, tree_ready);
    if (r == 0)
        r = uv_timer_init(&d->loop, &d->scan_timer);
    d->scan_timer.data = d;
    if (r == 0 && o->scan)
        r = uv_timer_start(&d->scan_timer, scan_due, 30000, 30000);
    return r;
}

/* Systemd's way, and vap up's. */
static void
say_ready(const struct daemon_options *o)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    AUTO(fd_done)
    int fd = path ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

    if (fd >= 0 && strlen(path) < sizeof(to.sun_path)) {
        memcpy(to.sun_path, path, strlen(path));
        if (path[0] == '@')
            to.sun_path[0] = '\0';
        (void)sendto(
            fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&to,
            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
    }
    if (o->ready_fd >= 0) {
        (void)!write(o->ready_fd, "1", 1);
        (void)close(o->ready_fd);
    }
}

static int
serve_api(struct daemon *d, const struct daemon_options *o)
{
    struct api_options api = { .socket = d->place.socket,
                               .name = o->name,
                               .tree = d->place.tree,
                               .started_us = d->started_us };

    return api_new(&d->owner, d->store, &d->loop, &api, &d->api);
}

static int
serve(struct daemon *d, const struct daemon_options *o)
{
    struct sysfs_options tree = { .dir = d->place.tree };
    int r = mkdir(d->place.tree, 0755) < 0 && errno != EEXIST ? -errno : 0;

    if (r == 0)
        r = sysfs_new(&d->owner, &tree, &d->sysfs);
    if (r < 0)
        return failed(d->place.tree, r);
    r = serve_api(d, o);
    if (r < 0)
        return failed(d->place.socket, r);
    r = start_loop(d, o);
    if (r < 0)
        return failed("loop", r);
    say_ready(o);
    (void)uv_run(&d->loop, UV_RUN_DEFAULT);
    r = state_save(d->store, d->owner.host);
    return r < 0 ? failed(d->place.store, r) : DONE;
}

static void
daemon_done(struct daemon *d)
{
    api_free(d->api);
    sysfs_free(d->sysfs);
    (void)rmdir(d->place.tree);
    if (d->lock >= 0)
        (void)unlink(d->place.socket);
    host_free(d->owner.host);
    store_close(d->store);
    if (d->lock >= 0)
        (void)close(d->lock);
}

static int
run(const struct daemon_options *o)
{
    AUTO(daemon_done)
    struct daemon d = { .owner.change = daemon_change, .lock = -1 };
    int status = take_place(&d, o);
    int r;

    if (status != DONE)
        return status;
    r = store_open(d.place.store, o->store_bytes, &d.store);
    if (r < 0)
        return failed(d.place.store, r);
    status = find_host(&d, o);
    if (status != DONE)
        return status;
    r = uv_loop_init(&d.loop);
    return r < 0 ? failed("loop", r) : serve(&d, o);
}

/* --- the command line --------------------------------------------------- */

static const char usage[] =
    "Usage: vapd [OPTION...]\n\n"
    "Serves a virtual host until it gets SIGTERM; vap up starts it.\n\n"
    "  --name NAME        of the host (default)\n"
    "  --host FILE        what the host is, when it is new; see vap-host(5)\n"
    "  --large            a new host of 256 adapters and 256 domains\n"
    "  --rule RULE        what guests of a new host get\n"
    "  --kernel VERSION   6.12 or 7.2, with the rules state and fcfs\n"
    "  --fresh            forget what a host of this name was\n"
    "  --no-scan          the bus looks at its hardware only when asked\n"
    "  --store-bytes N    the log's bound; 0 none (67108864)\n"
    "  --ready-fd N       write a byte there when ready\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n";

enum {
    NAME = 256,
    HOST,
    LARGE,
    RULE,
    KERNEL,
    FRESH,
    NO_SCAN,
    STORE_BYTES,
    READY_FD
};

static const struct option options[] = {
    { "name", required_argument, NULL, NAME },
    { "host", required_argument, NULL, HOST },
    { "large", no_argument, NULL, LARGE },
    { "rule", required_argument, NULL, RULE },
    { "kernel", required_argument, NULL, KERNEL },
    { "fresh", no_argument, NULL, FRESH },
    { "no-scan", no_argument, NULL, NO_SCAN },
    { "store-bytes", required_argument, NULL, STORE_BYTES },
    { "ready-fd", required_argument, NULL, READY_FD },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
};

static bool
read_rule(const char *name, struct daemon_options *o)
{
    o->rule = vap_rule_named(name);
    if (!o->rule)
        say_error("--rule: %s found, state, linux-7.2, linux-6.12 or fcfs "
                  "expected",
                  name);
    return o->rule;
}

static bool
read_kernel(const char *name, struct daemon_options *o)
{
    o->has_kernel = true;
    o->kernel = strcmp(name, "6.12") ? VAP_LINUX_7_2 : VAP_LINUX_6_12;
    if (!strcmp(name, "6.12") || !strcmp(name, "7.2"))
        return true;
    say_error("--kernel: %s found, 6.12 or 7.2 expected", name);
    return false;
}

static bool
read_count(const char *option, const char *text, uint64_t most, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno && *out <= most)
        return true;
    say_error("--%s: %s found, a number expected", option, text);
    return false;
}

static bool
read_option(int which, struct daemon_options *o)
{
    uint64_t n = 0;

    switch (which) {
    case NAME:
        o->name = optarg;
        return true;
    case HOST:
        o->host_file = optarg;
        return true;
    case LARGE:
        return o->large = true;
    case RULE:
        return read_rule(optarg, o);
    case KERNEL:
        return read_kernel(optarg, o);
    case FRESH:
        return o->fresh = true;
    case NO_SCAN:
        o->scan = false;
        return true;
    case STORE_BYTES:
        return read_count("store-bytes", optarg, INT64_MAX, &o->store_bytes);
    case READY_FD:
        if (!read_count("ready-fd", optarg, INT32_MAX, &n))
            return false;
        o->ready_fd = (int)n;
        return true;
    default:
        return false;
    }
}

int
main(int argc, char **argv)
{
    struct daemon_options o = { .name = PLACE_DEFAULT,
                                .scan = true,
                                .store_bytes = 64 << 20,
                                .ready_fd = -1 };
    int which;

    while ((which = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
        if (which == 'h' || which == 'V') {
            (void)fputs(which == 'h' ? usage : "vapd " VAP_VERSION "\n",
                        stdout);
            return fflush(stdout) ? FAILED : DONE;
        }
        if (!read_option(which, &o))
            return USAGE;
    }
    if (optind < argc) {
        say_error("%s found, no operand expected; vapd --help", argv[optind]);
        return USAGE;
    }
    return run(&o);
}
