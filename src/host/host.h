/* SPDX-License-Identifier: MIT */
/* A host on the heap, its mdevs and virtual machines by name. */
#ifndef VAP_HOST_HOST_H
#define VAP_HOST_HOST_H

#include "host/names.h"
#include "matrix/change.h"
#include "matrix/host.h"
#include "matrix/rule.h"

/** How a host comes up. */
struct host_boot {
    const struct vap_rule *rule;
    enum vap_kernel kernel; /* where the rule brings none */
    struct vap_config config;
    struct vap_mask apmask;
    struct vap_mask aqmask;
};

/** What the engine does not look at. */
struct host_card {
    char type[6]; /* "CEX8A", as lszcrypt says; "" for the default */
};

struct devices;

/* Virtual machines that are known by name: those that have an mdev, at most
 * one each, and those that one list of requests speaks of. */
#define HOST_VMS (2 * VAP_MDEVS)

struct host {
    struct vap_host *engine;
    struct devices *devices; /* what files show beside it: devices.h */
    struct host_card cards[VAP_IDS]; /* by adapter, also of those not there */
    struct vap_change *change; /* what host_plan() found */
    struct names mdevs; /* by slot */
    struct names vms; /* vm - 1 */
    struct names drivers; /* driver - VAP_OTHER_DRIVER */
    uint64_t spoken[VAP_MDEVS / 64]; /* slots asked for since the last plan */
    uint64_t spoken_vms[HOST_VMS / 64]; /* vm - 1, the same */
    struct vap_mask spoken_drivers; /* numbers of names, the same */

    /* storage of the engine's */
    struct vap_mdev *slots;
    uint32_t *where;
    struct vap_effect *effects;
    struct vap_reset *resets;
    struct vap_moment *moments;
    size_t max_plan; /* of each of these two */
};

/* As vap_host_init(). Returns 0 or -ENOMEM. */
int host_new(const struct host_boot *boot, struct host **out);
void host_free(struct host *host);
void host_done(struct host **host);

/* An exact copy, to try things on. Returns 0 or -ENOMEM. */
int host_copy(const struct host *host, struct host **out);

/* Do both hosts behave alike from here on? Same state, same names, same card
 * types; mdevs in the same order, in whatever slots. */
bool host_equal(const struct host *a, const struct host *b);

/* "CEX8A": CEX4 to CEX8; A accelerator, C CCA coprocessor, P EP11. What no
 * type was set for is a CEX8C. Setting refuses what is none. */
const char *host_card_type(const struct host *host, unsigned adapter);
bool host_set_card_type(struct host *host, unsigned adapter, const char *type);

/* May an mdev be called so? It names a directory: 1 to 255 bytes, no '/', not
 * "." or "..", and nothing that could steer a terminal. Whoever takes names
 * from outside asks first. */
bool host_is_mdev_name(const char *name);

/* Is it a UUID in lower case, as a kernel calls every mdev? */
bool host_is_uuid(const char *name);

/* The slot of an mdev of this name; when nothing has that name, a free one
 * that has it from now on. One that was asked for since the last plan is not
 * given to another name: whoever reads a list of requests keeps what he got
 * until he has planned it. NAMES_NONE: all 65,536 in use, or no memory. */
uint32_t host_slot(struct host *host, const char *name);

/* Gives the mdev of this name, or the name alone, another slot: for whoever
 * makes a host what it was. 0; -EEXIST another mdev has the slot; -ENOMEM */
int host_move(struct host *host, const char *name, uint32_t slot);

/* Is there no slot for another name? Each of the 65,536 has an mdev, or has
 * been asked for since the last plan. */
bool host_full(const struct host *host);

/* Has it any mdev? */
bool host_has_mdevs(const struct host *host);

/* The slot of the mdev that exists under this name, or NAMES_NONE. */
uint32_t host_mdev(const struct host *host, const char *name);

/* Lent as long as the mdev exists. */
const char *host_mdev_name(const struct host *host, uint32_t slot);

/* The number of a virtual machine, from 1; 0 when memory is short. One that
 * has no mdev, and was not asked for since the last plan, may lose its number
 * to another once HOST_VMS are known. */
uint32_t host_vm(struct host *host, const char *name);
const char *host_vm_name(const struct host *host, uint32_t vm);

/* "cex4queue", "vfio_ap", "" for none; any other is a driver_override that
 * nobody answers to: it has a number from VAP_OTHER_DRIVER to 255. 256: no
 * number is left, or no memory. */
unsigned host_driver(struct host *host, const char *name);
const char *host_driver_name(const struct host *host, unsigned driver);

/* vap_plan() into host->change, with all the room it needs; VAP_NO_ROOM when
 * there is no memory. */
enum vap_verdict host_plan(struct host *host, const struct vap_request *list,
                           size_t n, struct vap_why *why);

/* vap_apply() of the last plan. */
void host_apply(struct host *host);

/* Both at once; applies only what was not refused. */
enum vap_verdict host_do(struct host *host, const struct vap_request *request,
                         struct vap_why *why);

#endif
