/* SPDX-License-Identifier: MIT */
/* Events are looked for where they happened. A byte on the descriptor only
 * says that there may be one, so it is taken before looking. */
#include "guest/lib.h"

#include <sys/socket.h>

int
vap_guest_fd(struct vap_guest *guest)
{
    return guest->events[0];
}

static void
take_bytes(const struct vap_guest *guest)
{
    char bytes[256];

    while (recv(guest->events[0], bytes, sizeof(bytes), MSG_DONTWAIT) ==
           sizeof(bytes))
        ;
}

/* --- interrupts ------------------------------------------------------------
 */

/* The lowest bit of a word, taken out of it; -1: there is none. */
static int
take_bit(_Atomic uint64_t *word)
{
    uint64_t bits = atomic_load(word);
    uint64_t bit = bits & -bits;

    if (!bits)
        return -1;
    (void)atomic_fetch_and(word, ~bit);
    return __builtin_ctzll(bit);
}

/* Of a group of 4,096 queues; -1. A group is not looked at again once it has
 * been found empty, so the mark goes first. */
static int
take_of_group(struct wire_desk *desk, int group)
{
    uint64_t marks = atomic_exchange(&desk->any[group], 0);

    for (uint64_t rest = marks; rest; rest &= rest - 1) {
        int word = 64 * group + __builtin_ctzll(rest);
        int bit = take_bit(&desk->replied[word]);

        if (bit >= 0) {
            (void)atomic_fetch_or(&desk->any[group], rest);
            return 64 * word + bit;
        }
    }
    return -1;
}

static int
take_apqn(struct wire_desk *desk)
{
    atomic_store(&desk->armed, 1);
    for (int group = 0; group < 16; group++) {
        int apqn = take_of_group(desk, group);

        if (apqn >= 0)
            return apqn;
    }
    return -1;
}

static bool
interrupt(const struct lib_session *session, struct vap_event *out)
{
    int apqn = take_apqn(session->desk);

    if (apqn < 0)
        return false;
    out->kind = VAP_INTERRUPT;
    out->apqn = (uint16_t)apqn;
    out->nib = atomic_load(&session->asked[apqn].nib);
    out->isc = (uint8_t)atomic_load(&session->asked[apqn].isc);
    return true;
}

/* --- what vapd counts ------------------------------------------------------
 */

static bool
is_new(const _Atomic uint32_t *counter, uint32_t *seen)
{
    uint32_t now = atomic_load(counter);
    bool new = now != *seen;

    *seen = now;
    return new;
}

static enum vap_event_kind
news(struct vap_guest *guest, const struct lib_session *session)
{
    if (guest->lost) {
        guest->lost = false;
        return VAP_LOST;
    }
    if (guest->back) {
        guest->back = false;
        return VAP_BACK;
    }
    if (session && is_new(&session->page->changed, &guest->changed))
        return VAP_CHANGED;
    if (session && is_new(&session->page->requested, &guest->requested))
        return VAP_REQUESTED;
    return VAP_NOTHING;
}

int
vap_guest_event(struct vap_guest *guest, struct vap_event *out)
{
    struct lib_session *session;

    *out = (struct vap_event){ .kind = VAP_NOTHING };
    (void)pthread_mutex_lock(&guest->news);
    take_bytes(guest);
    session = lib_enter(guest);
    out->kind = news(guest, session);
    if (out->kind == VAP_NOTHING && session)
        (void)interrupt(session, out);
    if (out->kind != VAP_NOTHING)
        lib_tell(guest); /* there may be more */
    lib_leave(guest);
    (void)pthread_mutex_unlock(&guest->news);
    return out->kind != VAP_NOTHING;
}
