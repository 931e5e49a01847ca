/* SPDX-License-Identifier: MIT */
/* libvap from inside. */
#ifndef VAP_GUEST_LIB_H
#define VAP_GUEST_LIB_H

#include <pthread.h>
#include <stdbool.h>
#include <vap/vap.h>

#include "guest/wire.h"

/** What a guest has asked of vapd for a queue; written with guest->asks. */
struct lib_asked {
    _Atomic uint64_t nib; /* AQIC */
    _Atomic uint32_t isc;
    _Atomic uint32_t number; /* of the last ask */
    _Atomic uint32_t reset; /* ... that was a reset */
};

/** One connection to vapd, and what came with it. */
struct lib_session {
    int socket;
    int bell;
    const struct wire_page *page;
    struct wire_desk *desk;
    struct lib_asked *asked; /* by APQN */
    _Atomic(struct wire_slots *) block[WIRE_BLOCKS]; /* NULL: not here yet */
    _Atomic uint32_t n_blocks;
    pthread_mutex_t reading; /* of the socket */
};

struct vap_guest {
    char *socket;
    struct wire_hello hello;
    unsigned flags;

    /* Held for reading as long as an instruction takes; the watching thread
     * alone changes session. */
    pthread_rwlock_t lock;
    struct lib_session *session; /* NULL: vapd is gone */
    pthread_mutex_t asks;

    int events[2]; /* [0] is vap_guest_fd(); vapd has [1], and so do we */
    int stop; /* eventfd: the thread is to end */
    pthread_t watcher;

    pthread_mutex_t news; /* of vap_guest_event() */
    bool lost;
    bool back;
    uint32_t changed; /* of the page: as it was told last */
    uint32_t requested;
};

/* lib_session.c: connects, says hello, maps what comes. wait_ms is for each
 * message. 0 or as vap_guest_open(), and the reason in words. */
int lib_session_open(const struct vap_guest *guest, int wait_ms,
                     struct lib_session **out);
void lib_session_free(struct lib_session *session);

/* Ends it, and waits until vapd has closed the mdev, but no longer than so. */
void lib_session_leave(struct lib_session *session, int wait_ms);

/* Takes what the connection has to say, and never waits; for any thread. 0;
 * -ENOTCONN it has ended. */
int lib_session_read(struct lib_session *session);

/* lib_watch.c: the thread that does so, and connects again. */
int lib_watch_start(struct vap_guest *guest);
void lib_watch_end(struct vap_guest *guest);
void lib_take_session(struct vap_guest *guest, struct lib_session *session);

/* Makes vap_guest_fd() readable. */
void lib_tell(const struct vap_guest *guest);

/* What vap_guest_why() says. */
void lib_why(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* lib_queue.c: the session for the length of a call, NULL while there is
 * none; each is followed by lib_leave(). */
struct lib_session *lib_enter(struct vap_guest *guest);
void lib_leave(struct vap_guest *guest);

#endif
