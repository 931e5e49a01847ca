/* SPDX-License-Identifier: MIT */
/* The moves, in order: masks give up ids, then whoever waits for nobody
 * moves, and so on. When all that are left wait, one of those chosen to move
 * in two steps gives up what it has to; those that lose what they are to
 * keep, for a mask's sake, are the last to do so and the first to be served. */
#include "planner/target.h"

#include "base/auto.h"

#include <errno.h>

/** How far a vertex is. A target has begin, kept, low, kept again and end. */
enum stage { WAITS, KEEPS, RELEASED, RESTORED, DONE };

struct ordering {
    const struct problem *p;
    const struct waits *w;
    const bool *split;
    enum stage *stage;
    struct moves *out;
};

static int
put(struct moves *moves, struct move move)
{
    if (moves->n == moves->room) {
        size_t room = moves->room ? 2 * moves->room : 64;
        struct move *grown = realloc(moves->list, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        moves->list = grown;
        moves->room = room;
    }
    moves->list[moves->n++] = move;
    return 0;
}

static int
put_matrix(struct ordering *o, uint32_t v, const struct vap_matrix *m)
{
    return put(o->out,
               (struct move){ .kind = MOVE_MATRIX, .which = v, .matrix = *m });
}

static int
put_mask(struct ordering *o, int which, const struct vap_mask *mask)
{
    return put(o->out, (struct move){ .kind = MOVE_MASK,
                                      .which = (uint32_t)which,
                                      .mask = *mask });
}

static const struct vap_matrix *
matrix_now(const struct ordering *o, uint32_t v)
{
    const struct target *t = &o->p->targets[v];
    const struct vap_matrix *const by_stage[] = {
        [WAITS] = &t->begin,   [KEEPS] = &t->kept, [RELEASED] = &t->low,
        [RESTORED] = &t->kept, [DONE] = &t->end,
    };

    return by_stage[o->stage[v]];
}

static int
mask_of(const struct ordering *o, uint32_t v)
{
    return (int)((v - o->p->n) / VAP_IDS);
}

static unsigned
id_of(const struct ordering *o, uint32_t v)
{
    return (unsigned)(v - o->p->n) % VAP_IDS;
}

/* Ids of a mask that are still to be set. */
static struct vap_mask
unset(const struct ordering *o, int mask)
{
    struct vap_mask left = o->p->mask[mask].set;

    VAP_EACH (id, &left)
        if (o->stage[waits_vertex(o->p, mask, id)] == DONE)
            vap_mask_drop(&left, id);
    return left;
}

/* What v waits for there has been given up. */
static bool
is_free_of(const struct ordering *o, uint32_t v, uint32_t other)
{
    struct vap_mask ids;

    if (v < o->p->n)
        return o->stage[other] != WAITS;
    ids = target_blocks(o->p, mask_of(o, v), matrix_now(o, other));
    return !vap_mask_has(&ids, id_of(o, v));
}

static bool
is_ready(const struct ordering *o, uint32_t v)
{
    for (uint32_t i = o->w->first[v]; i < o->w->first[v + 1]; i++)
        if (!is_free_of(o, v, o->w->on[i]))
            return false;
    return true;
}

static int
finish_target(struct ordering *o, uint32_t v)
{
    const struct target *t = &o->p->targets[v];
    const struct vap_matrix none = { 0 };
    int r = 0;

    o->stage[v] = DONE;
    if (t->goes)
        return put(o->out, (struct move){ .kind = MOVE_REMOVE, .which = v });
    if (t->made)
        r = put(o->out, (struct move){ .kind = MOVE_CREATE, .which = v });
    if (r || (t->made && vap_matrix_equal(&t->to, &none)))
        return r;
    return put_matrix(o, v, &t->end);
}

/* Is something of what it has wanted for a mask, still? */
static bool
is_wanted(const struct ordering *o, const struct vap_matrix *m)
{
    for (int i = 0; i < N_MASKS; i++) {
        struct vap_mask blocked = target_blocks(o->p, i, m);
        struct vap_mask left = unset(o, i);

        if (vap_mask_meets(&blocked, &left))
            return true;
    }
    return false;
}

/* Ids of a mask that somebody misses something for until they are set. */
static struct vap_mask
missed(const struct ordering *o, int mask)
{
    struct vap_mask ids = vap_mask_none();

    for (size_t i = 0; i < o->p->n; i++)
        if (o->p->targets[i].gap && o->stage[i] == RELEASED)
            ids = vap_mask_or(
                ids, target_blocks(o->p, mask, &o->p->targets[i].kept));
    return vap_mask_and(ids, unset(o, mask));
}

/* All of these ids that may be set, in one write. 1 when there was any. */
static int
serve_mask(struct ordering *o, int mask, const struct vap_mask *ids)
{
    struct vap_mask now = o->p->mask[mask].to;
    struct vap_mask left;
    bool any = false;

    VAP_EACH (id, ids) {
        uint32_t v = waits_vertex(o->p, mask, id);

        if (!is_ready(o, v))
            continue;
        o->stage[v] = DONE;
        any = true;
    }
    left = unset(o, mask);
    now = vap_mask_less(now, left);
    return !any ? 0 : put_mask(o, mask, &now) ? -ENOMEM : 1;
}

static int
serve_target(struct ordering *o, uint32_t v)
{
    const struct target *t = &o->p->targets[v];
    bool gap = t->gap && o->stage[v] == RELEASED;

    if (o->stage[v] == DONE || (t->aside && is_wanted(o, &t->kept)))
        return 0;
    if (is_ready(o, v))
        return finish_target(o, v) ? -ENOMEM : 1;
    if (!gap)
        return 0;
    o->stage[v] = RESTORED;
    return put_matrix(o, v, &t->kept) ? -ENOMEM : 1;
}

/* What is missed, who misses something, then all others. */
static int
serve_some(struct ordering *o, bool urgent)
{
    bool moved = false;
    int r = 0;

    for (int i = 0; i < N_MASKS && r >= 0; i++) {
        struct vap_mask ids = urgent ? missed(o, i) : unset(o, i);

        r = serve_mask(o, i, &ids);
        moved |= r > 0;
    }
    for (uint32_t v = 0; v < o->p->n && r >= 0; v++) {
        if ((o->p->targets[v].gap && o->stage[v] == RELEASED) != urgent)
            continue;
        r = serve_target(o, v);
        moved |= r > 0;
    }
    return r < 0 ? r : moved;
}

static int
serve(struct ordering *o)
{
    int r = serve_some(o, true);

    return r ? r : serve_some(o, false);
}

static int
release(struct ordering *o, uint32_t v, enum stage stage)
{
    o->stage[v] = stage;
    return put_matrix(o, v, matrix_now(o, v)) ? -ENOMEM : 1;
}

/* Would an id that has to be set before it gets `end` be free of it, if it
 * gave up what it does not keep? */
static bool
is_in_the_way(const struct ordering *o, const struct target *t)
{
    for (int i = 0; i < N_MASKS; i++) {
        struct vap_mask begin = target_blocks(o->p, i, &t->begin);
        struct vap_mask ids =
            vap_mask_less(vap_mask_and(begin, target_blocks(o->p, i, &t->end)),
                          target_blocks(o->p, i, &t->kept));
        struct vap_mask left = unset(o, i);

        if (vap_mask_meets(&ids, &left))
            return true;
    }
    return false;
}

/* Ids that cannot be set until this one misses something. */
static struct vap_mask
to_miss(const struct ordering *o, int mask, const struct target *t)
{
    return vap_mask_and(target_blocks(o->p, mask, &t->kept), unset(o, mask));
}

/* Does one that misses nothing stand in the way of such an id as well? It may
 * wait for what t need not keep. */
static bool
is_awaited(const struct ordering *o, const struct target *t)
{
    for (int mask = 0; mask < N_MASKS; mask++) {
        struct vap_mask ids = to_miss(o, mask, t);

        for (size_t i = 0; i < o->p->n; i++) {
            const struct target *other = &o->p->targets[i];
            struct vap_mask blocked = target_blocks(o->p, mask, &other->begin);

            if (o->stage[i] == WAITS && !other->gap &&
                vap_mask_meets(&blocked, &ids))
                return true;
        }
    }
    return false;
}

/* Whoever is to miss something gives up before what it need not keep, if that
 * makes the time shorter. */
static bool
gives_up_first(const struct ordering *o, const struct target *t)
{
    return !vap_matrix_equal(&t->begin, &t->kept) &&
           (is_in_the_way(o, t) || is_awaited(o, t));
}

/* All that stand in the way of one id: by what they keep, or have yet to give
 * up. */
static int
release_for_id(struct ordering *o, int mask, unsigned id)
{
    int released = 0;

    for (uint32_t v = 0; v < o->p->n && released >= 0; v++) {
        const struct target *t = &o->p->targets[v];
        struct vap_mask kept = target_blocks(o->p, mask, &t->kept);
        struct vap_mask begin = target_blocks(o->p, mask, &t->begin);

        if (o->stage[v] > KEEPS || !t->gap)
            continue;
        if (vap_mask_has(&kept, id))
            released = release(o, v, RELEASED);
        else if (o->stage[v] == WAITS && vap_mask_has(&begin, id))
            released = release(o, v, KEEPS);
    }
    return released;
}

static int
release_for_ids(struct ordering *o, int mask, const struct vap_mask *ids)
{
    VAP_EACH (id, ids) {
        int released = release_for_id(o, mask, id);

        if (released)
            return released;
    }
    return 0;
}

/* As few at a time as can be: the first id that anybody is to miss something
 * for, first of all one that somebody misses something for already. */
static int
release_for_mask(struct ordering *o, int mask)
{
    struct vap_mask ids = missed(o, mask);
    int released = release_for_ids(o, mask, &ids);

    for (size_t i = 0; i < o->p->n && !released; i++) {
        if (o->stage[i] > KEEPS || !o->p->targets[i].gap)
            continue;
        ids = to_miss(o, mask, &o->p->targets[i]);
        released = release_for_ids(o, mask, &ids);
    }
    return released;
}

/* One that misses nothing by it, chosen for it or not. */
static int
release_one(struct ordering *o, bool chosen)
{
    for (uint32_t v = 0; v < o->p->n; v++) {
        const struct target *t = &o->p->targets[v];

        if (o->stage[v] != WAITS || (chosen && !o->split[v]))
            continue;
        if (!t->gap)
            return release(o, v, RELEASED);
        if (!chosen || gives_up_first(o, t))
            return release(o, v, KEEPS);
    }
    return 0;
}

/* One that was chosen; when there is none, those that are to miss something;
 * and when that leads nowhere, any. 1 when one was released. */
static int
release_some(struct ordering *o)
{
    int released = release_one(o, true);

    for (int i = 0; i < N_MASKS && !released; i++)
        released = release_for_mask(o, i);
    return released ? released : release_one(o, false);
}

/* What lean targets give up at first, and get at last. */
static int
put_lean(struct ordering *o, bool first)
{
    int r = 0;

    for (uint32_t v = 0; v < o->p->n && !r; v++) {
        const struct target *t = &o->p->targets[v];

        if (t->lean)
            r = put_matrix(o, v, first ? &t->begin : &t->to);
    }
    return r;
}

static int
clear_masks(struct ordering *o, const enum mask_style style[N_MASKS])
{
    int r = 0;

    for (int i = 0; i < N_MASKS && !r; i++) {
        const struct mask_change *m = &o->p->mask[i];
        bool early = style[i] == MASK_EARLY;

        if (vap_mask_equal(&m->from, &m->cleared) ||
            (style[i] == MASK_LATE && !vap_mask_empty(&m->set)))
            continue;
        r = put_mask(o, i, early ? &m->to : &m->cleared);
        for (unsigned id = 0; early && id < VAP_IDS; id++)
            o->stage[waits_vertex(o->p, i, id)] = DONE;
    }
    return r;
}

int
order_moves(const struct problem *p, const struct waits *w, const bool *split,
            const enum mask_style style[N_MASKS], struct moves *out)
{
    AUTO(free_done) enum stage *stage = calloc(w->n, sizeof(*stage));
    struct ordering o = {
        .p = p, .w = w, .split = split, .stage = stage, .out = out
    };
    int r = stage ? 0 : -ENOMEM;

    out->n = 0;
    for (uint32_t v = (uint32_t)p->n; v < w->n && !r; v++)
        if (!w->present[v])
            stage[v] = DONE;
    if (!r)
        r = clear_masks(&o, style);
    if (!r)
        r = put_lean(&o, true);
    if (r)
        return r;
    do {
        do
            r = serve(&o);
        while (r > 0);
        if (r == 0)
            r = release_some(&o);
    } while (r > 0);
    return r ? r : put_lean(&o, false);
}
