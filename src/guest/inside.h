/* SPDX-License-Identifier: MIT */
/* All guests, from inside. */
#ifndef VAP_GUEST_INSIDE_H
#define VAP_GUEST_INSIDE_H

#include "guest/guests.h"
#include "guest/holder.h"

struct guests {
    struct owner *owner;
    uv_loop_t *loop;
    struct guests_options options;
    struct pool *pool;
    int socket;
    uv_poll_t door;
    uv_timer_t again; /* asks guests, and the store, again */
    uv_async_t struck; /* a card has checkstopped by itself */
    _Atomic uint64_t stopped[4]; /* ... which, as in a vap_mask */
    struct holder *first; /* of all connections, the latest */
    struct holder **of; /* by slot; VAP_MDEVS of them */
};

/* door.c: who connects, who leaves. 0 or -errno. */
int door_listen(struct guests *g);
int door_open(struct guests *g);

/* Ends every connection; mdevs are closed as far as that can be recorded. */
void door_close(struct guests *g);

/* Its connection is over: its mdev is closed, as a change, and then it is
 * shut out; when that cannot be recorded, later. */
void door_show_out(struct holder *h);

/* Its mdev is closed: it is freed. */
void door_shut(struct holder *h);

/* Sends what it has to hear, now or when there is room, and listens. */
void door_go_on(struct holder *h);

/* held.c: the file of mdevs that are held. 0 or -errno. */
int held_write(const struct guests *g);

/* Closes those that the file names. */
void held_close(const struct guests *g);

#endif
