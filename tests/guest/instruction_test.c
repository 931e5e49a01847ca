/* SPDX-License-Identifier: MIT */
/* The instructions, register by register, as a driver meets them. */
#include "guest/house.h"

#include "test.h"

#include <poll.h>
#include <sched.h>
#include <string.h>

enum { APQN = 0x0347 };

/* AQIC's general register 1. */
static const uint64_t enable_isc_5 = 0x800000000005;

static struct vap_guest *
one_queue(struct house *house)
{
    house_up(house);
    house_do_all(house, (const char *const[]){ "a/assign_adapter 3",
                                               "a/assign_domain 0x47", NULL });
    return house_guest(house, "a", 0);
}

static unsigned
rc_of(struct vap_answer a)
{
    unsigned rc = VAP_STATUS_RC(a.status);

    CHECK_INT(a.cc, rc ? 3 : 0);
    return rc;
}

/* A request that comes back as it is: modular exponentiation with exponent 1,
 * and as long a reply as there is of RSA 4096, 528 bytes. */
static size_t
make_request(uint8_t request[1552])
{
    memset(request, 0, 1552);
    request[1] = 0x50;
    request[2] = 1552 >> 8;
    request[3] = 1552 & 0xff;
    request[9] = 3;
    request[16 + 511] = 1;
    memset(request + 16 + 512, 0xff, 512);
    for (int i = 0; i < 500; i++)
        request[1552 - 500 + i] = (uint8_t)i;
    return 1552;
}

/* Waits for the card, not for longer than it takes. */
static uint32_t
await_reply(struct vap_guest *guest)
{
    struct vap_answer a;

    do {
        (void)sched_yield();
        a = vap_tapq(guest, APQN, NULL);
    } while (!(a.status & VAP_STATUS_REPLIES));
    return a.status;
}

static void
ask(struct vap_guest *guest, uint64_t psmid)
{
    uint8_t request[1552];
    size_t n = make_request(request);

    CHECK_INT(rc_of(vap_nqap(guest, VAP_NQAP_LAST | APQN, psmid, request, n)),
              0);
}

TEST(a_reply_larger_than_the_buffer_comes_in_parts)
{
    static const uint64_t psmid = 0x0123456789abcdef;
    struct vap_reply r = { .gr0 = VAP_DQAP_NEW | APQN };
    struct house house;
    struct vap_guest *guest = one_queue(&house);
    uint8_t part[200];
    uint8_t whole[600];
    uint64_t gr0;

    ask(guest, psmid);
    (void)await_reply(guest);
    for (int i = 0; i < 2; i++) {
        struct vap_answer a = vap_dqap(guest, &r, part, sizeof(part));

        CHECK_INT(a.cc, 2);
        CHECK_INT(a.status, 0);
        CHECK_INT(r.stored, sizeof(part));
        CHECK_INT(r.gr2, 528 - (i + 1) * 200);
        CHECK(r.gr0 && !(r.gr0 & VAP_DQAP_NEW));
        CHECK_INT(part[199], i ? (uint8_t)(399 - 28) : (uint8_t)(199 - 28));
    }
    gr0 = r.gr0;
    r.gr0 = VAP_DQAP_NEW | APQN; /* again from its beginning */
    CHECK_INT(vap_dqap(guest, &r, part, sizeof(part)).cc, 2);
    CHECK_INT(r.gr2, 328);
    CHECK_INT(r.gr0, gr0);
    CHECK_INT(rc_of(vap_dqap(guest, &r, whole, sizeof(whole))), 0);
    CHECK_INT(r.stored, 328);
    CHECK_INT(r.gr2, 0);
    CHECK(r.psmid == psmid);
    CHECK_INT(whole[327], (uint8_t)499);
    CHECK_INT(rc_of(vap_dqap(guest, &r, whole, sizeof(whole))),
              VAP_RESPONSE_NO_FIRST_PART);
    r.gr0 = VAP_DQAP_NEW | APQN;
    CHECK_INT(rc_of(vap_dqap(guest, &r, whole, sizeof(whole))),
              VAP_RESPONSE_NO_REPLY);
    vap_guest_close(guest);
    house_down(&house);
}

TEST(what_nqap_does_not_take_is_told_by_code)
{
    static uint8_t message[12289];
    struct house house;
    struct vap_guest *guest = one_queue(&house);

    CHECK_INT(rc_of(vap_nqap(guest, APQN, 1, message, 8)),
              VAP_RESPONSE_NO_FIRST_PART);
    CHECK_INT(rc_of(vap_nqap(guest, VAP_NQAP_LAST | APQN, 1, message, 12289)),
              VAP_RESPONSE_TOO_BIG);
    CHECK_INT(rc_of(vap_nqap(guest, VAP_NQAP_LAST | 0x0348, 1, message, 8)),
              VAP_RESPONSE_NOT_AVAILABLE);
    for (int i = 0; i < 8; i++)
        CHECK_INT(
            rc_of(vap_nqap(guest, VAP_NQAP_LAST | APQN, 1, message, 12288)), 0);
    CHECK_INT(rc_of(vap_nqap(guest, VAP_NQAP_LAST | APQN, 1, message, 8)),
              VAP_RESPONSE_FULL);
    CHECK(vap_tapq(guest, APQN, NULL).status & VAP_STATUS_FULL);
    vap_guest_close(guest);
    house_down(&house);
}

/* ... by RAPQ and ZAPQ; only the latter disables interrupts. */
/* While the queue has another AQIC or reset under way, it is busy. */
static struct vap_answer
aqic(struct vap_guest *guest, uint16_t apqn, uint64_t gr1, uint64_t nib)
{
    struct vap_answer a;

    do {
        a = vap_aqic(guest, apqn, gr1, nib);
    } while (rc_of(a) == VAP_RESPONSE_BUSY);
    return a;
}

static void
reset(struct vap_guest *guest, bool zeroize)
{
    struct vap_answer a;

    do {
        a = zeroize ? vap_zapq(guest, APQN) : vap_rapq(guest, APQN);
    } while (rc_of(a) == VAP_RESPONSE_BUSY);
    CHECK_INT(rc_of(a), 0);
    do {
        a = vap_tapq(guest, APQN, NULL);
    } while (rc_of(a) == VAP_RESPONSE_RESETTING);
    CHECK_INT(rc_of(a), 0);
}

static void
set_interrupts(struct vap_guest *guest, bool on)
{
    uint64_t gr1 = on ? enable_isc_5 : 0;
    struct vap_answer a = aqic(guest, APQN, gr1, 0x2345000);

    CHECK_INT(rc_of(a), 0);
    do {
        a = vap_tapq(guest, APQN, NULL);
    } while (on != ((a.status & VAP_STATUS_INTERRUPTS) != 0));
}

TEST(a_reset_empties_a_queue)
{
    struct house house;
    struct vap_guest *guest = one_queue(&house);

    for (int zeroize = 0; zeroize < 2; zeroize++) {
        set_interrupts(guest, true);
        ask(guest, 1);
        (void)await_reply(guest);
        ask(guest, 2);
        reset(guest, zeroize);
        CHECK_INT(vap_tapq(guest, APQN, NULL).status,
                  zeroize ? VAP_STATUS_EMPTY
                          : VAP_STATUS_EMPTY | VAP_STATUS_INTERRUPTS);
        if (!zeroize)
            set_interrupts(guest, false);
    }
    vap_guest_close(guest);
    house_down(&house);
}

TEST(aqic_says_why_nothing_changes)
{
    struct house house;
    struct vap_guest *guest = one_queue(&house);

    CHECK_INT(rc_of(aqic(guest, APQN, 0, 0)), VAP_RESPONSE_NO_CHANGE);
    CHECK_INT(rc_of(aqic(guest, APQN, enable_isc_5, 0)),
              VAP_RESPONSE_INVALID_ADDRESS);
    set_interrupts(guest, true);
    CHECK_INT(rc_of(aqic(guest, APQN, enable_isc_5, 1)),
              VAP_RESPONSE_NO_CHANGE);
    CHECK_INT(rc_of(aqic(guest, 0x0348, enable_isc_5, 1)),
              VAP_RESPONSE_NOT_AVAILABLE);
    vap_guest_close(guest);
    house_down(&house);
}

static struct vap_event
next_interrupt(struct vap_guest *guest)
{
    struct pollfd fd = { vap_guest_fd(guest), POLLIN, 0 };
    struct vap_event event;

    for (;;) {
        if (vap_guest_event(guest, &event) && event.kind == VAP_INTERRUPT)
            return event;
        if (event.kind == VAP_NOTHING)
            CHECK_INT(poll(&fd, 1, 60000), 1);
    }
}

static unsigned
turn(struct vap_guest *guest, bool on)
{
    return rc_of(aqic(guest, APQN, on ? enable_isc_5 : 0, 0x1000));
}

/* The mdev, the address, the hardware: in this order. */
TEST(aqic_looks_at_the_hardware_last)
{
    static const char *const states[] = { "card 3 deconfigure",
                                          "card 3 configure",
                                          "card 3 checkstop", "card 3 recover",
                                          NULL };
    struct house house;
    struct vap_guest *guest = one_queue(&house);

    for (int i = 0; states[i]; i++) {
        CHECK_INT(house_do(&house, states[i]), 0);
        CHECK_INT(rc_of(vap_aqic(guest, VAP_PQAP_AQIC | APQN, enable_isc_5, 0)),
                  VAP_RESPONSE_INVALID_ADDRESS);
    }
    for (unsigned bit = 0; bit < 7; bit++)
        CHECK_INT(vap_aqic(guest, VAP_PQAP_AQIC | APQN | 0x10000u << bit,
                           enable_isc_5, 0x1000)
                      .cc,
                  VAP_CC_SPECIFICATION);
    CHECK_INT(turn(guest, true), 0);
    vap_guest_close(guest);
    house_down(&house);
}

/* 03.0054 is unbound: the adapter is not the guest's, 03.0047 still linked. */
TEST(aqic_is_for_what_vfio_ap_has_not_for_what_the_guest_has)
{
    struct house house;
    struct vap_guest *guest = one_queue(&house);

    CHECK_INT(house_do(&house, "a/assign_domain 0x54"), 0);
    CHECK_INT(house_do(&house, "unbind vfio_ap 03.0054"), 0);
    CHECK_INT(rc_of(vap_tapq(guest, APQN, NULL)), VAP_RESPONSE_NOT_AVAILABLE);
    CHECK_INT(rc_of(vap_aqic(guest, VAP_PQAP_AQIC | 0x0354, enable_isc_5, 1)),
              VAP_RESPONSE_NOT_AVAILABLE);
    CHECK_INT(turn(guest, true), 0);
    CHECK_INT(turn(guest, true), VAP_RESPONSE_NO_CHANGE);
    CHECK_INT(house_do(&house, "card 3 checkstop"), 0);
    CHECK_INT(turn(guest, true), VAP_RESPONSE_CHECKSTOPPED);
    CHECK_INT(house_do(&house, "card 3 recover"), 0);
    /* it comes to the guest as it is */
    CHECK_INT(house_do(&house, "bind vfio_ap 03.0054"), 0);
    CHECK(vap_tapq(guest, APQN, NULL).status & VAP_STATUS_INTERRUPTS);
    /* and leaves it reset */
    CHECK_INT(house_do(&house, "unbind vfio_ap 03.0054"), 0);
    CHECK_INT(turn(guest, false), VAP_RESPONSE_NO_CHANGE);
    CHECK_INT(house_do(&house, "unbind vfio_ap 03.0047"), 0);
    CHECK_INT(turn(guest, true), VAP_RESPONSE_NOT_AVAILABLE);
    vap_guest_close(guest);
    house_down(&house);
}

/* The hardware has lost it, and no scan has seen that yet. */
TEST(a_queue_that_is_not_available_says_nothing_of_itself)
{
    struct house house;
    struct vap_guest *guest = one_queue(&house);
    uint64_t gr2 = 1;

    CHECK_INT(house_do(&house, "hardware adapter 3 leaves"), 0);
    CHECK_INT(vap_tapq(guest, APQN, &gr2).status, 0x00010000);
    CHECK_INT(gr2, 0);
    vap_guest_close(guest);
    house_down(&house);
}

TEST(an_interrupt_says_where_it_goes)
{
    struct house house;
    struct vap_guest *guest = one_queue(&house);
    struct vap_reply r = { .gr0 = VAP_DQAP_NEW | APQN };
    struct vap_event event;
    uint8_t buffer[600];

    set_interrupts(guest, true);
    for (int i = 0; i < 100; i++) {
        ask(guest, 1);
        event = next_interrupt(guest);
        CHECK_INT(event.apqn, APQN);
        CHECK_INT(event.isc, 5);
        CHECK_INT(event.nib, 0x2345000);
        CHECK_INT(rc_of(vap_dqap(guest, &r, buffer, sizeof(buffer))), 0);
    }
    set_interrupts(guest, false);
    ask(guest, 1);
    (void)await_reply(guest);
    CHECK(!vap_guest_event(guest, &event));
    vap_guest_close(guest);
    house_down(&house);
}
