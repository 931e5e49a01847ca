/* SPDX-License-Identifier: MIT */
/* Faults that somebody asks for: whose they are, how long they last. */
#include "devices_story.h"

static int
fault(enum host_setting setting, unsigned id, enum device_fault kind,
      int64_t value)
{
    const struct host_request r = { .setting = setting,
                                    .adapter = id & 255,
                                    .apqn = (uint16_t)id,
                                    .fault = kind,
                                    .value = value };
    int e = devices_plan(host, &r, 1, NULL);

    if (e == 0)
        host_apply(host);
    return e;
}

TEST(a_fault_of_a_card_is_one_of_all_its_queues_also_those_to_come)
{
    boot();
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_SLOW, 250), 0);
    CHECK_INT(fault(HOST_QUEUE_FAULT, 0x0504, FAULT_SLOW, 7), 0);
    CHECK_INT(devices_fault(host, 0x0547, FAULT_SLOW), 250);
    CHECK_INT(devices_fault(host, 0x05ff, FAULT_SLOW), 250);
    CHECK_INT(devices_fault(host, 0x0504, FAULT_SLOW), 7);
    CHECK_INT(devices_fault(host, 0x0504, FAULT_HANG), 0);
    CHECK_INT(devices_fault(host, 0x0304, FAULT_SLOW), 0);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_SLOW, 0), 0);
    CHECK_INT(devices_fault(host, 0x0504, FAULT_SLOW), 0);
}

TEST(a_checkstop_that_was_to_come_is_over_when_it_has_come)
{
    boot();
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_CHECKSTOP, 1), 0);
    (void)ask("card 5 deconfigure");
    CHECK_INT(devices_fault(host, 0x0504, FAULT_CHECKSTOP), 1);
    (void)ask("card 5 configure");
    (void)ask("card 3 checkstop");
    CHECK_INT(devices_fault(host, 0x0504, FAULT_CHECKSTOP), 1);
    (void)ask("card 5 checkstop");
    CHECK_INT(devices_fault(host, 0x0504, FAULT_CHECKSTOP), 0);
    CHECK_INT(host->devices->fault_changes, 2);
}

TEST(a_fault_has_a_card_or_queue_and_a_value_in_its_range)
{
    boot();
    CHECK_INT(fault(HOST_CARD_FAULT, 4, FAULT_HANG, 1), ENODEV);
    CHECK_INT(fault(HOST_QUEUE_FAULT, 0x0505, FAULT_HANG, 1), ENODEV);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_HANG, 2), EINVAL);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_DEPTH, 17), EINVAL);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_SLOW, -1), EINVAL);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_SLOW, 3600001), EINVAL);
    CHECK_INT(fault(HOST_CARD_FAULT, 5, DEVICE_FAULTS, 1), EINVAL);
    CHECK_INT(host->devices->fault_changes, 0);
}

TEST(a_fault_that_is_so_already_changes_nothing)
{
    const struct host_request r = { .setting = HOST_CARD_FAULT,
                                    .adapter = 5,
                                    .fault = FAULT_DROP,
                                    .value = 1 };

    boot();
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_DROP, 1), 0);
    CHECK_INT(host->devices->fault_changes, 1);
    CHECK_INT(devices_plan(host, &r, 1, NULL), 0);
    CHECK(devices_idle(host));
    host_apply(host);
    CHECK_INT(host->devices->fault_changes, 1);
}

TEST(faults_are_kept_and_a_card_that_leaves_takes_them_along)
{
    json_t *saved;
    json_t *again;

    boot();
    CHECK_INT(fault(HOST_CARD_FAULT, 5, FAULT_SLOW, 250), 0);
    CHECK_INT(fault(HOST_QUEUE_FAULT, 0x0504, FAULT_SLOW, 9), 0);
    CHECK_INT(fault(HOST_QUEUE_FAULT, 0x0304, FAULT_DEPTH, 2), 0);
    saved = devices_save(host);
    boot();
    CHECK_INT(devices_load(host, saved), 0);
    CHECK_INT(devices_fault(host, 0x0504, FAULT_SLOW), 9);
    CHECK_INT(devices_fault(host, 0x0503, FAULT_SLOW), 250);
    CHECK_INT(devices_fault(host, 0x0304, FAULT_DEPTH), 2);
    again = devices_save(host);
    CHECK(json_equal(saved, again));
    json_decref(again);
    (void)ask("adapter 5 leaves");
    (void)ask("adapter 5 comes");
    CHECK_INT(devices_fault(host, 0x0504, FAULT_SLOW), 0);
    CHECK_INT(devices_fault(host, 0x0304, FAULT_DEPTH), 2);
    json_decref(saved);
}

TEST(only_what_was_written_of_faults_can_be_read)
{
    static const char *const bad[] = {
        "{}",
        "[1]",
        "[{}]",
        "[{'adapter':4,'domains':'4','fault':'hang','value':1}]",
        "[{'adapter':256,'domains':'4','fault':'hang','value':1}]",
        "[{'adapter':-1,'domains':'4','fault':'hang','value':1}]",
        "[{'adapter':5,'domains':'','fault':'hang','value':1}]",
        "[{'adapter':5,'domains':'256','fault':'hang','value':1}]",
        "[{'adapter':5,'domains':'4','fault':'hung','value':1}]",
        "[{'adapter':5,'domains':'4','fault':'hang','value':0}]",
        "[{'adapter':5,'domains':'4','fault':'hang','value':2}]",
        "[{'adapter':5,'domains':'4','fault':'hang','value':'1'}]",
    };

    boot();
    for (size_t i = 0; i < ROWS(bad); i++) {
        json_t *saved = devices_save(host);
        char text[128];

        (void)snprintf(text, sizeof(text), "%s", bad[i]);
        for (char *c = text; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        (void)json_object_set_new(saved, "faults", json_loads(text, 0, NULL));
        test_note("%s", text);
        CHECK_INT(devices_load(host, saved), -EBADMSG);
        json_decref(saved);
    }
}
