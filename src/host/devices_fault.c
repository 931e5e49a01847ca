/* SPDX-License-Identifier: MIT */
/* Most hosts have no fault, and most faults are a whole card's: values are
 * kept by adapter, and written down by sets of domains. */
#include "host/devices_fault.h"

#include "base/auto.h"
#include "host/devices_plan.h"
#include "host/words.h"
#include "matrix/text.h"

#include <errno.h>

/** Of one adapter's queues. */
struct device_fault_row {
    uint32_t value[DEVICE_FAULTS][VAP_IDS];
};

/* An hour: more is a hang. */
#define MOST_MS 3600000

// clang-format off
const struct device_fault_kind device_faults[DEVICE_FAULTS] = {
    [FAULT_SLOW] =       { "slow",       MOST_MS, "ms" },
    [FAULT_HANG] =       { "hang",       1,       NULL },
    [FAULT_WRONG] =      { "wrong",      1,       NULL },
    [FAULT_DROP] =       { "drop",       1,       NULL },
    [FAULT_CHECKSTOP] =  { "checkstop",  1,       NULL },
    [FAULT_DEPTH] =      { "depth",      16,      "deep" },
    [FAULT_RESET_SLOW] = { "reset-slow", MOST_MS, "ms" },
    [FAULT_RESET_HANG] = { "reset-hang", 1,       NULL },
};
// clang-format on

enum device_fault
device_fault_named(const char *name)
{
    unsigned i = 0;

    while (i < DEVICE_FAULTS && strcmp(device_faults[i].name, name) != 0)
        i++;
    return (enum device_fault)i;
}

uint32_t
devices_fault(const struct host *host, uint16_t apqn, enum device_fault fault)
{
    const struct device_fault_row *row =
        host->devices->faults[VAP_ADAPTER_OF(apqn)];

    return row ? row->value[fault][VAP_DOMAIN_OF(apqn)] : 0;
}

/* --- changes -------------------------------------------------------------- */

static struct device_fault_row *
row_of(struct devices *d, unsigned adapter)
{
    if (!d->faults[adapter])
        d->faults[adapter] = calloc(1, sizeof(*d->faults[adapter]));
    return d->faults[adapter];
}

/* Is it so already, and nothing planned that may change it? */
static bool
is_so(const struct host *host, const struct device_fault_set *set)
{
    if (host->devices->plan->n_faults)
        return false;
    VAP_EACH (domain, &set->domains)
        if (devices_fault(host, VAP_APQN(set->adapter, domain), set->fault) !=
            set->value)
            return false;
    return true;
}

int
fault_plan(struct host *host, const struct device_fault_set *set)
{
    struct device_plan *plan = host->devices->plan;
    size_t room = plan->max_faults ? 2 * plan->max_faults : 16;

    if (is_so(host, set))
        return 0;
    if (!row_of(host->devices, set->adapter))
        return -ENOMEM;
    if (plan->n_faults == plan->max_faults) {
        struct device_fault_set *grown =
            realloc(plan->faults, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        plan->faults = grown;
        plan->max_faults = room;
    }
    plan->faults[plan->n_faults++] = *set;
    return 0;
}

void
fault_apply(struct devices *d, const struct device_fault_set *set)
{
    VAP_EACH (domain, &set->domains)
        d->faults[set->adapter]->value[set->fault][domain] = set->value;
    d->fault_changes++;
}

void
fault_forget(struct devices *d, unsigned adapter)
{
    if (!d->faults[adapter])
        return;
    *d->faults[adapter] = (struct device_fault_row){ 0 };
    d->fault_changes++;
}

int
fault_copy(const struct devices *from, struct devices *to)
{
    for (unsigned a = 0; a < VAP_IDS; a++) {
        if (!from->faults[a])
            continue;
        if (!row_of(to, a))
            return -ENOMEM;
        *to->faults[a] = *from->faults[a];
    }
    return 0;
}

void
fault_free(struct devices *d)
{
    for (unsigned a = 0; a < VAP_IDS; a++)
        free(d->faults[a]);
}

/* --- as JSON ----------------------------------------------------------------
 */

/* From this domain on, those of the same value; they leave `left`. */
static struct vap_mask
alike(const uint32_t value[VAP_IDS], unsigned first, struct vap_mask *left)
{
    struct vap_mask same = vap_mask_none();

    for (unsigned d = first; d < VAP_IDS; d++)
        if (value[d] == value[first] && vap_mask_has(left, d)) {
            vap_mask_add(&same, d);
            vap_mask_drop(left, d);
        }
    return same;
}

static int
save_one(json_t *list, unsigned adapter, enum device_fault fault,
         const struct vap_mask *domains, uint32_t value)
{
    char text[VAP_SET_TEXT];

    (void)vap_set_text(domains, text, sizeof(text));
    return json_array_append_new(
        list, json_pack("{s:i, s:s, s:s, s:I}", "adapter", (int)adapter,
                        "domains", text, "fault", device_faults[fault].name,
                        "value", (json_int_t)value));
}

static int
save_kind(json_t *list, unsigned adapter, enum device_fault fault,
          const uint32_t value[VAP_IDS])
{
    struct vap_mask left = vap_mask_none();
    int bad = 0;

    for (unsigned d = 0; d < VAP_IDS; d++)
        if (value[d])
            vap_mask_add(&left, d);
    for (unsigned d = 0; d < VAP_IDS && !bad; d++)
        if (vap_mask_has(&left, d)) {
            struct vap_mask same = alike(value, d, &left);

            bad = save_one(list, adapter, fault, &same, value[d]);
        }
    return bad;
}

json_t *
fault_save(const struct devices *d)
{
    json_t *list = json_array();
    int bad = !list;

    for (unsigned a = 0; a < VAP_IDS; a++)
        for (unsigned f = 0; d->faults[a] && f < DEVICE_FAULTS && !bad; f++)
            bad = save_kind(list, a, f, d->faults[a]->value[f]);
    if (!bad)
        return list;
    json_decref(list);
    return NULL;
}

static int
load_one(struct devices *d, const json_t *json)
{
    const json_t *adapter = json_object_get(json, "adapter");
    const json_t *value = json_object_get(json, "value");
    const char *name = json_string_value(json_object_get(json, "fault"));
    const char *text = json_string_value(json_object_get(json, "domains"));
    struct device_fault_set set = {
        .adapter = (unsigned)json_integer_value(adapter),
        .fault = name ? device_fault_named(name) : DEVICE_FAULTS,
        .value = (uint32_t)json_integer_value(value),
    };

    if (!json_is_integer(adapter) || json_integer_value(adapter) < 0 ||
        json_integer_value(adapter) >= VAP_IDS || set.fault == DEVICE_FAULTS ||
        !vap_mask_has(&d->bus.cards, set.adapter) || !text ||
        words_set(text, &set.domains) != VAP_OK ||
        vap_mask_empty(&set.domains) || !json_is_integer(value) ||
        json_integer_value(value) < 1 ||
        json_integer_value(value) > device_faults[set.fault].most)
        return -EBADMSG;
    if (!row_of(d, set.adapter))
        return -ENOMEM;
    fault_apply(d, &set);
    return 0;
}

int
fault_load(struct devices *d, const json_t *json)
{
    int r = json_is_array(json) ? 0 : -EBADMSG;

    for (size_t i = 0; r == 0 && i < json_array_size(json); i++)
        r = load_one(d, json_array_get(json, i));
    return r;
}
