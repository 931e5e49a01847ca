/* SPDX-License-Identifier: MIT */
#include "cards/faults.h"

#include "host/devices_fault.h"

struct queue_faults
queue_faults_of(const struct host *host, uint16_t apqn)
{
    return (struct queue_faults){
        .slow_ms = devices_fault(host, apqn, FAULT_SLOW),
        .reset_ms = devices_fault(host, apqn, FAULT_RESET_SLOW),
        .depth = (uint8_t)devices_fault(host, apqn, FAULT_DEPTH),
        .hang = devices_fault(host, apqn, FAULT_HANG),
        .reset_hang = devices_fault(host, apqn, FAULT_RESET_HANG),
        .wrong = devices_fault(host, apqn, FAULT_WRONG),
        .drop = devices_fault(host, apqn, FAULT_DROP),
        .checkstop = devices_fault(host, apqn, FAULT_CHECKSTOP),
    };
}
