/* SPDX-License-Identifier: MIT */
/* What is wrong with the queues of cards made of software, as somebody said:
 * `vap card ID fault`. What becomes of requests then is in cards/. */
#ifndef VAP_HOST_DEVICES_FAULT_H
#define VAP_HOST_DEVICES_FAULT_H

#include <jansson.h>

#include "host/host.h"

/** Each has a value; 0: nothing is wrong. */
enum device_fault {
    FAULT_SLOW, /* ms that a request waits */
    FAULT_HANG, /* 1: no request is worked */
    FAULT_WRONG, /* 1: replies are wrong in one bit */
    FAULT_DROP, /* 1: requests vanish */
    FAULT_CHECKSTOP, /* 1: the next request stops the card in its middle; 0
                      * when it has checkstopped, whatever from */
    FAULT_DEPTH, /* 1 to 16: so deep is the queue */
    FAULT_RESET_SLOW, /* ms that a reset takes */
    FAULT_RESET_HANG, /* 1: no reset ends */
    DEVICE_FAULTS
};

/** How one is called, and asked for. */
struct device_fault_kind {
    const char *name; /* "slow" */
    uint32_t most; /* largest value */
    const char *unit; /* "ms", "deep"; NULL: it is there or not */
};
extern const struct device_fault_kind device_faults[DEVICE_FAULTS];

/* DEVICE_FAULTS: no such name. */
enum device_fault device_fault_named(const char *name);

/* The value that a queue has, whether the host has the queue or not. */
uint32_t devices_fault(const struct host *host, uint16_t apqn,
                       enum device_fault fault);

/* For devices*.c */
struct devices;
struct device_fault_set {
    unsigned adapter;
    struct vap_mask domains;
    enum device_fault fault;
    uint32_t value;
};

/* 0 or -ENOMEM. */
int fault_plan(struct host *host, const struct device_fault_set *set);
void fault_apply(struct devices *devices, const struct device_fault_set *set);
/* A card that has gone takes its faults along. */
void fault_forget(struct devices *devices, unsigned adapter);
int fault_copy(const struct devices *from, struct devices *to);
void fault_free(struct devices *devices);
json_t *fault_save(const struct devices *devices);
/* 0, -EBADMSG, -ENOMEM. */
int fault_load(struct devices *devices, const json_t *json);

#endif
