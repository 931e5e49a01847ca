/* SPDX-License-Identifier: MIT */
/* Faults of cards, from what somebody says to the host to what a guest meets:
 * at once, and no longer when undone. */
#include "guest/house.h"

#include "matrix/host.h"
#include "test.h"

#include <string.h>
#include <time.h>

struct fault {
    struct host_request request;
    int answer;
};

static void
ask_fault(struct house *house, void *data)
{
    struct fault *f = data;
    struct refusal refusal;

    f->answer =
        house->owner.change(&house->owner, NULL, &f->request, 1, &refusal);
}

static void
fault(struct house *house, enum device_fault kind, int64_t value)
{
    struct fault f = { .request = { .setting = HOST_CARD_FAULT,
                                    .adapter = 3,
                                    .fault = kind,
                                    .value = value } };

    house_call(house, ask_fault, &f);
    CHECK_INT(f.answer, 0);
}

static void
read_fault(struct house *house, void *data)
{
    *(uint32_t *)data =
        devices_fault(house->owner.host, 0x0347, FAULT_CHECKSTOP);
}

static void
read_state(struct house *house, void *data)
{
    *(uint32_t *)data = house->owner.host->engine->queue[3][0x54].state;
}

/* A guest with two queues of card 3. */
static struct vap_guest *
guest_up(struct house *house)
{
    house_up(house);
    house_do_all(house, (const char *const[]){ "a/assign_adapter 3",
                                               "a/assign_domain 0x47",
                                               "a/assign_domain 0x54", NULL });
    return house_guest(house, "a", 0);
}

static unsigned
post(struct vap_guest *guest, uint16_t apqn)
{
    return VAP_STATUS_RC(
        vap_nqap(guest, VAP_NQAP_LAST | apqn, apqn, "", 1).status);
}

static void
pause_briefly(void)
{
    const struct timespec t = { .tv_nsec = 200000 };

    (void)nanosleep(&t, NULL);
}

/* Until the queue's status, but for its response code, is this. */
static void
wait_status(struct vap_guest *guest, uint16_t apqn, uint32_t status)
{
    uint32_t now = 0;

    for (int i = 0; i < 50000; i++) {
        now = vap_tapq(guest, apqn, NULL).status;
        if (now == status)
            return;
        pause_briefly();
    }
    CHECK_INT(now, status);
}

static int
ask(struct vap_guest *guest, uint16_t apqn, uint8_t *reply)
{
    return house_ask(guest, apqn, "", 1, reply, 12288);
}

TEST(requests_of_a_card_that_hangs_or_is_slow_wait_and_go_on_when_undone)
{
    static const struct {
        enum device_fault fault;
        int64_t value;
    } rows[] = { { FAULT_HANG, 1 }, { FAULT_SLOW, 3600000 } };
    struct house house;
    struct vap_guest *guest = guest_up(&house);

    for (size_t i = 0; i < 2; i++) {
        uint8_t reply[16];
        struct vap_reply r = { .gr0 = VAP_DQAP_NEW | 0x0347 };

        fault(&house, rows[i].fault, rows[i].value);
        CHECK_INT(post(guest, 0x0347), 0);
        for (int k = 0; k < 20; k++)
            pause_briefly();
        CHECK_INT(vap_tapq(guest, 0x0347, NULL).status, 0);
        fault(&house, rows[i].fault, 0);
        wait_status(guest, 0x0347, VAP_STATUS_REPLIES);
        CHECK_INT(vap_dqap(guest, &r, reply, sizeof(reply)).cc, 0);
        CHECK_INT(r.stored, 8);
    }
    vap_guest_close(guest);
    house_down(&house);
}

TEST(dropped_requests_leave_an_empty_queue)
{
    struct house house;
    struct vap_guest *guest = guest_up(&house);
    uint8_t reply[12288];

    fault(&house, FAULT_DROP, 1);
    CHECK_INT(post(guest, 0x0347), 0);
    wait_status(guest, 0x0347, VAP_STATUS_EMPTY);
    fault(&house, FAULT_DROP, 0);
    CHECK_INT(ask(guest, 0x0347, reply), 8);
    vap_guest_close(guest);
    house_down(&house);
}

TEST(wrong_replies_are_wrong_in_their_last_bit)
{
    struct house house;
    struct vap_guest *guest = guest_up(&house);
    uint8_t right[12288];
    uint8_t wrong[12288];

    CHECK_INT(ask(guest, 0x0347, right), 8);
    fault(&house, FAULT_WRONG, 1);
    CHECK_INT(ask(guest, 0x0347, wrong), 8);
    CHECK(memcmp(right, wrong, 7) == 0);
    CHECK_INT(right[7] ^ wrong[7], 1);
    vap_guest_close(guest);
    house_down(&house);
}

TEST(a_queue_is_as_deep_as_the_fault_says)
{
    struct house house;
    struct vap_guest *guest = guest_up(&house);

    fault(&house, FAULT_HANG, 1);
    fault(&house, FAULT_DEPTH, 2);
    CHECK_INT(post(guest, 0x0347), 0);
    CHECK_INT(post(guest, 0x0347), 0);
    CHECK_INT(post(guest, 0x0347), VAP_RESPONSE_FULL);
    CHECK_INT(vap_tapq(guest, 0x0347, NULL).status, VAP_STATUS_FULL);
    fault(&house, FAULT_DEPTH, 0);
    CHECK_INT(post(guest, 0x0347), 0);
    vap_guest_close(guest);
    house_down(&house);
}

TEST(a_reset_that_hangs_is_in_progress_until_undone)
{
    struct house house;
    struct vap_guest *guest = guest_up(&house);

    fault(&house, FAULT_RESET_HANG, 1);
    CHECK_INT(vap_zapq(guest, VAP_PQAP_ZAPQ | 0x0347).cc, 0);
    for (int k = 0; k < 20; k++)
        pause_briefly();
    CHECK_INT(VAP_STATUS_RC(vap_tapq(guest, 0x0347, NULL).status),
              VAP_RESPONSE_RESETTING);
    CHECK_INT(post(guest, 0x0347), VAP_RESPONSE_RESETTING);
    CHECK_INT(post(guest, 0x0354), 0); /* the other is well */
    fault(&house, FAULT_RESET_HANG, 0);
    wait_status(guest, 0x0347, VAP_STATUS_EMPTY);
    vap_guest_close(guest);
    house_down(&house);
}

/* And says what it is all the while, as the bus wants to know. */
TEST(a_card_that_cannot_work_answers_each_instruction_with_its_code)
{
    static const struct {
        const char *words;
        const char *undo;
        unsigned rc;
    } rows[] = {
        { "card 3 deconfigure", "card 3 configure", VAP_RESPONSE_DECONFIGURED },
        { "card 3 checkstop", "card 3 recover", VAP_RESPONSE_CHECKSTOPPED },
    };
    struct house house;
    struct vap_guest *guest = guest_up(&house);
    uint8_t reply[12288];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vap_reply r = { .gr0 = VAP_DQAP_NEW | 0x0347 };
        uint64_t info = 0;

        test_note("%s", rows[i].words);
        CHECK_INT(house_do(&house, rows[i].words), 0);
        CHECK_INT(VAP_STATUS_RC(vap_tapq(guest, 0x0347, &info).status),
                  rows[i].rc);
        CHECK(info);
        CHECK_INT(post(guest, 0x0347), rows[i].rc);
        CHECK_INT(VAP_STATUS_RC(vap_dqap(guest, &r, reply, 16).status),
                  rows[i].rc);
        CHECK_INT(VAP_STATUS_RC(vap_rapq(guest, 0x0347).status), rows[i].rc);
        CHECK_INT(VAP_STATUS_RC(vap_zapq(guest, 0x0347).status), rows[i].rc);
        CHECK_INT(VAP_STATUS_RC(
                      vap_aqic(guest, 0x0347, 0x800000000000, 0x1000).status),
                  rows[i].rc);
        CHECK_INT(house_do(&house, rows[i].undo), 0);
        CHECK_INT(ask(guest, 0x0347, reply), 8);
    }
    vap_guest_close(guest);
    house_down(&house);
}

/* The request stops its card: every queue of it, as the host has it too. */
TEST(a_checkstop_in_the_middle_of_a_request_takes_the_card_along)
{
    struct house house;
    struct vap_guest *guest = guest_up(&house);
    uint8_t reply[12288];
    uint32_t value = 1;

    fault(&house, FAULT_CHECKSTOP, 1);
    CHECK_INT(post(guest, 0x0347), 0);
    wait_status(guest, 0x0354,
                VAP_RESPONSE_CHECKSTOPPED << 16 | VAP_STATUS_EMPTY);
    CHECK_INT(VAP_STATUS_RC(vap_tapq(guest, 0x0347, NULL).status),
              VAP_RESPONSE_CHECKSTOPPED);
    house_call(&house, read_state, &value);
    CHECK_INT(value, VAP_RC_CHECKSTOPPED);
    house_call(&house, read_fault, &value);
    CHECK_INT(value, 0);
    CHECK_INT(house_do(&house, "card 3 recover"), 0);
    CHECK_INT(ask(guest, 0x0347, reply), 8);
    CHECK_INT(ask(guest, 0x0354, reply), 8);
    vap_guest_close(guest);
    house_down(&house);
}

TEST(a_guest_that_comes_later_meets_the_fault_as_well)
{
    struct house house;
    struct vap_guest *guest = guest_up(&house);

    vap_guest_close(guest);
    fault(&house, FAULT_DEPTH, 1);
    fault(&house, FAULT_HANG, 1);
    while (vap_guest_open(house.socket, "a", NULL, 0, &guest) < 0)
        pause_briefly(); /* until vapd has seen the other go */
    CHECK_INT(post(guest, 0x0347), 0);
    CHECK_INT(post(guest, 0x0347), VAP_RESPONSE_FULL);
    vap_guest_close(guest);
    house_down(&house);
}
