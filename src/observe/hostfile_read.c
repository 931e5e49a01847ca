/* SPDX-License-Identifier: MIT */
/* From a document, whose words and types are right, to a host: what its
 * numbers mean, and whether they can be true together. */
#include "observe/hostfile_reader.h"

#include "base/auto.h"
#include "host/devices.h"
#include "matrix/grammar.h"
#include "matrix/text.h"
#include "observe/hostfile_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int
refuse_rule(struct reader *r)
{
    char names[128] = "";

    for (size_t i = 0, n = 0; i < vap_n_rules && n < sizeof(names); i++)
        n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s",
                              i == 0                 ? ""
                              : i == vap_n_rules - 1 ? " or "
                                                     : ", ",
                              vap_rules[i]->name);
    return reader_refuse(r, "rule", "rule: \"%s\" found, %s expected",
                         r->doc->rule, names);
}

static int
read_rule(struct reader *r)
{
    const enum vap_kernel *kernel = r->doc->kernel;
    const struct vap_rule *rule =
        r->doc->rule ? vap_rule_named(r->doc->rule) : &vap_rule_state;
    bool brings = rule && rule->kernel >= 0;

    if (!rule)
        return refuse_rule(r);
    if (brings && kernel && (int)*kernel != rule->kernel)
        return reader_refuse(r, "kernel",
                             "kernel: %s found, but rule %s is that of %s",
                             doc_kernel(*kernel), rule->name,
                             doc_kernel((enum vap_kernel)rule->kernel));
    r->boot.rule = rule;
    r->boot.kernel = kernel ? *kernel : VAP_LINUX_7_2;
    if (brings)
        r->boot.kernel = (enum vap_kernel)rule->kernel;
    return 0;
}

static int
read_highest(struct reader *r)
{
    const struct doc *doc = r->doc;
    struct vap_config *config = &r->boot.config;

    config->apxa = !doc->apxa || *doc->apxa;
    config->last_adapter = doc->highest_adapter ? *doc->highest_adapter : 255;
    config->last_domain = doc->highest_domain ? *doc->highest_domain : 255;
    if (!config->apxa && doc->highest_adapter)
        return reader_refuse(
            r, "highest_adapter",
            "highest_adapter found, but without apxa it is 63");
    if (!config->apxa && doc->highest_domain)
        return reader_refuse(r, "highest_domain",
                             "highest_domain found, but without apxa it is 15");
    return 0;
}

int
reader_mask(struct reader *r, const char *key, const char *text,
            struct vap_mask *out)
{
    struct vap_edit edit = { 0 };
    bool list = text && (*text == '+' || *text == '-');

    *out = vap_mask_all();
    if (!text)
        return 0;
    if ((!list && strlen(text) != VAP_MASK_TEXT) ||
        vap_read_mask(text, strlen(text), r->boot.kernel, &edit) != VAP_OK)
        return reader_refuse(
            r, key,
            "%s: \"%.70s\" found; a list like -5,-0x47 (from all "
            "ones) or 0x and 64 hex digits expected",
            key, text);
    *out = vap_mask_edited(*out, &edit);
    return 0;
}

static int
read_masks(struct reader *r)
{
    struct vap_mask all = vap_mask_all();
    int refused = reader_mask(r, "apmask", r->doc->apmask, &r->boot.apmask);

    if (!refused)
        refused = reader_mask(r, "aqmask", r->doc->aqmask, &r->boot.aqmask);
    if (refused || !r->doc->masks_written ||
        !vap_mask_equal(&r->boot.apmask, &all) ||
        !vap_mask_equal(&r->boot.aqmask, &all))
        return refused;
    return reader_refuse(
        r, "masks_written",
        "masks_written: true found, but both masks are all ones");
}

static int
read_cards(struct reader *r, const char *place, const struct doc_card *cards,
           uint32_t n, struct vap_mask *out)
{
    char entry[PLACE], key[PLACE];
    int refused = 0;

    *out = vap_mask_none();
    for (uint32_t i = 0; i < n && !refused; i++)
        refused = reader_add_ids(
            r, reader_inside(key, reader_nth(entry, place, i), "id"),
            reader_adapters(r), cards[i].id, out);
    return refused;
}

/* What a card of the text is like; known: the ids of those of which it has
 * been said already. */
static int
dress_card(struct reader *r, const char *place, const struct doc_card *card,
           const struct vap_mask *known)
{
    char key[PLACE];
    struct vap_mask ids = vap_mask_none();
    int refused = reader_add_ids(r, place, reader_adapters(r), card->id, &ids);

    VAP_EACH (id, &ids) {
        bool is_known = vap_mask_has(known, id);
        const char *was = host_card_type(r->host, id);

        if (card->type && is_known && strcmp(card->type, was) != 0)
            return reader_refuse(r, reader_inside(key, place, "type"),
                                 "type: %.40s found, but card 0x%02x is a %s",
                                 card->type, id, was);
        if (card->type && !host_set_card_type(r->host, id, card->type))
            return reader_refuse(
                r, reader_inside(key, place, "type"),
                "type: \"%.40s\" found, CEX4 to CEX8 and A, C or P "
                "expected, like CEX8C",
                card->type);
        if (card->state && is_known)
            return reader_refuse(
                r, reader_inside(key, place, "state"),
                "state found, but that of card 0x%02x is in cards", id);
        for (unsigned d = 0; card->state && d < VAP_IDS; d++)
            r->host->engine->queue[id][d].state = (uint8_t)*card->state;
    }
    return refused;
}

static int
dress_cards(struct reader *r, const char *place, const struct doc_card *cards,
            uint32_t n, const struct vap_mask *known)
{
    char entry[PLACE];
    int refused = 0;

    for (uint32_t i = 0; i < n && !refused; i++)
        refused = dress_card(r, reader_nth(entry, place, i), &cards[i], known);
    return refused;
}

/* What the bus saw at its last scan. */
static int
read_config(struct reader *r)
{
    const struct doc *doc = r->doc;
    struct vap_matrix *ids = &r->boot.config.ids;
    int refused =
        read_cards(r, "cards", doc->cards, doc->n_cards, &ids->adapters);

    if (!refused)
        refused = reader_ids(r, "domains", reader_domains(r), &doc->domains,
                             &ids->domains);
    if (!refused)
        refused = reader_ids(r, "control_domains", reader_control_domains(r),
                             &doc->control, &ids->control);
    return refused;
}

/* What there is by now. */
static int
read_hardware(struct reader *r)
{
    const struct doc_hardware *doc = r->doc->hardware;
    struct vap_matrix *ids = &r->host->engine->bus.hardware.ids;
    int refused;

    if (!doc)
        return 0;
    refused = read_cards(r, "hardware/cards", doc->cards, doc->n_cards,
                         &ids->adapters);
    if (!refused)
        refused = reader_ids(r, "hardware/domains", reader_domains(r),
                             &doc->domains, &ids->domains);
    if (!refused)
        refused =
            reader_ids(r, "hardware/control_domains", reader_control_domains(r),
                       &doc->control, &ids->control);
    if (!refused)
        refused = dress_cards(r, "hardware/cards", doc->cards, doc->n_cards,
                              &r->boot.config.ids.adapters);
    return refused;
}

/* All that has to be known before there can be a host. */
static int
read_boot(struct reader *r)
{
    int refused = read_rule(r);

    if (!refused)
        refused = read_highest(r);
    if (!refused)
        refused = read_masks(r);
    if (!refused)
        refused = read_config(r);
    return refused;
}

/* What was given at boot is what there is, until it is written. */
static int
read_boot_mask(struct reader *r, const char *key, const char *text,
               struct vap_mask *out)
{
    if (text)
        return reader_mask(r, key, text, out);
    if (r->doc->masks_written)
        *out = vap_mask_all();
    return 0;
}

static int
read_host(struct reader *r)
{
    const struct doc *doc = r->doc;
    struct vap_mask none = vap_mask_none();
    struct vap_bus *bus = &r->host->engine->bus;
    int refused = dress_cards(r, "cards", doc->cards, doc->n_cards, &none);

    bus->masks_written = doc->masks_written;
    bus->no_autoprobe = doc->autoprobe && !*doc->autoprobe;
    bus->scans = doc->scans;
    bus->n_overrides = doc->overrides_vanished;
    if (!refused)
        refused = read_boot_mask(r, "boot_apmask", doc->boot_apmask,
                                 &bus->boot_apmask);
    if (!refused)
        refused = read_boot_mask(r, "boot_aqmask", doc->boot_aqmask,
                                 &bus->boot_aqmask);
    if (!refused)
        refused = read_hardware(r);
    if (!refused)
        refused = reader_queues(r);
    if (!refused)
        refused = reader_mdevs(r);
    if (!refused)
        devices_boot(r->host);
    return refused;
}

int
hostfile_read(const struct doc *doc, const char *text, size_t length,
              struct host **out, struct hostfile_error *error)
{
    struct reader r = { .doc = doc,
                        .schema = &doc_schema,
                        .text = text,
                        .length = length,
                        .error = error };
    AUTO(host_done) struct host *host = NULL;
    int refused = read_boot(&r);

    if (refused)
        return refused;
    if (host_new(&r.boot, &host))
        return -ENOMEM;
    r.host = host;
    refused = read_host(&r);
    if (!refused)
        *out = TAKE(host);
    return refused;
}
