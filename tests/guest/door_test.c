/* SPDX-License-Identifier: MIT */
/* Who gets an mdev, who does not, and what happens when it is let go. */
#include "guest/house.h"

#include "test.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

static const char *const a_has_four[] = {
    "a/assign_adapter 3",
    "a/assign_adapter 5",
    "a/assign_domain 4",
    "a/assign_domain 0x47",
    NULL,
};

static int
open_as(const struct house *house, const char *mdev, const char *name)
{
    struct vap_guest *guest = NULL;
    int r = vap_guest_open(house->socket, mdev, name, 0, &guest);

    vap_guest_close(guest);
    return r;
}

TEST(a_guest_has_the_queues_of_its_mdev_and_no_others)
{
    struct house house;
    struct vap_guest *guest;
    struct vap_apcb apcb;
    uint8_t qci[128];
    uint64_t gr2;

    house_up(&house);
    house_do_all(&house, a_has_four);
    guest = house_guest(&house, "a", 0);
    vap_guest_apcb(guest, &apcb);
    for (unsigned i = 0; i < 256; i++) {
        CHECK_INT(vap_ids_has(&apcb.adapters, i), i == 3 || i == 5);
        CHECK_INT(vap_ids_has(&apcb.domains, i), i == 4 || i == 0x47);
        CHECK_INT(vap_ids_has(&apcb.control, i), 0);
    }
    vap_qci(guest, qci);
    CHECK_INT(qci[0], 0xf0);
    CHECK_INT(qci[4], 0x0a);
    CHECK_INT(qci[5], 0x54);
    CHECK_INT(qci[16], 0x14);
    CHECK_INT(qci[48], 0x08);
    CHECK_INT(qci[48 + 8], 0x01);
    CHECK_INT(vap_tapq(guest, 0x0304, &gr2).status, VAP_STATUS_EMPTY);
    CHECK_INT(gr2 >> 32, 0x6a000000);
    CHECK_INT(vap_tapq(guest, 0x0354, &gr2).status, 0x00010000);
    CHECK_INT(gr2, 0);
    CHECK_INT(vap_guest_longest(guest, 0x0304), 12288);
    CHECK_INT(vap_guest_longest(guest, 0x0a04), 0);
    vap_guest_close(guest);
    house_down(&house);
}

TEST(a_guest_without_queues_is_on_a_machine_all_the_same)
{
    struct house house;
    struct vap_guest *guest;
    struct vap_apcb apcb;
    uint8_t qci[128];

    house_up(&house);
    guest = house_guest(&house, "b", 0);
    vap_qci(guest, qci);
    CHECK_INT(qci[0], 0xf0);
    CHECK_INT(qci[4], 0x0a);
    for (unsigned i = 16; i < sizeof(qci); i++)
        CHECK_INT(qci[i], 0);
    vap_guest_apcb(guest, &apcb);
    CHECK_INT(apcb.updates, 0);
    vap_guest_close(guest);
    house_down(&house);
}

TEST(who_cannot_have_an_mdev_is_told_why)
{
    static const struct {
        const char *mdev;
        const char *name;
        int answer;
        const char *why;
    } rows[] = {
        { "a", "one", -EBUSY, "a is open by a" },
        { "b", "a", -EPERM, "a has a open, and a guest has one mdev" },
        { "c", "one", -ENODEV, "there is no mdev c" },
        { "b", "no name", -EINVAL,
          "a guest's name is 1 to 64 letters, digits and - _ . :" },
        { "b", "", -EINVAL, "a guest's name of 0 bytes found" },
        { "b", "one", 0, "" },
    };
    struct house house;
    struct vap_guest *guest;

    house_up(&house);
    guest = house_guest(&house, "a", 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int r = open_as(&house, rows[i].mdev, rows[i].name);

        test_note("%s for %s: %s", rows[i].mdev, rows[i].name, vap_guest_why());
        CHECK_INT(r, rows[i].answer);
        if (r)
            CHECK(strstr(vap_guest_why(), rows[i].why));
    }
    vap_guest_close(guest);
    house_down(&house);
}

TEST(vapds_death_is_not_available_and_its_return_brings_the_mdev_back)
{
    struct house house;
    struct vap_guest *guest;
    struct vap_apcb apcb;
    char reply[12288];

    house_up(&house);
    house_do_all(&house, a_has_four);
    guest = house_guest(&house, "a", VAP_GUEST_RECONNECT);
    CHECK(house_ask(guest, 0x0304, "", 1, reply, sizeof(reply)) > 0);
    house_die(&house);
    house_await(guest, VAP_LOST);
    CHECK(!vap_guest_is_connected(guest));
    CHECK_INT(vap_tapq(guest, 0x0304, NULL).status, 0x00010000);
    CHECK_INT(house_ask(guest, 0x0304, "", 1, reply, sizeof(reply)), -1);
    vap_guest_apcb(guest, &apcb);
    CHECK_INT(apcb.adapters.byte[0], 0);
    house_return(&house);
    house_await(guest, VAP_BACK);
    house_await(guest, VAP_CHANGED);
    CHECK(house_ask(guest, 0x0304, "", 1, reply, sizeof(reply)) > 0);
    vap_guest_close(guest);
    house_down(&house);
}

TEST(a_guest_that_is_asked_to_let_go_can)
{
    struct house house;
    struct vap_guest *guest;

    house_up(&house);
    guest = house_guest(&house, "a", 0);
    CHECK_INT(house_do(&house, "remove a"), -EINPROGRESS);
    house_await(guest, VAP_REQUESTED);
    vap_guest_close(guest);
    CHECK_INT(house_do(&house, "remove a"), 0);
    CHECK_INT(open_as(&house, "a", "a"), -ENODEV);
    house_down(&house);
}

TEST(an_mdev_that_is_closed_from_outside_ends_its_guest)
{
    struct house house;
    struct vap_guest *guest;

    house_up(&house);
    guest = house_guest(&house, "a", 0);
    CHECK_INT(house_do(&house, "close a"), 0);
    house_await(guest, VAP_LOST);
    CHECK_INT(open_as(&house, "a", "a"), 0);
    vap_guest_close(guest);
    house_down(&house);
}

/* A store without room cannot record the end; the guest's mdev waits. */
TEST(a_guest_that_ends_while_nothing_can_be_recorded_is_closed_later)
{
    struct house house;
    struct vap_guest *guest;

    house_up(&house);
    guest = house_guest(&house, "a", 0);
    house.store_full = true;
    vap_guest_close(guest);
    CHECK_INT(open_as(&house, "a", "a"), -EBUSY);
    house.store_full = false;
    while (open_as(&house, "a", "a") == -EBUSY)
        (void)poll(NULL, 0, 100);
    house_down(&house);
}
