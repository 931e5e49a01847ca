/* SPDX-License-Identifier: MIT */
/* Two guests, one queue that goes back and forth between them, and nothing of
 * the one that the other ever sees. */
#include "guest/house.h"

#include "guest/lib.h"
#include "test.h"

#include <stdatomic.h>
#include <string.h>

enum { REQUEST = 400, APQN = 0x0347 };

/* Modular exponentiation with exponent 1: the reply is the message, which is
 * this byte 100 times. */
static void
make_request(uint8_t mark, uint8_t request[REQUEST])
{
    static const uint8_t header[16] = { 0, 0x50, 0x01, 0x90, 0, 0, 0, 0, 0, 1 };

    memset(request, 0, REQUEST);
    memcpy(request, header, sizeof(header));
    request[16 + 127] = 1;
    memset(request + 16 + 128, 0xff, 128);
    memset(request + REQUEST - 100, mark, 100);
}

/** A guest that uses its queue as long as it has it, and reads all of its
 *  memory to find what is not its own. */
struct spy {
    const char *mdev;
    uint8_t mark;
    uint8_t foreign; /* mark of the other */
    struct vap_guest *guest;
    pthread_t user;
    pthread_t reader;
    _Atomic bool *over;
    _Atomic unsigned right;
    _Atomic unsigned wrong;
    _Atomic unsigned own; /* places with its own mark: it can be found */
    _Atomic unsigned found; /* ... with the other's */
};

static void *
use(void *data)
{
    struct spy *spy = data;
    uint8_t request[REQUEST];
    uint8_t reply[12288];

    make_request(spy->mark, request);
    while (!*spy->over) {
        int n =
            house_ask(spy->guest, APQN, request, REQUEST, reply, sizeof(reply));

        if (n <= 0)
            continue; /* not its turn to have it */
        for (int i = n - 100; i < n && n >= 116; i++)
            if (reply[i] != spy->mark)
                (void)atomic_fetch_add(&spy->wrong, 1);
        (void)atomic_fetch_add(&spy->right, 1);
    }
    return NULL;
}

/* 16 bytes of the other's mark are no accident: a guest itself writes only
 * its own, zeros and ones. It looks while that is being written. */
__attribute__((no_sanitize("thread"))) static unsigned
search(const volatile uint8_t *at, size_t size, uint8_t mark)
{
    unsigned found = 0;
    unsigned run = 0;

    for (size_t i = 0; i < size; i++) {
        run = at[i] == mark ? run + 1 : 0;
        found += run == 16;
    }
    return found;
}

static void *
read_all(void *data)
{
    struct spy *spy = data;

    while (!*spy->over) {
        const struct lib_session *session = lib_enter(spy->guest);
        struct wire_slots *block =
            session ? atomic_load(&session->block[0]) : NULL;

        for (int i = 0; i < 3 && block; i++) {
            const uint8_t *at = (const uint8_t *)&block->slots[i];
            size_t size = 4096 + 2 * SLOTS_MESSAGE;

            (void)atomic_fetch_add(&spy->own, search(at, size, spy->mark));
            (void)atomic_fetch_add(&spy->found, search(at, size, spy->foreign));
        }
        lib_leave(spy->guest);
    }
    return NULL;
}

static void
spy_begin(struct spy *spy, const struct house *house)
{
    spy->guest = house_guest(house, spy->mdev, 0);
    CHECK_INT(pthread_create(&spy->user, NULL, use, spy), 0);
    CHECK_INT(pthread_create(&spy->reader, NULL, read_all, spy), 0);
}

static void
spy_end(struct spy *spy)
{
    (void)pthread_join(spy->user, NULL);
    (void)pthread_join(spy->reader, NULL);
    vap_guest_close(spy->guest);
    test_note("%s: %u right, %u wrong, %u found", spy->mdev, spy->right,
              spy->wrong, spy->found);
    CHECK_INT(spy->wrong, 0);
    CHECK_INT(spy->found, 0);
    CHECK(spy->right > 0 && spy->own > 0);
}

static void
wait_for_more(const struct spy *spy)
{
    unsigned now = spy->right;

    while (spy->right == now)
        (void)sched_yield();
}

/* The guest has used what it has, and has looked at its memory then. */
static void
wait_for_both(const struct spy *spy)
{
    unsigned own = spy->own;

    wait_for_more(spy);
    while (spy->own == own)
        (void)sched_yield();
}

TEST(a_queue_that_changes_hands_brings_nothing_along)
{
    static const char *const words[][2] = {
        { "a/unassign_domain 0x47", "b/assign_domain 0x47" },
        { "b/unassign_domain 0x47", "a/assign_domain 0x47" },
    };
    struct house house;
    _Atomic bool over = false;
    struct spy a = {
        .mdev = "a", .mark = 0xa5, .foreign = 0xb6, .over = &over
    };
    struct spy b = {
        .mdev = "b", .mark = 0xb6, .foreign = 0xa5, .over = &over
    };

    house_up(&house);
    house_do_all(&house, (const char *const[]){
                             "a/assign_adapter 3", "b/assign_adapter 3",
                             "a/assign_domain 4", "b/assign_domain 0x54",
                             "a/assign_domain 0x47", NULL });
    spy_begin(&a, &house);
    spy_begin(&b, &house);
    for (int i = 0; i < 100; i++) {
        wait_for_both(i % 2 ? &b : &a);
        CHECK_INT(house_do(&house, words[i % 2][0]), 0);
        CHECK_INT(house_do(&house, words[i % 2][1]), 0);
    }
    over = true;
    spy_end(&a);
    spy_end(&b);
    house_down(&house);
}

/* --- several processors of one guest ---------------------------------------
 */

enum { PROCESSORS = 4, REQUESTS = 500, ALL = PROCESSORS * REQUESTS };

struct crowd {
    struct vap_guest *guest;
    _Atomic unsigned seen[ALL]; /* by psmid */
    _Atomic unsigned taken;
    _Atomic unsigned number;
};

static void
take_one(struct crowd *crowd)
{
    uint8_t buffer[12288];
    struct vap_reply reply = { .gr0 = VAP_DQAP_NEW | APQN };

    if (vap_dqap(crowd->guest, &reply, buffer, sizeof(buffer)).cc != 0)
        return;
    if (reply.psmid < ALL)
        (void)atomic_fetch_add(&crowd->seen[reply.psmid], 1);
    (void)atomic_fetch_add(&crowd->taken, 1);
}

static void *
crowd_in(void *data)
{
    struct crowd *crowd = data;
    unsigned first = REQUESTS * atomic_fetch_add(&crowd->number, 1);

    for (unsigned i = 0; i < REQUESTS;) {
        if (vap_nqap(crowd->guest, VAP_NQAP_LAST | APQN, first + i, "", 1).cc ==
            0)
            i++;
        take_one(crowd);
    }
    while (crowd->taken < ALL)
        take_one(crowd);
    return NULL;
}

TEST(each_reply_comes_once_to_one_of_many_processors)
{
    static struct crowd crowd;
    struct house house;
    pthread_t threads[PROCESSORS];

    house_up(&house);
    house_do_all(&house, (const char *const[]){ "a/assign_adapter 3",
                                                "a/assign_domain 0x47", NULL });
    crowd.guest = house_guest(&house, "a", 0);
    for (int i = 0; i < PROCESSORS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, crowd_in, &crowd), 0);
    for (int i = 0; i < PROCESSORS; i++)
        (void)pthread_join(threads[i], NULL);
    for (int i = 0; i < ALL; i++)
        CHECK_INT(crowd.seen[i], 1);
    vap_guest_close(crowd.guest);
    house_down(&house);
}
