/* SPDX-License-Identifier: MIT */
/* A host with guests, for tests: vapd without its tree, its store and its API,
 * as a thread of this process. */
#ifndef VAP_TESTS_GUEST_HOUSE_H
#define VAP_TESTS_GUEST_HOUSE_H

#include <pthread.h>
#include <stdbool.h>
#include <uv.h>
#include <vap/vap.h>

#include "guest/guests.h"
#include "host/request.h"

struct house {
    struct owner owner;
    char dir[32]; /* with the socket, and the file of mdevs that are held */
    char socket[48];
    char held[48];
    struct guests *guests;
    uv_loop_t loop;
    uv_async_t call; /* somebody wants something of the loop's thread */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t done;
    void (*what)(struct house *house, void *data); /* NULL: nothing */
    void *data;
    bool over;
    _Atomic bool store_full; /* changes answer -ENOSPC */
};

/* Adapters 3 (CEX8A), 5 (CEX8A) and 0a (CEX8C), domains 4, 0x47 and 0x54, all
 * for guests; mdevs a and b with nothing; the rule state. */
void house_up(struct house *house);

/* Everything but the folder, and up again with the same host: what vapd's
 * death and return are to guests. */
void house_die(struct house *house);
void house_return(struct house *house);

void house_down(struct house *house);

/* Does so on the loop's thread, and waits. */
void house_call(struct house *house,
                void (*what)(struct house *house, void *data), void *data);

/* A change in words: "a/assign_adapter 3". 0, an errno number, -EINPROGRESS */
int house_do(struct house *house, const char *words);

/* ... each of them, ended by NULL; they must succeed. */
void house_do_all(struct house *house, const char *const *words);

/* Opens an mdev for a guest; the test fails if it cannot. */
struct vap_guest *house_guest(const struct house *house, const char *mdev,
                              unsigned flags);

/* Waits until the guest's APCB has been set so often. */
void house_wait_updates(struct vap_guest *guest, uint64_t updates);

/* Waits for an event of this kind. */
void house_await(struct vap_guest *guest, enum vap_event_kind kind);

/* One request, and its reply; its length, or minus the response code that
 * ended it. */
int house_ask(struct vap_guest *guest, uint16_t apqn, const void *message,
              size_t length, void *reply, size_t room);

#endif
