/* SPDX-License-Identifier: MIT */
/* What lets a refused request through. A table says what could, by the reason;
 * each way is carried out on a copy, the request after it, and is only spoken
 * of when none of that was refused. So a remedy is never a guess, and what it
 * costs is what was lost on the copy. */
#include "host/refusal.h"

#include "base/auto.h"
#include "host/change_words.h"
#include "host/refusal_ways.h"

#include <errno.h>
#include <string.h>

enum { DEPTH = 2 }; /* refusals behind one another */

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
    refusal_put_cost(out, way, s->host, after);
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

    for (size_t i = 0; i < refusal_n_makers && !bad; i++) {
        struct way way = *before;

        if (refusal_makers[i].verdict == why->verdict &&
            !(refusal_makers[i].last && s->n))
            refusal_makers[i].make(&r, &way);
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
