/* SPDX-License-Identifier: MIT */
/* A guest that holds an mdev is asked to let it go, and the write that asked
 * for removal waits. Once asked for, the removal happens when the guest has
 * closed it, even if nobody waits any more. */
#include "sysfs/mount.h"

#include "base/auto.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

/** Somebody's write(2), or what is left of it. */
struct waiting {
    struct waiting *next;
    fuse_req_t req; /* NULL: interrupted, and answered */
    size_t size;
    uint32_t slot;
    uint32_t bound; /* since when the mdev has its driver: it lost it after */
    bool of_remove; /* else of the driver's unbind */
    bool interrupted;
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
    w->of_remove = node.kind == MDEV;
    w->request = *request;
    w->origin = mount_origin(req);
    while (*end)
        end = &(*end)->next;
    *end = w;
    mount_forget_names(s); /* the file remove has gone */
    fuse_req_interrupt_func(req, interrupted, w);
    wake(s); /* if it was interrupted already */
    return 0;
}

bool
wait_leaving(const void *context, uint32_t slot)
{
    const struct sysfs *s = context;

    for (const struct waiting *w = s->waiting; w; w = w->next)
        if (w->slot == slot && w->of_remove)
            return true;
    return false;
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

    if (w->interrupted)
        answer(w, EINTR);
    w->interrupted = false;
    if (!is_over(s, w) && !engine->mdevs[w->slot].vm)
        return ask_again(s, w);
    return 0;
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
