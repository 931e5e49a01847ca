/* SPDX-License-Identifier: MIT */
#include "host/host.h"

#include "base/auto.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

/* All queues there can be, all of them for guests. */
static struct host *
large_host(void)
{
    struct host_boot boot = {
        .rule = &vap_rule_state,
        .kernel = VAP_LINUX_7_2,
        .config = { .apxa = true, .last_adapter = 255, .last_domain = 255 }
    };
    struct host *host = NULL;

    boot.config.ids.adapters = boot.config.ids.domains = vap_mask_all();
    CHECK_INT(host_new(&boot, &host), 0);
    return host;
}

static const char *
mdev_name(unsigned number)
{
    static char name[16];

    (void)snprintf(name, sizeof(name), "m%u", number);
    return name;
}

static enum vap_verdict
create(struct host *host, const char *name)
{
    struct vap_request r = { .op = VAP_CREATE, .mdev = host_slot(host, name) };

    return host_do(host, &r, NULL);
}

static enum vap_verdict
assign(struct host *host, uint32_t mdev, enum vap_op op, uint64_t id)
{
    struct vap_request r = { .op = op, .mdev = mdev, .id = id };

    return host_do(host, &r, NULL);
}

TEST(slots_grow_and_keep_what_they_hold)
{
    AUTO(host_done) struct host *host = large_host();

    for (unsigned i = 0; i < 200; i++) {
        CHECK_INT(create(host, mdev_name(i)), VAP_OK);
        CHECK_INT(assign(host, i, VAP_ASSIGN_ADAPTER, i), VAP_OK);
        CHECK_INT(assign(host, i, VAP_ASSIGN_DOMAIN, 7), VAP_OK);
    }
    for (unsigned i = 0; i < 200; i++) {
        CHECK_INT(host_mdev(host, mdev_name(i)), i);
        CHECK_STR(host_mdev_name(host, i), mdev_name(i));
        CHECK(vap_mask_has(&host->engine->mdevs[i].guest.adapters, i));
        CHECK_INT(vap_host_owner(host->engine, VAP_APQN(i, 7)), i);
    }
    CHECK_INT(host_mdev(host, "m200"), NAMES_NONE);
}

TEST(a_name_without_an_mdev_is_a_slot_and_no_mdev)
{
    AUTO(host_done) struct host *host = large_host();

    CHECK_INT(host_slot(host, "a"), 0);
    CHECK_INT(host_slot(host, "a"), 0);
    CHECK_INT(host_mdev(host, "a"), NAMES_NONE);
    CHECK_INT(create(host, "a"), VAP_OK);
    CHECK_INT(create(host, "a"), VAP_EXISTS);
    CHECK_INT(host_mdev(host, "a"), 0);
}

static struct host *
host_with_all_names(void)
{
    struct host *host = large_host();

    for (unsigned i = 0; i < VAP_MDEVS; i++)
        CHECK_INT(host_slot(host, mdev_name(i)), i);
    CHECK_INT(host_plan(host, NULL, 0, NULL), VAP_OK);
    return host;
}

TEST(the_slot_of_an_mdev_that_has_gone_takes_another_name)
{
    AUTO(host_done) struct host *host = host_with_all_names();

    CHECK_INT(create(host, "m0"), VAP_OK);
    CHECK_INT(create(host, "m2"), VAP_OK);
    CHECK(!host_full(host));
    CHECK_INT(host_slot(host, "new"), 1);
    CHECK_STR(host_mdev_name(host, 1), "new");
    CHECK_INT(create(host, "new"), VAP_OK);
    CHECK_INT(host_slot(host, "m1"), 3); /* it had been 1's */
    CHECK_INT(host_mdev(host, "m0"), 0);
    CHECK_INT(host_mdev(host, "m2"), 2);
}

TEST(with_an_mdev_in_every_slot_there_is_none_for_another)
{
    AUTO(host_done) struct host *host = host_with_all_names();

    for (unsigned i = 0; i < VAP_MDEVS; i++)
        host->slots[i].exists = true;
    CHECK(host_full(host));
    CHECK_INT(host_slot(host, "new"), NAMES_NONE);
    CHECK_INT(host_slot(host, "m65535"), 65535);
    host->slots[65535].exists = false;
    CHECK_INT(host_plan(host, NULL, 0, NULL), VAP_OK);
    CHECK(!host_full(host));
    CHECK_INT(host_slot(host, "new"), 65535);
    CHECK_INT(host_plan(host, NULL, 0, NULL), VAP_OK);
    CHECK_INT(host_slot(host, "newer"), 65535); /* none had been made of it */
}

/* Of two free slots, when all names have been given. */
TEST(a_list_of_requests_never_speaks_of_one_slot_by_two_names)
{
    AUTO(host_done) struct host *host = host_with_all_names();
    struct vap_request list[2] = { { .op = VAP_CREATE }, { .op = VAP_CREATE } };

    for (unsigned i = 0; i < VAP_MDEVS; i++)
        host->slots[i].exists = i != 7 && i != 9;
    list[0].mdev = host_slot(host, "first");
    list[1].mdev = host_slot(host, "second");
    CHECK_INT(host_slot(host, "third"), NAMES_NONE);
    CHECK(host_full(host));
    CHECK_INT(list[0].mdev, 7);
    CHECK_INT(list[1].mdev, 9);
    CHECK_STR(host_mdev_name(host, 7), "first");
    CHECK_STR(host_mdev_name(host, 9), "second");
}

/* 253 names are all there are numbers for. */
TEST(nor_of_one_driver_by_two_names)
{
    AUTO(host_done) struct host *host = large_host();
    unsigned first;

    for (unsigned i = 0; host_driver(host, mdev_name(i)) < 256; i++)
        ;
    CHECK_INT(host_plan(host, NULL, 0, NULL), VAP_OK);
    first = host_driver(host, "one");
    CHECK(first < 256);
    CHECK(host_driver(host, "other") != first);
    CHECK_STR(host_driver_name(host, first), "one");
}

TEST(a_copy_goes_its_own_way)
{
    AUTO(host_done) struct host *host = large_host();
    AUTO(host_done) struct host *copy = NULL;

    CHECK_INT(create(host, "a"), VAP_OK);
    CHECK_INT(host_vm(host, "k"), 1);
    CHECK_INT(host_copy(host, &copy), 0);
    CHECK(host_equal(host, copy));
    CHECK_INT(assign(copy, host_mdev(copy, "a"), VAP_ASSIGN_ADAPTER, 3),
              VAP_OK);
    CHECK_INT(create(copy, "b"), VAP_OK);
    CHECK_STR(host_vm_name(copy, 1), "k");
    CHECK(vap_mask_empty(&host->engine->mdevs[0].matrix.adapters));
    CHECK_INT(host_mdev(host, "b"), NAMES_NONE);
    CHECK(!host_equal(host, copy));
}

TEST(virtual_machines_are_numbered_from_1)
{
    AUTO(host_done) struct host *host = large_host();

    CHECK_INT(host_vm(host, "a"), 1);
    CHECK_INT(host_vm(host, "b"), 2);
    CHECK_INT(host_vm(host, "a"), 1);
    CHECK_STR(host_vm_name(host, 2), "b");
    CHECK_STR(host_vm_name(host, 0), "?");
    CHECK_STR(host_vm_name(host, 3), "?");
}

TEST(virtual_machines_that_have_gone_are_forgotten)
{
    AUTO(host_done) struct host *host = large_host();
    struct vap_request open = { .op = VAP_OPEN_MDEV, .vm = host_vm(host, "k") };
    char name[16];

    CHECK_INT(create(host, "a"), VAP_OK);
    CHECK_INT(host_do(host, &open, NULL), VAP_OK);
    for (uint32_t i = 1; i < 2 * HOST_VMS; i++) {
        (void)snprintf(name, sizeof(name), "%u", i);
        if (i % (HOST_VMS / 4) == 0)
            (void)host_plan(host, NULL, 0, NULL);
        CHECK(host_vm(host, name) > 1);
    }
    CHECK_INT(host->vms.n, HOST_VMS);
    CHECK_INT(host_vm(host, "k"), 1);
    CHECK_STR(host_vm_name(host, host_vm(host, name)), name);
}

/* Every second queue answers its reset with 3, so that no two in a row can be
 * told of together. */
TEST(a_plan_gets_all_the_room_it_needs)
{
    AUTO(host_done) struct host *host = large_host();
    struct vap_request remove = { .op = VAP_REMOVE, .mdev = 0 };
    size_t queues = 0;

    CHECK_INT(create(host, "a"), VAP_OK);
    for (unsigned id = 0; id < VAP_IDS; id++) {
        CHECK_INT(assign(host, 0, VAP_ASSIGN_DOMAIN, id), VAP_OK);
        for (unsigned a = 0; a < 8; a++) {
            struct vap_request r = { .op = VAP_QUEUE_STATE,
                                     .apqn = VAP_APQN(a, id),
                                     .rc = id % 2 ? 3 : 4 };
            CHECK_INT(host_do(host, &r, NULL), VAP_OK);
        }
    }
    for (unsigned a = 0; a < 8; a++)
        CHECK_INT(assign(host, 0, VAP_ASSIGN_ADAPTER, a), VAP_OK);
    CHECK_INT(host_plan(host, &remove, 1, NULL), VAP_OK);
    for (size_t i = 0; i < host->change->n_resets; i++)
        queues += vap_mask_count(&host->change->resets[i].domains);
    CHECK_INT(queues, 8 * VAP_IDS);
    CHECK(host->change->n_resets > 256);
    host_apply(host);
    CHECK(!host->engine->mdevs[0].exists);
}

TEST(what_is_refused_changes_nothing)
{
    AUTO(host_done) struct host *host = large_host();
    AUTO(host_done) struct host *before = NULL;
    struct vap_why why;
    struct vap_request r = { .op = VAP_ASSIGN_ADAPTER, .mdev = 1, .id = 5 };

    CHECK_INT(create(host, "a"), VAP_OK);
    CHECK_INT(create(host, "b"), VAP_OK);
    for (uint32_t i = 0; i < 2; i++)
        CHECK_INT(assign(host, i, VAP_ASSIGN_DOMAIN, 6), VAP_OK);
    CHECK_INT(assign(host, 0, VAP_ASSIGN_ADAPTER, 5), VAP_OK);
    CHECK_INT(host_copy(host, &before), 0);
    CHECK_INT(host_do(host, &r, &why), VAP_SHARED);
    CHECK(why.holder == 0 && why.apqn == VAP_APQN(5, 6));
    CHECK(host_equal(host, before));
}

/* One after the other, on one queue. */
TEST(any_number_of_overrides_have_names)
{
    AUTO(host_done) struct host *host = large_host();

    for (int i = 0; i < 600; i++) {
        struct vap_request r = { .op = VAP_OVERRIDE, .apqn = VAP_APQN(1, 1) };
        char name[24];
        unsigned driver;

        (void)snprintf(name, sizeof(name), "driver%d", i);
        driver = host_driver(host, name);
        CHECK(driver < 256);
        r.driver = (uint8_t)driver;
        CHECK_INT(host_do(host, &r, NULL), VAP_OK);
        CHECK_STR(host_driver_name(host, host->engine->queue[1][1].override),
                  name);
    }
}

TEST(an_mdev_moves_to_a_free_slot_with_all_it_has)
{
    AUTO(host_done) struct host *host = large_host();
    AUTO(host_done) struct host *before = NULL;

    CHECK_INT(create(host, "a"), VAP_OK);
    CHECK_INT(create(host, "b"), VAP_OK);
    CHECK_INT(assign(host, 1, VAP_ASSIGN_ADAPTER, 5), VAP_OK);
    CHECK_INT(host_copy(host, &before), 0);
    CHECK_INT(host_move(host, "b", 0), -EEXIST);
    CHECK_INT(host_move(host, "b", VAP_MDEVS), -EEXIST);
    CHECK_INT(host_move(host, "b", 1), 0);
    CHECK(host_equal(host, before));
    CHECK_INT(host_move(host, "b", 100), 0);
    CHECK_INT(host_mdev(host, "b"), 100);
    CHECK(host_equal(host, before));
    CHECK_INT(host_move(host, "c", 1), 0);
    CHECK_INT(host_slot(host, "c"), 1);
    CHECK_INT(host_mdev(host, "c"), NAMES_NONE);
    CHECK_INT(host_move(host, host_mdev_name(host, 100), 2), 0);
    CHECK_STR(host_mdev_name(host, 2), "b");
    CHECK(host_equal(host, before));
}
