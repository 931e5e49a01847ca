/* SPDX-License-Identifier: MIT */
/* A handler reads, plans, replies and returns: the loop waits for all of them
 * at once, and nothing else ever waits. */
#include "daemon/daemon.h"

#include "base/say.h"
#include "host/devices.h"
#include "sysfs/sysfs.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* The signal stays pending, and blocked: who is asked again while he ends does
 * not leave half of it undone. */
static void
asked_to_end(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    (void)uv_poll_stop(poll);
    uv_stop(poll->loop);
}

/* What can be read again is not: one who unmounts the tree ends us. */
static void
tree_ready(uv_poll_t *poll, int status, int events)
{
    struct daemon *d = poll->data;

    (void)events;
    if (status == 0 && sysfs_process(d->sysfs) == 0)
        return;
    say_error("%s: the tree has been unmounted", d->place.tree);
    d->lost = true;
    (void)uv_poll_stop(poll);
    uv_stop(poll->loop);
}

/* Nothing is ever written there: whoever we are for is no more. */
static void
left_alone(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    (void)uv_poll_stop(poll);
    uv_stop(poll->loop);
}

static int
watch_owner(struct daemon *d)
{
    int r;

    if (d->options->while_fd < 0)
        return 0;
    r = uv_poll_init(&d->loop, &d->while_poll, d->options->while_fd);
    return r ? r
             : uv_poll_start(&d->while_poll, UV_READABLE | UV_DISCONNECT,
                             left_alone);
}

static void
scan_due(uv_timer_t *timer)
{
    daemon_scan(timer->data);
}

static void
arm(struct daemon *d)
{
    const struct device_bus *bus = &d->owner.host->devices->bus;

    d->scans = bus->scans;
    (void)uv_timer_start(&d->scan_timer, scan_due, bus->config_time * 1000ULL,
                         bus->config_time * 1000ULL);
}

/* Threads that are made from here on have them blocked as well. */
static int
catch_signals(struct daemon *d)
{
    static const int stops[] = { SIGTERM, SIGINT, SIGHUP };
    sigset_t set;
    int r;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        (void)signal(stops[i], SIG_DFL); /* what is ignored is not pending */
        (void)sigaddset(&set, stops[i]);
    }
    r = -pthread_sigmask(SIG_BLOCK, &set, NULL);
    d->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (r == 0 && d->signals < 0)
        r = -errno;
    if (r == 0)
        r = uv_poll_init(&d->loop, &d->signal_poll, d->signals);
    return r ? r : uv_poll_start(&d->signal_poll, UV_READABLE, asked_to_end);
}

int
loop_begin(struct daemon *d)
{
    int r = uv_loop_init(&d->loop);

    d->looping = r == 0;
    if (r == 0)
        r = catch_signals(d);
    if (r == 0)
        r = uv_poll_init(&d->loop, &d->tree_poll, sysfs_fd(d->sysfs));
    d->tree_poll.data = d;
    if (r == 0)
        r = uv_poll_start(&d->tree_poll, UV_READABLE, tree_ready);
    if (r == 0)
        r = uv_timer_init(&d->loop, &d->scan_timer);
    d->scan_timer.data = d;
    if (r == 0)
        r = watch_owner(d);
    if (r == 0)
        return DAEMON_DONE;
    say_error("the loop cannot start: %s", uv_strerror(r));
    return DAEMON_FAILED;
}

void
loop_run(struct daemon *d)
{
    if (d->options->scan)
        arm(d);
    (void)uv_run(&d->loop, UV_RUN_DEFAULT);
}

/* Source: Linux ap_bus.c, ap_scan_bus() at its end, config_time_store(). */
void
loop_rearm(struct daemon *d, const struct host_request *list, size_t n)
{
    bool anew = d->scans != d->owner.host->devices->bus.scans;

    for (size_t i = 0; i < n; i++)
        anew |= list[i].setting == HOST_CONFIG_TIME;
    if (d->options->scan && anew)
        arm(d);
}

static void
close_one(uv_handle_t *handle, void *none)
{
    (void)none;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Handles are the loop's until it has gone round once more. */
void
loop_end(struct daemon *d)
{
    if (!d->looping)
        return;
    uv_walk(&d->loop, close_one, NULL);
    (void)uv_run(&d->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&d->loop);
    if (d->signals >= 0)
        (void)close(d->signals);
}
