/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest gets an answer to each instruction, whether vapd lives or not: a
 * response code is something its drivers know, an operation exception out of
 * nowhere is its end. Registers and order of bits: see vap/vap.h. */
#include "qemu/ap.h"

#include "qemu/cpu.h"
#include "qemu/facilities.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

enum { NQAP = 0xad, DQAP = 0xae, PQAP = 0xaf };

/* PQAP's function codes. */
enum { TAPQ, RAPQ, ZAPQ, AQIC, QCI };

/* No message is longer: 15 times 4 KiB, from Linux' struct ap_tapq_hwinfo.
 * One byte more is enough to be refused. */
enum { LONGEST = 15 * 4096 };

/* Taken for reading by whoever is in a call of libvap. */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct vap_guest *guest;

static const struct vap_answer not_available = {
    .status = VAP_RESPONSE_NOT_AVAILABLE << 16,
    .cc = 3,
};

bool
ap_is(const uint8_t code[4])
{
    return code[0] == 0xb2 && code[1] >= NQAP && code[1] <= PQAP;
}

void
ap_begin(struct vap_guest *own)
{
    (void)pthread_rwlock_wrlock(&lock);
    guest = own;
    (void)pthread_rwlock_unlock(&lock);
}

void
ap_leave(void)
{
    struct vap_guest *left;

    (void)pthread_rwlock_wrlock(&lock);
    left = guest;
    guest = NULL;
    (void)pthread_rwlock_unlock(&lock);
    vap_guest_close(left);
}

/* vapd may have no time for one; it is not waited for longer than that. */
static void
reset_queue(unsigned apqn, unsigned *waits)
{
    while (vap_zapq(guest, ZAPQ << 24 | apqn).status >> 16 ==
               VAP_RESPONSE_BUSY &&
           *waits > 0) {
        (void)poll(NULL, 0, 1);
        (*waits)--;
    }
}

void
ap_reset(void)
{
    struct vap_apcb apcb = { 0 };
    unsigned waits = 1000;

    (void)pthread_rwlock_rdlock(&lock);
    if (guest)
        vap_guest_apcb(guest, &apcb);
    for (unsigned i = 0; i <= UINT16_MAX; i++)
        if (vap_ids_has(&apcb.adapters, i >> 8) &&
            vap_ids_has(&apcb.domains, i & 0xff))
            reset_queue(i, &waits);
    (void)pthread_rwlock_unlock(&lock);
}

bool
ap_is_diag(const uint8_t code[4])
{
    return code[0] == 0x83 && code[2] == 0x03 && code[3] == 0x08;
}

/* Of its subcodes the first five reset. */
void
ap_diag(const struct site *site)
{
    if (!cpu_is_user() && cpu_get(site->code[1] & 15) <= 4)
        ap_reset();
}

bool
ap_interrupts(uint16_t apqn)
{
    bool does;

    (void)pthread_rwlock_rdlock(&lock);
    does = guest && vap_tapq(guest, apqn, NULL).status & VAP_STATUS_INTERRUPTS;
    (void)pthread_rwlock_unlock(&lock);
    return does;
}

/* The status is the low half of general register 1. */
static void
set_status(struct vap_answer answer)
{
    cpu_set(1, (cpu_get(1) & ~(uint64_t)UINT32_MAX) | answer.status);
}

static void
set_low(unsigned n, uint64_t low)
{
    cpu_set(n, (cpu_get(n) & ~(uint64_t)UINT32_MAX) | (low & UINT32_MAX));
}

/** An instruction's work: its condition code, or -1 if it is QEMU's. Called
 * with the guest, or without when it has been given back. */
static int
tapq(const struct site *site)
{
    uint64_t gr2 = 0;
    struct vap_answer answer =
        guest ? vap_tapq(guest, cpu_get(0), &gr2) : not_available;

    (void)site;
    set_status(answer);
    cpu_set(2, gr2);
    return answer.cc;
}

static int
reset(const struct site *site)
{
    uint64_t gr0 = cpu_get(0);
    struct vap_answer answer = not_available;

    (void)site;
    if (guest)
        answer = (gr0 >> 24 & 0xff) == RAPQ ? vap_rapq(guest, gr0)
                                            : vap_zapq(guest, gr0);
    set_status(answer);
    return answer.cc;
}

/* What should be a specification exception is QEMU's operation exception. */
static int
aqic(const struct site *site)
{
    struct vap_answer answer = not_available;

    (void)site;
    if (!facilities_has_interrupts())
        return -1;
    if (guest)
        answer = vap_aqic(guest, cpu_get(0), cpu_get(1), cpu_get(2));
    if (answer.cc == VAP_CC_SPECIFICATION)
        return -1;
    set_status(answer);
    return answer.cc;
}

/* What the machine can, and its highest ids, stay what they were when there
 * is nobody to ask: it has lost its queues, and is no other machine. */
static int
qci(const struct site *site)
{
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    static uint8_t machine[16];
    uint8_t block[128] = { 0 };

    (void)site;
    if (guest)
        vap_qci(guest, block);
    (void)pthread_mutex_lock(&turn);
    if (block[0])
        memcpy(machine, block, sizeof(machine));
    memcpy(block, machine, sizeof(machine));
    (void)pthread_mutex_unlock(&turn);
    return cpu_write(cpu_get(2), block, sizeof(block)) ? 0 : -1;
}

static int
pqap(const struct site *site)
{
    static int (*const functions[])(const struct site *) = {
        [TAPQ] = tapq, [RAPQ] = reset, [ZAPQ] = reset,
        [AQIC] = aqic, [QCI] = qci,
    };
    uint64_t function = cpu_get(0) >> 24 & 0xff;

    return function < sizeof(functions) / sizeof(*functions)
               ? functions[function](site)
               : -1;
}

/* Pairs of registers begin with an even one. */
static unsigned
first_pair(const struct site *site)
{
    return site->code[3] >> 4 & 14;
}

static unsigned
second_pair(const struct site *site)
{
    return site->code[3] & 14;
}

static uint8_t *
message_room(void)
{
    static _Thread_local uint8_t room[LONGEST + 1];

    return room;
}

static int
nqap(const struct site *site)
{
    unsigned name = first_pair(site);
    unsigned where = second_pair(site);
    uint64_t length = cpu_get(where + 1);
    size_t n = length > LONGEST ? LONGEST + 1 : (size_t)length;
    uint64_t psmid = (cpu_get(name) << 32) | (cpu_get(name + 1) & UINT32_MAX);
    struct vap_answer answer = not_available;

    if (guest && !cpu_read(cpu_get(where), message_room(), n))
        return -1;
    if (guest)
        answer = vap_nqap(guest, cpu_get(0), psmid, message_room(), n);
    set_status(answer);
    return answer.cc;
}

/* What has been stored has left the buffer. */
static bool
store_reply(const struct site *site, const struct vap_reply *reply)
{
    unsigned where = second_pair(site);
    uint64_t address = cpu_get(where);

    if (!cpu_write(address, message_room(), reply->stored))
        return false;
    cpu_set(where, address + reply->stored);
    cpu_set(where + 1, cpu_get(where + 1) - reply->stored);
    return true;
}

static int
dqap(const struct site *site)
{
    unsigned name = first_pair(site);
    uint64_t room = cpu_get(second_pair(site) + 1);
    struct vap_reply reply = { .gr0 = cpu_get(0) };
    struct vap_answer answer = not_available;

    if (guest)
        answer = vap_dqap(guest, &reply, message_room(),
                          room > LONGEST ? LONGEST : (size_t)room);
    if (!store_reply(site, &reply))
        return -1;
    cpu_set(0, reply.gr0);
    cpu_set(2, reply.gr2);
    if (answer.cc == 0) {
        set_low(name, reply.psmid >> 32);
        set_low(name + 1, reply.psmid);
    }
    set_status(answer);
    return answer.cc;
}

void
ap_do(const struct site *site)
{
    static int (*const instructions[])(const struct site *) = {
        /* as they are numbered */
        nqap,
        dqap,
        pqap,
    };
    int cc;

    if (cpu_is_user())
        return;
    (void)pthread_rwlock_rdlock(&lock);
    cc = instructions[site->code[1] - NQAP](site);
    (void)pthread_rwlock_unlock(&lock);
    if (cc >= 0)
        cpu_go_on(site->address + 4, cc);
}
