/* SPDX-License-Identifier: MIT */
/* Cards and queues: which there are, what they are, and which driver has
 * each. Source: Linux ap_card.c, ap_queue.c, zcrypt_card.c. */
#include "observe/sysdir_sight.h"

#include "base/auto.h"
#include "host/words.h"
#include "matrix/grammar.h"
#include "observe/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Of a card that cex4card does not have, what it would say. */
static void
guess_type(int card, struct sight *s, char type[16])
{
    static const struct {
        unsigned long bit;
        char letter;
    } modes[] = {
        { 0x08000000, 'A' },
        { 0x10000000, 'C' },
        { 0x04000000, 'P' },
    };
    char functions[SIGHT_PAGE];
    unsigned hwtype = 0;

    *type = '\0';
    if (!sight_number(s, card, "hwtype", &hwtype) || hwtype < 10 ||
        hwtype > 14 || sight_text(s, card, "ap_functions", functions) < 0)
        return;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]) && !*type; i++)
        if (strtoul(functions, NULL, 16) & modes[i].bit)
            (void)snprintf(type, 16, "CEX%u%c", hwtype - 6, modes[i].letter);
}

static void
read_type(struct sight *s, int card, unsigned adapter)
{
    char text[SIGHT_PAGE];
    char type[16];

    if (sight_text(s, card, "type", text) > 0 &&
        host_set_card_type(s->host, adapter, text))
        return;
    guess_type(card, s, type);
    if (!*type || !host_set_card_type(s->host, adapter, type))
        sight_note(s, "the type of card%02x is not shown: taken for a %s",
                   adapter, host_card_type(s->host, adapter));
}

/* "05.0047" and a file of it. */
static const char *
inside(const char *queue, const char *file, char path[64])
{
    (void)snprintf(path, 64, "%s/%s", queue, file);
    return path;
}

/* Its link; in a copy without links, by the files that come with a driver. */
static enum vap_driver
read_driver(int card, const char *queue)
{
    char path[64];
    char name[256];

    if (sight_link(card, inside(queue, "driver", path), name))
        return strcmp(name, "vfio_ap") == 0 ? VAP_VFIO_AP : VAP_DEFAULT;
    if (faccessat(card, inside(queue, "status", path), F_OK, 0) == 0)
        return VAP_VFIO_AP;
    if (faccessat(card, inside(queue, "online", path), F_OK, 0) == 0)
        return VAP_DEFAULT;
    return VAP_NO_DRIVER;
}

static int
read_override(struct sight *s, int card, const char *queue, unsigned apqn)
{
    struct vap_host *engine = s->host->engine;
    AUTO(free_done) char *name = NULL;
    char path[64];
    char text[SIGHT_PAGE];
    unsigned driver;

    if (engine->kernel == VAP_LINUX_6_12 ||
        sight_text(s, card, inside(queue, "driver_override", path), text) <=
            0 ||
        !*text || strcmp(text, "(null)") == 0)
        return 0;
    name = words_escape(text, strlen(text));
    driver = name ? host_driver(s->host, name) : UINT8_MAX + 1;
    if (driver > UINT8_MAX)
        return sight_refuse(s, "more kinds of driver_override than there can "
                               "be");
    engine->queue[VAP_ADAPTER_OF(apqn)][VAP_DOMAIN_OF(apqn)].override =
        (uint8_t)driver;
    vap_mask_add(&engine->row[VAP_ADAPTER_OF(apqn)].overridden,
                 VAP_DOMAIN_OF(apqn));
    engine->bus.n_overrides++;
    return 0;
}

static uint8_t
read_state(struct sight *s, int card, const char *queue)
{
    char path[64];
    unsigned is = 0;

    if (sight_number(s, card, inside(queue, "chkstop", path), &is) && is)
        return VAP_RC_CHECKSTOPPED;
    if (sight_number(s, card, inside(queue, "config", path), &is) && !is)
        return VAP_RC_DECONFIGURED;
    return VAP_RC_NORMAL;
}

static int
read_queue(struct sight *s, int card, const char *queue, unsigned apqn)
{
    struct vap_host *engine = s->host->engine;
    struct vap_row *row = &engine->row[VAP_ADAPTER_OF(apqn)];
    unsigned domain = VAP_DOMAIN_OF(apqn);
    enum vap_driver driver = read_driver(card, queue);

    vap_mask_add(&row->present, domain);
    if (driver == VAP_VFIO_AP)
        vap_mask_add(&row->vfio, domain);
    else if (driver == VAP_DEFAULT)
        vap_mask_add(&row->dflt, domain);
    engine->queue[VAP_ADAPTER_OF(apqn)][domain].state =
        read_state(s, card, queue);
    return read_override(s, card, queue, apqn);
}

/** A card's directory, while its queues are read. */
struct card {
    int dir;
    unsigned adapter;
};

/* "05.0047" in card05, and nothing else that is there. */
static int
read_queue_of(struct sight *s, const char *name, void *context)
{
    const struct card *card = context;
    uint16_t apqn;

    if (vap_read_apqn(name, strlen(name), &apqn) != VAP_OK ||
        VAP_ADAPTER_OF(apqn) != card->adapter)
        return 0;
    return read_queue(s, card->dir, name, apqn);
}

static int
read_card(struct sight *s, const char *name)
{
    char path[64], digits[] = "00.0000";
    uint16_t first;
    int r;

    memcpy(digits, name + strlen("card"), 2);
    if (vap_read_apqn(digits, 7, &first) != VAP_OK)
        return 0;
    (void)snprintf(path, sizeof(path), "devices/ap/%s", name);

    AUTO(fd_done)
    int dir = openat(s->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct card card = { dir, VAP_ADAPTER_OF(first) };

    if (dir < 0)
        return 0; /* gone meanwhile: the next reading will tell */
    read_type(s, dir, card.adapter);
    r = sight_each(s, path, read_queue_of, &card);
    return r == -ENOENT ? 0 : r;
}

static int
read_entry(struct sight *s, const char *name, void *context)
{
    (void)context;
    return strlen(name) == 6 && strncmp(name, "card", 4) == 0
               ? read_card(s, name)
               : 0;
}

/* Without any word of what there is, it is what has a device. */
static void
take_ids(struct sight *s)
{
    struct vap_bus *bus = &s->host->engine->bus;
    struct vap_matrix *ids = &bus->config.ids;

    ids->adapters = ids->domains = vap_mask_none();
    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &s->host->engine->row[a];

        if (!vap_mask_empty(&row->present))
            vap_mask_add(&ids->adapters, a);
        ids->domains = vap_mask_or(ids->domains, row->present);
    }
    sight_limit(ids, &bus->config);
    bus->hardware.ids = *ids;
}

/* A queue that both its ids should give, and that is not there, does not
 * answer; one that they should not give is about to go. */
static void
match(struct sight *s, unsigned adapter)
{
    struct vap_host *engine = s->host->engine;
    const struct vap_matrix *ids = &engine->bus.config.ids;
    struct vap_row *row = &engine->row[adapter];
    struct vap_mask want = vap_mask_none();
    struct vap_mask absent;

    if (vap_mask_has(&ids->adapters, adapter))
        want = ids->domains;
    absent = vap_mask_less(want, row->present);
    if (vap_mask_empty(&row->present) && !vap_mask_empty(&want))
        absent = vap_mask_all(); /* so is its card */
    VAP_EACH (d, &absent)
        engine->queue[adapter][d].state = VAP_RC_NOT_AVAILABLE;
    if (!vap_mask_within(&row->present, &want))
        sight_note(s,
                   "card%02x has queues that are not in the host "
                   "configuration: they are left out",
                   adapter);
    row->present = vap_mask_and(row->present, want);
    row->vfio = vap_mask_and(row->vfio, want);
    row->dflt = vap_mask_and(row->dflt, want);
    engine->bus.n_overrides -= vap_mask_count(&row->overridden);
    row->overridden = vap_mask_and(row->overridden, want);
    engine->bus.n_overrides += vap_mask_count(&row->overridden);
    rows_derive(engine, adapter);
}

int
sight_queues(struct sight *s)
{
    int r = sight_each(s, "devices/ap", read_entry, NULL);

    if (r == -EACCES) {
        sight_note(s, "devices/ap may not be read: no queue is known");
        r = 0;
    }
    if (r && r != -ENOENT)
        return r;
    if (s->no_qci)
        take_ids(s);
    for (unsigned a = 0; a < VAP_IDS; a++)
        match(s, a);
    return 0;
}
