/* SPDX-License-Identifier: MIT */
/* A thread of the library's own waits for blocks of queues and for the end of
 * the connection, and connects again. It alone changes what calls use, and
 * keeps them waiting no longer than that takes. */
#include "guest/lib.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* Between two tries to connect: at first, and at most. */
#define SOON_MS 20
#define LATER_MS 500
/* A vapd that takes a connection and says nothing is given up. */
#define WAIT_MS 2000

void
lib_tell(const struct vap_guest *guest)
{
    (void)send(guest->events[1], "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static struct lib_session *
exchange(struct vap_guest *guest, struct lib_session *session)
{
    struct lib_session *was;

    (void)pthread_rwlock_wrlock(&guest->lock);
    was = guest->session;
    guest->session = session;
    (void)pthread_rwlock_unlock(&guest->lock);
    return was;
}

static void
lose(struct vap_guest *guest)
{
    lib_session_free(exchange(guest, NULL));
    (void)pthread_mutex_lock(&guest->news);
    guest->lost = true;
    guest->back = false;
    (void)pthread_mutex_unlock(&guest->news);
    lib_tell(guest);
}

/* The APCB that comes with it is news, where the host's kernel tells any. */
void
lib_take_session(struct vap_guest *guest, struct lib_session *session)
{
    bool tells = !(atomic_load(&session->page->lacks) & WIRE_NO_CFG_CHG);

    (void)pthread_mutex_lock(&guest->news);
    guest->changed = atomic_load(&session->page->changed) - tells;
    guest->requested = 0;
    (void)exchange(guest, session);
    (void)pthread_mutex_unlock(&guest->news);
    lib_tell(guest);
}

static void
come_back(struct vap_guest *guest, struct lib_session *session)
{
    (void)pthread_mutex_lock(&guest->news);
    guest->back = true;
    (void)pthread_mutex_unlock(&guest->news);
    lib_take_session(guest, session);
}

/* Waits for something from vapd, or so long; false: it is to end. */
static bool
wait_for(const struct vap_guest *guest, int wait_ms)
{
    struct pollfd fds[] = {
        { guest->stop, POLLIN, 0 },
        { guest->session ? guest->session->socket : -1, POLLIN, 0 },
    };

    while (poll(fds, 2, wait_ms) < 0 && errno == EINTR)
        ;
    return !fds[0].revents;
}

static void *
watch(void *data)
{
    struct vap_guest *guest = data;
    bool again = guest->flags & VAP_GUEST_RECONNECT;
    int pause_ms = SOON_MS;

    while (wait_for(guest, guest->session || !again ? -1 : pause_ms)) {
        struct lib_session *session = NULL;

        if (guest->session) {
            if (lib_session_read(guest->session) < 0)
                lose(guest);
            pause_ms = SOON_MS;
        } else if (lib_session_open(guest, WAIT_MS, &session) == 0) {
            come_back(guest, session);
        } else {
            pause_ms = pause_ms < LATER_MS ? 2 * pause_ms : LATER_MS;
        }
    }
    return NULL;
}

int
lib_watch_start(struct vap_guest *guest)
{
    sigset_t all;
    sigset_t was;
    int r;

    guest->stop = eventfd(0, EFD_CLOEXEC);
    if (guest->stop < 0)
        return -errno;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &was);
    r = pthread_create(&guest->watcher, NULL, watch, guest);
    (void)pthread_sigmask(SIG_SETMASK, &was, NULL);
    return -r;
}

void
lib_watch_end(struct vap_guest *guest)
{
    (void)eventfd_write(guest->stop, 1);
    (void)pthread_join(guest->watcher, NULL);
}
