/* SPDX-License-Identifier: MIT */
/* What vapd and libvap say to each other, and the memory they share beside
 * the queues themselves (cards/slots.h). Both run on one machine: numbers are
 * in its byte order. docs/guest.md tells why it is as it is.
 *
 * A guest says WIRE_HELLO and gets WIRE_WELCOME, then a WIRE_BLOCK for each
 * block of queues; it may send WIRE_ASK at any time. The end of the connection
 * is the end of holding the mdev, on either side.
 *
 * Who writes what:
 *   page           vapd alone; the guest can only read it
 *   desk, blocks   the guest, and vapd: whatever vapd reads there may be a lie
 *   events         a stream of bytes that mean: look again */
#ifndef VAP_GUEST_WIRE_H
#define VAP_GUEST_WIRE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#include "cards/slots.h"

#define WIRE_MAGIC "vapguest"
#define WIRE_VERSION 2u

enum {
    WIRE_APQNS = 65536,
    WIRE_SLOTS = 64, /* queues in a block */
    WIRE_BLOCKS = WIRE_APQNS / WIRE_SLOTS,
    WIRE_MDEV = 256, /* names, NUL and all */
    WIRE_NAME = 72
};

/* --- the socket, SOCK_SEQPACKET ------------------------------------------- */

enum wire_kind { WIRE_HELLO = 1, WIRE_WELCOME, WIRE_BLOCK, WIRE_ASK };

/** The guest's first message. With it a descriptor: an end of a Unix stream
 *  socket whose other end is the guest's, for events. */
struct wire_hello {
    char magic[8];
    uint32_t kind;
    uint32_t version;
    char mdev[WIRE_MDEV];
    char name[WIRE_NAME];
};

/** The answer. When error is 0, with it three descriptors: the page, the
 *  desk, and the bell of cards/pool.h, an eventfd. */
struct wire_welcome {
    char magic[8];
    uint32_t kind;
    uint32_t version;
    int32_t error; /* errno number; and then why is a sentence */
    uint32_t n_blocks; /* that follow at once */
    char why[504];
};

/** With it the descriptor of a block. Numbers come in order, from 0. */
struct wire_block {
    uint32_t kind;
    uint32_t number;
};

enum wire_what { WIRE_RAPQ = 1, WIRE_ZAPQ, WIRE_ENABLE, WIRE_DISABLE };

/** What vapd does for a queue. It has no answer: the page's done becomes
 *  number. One at a time for each queue. */
struct wire_ask {
    uint32_t kind;
    uint32_t number; /* the queue's last ask and 1 */
    uint16_t apqn;
    uint16_t what; /* enum wire_what */
};

/* --- memory --------------------------------------------------------------- */

/* Of the page's lacks. */
#define WIRE_NO_CFG_CHG 1u /* the host's kernel tells of no change: 6.12 */
#define WIRE_NO_HOOK                                                           \
    2u /* ... and has lost this guest's AQIC by an open that it                \
        * refused */

/* vfio_ap has the queue and the mdev's matrix names it: AQIC is for it, also
 * where the APCB lacks it. The hardware's response code is in the low bits;
 * whether interrupts are enabled, here while the guest does not have it. */
#define WIRE_LINKED 0x80u
#define WIRE_LINKED_INTERRUPTS 0x40u
#define WIRE_LINKED_RC 0x0fu

/** A queue of the guest's. */
struct wire_queue {
    _Atomic uint32_t slot; /* where its slots are, and 1; 0: it has it not */
    _Atomic uint32_t done; /* number of the last ask that was carried out */
};

/** What vapd tells a guest. */
struct wire_page {
    char magic[8];
    uint32_t version;
    _Atomic uint32_t sequence; /* odd while it is being written, up to last */
    _Atomic uint64_t apcb[3][4]; /* APM, AQM, ADM: 32 bytes each, as they are
                                  * in the APCB */
    _Atomic uint64_t updates; /* of the APCB */
    _Atomic uint32_t qci_flags; /* of QCI: the number, not its bytes */
    _Atomic uint32_t last; /* of QCI: Na << 8 | Nd */
    _Atomic uint32_t changed; /* CFG_CHG so far */
    _Atomic uint32_t requested; /* REQ so far */
    _Atomic uint32_t lacks; /* WIRE_NO_ bits */
    alignas(4096) struct wire_queue queue[WIRE_APQNS]; /* by APQN */
    _Atomic uint8_t linked[WIRE_APQNS]; /* for AQIC: 0, or WIRE_LINKED */
};

/** What the two have between them, beside the queues. */
struct wire_desk {
    _Atomic uint32_t asleep; /* of the bell */
    alignas(64) _Atomic uint32_t armed; /* the guest wants a byte for the next
                                         * reply with an interrupt */
    alignas(64) _Atomic uint64_t any[16]; /* a bit for each of replied */
    alignas(4096) _Atomic uint64_t
        replied[WIRE_APQNS / 64]; /* by APQN, the
                                   * lowest bit being 0 */
};

/** The queues of a block. */
struct wire_slots {
    struct slots slots[WIRE_SLOTS];
};

#endif
