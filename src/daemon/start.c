/* SPDX-License-Identifier: MIT */
/* A host goes on as it was; what is asked of a new one is refused then, never
 * ignored. */
#include "daemon/daemon.h"

#include "base/auto.h"
#include "base/files.h"
#include "base/say.h"
#include "host/devices.h"
#include "host/host_rule.h"
#include "observe/hostfile.h"
#include "store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int
failed(const char *what, int error)
{
    say_error("%s: %s", what, strerror(-error));
    return DAEMON_FAILED;
}

/* --- its place --------------------------------------------------------- */

static int
say_unmade(const struct daemon *d, int error)
{
    place_say_unmade(&d->place, error);
    return DAEMON_FAILED;
}

static int
say_busy(const struct daemon *d)
{
    pid_t pid = place_pid(&d->place);

    if (pid > 0)
        say_error("the host %s is up already, pid %d", d->options->name,
                  (int)pid);
    else
        say_error("the host %s is up already", d->options->name);
    return DAEMON_REFUSED;
}

int
start_place(struct daemon *d)
{
    int r = place_of(d->options->name, &d->place);

    d->started_us = daemon_now_us(d);
    if (r < 0)
        place_say(d->options->name, r);
    if (r < 0)
        return r == -EINVAL ? DAEMON_USAGE : DAEMON_FAILED;
    d->lock = place_lock(&d->place);
    if (d->lock == -EBUSY)
        return say_busy(d);
    if (d->lock < 0)
        return say_unmade(d, d->lock);
    r = place_clean(&d->place);
    return r < 0 ? failed(d->place.tree, r) : DAEMON_DONE;
}

/* --- what is stored ----------------------------------------------------- */

static int
note_time(void *context, const struct store_event *event)
{
    struct daemon *d = context;

    if (event->time_us > d->last_us)
        d->last_us = event->time_us;
    return 0;
}

static int
say_stored(const struct daemon *d, int error)
{
    if (error == -EBADMSG)
        say_error("%s: damaged, or not a host's; vap up --fresh forgets it "
                  "and begins anew",
                  d->place.store);
    else if (error == -EPROTO)
        say_error("%s: written by another version of vap, which can go on "
                  "with it; vap up --fresh forgets it and begins anew",
                  d->place.store);
    else if (error == -EBUSY)
        say_error("%s: another process has it open", d->place.store);
    else
        return failed(d->place.store, error);
    return DAEMON_FAILED;
}

/* --- the host ---------------------------------------------------------- */

static int
host_from_file(const struct daemon_options *o, struct host **out)
{
    struct hostfile_error error;
    int r = hostfile_load(o->host_file, out, &error);

    if (r == 0)
        return DAEMON_DONE;
    say_at(o->host_file, error.line, "%s", error.text);
    return r > 0 ? DAEMON_USAGE : DAEMON_FAILED;
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

    if (o->host_file && o->large) {
        say_error("--large and a host file exclude each other");
        return DAEMON_USAGE;
    }
    if (o->host_file)
        return host_from_file(o, out);
    r = o->large ? large_host(out) : hostfile_builtin(out);
    return r < 0 ? failed("the built-in host", r) : DAEMON_DONE;
}

static int
use_rule(struct host *host, const struct daemon_options *o)
{
    const struct vap_rule *rule = o->rule ? o->rule : host->engine->rule;
    int r;

    if (o->has_kernel && rule->kernel >= 0 && (int)o->kernel != rule->kernel) {
        say_error("--kernel: the rule %s brings its own kernel", rule->name);
        return DAEMON_USAGE;
    }
    r = host_use_rule(host, rule,
                      o->has_kernel ? o->kernel : host->engine->kernel);
    if (r == -EINVAL) {
        say_error("--kernel 6.12: this host has driver_override, which that "
                  "kernel has not");
        return DAEMON_USAGE;
    }
    return r < 0 ? failed("--rule", r) : DAEMON_DONE;
}

/* The host that is asked for, as long as it is nowhere but in memory. */
static int
conceive(struct daemon *d)
{
    int status = new_host(d->options, &d->owner.host);

    return status == DAEMON_DONE ? use_rule(d->owner.host, d->options) : status;
}

/* --- what it has been, or is to be --------------------------------------- */

/* Nothing of a host, nor of what has been lost of one. */
static bool
is_empty(const char *folder)
{
    AUTO(dir_done) DIR *dir = dir_open(AT_FDCWD, folder);

    return dir && !dir_next(dir);
}

static int
open_store(struct daemon *d)
{
    struct store_query last = { .limit = 1 };
    int r = place_make(&d->place); /* --fresh has taken its folder away */

    if (r == 0 && access(d->place.state, W_OK) < 0)
        r = -errno;
    if (r < 0)
        return say_unmade(d, r);
    d->unborn = is_empty(d->place.state);
    r = store_open(d->place.store, d->options->store_bytes, &d->store);
    if (r == 0)
        r = store_each(d->store, &last, note_time, d);
    return r < 0 ? say_stored(d, r) : DAEMON_DONE;
}

int
start_store(struct daemon *d)
{
    int status = d->options->fresh ? conceive(d) : DAEMON_DONE;

    if (status != DAEMON_DONE)
        return status; /* what was asked for cannot be: what was stays */
    if (d->options->fresh)
        place_forget(&d->place);
    return open_store(d);
}

/* What was asked for, and a host that goes on does not do; NULL: nothing. */
static const char *
ignored(const struct host *host, const struct daemon_options *o)
{
    if (o->host_file)
        return o->host_file;
    if (o->large)
        return "--large";
    if (o->rule && o->rule != host->engine->rule)
        return "--rule";
    return o->has_kernel && o->kernel != host->engine->kernel ? "--kernel"
                                                              : NULL;
}

static int
go_on(const struct daemon *d)
{
    const char *what = ignored(d->owner.host, d->options);

    if (!what)
        return DAEMON_DONE;
    say_error("%s is for a new host, and %s goes on as it was; vap up --fresh "
              "forgets that and begins anew",
              what, d->options->name);
    return DAEMON_REFUSED;
}

static int
begin(struct daemon *d)
{
    int status = d->owner.host ? DAEMON_DONE : conceive(d);
    int r;

    if (status != DAEMON_DONE)
        return status;
    r = state_save(d->store, d->owner.host);
    if (r == 0)
        r = store_settle(d->store);
    return r < 0 ? say_stored(d, r) : DAEMON_DONE;
}

/* The numbers of this machine's own iommu groups stay its own. */
static uint32_t
first_free_group(void)
{
    AUTO(dir_done) DIR *groups = dir_open(AT_FDCWD, "/sys/kernel/iommu_groups");
    const char *name;
    uint32_t first = 0;

    while ((name = dir_next(groups))) {
        unsigned long n = strtoul(name, NULL, 10);

        if (n >= first && n < UINT32_MAX / 2)
            first = (uint32_t)n + 1;
    }
    return first;
}

int
start_host(struct daemon *d)
{
    int r = state_at(d->store, INT64_MAX, &d->owner.host);
    int status;

    if (r == 0 && store_last(d->store) > 0)
        r = -EBADMSG; /* a state is stored before the first event */
    if (r == 0 && store_lost(d->store))
        r = -EBADMSG;
    if (r < 0)
        return say_stored(d, r);
    if (store_lost(d->store))
        say_error("%s: events missing at its end: %lld; %s-wal is damaged, cut "
                  "off or gone; the host goes on as it was after event %lld",
                  d->place.store, (long long)store_lost(d->store),
                  d->place.store, (long long)store_last(d->store));
    status = r > 0 ? go_on(d) : begin(d);
    if (status == DAEMON_DONE)
        d->owner.host->devices->first_group = first_free_group();
    return status;
}
