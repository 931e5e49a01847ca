/* SPDX-License-Identifier: MIT */
/* A change reaches guests in three steps: every APCB is what it is to be, and
 * no guest finds a queue any more that it has lost; those queues are reset;
 * then guests get what is new to them. So a queue that moves from one guest to
 * another is nobody's in between. */
#include "guest/inside.h"

#include "base/auto.h"
#include "host/devices.h"

#include <errno.h>

/* As often as Linux asks: vfio_unregister_group_dev(). */
#define AGAIN_MS 10000

/* --- what leaves -----------------------------------------------------------
 */

static void
note(struct guests *g, const struct vap_effect *effect)
{
    struct holder *h = g->of[effect->mdev];

    if (!h)
        return;
    h->noted = true;
    h->updates = effect->updates + effect->clears;
    if (h->updates)
        holder_write(h, g->owner->host->engine, &effect->now.apcb);
    holder_hide(h);
}

static void
reset_queue(const struct holder *h, unsigned apqn)
{
    struct held *held = holder_held(h, apqn);

    if (held)
        (void)queue_reset(held->queue, true);
    else
        holder_reset_linked(h, apqn);
}

static void
reset_held(const struct guests *g, const struct vap_reset *reset)
{
    for (const struct holder *h = g->first; h; h = h->next) {
        struct vap_mask domains =
            vap_mask_and(reset->domains, h->linked[reset->adapter]);

        if (h->row[reset->adapter])
            domains = reset->domains;
        if (h->holds)
            VAP_EACH (d, &domains)
                reset_queue(h, VAP_APQN(reset->adapter, d));
    }
}

void
guests_take(struct guests *g)
{
    const struct vap_change *change = g ? g->owner->host->change : NULL;

    if (!g)
        return;
    for (uint32_t i = 0; i < change->n_effects; i++)
        note(g, &change->effects[i]);
    for (uint32_t i = 0; i < change->n_effects; i++)
        if (g->of[change->effects[i].mdev])
            holder_drop(g->of[change->effects[i].mdev]);
    for (size_t i = 0; i < change->n_resets; i++)
        reset_held(g, &change->resets[i]);
}

/* --- what comes ------------------------------------------------------------
 */

/* A kernel without the event makes none; who looks at the APCB can look. */
static void
tell_changed(struct holder *h)
{
    struct wire_page *page = holder_page(h);

    if (h->updates) {
        if (!(atomic_load(&page->lacks) & WIRE_NO_CFG_CHG))
            (void)atomic_fetch_add(&page->changed, 1);
        holder_tell(h);
    }
    h->updates = 0;
    h->noted = false;
}

void
guests_give(struct guests *g)
{
    struct holder *next;

    for (struct holder *h = g ? g->first : NULL; h; h = next) {
        next = h->next;
        if (!h->holds)
            continue;
        holder_link(h, g->owner->host->engine);
        holder_fill(h, g->owner->host);
        if (h->noted)
            tell_changed(h);
        if (!g->owner->host->engine->mdevs[h->mdev].vm)
            door_shut(h);
        else
            door_go_on(h);
    }
}

/* --- what is asked of guests -----------------------------------------------
 */

static void
ask(struct holder *h)
{
    h->asked = true;
    (void)atomic_fetch_add(&holder_page(h)->requested, 1);
    holder_tell(h);
}

void
guests_ask(struct guests *g, const struct origin *origin, uint32_t slot)
{
    if (!g || !g->of[slot])
        return;
    g->of[slot]->asker = *origin;
    ask(g->of[slot]);
}

/* What a removal takes away from a guest that has been asked before; NULL:
 * nothing, where the rule leaves it all. The plan is not carried out yet. */
static const struct vap_effect *
plan_removal(struct holder *h, const struct host_request *remove)
{
    struct host *host = h->guests->owner->host;
    int r = devices_plan(host, remove, 1, NULL);

    for (uint32_t i = 0; r == -EINPROGRESS && i < host->change->n_effects; i++)
        if (host->change->effects[i].mdev == h->mdev)
            return &host->change->effects[i];
    return NULL;
}

/* As the request that Linux repeats: what the guest has been given meanwhile
 * is taken away again, which is a change; where there is nothing, it is told
 * so all the same. */
static void
ask_again(struct holder *h)
{
    struct guests *g = h->guests;
    struct host_request remove = { .engine = { .op = VAP_REMOVE,
                                               .mdev = h->mdev } };
    const struct vap_effect *effect = plan_removal(h, &remove);

    if (effect && !vap_matrix_empty(&h->apcb)) {
        (void)g->owner->change(g->owner, &h->asker, &remove, 1, NULL);
        return;
    }
    if (effect) {
        note(g, effect);
        tell_changed(h);
    }
    ask(h);
}

static void
again(uv_timer_t *timer)
{
    struct guests *g = timer->data;
    struct holder *next;

    (void)door_open(g);
    for (struct holder *h = g->first; h; h = next) {
        next = h->next;
        if (h->closing)
            door_show_out(h);
        else if (h->asked)
            ask_again(h);
    }
}

/* --- cards -----------------------------------------------------------------
 */

/* One queue has stopped, and with it its card. */
static void
stop_card(struct guests *g, unsigned adapter)
{
    struct origin origin = { .uid = geteuid(),
                             .pid = getpid(),
                             .door = "card" };
    struct host_request stop = { .engine = { .op = VAP_CARD_STATE,
                                             .id = adapter,
                                             .rc = VAP_RC_CHECKSTOPPED } };

    (void)g->owner->change(g->owner, &origin, &stop, 1, NULL);
}

static void
struck(uv_async_t *async)
{
    struct guests *g = async->data;
    struct vap_mask stopped;

    for (int i = 0; i < 4; i++)
        stopped.word[i] = atomic_exchange(&g->stopped[i], 0);
    VAP_EACH (a, &stopped)
        stop_card(g, a);
}

/* For who looks at the counters of an adapter's files. */
static void
count(void *self, unsigned adapter)
{
    const struct guests *g = self;

    for (const struct holder *h = g->first; h; h = h->next)
        for (unsigned d = 0; d < VAP_IDS && h->row[adapter]; d++)
            holder_count(h, VAP_APQN(adapter, d));
}

/* --- beginning and end -----------------------------------------------------
 */

static void
guests_done(struct guests **g)
{
    guests_free(*g);
}

static unsigned
again_ms(const struct guests *g)
{
    return g->options.again_ms ? g->options.again_ms : AGAIN_MS;
}

static int
live_in(struct guests *g, uv_loop_t *loop)
{
    int r = uv_timer_init(loop, &g->again);

    g->again.data = g->struck.data = g->door.data = g;
    if (r == 0)
        r = uv_async_init(loop, &g->struck, struck);
    if (r == 0)
        r = uv_poll_init(loop, &g->door, g->socket);
    if (r < 0)
        return r;
    (void)uv_timer_start(&g->again, again, again_ms(g), again_ms(g));
    return door_open(g);
}

int
guests_new(struct owner *owner, uv_loop_t *loop,
           const struct guests_options *options, struct guests **out)
{
    AUTO(guests_done) struct guests *g = calloc(1, sizeof(*g));
    int r;

    if (!g)
        return -ENOMEM;
    g->owner = owner;
    g->loop = loop;
    g->options = *options;
    g->socket = -1;
    g->of = calloc(VAP_MDEVS, sizeof(struct holder *));
    r = g->of ? pool_new(options->threads, &g->pool) : -ENOMEM;
    if (r == 0)
        r = door_listen(g);
    if (r < 0)
        return r;
    held_close(g);
    owner->host->devices->look = count;
    owner->host->devices->looker = g;
    r = live_in(g, loop);
    if (r == 0)
        *out = TAKE(g);
    return r;
}

void
guests_end(struct guests *g)
{
    if (g)
        door_close(g);
}

void
guests_free(struct guests *g)
{
    if (!g)
        return;
    g->owner->host->devices->look = NULL;
    if (g->pool)
        pool_free(g->pool);
    fd_done(&g->socket);
    free(g->of);
    free(g);
}
