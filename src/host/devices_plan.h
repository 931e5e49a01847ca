/* SPDX-License-Identifier: MIT */
/* What the next host_apply() makes of the devices. Inside devices*.c only. */
#ifndef VAP_HOST_DEVICES_PLAN_H
#define VAP_HOST_DEVICES_PLAN_H

#include "host/devices.h"
#include "host/devices_fault.h"

/** Of one adapter's queues. */
struct device_past {
    uint32_t born[VAP_IDS];
    uint32_t bound[VAP_IDS];
    uint64_t requests[VAP_IDS];
    uint32_t waiting[VAP_IDS];
    uint32_t working[VAP_IDS];
};

/** A request_count to be zeroed. */
struct device_zero {
    bool card; /* the card's and all its queues' */
    uint16_t apqn;
};

/** Beside the events of struct devices, which say what came and went. */
struct device_plan {
    bool any;
    struct device_bus bus;
    struct vap_mask rows; /* adapters with a copy in row */
    struct device_row row[VAP_IDS];
    struct device_zero *zeros;
    size_t n_zeros;
    size_t max_zeros;
    struct device_fault_set *faults;
    size_t n_faults;
    size_t max_faults;
    size_t max_events;
    uint32_t next_number; /* mdevs' numbers below it are in use */
    bool no_memory;
};

/* The engine's row of an adapter as the planned change has it. */
const struct vap_row *plan_engine_row(const struct host *host,
                                      unsigned adapter);
/* What a queue of it answers: 0, 3 or 4. */
unsigned plan_queue_state(const struct host *host, unsigned adapter,
                          unsigned domain);

/* A row as planned so far; to write to. */
const struct device_row *plan_row(const struct devices *devices,
                                  unsigned adapter);
struct device_row *plan_edit_row(struct devices *devices, unsigned adapter);

static inline void
plan_put(struct vap_mask *mask, unsigned id, bool in)
{
    if (in)
        vap_mask_add(mask, id);
    else
        vap_mask_drop(mask, id);
}

/* Of an adapter, made when first asked for; NULL without memory. */
struct device_past *plan_past(struct devices *devices, unsigned adapter);

/* What is counted of an adapter is up to date now. */
void plan_look(struct devices *devices, unsigned adapter);

/* One event more. Without memory plan->no_memory is set. */
void plan_event(struct devices *devices, struct device_event event);

/* Nothing planned yet; any: something is going to be. */
void plan_begin(struct devices *devices, bool any);

/* What becomes of an adapter's card and queues. scanned: the bus has looked
 * at them. */
void plan_turn(struct host *host, unsigned adapter, bool scanned);

/* The default domain, when there is none yet. */
void plan_choose_domain(struct host *host);

/* The setting's part of the plan, after the engine's. Returns 0, or the
 * errno number of its refusal. */
int plan_setting(struct host *host, const struct host_request *request);

/* What it asks of the engine; false: nothing. */
bool plan_setting_engine(const struct host *host,
                         const struct host_request *request,
                         struct vap_request *engine);

#endif
