/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_REQUEST_H
#define VAP_MATRIX_REQUEST_H

#include <stdint.h>

#include "matrix/mask.h"

/** Everything that can happen to a host. Beside each: the fields it reads. */
enum vap_op {
    VAP_ASSIGN_ADAPTER, /* mdev, id */
    VAP_UNASSIGN_ADAPTER, /* mdev, id */
    VAP_ASSIGN_DOMAIN, /* mdev, id */
    VAP_UNASSIGN_DOMAIN, /* mdev, id */
    VAP_ASSIGN_CONTROL, /* mdev, id */
    VAP_UNASSIGN_CONTROL, /* mdev, id */
    VAP_AP_CONFIG, /* mdev, matrix: all three masks at once */
    VAP_CREATE, /* mdev: a free slot of the caller's choice */
    VAP_REMOVE, /* mdev */
    VAP_OPEN_MDEV, /* mdev, vm: a guest takes it; vm 0 is refused */
    VAP_CLOSE_MDEV, /* mdev */
    VAP_RESET_MDEV, /* mdev: VFIO_DEVICE_RESET by its guest */
    VAP_APMASK, /* edit.adapters */
    VAP_AQMASK, /* edit.domains */
    VAP_BIND, /* apqn, driver */
    VAP_UNBIND, /* apqn, driver */
    VAP_PROBE, /* apqn: drivers_probe */
    VAP_OVERRIDE, /* apqn, driver; VAP_NO_DRIVER clears */
    VAP_HARDWARE, /* edit: QCI changes; no scan yet */
    VAP_SCAN, /* the bus looks at QCI */
    VAP_HOST, /* edit: both */
    VAP_CARD_STATE, /* id, rc (0, 3, 4): every queue of an adapter */
    VAP_QUEUE_STATE, /* apqn, rc (0, 3, 4) */
    VAP_FAIL_RESET, /* apqn, rc, times: the next resets answer rc */
    VAP_FAIL_TEST, /* apqn, rc, times: the next tests answer rc */
    VAP_LOOK_AGAIN, /* every mdev filtered afresh; heals Linux rules */
    VAP_AUTOPROBE, /* id: 0, new queues stay without a driver; else not */
    VAP_OPS
};

/** One thing asked. Fields that the op does not read are ignored. */
struct vap_request {
    enum vap_op op;
    uint32_t mdev; /* slot */
    uint32_t vm; /* any number but 0 */
    uint64_t id; /* adapter, domain or control domain, as written */
    uint16_t apqn;
    uint8_t driver; /* enum vap_driver */
    uint8_t rc;
    uint8_t times;
    struct vap_matrix matrix;
    struct {
        struct vap_edit adapters;
        struct vap_edit domains;
        struct vap_edit control;
    } edit;
};

#endif
