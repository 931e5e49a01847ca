/* SPDX-License-Identifier: MIT */
/* A guest that holds an mdev is asked to let it go, and the write that asked
 * for removal waits, whatever signals its program handles. Once asked for, the
 * removal happens when the guest has closed it, even if nobody waits any more.
 * Linux keeps even a program that has been killed until then; of FUSE's the
 * machine's own kernel would complain, as of one that hangs. */
#include "sysfs/mount.h"

#include "base/auto.h"
#include "base/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

/* FUSE tells of a program's first signal only: after that one it is looked
 * for the one that kills it. */
#define LOOK_EVERY_S 1

/** Somebody's write(2), or what is left of it. */
struct waiting {
    struct waiting *next;
    fuse_req_t req; /* NULL: its program ends; it has been answered */
    size_t size;
    uint32_t slot;
    uint32_t bound; /* since when the mdev has its driver: it lost it after */
    enum leaving leaving;
    bool interrupted; /* its program has had a signal */
    struct host_request request;
    struct origin origin;
};

static void
wake(const struct sysfs *s)
{
    (void)eventfd_write(s->wake_fd, 1);
}

static void
interrupted(fuse_req_t req, void *data)
{
    struct waiting *w = data;

    (void)req;
    w->interrupted = true;
}

int
wait_add(struct sysfs *s, fuse_req_t req, size_t size, struct node node,
         const struct host_request *request)
{
    struct waiting *w = calloc(1, sizeof(*w));
    struct waiting **end = &s->waiting;

    if (!w)
        return -ENOMEM;
    w->req = req;
    w->size = size;
    w->slot = request->engine.mdev;
    w->bound = devices_bound(s->owner->host, DEVICE_MDEV, w->slot);
    w->leaving = node.kind == MDEV ? LEAVES : LEAVES_DRIVER;
    w->request = *request;
    w->origin = mount_origin(req);
    while (*end)
        end = &(*end)->next;
    *end = w;
    mount_forget_names(s); /* its files have gone */
    fuse_req_interrupt_func(req, interrupted, w);
    wake(s); /* if it was interrupted already */
    return 0;
}

enum leaving
wait_leaving(const void *context, uint32_t slot)
{
    const struct sysfs *s = context;
    enum leaving most = STAYS;

    for (const struct waiting *w = s->waiting; w; w = w->next)
        if (w->slot == slot && w->leaving > most)
            most = w->leaving;
    return most;
}

/* Its mdev has lost its driver since. */
static bool
is_over(const struct sysfs *s, const struct waiting *w)
{
    return devices_bound(s->owner->host, DEVICE_MDEV, w->slot) != w->bound;
}

static void
answer(struct waiting *w, int error)
{
    if (w->req && error)
        (void)fuse_reply_err(w->req, error);
    else if (w->req)
        (void)fuse_reply_write(w->req, w->size);
    w->req = NULL;
}

/* The guest has closed it: what was asked then can be done now. */
static int
ask_again(struct sysfs *s, struct waiting *w)
{
    struct refusal refusal;
    int r = s->owner->change(s->owner, &w->origin, &w->request, 1, &refusal);

    return r == -EINPROGRESS ? 0 : abs(r);
}

static int
settle(struct sysfs *s, struct waiting *w)
{
    const struct vap_host *engine = s->owner->host->engine;

    if (w->req && w->interrupted && peer_is_ending(w->origin.pid))
        answer(w, EINTR);
    if (!is_over(s, w) && !engine->mdevs[w->slot].vm)
        return ask_again(s, w);
    return 0;
}

/* Anybody who had a signal and goes on waiting is looked at again. */
static void
look_again(const struct sysfs *s)
{
    struct itimerspec soon = { .it_value.tv_sec = 0 };

    for (const struct waiting *w = s->waiting; w; w = w->next)
        if (w->req && w->interrupted)
            soon.it_value.tv_sec = LOOK_EVERY_S;
    (void)timerfd_settime(s->look_fd, 0, &soon, NULL);
}

void
wait_settle(struct sysfs *s)
{
    struct waiting **at = &s->waiting;

    for (struct waiting *w = s->waiting; w; w = w->next) {
        int r = settle(s, w);

        if (r)
            answer(w, r);
    }
    while (*at) {
        struct waiting *w = *at;

        if (!is_over(s, w)) {
            at = &w->next;
            continue;
        }
        answer(w, 0);
        *at = w->next;
        free(w);
    }
    look_again(s);
}

void
wait_end(struct sysfs *s)
{
    while (s->waiting) {
        struct waiting *w = TAKE(s->waiting);

        s->waiting = w->next;
        answer(w, EINTR);
        free(w);
    }
}
