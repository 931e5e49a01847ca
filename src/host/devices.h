/* SPDX-License-Identifier: MIT */
/* What the bus and its devices remember beside the engine: what files show,
 * and no guest matrix depends on. It follows from every change by itself:
 *
 *     r = devices_plan(host, list, n, &refusal);   requests and settings
 *     if (r == 0) {
 *         record it; the uevents it will cause are in host->devices
 *         host_apply(host);
 *     }
 *
 * host_plan() is the same for requests of the engine alone. */
#ifndef VAP_HOST_DEVICES_H
#define VAP_HOST_DEVICES_H

#include <jansson.h>

#include "host/request.h"

/** Queues of one adapter, a bit each; those without a device are zero. */
struct device_row {
    struct vap_mask offline; /* a user said so; cex4queue's alone */
    struct vap_mask deconfigured; /* as the last scan saw it */
    struct vap_mask checkstopped;
    struct vap_mask started; /* dev_state is not UNINITIATED: request_count
                              * is a number, not "-" */
};

/** What there is one of. Cards are adapters, a bit each. */
struct device_bus {
    struct vap_mask cards; /* have a device */
    struct vap_mask bound; /* to cex4card */
    struct vap_mask offline;
    struct vap_mask deconfigured; /* as the bus has it: SCLP or a scan */
    struct vap_mask checkstopped;
    int ap_domain; /* -1: none chosen */
    unsigned config_time; /* 5 to 120 seconds */
    uint64_t poll_timeout; /* ns */
    bool poll_thread;
    bool interrupts; /* adapter interrupts in use: then no poll thread */
    bool matrix_autoprobe; /* of the bus "matrix"; no effect */
    bool mdev_autoprobe;
    bool incomplete; /* BINDINGS=complete is owed to the next scan that
                      * finds every queue bound */
    uint64_t scans; /* finished */
    uint64_t completions; /* BINDINGS=complete sent */
};

/** A slot's mdev, in sysfs. */
struct device_mdev {
    uint32_t born; /* 0: none; else the change that made it */
    uint32_t bound; /* ... that gave or took its driver */
    uint32_t number; /* of its iommu group and vfio device: the lowest free */
    bool driverless; /* unbound: a directory that can only be removed */
};

enum device_action {
    DEVICE_ADD,
    DEVICE_REMOVE,
    DEVICE_BIND,
    DEVICE_UNBIND,
    DEVICE_CHANGE
};

enum device_kind {
    DEVICE_CARD, /* id: adapter */
    DEVICE_QUEUE, /* id: apqn */
    DEVICE_MDEV, /* id: slot */
    DEVICE_VFIO, /* id: slot; its vfio-dev */
    DEVICE_GROUP, /* id: slot; the device of its iommu group */
    DEVICE_AP, /* /devices/ap */
    DEVICE_MATRIX /* /devices/vfio_ap/matrix */
};

/** What a DEVICE_CHANGE tells; value beside each. A kernel tells of its first
 *  scan and of its mdev type too, INITSCAN=done and MDEV_STATE=registered: here
 *  both are over before anybody can listen. */
enum device_news {
    DEVICE_NO_NEWS,
    DEVICE_CONFIG, /* 0 or 1 */
    DEVICE_ONLINE, /* 0 or 1 */
    DEVICE_APMASK,
    DEVICE_AQMASK,
    DEVICE_BINDINGS /* how often it has been complete */
};

/** One uevent to be. */
struct device_event {
    uint8_t action; /* enum device_action */
    uint8_t kind; /* enum device_kind */
    uint8_t news; /* enum device_news */
    uint8_t driver; /* enum vap_driver of the device at that moment; a card's
                     * cex4card and an mdev's driver are VAP_DEFAULT */
    uint32_t id;
    uint32_t number; /* of DEVICE_MDEV, DEVICE_VFIO, DEVICE_GROUP */
    uint64_t value;
};

struct device_plan; /* what host_apply() is going to do */
struct device_past; /* counters and ages of one adapter's queues */
struct device_fault_row; /* faults of one adapter's queues */

struct devices {
    struct device_bus bus;
    struct device_row row[VAP_IDS];
    struct device_mdev *mdevs; /* by slot, as many as the engine has */
    uint32_t n_mdevs; /* that have a directory, also driverless */
    uint32_t first_group; /* numbers of iommu groups begin here; whoever
                           * starts the host sets it */

    /* Uevents of the last plan, in order; good until the next plan. */
    struct device_event *events;
    size_t n_events;

    uint32_t fault_changes; /* how often a fault has come or gone; what they
                             * are, devices_fault() tells */

    /* Brings the counts of an adapter up to date before anybody sees them;
     * NULL: they are. Of whoever has the queues; no copy of the host has it. */
    void (*look)(void *looker, unsigned adapter);
    void *looker;

    /* inside devices*.c */
    uint32_t changes; /* applied so far */
    uint32_t card_born[VAP_IDS];
    uint32_t card_bound[VAP_IDS];
    uint64_t card_requests[VAP_IDS];
    struct device_past *past[VAP_IDS]; /* NULL: all zero */
    struct device_fault_row *faults[VAP_IDS]; /* likewise */
    uint64_t numbers[VAP_MDEVS / 64]; /* in use, a bit each */
    struct device_plan *plan;
};

/**
 * Plans requests and settings as one change for host_apply(): vap_plan() of
 * all requests of the engine, then the settings in their order. What a
 * setting asks of the engine (config, autoprobe) is part of it.
 *
 * Returns  0         planned
 *          > 0       refused: errno number, *refusal filled. There is nothing
 *                    to apply, but for VAP_RESET_FAILED
 *          -EINPROGRESS  VAP_HELD: apply it, the guest has been asked to let
 *                    its mdev go
 *          -ENOMEM
 * Source   linux-abi.md, in the files' tables: Linux ap_bus.c, ap_card.c,
 *          zcrypt_card.c, zcrypt_queue.c
 */
int devices_plan(struct host *host, const struct host_request *list, size_t n,
                 struct refusal *refusal);

/* Is there a plan that host_apply() would make true? */
bool devices_planned(const struct host *host);

/* Does the plan change nothing but how many scans there have been? Of a scan
 * that found all as it was. */
bool devices_idle(const struct host *host);

/* The change that made a device, and that gave it the driver it has, or took
 * it: 0 for what was there from the start. A file opened before is stale.
 * kind: DEVICE_CARD, DEVICE_QUEUE, DEVICE_MDEV. */
uint32_t devices_born(const struct host *host, enum device_kind kind,
                      uint32_t id);
uint32_t devices_bound(const struct host *host, enum device_kind kind,
                       uint32_t id);

/** What a DEVICE_CARD or DEVICE_QUEUE has done and has to do. */
struct device_counts {
    uint64_t requests; /* request_count */
    uint64_t waiting; /* requestq_count: no card works on them yet */
    uint64_t working; /* pendingq_count */
};
struct device_counts devices_counts(const struct host *host,
                                    enum device_kind kind, uint32_t id);

/* A queue has carried out so many requests more, and so many there are now. */
void devices_count(struct host *host, uint16_t apqn,
                   const struct device_counts *more);

/** How many queues there are, and how many have a driver. */
struct device_bindings {
    unsigned bound;
    unsigned queues;
};
struct device_bindings devices_bindings(const struct host *host);

/* All that lasts, as a JSON object; NULL without memory. */
json_t *devices_save(const struct host *host);

/* Into a host with the same engine state. Returns 0, -EBADMSG when it is not
 * what devices_save() writes (the host is unchanged), or -ENOMEM. */
int devices_load(struct host *host, const json_t *json);

/* What a kernel that has just booted shows of the engine's present state: for
 * a host that was not changed to what it is, but read from a file. */
void devices_boot(struct host *host);

/* For host.c. */
int devices_new(struct devices **out);
void devices_free(struct devices *devices);
int devices_copy(const struct devices *from, struct devices *to, uint32_t n);
int devices_grow(struct devices *devices, uint32_t from, uint32_t to);
/* After a plan that happens: 0 or -ENOMEM. After one that does not: n 0. */
int devices_follow(struct host *host, const struct vap_request *list, size_t n);
void devices_apply(struct host *host);

#endif
