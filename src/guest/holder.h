/* SPDX-License-Identifier: MIT */
/* One guest: its connection, its memory, its queues. */
#ifndef VAP_GUEST_HOLDER_H
#define VAP_GUEST_HOLDER_H

#include <uv.h>

#include "cards/queue.h"
#include "guest/memory.h"
#include "guest/wire.h"
#include "host/request.h"

/** A queue it has. */
struct held {
    struct queue *queue; /* NULL: it has it not */
    uint64_t counted; /* of its requests */
    uint32_t slot; /* where its slots are */
    uint8_t rc; /* as the queue was told */
};

/** The queues of an adapter. */
struct held_row {
    struct held domain[VAP_IDS];
};

/** Memory of WIRE_SLOTS queues. */
struct holder_block {
    struct memory memory; /* struct wire_slots */
    uint64_t used; /* slots, a bit each */
};

struct holder {
    struct guests *guests;
    struct holder *next;
    struct holder *prev;

    int socket;
    uv_poll_t poll;
    bool polled; /* poll is the loop's until it is closed */
    bool ending; /* ... and then this is freed */
    struct origin origin;
    int events; /* the guest's: bytes that mean, look again */

    bool holds; /* an mdev: its slot. Else it has not said hello */
    bool welcomed;
    bool closing; /* the mdev is to be closed; that could not be recorded */
    bool asked; /* to close it */
    struct origin asker; /* ... by whom */
    uint32_t mdev;

    struct bell *bell;
    struct memory page; /* struct wire_page */
    struct memory desk; /* struct wire_desk */
    struct holder_block *blocks;
    uint32_t n_blocks;
    uint32_t n_sent; /* ... of which the guest has heard */
    struct held_row *row[VAP_IDS]; /* by adapter; NULL: none of its queues */
    struct vap_mask linked[VAP_IDS]; /* queues of an adapter, as the page has */

    uint32_t fault_changes; /* of the host's, that its queues know */
    struct vap_matrix apcb; /* as the page has it */
    uint32_t updates; /* of this change */
    bool noted; /* this change concerns it */
};

struct wire_page *holder_page(const struct holder *h);

/* holder.c: what a guest needs before it can have an mdev. 0 or -errno; what
 * was made so far is freed with the holder. */
int holder_equip(struct holder *h);

/* Frees its memory and queues, all of them wiped. */
void holder_strip(struct holder *h);

/* Writes the APCB, as if updates had been made to it. */
void holder_write(struct holder *h, const struct vap_host *engine,
                  const struct vap_matrix *apcb);

/* Does it have the queue? NULL: no. */
struct held *holder_held(const struct holder *h, unsigned apqn);

/* Queues that left the APCB: first the guest cannot find them any more, then
 * they are reset, wiped and forgotten. */
void holder_hide(struct holder *h);
void holder_drop(struct holder *h);

/* Queues of the APCB that it does not have yet, as far as there is hardware,
 * come reset; those it has answer as their cards do. */
void holder_fill(struct holder *h, const struct host *host);

/* Queues that the mdev is linked to, as vfio_ap has it, held or not: bound to
 * it, and in the mdev's matrix. */
void holder_link(struct holder *h, const struct vap_host *engine);

/* Interrupts of a queue that it is linked to and does not have are disabled by
 * a reset. */
void holder_reset_linked(const struct holder *h, unsigned apqn);

/* What a queue has done since it was counted last is the host's to show. */
void holder_count(const struct holder *h, unsigned apqn);

/* A byte on its events. Never waits; for any thread. */
void holder_tell(const struct holder *h);

/* Blocks that it has not heard of. 0; -EAGAIN: when there is room again;
 * -errno */
int holder_send_blocks(struct holder *h);

/* What it asks for a queue. */
void holder_do(struct holder *h, const struct wire_ask *ask);

#endif
