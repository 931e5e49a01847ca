/* SPDX-License-Identifier: MIT */
/* The masks: now, at the next boot, and whether they say what was meant. */
#include "cli/ask/check.h"

#include "cli/frame/ids.h"
#include "matrix/text.h"

#include <stdio.h>

/** One of the two. */
struct mask {
    const char *name;
    int digits;
    enum vap_op op;
    struct vap_mask now;
    struct vap_mask there; /* ids of the host */
    bool has_next; /* the rule sets it */
    struct vap_mask next; /* at the next boot */
    struct vap_mask wanted; /* ids that mdevs have, or are to have */
};

static void
want(struct mask masks[2], const struct vap_matrix *m)
{
    masks[0].wanted = vap_mask_or(masks[0].wanted, m->adapters);
    masks[1].wanted = vap_mask_or(masks[1].wanted, m->domains);
}

static void
gather(const struct check *c, struct mask masks[2])
{
    const struct vap_bus *bus = &c->host->engine->bus;

    masks[0] = (struct mask){ .name = "apmask",
                              .digits = 2,
                              .op = VAP_APMASK,
                              .now = bus->apmask,
                              .there = bus->config.ids.adapters };
    masks[1] = (struct mask){ .name = "aqmask",
                              .digits = 4,
                              .op = VAP_AQMASK,
                              .now = bus->aqmask,
                              .there = bus->config.ids.domains };
    for (uint32_t i = 0; i < c->host->engine->n_slots; i++)
        if (c->host->slots[i].exists)
            want(masks, &c->host->slots[i].matrix);
    if (!c->stores)
        return;
    masks[0].has_next = c->stores->has_apmask;
    masks[1].has_next = c->stores->has_aqmask;
    masks[0].next = c->boot->engine->bus.apmask;
    masks[1].next = c->boot->engine->bus.aqmask;
    for (size_t i = 0; i < c->stores->n_definitions; i++) {
        struct vap_matrix m = stores_matrix(&c->stores->definitions[i]);

        want(masks, &m);
    }
}

static struct vap_mask
reversed(const struct vap_mask *mask)
{
    struct vap_mask other = vap_mask_none();

    VAP_EACH (id, mask)
        vap_mask_add(&other, 255 - id);
    return other;
}

/* Id 0 is the leftmost bit. Whoever counts from the right keeps ids that are
 * not there, and all that he meant are others. */
static void
find_reversed(struct check *c)
{
    struct mask masks[2];

    gather(c, masks);
    for (int i = 0; i < 2; i++) {
        struct vap_mask other = reversed(&masks[i].now);
        struct vap_request r = { .op = masks[i].op };
        char ids[IDS_TEXT];

        r.edit.adapters = r.edit.domains = vap_edit_to(other);
        if (!vap_mask_empty(&masks[i].now) &&
            !vap_mask_meets(&masks[i].now, &masks[i].there) &&
            vap_mask_within(&other, &masks[i].there))
            check_found(c, SEVERITY_ERROR, masks[i].name, check_command(c, &r),
                        "it looks written upside down: it keeps nothing the "
                        "host has; read from the other end it would keep %s",
                        ids_text(&other, masks[i].digits, ids));
    }
}

/* A bit that is set keeps for the host. Whoever sets those of the guests keeps
 * from them all they are to have, and leaves them the rest. */
static void
find_inverted(struct check *c)
{
    struct mask masks[2];

    gather(c, masks);
    for (int i = 0; i < 2; i++) {
        const struct mask *other = &masks[1 - i];
        struct vap_mask kept = vap_mask_and(masks[i].now, masks[i].there);
        char ids[IDS_TEXT];

        if (!vap_mask_empty(&kept) && vap_mask_equal(&kept, &masks[i].wanted) &&
            !vap_mask_equal(&kept, &masks[i].there) &&
            vap_mask_within(&other->wanted, &other->now))
            check_found(c, SEVERITY_ERROR, masks[i].name, NULL,
                        "it looks written upside down: it keeps for the host "
                        "%s, just what guests are to have; a bit that is set "
                        "is the host's",
                        ids_text(&kept, masks[i].digits, ids));
    }
}

/* "+05 -0a": what the boot would change. */
static void
difference(const struct mask *mask, char text[2 * IDS_TEXT + 4])
{
    struct vap_mask come = vap_mask_less(mask->next, mask->now);
    struct vap_mask gone = vap_mask_less(mask->now, mask->next);
    char ids[IDS_TEXT];
    int n = 0;

    *text = '\0';
    if (!vap_mask_empty(&come))
        n = snprintf(text, IDS_TEXT + 2, "+%s",
                     ids_text(&come, mask->digits, ids));
    if (!vap_mask_empty(&gone))
        (void)snprintf(text + n, IDS_TEXT + 2, "%s-%s", n ? " " : "",
                       ids_text(&gone, mask->digits, ids));
}

/* Of the ids that the host has. */
static void
find_next_boot(struct check *c)
{
    struct mask masks[2];

    if (!c->stores)
        return;
    gather(c, masks);
    for (int i = 0; i < 2; i++) {
        char text[2 * IDS_TEXT + 4];
        char set[VAP_IDS * 4];
        char remedy[VAP_IDS * 4 + 64];

        difference(&masks[i], text);
        if (!*text)
            continue;
        (void)vap_set_text(&masks[i].now, set, sizeof(set));
        (void)snprintf(remedy, sizeof(remedy),
                       "chzdev --type ap --persistent %s=%s", masks[i].name,
                       set);
        check_found(c, SEVERITY_WARNING, masks[i].name, remedy,
                    "the next boot changes it by %s: %s", text,
                    masks[i].has_next ? "41-ap.rules says so"
                                      : "41-ap.rules does not set it");
    }
}

const struct check_row check_mask_rows[] = {
    // clang-format off
    { "mask-reversed", "a mask whose bits were counted from the right", find_reversed },
    { "mask-inverted", "a mask that keeps what it was to give", find_inverted },
    { "mask-next-boot", "masks that are others after the next boot", find_next_boot },
    { 0 },
    // clang-format on
};
