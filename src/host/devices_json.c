/* SPDX-License-Identifier: MIT */
/* What is written can be read back to the same state, and nothing else can
 * be read: every number is held against its range, every mask against the
 * devices that there are. */
#include "host/devices_plan.h"

#include "base/auto.h"
#include "host/json.h"
#include "host/words.h"
#include "matrix/grammar.h"
#include "matrix/text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COUNT INT64_MAX

static const struct {
    const char *name;
    size_t offset;
} bus_masks[] = {
    { "cards", offsetof(struct device_bus, cards) },
    { "bound", offsetof(struct device_bus, bound) },
    { "offline", offsetof(struct device_bus, offline) },
    { "deconfigured", offsetof(struct device_bus, deconfigured) },
    { "checkstopped", offsetof(struct device_bus, checkstopped) },
};

static const struct {
    const char *name;
    size_t offset;
} row_masks[] = {
    { "offline", offsetof(struct device_row, offline) },
    { "deconfigured", offsetof(struct device_row, deconfigured) },
    { "checkstopped", offsetof(struct device_row, checkstopped) },
    { "started", offsetof(struct device_row, started) },
};

static const struct {
    const char *name;
    size_t offset;
} bus_flags[] = {
    { "poll_thread", offsetof(struct device_bus, poll_thread) },
    { "interrupts", offsetof(struct device_bus, interrupts) },
    { "matrix_autoprobe", offsetof(struct device_bus, matrix_autoprobe) },
    { "mdev_autoprobe", offsetof(struct device_bus, mdev_autoprobe) },
    { "incomplete", offsetof(struct device_bus, incomplete) },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* writing */

static json_t *
save_bus(const struct device_bus *bus)
{
    AUTO(json_done)
    json_t *json = json_pack(
        "{s:i, s:i, s:I, s:I, s:I}", "ap_domain", bus->ap_domain, "config_time",
        (int)bus->config_time, "poll_timeout", (json_int_t)bus->poll_timeout,
        "scans", (json_int_t)bus->scans, "completions",
        (json_int_t)bus->completions);
    int bad = !json;

    for (size_t i = 0; i < ROWS(bus_masks) && !bad; i++)
        bad = json_object_set_new(
            json, bus_masks[i].name,
            json_of_set(
                (const void *)((const char *)bus + bus_masks[i].offset)));
    for (size_t i = 0; i < ROWS(bus_flags) && !bad; i++)
        bad = json_object_set_new(
            json, bus_flags[i].name,
            json_boolean(
                *(const bool *)((const char *)bus + bus_flags[i].offset)));
    return bad ? NULL : TAKE(json);
}

static json_t *
save_row(const struct device_row *row)
{
    AUTO(json_done) json_t *json = json_object();
    int bad = !json;

    for (size_t i = 0; i < ROWS(row_masks) && !bad; i++)
        bad = json_object_set_new(
            json, row_masks[i].name,
            json_of_set(
                (const void *)((const char *)row + row_masks[i].offset)));
    return bad ? NULL : TAKE(json);
}

static json_t *
save_rows(const struct devices *d)
{
    AUTO(json_done) json_t *json = json_object();
    int bad = !json;

    VAP_EACH (adapter, &d->bus.cards) {
        char key[8];

        (void)snprintf(key, sizeof(key), "%u", adapter);
        bad = bad || json_object_set_new(json, key, save_row(&d->row[adapter]));
    }
    return bad ? NULL : TAKE(json);
}

static json_t *
save_mdevs(const struct host *host)
{
    AUTO(json_done) json_t *json = json_array();
    int bad = !json;

    for (uint32_t i = 0; i < host->engine->n_slots && !bad; i++) {
        const struct device_mdev *m = &host->devices->mdevs[i];

        if (m->born)
            bad = json_array_append_new(
                json, json_pack("{s:s, s:i, s:b}", "mdev",
                                host_mdev_name(host, i), "number",
                                (int)m->number, "driverless", m->driverless));
    }
    return bad ? NULL : TAKE(json);
}

static int
save_count(json_t *json, const char *key, uint64_t count)
{
    return count
               ? json_object_set_new(json, key, json_integer((json_int_t)count))
               : 0;
}

/* "3" for a card, "03.0047" for a queue. */
static json_t *
save_requests(const struct devices *d)
{
    AUTO(json_done) json_t *json = json_object();
    int bad = !json;

    for (unsigned a = 0; a < VAP_IDS && !bad; a++) {
        char key[VAP_APQN_TEXT + 1];

        (void)snprintf(key, sizeof(key), "%u", a);
        bad = save_count(json, key, d->card_requests[a]);
        for (unsigned q = 0; d->past[a] && q < VAP_IDS && !bad; q++) {
            (void)vap_apqn_text(VAP_APQN(a, q), key, sizeof(key));
            bad = save_count(json, key, d->past[a]->requests[q]);
        }
    }
    return bad ? NULL : TAKE(json);
}

json_t *
devices_save(const struct host *host)
{
    const struct devices *d = host->devices;

    return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o}", "bus", save_bus(&d->bus),
                     "drivers_autoprobe", !host->engine->bus.no_autoprobe,
                     "queues", save_rows(d), "mdevs", save_mdevs(host),
                     "requests", save_requests(d), "faults", fault_save(d));
}

/* reading */

static bool
read_mask(const json_t *json, struct vap_mask *out)
{
    const char *text = json_string_value(json);

    return text && words_set(text, out) == VAP_OK;
}

static bool
read_number(const json_t *json, int64_t least, int64_t most, int64_t *out)
{
    *out = json_integer_value(json);
    return json_is_integer(json) && *out >= least && *out <= most;
}

static bool
read_flag(const json_t *json, bool *out)
{
    *out = json_is_true(json);
    return json_is_boolean(json);
}

static bool
read_bus_numbers(const json_t *json, struct device_bus *bus)
{
    int64_t domain, config_time, timeout, scans, completions;

    if (!read_number(json_object_get(json, "ap_domain"), -1, 255, &domain) ||
        !read_number(json_object_get(json, "config_time"), 5, 120,
                     &config_time) ||
        !read_number(json_object_get(json, "poll_timeout"), 0, 120000000000,
                     &timeout) ||
        !read_number(json_object_get(json, "scans"), 0, MAX_COUNT, &scans) ||
        !read_number(json_object_get(json, "completions"), 0, MAX_COUNT,
                     &completions))
        return false;
    bus->ap_domain = (int)domain;
    bus->config_time = (unsigned)config_time;
    bus->poll_timeout = (uint64_t)timeout;
    bus->scans = (uint64_t)scans;
    bus->completions = (uint64_t)completions;
    return true;
}

static bool
read_bus(const json_t *json, struct device_bus *bus)
{
    bool good = read_bus_numbers(json, bus);

    for (size_t i = 0; i < ROWS(bus_masks); i++)
        good = good && read_mask(json_object_get(json, bus_masks[i].name),
                                 (void *)((char *)bus + bus_masks[i].offset));
    for (size_t i = 0; i < ROWS(bus_flags); i++)
        good = good && read_flag(json_object_get(json, bus_flags[i].name),
                                 (bool *)((char *)bus + bus_flags[i].offset));
    return good && vap_mask_within(&bus->bound, &bus->cards) &&
           vap_mask_within(&bus->offline, &bus->bound) &&
           vap_mask_within(&bus->deconfigured, &bus->cards) &&
           vap_mask_within(&bus->checkstopped, &bus->cards);
}

static bool
read_row(const json_t *json, const struct vap_row *engine,
         struct device_row *row)
{
    bool good = true;

    for (size_t i = 0; i < ROWS(row_masks); i++)
        good = good && read_mask(json_object_get(json, row_masks[i].name),
                                 (void *)((char *)row + row_masks[i].offset));
    return good && vap_mask_within(&row->offline, &engine->dflt) &&
           vap_mask_within(&row->deconfigured, &engine->present) &&
           vap_mask_within(&row->checkstopped, &engine->present) &&
           vap_mask_within(&row->started, &engine->present);
}

/* Cards are the adapters that have a queue, and each of those has a row. */
static bool
read_rows(const json_t *json, const struct vap_host *engine, struct devices *d)
{
    size_t n = vap_mask_count(&d->bus.cards);

    if (!json_is_object(json) || json_object_size(json) != n)
        return false;
    for (unsigned a = 0; a < VAP_IDS; a++) {
        char key[8];

        if (vap_mask_has(&d->bus.cards, a) ==
            vap_mask_empty(&engine->row[a].present))
            return false;
        (void)snprintf(key, sizeof(key), "%u", a);
        if (vap_mask_has(&d->bus.cards, a) &&
            !read_row(json_object_get(json, key), &engine->row[a], &d->row[a]))
            return false;
    }
    return true;
}

static bool
read_mdev(struct host *host, const json_t *json, struct devices *d)
{
    const char *name = json_string_value(json_object_get(json, "mdev"));
    uint32_t slot = name ? host_slot(host, name) : NAMES_NONE;
    bool driverless;
    int64_t number;

    if (slot == NAMES_NONE ||
        !read_flag(json_object_get(json, "driverless"), &driverless) ||
        !read_number(json_object_get(json, "number"), 0, VAP_MDEVS - 1,
                     &number) ||
        host->engine->mdevs[slot].exists == driverless || d->mdevs[slot].born ||
        d->numbers[number / 64] >> number % 64 & 1)
        return false;
    d->mdevs[slot] = (struct device_mdev){ .born = 1,
                                           .bound = 1,
                                           .number = (uint32_t)number,
                                           .driverless = driverless };
    d->numbers[number / 64] |= UINT64_C(1) << number % 64;
    d->n_mdevs++;
    return true;
}

/* Names first: each may need a slot, and slots move. */
static int
read_mdevs(struct host *host, const json_t *json, struct devices *d)
{
    uint32_t n_existing = 0;
    uint32_t n_driven = 0;

    if (!json_is_array(json) || json_array_size(json) > VAP_MDEVS)
        return -EBADMSG;
    for (size_t i = 0; i < json_array_size(json); i++) {
        const char *name =
            json_string_value(json_object_get(json_array_get(json, i), "mdev"));

        if (!name || !*name)
            return -EBADMSG;
        if (host_slot(host, name) == NAMES_NONE)
            return -ENOMEM;
    }
    if (devices_grow(d, 0, host->engine->n_slots))
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(json); i++)
        if (!read_mdev(host, json_array_get(json, i), d))
            return -EBADMSG;
    for (uint32_t i = 0; i < host->engine->n_slots; i++) {
        n_existing += host->engine->mdevs[i].exists;
        n_driven += d->mdevs[i].born && !d->mdevs[i].driverless;
    }
    return n_existing == n_driven ? 0 : -EBADMSG;
}

/* Of a card, or of a queue in whose name there is a dot. */
static int
read_count(const char *key, int64_t count, struct devices *d)
{
    struct vap_mask card;
    unsigned adapter;
    uint16_t apqn;

    if (words_set(key, &card) == VAP_OK && vap_mask_count(&card) == 1) {
        d->card_requests[vap_mask_next(&card, 0)] = (uint64_t)count;
        return 0;
    }
    if (vap_read_apqn(key, strlen(key), &apqn) != VAP_OK)
        return -EBADMSG;
    adapter = VAP_ADAPTER_OF(apqn);
    if (!d->past[adapter])
        d->past[adapter] = calloc(1, sizeof(*d->past[adapter]));
    if (!d->past[adapter])
        return -ENOMEM;
    d->past[adapter]->requests[VAP_DOMAIN_OF(apqn)] = (uint64_t)count;
    return 0;
}

static int
read_requests(const json_t *json, struct devices *d)
{
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return -EBADMSG;
    json_object_foreach((json_t *)json, key, value)
    {
        int64_t count;
        int r = read_number(value, 1, MAX_COUNT, &count)
                    ? read_count(key, count, d)
                    : -EBADMSG;

        if (r)
            return r;
    }
    return 0;
}

static int
read_all(struct host *host, const json_t *json, struct devices *d,
         bool *autoprobe)
{
    int r;

    if (!read_bus(json_object_get(json, "bus"), &d->bus) ||
        !read_flag(json_object_get(json, "drivers_autoprobe"), autoprobe) ||
        !read_rows(json_object_get(json, "queues"), host->engine, d))
        return -EBADMSG;
    r = read_mdevs(host, json_object_get(json, "mdevs"), d);
    if (r == 0)
        r = read_requests(json_object_get(json, "requests"), d);
    return r ? r : fault_load(d, json_object_get(json, "faults"));
}

int
devices_load(struct host *host, const json_t *json)
{
    struct devices *d = NULL;
    bool autoprobe = true;
    int r = devices_new(&d);

    if (r == 0)
        r = read_all(host, json, d, &autoprobe);
    if (r) {
        devices_free(d);
        return r;
    }
    d->changes = 1;
    d->first_group = host->devices->first_group;
    devices_free(host->devices);
    host->devices = d;
    host->engine->bus.no_autoprobe = !autoprobe;
    return 0;
}
