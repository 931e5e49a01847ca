/* SPDX-License-Identifier: MIT */
/* What lets a refused request through. A table says what could, by the reason;
 * each way is carried out on a copy, the request after it, and is only spoken
 * of when none of that was refused. So a remedy is never a guess, and what it
 * costs is what was lost on the copy. */
#include "host/refusal.h"

#include "base/auto.h"
#include "host/change_words.h"

#include <errno.h>
#include <string.h>

/* Requests of a way, ways that are told, refusals behind one another. */
enum { WAY = 24, WAYS = 4, DEPTH = 2 };

struct way {
    struct vap_request list[WAY];
    size_t n; /* above WAY: too many, it is none */
};

/** Queues in the way that one mdev has, or the host. */
struct side {
    uint32_t holder;
    struct vap_mask adapters;
    struct vap_mask domains;
};

struct refused {
    const struct host *host;
    const struct vap_request *request;
    struct vap_why why;
    struct side *sides;
    size_t n_sides;
    uint16_t queues[WAY];
    size_t n_queues; /* may be more than WAY */
};

/** A way that was tried, and can be told. */
struct found {
    size_t n; /* its requests */
    char *text;
};

struct search {
    const struct host *host;
    const struct vap_request *request;
    const struct refusal_trial *trial; /* NULL: of the request itself */
    struct found found[WAYS];
    size_t n;
};

/* ---- ways, each after its reason */

static void
add(struct way *way, struct vap_request request)
{
    if (way->n < WAY)
        way->list[way->n] = request;
    way->n++;
}

static void
sum_up(const struct refused *r, struct vap_mask *adapters,
       struct vap_mask *domains)
{
    *adapters = *domains = vap_mask_none();
    for (size_t i = 0; i < r->n_sides; i++) {
        *adapters = vap_mask_or(*adapters, r->sides[i].adapters);
        *domains = vap_mask_or(*domains, r->sides[i].domains);
    }
}

static void
clear_apmask(struct way *way, struct vap_mask adapters)
{
    add(way, (struct vap_request){ .op = VAP_APMASK,
                                   .edit.adapters.clear = adapters });
}

static void
clear_aqmask(struct way *way, struct vap_mask domains)
{
    add(way, (struct vap_request){ .op = VAP_AQMASK,
                                   .edit.domains.clear = domains });
}

static void
leave_apmask(const struct refused *r, struct way *way)
{
    struct vap_mask adapters;
    struct vap_mask domains;

    sum_up(r, &adapters, &domains);
    clear_apmask(way, adapters);
}

static void
leave_aqmask(const struct refused *r, struct way *way)
{
    struct vap_mask adapters;
    struct vap_mask domains;

    sum_up(r, &adapters, &domains);
    clear_aqmask(way, domains);
}

/* Whatever keeps it: vfio_ap has the queue then. */
static void
override_queues(const struct refused *r, struct way *way)
{
    if (r->n_queues > WAY)
        way->n = WAY + 1;
    for (size_t i = 0; i < r->n_queues && way->n <= WAY; i++) {
        struct vap_request q = { .apqn = r->queues[i], .driver = VAP_VFIO_AP };
        enum vap_driver has = vap_host_driver(r->host->engine, q.apqn);

        q.op = VAP_OVERRIDE;
        add(way, q);
        if (has != VAP_NO_DRIVER) {
            q.op = VAP_UNBIND;
            q.driver = (uint8_t)has;
            add(way, q);
        }
        q.op = VAP_BIND;
        q.driver = VAP_VFIO_AP;
        add(way, q);
    }
}

static void
unassign(struct way *way, enum vap_op op, const struct side *side,
         const struct vap_mask *ids)
{
    VAP_EACH (id, ids)
        add(way,
            (struct vap_request){ .op = op, .mdev = side->holder, .id = id });
}

/* By adapters or by domains, whichever is less to do; where it is the same,
 * by domains if they are wanted. */
static void
release(const struct refused *r, struct way *way, bool domains)
{
    for (size_t i = 0; i < r->n_sides; i++) {
        const struct side *side = &r->sides[i];
        unsigned a = vap_mask_count(&side->adapters);
        unsigned d = vap_mask_count(&side->domains);

        if (d < a || (d == a && domains))
            unassign(way, VAP_UNASSIGN_DOMAIN, side, &side->domains);
        else
            unassign(way, VAP_UNASSIGN_ADAPTER, side, &side->adapters);
    }
}

static void
release_adapters(const struct refused *r, struct way *way)
{
    release(r, way, false);
}

/* Where that is another way. */
static void
release_domains(const struct refused *r, struct way *way)
{
    for (size_t i = 0; i < r->n_sides; i++)
        if (vap_mask_count(&r->sides[i].adapters) ==
            vap_mask_count(&r->sides[i].domains)) {
            release(r, way, true);
            return;
        }
}

static void
clear_overrides(const struct refused *r, struct way *way)
{
    for (unsigned a = 0; a < VAP_IDS; a++)
        VAP_EACH (d, &r->host->engine->row[a].overridden)
            add(way, (struct vap_request){ .op = VAP_OVERRIDE,
                                           .apqn = VAP_APQN(a, d) });
}

static void
fill_masks(const struct refused *r, struct way *way)
{
    const struct vap_bus *bus = &r->host->engine->bus;
    struct vap_mask all = vap_mask_all();

    if (!vap_mask_equal(&bus->apmask, &all))
        add(way,
            (struct vap_request){ .op = VAP_APMASK, .edit.adapters.set = all });
    if (!vap_mask_equal(&bus->aqmask, &all))
        add(way,
            (struct vap_request){ .op = VAP_AQMASK, .edit.domains.set = all });
}

static void
unbind(const struct refused *r, struct way *way)
{
    struct vap_request q = { .op = VAP_UNBIND, .apqn = r->request->apqn };

    q.driver = (uint8_t)vap_host_driver(r->host->engine, q.apqn);
    if (q.driver != r->request->driver)
        add(way, q);
}

static void
leave_apmask_alone(const struct refused *r, struct way *way)
{
    clear_apmask(way, vap_mask_one(VAP_ADAPTER_OF(r->request->apqn)));
}

static void
leave_aqmask_alone(const struct refused *r, struct way *way)
{
    clear_aqmask(way, vap_mask_one(VAP_DOMAIN_OF(r->request->apqn)));
}

static void
override(const struct refused *r, struct way *way)
{
    struct vap_request q = *r->request;

    q.op = VAP_OVERRIDE;
    add(way, q);
}

/* What gives it something, or takes it, would find it there. */
static void
create(const struct refused *r, struct way *way)
{
    enum vap_op op = r->request->op;

    if (op == VAP_ASSIGN_ADAPTER || op == VAP_ASSIGN_DOMAIN ||
        op == VAP_ASSIGN_CONTROL || op == VAP_AP_CONFIG || op == VAP_OPEN_MDEV)
        add(way,
            (struct vap_request){ .op = VAP_CREATE, .mdev = r->request->mdev });
}

static void
close_it(const struct refused *r, struct way *way)
{
    add(way,
        (struct vap_request){ .op = VAP_CLOSE_MDEV, .mdev = r->request->mdev });
}

static void
close_holder(const struct refused *r, struct way *way)
{
    add(way,
        (struct vap_request){ .op = VAP_CLOSE_MDEV, .mdev = r->why.holder });
}

static const struct {
    enum vap_verdict verdict;
    void (*make)(const struct refused *r, struct way *way); /* none: empty */
    bool last; /* only where nothing before it helps: it locks the masks */
} makers[] = {
    { VAP_RESERVED, leave_apmask, false },
    { VAP_RESERVED, leave_aqmask, false },
    { VAP_RESERVED, override_queues, true },
    { VAP_SHARED, release_adapters, false },
    { VAP_SHARED, release_domains, false },
    { VAP_IN_USE, release_adapters, false },
    { VAP_IN_USE, release_domains, false },
    { VAP_OVERRIDDEN, clear_overrides, false },
    { VAP_MASKED, fill_masks, false },
    { VAP_BOUND, unbind, false },
    { VAP_FORBIDDEN, leave_apmask_alone, false },
    { VAP_FORBIDDEN, leave_aqmask_alone, false },
    { VAP_FORBIDDEN, override, true },
    { VAP_NO_MDEV, create, false },
    { VAP_VM_TWICE, close_holder, false },
    { VAP_OPEN, close_it, false },
    { VAP_HELD, close_it, false },
};

/* ---- all that is in the way */

static void
refused_done(struct refused *r)
{
    free(r->sides);
}

/* Queues of one holder stand together. */
static int
add_queue(struct refused *r, const struct vap_why *why)
{
    struct side *side = r->n_sides ? &r->sides[r->n_sides - 1] : NULL;

    if (!side || side->holder != why->holder) {
        side = realloc(r->sides, (r->n_sides + 1) * sizeof(*side));
        if (!side)
            return -ENOMEM;
        r->sides = side;
        side += r->n_sides++;
        *side = (struct side){ .holder = why->holder };
    }
    vap_mask_add(&side->adapters, VAP_ADAPTER_OF(why->apqn));
    vap_mask_add(&side->domains, VAP_DOMAIN_OF(why->apqn));
    if (r->n_queues < WAY)
        r->queues[r->n_queues] = why->apqn;
    r->n_queues++;
    return 0;
}

static int
find_queues(struct refused *r)
{
    AUTO(host_done) struct host *copy = NULL; /* for its change */
    struct vap_why why = r->why;
    int bad;

    if (why.verdict != VAP_RESERVED && why.verdict != VAP_SHARED &&
        why.verdict != VAP_IN_USE)
        return 0;
    bad = host_copy(r->host, &copy);
    while (!bad) {
        bad = add_queue(r, &why);
        if (!vap_why_next(copy->engine, r->request, copy->change, &why))
            break;
    }
    return bad;
}

/* ---- what it costs */

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
static void
print_cost(FILE *out, const struct way *way, const struct host *was,
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

/* ---- trying */

static int
print_way(FILE *out, const struct host *host, const struct way *way)
{
    for (size_t i = 0; i < way->n; i++) {
        const struct vap_request *r = &way->list[i];
        bool clears = r->op == VAP_OVERRIDE && r->driver == VAP_NO_DRIVER;
        AUTO(free_done) char *words = NULL;
        int bad = change_words_text(host, r, CHANGE_WORDS, &words);

        if (bad)
            return bad;
        (void)fprintf(out, "%s%s%s", i ? " and " : "", words,
                      clears ? "=" : "");
    }
    return 0;
}

/* Of ways of several lengths the short ones are told. */
static int
keep(struct search *s, const struct way *way, const struct host *after)
{
    AUTO(free_done) char *text = NULL;
    size_t length;
    FILE *out;
    int bad;

    while (s->n && s->found[s->n - 1].n > way->n)
        free(s->found[--s->n].text);
    if (s->n == WAYS || (s->n && s->found[0].n < way->n))
        return 0;
    out = open_memstream(&text, &length);
    if (!out)
        return -ENOMEM;
    bad = print_way(out, s->host, way);
    print_cost(out, way, s->host, after);
    if (fclose(out) || !text || bad)
        return -ENOMEM;
    s->found[s->n++] = (struct found){ way->n, TAKE(text) };
    return 0;
}

static int find(struct search *s, const struct way *before,
                const struct host *host, const struct vap_why *why, int depth);

static int
try_trial(struct search *s, const struct way *way, const struct host *done)
{
    AUTO(host_done) struct host *copy = NULL;
    int r = host_copy(done, &copy);

    if (!r)
        r = s->trial->passes(s->trial->context, copy);
    return r ? (r < 0 ? r : 0) : keep(s, way, done);
}

/* from: the first request that host has not had. */
static int
try_way(struct search *s, const struct way *way, size_t from,
        const struct host *host, enum vap_verdict last, int depth)
{
    AUTO(host_done) struct host *copy = NULL;
    struct vap_why why;

    if (host_copy(s->trial ? s->host : host, &copy))
        return -ENOMEM;
    for (size_t i = from; i < way->n; i++)
        if (host_do(copy, &way->list[i], NULL) != VAP_OK)
            return 0;
    if (s->trial)
        return try_trial(s, way, copy);
    if (host_do(copy, s->request, &why) == VAP_OK)
        return keep(s, way, copy);
    return depth < DEPTH && why.verdict != last
               ? find(s, way, copy, &why, depth + 1)
               : 0;
}

/* host: as `before` leaves it, and there the request is refused. */
static int
find(struct search *s, const struct way *before, const struct host *host,
     const struct vap_why *why, int depth)
{
    AUTO(refused_done)
    struct refused r = { .host = host, .request = s->request, .why = *why };
    int bad = find_queues(&r);

    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]) && !bad; i++) {
        struct way way = *before;

        if (makers[i].verdict == why->verdict && !(makers[i].last && s->n))
            makers[i].make(&r, &way);
        if (way.n > before->n && way.n <= WAY)
            bad = try_way(s, &way, before->n, host, why->verdict, depth);
    }
    return bad;
}

static int
print_found(const struct search *s, char **out)
{
    size_t length;
    FILE *f = s->n ? open_memstream(out, &length) : NULL;

    if (!s->n)
        return 0;
    if (!f)
        return -ENOMEM;
    for (size_t i = 0; i < s->n; i++)
        (void)fprintf(f, "%s%s", i ? ", or " : "", s->found[i].text);
    return fclose(f) || !*out ? -ENOMEM : 0;
}

static int
search_all(struct search *s, const struct host *host, const struct vap_why *why,
           char **out)
{
    const struct way none = { .n = 0 };
    int bad = find(s, &none, host, why, 1);

    *out = NULL;
    if (!bad)
        bad = print_found(s, out);
    while (s->n)
        free(s->found[--s->n].text);
    return bad;
}

int
refusal_remedy(const struct host *host, const struct vap_request *request,
               const struct vap_why *why, char **out)
{
    struct search s = { .host = host, .request = request };

    return search_all(&s, host, why, out);
}

int
refusal_remedy_for(const struct host *host, const struct vap_request *request,
                   const struct vap_why *why, const struct refusal_trial *trial,
                   char **out)
{
    struct search s = { .host = trial->host,
                        .request = request,
                        .trial = trial };

    return search_all(&s, host, why, out);
}
