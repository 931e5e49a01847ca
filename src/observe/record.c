/* SPDX-License-Identifier: MIT */
/* The format's keys, one reader each. */
#include "observe/record.h"

#include "base/auto.h"
#include "observe/words.h"

#include <errno.h>
#include <string.h>

void
record_done(struct record *record)
{
    free(record->mdevs);
    record->mdevs = NULL;
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
    if (value && !json_is_array(value))
        return false;
    json_array_foreach(value, i, block)
    {
        if (!read_block(block, out))
            return false;
    }
    return true;
}

/* [adapters, domains] or, with control, [adapters, domains, control]. */
static bool
read_sets(const json_t *value, bool control, struct vap_matrix *out)
{
    return json_array_size(value) == (control ? 3 : 2) &&
           record_set(json_array_get(value, 0), &out->adapters) &&
           record_set(json_array_get(value, 1), &out->domains) &&
           (!control || record_set(json_array_get(value, 2), &out->control));
}

/* Queues of these blocks are in this state now, and in no other. */
static bool
move_queues(struct record *record, struct record_queues *to,
            const json_t *blocks)
{
    struct record_queues *all[] = { &record->vfio, &record->dflt,
                                    &record->unbound };
    struct record_queues moved;

    if (!record_blocks(blocks, &moved))
        return false;
    for (unsigned a = 0; a < VAP_IDS; a++) {
        for (size_t i = 0; i < 3; i++)
            all[i]->of[a] = vap_mask_less(all[i]->of[a], moved.of[a]);
        if (to)
            to->of[a] = vap_mask_or(to->of[a], moved.of[a]);
    }
    return true;
}

static bool
read_queues(struct record *record, const json_t *queues)
{
    return json_is_object(queues) &&
           move_queues(record, NULL, json_object_get(queues, "gone")) &&
           move_queues(record, &record->vfio,
                       json_object_get(queues, "vfio_ap")) &&
           move_queues(record, &record->dflt,
                       json_object_get(queues, "default")) &&
           move_queues(record, &record->unbound,
                       json_object_get(queues, "none"));
}

/* By slot; the array grows with the host's. */
static struct record_mdev *
slot_of(struct record *record, struct host *host, const char *name)
{
    uint32_t slot = host_slot(host, name);
    uint32_t n = host->engine->n_slots;

    if (slot == NAMES_NONE)
        return NULL;
    if (record->n_mdevs < n) {
        struct record_mdev *grown = realloc(record->mdevs, n * sizeof(*grown));

        if (!grown)
            return NULL;
        memset(grown + record->n_mdevs, 0,
               (n - record->n_mdevs) * sizeof(*grown));
        record->mdevs = grown;
        record->n_mdevs = n;
    }
    return &record->mdevs[slot];
}

static bool
read_mdev(struct record_mdev *mdev, struct host *host, const json_t *value)
{
    const json_t *kvm = json_object_get(value, "kvm");
    const json_t *apcb = json_object_get(value, "apcb");

    *mdev = (struct record_mdev){ .exists = !json_is_null(value) };
    if (!mdev->exists)
        return true;
    if (json_is_string(kvm))
        mdev->vm = host_vm(host, json_string_value(kvm));
    return (json_is_null(kvm) || mdev->vm) &&
           read_sets(json_object_get(value, "matrix"), false, &mdev->matrix) &&
           record_set(json_object_get(value, "cdoms"), &mdev->matrix.control) &&
           read_sets(json_object_get(value, "guest"), false, &mdev->guest) &&
           record_set(json_object_get(value, "guest_cdoms"),
                      &mdev->guest.control) &&
           (!apcb || read_sets(apcb, true, &mdev->apcb));
}

static int
read_mdevs(struct record *record, struct host *host, json_t *mdevs)
{
    const char *name;
    json_t *value;

    if (!json_is_object(mdevs))
        return -EBADMSG;
    json_object_foreach(mdevs, name, value)
    {
        struct record_mdev *mdev = slot_of(record, host, name);

        if (!mdev)
            return -ENOMEM;
        if (!read_mdev(mdev, host, value))
            return -EBADMSG;
    }
    return 0;
}

static int
read_pure(struct record *record, struct host *host, json_t *pure)
{
    const char *name;
    json_t *value;

    if (!json_is_object(pure))
        return -EBADMSG;
    json_object_foreach(pure, name, value)
    {
        struct record_mdev *mdev = slot_of(record, host, name);

        if (!mdev)
            return -ENOMEM;
        mdev->has_pure =
            read_sets(json_object_get(value, "guest"), false, &mdev->pure) &&
            record_set(json_object_get(value, "guest_cdoms"),
                       &mdev->pure.control);
        if (!mdev->has_pure)
            return -EBADMSG;
    }
    return 0;
}

static int
read_masks(struct record *record, const json_t *step, const char **what)
{
    const struct {
        const char *key;
        struct vap_mask *mask;
    } masks[] = { { "apmask", &record->apmask },
                  { "aqmask", &record->aqmask } };
    const json_t *ids = json_object_get(step, *what = "host");

    if (ids && !read_sets(ids, true, &record->hardware))
        return -EBADMSG;
    for (size_t i = 0; i < 2; i++) {
        const json_t *mask = json_object_get(step, *what = masks[i].key);

        if (mask && !record_set(mask, masks[i].mask))
            return -EBADMSG;
    }
    return 0;
}

int
record_step(struct record *record, struct host *host, const json_t *step,
            const char **what)
{
    int r = read_masks(record, step, what);
    json_t *part = json_object_get(step, "queues");

    if (r < 0)
        return r;
    *what = "queues";
    if (part && !read_queues(record, part))
        return -EBADMSG;
    *what = "mdevs";
    part = json_object_get(step, *what);
    r = part ? read_mdevs(record, host, part) : 0;
    for (uint32_t i = 0; i < record->n_mdevs; i++)
        record->mdevs[i].has_pure = false;
    if (r < 0)
        return r;
    *what = "pure";
    part = json_object_get(step, *what);
    return part ? read_pure(record, host, part) : 0;
}
