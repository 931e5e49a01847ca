/* SPDX-License-Identifier: MIT */
/* A refusal is explained on a copy of the host on which everything before the
 * refused request is done. */
#include "cli/ask/what_if.h"

#include "base/auto.h"
#include "host/refusal.h"

#include <errno.h>

void
refused_done(struct refused *r)
{
    free(r->reason);
    free(r->remedy);
    free(r->conflicts);
}

static int
add(struct refused *r, size_t *room, const struct vap_why *why)
{
    if (r->n == *room) {
        size_t more = *room ? 2 * *room : 16;
        struct conflict *grown =
            realloc(r->conflicts, more * sizeof(*r->conflicts));

        if (!grown)
            return -ENOMEM;
        r->conflicts = grown;
        *room = more;
    }
    r->conflicts[r->n++] =
        (struct conflict){ why->apqn, why->holder, why->by_driver };
    return 0;
}

static int
find_conflicts(struct host *host, const struct vap_request *request,
               struct vap_why why, struct refused *r)
{
    size_t room = 0;
    int bad;

    if (why.verdict != VAP_RESERVED && why.verdict != VAP_SHARED &&
        why.verdict != VAP_IN_USE)
        return 0;
    do
        bad = add(r, &room, &why);
    while (!bad && vap_why_next(host->engine, request, host->change, &why));
    return bad;
}

int
what_if_refused(const struct what_if *w, struct refused *r)
{
    AUTO(host_done) struct host *host = NULL;
    const struct vap_request *request = &w->list[w->why.request];
    int bad = host_copy(w->host, &host);

    *r = (struct refused){ 0 };
    if (!bad && host_plan(host, w->list, w->why.request, NULL) != VAP_OK)
        bad = -ENOMEM;
    if (bad)
        return bad;
    host_apply(host);
    bad = find_conflicts(host, request, w->why, r);
    if (!bad && w->verdict == VAP_RESET_FAILED)
        (void)host_plan(host, request, 1, NULL); /* its resets */
    if (!bad)
        bad = refusal_words(host, request, &w->why, &r->reason);
    if (!bad)
        bad = refusal_remedy(host, request, &w->why, &r->remedy);
    return bad;
}
