/* SPDX-License-Identifier: MIT */
/* A virtual host's uevents, brought into the network namespace of a command
 * that vap run --net started. */
#ifndef VAP_CLI_UEVENTS_H
#define VAP_CLI_UEVENTS_H

#include <stdbool.h>

struct uevents_wish {
    const char *name; /* of the host; NULL for none: nothing is done */
    bool udev; /* for libudev too: no udevd runs in there */
};

/**
 * Starts a process that forwards; it ends with its parent. To be called in
 * the namespace, with the right to speak in the kernel's name there; it
 * returns when the forwarder is ready. data: a struct uevents_wish.
 *
 * Returns 0, or -1: it has said why.
 */
int uevents_forward(void *data);

#endif
