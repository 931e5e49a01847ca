/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_VERDICT_H
#define VAP_MATRIX_VERDICT_H

/** What the engine answers. Zero: done. Positive: refused, and nothing has
 *  changed, but for the two marked *. The kernel's error stands beside each;
 *  the table from one to the other is in sysfs/. */
enum vap_verdict {
    VAP_OK = 0,
    VAP_INVALID, /* EINVAL: the text is not of the grammar */
    VAP_RANGE, /* ERANGE: a number too large for its type */
    VAP_NO_SUCH_ID, /* ENODEV: above the host's highest */
    VAP_RESERVED, /* EADDRNOTAVAIL: kept for the host's drivers */
    VAP_SHARED, /* EADDRINUSE: in another mdev */
    VAP_IN_USE, /* EBUSY: the mask would take what an mdev has */
    VAP_OVERRIDDEN, /* EINVAL: masks, while a queue has driver_override */
    VAP_MASKED, /* EINVAL: driver_override, while masks are in use */
    VAP_NO_ATTRIBUTE, /* ENOENT: no such queue, or not on this kernel */
    VAP_NO_QUEUE, /* ENODEV: bind, unbind, probe of no such queue */
    VAP_NOT_BOUND, /* ENODEV: unbind from a driver that has it not */
    VAP_BOUND, /* EBUSY: bind of a queue that has a driver */
    VAP_FORBIDDEN, /* ENODEV: masks or override keep the driver off */
    VAP_NO_MDEV, /* ENOENT */
    VAP_EXISTS, /* EEXIST: create */
    VAP_NO_INSTANCE, /* EUSERS: create, all 65,536 or all storage in use */
    VAP_NO_VM, /* EINVAL: open without a virtual machine */
    VAP_VM_TWICE, /* EPERM: that virtual machine has an mdev already */
    VAP_OPEN, /* EBUSY: open of an mdev that is open */
    VAP_NOT_OPEN, /* EBADF: close, reset */
    VAP_HELD, /* * remove waits until the guest closes the mdev */
    VAP_RESET_FAILED, /* * EIO: VFIO reset; some queue did not answer 0 */
    VAP_NO_ROOM, /* the caller's storage for the change is too small */
    VAP_VERDICTS
};

#endif
