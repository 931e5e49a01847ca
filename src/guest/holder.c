/* SPDX-License-Identifier: MIT */
/* What a guest can write is read once and believed never: a number from there
 * is used as what it is only after it has been looked at here. */
#include "guest/inside.h"

#include "base/say.h"
#include "cards/faults.h"
#include "guest/message.h"
#include "host/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Flags of QCI. Source: linux-abi.md, 6.4. */
#define QCI_APSC 0x80000000u
#define QCI_APXA 0x40000000u
#define QCI_QACT 0x20000000u
#define QCI_RC8A 0x10000000u

struct wire_page *
holder_page(const struct holder *h)
{
    return h->page.at;
}

static struct wire_desk *
desk_of(const struct holder *h)
{
    return h->desk.at;
}

int
holder_equip(struct holder *h)
{
    int r = memory_new(sizeof(struct wire_page), false, &h->page);

    if (r < 0)
        return r;
    memcpy(holder_page(h)->magic, WIRE_MAGIC, sizeof(holder_page(h)->magic));
    holder_page(h)->version = WIRE_VERSION;
    r = memory_new(sizeof(struct wire_desk), true, &h->desk);
    if (r < 0)
        return r;
    return bell_new(h->guests->pool, &desk_of(h)->asleep, &h->bell);
}

/* --- what it is told -------------------------------------------------------
 */

void
holder_tell(const struct holder *h)
{
    (void)send(h->events, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Bits of a mask as bytes, id 0 leftmost. */
static void
write_mask(_Atomic uint64_t to[4], const struct vap_mask *mask)
{
    for (int i = 0; i < 4; i++) {
        uint8_t byte[8];
        uint64_t word;

        for (int k = 0; k < 8; k++)
            byte[k] = (uint8_t)(mask->word[i] >> (56 - 8 * k));
        memcpy(&word, byte, sizeof(word));
        atomic_store_explicit(&to[i], word, memory_order_relaxed);
    }
}

void
holder_write(struct holder *h, const struct vap_host *engine,
             const struct vap_matrix *apcb)
{
    const struct vap_config *config = &engine->bus.hardware;
    struct wire_page *page = holder_page(h);
    uint32_t sequence =
        atomic_load_explicit(&page->sequence, memory_order_relaxed);

    atomic_store_explicit(&page->sequence, sequence + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    write_mask(page->apcb[0], &apcb->adapters);
    write_mask(page->apcb[1], &apcb->domains);
    write_mask(page->apcb[2], &apcb->control);
    atomic_fetch_add_explicit(&page->updates, h->updates, memory_order_relaxed);
    atomic_store_explicit(&page->qci_flags,
                          QCI_APSC | QCI_QACT | QCI_RC8A |
                              (config->apxa ? QCI_APXA : 0),
                          memory_order_relaxed);
    atomic_store_explicit(&page->last,
                          vap_config_last_adapter(config) << 8 |
                              vap_config_last_domain(config),
                          memory_order_relaxed);
    atomic_store_explicit(&page->sequence, sequence + 2, memory_order_release);
    h->apcb = *apcb;
}

/* --- queues ----------------------------------------------------------------
 */

struct held *
holder_held(const struct holder *h, unsigned apqn)
{
    struct held_row *row = h->row[VAP_ADAPTER_OF(apqn)];
    struct held *held = row ? &row->domain[VAP_DOMAIN_OF(apqn)] : NULL;

    return held && held->queue ? held : NULL;
}

static bool
is_in(const struct vap_matrix *m, unsigned apqn)
{
    return vap_mask_has(&m->adapters, VAP_ADAPTER_OF(apqn)) &&
           vap_mask_has(&m->domains, VAP_DOMAIN_OF(apqn));
}

/* Of those it has and the APCB has not. */
static void
each_lost(struct holder *h,
          void (*each)(struct holder *h, unsigned apqn, struct held *held))
{
    for (unsigned a = 0; a < VAP_IDS; a++)
        for (unsigned d = 0; d < VAP_IDS && h->row[a]; d++) {
            unsigned apqn = VAP_APQN(a, d);
            struct held *held = holder_held(h, apqn);

            if (held && !is_in(&h->apcb, apqn))
                each(h, apqn, held);
        }
}

static void
hide(struct holder *h, unsigned apqn, struct held *held)
{
    (void)held;
    atomic_store(&holder_page(h)->queue[apqn].slot, 0);
}

void
holder_hide(struct holder *h)
{
    each_lost(h, hide);
}

/* A late reply would be found by the queue that comes there next. */
static void
forget_reply(const struct holder *h, unsigned apqn)
{
    (void)atomic_fetch_and(&desk_of(h)->replied[apqn / 64],
                           ~(UINT64_C(1) << apqn % 64));
}

void
holder_count(const struct holder *h, unsigned apqn)
{
    struct held *held = holder_held(h, apqn);
    struct queue_counts counts;

    if (!held)
        return;
    queue_count(held->queue, &counts);
    devices_count(
        h->guests->owner->host, (uint16_t)apqn,
        &(const struct device_counts){ counts.requests - held->counted,
                                       counts.waiting, counts.working });
    held->counted = counts.requests;
}

/* What it was in the middle of is over. */
static void
count_last(const struct holder *h, unsigned apqn)
{
    holder_count(h, apqn);
    devices_count(h->guests->owner->host, (uint16_t)apqn,
                  &(const struct device_counts){ 0 });
}

/* What the hardware answers there, as an instruction's response code. */
static uint8_t
answers(const struct vap_host *engine, unsigned apqn)
{
    const struct vap_matrix *ids = &engine->bus.hardware.ids;

    return is_in(ids, apqn)
               ? engine->queue[VAP_ADAPTER_OF(apqn)][VAP_DOMAIN_OF(apqn)].state
               : VAP_RC_NOT_AVAILABLE;
}

/* --- queues that it need not have ------------------------------------------
 */

static _Atomic uint8_t *
linked_at(const struct holder *h, unsigned apqn)
{
    return &holder_page(h)->linked[apqn];
}

static void
link_queue(const struct holder *h, const struct vap_host *engine, unsigned apqn)
{
    uint8_t was = atomic_load(linked_at(h, apqn));
    uint8_t is = WIRE_LINKED | (was & WIRE_LINKED_INTERRUPTS) |
                 (answers(engine, apqn) & WIRE_LINKED_RC);

    if (is != was)
        atomic_store(linked_at(h, apqn), is);
}

void
holder_link(struct holder *h, const struct vap_host *engine)
{
    const struct vap_matrix *m = &engine->mdevs[h->mdev].matrix;

    for (unsigned a = 0; a < VAP_IDS; a++) {
        struct vap_mask now = vap_mask_none();
        struct vap_mask gone;

        if (vap_mask_has(&m->adapters, a))
            now = vap_mask_and(m->domains, engine->row[a].vfio);
        gone = vap_mask_less(h->linked[a], now);
        VAP_EACH (d, &gone)
            atomic_store(linked_at(h, VAP_APQN(a, d)), 0);
        VAP_EACH (d, &now)
            link_queue(h, engine, VAP_APQN(a, d));
        h->linked[a] = now;
    }
}

void
holder_reset_linked(const struct holder *h, unsigned apqn)
{
    (void)atomic_fetch_and(linked_at(h, apqn),
                           (uint8_t)~WIRE_LINKED_INTERRUPTS);
}

static void
enable_linked(const struct holder *h, unsigned apqn)
{
    if (atomic_load(linked_at(h, apqn)) & WIRE_LINKED)
        (void)atomic_fetch_or(linked_at(h, apqn), WIRE_LINKED_INTERRUPTS);
}

/* --- ... and those it has --------------------------------------------------
 */

static struct slots *
slots_at(const struct holder *h, uint32_t slot)
{
    struct wire_slots *block = h->blocks[slot / WIRE_SLOTS].memory.at;

    return &block->slots[slot % WIRE_SLOTS];
}

static void
drop(struct holder *h, unsigned apqn, struct held *held)
{
    struct holder_block *block = &h->blocks[held->slot / WIRE_SLOTS];
    unsigned number = held->slot % WIRE_SLOTS;
    uint64_t info;

    if (slots_tapq(slots_at(h, held->slot), &info) & AP_INTERRUPTS)
        enable_linked(h, apqn); /* until a reset says otherwise */
    count_last(h, apqn);
    queue_free(held->queue);
    *held = (struct held){ .queue = NULL };
    memory_wipe(&block->memory, number * sizeof(struct slots),
                sizeof(struct slots));
    block->used &= ~(UINT64_C(1) << number);
    forget_reply(h, apqn);
}

void
holder_drop(struct holder *h)
{
    each_lost(h, drop);
}

static int
add_block(struct holder *h)
{
    struct holder_block *grown =
        realloc(h->blocks, (h->n_blocks + 1) * sizeof(*grown));
    int r;

    if (!grown)
        return -ENOMEM;
    h->blocks = grown;
    grown[h->n_blocks].used = 0;
    r = memory_new(sizeof(struct wire_slots), true, &grown[h->n_blocks].memory);
    if (r < 0)
        return r;
    h->n_blocks++;
    if (h->welcomed) /* it is to be there before a queue is */
        (void)holder_send_blocks(h);
    return 0;
}

/* A free slot; -errno. */
static int64_t
find_slot(struct holder *h)
{
    int r;

    for (uint32_t i = 0; i < h->n_blocks; i++)
        if (~h->blocks[i].used)
            return (int64_t)i * WIRE_SLOTS +
                   __builtin_ctzll(~h->blocks[i].used);
    r = add_block(h);
    return r < 0 ? r : (int64_t)(h->n_blocks - 1) * WIRE_SLOTS;
}

/* A worker has put a reply there, and interrupts are enabled. */
static void
replied(void *self, uint16_t apqn)
{
    const struct holder *h = self;
    struct wire_desk *desk = desk_of(h);

    (void)atomic_fetch_or(&desk->replied[apqn / 64], UINT64_C(1) << apqn % 64);
    (void)atomic_fetch_or(&desk->any[apqn / 4096], UINT64_C(1)
                                                       << apqn / 64 % 64);
    if (atomic_exchange(&desk->armed, 0))
        holder_tell(h);
}

static void
checkstopped(void *self, uint16_t apqn)
{
    struct guests *g = ((const struct holder *)self)->guests;
    unsigned a = VAP_ADAPTER_OF(apqn);

    (void)atomic_fetch_or(&g->stopped[a / 64], vap_bit(a));
    (void)uv_async_send(&g->struck);
}

static struct held *
place_for(struct holder *h, unsigned apqn)
{
    struct held_row **row = &h->row[VAP_ADAPTER_OF(apqn)];

    if (!*row)
        *row = calloc(1, sizeof(**row));
    return *row ? &(*row)->domain[VAP_DOMAIN_OF(apqn)] : NULL;
}

static int
take(struct holder *h, const struct host *host, unsigned apqn,
     const struct card *card, uint8_t rc)
{
    struct held *held = place_for(h, apqn);
    int64_t slot = held ? find_slot(h) : -ENOMEM;
    int r;

    if (slot < 0)
        return (int)slot;
    held->slot = (uint32_t)slot;
    held->rc = rc;

    struct queue_setup setup = { .card = *card,
                                 .domain = VAP_DOMAIN_OF(apqn),
                                 .rc = rc,
                                 .depth = QUEUE_DEPTH,
                                 .faults =
                                     queue_faults_of(host, (uint16_t)apqn),
                                 .events = { h, replied, checkstopped },
                                 .slots = slots_at(h, held->slot) };

    r = queue_new(h->bell, &setup, &held->queue);
    if (r < 0)
        return r;
    h->blocks[slot / WIRE_SLOTS].used |= UINT64_C(1) << slot % WIRE_SLOTS;
    if (atomic_load(linked_at(h, apqn)) & WIRE_LINKED_INTERRUPTS)
        (void)queue_interrupts(held->queue, true);
    holder_reset_linked(h, apqn); /* the queue knows from here */
    atomic_store(&holder_page(h)->queue[apqn].slot, held->slot + 1);
    return 0;
}

static int
bring_up_to_date(struct holder *h, const struct host *host, unsigned apqn,
                 const struct card *card)
{
    uint8_t rc = answers(host->engine, apqn);
    struct held *held = holder_held(h, apqn);

    if (!held)
        return rc == VAP_RC_NOT_AVAILABLE ? 0 : take(h, host, apqn, card, rc);
    if (held->rc != rc)
        queue_set_rc(held->queue, rc);
    held->rc = rc;
    if (h->fault_changes != host->devices->fault_changes) {
        struct queue_faults faults = queue_faults_of(host, (uint16_t)apqn);

        queue_set_faults(held->queue, &faults);
    }
    return 0;
}

void
holder_fill(struct holder *h, const struct host *host)
{
    bool apxa = host->engine->bus.hardware.apxa;
    int r = 0;

    VAP_EACH (a, &h->apcb.adapters) {
        struct card card =
            card_of_type(host_card_type(host, a), (uint8_t)a, apxa);

        VAP_EACH (d, &h->apcb.domains) {
            int one = bring_up_to_date(h, host, VAP_APQN(a, d), &card);

            r = r ? r : one;
        }
    }
    h->fault_changes = host->devices->fault_changes;
    if (r < 0) /* it sees a queue that is not available */
        say_error("a guest lacks a queue of its matrix: %s", strerror(-r));
}

void
holder_strip(struct holder *h)
{
    h->apcb = (struct vap_matrix){ 0 };
    holder_drop(h);
    bell_free(h->bell);
    h->bell = NULL;
    for (unsigned a = 0; a < VAP_IDS; a++) {
        free(h->row[a]);
        h->row[a] = NULL;
    }
    while (h->n_blocks)
        memory_done(&h->blocks[--h->n_blocks].memory);
    free(h->blocks);
    h->blocks = NULL;
    memory_done(&h->page);
    memory_done(&h->desk);
}

/* --- the connection --------------------------------------------------------
 */

int
holder_send_blocks(struct holder *h)
{
    while (h->n_sent < h->n_blocks) {
        struct wire_block block = { WIRE_BLOCK, h->n_sent };
        int r = message_send(h->socket, &block, sizeof(block), MSG_DONTWAIT,
                             &h->blocks[h->n_sent].memory.fd, 1);

        if (r < 0)
            return r;
        h->n_sent++;
    }
    return 0;
}

/* AQIC of a queue that it is linked to. A reset of one that it has not is
 * done: nothing. */
static void
do_linked(const struct holder *h, const struct wire_ask *ask)
{
    if (ask->what == WIRE_ENABLE)
        enable_linked(h, ask->apqn);
    else if (ask->what == WIRE_DISABLE)
        holder_reset_linked(h, ask->apqn);
}

void
holder_do(struct holder *h, const struct wire_ask *ask)
{
    struct held *held = holder_held(h, ask->apqn);

    switch (held ? ask->what : 0) {
    case WIRE_RAPQ:
    case WIRE_ZAPQ:
        (void)queue_reset(held->queue, ask->what == WIRE_ZAPQ);
        break;
    case WIRE_ENABLE:
    case WIRE_DISABLE:
        (void)queue_interrupts(held->queue, ask->what == WIRE_ENABLE);
        break;
    default:
        do_linked(h, ask);
        break;
    }
    atomic_store(&holder_page(h)->queue[ask->apqn].done, ask->number);
}
