/* SPDX-License-Identifier: MIT */
/* libvap: an mdev of a virtual host, held by this program. What the program
 * gets is what an operating system in a virtual machine gets: the AP
 * instructions, on the queues of the mdev's guest matrix and on no others.
 *
 *     struct vap_guest *guest;
 *     int r = vap_guest_open(NULL, "web", NULL, VAP_GUEST_RECONNECT, &guest);
 *     if (r < 0)
 *         errx(1, "%s", vap_guest_why());
 *     struct vap_answer a = vap_nqap(guest, VAP_NQAP_LAST | apqn, psmid,
 *                                    request, sizeof(request));
 *
 * Threads. Any function may be called by any number of threads at once, but
 * for vap_guest_close(). Calls on one queue take turns, calls on different
 * queues do not meet.
 *
 * Waiting. No instruction waits: NQAP, DQAP, TAPQ and QCI touch memory that
 * is shared with vapd, and at most wake it; resets and AQIC are under way
 * when they return, as they are on the machine: TAPQ shows when they are done.
 *
 * vapd. When it dies, every instruction answers response code 01, queue not
 * available, and QCI shows nothing. With VAP_GUEST_RECONNECT the mdev is
 * taken again as soon as that is possible; until then it stays like this.
 *
 * Numbers of registers are the z/Architecture's, and so is the order of bits:
 * bit 0 is the most significant. Messages are bytes as the cards read them,
 * big-endian; what is a uint64_t here is a register's value.
 *
 * Source of all that concerns the instructions: Linux 6.12 and 7.2,
 * arch/s390/include/asm/ap.h, drivers/s390/crypto/ap_queue.c */
#ifndef VAP_VAP_H
#define VAP_VAP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vap_guest;

/* --- holding an mdev ----------------------------------------------------- */

/* flags of vap_guest_open() */
#define VAP_GUEST_RECONNECT 1u /* take the mdev again when vapd is back */

/**
 * Takes an mdev; it is this guest's until vap_guest_close() or the end of the
 * program. A thread of the library's own watches over the connection.
 *
 * socket  the path of vapd's guest socket; NULL: that of the host $VAP_NAME,
 *         or "default", where vap up puts it
 * mdev    its name, as its directory is called: a UUID most of the time
 * name    what the guest is called, 1 to 64 letters, digits and - _ . : ;
 *         NULL: the command's name and pid. One name holds one mdev
 * flags   VAP_GUEST_RECONNECT or 0
 * out     on 0, for vap_guest_close()
 *
 * Returns  0
 *          -ENOENT        no vapd has ever been there
 *          -ECONNREFUSED  it is not up
 *          -ENODEV        it has no mdev of this name
 *          -EBUSY         another guest holds the mdev
 *          -EPERM         a guest of this name holds another mdev
 *          -EACCES        only root and the host's owner may
 *          -EINVAL        the name, or flags
 *          -EPROTO        it speaks another version, or is no vapd
 *          -ETIMEDOUT     it does not answer
 *          -ENOMEM, -EMFILE, ...  of this process
 *          and vap_guest_why() says it in words
 */
int vap_guest_open(const char *socket, const char *mdev, const char *name,
                   unsigned flags, struct vap_guest **out);

/* Lets the mdev go: vapd resets its queues, and when this returns it is free;
 * of a vapd that does not answer, after a second. No other call may be under
 * way. NULL is fine. */
void vap_guest_close(struct vap_guest *guest);

/* Why this thread's last vap_guest_open() failed; a sentence without a full
 * stop, good until the next. */
const char *vap_guest_why(void);

/* Does vapd answer? 1, or 0 while it does not. */
int vap_guest_is_connected(struct vap_guest *guest);

/* --- what it has -----------------------------------------------------------
 */

/** Which of 256 adapters or domains: bit n of byte n / 8, the leftmost bit
 *  being 0, as in the APCB and in QCI. */
struct vap_ids {
    uint8_t byte[32];
};

/** The guest's APCB, all three masks of one moment. */
struct vap_apcb {
    struct vap_ids adapters; /* APM */
    struct vap_ids domains; /* AQM */
    struct vap_ids control; /* ADM */
    uint64_t updates; /* how often it has been set since the mdev was taken */
};

static inline int
vap_ids_has(const struct vap_ids *ids, unsigned id)
{
    return ids->byte[(id & 255) / 8] >> (7 - (id & 7)) & 1;
}

/* All zero while vapd does not answer. */
void vap_guest_apcb(struct vap_guest *guest, struct vap_apcb *out);

/* --- what happens to it ----------------------------------------------------
 */

enum vap_event_kind {
    VAP_NOTHING, /* no further event */
    VAP_INTERRUPT, /* a queue with interrupts enabled has a reply */
    VAP_CHANGED, /* the APCB has been set: VFIO's CFG_CHG. The first event of
                  * a guest is one. Linux before 6.15 has none: on a host with
                  * the kernel 6.12 it never comes, and vap_guest_fd() all the
                  * same becomes readable, for who looks at updates */
    VAP_REQUESTED, /* somebody wants to remove the mdev and waits for this
                    * guest to close it: VFIO's REQ; repeated */
    VAP_LOST, /* vapd is gone: all queues are not available */
    VAP_BACK /* the mdev has been taken again, all queues reset, interrupts
              * disabled. A VAP_CHANGED follows, but for 6.12 */
};

struct vap_event {
    enum vap_event_kind kind;
    uint16_t apqn; /* VAP_INTERRUPT: the queue */
    uint8_t isc; /* ... its interruption subclass, from AQIC */
    uint64_t nib; /* ... the guest address of the byte that is to be set to
                   * 0x80 before the interrupt is made, from AQIC */
};

/* A descriptor to poll for reading: readable when vap_guest_event() may have
 * something. The same for the guest's life, the library's; nobody reads it
 * or closes it. */
int vap_guest_fd(struct vap_guest *guest);

/* The next event, and true; false with VAP_NOTHING, and vap_guest_fd() is not
 * readable until there is another. Events of a kind that come before the last
 * was taken are one. Never waits. */
int vap_guest_event(struct vap_guest *guest, struct vap_event *out);

/* --- the instructions ------------------------------------------------------
 */

/** What an instruction answers. */
struct vap_answer {
    uint32_t status; /* the status word: general register 1, bits 32 to 63 */
    int cc; /* condition code. 0 done (RC 0); 2 NQAP, DQAP: part done, to be
             * repeated with the registers as they are now; 3 the response
             * code says what stood in the way; VAP_CC_SPECIFICATION */
};

/* Instead of an answer: AQIC ends in a specification exception, a program
 * interruption with code 6; no register is set. */
#define VAP_CC_SPECIFICATION (-1)

#define VAP_STATUS_EMPTY                                                       \
    0x80000000u /* no request and no reply in the queue                        \
                 */
#define VAP_STATUS_REPLIES 0x40000000u /* replies wait */
#define VAP_STATUS_FULL 0x20000000u
#define VAP_STATUS_ASYNC 0x02000000u /* the code is of an earlier operation */
#define VAP_STATUS_INTERRUPTS 0x01000000u /* enabled */
#define VAP_STATUS_RC(status) ((status) >> 16 & 0xffu)

/** Response codes. */
enum vap_response {
    VAP_RESPONSE_NORMAL = 0x00,
    VAP_RESPONSE_NOT_AVAILABLE = 0x01, /* not this guest's, or vapd is gone */
    VAP_RESPONSE_RESETTING = 0x02,
    VAP_RESPONSE_DECONFIGURED = 0x03,
    VAP_RESPONSE_CHECKSTOPPED = 0x04,
    VAP_RESPONSE_BUSY = 0x05,
    VAP_RESPONSE_INVALID_ADDRESS = 0x06, /* AQIC: of the NIB */
    VAP_RESPONSE_NO_CHANGE = 0x07, /* AQIC: is so already */
    VAP_RESPONSE_FULL = 0x10, /* NQAP */
    VAP_RESPONSE_NO_REPLY = 0x10, /* DQAP */
    VAP_RESPONSE_NO_FIRST_PART = 0x13, /* NQAP, DQAP */
    VAP_RESPONSE_TOO_BIG = 0x15 /* NQAP */
};

/* General register 0 of the instructions is one of these, or none for TAPQ,
 * and the APQN. Other bits are looked at where it is said. */
#define VAP_NQAP_LAST 0x40000000u /* the message is whole: always */
#define VAP_NQAP_SPECIAL 0x00400000u /* US, AU, EP11's special commands */
#define VAP_DQAP_NEW 0x80000000u
#define VAP_PQAP_RAPQ 0x01000000u
#define VAP_PQAP_ZAPQ 0x02000000u
#define VAP_PQAP_AQIC 0x03000000u

/**
 * NQAP: a copy of a message into a queue. The message is read once.
 *
 * gr0      VAP_NQAP_LAST, the APQN, perhaps VAP_NQAP_SPECIAL
 * psmid    the message's name: the even register's low half, then the odd's
 * message  may be NULL with length 0
 *
 * Response 00; 01, 02, 03, 04; 10 the queue is full; 13 gr0 lacks LAST:
 *          messages in parts are not taken; 15 longer than
 *          vap_guest_longest(). cc 0 or 3
 */
struct vap_answer vap_nqap(struct vap_guest *guest, uint64_t gr0,
                           uint64_t psmid, const void *message, size_t length);

/** What DQAP reads and sets. */
struct vap_reply {
    uint64_t gr0; /* in: VAP_DQAP_NEW and the APQN, or as the last DQAP left
                   * it. Out: to be given to the next DQAP on the queue */
    uint64_t gr2; /* out: bytes of the message that are still in the queue */
    uint64_t psmid; /* out, with response 00 and gr2 0 */
    size_t stored; /* out: bytes put into the buffer, from its beginning. The
                    * odd register of R2 is room less this */
};

/**
 * DQAP: the oldest reply out of a queue. Bytes are put into the buffer, and
 * nothing beyond what stored says is written.
 *
 * A reply that is larger than the buffer comes in parts: cc 2, status 0,
 * gr2 > 0, the buffer is full. DQAP with reply->gr0 as it was left brings the
 * next part; only the last takes the reply out of the queue. VAP_DQAP_NEW
 * begins again with the first part.
 *
 * Response 00; 01, 02, 03, 04; 10 there is no reply now; 13 gr0 goes on with a
 *          reply of which there has been no first part. cc 0, 2 or 3
 */
struct vap_answer vap_dqap(struct vap_guest *guest, struct vap_reply *reply,
                           void *buffer, size_t room);

/**
 * PQAP(TAPQ): the state of a queue.
 *
 * gr0   the APQN; the bit T (0x00800000) may be set or not
 * gr2   what the queue is: general register 2 (Linux struct ap_tapq_hwinfo);
 *       0 with response 01; may be NULL
 *
 * Response 00; 01; 02 while a reset is under way; 03, 04. cc 0 or 3
 */
struct vap_answer vap_tapq(struct vap_guest *guest, uint64_t gr0,
                           uint64_t *gr2);

/**
 * PQAP(RAPQ), PQAP(ZAPQ): empties a queue; nothing of what was in it is left.
 * ZAPQ also disables interrupts. gr0: the APQN; the bit F is ignored.
 *
 * Response 00 it has begun, TAPQ answers 02 until it is done; 01, 02, 03, 04;
 *          05 vapd has no time for it now. cc 0 or 3
 */
struct vap_answer vap_rapq(struct vap_guest *guest, uint64_t gr0);
struct vap_answer vap_zapq(struct vap_guest *guest, uint64_t gr0);

/**
 * PQAP(AQIC): interrupts of a queue. They are enabled, or no longer, when
 * VAP_STATUS_INTERRUPTS of TAPQ says so. As vfio_ap carries it out, it is for
 * every queue of the mdev's matrix that vfio_ap has, also one that the APCB
 * lacks and no other instruction reaches.
 *
 * Who executes it for a processor without facility 65, AP-queue interruption,
 * makes a specification exception in its place: libvap knows no processor.
 *
 * gr1   bit 16 (0x800000000000) enables; bits 61 to 63 the ISC
 * gr2   the guest address of the notification indicator byte; looked at when
 *       enabling. Not 0
 *
 * Response 00; 01 vfio_ap has it not for this mdev, or on a host with the
 *          kernel 6.12 a guest of this name was refused another mdev (-EPERM)
 *          since; 06 the address is 0; 02, 03, 04; 05 an earlier one is under
 *          way, or vapd has no time for it now; 07 they are so already. What
 *          stands first here is looked at first. cc 0 or 3, or
 *          VAP_CC_SPECIFICATION: bits 41 to 47 of gr0 are not 0
 */
struct vap_answer vap_aqic(struct vap_guest *guest, uint64_t gr0, uint64_t gr1,
                           uint64_t gr2);

/**
 * PQAP(QCI): the 128-byte block, as it is stored: flags, the highest ids, and
 * the masks of the guest's APCB. All zero while vapd does not answer.
 */
void vap_qci(struct vap_guest *guest, uint8_t block[128]);

/* The longest message of a queue, in bytes; 0 when it is not available. No
 * reply is longer either. */
size_t vap_guest_longest(struct vap_guest *guest, uint16_t apqn);

#ifdef __cplusplus
}
#endif

#endif
