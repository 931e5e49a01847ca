/* SPDX-License-Identifier: MIT */
/* vapd: the only owner of a virtual host's state. One thread, one loop; every
 * change goes through daemon_change(). */
#ifndef VAP_DAEMON_DAEMON_H
#define VAP_DAEMON_DAEMON_H

#include <uv.h>

#include "base/place.h"
#include "daemon/options.h"
#include "host/request.h"
#include "store/store.h"

/* Exit statuses, vap's own. */
enum { DAEMON_DONE, DAEMON_REFUSED, DAEMON_USAGE, DAEMON_FAILED };

struct sysfs;
struct api;
struct guests;
struct uevent;

struct daemon {
    struct owner owner; /* what doors see; owner.host is ours */
    const struct daemon_options *options;
    struct place place;
    int lock;
    struct store *store;
    struct sysfs *sysfs;
    struct api *api;
    struct guests *guests;
    uv_loop_t loop;
    bool unborn; /* a new host that has not been up yet */
    bool looping; /* the loop has been initialised */
    uv_timer_t scan_timer;
    int signals; /* a signalfd: those that end us; -1: none yet */
    uv_poll_t signal_poll;
    uv_poll_t tree_poll;
    uv_poll_t while_poll;
    uint64_t scans; /* when the scan timer was armed */
    int64_t started_us;
    int64_t last_us; /* of the last event: the next is not before it */
    bool lost; /* the tree has gone: nobody asked for the end */
};

/* start.c: the name, what is stored under it, the host. Each returns
 * DAEMON_DONE, or the exit status; what is wrong has been said. */
int start_place(struct daemon *d);
int start_store(struct daemon *d);
int start_host(struct daemon *d);

/* loop.c: serves until a signal or the end of the tree; then ends all that
 * lives in the loop. */
int loop_begin(struct daemon *d);
void loop_run(struct daemon *d);
void loop_end(struct daemon *d);

/* After a change: the scan timer begins anew with each scan, and with each
 * config_time that is set. */
void loop_rearm(struct daemon *d, const struct host_request *list, size_t n);

/* ready.c: tells whoever started us, systemd or vap up. Before the latter
 * hears of it, stderr has become the log. */
void ready_say(const struct daemon *d);
void ready_say_stopping(void);

/* change.c: owner->change, owner->refused. */
int daemon_change(struct owner *owner, const struct origin *origin,
                  const struct host_request *list, size_t n,
                  struct refusal *refusal);
void daemon_refused(struct owner *owner, const struct origin *origin,
                    const char *file, const char *text, size_t length,
                    int error);

/* Microseconds since 1970, never less than before. */
int64_t daemon_now_us(struct daemon *d);

/* A scan that nobody asked for; one that finds nothing new is not recorded. */
void daemon_scan(struct daemon *d);

/* publish.c: tells the tree and the API what has happened, or was refused. */
void daemon_publish(struct daemon *d, const struct store_event *event);

/* Somebody has written to a uevent file. data: a struct daemon. */
void daemon_uevent(void *data, const struct uevent *uevent);

#endif
