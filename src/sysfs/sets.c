/* SPDX-License-Identifier: MIT */
/* Names are exact, as the kernel prints them; what is called otherwise is not
 * there. */
#include "sysfs/sets.h"

#include "matrix/grammar.h"

#include <stdlib.h>
#include <string.h>

/* cards */

static unsigned
next_id(const struct vap_mask *mask, unsigned from)
{
    unsigned id = from < VAP_IDS ? vap_mask_next(mask, from) : VAP_IDS;

    return id < VAP_IDS ? id : SET_END;
}

static unsigned
next_card(const struct host *host, unsigned id, unsigned from)
{
    (void)id;
    return next_id(&host->devices->bus.cards, from);
}

static unsigned
next_card_bound(const struct host *host, unsigned id, unsigned from)
{
    (void)id;
    return next_id(&host->devices->bus.bound, from);
}

static void
name_card(const struct host *host, unsigned id, struct text *out)
{
    (void)host;
    text_add(out, "card%02x", id);
}

/* "card03" is as good a name as "03.0000" after its first four letters. */
static unsigned
read_card(const char *name)
{
    char queue[8] = "..";
    uint16_t apqn;

    if (strncmp(name, "card", 4) != 0 || strlen(name) != 6)
        return SET_END;
    memcpy(queue, name + 4, 2);
    memcpy(queue + 2, ".0000", 6);
    if (vap_read_apqn(queue, 7, &apqn) != VAP_OK)
        return SET_END;
    return VAP_ADAPTER_OF(apqn);
}

static unsigned
find_card(const struct host *host, unsigned id, const char *name)
{
    unsigned card = read_card(name);

    (void)id;
    return card != SET_END && vap_mask_has(&host->devices->bus.cards, card)
               ? card
               : SET_END;
}

static unsigned
find_card_bound(const struct host *host, unsigned id, const char *name)
{
    unsigned card = read_card(name);

    (void)id;
    return card != SET_END && vap_mask_has(&host->devices->bus.bound, card)
               ? card
               : SET_END;
}

const struct set set_cards = { next_card, find_card, name_card };
const struct set set_cards_bound = { next_card_bound, find_card_bound,
                                     name_card };

/* queues */

enum which { PRESENT, DEFAULT, VFIO };

static const struct vap_mask *
mask_of(const struct host *host, unsigned adapter, enum which which)
{
    const struct vap_row *row = &host->engine->row[adapter];

    return which == PRESENT   ? &row->present
           : which == DEFAULT ? &row->dflt
                              : &row->vfio;
}

static unsigned
next_queue(const struct host *host, unsigned from, enum which which)
{
    for (unsigned a = from >> 8; a < VAP_IDS; a++, from = 0) {
        unsigned d = vap_mask_next(mask_of(host, a, which), from & 255);

        if (d < VAP_IDS)
            return VAP_APQN(a, d);
    }
    return SET_END;
}

static unsigned
next_any_queue(const struct host *host, unsigned id, unsigned from)
{
    (void)id;
    return next_queue(host, from, PRESENT);
}

static unsigned
next_default_queue(const struct host *host, unsigned id, unsigned from)
{
    (void)id;
    return next_queue(host, from, DEFAULT);
}

static unsigned
next_vfio_queue(const struct host *host, unsigned id, unsigned from)
{
    (void)id;
    return next_queue(host, from, VFIO);
}

static unsigned
next_queue_of_card(const struct host *host, unsigned id, unsigned from)
{
    unsigned first = VAP_APQN(id, 0);
    unsigned d = VAP_IDS;

    if (from <= (first | 255))
        d = vap_mask_next(&host->engine->row[id].present,
                          from < first ? 0 : from - first);
    return d < VAP_IDS ? VAP_APQN(id, d) : SET_END;
}

static unsigned
find_queue(const struct host *host, const char *name, enum which which)
{
    uint16_t apqn;

    if (strlen(name) != 7 || vap_read_apqn(name, 7, &apqn) != VAP_OK ||
        !vap_mask_has(mask_of(host, VAP_ADAPTER_OF(apqn), which),
                      VAP_DOMAIN_OF(apqn)))
        return SET_END;
    return apqn;
}

static unsigned
find_any_queue(const struct host *host, unsigned id, const char *name)
{
    (void)id;
    return find_queue(host, name, PRESENT);
}

static unsigned
find_default_queue(const struct host *host, unsigned id, const char *name)
{
    (void)id;
    return find_queue(host, name, DEFAULT);
}

static unsigned
find_vfio_queue(const struct host *host, unsigned id, const char *name)
{
    (void)id;
    return find_queue(host, name, VFIO);
}

static unsigned
find_queue_of_card(const struct host *host, unsigned id, const char *name)
{
    unsigned queue = find_queue(host, name, PRESENT);

    return queue != SET_END && VAP_ADAPTER_OF(queue) == id ? queue : SET_END;
}

static void
name_queue(const struct host *host, unsigned id, struct text *out)
{
    (void)host;
    text_add(out, "%02x.%04x", VAP_ADAPTER_OF(id), VAP_DOMAIN_OF(id));
}

const struct set set_queues = { next_any_queue, find_any_queue, name_queue };
const struct set set_queues_of_card = { next_queue_of_card, find_queue_of_card,
                                        name_queue };
const struct set set_queues_default = { next_default_queue, find_default_queue,
                                        name_queue };
const struct set set_queues_vfio = { next_vfio_queue, find_vfio_queue,
                                     name_queue };

/* mdevs */

static bool
is_mdev(const struct host *host, unsigned slot, bool driven)
{
    return slot < host->engine->n_slots && host->devices->mdevs[slot].born &&
           !(driven && host->devices->mdevs[slot].driverless);
}

static unsigned
next_slot(const struct host *host, unsigned from, bool driven)
{
    while (from < host->engine->n_slots && !is_mdev(host, from, driven))
        from++;
    return from < host->engine->n_slots ? from : SET_END;
}

static unsigned
next_mdev(const struct host *host, unsigned id, unsigned from)
{
    (void)id;
    return next_slot(host, from, false);
}

static unsigned
next_driven(const struct host *host, unsigned id, unsigned from)
{
    (void)id;
    return next_slot(host, from, true);
}

static unsigned
find_slot(const struct host *host, const char *name, bool driven)
{
    uint32_t slot = names_find(&host->mdevs, name);

    return slot != NAMES_NONE && is_mdev(host, slot, driven) ? slot : SET_END;
}

static unsigned
find_mdev(const struct host *host, unsigned id, const char *name)
{
    (void)id;
    return find_slot(host, name, false);
}

static unsigned
find_driven(const struct host *host, unsigned id, const char *name)
{
    (void)id;
    return find_slot(host, name, true);
}

static void
name_mdev(const struct host *host, unsigned id, struct text *out)
{
    text_add(out, "%s", host_mdev_name(host, id));
}

bool
sets_mdev(const struct host *host, const char *name, uint32_t *slot)
{
    *slot = find_slot(host, name, false);
    return *slot != SET_END;
}

const struct set set_mdevs = { next_mdev, find_mdev, name_mdev };
const struct set set_mdevs_driven = { next_driven, find_driven, name_mdev };

/* groups and vfio devices: mdevs by number */

static unsigned
group_of(const struct host *host, unsigned slot)
{
    return host->devices->first_group + host->devices->mdevs[slot].number;
}

static void
name_group(const struct host *host, unsigned id, struct text *out)
{
    text_add(out, "%u", group_of(host, id));
}

static void
name_vfio(const struct host *host, unsigned id, struct text *out)
{
    text_add(out, "vfio%u", host->devices->mdevs[id].number);
}

/* A number without a leading zero. */
static bool
read_plain(const char *name, unsigned *out)
{
    size_t n = strspn(name, "0123456789");

    if (n == 0 || n > 9 || name[n] || (n > 1 && name[0] == '0'))
        return false;
    *out = (unsigned)strtoul(name, NULL, 10);
    return true;
}

static unsigned
with_number(const struct host *host, unsigned number)
{
    unsigned slot = next_slot(host, 0, true);

    while (slot != SET_END && host->devices->mdevs[slot].number != number)
        slot = next_slot(host, slot + 1, true);
    return slot;
}

static unsigned
find_group(const struct host *host, unsigned id, const char *name)
{
    unsigned number;

    (void)id;
    if (!read_plain(name, &number) || number < host->devices->first_group)
        return SET_END;
    return with_number(host, number - host->devices->first_group);
}

static unsigned
find_vfio(const struct host *host, unsigned id, const char *name)
{
    unsigned number;

    (void)id;
    if (strncmp(name, "vfio", 4) != 0 || !read_plain(name + 4, &number))
        return SET_END;
    return with_number(host, number);
}

/* The one of this mdev. */
static unsigned
next_own(const struct host *host, unsigned id, unsigned from)
{
    return from <= id && is_mdev(host, id, true) ? id : SET_END;
}

static unsigned
find_own_vfio(const struct host *host, unsigned id, const char *name)
{
    unsigned number;

    return strncmp(name, "vfio", 4) == 0 && read_plain(name + 4, &number) &&
                   is_mdev(host, id, true) &&
                   host->devices->mdevs[id].number == number
               ? id
               : SET_END;
}

static unsigned
find_own_mdev(const struct host *host, unsigned id, const char *name)
{
    return is_mdev(host, id, true) &&
                   strcmp(host_mdev_name(host, id), name) == 0
               ? id
               : SET_END;
}

const struct set set_groups = { next_driven, find_group, name_group };
const struct set set_vfio = { next_driven, find_vfio, name_vfio };
const struct set set_vfio_of_mdev = { next_own, find_own_vfio, name_vfio };
const struct set set_mdev_of_group = { next_own, find_own_mdev, name_mdev };
