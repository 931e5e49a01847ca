/* SPDX-License-Identifier: MIT */
/* The format's keys, one reader each. What they read has been looked at, so
 * only memory can be short, or slots. */
#include "replay/record.h"

#include "base/auto.h"
#include "host/words.h"

#include <errno.h>
#include <string.h>

void
record_done(struct record *record)
{
    free(record->mdevs);
    record->mdevs = NULL;
}

void
record_clear(struct record *record)
{
    struct record_mdev *mdevs = record->mdevs;
    uint32_t n = record->n_mdevs;

    if (n)
        memset(mdevs, 0, n * sizeof(*mdevs));
    *record = (struct record){ .mdevs = mdevs, .n_mdevs = n };
}

bool
record_set(const json_t *value, struct vap_mask *out)
{
    const char *text = json_string_value(value);

    return text && words_set(text, out) == VAP_OK;
}

/* "0-1:3": adapters, domains. */
static bool
read_block(const json_t *value, struct record_queues *out)
{
    const char *text = json_string_value(value);
    const char *colon = text ? strchr(text, ':') : NULL;
    AUTO(free_done)
    char *left = colon ? strndup(text, (size_t)(colon - text)) : NULL;
    struct vap_mask adapters;
    struct vap_mask domains;

    if (!left || words_set(left, &adapters) != VAP_OK ||
        words_set(colon + 1, &domains) != VAP_OK)
        return false;
    VAP_EACH (a, &adapters)
        out->of[a] = vap_mask_or(out->of[a], domains);
    return true;
}

bool
record_blocks(const json_t *value, struct record_queues *out)
{
    size_t i;
    json_t *block;

    memset(out, 0, sizeof(*out));
    if (!json_is_array(value))
        return false;
    json_array_foreach(value, i, block)
    {
        if (!read_block(block, out))
            return false;
    }
    return true;
}

bool
record_sets(const json_t *value, size_t n, struct vap_matrix *out)
{
    return json_array_size(value) == n &&
           record_set(json_array_get(value, 0), &out->adapters) &&
           record_set(json_array_get(value, 1), &out->domains) &&
           (n < 3 || record_set(json_array_get(value, 2), &out->control));
}

/* Queues of these blocks are in this state now, and in no other. */
static void
move_queues(struct record *record, struct record_queues *to,
            const json_t *blocks)
{
    struct record_queues *all[] = { &record->vfio, &record->dflt,
                                    &record->unbound };
    struct record_queues moved;

    if (!record_blocks(blocks, &moved))
        return;
    for (unsigned a = 0; a < VAP_IDS; a++) {
        for (size_t i = 0; i < 3; i++)
            all[i]->of[a] = vap_mask_less(all[i]->of[a], moved.of[a]);
        if (to)
            to->of[a] = vap_mask_or(to->of[a], moved.of[a]);
    }
}

static void
read_queues(struct record *record, const json_t *queues)
{
    move_queues(record, NULL, json_object_get(queues, "gone"));
    move_queues(record, &record->vfio, json_object_get(queues, "vfio_ap"));
    move_queues(record, &record->dflt, json_object_get(queues, "default"));
    move_queues(record, &record->unbound, json_object_get(queues, "none"));
}

/* The array grows with the host's. */
static int
make_room(struct record *record, uint32_t n)
{
    struct record_mdev *grown;

    if (record->n_mdevs >= n)
        return 0;
    grown = realloc(record->mdevs, n * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    memset(grown + record->n_mdevs, 0, (n - record->n_mdevs) * sizeof(*grown));
    record->mdevs = grown;
    record->n_mdevs = n;
    return 0;
}

static int
mdev_of(struct record *record, struct host *host, const char *name,
        struct record_mdev **out)
{
    uint32_t slot = host_slot(host, name);

    if (slot == NAMES_NONE)
        return host_full(host) ? -EUSERS : -ENOMEM;
    if (make_room(record, host->engine->n_slots))
        return -ENOMEM;
    *out = &record->mdevs[slot];
    return 0;
}

static int
read_mdev(struct record_mdev *mdev, struct host *host, const json_t *value)
{
    const char *kvm = json_string_value(json_object_get(value, "kvm"));

    *mdev = (struct record_mdev){ .exists = !json_is_null(value) };
    (void)record_sets(json_object_get(value, "matrix"), 2, &mdev->matrix);
    (void)record_set(json_object_get(value, "cdoms"), &mdev->matrix.control);
    (void)record_sets(json_object_get(value, "guest"), 2, &mdev->guest);
    (void)record_set(json_object_get(value, "guest_cdoms"),
                     &mdev->guest.control);
    (void)record_sets(json_object_get(value, "apcb"), 3, &mdev->apcb);
    if (kvm)
        mdev->vm = host_vm(host, kvm);
    return kvm && !mdev->vm ? -ENOMEM : 0;
}

static int
read_mdevs(struct record *record, struct host *host, json_t *mdevs)
{
    const char *name;
    json_t *value;

    json_object_foreach(mdevs, name, value)
    {
        struct record_mdev *mdev = NULL;
        int r;

        if (json_is_null(value) && names_find(&host->mdevs, name) == NAMES_NONE)
            continue; /* gone, and never heard of: it takes no slot */
        r = mdev_of(record, host, name, &mdev);
        if (!r)
            r = read_mdev(mdev, host, value);
        if (r)
            return r;
    }
    return 0;
}

static int
read_pure(struct record *record, struct host *host, json_t *pure)
{
    const char *name;
    json_t *value;

    json_object_foreach(pure, name, value)
    {
        struct record_mdev *mdev = NULL;
        int r = mdev_of(record, host, name, &mdev);

        if (r)
            return r;
        mdev->has_pure = true;
        (void)record_sets(json_object_get(value, "guest"), 2, &mdev->pure);
        (void)record_set(json_object_get(value, "guest_cdoms"),
                         &mdev->pure.control);
    }
    return 0;
}

int
record_step(struct record *record, struct host *host, const json_t *step)
{
    int r;

    (void)record_sets(json_object_get(step, "host"), 3, &record->hardware);
    (void)record_set(json_object_get(step, "apmask"), &record->apmask);
    (void)record_set(json_object_get(step, "aqmask"), &record->aqmask);
    read_queues(record, json_object_get(step, "queues"));
    r = read_mdevs(record, host, json_object_get(step, "mdevs"));
    for (uint32_t i = 0; i < record->n_mdevs; i++)
        record->mdevs[i].has_pure = false;
    return r ? r : read_pure(record, host, json_object_get(step, "pure"));
}
