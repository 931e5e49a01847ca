/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One event is pending at a time, as one tells it all: the guest looks at its
 * whole configuration. What comes while it looks is pending anew. */
#include "qemu/events.h"

#include "qemu/cpu.h"
#include "qemu/qemu.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static struct vap_guest *guest;
static struct vap_guest *(*guest_again)(void);
static bool may_interrupt;
/* The configuration has changed. QEMU's own note of an event stands beside it
 * until the guest asks or its machine is reset; no other is reported before. */
static atomic_bool pending;

/* Word of an adapter interruption: a bit that says so, and the subclass. What
 * was there for the byte has gone if the machine has been reset since. */
static void
interrupt(const struct vap_event *event)
{
    symbols.lock(__FILE__, __LINE__);
    if (ap_interrupts(event->apqn)) {
        symbols.store_byte(symbols.memory, event->nib, 0x80, 0, NULL);
        symbols.io_interrupt(0, 0, 0, UINT32_C(0x80000000) | event->isc << 27);
    }
    symbols.unlock();
}

static void
tell_of_change(void)
{
    symbols.lock(__FILE__, __LINE__);
    pending = true;
    symbols.css_crw(0);
    symbols.unlock();
}

/* False when there is no guest to follow any more. */
static bool
follow(const struct vap_event *event)
{
    switch (event->kind) {
    case VAP_INTERRUPT:
        if (may_interrupt)
            interrupt(event);
        return true;
    case VAP_REQUESTED:
        ap_leave();
        break;
    case VAP_CHANGED:
    case VAP_LOST:
    case VAP_BACK:
        break;
    case VAP_NOTHING:
        return true;
    }
    if (may_interrupt)
        tell_of_change();
    return event->kind != VAP_REQUESTED;
}

/* Nobody tells of an mdev that comes. */
static bool
come_back(void)
{
    if (!guest_again)
        return false;
    while (!(guest = guest_again()))
        (void)poll(NULL, 0, 100);
    ap_begin(guest);
    if (may_interrupt)
        tell_of_change();
    return true;
}

/* All processors stand still. */
static void
reset(void *data)
{
    (void)data;
    ap_reset();
}

static void
be_of_qemu(void)
{
    symbols.rcu_register_thread();
    if (!symbols.register_reset)
        return;
    symbols.lock(__FILE__, __LINE__);
    symbols.register_reset(reset, NULL);
    symbols.unlock();
}

static void *
follow_all(void *data)
{
    struct vap_event event;

    (void)data;
    if (may_interrupt)
        be_of_qemu();
    for (;;) {
        struct pollfd heard = { .fd = vap_guest_fd(guest), .events = POLLIN };

        if (poll(&heard, 1, -1) < 0 && errno != EINTR)
            return NULL;
        while (vap_guest_event(guest, &event))
            if (!follow(&event) && !come_back())
                return NULL;
    }
}

void
events_follow(struct vap_guest *own, struct vap_guest *(*again)(void))
{
    guest = own;
    guest_again = again;
}

/* Signals are for QEMU's own threads. */
int
events_begin(void)
{
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    int r;

    may_interrupt = !symbols_lack_events();
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&thread, NULL, follow_all, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0)
        return -r;
    (void)pthread_detach(thread);
    return 0;
}

bool
events_is(const uint8_t code[4])
{
    return code[0] == 0xb2 && code[1] == 0x5f;
}

/* Request: its length, the command. Response: behind the request. */
enum { STORE_EVENT = 0x000e, RESPONSE = 24, FROM_AP = 5, CHANGED = 3 };

static bool
asks_for_event(uint64_t block, size_t *length)
{
    uint8_t request[4];

    if (!cpu_read(block, request, sizeof(request)))
        return false;
    *length = (size_t)(request[0] << 8 | request[1]);
    return (request[2] << 8 | request[3]) == STORE_EVENT;
}

void
events_do(const struct site *site)
{
    uint8_t response[RESPONSE] = {
        [1] = RESPONSE,
        [3] = 1, /* response code: done */
        [10] = FROM_AP, /* reporting source */
        [11] = CHANGED, /* content code */
    };
    uint64_t block = cpu_get(site->code[3] >> 4);
    size_t length;

    if (!pending || cpu_is_user() || !asks_for_event(block, &length))
        return;
    symbols.lock(__FILE__, __LINE__);
    pending = false;
    symbols.css_clear();
    symbols.unlock();
    if (cpu_write(block + length, response, sizeof(response)))
        cpu_go_on(site->address + 4, 0);
}
