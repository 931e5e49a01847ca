/* SPDX-License-Identifier: MIT */
/* What the guest has, as vapd wrote it last: never half of it. */
#include "guest/lib.h"

#include <sched.h>
#include <string.h>

/** All that the sequence counts for. */
struct glance {
    struct vap_apcb apcb;
    uint32_t qci_flags;
    uint32_t last;
};

static void
read_mask(const _Atomic uint64_t from[4], struct vap_ids *out)
{
    for (size_t i = 0; i < 4; i++) {
        uint64_t word = atomic_load_explicit(&from[i], memory_order_relaxed);

        memcpy(&out->byte[8 * i], &word, sizeof(word));
    }
}

static void
copy(const struct wire_page *page, struct glance *out)
{
    read_mask(page->apcb[0], &out->apcb.adapters);
    read_mask(page->apcb[1], &out->apcb.domains);
    read_mask(page->apcb[2], &out->apcb.control);
    out->apcb.updates =
        atomic_load_explicit(&page->updates, memory_order_relaxed);
    out->qci_flags =
        atomic_load_explicit(&page->qci_flags, memory_order_relaxed);
    out->last = atomic_load_explicit(&page->last, memory_order_relaxed);
}

/* vapd may die while it writes; then there is nothing to see. */
#define TRIES 100000

static void
glance(struct vap_guest *guest, struct glance *out)
{
    const struct lib_session *session = lib_enter(guest);

    for (int i = 0; session && i < TRIES; i++) {
        uint32_t before = atomic_load(&session->page->sequence);

        if (!(before & 1)) {
            copy(session->page, out);
            atomic_thread_fence(memory_order_acquire);
            if (atomic_load_explicit(&session->page->sequence,
                                     memory_order_relaxed) == before) {
                lib_leave(guest);
                return;
            }
        }
        (void)sched_yield();
    }
    lib_leave(guest);
    memset(out, 0, sizeof(*out));
}

void
vap_guest_apcb(struct vap_guest *guest, struct vap_apcb *out)
{
    struct glance now;

    glance(guest, &now);
    *out = now.apcb;
}

static void
put_number(uint8_t *at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(number >> (24 - 8 * i));
}

void
vap_qci(struct vap_guest *guest, uint8_t block[128])
{
    struct glance now;

    glance(guest, &now);
    memset(block, 0, 128);
    put_number(block, now.qci_flags);
    block[4] = (uint8_t)(now.last >> 8);
    block[5] = (uint8_t)now.last;
    memcpy(block + 16, &now.apcb.adapters, 32);
    memcpy(block + 48, &now.apcb.domains, 32);
    memcpy(block + 80, &now.apcb.control, 32);
}

int
vap_guest_is_connected(struct vap_guest *guest)
{
    int connected = lib_enter(guest) != NULL;

    lib_leave(guest);
    return connected;
}
