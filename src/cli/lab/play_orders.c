/* SPDX-License-Identifier: MIT */
/* Every order of some operations: a walk down the tree of orders that takes
 * each step back on its way up, so that orders share their beginnings. */
#include "cli/lab/play.h"

#include "base/auto.h"

#include <errno.h>

/** What a change is about to replace. */
struct undo {
    struct vap_bus bus;
    struct vap_mask rows;
    struct vap_mask queues; /* adapters whose queues are kept, in order */
    struct vap_row row[VAP_IDS];
    struct vap_queue (*queue)[VAP_IDS];
    struct vap_mdev *mdevs;
    uint32_t n_mdevs;
};

struct walk {
    struct play *play;
    struct vap_request list[SCENARIO_MAX_ORDER];
    size_t n;
    uint32_t left; /* bit i: list[i] is to be done yet */
    uint32_t answers;
    struct undo *undo; /* one for each level */
};

static void
undo_done(struct undo *undo)
{
    free(undo->queue);
    free(undo->mdevs);
}

static int
keep_queues(struct undo *undo, const struct vap_host *host)
{
    size_t i = 0;

    undo->queue =
        calloc(vap_mask_count(&undo->queues) + 1u, sizeof(*undo->queue));
    if (!undo->queue)
        return -ENOMEM;
    VAP_EACH (a, &undo->queues)
        memcpy(undo->queue[i++], host->queue[a], sizeof(*undo->queue));
    return 0;
}

/* The host as it is, as far as the change touches it. */
static int
keep(struct undo *undo, const struct host *host)
{
    const struct vap_host *engine = host->engine;

    *undo = (struct undo){ .bus = engine->bus,
                           .rows = host->change->rows,
                           .queues = host->change->cold,
                           .n_mdevs = engine->n_slots };
    undo->mdevs = calloc(engine->n_slots, sizeof(*undo->mdevs));
    if (!undo->mdevs)
        return -ENOMEM;
    memcpy(undo->mdevs, engine->mdevs, engine->n_slots * sizeof(*undo->mdevs));
    VAP_EACH (a, &undo->rows)
        undo->row[a] = engine->row[a];
    return keep_queues(undo, engine);
}

static void
take_back(const struct undo *undo, struct vap_host *engine)
{
    size_t i = 0;

    engine->bus = undo->bus;
    memcpy(engine->mdevs, undo->mdevs, undo->n_mdevs * sizeof(*undo->mdevs));
    VAP_EACH (a, &undo->rows)
        engine->row[a] = undo->row[a];
    VAP_EACH (a, &undo->queues)
        memcpy(engine->queue[a], undo->queue[i++], sizeof(*undo->queue));
}

/* Once more this matrix, or for the first time; takes it. */
static int
count_end(struct play_ends *ends, char *matrix)
{
    struct scenario_end *more;

    for (size_t i = 0; i < ends->n; i++)
        if (strcmp(ends->ends[i].matrix, matrix) == 0) {
            ends->ends[i].times++;
            free(matrix);
            return 0;
        }
    more = realloc(ends->ends, (ends->n + 1) * sizeof(*more));
    if (!more) {
        free(matrix);
        return -ENOMEM;
    }
    ends->ends = more;
    ends->ends[ends->n++] = (struct scenario_end){ matrix, 1 };
    return 0;
}

static int
count_ends(struct play *play)
{
    play->n_orders++;
    for (size_t i = 0; i < play->n_ends; i++) {
        const struct vap_mdev *m =
            &play->host->engine->mdevs[play->ends[i].mdev];
        char *matrix = sets_product_text(&m->guest);

        if (!matrix || count_end(&play->ends[i], matrix))
            return -ENOMEM;
    }
    return 0;
}

static int walk_on(struct walk *walk);

static int
walk_through(struct walk *walk, size_t i)
{
    struct undo *undo = &walk->undo[__builtin_popcount(walk->left)];
    struct host *host = walk->play->host;
    enum vap_verdict v = host_plan(host, &walk->list[i], 1, NULL);
    int r;

    walk->answers |= UINT32_C(1) << v;
    r = v == VAP_NO_ROOM ? -ENOMEM : keep(undo, host);
    if (!r) {
        host_apply(host);
        walk->left &= ~(UINT32_C(1) << i);
        r = walk_on(walk);
        walk->left |= UINT32_C(1) << i;
        take_back(undo, host->engine);
    }
    undo_done(undo);
    *undo = (struct undo){ 0 };
    return r;
}

static int
walk_on(struct walk *walk)
{
    int r = 0;

    if (!walk->left)
        return count_ends(walk->play);
    for (size_t i = 0; i < walk->n && !r; i++)
        if (walk->left & UINT32_C(1) << i)
            r = walk_through(walk, i);
    return r;
}

/* A row of ends for each mdev there is. */
static int
begin_ends(struct play *play)
{
    const struct vap_host *engine = play->host->engine;

    play_forget_ends(play);
    play->ends = calloc(engine->n_slots, sizeof(*play->ends));
    if (!play->ends)
        return -ENOMEM;
    for (uint32_t i = 0; i < engine->n_slots; i++)
        if (engine->mdevs[i].exists)
            play->ends[play->n_ends++].mdev = i;
    return 0;
}

/* What the kernel's grammar refuses, it refuses in every order. */
static int
read_list(struct walk *walk, const struct scenario_step *step)
{
    for (size_t i = 0; i < step->n_ops; i++) {
        enum vap_verdict v;
        int r = play_read(walk->play, &step->ops[i], &walk->list[walk->n], &v);

        if (r)
            return r;
        if (v == VAP_OK)
            walk->n++;
        else
            walk->answers |= UINT32_C(1) << v;
    }
    walk->left = (UINT32_C(1) << walk->n) - 1;
    return 0;
}

int
play_orders(struct play *play, const struct scenario_step *step,
            uint32_t *answers)
{
    struct walk walk = { .play = play };
    AUTO(free_done)
    struct undo *undo = calloc(SCENARIO_MAX_ORDER + 1, sizeof(*undo));
    int r = undo ? read_list(&walk, step) : -ENOMEM;

    walk.undo = undo;
    if (!r)
        r = begin_ends(play);
    if (!r)
        r = walk_on(&walk);
    *answers = walk.answers;
    return r;
}
