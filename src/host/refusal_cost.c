/* SPDX-License-Identifier: MIT */
/* What a way out of a refusal costs: what was lost on the copy it was tried
 * on. */
#include "host/refusal_ways.h"

static unsigned
count_queues(const struct vap_matrix *m)
{
    return vap_mask_count(&m->adapters) * vap_mask_count(&m->domains);
}

/* What its guest has, or the next one would. */
static unsigned
count_lost(const struct vap_mdev *was, const struct vap_mdev *is)
{
    const struct vap_matrix *had = was->vm ? &was->apcb : &was->guest;
    const struct vap_matrix *has = was->vm ? &is->apcb : &is->guest;
    struct vap_matrix kept = {
        .adapters = vap_mask_and(had->adapters, has->adapters),
        .domains = vap_mask_and(had->domains, has->domains),
    };

    return count_queues(had) - count_queues(&kept);
}

static unsigned
count_host_lost(const struct vap_host *was, const struct vap_host *is)
{
    unsigned n = 0;

    for (unsigned a = 0; a < VAP_IDS; a++) {
        struct vap_mask lost = vap_mask_less(was->row[a].dflt, is->row[a].dflt);

        n += vap_mask_count(&lost);
    }
    return n;
}

/** What ways cost, mdev by mdev. */
struct cost {
    unsigned losers;
    unsigned named; /* of them, those that the way is about */
    unsigned lost; /* by all */
};

static bool
is_about(const struct vap_request *r, uint32_t mdev)
{
    return r->mdev == mdev &&
           (r->op == VAP_UNASSIGN_ADAPTER || r->op == VAP_UNASSIGN_DOMAIN ||
            r->op == VAP_CLOSE_MDEV);
}

static bool
is_named(const struct way *way, uint32_t mdev)
{
    for (size_t i = 0; i < way->n; i++)
        if (is_about(&way->list[i], mdev))
            return true;
    return false;
}

static struct cost
sum_of(const struct way *way, const struct host *was, const struct host *is)
{
    struct cost cost = { 0 };

    for (uint32_t i = 0; i < was->engine->n_slots; i++) {
        unsigned n = count_lost(&was->slots[i], &is->slots[i]);

        cost.losers += n != 0;
        cost.named += n && is_named(way, i);
        cost.lost += n;
    }
    return cost;
}

static void
print_loss(FILE *out, const char **before, const char *who, const char *lose,
           unsigned n)
{
    if (n)
        (void)fprintf(out, "%s%s %s %u queue%s", *before, who, lose, n,
                      n == 1 ? "" : "s");
    *before = n ? ", " : *before;
}

/* The first of them by their names. */
static void
print_losers(FILE *out, const char **before, const struct host *was,
             const struct host *is)
{
    unsigned told = 0;
    unsigned more = 0;

    for (uint32_t i = 0; i < was->engine->n_slots; i++) {
        unsigned n = count_lost(&was->slots[i], &is->slots[i]);

        if (n && told++ < WAYS)
            print_loss(out, before, host_mdev_name(was, i), "loses", n);
        else
            more += n;
    }
    print_loss(out, before, "others", "lose", more);
}

/* " (it loses 2 queues, the host loses 1 queue)" */
void
refusal_put_cost(FILE *out, const struct way *way, const struct host *was,
                 const struct host *is)
{
    struct cost cost = sum_of(way, was, is);
    bool locks = is->engine->bus.n_overrides && !was->engine->bus.n_overrides;
    const char *before = " (";

    if (cost.losers == 1 &&
        is_about(&way->list[way->n - 1], way->list[0].mdev) && cost.named)
        print_loss(out, &before, "it", "loses", cost.lost);
    else if (cost.losers == cost.named)
        print_loss(out, &before, "they", "lose", cost.lost);
    else
        print_losers(out, &before, was, is);
    print_loss(out, &before, "the host", "loses",
               count_host_lost(was->engine, is->engine));
    if (locks)
        (void)fprintf(out, "%smasks do not change any more", before);
    (void)fputs(*before == ',' || locks ? ")" : "", out);
}
