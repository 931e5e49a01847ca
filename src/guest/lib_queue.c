/* SPDX-License-Identifier: MIT */
/* The instructions. NQAP, DQAP and TAPQ are those of cards/slots.h, on a
 * queue that the guest has; what else there is vapd does when it is asked,
 * and until it has said so a reset is in progress. */
#include "guest/lib.h"

#include "guest/message.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* A DQAP that goes on: not 0, so that a driver sees that it is to. */
#define DQAP_REST 0x40000000u
/* AQIC, general register 0: bits 41 to 47. */
#define AQIC_ZERO 0x7f0000u
/* ... and 1. */
#define AQIC_ENABLE 0x800000000000u
#define AQIC_ISC 7u

struct lib_session *
lib_enter(struct vap_guest *guest)
{
    (void)pthread_rwlock_rdlock(&guest->lock);
    return guest->session;
}

void
lib_leave(struct vap_guest *guest)
{
    (void)pthread_rwlock_unlock(&guest->lock);
}

static struct vap_answer
answer(uint32_t status)
{
    return (struct vap_answer){ status, AP_RC(status) ? 3 : 0 };
}

/* --- a queue ---------------------------------------------------------------
 */

/* The block of a slot. What is not here yet has been sent before the page said
 * that it is used; the watching thread need not have seen it. */
static struct wire_slots *
block_of(struct lib_session *session, uint32_t slot)
{
    struct wire_slots *block = atomic_load(&session->block[slot / WIRE_SLOTS]);

    if (block)
        return block;
    (void)lib_session_read(session);
    return atomic_load(&session->block[slot / WIRE_SLOTS]);
}

/* Its slots, and 0; else the response code that says why not. */
static int
find(struct lib_session *session, uint16_t apqn, struct slots **out)
{
    uint32_t slot = session ? atomic_load(&session->page->queue[apqn].slot) : 0;
    struct wire_slots *block;

    if (slot == 0 || slot > WIRE_APQNS)
        return VAP_RC_NOT_AVAILABLE;
    block = block_of(session, slot - 1);
    *out = block ? &block->slots[(slot - 1) % WIRE_SLOTS] : NULL;
    return block ? 0 : VAP_RC_NOT_AVAILABLE; /* vapd could not send it */
}

/* Is what was asked last, or the last reset, still to be done? */
static bool
is_open(const struct lib_session *session, uint16_t apqn,
        const _Atomic uint32_t *number)
{
    return (int32_t)(atomic_load(number) -
                     atomic_load(&session->page->queue[apqn].done)) > 0;
}

static bool
is_resetting(const struct lib_session *session, uint16_t apqn)
{
    return is_open(session, apqn, &session->asked[apqn].reset);
}

/* ... and no reset is under way. */
static int
find_ready(struct lib_session *session, uint16_t apqn, struct slots **out)
{
    int rc = find(session, apqn, out);

    return rc == 0 && is_resetting(session, apqn) ? VAP_RC_RESETTING : rc;
}

/* --- in memory -------------------------------------------------------------
 */

static uint32_t
nqap(struct lib_session *session, uint64_t gr0, uint64_t psmid,
     const void *message, size_t length)
{
    struct slots *slots;
    int rc = find_ready(session, (uint16_t)gr0, &slots);
    uint32_t status;

    if (rc == 0 && !(gr0 & VAP_NQAP_LAST))
        rc = AP_RC_NO_FIRST;
    if (rc)
        return AP_STATUS(rc);
    status = slots_nqap(slots, psmid, message, length);
    if (AP_RC(status) == 0 && slots_must_ring(&session->desk->asleep))
        (void)eventfd_write(session->bell, 1);
    return status;
}

struct vap_answer
vap_nqap(struct vap_guest *guest, uint64_t gr0, uint64_t psmid,
         const void *message, size_t length)
{
    uint32_t status =
        nqap(lib_enter(guest), gr0, psmid, length ? message : "", length);

    lib_leave(guest);
    return answer(status);
}

static uint32_t
dqap(struct lib_session *session, struct vap_reply *reply, void *buffer,
     size_t room)
{
    struct slots_taken taken = { 0 };
    struct slots *slots;
    bool first = reply->gr0 & VAP_DQAP_NEW;
    int rc = find_ready(session, (uint16_t)reply->gr0, &slots);
    uint32_t status =
        rc ? AP_STATUS(rc) : slots_dqap(slots, first, buffer, room, &taken);

    reply->stored = taken.length;
    reply->gr2 = taken.residual;
    if (taken.residual)
        reply->gr0 = DQAP_REST | (uint16_t)reply->gr0;
    else if (AP_RC(status) == 0)
        reply->psmid = taken.psmid;
    return status;
}

struct vap_answer
vap_dqap(struct vap_guest *guest, struct vap_reply *reply, void *buffer,
         size_t room)
{
    uint32_t status = dqap(lib_enter(guest), reply, buffer, room);

    lib_leave(guest);
    if (AP_RC(status) == 0 && reply->gr2)
        return (struct vap_answer){ 0, 2 };
    return answer(status);
}

static uint32_t
tapq(struct lib_session *session, uint16_t apqn, uint64_t *gr2)
{
    struct slots *slots;
    int rc = find(session, apqn, &slots);
    uint32_t status = rc ? AP_STATUS(rc) : slots_tapq(slots, gr2);

    if (AP_RC(status) == VAP_RC_NOT_AVAILABLE)
        return status;

    if (rc == 0 && is_resetting(session, apqn))
        status = (status & ~AP_STATUS(0xff)) | AP_STATUS(VAP_RC_RESETTING);
    return status;
}

struct vap_answer
vap_tapq(struct vap_guest *guest, uint64_t gr0, uint64_t *gr2)
{
    uint64_t info = 0;
    uint32_t status = tapq(lib_enter(guest), (uint16_t)gr0, &info);

    lib_leave(guest);
    if (gr2)
        *gr2 = info;
    return answer(status);
}

size_t
vap_guest_longest(struct vap_guest *guest, uint16_t apqn)
{
    struct slots *slots;
    int rc = find(lib_enter(guest), apqn, &slots);

    lib_leave(guest);
    return rc == VAP_RC_NOT_AVAILABLE ? 0 : SLOTS_MESSAGE;
}

/* --- asked of vapd ---------------------------------------------------------
 */

static uint32_t
ask(struct lib_session *session, uint16_t apqn, enum wire_what what)
{
    struct lib_asked *asked = &session->asked[apqn];
    struct wire_ask message = { .kind = WIRE_ASK,
                                .number = atomic_load(&asked->number) + 1,
                                .apqn = apqn,
                                .what = (uint16_t)what };
    int r = message_send(session->socket, &message, sizeof(message),
                         MSG_DONTWAIT, NULL, 0);

    if (r < 0)
        return r == -EAGAIN ? AP_STATUS(VAP_RC_BUSY)
                            : AP_STATUS(VAP_RC_NOT_AVAILABLE);
    atomic_store(&asked->number, message.number);
    if (what == WIRE_RAPQ || what == WIRE_ZAPQ)
        atomic_store(&asked->reset, message.number);
    return 0;
}

static uint32_t
reset(struct lib_session *session, uint16_t apqn, enum wire_what what)
{
    uint64_t info;
    uint32_t status = tapq(session, apqn, &info);

    return AP_RC(status) ? status : ask(session, apqn, what);
}

static struct vap_answer
reset_of(struct vap_guest *guest, uint64_t gr0, enum wire_what what)
{
    struct lib_session *session = lib_enter(guest);
    uint32_t status;

    (void)pthread_mutex_lock(&guest->asks);
    status = reset(session, (uint16_t)gr0, what);
    (void)pthread_mutex_unlock(&guest->asks);
    lib_leave(guest);
    return answer(status);
}

struct vap_answer
vap_rapq(struct vap_guest *guest, uint64_t gr0)
{
    return reset_of(guest, gr0, WIRE_RAPQ);
}

struct vap_answer
vap_zapq(struct vap_guest *guest, uint64_t gr0)
{
    return reset_of(guest, gr0, WIRE_ZAPQ);
}

/* What vfio_ap knows of it, as the page has it; 0: it sends nothing there. */
static uint8_t
linked_of(const struct lib_session *session, uint16_t apqn)
{
    if (!session || atomic_load(&session->page->lacks) & WIRE_NO_HOOK)
        return 0;
    return atomic_load(&session->page->linked[apqn]);
}

/* Of the queue itself, though the guest may not have it. */
static uint32_t
linked_status(struct lib_session *session, uint16_t apqn, uint8_t linked)
{
    struct slots *slots;
    uint64_t info;

    if (find(session, apqn, &slots) == 0)
        return tapq(session, apqn, &info);
    return AP_STATUS(linked & WIRE_LINKED_RC) | AP_EMPTY |
           (linked & WIRE_LINKED_INTERRUPTS ? AP_INTERRUPTS : 0);
}

/* In the order of the host's kernel: the mdev, the address, the hardware. */
static uint32_t
aqic(struct lib_session *session, uint16_t apqn, uint64_t gr1, uint64_t nib)
{
    bool on = gr1 & AQIC_ENABLE;
    bool busy = session && is_open(session, apqn, &session->asked[apqn].number);
    uint8_t linked = linked_of(session, apqn); /* ... as it was left */
    uint32_t status;

    if (!linked)
        return AP_STATUS(VAP_RC_NOT_AVAILABLE);
    if (on && nib == 0)
        return AP_STATUS(VAP_RESPONSE_INVALID_ADDRESS);
    status = linked_status(session, apqn, linked);
    if (AP_RC(status))
        return status;
    if (busy)
        return AP_STATUS(VAP_RC_BUSY);
    if (on == ((status & AP_INTERRUPTS) != 0))
        return status | AP_STATUS(AP_RC_SAME);
    if (on) {
        atomic_store(&session->asked[apqn].nib, nib);
        atomic_store(&session->asked[apqn].isc, (uint32_t)(gr1 & AQIC_ISC));
    }
    return ask(session, apqn, on ? WIRE_ENABLE : WIRE_DISABLE);
}

struct vap_answer
vap_aqic(struct vap_guest *guest, uint64_t gr0, uint64_t gr1, uint64_t gr2)
{
    struct lib_session *session;
    uint32_t status;

    if (gr0 & AQIC_ZERO)
        return (struct vap_answer){ 0, VAP_CC_SPECIFICATION };
    session = lib_enter(guest);
    (void)pthread_mutex_lock(&guest->asks);
    status = aqic(session, (uint16_t)gr0, gr1, gr2);
    (void)pthread_mutex_unlock(&guest->asks);
    lib_leave(guest);
    return answer(status);
}
