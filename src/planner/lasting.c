/* SPDX-License-Identifier: MIT */
/* A draft of the stores; each phase looks at it for one thing to do, says the
 * command and does it to the draft. A command depends on the draft alone, so
 * whoever asks again when some have been carried out hears the rest. */
#include "planner/lasting.h"

#include "base/auto.h"
#include "host/change_words.h"
#include "observe/stores_start.h"

#include <errno.h>
#include <string.h>

struct draft {
    const struct wanted *wanted;
    struct stores stores;
    bool failed; /* no memory */
};

void
lasting_done(struct lasting *lasting)
{
    for (size_t i = 0; i < lasting->n; i++)
        free(lasting->commands[i]);
    free(lasting->commands);
    free(lasting->reason);
    *lasting = (struct lasting){ 0 };
}

/* ---- the draft */

static struct stores_definition *
add_definition(struct draft *d)
{
    struct stores *s = &d->stores;
    struct stores_definition *grown =
        realloc(s->definitions, (s->n_definitions + 1) * sizeof(*grown));

    if (!grown) {
        d->failed = true;
        return NULL;
    }
    s->definitions = grown;
    grown += s->n_definitions++;
    *grown = (struct stores_definition){ 0 };
    return grown;
}

static void
add_step(struct draft *d, struct stores_definition *def,
         const struct stores_step *step)
{
    struct stores_step *grown =
        realloc(def->steps, (def->n + 1) * sizeof(*grown));

    if (!grown) {
        d->failed = true;
        return;
    }
    def->steps = grown;
    def->steps[def->n++] = *step;
}

static int
copy_stores(struct draft *d, const struct stores *from)
{
    d->stores.has_apmask = from->has_apmask;
    d->stores.has_aqmask = from->has_aqmask;
    d->stores.apmask = from->apmask;
    d->stores.aqmask = from->aqmask;
    for (size_t i = 0; i < from->n_definitions && !d->failed; i++) {
        const struct stores_definition *was = &from->definitions[i];
        struct stores_definition *def = add_definition(d);

        if (!def)
            break;
        memcpy(def->name, was->name, sizeof(def->name));
        def->automatic = was->automatic;
        for (size_t k = 0; k < was->n && !d->failed; k++)
            add_step(d, def, &was->steps[k]);
    }
    return d->failed ? -ENOMEM : 0;
}

static void
draft_done(struct draft *d)
{
    stores_done(&d->stores);
}

/* ---- what is wanted of a definition */

static const struct wanted_mdev *
wanted_of_name(const struct draft *d, const char *name)
{
    for (size_t i = 0; i < d->wanted->n_mdevs; i++)
        if (strcmp(d->wanted->mdevs[i].name, name) == 0)
            return &d->wanted->mdevs[i];
    return NULL;
}

static bool
is_to_go(const struct draft *d, const char *name)
{
    for (size_t i = 0; i < d->wanted->n_removed; i++)
        if (strcmp(d->wanted->removed[i], name) == 0)
            return true;
    return d->wanted->others_go && !wanted_of_name(d, name);
}

/* However it says so. */
static bool
gives(const struct stores_definition *def, const struct vap_matrix *m)
{
    struct vap_matrix is = stores_matrix(def);

    for (size_t i = 0; i < def->n; i++)
        if (def->steps[i].verdict != VAP_OK)
            return false;
    return vap_matrix_equal(&is, m);
}

/** The attributes that assign, in the order in which they are added. */
static const struct {
    const char *name;
    enum vap_op op;
    size_t mask; /* in a matrix */
    int digits;
} attributes[] = {
    // clang-format off
    { "assign_adapter", VAP_ASSIGN_ADAPTER, offsetof(struct vap_matrix, adapters), 2 },
    { "assign_domain", VAP_ASSIGN_DOMAIN, offsetof(struct vap_matrix, domains), 4 },
    { "assign_control_domain", VAP_ASSIGN_CONTROL, offsetof(struct vap_matrix, control), 4 },
    // clang-format on
};
enum { ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0]) };

static const struct vap_mask *
mask_of(const struct vap_matrix *m, size_t attribute)
{
    return (const struct vap_mask *)((const char *)m +
                                     attributes[attribute].mask);
}

/** What an attribute is to a definition of this matrix. */
enum part { KEPT, TOO_MUCH, TAKES_AWAY };

static enum part
part_of(const struct stores_step *step, const struct vap_matrix *m)
{
    const struct vap_request *r = &step->request;

    if (step->verdict != VAP_OK || r->id >= VAP_IDS)
        return TOO_MUCH;
    for (size_t i = 0; i < ATTRIBUTES; i++)
        if (attributes[i].op == r->op)
            return vap_mask_has(mask_of(m, i), (unsigned)r->id) ? KEPT
                                                                : TOO_MUCH;
    return r->op == VAP_AP_CONFIG ? TOO_MUCH : TAKES_AWAY;
}

/* ---- phases: each puts one command and returns whether it has */

static bool
undefine(struct draft *d, FILE *out)
{
    struct stores *s = &d->stores;

    for (size_t i = 0; i < s->n_definitions; i++) {
        struct stores_definition *def = &s->definitions[i];

        if (!is_to_go(d, def->name))
            continue;
        (void)fputs("mdevctl undefine ", out);
        change_words_uuid(out, def->name);
        free(def->steps);
        memmove(def, def + 1, (--s->n_definitions - i) * sizeof(*def));
        return true;
    }
    return false;
}

/* The last one first, so the places of the others stay. */
static bool
delete_from(struct stores_definition *def, const struct vap_matrix *m,
            enum part part, FILE *out)
{
    for (size_t i = def->n; i-- > 0;) {
        if (part_of(&def->steps[i], m) != part)
            continue;
        (void)fputs("mdevctl modify ", out);
        change_words_uuid(out, def->name);
        (void)fprintf(out, " --delattr --index=%zu", i);
        memmove(&def->steps[i], &def->steps[i + 1],
                (--def->n - i) * sizeof(*def->steps));
        return true;
    }
    return false;
}

static bool
delete_part(struct draft *d, enum part part, FILE *out)
{
    for (size_t i = 0; i < d->stores.n_definitions; i++) {
        struct stores_definition *def = &d->stores.definitions[i];
        const struct wanted_mdev *m = wanted_of_name(d, def->name);

        if (m && !gives(def, &m->matrix) &&
            delete_from(def, &m->matrix, part, out))
            return true;
    }
    return false;
}

static bool
delete_too_much(struct draft *d, FILE *out)
{
    return delete_part(d, TOO_MUCH, out);
}

/* What is taken away no more is added. */
static bool
delete_takers(struct draft *d, FILE *out)
{
    return delete_part(d, TAKES_AWAY, out);
}

static bool
differs(bool wanted, const struct vap_mask *mask, bool has,
        const struct vap_mask *is)
{
    return wanted && !(has && vap_mask_equal(mask, is));
}

/* Both in one: chzdev holds what each adds against all of the other. */
static bool
set_masks(struct draft *d, FILE *out)
{
    const struct wanted *w = d->wanted;
    struct stores *s = &d->stores;
    bool ap = differs(w->has_apmask, &w->apmask, s->has_apmask, &s->apmask);
    bool aq = differs(w->has_aqmask, &w->aqmask, s->has_aqmask, &s->aqmask);

    if (!ap && !aq)
        return false;
    (void)fputs("chzdev --type ap --persistent", out);
    if (ap) {
        (void)fputs(" apmask=", out);
        change_words_chzdev(out, &w->apmask);
        s->has_apmask = true;
        s->apmask = w->apmask;
    }
    if (aq) {
        (void)fputs(" aqmask=", out);
        change_words_chzdev(out, &w->aqmask);
        s->has_aqmask = true;
        s->aqmask = w->aqmask;
    }
    return true;
}

static struct stores_step
assigns(size_t attribute, unsigned id)
{
    struct stores_step step = {
        .verdict = VAP_OK,
        .request = { .op = attributes[attribute].op, .id = id },
    };

    (void)snprintf(step.text, sizeof(step.text), "%s=0x%0*x",
                   attributes[attribute].name, attributes[attribute].digits,
                   id);
    return step;
}

/* The first of what is missing. */
static bool
add_to(struct draft *d, struct stores_definition *def,
       const struct vap_matrix *m, FILE *out)
{
    const struct vap_matrix has = stores_matrix(def);

    for (size_t i = 0; i < ATTRIBUTES; i++) {
        struct vap_mask left = vap_mask_less(*mask_of(m, i), *mask_of(&has, i));
        struct stores_step step;

        if (vap_mask_empty(&left))
            continue;
        step = assigns(i, vap_mask_next(&left, 0));
        (void)fputs("mdevctl modify ", out);
        change_words_uuid(out, def->name);
        (void)fprintf(out, " --addattr=%s --value=%s", attributes[i].name,
                      strchr(step.text, '=') + 1);
        add_step(d, def, &step);
        return true;
    }
    return false;
}

static bool
add_attribute(struct draft *d, FILE *out)
{
    for (size_t i = 0; i < d->stores.n_definitions; i++) {
        struct stores_definition *def = &d->stores.definitions[i];
        const struct wanted_mdev *m = wanted_of_name(d, def->name);

        if (m && !gives(def, &m->matrix) && add_to(d, def, &m->matrix, out))
            return true;
    }
    return false;
}

/* All of it at once, so that there never is half a definition. */
static void
put_definition(struct draft *d, struct stores_definition *def,
               const struct wanted_mdev *m, FILE *out)
{
    const char *comma = "";

    (void)fputs("echo '{\"mdev_type\":\"vfio_ap-passthrough\","
                "\"start\":\"auto\",\"attrs\":[",
                out);
    for (size_t i = 0; i < ATTRIBUTES; i++)
        VAP_EACH (id, mask_of(&m->matrix, i)) {
            struct stores_step step = assigns(i, id);

            (void)fprintf(out, "%s{\"%s\":\"%s\"}", comma, attributes[i].name,
                          strchr(step.text, '=') + 1);
            add_step(d, def, &step);
            comma = ",";
        }
    (void)fputs("]}' | mdevctl define ", out);
    change_words_uuid(out, def->name);
    (void)fputs(" --parent matrix --jsonfile /dev/stdin", out);
}

static bool
define(struct draft *d, FILE *out)
{
    for (size_t i = 0; i < d->wanted->n_mdevs; i++) {
        const struct wanted_mdev *m = &d->wanted->mdevs[i];
        struct stores_definition *def;

        if (stores_definition(&d->stores, m->name))
            continue;
        def = add_definition(d);
        if (!def)
            return false;
        (void)snprintf(def->name, sizeof(def->name), "%s", m->name);
        def->automatic = true;
        put_definition(d, def, m, out);
        return true;
    }
    return false;
}

static bool (*const phases[])(struct draft *, FILE *) = {
    undefine, delete_too_much, set_masks, delete_takers, add_attribute, define,
};

/* ---- after a boot */

static bool
shared(const struct vap_matrix *a, const struct vap_matrix *b, unsigned *apqn)
{
    struct vap_mask adapters = vap_mask_and(a->adapters, b->adapters);
    struct vap_mask domains = vap_mask_and(a->domains, b->domains);

    if (vap_mask_empty(&adapters) || vap_mask_empty(&domains))
        return false;
    *apqn = VAP_APQN(vap_mask_next(&adapters, 0), vap_mask_next(&domains, 0));
    return true;
}

static int
reason(struct lasting *out, const char *text)
{
    out->reason = strdup(text);
    return out->reason ? 0 : -ENOMEM;
}

/* A definition that is wanted, against all others that start by themselves. */
static int
find_rival(const struct draft *d, const struct stores_definition *def,
           struct lasting *out)
{
    const struct vap_matrix m = stores_matrix(def);
    char text[256];
    unsigned apqn;

    for (size_t i = 0; i < d->stores.n_definitions; i++) {
        const struct stores_definition *other = &d->stores.definitions[i];
        const struct vap_matrix n = stores_matrix(other);

        if (other == def || !other->automatic || !shared(&m, &n, &apqn))
            continue;
        (void)snprintf(text, sizeof(text),
                       "%s and %s are both defined to start by themselves, "
                       "and both to have %02x.%04x: let one go, or make it "
                       "manual",
                       def->name, other->name, VAP_ADAPTER_OF(apqn),
                       VAP_DOMAIN_OF(apqn));
        return reason(out, text);
    }
    return 0;
}

static int
find_reserved(const struct vap_matrix *kept,
              const struct stores_definition *def, struct lasting *out)
{
    const struct vap_matrix m = stores_matrix(def);
    char text[256];
    unsigned apqn;

    if (!shared(&m, kept, &apqn))
        return 0;
    (void)snprintf(text, sizeof(text),
                   "after a boot %02x.%04x is the host's, and %s does not "
                   "start: apmask and aqmask are to be wanted, too",
                   VAP_ADAPTER_OF(apqn), VAP_DOMAIN_OF(apqn), def->name);
    return reason(out, text);
}

static int
find_reason(const struct draft *d, const struct host *host, struct lasting *out)
{
    const struct vap_matrix kept = stores_boot_masks(host, &d->stores);
    int r = 0;

    for (size_t i = 0; i < d->stores.n_definitions && !r; i++) {
        const struct stores_definition *def = &d->stores.definitions[i];

        if (!def->automatic || !wanted_of_name(d, def->name))
            continue;
        r = find_rival(d, def, out);
        if (!r && !out->reason)
            r = find_reserved(&kept, def, out);
        if (out->reason)
            break;
    }
    return r;
}

/* ---- */

static int
put_command(struct lasting *out, char *text)
{
    char **grown = realloc(out->commands, (out->n + 1) * sizeof(*grown));

    if (!grown) {
        free(text);
        return -ENOMEM;
    }
    out->commands = grown;
    out->commands[out->n++] = text;
    return 0;
}

/* 1 when there was a command. */
static int
next(struct draft *d, struct lasting *out)
{
    char *text = NULL;
    size_t length = 0;
    FILE *f = open_memstream(&text, &length);
    bool found = false;

    if (!f)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]) && !found; i++)
        found = phases[i](d, f);
    if (fclose(f) || d->failed || !found) {
        free(text);
        return found || d->failed ? -ENOMEM : 0;
    }
    return put_command(out, text) ? -ENOMEM : 1;
}

int
lasting_make(const struct host *host, const struct wanted *wanted,
             const struct stores *stores, struct lasting *out)
{
    AUTO(draft_done) struct draft d = { .wanted = wanted };
    int r = copy_stores(&d, stores);

    *out = (struct lasting){ 0 };
    if (r)
        return r;
    do
        r = next(&d, out);
    while (r > 0);
    return r ? r : find_reason(&d, host, out);
}
