/* SPDX-License-Identifier: MIT */
/* What is the matter with mdevs and queues now. */
#include "cli/ask/check.h"

#include "base/auto.h"
#include "cli/frame/ids.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The slots with an mdev. */
#define EACH_MDEV(slot, c)                                                     \
    for (uint32_t slot = 0; (slot) < (c)->host->engine->n_slots; (slot)++)     \
        if ((c)->host->slots[slot].exists)

static const char *
name_of(const struct check *c, uint32_t slot)
{
    return host_mdev_name(c->host, slot);
}

static const char *
s(const struct vap_mask *ids)
{
    return vap_mask_count(ids) == 1 ? "" : "s";
}

/** A guest that is not what the state makes it. */
struct apart {
    size_t adapters; /* where in its struct vap_mdev_facts they stand */
    enum severity severity;
    const char *remedy;
    const char *has;
    const char *how;
};

static void
find_apart(struct check *c, const struct apart *apart)
{
    char ids[IDS_TEXT];

    EACH_MDEV(slot, c)
    {
        struct vap_mask m;

        memcpy(&m, (const char *)&c->mdevs[slot] + apart->adapters, sizeof(m));
        if (!vap_mask_empty(&m))
            check_found(c, apart->severity, name_of(c, slot),
                        check_vap(c, apart->remedy, slot),
                        "its guest %s adapter%s %s, %s", apart->has, s(&m),
                        ids_text(&m, 2, ids), apart->how);
    }
}

static void
find_leftover(struct check *c)
{
    static const struct apart leftover = {
        offsetof(struct vap_mdev_facts, leftover), SEVERITY_ERROR,
        "heal --disturb", "has", "which the present state does not give it"
    };

    find_apart(c, &leftover);
}

static void
find_stale(struct check *c)
{
    static const struct apart stale = {
        offsetof(struct vap_mdev_facts, stale), SEVERITY_WARNING, "heal",
        "lacks", "though nothing is in the way: Linux has not looked again"
    };

    find_apart(c, &stale);
}

/* Both done, one after the other: has the guest been told? */
static bool
tells(const struct check *c, const struct vap_request list[2])
{
    AUTO(host_done) struct host *copy = NULL;
    struct vap_mdev_facts facts;

    if (host_copy(c->host, &copy) || host_do(copy, &list[0], NULL) != VAP_OK ||
        host_do(copy, &list[1], NULL) != VAP_OK)
        return false;
    vap_explain_mdev(copy->engine, list[0].mdev, &facts);
    return !facts.not_told;
}

/* A control domain that goes and comes has Linux tell the guest all. */
static const char *
find_telling(struct check *c, uint32_t slot)
{
    const struct vap_mdev *m = &c->host->slots[slot];
    struct vap_mask control = vap_mask_and(m->guest.control, m->matrix.control);
    unsigned id = vap_mask_next(&control, 0);
    const struct vap_request toggle[] = {
        { .op = VAP_UNASSIGN_CONTROL, .mdev = slot, .id = id },
        { .op = VAP_ASSIGN_CONTROL, .mdev = slot, .id = id },
    };
    const struct vap_request restart[] = {
        { .op = VAP_CLOSE_MDEV, .mdev = slot },
        { .op = VAP_OPEN_MDEV, .mdev = slot, .vm = m->vm },
    };

    if (id < VAP_IDS && tells(c, toggle))
        return check_commands(c, toggle, 2);
    return tells(c, restart) ? "# restart its guest" : NULL;
}

static void
find_not_told(struct check *c)
{
    char held[IDS_TEXT];
    char domains[IDS_TEXT];

    EACH_MDEV(slot, c)
    {
        const struct vap_matrix *apcb = &c->host->slots[slot].apcb;

        if (c->mdevs[slot].not_told)
            check_found(c, SEVERITY_ERROR, name_of(c, slot),
                        find_telling(c, slot),
                        "its running guest has not been told of its "
                        "guest_matrix: it has %s x %s",
                        ids_text(&apcb->adapters, 2, held),
                        ids_text(&apcb->domains, 4, domains));
    }
}

static void
find_holes(struct check *c)
{
    char ids[IDS_TEXT];

    EACH_MDEV(slot, c)
    {
        const struct vap_mask *holed = &c->mdevs[slot].holed;

        if (!vap_mask_empty(holed))
            check_found(c, SEVERITY_WARNING, name_of(c, slot),
                        check_vap(c, "explain", slot),
                        "adapter%s %s cannot be given: vfio_ap lacks a queue "
                        "of %s",
                        s(holed), ids_text(holed, 2, ids),
                        vap_mask_count(holed) == 1 ? "it" : "each");
    }
}

/* Assigned for when it comes; or it never will: ids above the highest. */
static void
find_absent(struct check *c)
{
    const struct vap_config *config = &c->host->engine->bus.config;
    struct vap_mask possible = vap_mask_up_to(vap_config_last_adapter(config));
    struct vap_mask usable = vap_mask_up_to(vap_config_last_domain(config));

    EACH_MDEV(slot, c)
    {
        const struct vap_matrix *m = &c->mdevs[slot].absent;
        const struct {
            const char *what;
            const struct vap_mask *ids;
            const struct vap_mask *possible;
            int digits;
        } kinds[] = {
            { "adapter", &m->adapters, &possible, 2 },
            { "domain", &m->domains, &usable, 4 },
            { "control domain", &m->control, &usable, 4 },
        };
        char ids[IDS_TEXT];

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            bool never = !vap_mask_within(kinds[i].ids, kinds[i].possible);

            if (!vap_mask_empty(kinds[i].ids))
                check_found(c, never ? SEVERITY_WARNING : SEVERITY_NOTICE,
                            name_of(c, slot), NULL, "%s%s %s: assigned, and %s",
                            kinds[i].what, s(kinds[i].ids),
                            ids_text(kinds[i].ids, kinds[i].digits, ids),
                            never ? "above what this host can have"
                                  : "not in the host configuration");
        }
    }
}

/* Nothing of a matrix with one side only is any use. */
static void
find_one_sided(struct check *c)
{
    EACH_MDEV(slot, c)
    {
        const struct vap_matrix *m = &c->host->slots[slot].matrix;
        bool adapters = !vap_mask_empty(&m->adapters);
        bool domains = !vap_mask_empty(&m->domains);

        if (adapters != domains)
            check_found(c, SEVERITY_WARNING, name_of(c, slot), NULL,
                        "it is half made: it has %s and no %s",
                        adapters ? "adapters" : "domains",
                        adapters ? "domain" : "adapter");
        else if (!adapters && vap_mask_empty(&m->control))
            check_found(c, SEVERITY_NOTICE, name_of(c, slot), NULL,
                        "nothing is assigned to it");
    }
}

static void
find_control_alone(struct check *c)
{
    EACH_MDEV(slot, c)
    {
        const struct vap_matrix *m = &c->host->slots[slot].matrix;

        if (!vap_mask_empty(&m->control) && vap_mask_empty(&m->domains))
            check_found(c, SEVERITY_WARNING, name_of(c, slot), NULL,
                        "it has control domains and no usage domain: its "
                        "guest has no queue to send a request to");
    }
}

/* Deconfigured and checkstopped queues pass the filter. */
static void
find_dead(struct check *c)
{
    EACH_MDEV(slot, c)
    {
        const struct vap_matrix *g = &c->host->slots[slot].guest;

        VAP_EACH (a, &g->adapters) {
            struct vap_mask odd =
                vap_mask_and(g->domains, c->host->engine->row[a].abnormal);
            char remedy[80] = "";

            VAP_EACH (d, &odd)
                if (!c->host->engine->queue[a][d].state)
                    vap_mask_drop(&odd, d);
                else if (c->host->engine->queue[a][d].state ==
                         VAP_RC_DECONFIGURED)
                    (void)snprintf(remedy, sizeof(remedy),
                                   "chzcrypt --config-on %02x", a);
            if (!vap_mask_empty(&odd))
                check_found(c, SEVERITY_WARNING, name_of(c, slot),
                            *remedy ? remedy : NULL,
                            "adapter %02x answers nothing: %u of its queues "
                            "%s deconfigured or checkstopped",
                            a, vap_mask_count(&odd),
                            vap_mask_count(&odd) == 1 ? "is" : "are");
        }
    }
}

static void
find_unbound(struct check *c)
{
    char ids[IDS_TEXT];

    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &c->host->engine->row[a];
        struct vap_mask none =
            vap_mask_less(row->present, vap_mask_or(row->dflt, row->vfio));
        char place[16];

        (void)snprintf(place, sizeof(place), "adapter %02x", a);
        if (!vap_mask_empty(&none))
            check_found(c, SEVERITY_WARNING, place, check_probes(c, a, &none),
                        "no driver has domain%s %s", s(&none),
                        ids_text(&none, 4, ids));
    }
}

static void
find_scan(struct check *c)
{
    const struct vap_bus *bus = &c->host->engine->bus;
    struct vap_request scan = { .op = VAP_SCAN };

    if (!vap_matrix_equal(&bus->hardware.ids, &bus->config.ids))
        check_found(c, SEVERITY_NOTICE, "bus", check_command(c, &scan),
                    "the hardware is not what the AP bus saw at its last "
                    "scan");
}

const struct check_row check_mdev_rows[] = {
    // clang-format off
    { "leftover", "guests that have what the state does not give", find_leftover },
    { "not-told", "guests that run with another matrix than is shown", find_not_told },
    { "stale", "guests that have fewer queues than the state allows", find_stale },
    { "holes", "adapters that cannot be given, for a queue is missing", find_holes },
    { "dead", "queues of guests that answer nothing", find_dead },
    { "half-made", "mdevs with adapters alone, or domains alone", find_one_sided },
    { "control-alone", "control domains without a usage domain", find_control_alone },
    { "absent", "assigned, and not in the host configuration", find_absent },
    { "unbound", "queues without a driver", find_unbound },
    { "scan", "hardware that the bus has not seen", find_scan },
    { 0 },
    // clang-format on
};
