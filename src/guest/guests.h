/* SPDX-License-Identifier: MIT */
/* All guests of a host: whoever holds an mdev through the guest socket, which
 * is libvap's other end. A guest has the queues of its mdev's APCB and no
 * others; what leaves it has been reset and wiped before anyone else has it.
 *
 * Around every change of the host, on the loop's thread:
 *
 *     guests_take(guests);      planned and recorded: APCBs are set, what
 *                               leaves a guest is reset
 *     host_apply(host);
 *     guests_give(guests);      what comes is there, guests are told */
#ifndef VAP_GUEST_GUESTS_H
#define VAP_GUEST_GUESTS_H

#include <uv.h>

#include "host/request.h"

struct guests;

struct guests_options {
    const char *socket; /* path; made 0600. Who is neither the owner of this
                         * process nor root is refused all the same */
    const char *held; /* a file with a line for each mdev that is held, so
                       * that what a crash has ended is known */
    unsigned threads; /* of workers; 0: one per processor */
    unsigned again_ms; /* between two requests of an mdev; 0: ten seconds */
};

/**
 * Closes mdevs whose guests have ended with an earlier vapd, and listens.
 *
 * owner, loop, options  lent for the guests' life; owner->change is called
 *                       from the loop, when guests come and go
 *
 * Returns 0, or -errno of the socket, the threads; -ENOMEM
 */
int guests_new(struct owner *owner, uv_loop_t *loop,
               const struct guests_options *options, struct guests **out);

/* Of the plan in host->change. NULL guests are fine, here and below. */
void guests_take(struct guests *guests);
void guests_give(struct guests *guests);

/* Somebody waits for the guest that holds this slot's mdev, having asked for
 * its removal or unbinding: it is asked to close it, now and every ten
 * seconds, and what the rule takes away then is taken each time. origin: whose
 * change that is. */
void guests_ask(struct guests *guests, const struct origin *origin,
                uint32_t slot);

/* Closes the mdevs of all guests, as changes, and ends their connections:
 * before the loop ends. */
void guests_end(struct guests *guests);

/* After the loop has ended: handles there are its until then. */
void guests_free(struct guests *guests);

#endif
