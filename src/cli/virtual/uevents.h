/* SPDX-License-Identifier: MIT */
/* A virtual host's uevents, brought into the network namespace of a command
 * that vap run started. */
#ifndef VAP_CLI_VIRTUAL_UEVENTS_H
#define VAP_CLI_VIRTUAL_UEVENTS_H

#include <stdbool.h>

struct uevents_wish {
    const char *name; /* of the host; NULL for none: nothing is done */
    bool own_net; /* the namespace is new: a udevd from before is elsewhere */
};

/**
 * Starts a process that forwards: in the kernel's name and, until a udevd runs
 * in there, in udevd's, for libudev. It ends with its parent. To be called in
 * the namespace, with the right to speak for both there; it returns when the
 * forwarder is ready. data: a struct uevents_wish.
 *
 * Returns 0, or -1: it has said why.
 */
int uevents_forward(void *data);

#endif
