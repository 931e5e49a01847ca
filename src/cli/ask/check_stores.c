/* SPDX-License-Identifier: MIT */
/* What has been written down, and what is: mdevctl's definitions, libvirt's
 * domains, and whether they go together. */
#include "cli/ask/check.h"

#include "base/auto.h"
#include "cli/frame/ids.h"
#include "host/change_words.h"
#include "host/words.h"
#include "planner/lasting.h"

#include <stdio.h>
#include <string.h>

static size_t
n_definitions(const struct check *c)
{
    return c->stores ? c->stores->n_definitions : 0;
}

static bool
is_active(const struct check *c, const char *name)
{
    return host_mdev(c->host, name) != NAMES_NONE;
}

/* Can the definition be started now? */
static bool
starts(const struct check *c, const struct stores_definition *d)
{
    const struct stores_outcome *o = &c->now[d - c->stores->definitions];

    return o->tried && o->verdict == VAP_OK;
}

static void
find_refused(struct check *c)
{
    for (size_t i = 0; i < n_definitions(c); i++) {
        const struct stores_outcome *o = &c->now[i];
        const char *name = c->stores->definitions[i].name;

        if (o->tried && o->verdict != VAP_OK)
            check_found(c, SEVERITY_ERROR, name, NULL,
                        "its definition cannot be started: %s, %s",
                        words_errno(o->verdict), o->reason);
    }
}

static void
find_boot_refused(struct check *c)
{
    for (size_t i = 0; i < n_definitions(c); i++) {
        const struct stores_outcome *o = &c->at_boot[i];
        const char *name = c->stores->definitions[i].name;

        if (o->tried && o->verdict != VAP_OK && o->verdict != VAP_SHARED)
            check_found(c, SEVERITY_ERROR, name, NULL,
                        "at the next boot it will not start: %s, %s",
                        words_errno(o->verdict), o->reason);
    }
}

/* Whichever comes first gets it. */
static void
find_conflict(struct check *c)
{
    for (size_t i = 0; i < n_definitions(c); i++)
        for (size_t k = 0; k < i; k++) {
            const struct stores_definition *a = &c->stores->definitions[k];
            const struct stores_definition *b = &c->stores->definitions[i];
            struct vap_matrix m = stores_matrix(a);
            struct vap_matrix n = stores_matrix(b);
            struct vap_mask adapters = vap_mask_and(m.adapters, n.adapters);
            struct vap_mask domains = vap_mask_and(m.domains, n.domains);

            if (a->automatic && b->automatic && !vap_mask_empty(&adapters) &&
                !vap_mask_empty(&domains))
                check_found(c, SEVERITY_ERROR, b->name, NULL,
                            "it and %s are both to start by themselves, and "
                            "both are to have %02x.%04x",
                            a->name, vap_mask_next(&adapters, 0),
                            vap_mask_next(&domains, 0));
        }
}

/* What is to be typed; NULL without memory. */
static char *
order(const char *verb, const char *name)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;
    (void)fprintf(f, "mdevctl %s ", verb);
    change_words_uuid(f, name);
    return text_closed(f, &text);
}

static void
find_not_started(struct check *c)
{
    for (size_t i = 0; i < n_definitions(c); i++) {
        const struct stores_definition *d = &c->stores->definitions[i];
        AUTO(free_done) char *remedy = order("start", d->name);

        if (d->automatic && !is_active(c, d->name))
            check_found(c, SEVERITY_WARNING, d->name,
                        starts(c, d) ? remedy : NULL,
                        "it is to start by itself, and is not active");
    }
}

/* "05,06 x 0047, control 0004" */
static void
describe(const struct vap_matrix *m, char text[3 * IDS_TEXT + 16])
{
    char adapters[IDS_TEXT], domains[IDS_TEXT], control[IDS_TEXT];

    (void)snprintf(
        text, 3 * IDS_TEXT + 16, "%s x %s%s%s",
        ids_text(&m->adapters, 2, adapters), ids_text(&m->domains, 4, domains),
        vap_mask_empty(&m->control) ? "" : ", control ",
        vap_mask_empty(&m->control) ? "" : ids_text(&m->control, 4, control));
}

/* The commands that write an mdev down as it is; the caller's. mdevctl alone
 * cannot say what an mdev has: it asks ap-check, which not everybody has. */
static char *
define_as_is(struct check *c, uint32_t slot)
{
    AUTO(lasting_done) struct lasting lasting = { 0 };
    struct wanted_mdev mdev = {
        .name = (char *)(uintptr_t)host_mdev_name(c->host, slot),
        .matrix = c->host->slots[slot].matrix,
    };
    const struct wanted wanted = { .mdevs = &mdev, .n_mdevs = 1 };
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    if (!f || lasting_make(c->host, &wanted, c->stores, &lasting))
        c->no_memory = true;
    for (size_t i = 0; f && i < lasting.n; i++)
        (void)fprintf(f, "%s%s", i ? " && " : "", lasting.commands[i]);
    if (f && !text_closed(f, &text))
        c->no_memory = true;
    return text;
}

static void
find_different(struct check *c)
{
    for (size_t i = 0; i < n_definitions(c); i++) {
        const struct stores_definition *d = &c->stores->definitions[i];
        uint32_t slot = host_mdev(c->host, d->name);
        struct vap_matrix defined = stores_matrix(d);
        char is[3 * IDS_TEXT + 16], will_be[3 * IDS_TEXT + 16];
        AUTO(free_done) char *remedy = NULL;

        if (slot == NAMES_NONE ||
            vap_matrix_equal(&defined, &c->host->slots[slot].matrix))
            continue;
        describe(&c->host->slots[slot].matrix, is);
        describe(&defined, will_be);
        remedy = define_as_is(c, slot);
        check_found(c, SEVERITY_WARNING, d->name, remedy,
                    "it has %s, and its definition %s", is, will_be);
    }
}

static void
find_undefined(struct check *c)
{
    for (uint32_t i = 0; c->stores && i < c->host->engine->n_slots; i++) {
        const char *name =
            c->host->slots[i].exists ? host_mdev_name(c->host, i) : NULL;
        AUTO(free_done) char *remedy = NULL;

        if (!name || stores_definition(c->stores, name))
            continue;
        remedy = define_as_is(c, i);
        check_found(c, SEVERITY_NOTICE, name, remedy,
                    "nothing defines it: it is gone after the next boot");
    }
}

/* ---- guests */

static size_t
n_uses(const struct check *c)
{
    return c->stores ? c->stores->n_uses : 0;
}

/* Its mdev is neither there nor starts by itself. */
static void
find_no_mdev(struct check *c)
{
    for (size_t i = 0; i < n_uses(c); i++) {
        const struct stores_use *u = &c->stores->uses[i];
        const struct stores_definition *d =
            stores_definition(c->stores, u->mdev);
        AUTO(free_done) char *remedy = order("start", u->mdev);

        if (!is_active(c, u->mdev))
            check_found(c, d ? SEVERITY_WARNING : SEVERITY_ERROR, u->guest,
                        d && starts(c, d) ? remedy : NULL,
                        "it will not start: its mdev %s is %s", u->mdev,
                        d ? "defined, and not active"
                          : "not there, and "
                            "nothing defines it");
        else if (!d || !d->automatic)
            check_found(c, SEVERITY_NOTICE, u->guest, NULL,
                        "its mdev %s does not start by itself: after a boot "
                        "the guest will not start",
                        u->mdev);
    }
}

/* KVM lets a guest have one mdev of vfio_ap, and an mdev one guest. */
static void
find_twice(struct check *c)
{
    for (size_t i = 0; i < n_uses(c); i++)
        for (size_t k = 0; k < i; k++) {
            const struct stores_use *a = &c->stores->uses[k];
            const struct stores_use *b = &c->stores->uses[i];

            if (strcmp(a->guest, b->guest) == 0)
                check_found(c, SEVERITY_ERROR, b->guest, NULL,
                            "it will not start: it uses %s and %s, and can "
                            "have one mdev",
                            a->mdev, b->mdev);
            else if (strcmp(a->mdev, b->mdev) == 0)
                check_found(c, SEVERITY_WARNING, b->guest, NULL,
                            "it uses %s, and so does %s: only one of them can "
                            "run",
                            b->mdev, a->guest);
        }
}

/* A line each. */
static void
find_lines(struct check *c, enum severity severity, const char *lines)
{
    while (*lines) {
        const char *end = strchr(lines, '\n');

        check_found(c, severity, "files", NULL, "%.*s", (int)(end - lines),
                    lines);
        lines = end + 1;
    }
}

static void
find_broken(struct check *c)
{
    find_lines(c, SEVERITY_WARNING, c->stores ? c->stores->broken : "");
}

static void
find_unread(struct check *c)
{
    find_lines(c, SEVERITY_NOTICE, c->stores ? c->stores->notes : "");
}

const struct check_row check_store_rows[] = {
    // clang-format off
    { "definition-refused", "definitions that cannot be started", find_refused },
    { "boot-refused", "definitions that will not start at the next boot", find_boot_refused },
    { "autostart-conflict", "definitions that start by themselves and share a queue", find_conflict },
    { "not-started", "definitions that start by themselves, and have not", find_not_started },
    { "differs", "mdevs that are not as they are defined", find_different },
    { "undefined", "mdevs that nothing defines", find_undefined },
    { "guest-mdev", "libvirt's guests whose mdev is missing", find_no_mdev },
    { "guest-twice", "guests with two mdevs, mdevs with two guests", find_twice },
    { "broken", "files that are no definition, rule or domain", find_broken },
    { "unread", "files that could not be read", find_unread },
    { 0 },
    // clang-format on
};
