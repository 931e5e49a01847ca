/* SPDX-License-Identifier: MIT */
/* The engine keeps nothing on a heap of its own: this is where its storage
 * comes from, and grows. */
#include "host/host.h"

#include "base/auto.h"
#include "base/say.h"
#include "host/devices.h"
#include "host/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
host_free(struct host *host)
{
    if (!host)
        return;
    names_done(&host->mdevs);
    names_done(&host->vms);
    names_done(&host->drivers);
    devices_free(host->devices);
    free(host->engine);
    free(host->change);
    free(host->slots);
    free(host->where);
    free(host->effects);
    free(host->resets);
    free(host->moments);
    free(host);
}

void
host_done(struct host **host)
{
    host_free(*host);
}

/* Larger, the new part zero. */
static int
grow(void *variable, size_t size, size_t from, size_t to)
{
    void *old;
    char *grown;

    memcpy(&old, variable, sizeof(old));
    grown = realloc(old, to * size);
    if (!grown)
        return -ENOMEM;
    memset(grown + from * size, 0, (to - from) * size);
    memcpy(variable, &grown, sizeof(old));
    return 0;
}

static void
init_change(struct host *host)
{
    uint32_t n = host->engine->n_slots;

    vap_change_init(host->change, host->where, n, host->effects, n,
                    host->resets, host->max_plan);
    vap_change_moments(host->change, host->moments, host->max_plan);
}

/* Slots for mdevs: engine and change get to know the new storage. */
static int
grow_slots(struct host *host, uint32_t to)
{
    uint32_t from = host->engine->n_slots;
    bool failed = grow(&host->slots, sizeof(*host->slots), from, to) ||
                  grow(&host->where, sizeof(*host->where), from, to) ||
                  grow(&host->effects, sizeof(*host->effects), from, to) ||
                  devices_grow(host->devices, from, to);
    uint32_t n = failed ? from : to; /* some may have moved all the same */

    host->engine->mdevs = host->slots;
    host->engine->n_slots = n;
    init_change(host);
    return failed ? -ENOMEM : 0;
}

/* What a plan can say. */
static int
grow_plan(struct host *host, size_t to)
{
    size_t from = host->max_plan;

    if (grow(&host->resets, sizeof(*host->resets), from, to) ||
        grow(&host->moments, sizeof(*host->moments), from, to))
        return -ENOMEM;
    host->max_plan = to;
    init_change(host);
    return 0;
}

static struct host *
blank(void)
{
    AUTO(host_done) struct host *host = calloc(1, sizeof(*host));

    if (!host)
        return NULL;
    host->engine = calloc(1, sizeof(*host->engine));
    host->change = calloc(1, sizeof(*host->change));
    if (!host->engine || !host->change || devices_new(&host->devices) ||
        grow_plan(host, 256))
        return NULL;
    return TAKE(host);
}

int
host_new(const struct host_boot *boot, struct host **out)
{
    AUTO(host_done) struct host *host = blank();

    if (!host || grow_slots(host, 8))
        return -ENOMEM;
    vap_host_init(host->engine, boot->rule, boot->kernel, &boot->config,
                  &boot->apmask, &boot->aqmask, host->slots,
                  host->engine->n_slots);
    devices_boot(host);
    *out = TAKE(host);
    return 0;
}

static int
copy_names(struct names *to, const struct names *from)
{
    for (uint32_t i = 0; i < from->n; i++)
        if (names_add(to, from->name[i]) == NAMES_NONE)
            return -ENOMEM;
    return 0;
}

int
host_copy(const struct host *host, struct host **out)
{
    AUTO(host_done) struct host *copy = blank();
    uint32_t n = host->engine->n_slots;

    if (!copy || copy_names(&copy->mdevs, &host->mdevs) ||
        copy_names(&copy->vms, &host->vms) ||
        copy_names(&copy->drivers, &host->drivers) || grow_slots(copy, n) ||
        devices_copy(host->devices, copy->devices, n))
        return -ENOMEM;
    *copy->engine = *host->engine;
    copy->engine->mdevs = copy->slots;
    memcpy(copy->slots, host->slots, n * sizeof(*copy->slots));
    memcpy(copy->cards, host->cards, sizeof(copy->cards));
    *out = TAKE(copy);
    return 0;
}

const char *
host_card_type(const struct host *host, unsigned adapter)
{
    const char *type = host->cards[adapter & 255].type;

    return *type ? type : "CEX8C";
}

bool
host_set_card_type(struct host *host, unsigned adapter, const char *type)
{
    char *to = host->cards[adapter & 255].type;

    if (strlen(type) != 5 || memcmp(type, "CEX", 3) != 0 || type[3] < '4' ||
        type[3] > '8' || !strchr("ACP", type[4]))
        return false;
    memcpy(to, type, 6);
    return true;
}

/* Has its mdev gone? */
static bool
free_slot(const struct host *host, uint32_t slot)
{
    return !host->slots[slot].exists && !host->devices->mdevs[slot].born;
}

static void
set_bit(uint64_t *bits, uint32_t n)
{
    bits[n / 64] |= UINT64_C(1) << n % 64;
}

static bool
is_spoken(const struct host *host, uint32_t slot)
{
    return host->spoken[slot / 64] >> slot % 64 & 1;
}

/* From now on, until there is a plan; lent to nobody else. */
static uint32_t
speak(struct host *host, uint32_t slot)
{
    if (slot != NAMES_NONE)
        set_bit(host->spoken, slot);
    return slot;
}

/* The first slot from here on that can take another name. */
static uint32_t
next_free(const struct host *host, uint32_t slot)
{
    while (slot < host->mdevs.n &&
           (!free_slot(host, slot) || is_spoken(host, slot)))
        slot++;
    return slot;
}

/* Such a slot takes another name. */
static uint32_t
reuse(struct host *host, const char *name)
{
    uint32_t slot = next_free(host, 0);

    return slot < host->mdevs.n && names_change(&host->mdevs, slot, name) == 0
               ? slot
               : NAMES_NONE;
}

bool
host_is_mdev_name(const char *name)
{
    return *name && strlen(name) <= 255 && !strchr(name, '/') &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           say_is_plain(name);
}

/* 8-4-4-4-12 hex digits. */
bool
host_is_uuid(const char *name)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    size_t i = 0;

    for (; name[i] && form[i]; i++)
        if (form[i] == '-' ? name[i] != '-'
                           : !strchr("0123456789abcdef", name[i]))
            return false;
    return !name[i] && !form[i];
}

uint32_t
host_slot(struct host *host, const char *name)
{
    uint32_t slot = names_find(&host->mdevs, name);
    uint32_t n = host->engine->n_slots;

    if (slot != NAMES_NONE)
        return speak(host, slot);
    if (host->mdevs.n == VAP_MDEVS)
        return speak(host, reuse(host, name));
    if (host->mdevs.n == n && grow_slots(host, 2 * n))
        return NAMES_NONE;
    return speak(host, names_add(&host->mdevs, name));
}

/* Slots up to this one, under names that nobody can have. */
static int
fill_slots(struct host *host, uint32_t slot)
{
    while (host->mdevs.n <= slot) {
        char name[16];

        (void)snprintf(name, sizeof(name), "/%u", host->mdevs.n);
        if (host_slot(host, name) == NAMES_NONE)
            return -ENOMEM;
    }
    return 0;
}

/* A slot without an mdev gives up its name. */
static int
unname(struct host *host, uint32_t slot)
{
    char name[16];

    (void)snprintf(name, sizeof(name), "/%u", slot);
    return names_change(&host->mdevs, slot, name);
}

static void
move_mdev(struct host *host, uint32_t from, uint32_t to)
{
    host->slots[to] = host->slots[from];
    host->slots[from] = (struct vap_mdev){ 0 };
    host->devices->mdevs[to] = host->devices->mdevs[from];
    host->devices->mdevs[from] = (struct device_mdev){ 0 };
}

int
host_move(struct host *host, const char *name, uint32_t slot)
{
    AUTO(free_done) char *copy = strdup(name); /* it may be the slot's own */
    uint32_t from = names_find(&host->mdevs, name);
    int r;

    if (!copy || from == slot)
        return copy ? 0 : -ENOMEM;
    r = slot < VAP_MDEVS ? fill_slots(host, slot) : -EEXIST;
    if (r == 0)
        r = free_slot(host, slot) ? unname(host, slot) : -EEXIST;
    if (r == 0 && from != NAMES_NONE)
        r = unname(host, from);
    if (r == 0)
        r = names_change(&host->mdevs, slot, copy);
    if (r == 0 && from != NAMES_NONE)
        move_mdev(host, from, slot);
    return r;
}

bool
host_full(const struct host *host)
{
    return host->mdevs.n == VAP_MDEVS && next_free(host, 0) == VAP_MDEVS;
}

bool
host_has_mdevs(const struct host *host)
{
    for (uint32_t i = 0; i < host->engine->n_slots; i++)
        if (host->slots[i].exists)
            return true;
    return false;
}

uint32_t
host_mdev(const struct host *host, const char *name)
{
    uint32_t slot = names_find(&host->mdevs, name);

    return slot != NAMES_NONE && host->slots[slot].exists ? slot : NAMES_NONE;
}

const char *
host_mdev_name(const struct host *host, uint32_t slot)
{
    return names_of(&host->mdevs, slot);
}

/* A number that no mdev has any more, for another name. */
static uint32_t
reuse_vm(struct host *host, const char *name)
{
    uint64_t used[HOST_VMS / 64];
    uint32_t word = 0;
    uint32_t number;

    memcpy(used, host->spoken_vms, sizeof(used));
    for (uint32_t i = 0; i < host->engine->n_slots; i++)
        if (host->slots[i].vm)
            set_bit(used, host->slots[i].vm - 1);
    while (word < HOST_VMS / 64 && !~used[word])
        word++;
    if (word == HOST_VMS / 64)
        return NAMES_NONE;
    number = 64 * word + (uint32_t)__builtin_ctzll(~used[word]);
    return names_change(&host->vms, number, name) ? NAMES_NONE : number;
}

uint32_t
host_vm(struct host *host, const char *name)
{
    uint32_t number = names_find(&host->vms, name);

    if (number == NAMES_NONE)
        number = host->vms.n < HOST_VMS ? names_add(&host->vms, name)
                                        : reuse_vm(host, name);
    if (number != NAMES_NONE)
        set_bit(host->spoken_vms, number);
    return number + 1; /* NAMES_NONE + 1 is 0 */
}

const char *
host_vm_name(const struct host *host, uint32_t vm)
{
    return names_of(&host->vms, vm - 1);
}

/* A number that no queue has any more, for another name. */
static uint32_t
reuse_driver(struct host *host, const char *name)
{
    bool used[256] = { false };

    for (unsigned a = 0; a < VAP_IDS; a++)
        VAP_EACH (d, &host->engine->row[a].overridden)
            used[host->engine->queue[a][d].override] = true;
    for (uint32_t i = 0; i < host->drivers.n; i++)
        if (!used[VAP_OTHER_DRIVER + i] &&
            !vap_mask_has(&host->spoken_drivers, i))
            return names_change(&host->drivers, i, name) ? NAMES_NONE : i;
    return NAMES_NONE;
}

unsigned
host_driver(struct host *host, const char *name)
{
    enum vap_driver known = words_driver(name);
    uint32_t number;

    if (known != VAP_OTHER_DRIVER)
        return known;
    number = names_find(&host->drivers, name);
    if (number == NAMES_NONE && VAP_OTHER_DRIVER + host->drivers.n < 256)
        number = names_add(&host->drivers, name);
    else if (number == NAMES_NONE)
        number = reuse_driver(host, name);
    if (number == NAMES_NONE)
        return 256;
    vap_mask_add(&host->spoken_drivers, number);
    return VAP_OTHER_DRIVER + number;
}

const char *
host_driver_name(const struct host *host, unsigned driver)
{
    return driver < VAP_OTHER_DRIVER
               ? words_driver_name((enum vap_driver)driver)
               : names_of(&host->drivers, driver - VAP_OTHER_DRIVER);
}

enum vap_verdict
host_plan(struct host *host, const struct vap_request *list, size_t n,
          struct vap_why *why)
{
    enum vap_verdict v;

    memset(host->spoken, 0, sizeof(host->spoken));
    memset(host->spoken_vms, 0, sizeof(host->spoken_vms));
    host->spoken_drivers = vap_mask_none();
    do
        v = vap_plan(host->engine, list, n, host->change, why);
    while (v == VAP_NO_ROOM && !grow_plan(host, 2 * host->max_plan));
    if (v == VAP_OK || v == VAP_HELD || v == VAP_RESET_FAILED) {
        if (devices_follow(host, list, n) == 0)
            return v;
        (void)vap_plan(host->engine, NULL, 0, host->change, NULL);
        v = VAP_NO_ROOM;
    }
    (void)devices_follow(host, NULL, 0);
    return v;
}

void
host_apply(struct host *host)
{
    vap_apply(host->engine, host->change);
    devices_apply(host);
}

enum vap_verdict
host_do(struct host *host, const struct vap_request *request,
        struct vap_why *why)
{
    enum vap_verdict v = host_plan(host, request, 1, why);

    host_apply(host);
    return v;
}
