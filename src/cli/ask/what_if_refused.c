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

/* ---- what to do about all of them */

/* The adapters, and the domains, of the queues that one mdev holds, or the
 * host: they stand together, from here on. Returns where the next one's are. */
static size_t
sum_up(const struct refused *r, size_t first, struct vap_mask *adapters,
       struct vap_mask *domains)
{
    size_t i = first;

    *adapters = *domains = vap_mask_none();
    for (; i < r->n && r->conflicts[i].holder == r->conflicts[first].holder;
         i++) {
        vap_mask_add(adapters, VAP_ADAPTER_OF(r->conflicts[i].apqn));
        vap_mask_add(domains, VAP_DOMAIN_OF(r->conflicts[i].apqn));
    }
    return i;
}

/* Each id once: "a/unassign_adapter 0x05 and a/unassign_adapter 0x06" */
static void
print_each(FILE *out, const char *mdev, const char *file,
           const struct vap_mask *ids, int digits)
{
    const char *and = "";

    VAP_EACH (id, ids) {
        (void)fprintf(out, "%s%s/%s 0x%0*x", and, mdev, file, digits, id);
        and = " and ";
    }
}

/* By adapters or by domains, whichever is less to do. Returns as sum_up(). */
static size_t
print_release(FILE *out, const struct host *host, const struct refused *r,
              size_t first)
{
    const char *name = host_mdev_name(host, r->conflicts[first].holder);
    struct vap_mask adapters;
    struct vap_mask domains;
    size_t next = sum_up(r, first, &adapters, &domains);
    unsigned n_adapters = vap_mask_count(&adapters);
    unsigned n_domains = vap_mask_count(&domains);

    if (n_adapters <= n_domains)
        print_each(out, name, "unassign_adapter", &adapters, 2);
    if (n_adapters == n_domains)
        (void)fputs(", or ", out);
    if (n_adapters >= n_domains)
        print_each(out, name, "unassign_domain", &domains, 4);
    return next;
}

/* "-0x05,-0x07" */
static void
print_mask(FILE *out, const char *file, const struct vap_mask *ids, int digits)
{
    const char *comma = " ";

    (void)fputs(file, out);
    VAP_EACH (id, ids) {
        (void)fprintf(out, "%s-0x%0*x", comma, digits, id);
        comma = ",";
    }
}

static void
print_remedy(FILE *out, const struct host *host, const struct refused *r,
             enum vap_verdict verdict)
{
    const char *and = "";
    struct vap_mask adapters;
    struct vap_mask domains;

    if (verdict == VAP_RESERVED) {
        (void)sum_up(r, 0, &adapters, &domains);
        print_mask(out, "apmask", &adapters, 2);
        (void)fputs(", or ", out);
        print_mask(out, "aqmask", &domains, 4);
        return;
    }
    for (size_t i = 0; i < r->n;) {
        (void)fputs(and, out);
        i = print_release(out, host, r, i);
        and = "; and ";
    }
}

/* In place of what would help against the first of several alone. */
static int
remedy_all(const struct host *host, struct refused *r, enum vap_verdict verdict)
{
    AUTO(free_done) char *text = NULL;
    size_t length;
    FILE *out;

    if (r->n < 2 || r->conflicts[0].by_driver)
        return 0;
    out = open_memstream(&text, &length);
    if (!out)
        return -ENOMEM;
    print_remedy(out, host, r, verdict);
    if (fclose(out) || !text)
        return -ENOMEM;
    free(r->remedy);
    r->remedy = TAKE(text);
    return 0;
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
    if (!bad)
        bad = remedy_all(host, r, w->verdict);
    return bad;
}
