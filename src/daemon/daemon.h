/* SPDX-License-Identifier: MIT */
/* vapd: the only owner of a virtual host's state. One thread, one loop; every
 * change goes through daemon_change(). */
#ifndef VAP_DAEMON_DAEMON_H
#define VAP_DAEMON_DAEMON_H

#include <jansson.h>
#include <uv.h>

#include "base/place.h"
#include "observe/request.h"
#include "store/store.h"

/** What vapd is told on its command line. */
struct daemon_options {
    const char *name;
    const char *host_file; /* NULL: the built-in host, or what was */
    const struct vap_rule *rule; /* NULL: as the file says */
    bool has_kernel;
    enum vap_kernel kernel;
    bool large; /* the built-in host of 256 x 256 */
    bool fresh; /* forget what was */
    bool scan; /* every config_time, like the kernel */
    uint64_t store_bytes; /* 0 no bound */
    int ready_fd; /* a byte is written there when it is ready; -1 */
};

struct sysfs;
struct api;

struct daemon {
    struct owner owner; /* what doors see; owner.host is ours */
    struct place place;
    int lock;
    uv_loop_t loop;
    uv_timer_t scan_timer;
    uv_signal_t signals[3];
    uv_poll_t tree_poll;
    struct store *store;
    struct sysfs *sysfs;
    struct api *api;
    int64_t started_us;
};

/* owner->change of a daemon: plan, record, apply, publish. */
int daemon_change(struct owner *owner, const struct origin *origin,
                  const struct host_request *list, size_t n,
                  struct refusal *refusal);

/* Tells the tree, the API and the network what has happened, or was refused. */
void daemon_publish(struct daemon *d, const struct store_event *event);

#endif
