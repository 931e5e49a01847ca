/* SPDX-License-Identifier: MIT */
/* The answer for people: first whether a guest has it, then what is in the
 * way, then what would bring it back. */
#include "cli/ask/explain.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/ids.h"

#include <errno.h>
#include <string.h>

enum { SHOWN_GROUPS = 8 };

static const char *
s(unsigned n)
{
    return n == 1 ? "" : "s";
}

static const char *
name_of(const struct explain *e, uint32_t mdev)
{
    return host_mdev_name(e->host, mdev);
}

/* "05" and, where that could be taken for decimal, "10 (16)" */
static const char *
id_text(unsigned id, int digits, char text[24])
{
    (void)snprintf(text, 24, id > 9 ? "%0*x (%u)" : "%0*x", digits, id, id);
    return text;
}

/* ---- holes */

/* Queues of one adapter that are no good for the same reason. */
static void
put_alike(FILE *out, const char *adapters, const struct vap_mask *domains,
          const char *why)
{
    char ids[IDS_TEXT];
    char queues[2 * IDS_TEXT];

    (void)snprintf(queues, sizeof(queues), "%s.%s", adapters,
                   ids_text(domains, 4, ids));
    (void)fprintf(out, "  %-14s  %s\n", queues, why);
}

/* The holes of one adapter, as those of the adapters that are named. */
static void
put_holes(FILE *out, const struct explain *e, const char *adapters,
          unsigned adapter, struct vap_mask rest)
{
    const struct vap_host *host = e->host->engine;
    char why[EXPLAIN_WHY];
    char other[EXPLAIN_WHY];

    while (!vap_mask_empty(&rest)) {
        unsigned first = vap_mask_next(&rest, 0);
        struct vap_mask alike = vap_mask_none();
        struct vap_queue_facts f =
            vap_explain_queue(host, VAP_APQN(adapter, first), host->n_slots);

        explain_why(e->host, &f, why);
        VAP_EACH (d, &rest) {
            f = vap_explain_queue(host, VAP_APQN(adapter, d), host->n_slots);
            explain_why(e->host, &f, other);
            if (strcmp(why, other) == 0)
                vap_mask_add(&alike, d);
        }
        put_alike(out, adapters, &alike, why);
        rest = vap_mask_less(rest, alike);
    }
}

/* ---- adapters */

static bool
is_absent(uint32_t causes)
{
    return vap_caused(causes, VAP_CAUSE_ADAPTER_ABSENT) ||
           vap_caused(causes, VAP_CAUSE_ADAPTER_UNSCANNED);
}

static void
put_absence(FILE *out, bool unscanned)
{
    (void)fputs(unscanned ? "not yet scanned: the hardware has it, the AP bus "
                            "has not looked since"
                          : "not in the host configuration",
                out);
}

/* Of an adapter that is given whole: are its queues of any use? */
static void
put_whole(FILE *out, const struct explain *e, const struct vap_adapter_facts *f)
{
    struct vap_mask dead = explain_dead(e->host, f->adapter, f->domains);
    unsigned all = vap_mask_count(&f->domains);
    unsigned n = vap_mask_count(&dead);
    uint8_t state =
        e->host->engine->queue[f->adapter][vap_mask_next(&dead, 0) & 255].state;
    const char *word =
        state == VAP_RC_DECONFIGURED ? "deconfigured" : "checkstopped";

    if (n == all)
        (void)fprintf(out, ", but %s: it answers nothing", word);
    else
        (void)fprintf(out, ", all %u of its queues", all);
    if (n && n < all)
        (void)fprintf(out, ", but %u %s %s: no answer from there", n,
                      n == 1 ? "is" : "are", word);
}

/* What only the rule's past explains. */
static void
put_oversight(FILE *out, const struct explain *e,
              const struct vap_adapter_facts *f)
{
    const char *rule = e->host->engine->rule->name;
    uint32_t causes = f->causes;
    char since[EXPLAIN_SINCE];

    if (vap_caused(causes, VAP_CAUSE_STALE))
        (void)fprintf(out, "  %s has not looked again since %s\n", rule,
                      explain_since(e->host, f->mdev, f->adapter, since));
    if (vap_caused(causes, VAP_CAUSE_LEFTOVER))
        (void)fprintf(out, "  %s has not looked again since\n", rule);
    if (vap_caused(causes, VAP_CAUSE_NOT_TOLD))
        (void)fputs("  the running guest has not been told\n", out);
}

/* What there is to say of an adapter after its name; each: of several. */
static void
put_adapter_state(FILE *out, const struct explain *e,
                  const struct vap_adapter_facts *f, bool each)
{
    unsigned n = vap_mask_count(&f->domains);
    unsigned holes = vap_mask_count(&f->holes);

    (void)fputs(f->given ? "given" : "not given", out);
    if (vap_caused(f->causes, VAP_CAUSE_ADAPTER_UNASSIGNED))
        (void)fputs(", not assigned", out);
    if (is_absent(f->causes)) {
        (void)fputs(", ", out);
        put_absence(out, vap_caused(f->causes, VAP_CAUSE_ADAPTER_UNSCANNED));
    } else if (holes) {
        (void)fprintf(out, ", %u of %s %u queue%s %s", holes,
                      each ? "each one's" : "its", n, s(n),
                      holes == 1 ? "is a hole" : "are holes");
    } else if (!n) {
        (void)fputs(", there is no domain to go with it", out);
    } else if (f->given) {
        put_whole(out, e, f);
    } else if (vap_caused(f->causes, VAP_CAUSE_STALE)) {
        (void)fputs(", though there is no hole", out);
    }
    (void)fputc('\n', out);
}

/* All but the name, as text, to find out which say the same. */
static int
adapter_text(const struct explain *e, uint32_t mdev, unsigned adapter,
             const char *adapters, bool each, char **out)
{
    struct vap_adapter_facts f =
        vap_explain_adapter(e->host->engine, adapter, mdev);
    AUTO(free_done) char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);

    if (!stream)
        return -ENOMEM;
    put_adapter_state(stream, e, &f, each);
    put_holes(stream, e, adapters, adapter, f.holes);
    put_oversight(stream, e, &f);
    if (fclose(stream) || !text)
        return -ENOMEM;
    *out = TAKE(text);
    return 0;
}

/* Adapters of an mdev of which the same is to be said as of the first. */
static int
find_alike(const struct explain *e, uint32_t mdev, const struct vap_mask *rest,
           struct vap_mask *alike)
{
    unsigned first = vap_mask_next(rest, 0);
    AUTO(free_done) char *text = NULL;
    int r = adapter_text(e, mdev, first, "", false, &text);

    *alike = vap_mask_none();
    VAP_EACH (a, rest) {
        AUTO(free_done) char *other = NULL;

        if (!r)
            r = adapter_text(e, mdev, a, "", false, &other);
        if (!r && strcmp(text, other) == 0)
            vap_mask_add(alike, a);
    }
    return r;
}

static int
put_group(const struct explain *e, uint32_t mdev, const struct vap_mask *alike)
{
    AUTO(free_done) char *text = NULL;
    unsigned first = vap_mask_next(alike, 0);
    bool one = vap_mask_count(alike) == 1;
    char ids[IDS_TEXT];
    char name[24];
    int r = adapter_text(e, mdev, first, ids_text(alike, 2, ids), !one, &text);

    if (!r)
        (void)printf("adapter%s %s of %s: %s", one ? "" : "s",
                     one ? id_text(first, 2, name) : ids, name_of(e, mdev),
                     text);
    return r;
}

static int
put_adapters(const struct explain *e, uint32_t mdev, struct vap_mask rest)
{
    for (int n = 0; !vap_mask_empty(&rest); n++) {
        struct vap_mask alike;
        int r = find_alike(e, mdev, &rest, &alike);

        if (!r && n == SHOWN_GROUPS && !e->all &&
            !vap_mask_equal(&alike, &rest)) {
            (void)printf("... and %u more adapters of %s, see --all\n",
                         vap_mask_count(&rest), name_of(e, mdev));
            return 0;
        }
        if (!r)
            r = put_group(e, mdev, &alike);
        if (r)
            return r;
        rest = vap_mask_less(rest, alike);
    }
    return 0;
}

/* ---- each kind of target */

/* Ids an mdev has and the host has not. */
static void
put_absent(const char *what, const struct vap_mask *ids, int digits,
           const char *mdev)
{
    char text[IDS_TEXT];

    if (!vap_mask_empty(ids))
        (void)printf("%s%s %s of %s: not in the host configuration\n", what,
                     s(vap_mask_count(ids)), ids_text(ids, digits, text), mdev);
}

static void
put_mdev_line(const struct explain *e, uint32_t mdev)
{
    const struct vap_mdev *m = &e->host->slots[mdev];
    struct explain_counts n = explain_count(e->host, mdev);

    (void)printf("%s", name_of(e, mdev));
    if (m->vm) {
        (void)fputs(", held by ", stdout);
        say_quoted(stdout, host_vm_name(e->host, m->vm));
    }
    if (n.given == n.assigned && !explain_lacks(e->host, mdev))
        (void)printf(": nothing is missing, %u queue%s given\n", n.given,
                     s(n.given));
    else
        (void)printf(": %u of %u queue%s given\n", n.given, n.assigned,
                     s(n.assigned));
}

static int
put_mdev(struct explain *e, const struct target *t)
{
    const struct vap_mdev *m = &e->host->slots[t->mdev];
    struct vap_mdev_facts f;
    struct vap_mask missing;
    struct vap_mask dead;
    int r;

    vap_explain_mdev(e->host->engine, t->mdev, &f);
    missing =
        vap_mask_less(vap_mask_less(m->matrix.adapters, f.absent.adapters),
                      vap_mask_less(m->guest.adapters, f.leftover));
    put_mdev_line(e, t->mdev);
    if (vap_mask_empty(&f.due.domains) &&
        !vap_mask_meets(&m->matrix.domains,
                        &e->host->engine->bus.config.ids.domains))
        missing = f.leftover; /* no domain: no adapter is to blame */
    dead = explain_dead_adapters(e->host, t->mdev);
    r = put_adapters(e, t->mdev, vap_mask_or(missing, dead));
    put_absent("adapter", &f.absent.adapters, 2, name_of(e, t->mdev));
    put_absent("domain", &f.absent.domains, 4, name_of(e, t->mdev));
    put_absent("control domain", &f.absent.control, 4, name_of(e, t->mdev));
    if (f.not_told)
        (void)printf("the running guest of %s has not been told of its "
                     "guest_matrix\n",
                     name_of(e, t->mdev));
    return r ? r : explain_put_remedies(e, t);
}

/* Of the host's row: how many queues, and whose they may be. */
static void
put_unassigned(const char *what, unsigned id, int digits,
               struct vap_mask present, struct vap_mask vfio)
{
    unsigned n = vap_mask_count(&present);
    char name[24];

    vfio = vap_mask_and(vfio, present);
    (void)printf("%s %s: in no mdev", what, id_text(id, digits, name));
    if (n)
        (void)printf("; %u queue%s, %u of them bound to vfio_ap\n", n, s(n),
                     vap_mask_count(&vfio));
    else
        (void)printf("; the host has no queue of it\n");
}

static void
put_free_adapter(const struct explain *e, unsigned adapter)
{
    const struct vap_row *row = &e->host->engine->row[adapter];

    put_unassigned("adapter", adapter, 2, row->present, row->vfio);
}

/* As put_free_adapter(), down the column. */
static void
put_free_domain(const struct explain *e, unsigned domain)
{
    struct vap_mask present = vap_mask_none();
    struct vap_mask vfio = vap_mask_none();

    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &e->host->engine->row[a];

        if (vap_mask_has(&row->present, domain))
            vap_mask_add(&present, a);
        if (vap_mask_has(&row->vfio, domain))
            vap_mask_add(&vfio, a);
    }
    put_unassigned("domain", domain, 4, present, vfio);
}

static bool
is_nobodys(const struct explain *e, const struct target *t)
{
    return t->mdev >= e->host->engine->n_slots;
}

static int
put_adapter(struct explain *e, const struct target *t)
{
    if (is_nobodys(e, t)) {
        put_free_adapter(e, t->adapter);
        return 0;
    }

    int r = put_adapters(e, t->mdev, vap_mask_one(t->adapter));

    return r ? r : explain_put_remedies(e, t);
}

/* Adapters whose queue of the domain is a hole, or would be were it assigned.
 */
static struct vap_mask
domain_holes(const struct vap_host *host, const struct vap_domain_facts *f)
{
    struct vap_matrix m = host->mdevs[f->mdev].matrix;
    struct vap_mask found = vap_mask_none();

    vap_mask_add(&m.domains, f->domain);
    VAP_EACH (a, &f->adapters) {
        struct vap_mask holes = vap_holes(host, &m, a);

        if (vap_mask_has(&holes, f->domain))
            vap_mask_add(&found, a);
    }
    return found;
}

static bool
all_have_others(const struct vap_host *host, const struct vap_domain_facts *f)
{
    VAP_EACH (a, &f->adapters) {
        struct vap_mask holes =
            vap_holes(host, &host->mdevs[f->mdev].matrix, a);

        vap_mask_drop(&holes, f->domain);
        if (vap_mask_empty(&holes))
            return false;
    }
    return true;
}

/* "domain 0047 of a: given with adapters 03,04" */
static void
put_domain_state(const struct explain *e, const struct vap_domain_facts *f)
{
    const struct vap_mdev *m = &e->host->slots[f->mdev];
    char ids[IDS_TEXT];
    char name[24];

    (void)printf("domain %s of %s: ", id_text(f->domain, 4, name),
                 name_of(e, f->mdev));
    if (f->given)
        (void)printf("given with adapter%s %s",
                     s(vap_mask_count(&m->guest.adapters)),
                     ids_text(&m->guest.adapters, 2, ids));
    else
        (void)fputs("not given", stdout);
    if (vap_caused(f->causes, VAP_CAUSE_DOMAIN_UNASSIGNED))
        (void)fputs(", not assigned", stdout);
    if (vap_caused(f->causes, VAP_CAUSE_DOMAIN_ABSENT) ||
        vap_caused(f->causes, VAP_CAUSE_DOMAIN_UNSCANNED)) {
        (void)fputs(", ", stdout);
        put_absence(stdout, vap_caused(f->causes, VAP_CAUSE_DOMAIN_UNSCANNED));
    } else if (!f->given && vap_mask_empty(&f->adapters)) {
        (void)fputs(", there is no adapter to go with it", stdout);
    } else if (!f->given && all_have_others(e->host->engine, f)) {
        (void)fputs(", each adapter has a hole in another domain", stdout);
    } else if (vap_caused(f->causes, VAP_CAUSE_STALE)) {
        (void)fputs(", though there is no hole", stdout);
    }
    (void)putchar('\n');
}

static int
put_domain(struct explain *e, const struct target *t)
{
    struct vap_domain_facts f =
        vap_explain_domain(e->host->engine, t->domain, t->mdev);
    struct vap_mask holes;
    char name[8];
    char ids[IDS_TEXT];

    if (is_nobodys(e, t)) {
        put_free_domain(e, t->domain);
        return 0;
    }
    put_domain_state(e, &f);
    holes = domain_holes(e->host->engine, &f);
    VAP_EACH (a, &holes) {
        (void)snprintf(name, sizeof(name), "%02x", a);
        put_holes(stdout, e, name, a, vap_mask_one(t->domain));
    }
    if (!vap_mask_empty(&f.sole))
        (void)printf("  it is the only hole of adapter%s %s\n",
                     s(vap_mask_count(&f.sole)), ids_text(&f.sole, 2, ids));
    return explain_put_remedies(e, t);
}

int
explain_text(struct explain *e, const struct target *t)
{
    switch (t->about) {
    case ABOUT_MDEV:
        return put_mdev(e, t);
    case ABOUT_ADAPTER:
        return put_adapter(e, t);
    case ABOUT_DOMAIN:
        return put_domain(e, t);
    case ABOUT_QUEUE:
        return explain_put_queue(e, t);
    }
    return 0;
}
