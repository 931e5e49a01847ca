/* SPDX-License-Identifier: MIT */
/* What is written down of devices, read again: all of it, by name, and
 * nothing that could not have been written. */
#include "devices_story.h"

#include "base/auto.h"
#include "host/request_json.h"

static char *
saved(const struct host *h)
{
    json_t *json = devices_save(h);
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);

    json_decref(json);
    return text;
}

static const char *const eventful[] = {
    "card_config 5 0", "scan",     "card_online 3 0", "unbind vfio_ap 03.0047",
    "config_time 60",  "create a", "create b",        "create c",
    "mdev_unbind b",   "remove a", "new_devices 0",
};

TEST(what_is_saved_is_what_is_loaded)
{
    AUTO(host_done) struct host *copy = NULL;
    AUTO(free_done) char *before = NULL;
    AUTO(free_done) char *after = NULL;
    AUTO(free_done) char *fresh = NULL;
    json_t *json;

    boot();
    for (size_t i = 0; i < ROWS(eventful); i++)
        (void)ask(eventful[i]);
    devices_count(host, 0x304, &(const struct device_counts){ 1, 0, 0 });
    before = saved(host);
    CHECK_INT(host_copy(host, &copy), 0);
    devices_boot(copy);
    copy->engine->bus.no_autoprobe = false;
    fresh = saved(copy);
    CHECK(strcmp(before, fresh) != 0);
    json = json_loads(before, 0, NULL);
    CHECK_INT(devices_load(copy, json), 0);
    json_decref(json);
    after = saved(copy);
    CHECK_STR(after, before);
    CHECK(copy->engine->bus.no_autoprobe);
}

/* One thing wrong each: taken out, or put in its place. */
TEST(what_is_not_saved_so_is_not_loaded)
{
    static const struct {
        const char *object; /* "": the whole */
        const char *key;
        const char *value; /* JSON; NULL: without the key */
    } rows[] = {
        { "", "bus", NULL },
        { "", "queues", NULL },
        { "", "mdevs", NULL },
        { "", "requests", NULL },
        { "", "drivers_autoprobe", "1" },
        { "", "bus", "[]" },
        { "", "queues", "{}" },
        { "", "mdevs", "[]" },
        { "", "mdevs", "{}" },
        { "", "mdevs", "[1]" },
        { "", "mdevs", "[{\"mdev\":\"x\",\"number\":0,\"driverless\":false}]" },
        { "", "requests", "{\"300\":1}" },
        { "", "requests", "{\"03.0004\":-1}" },
        { "", "requests", "{\"03.4\":1}" },
        { "bus", "ap_domain", "256" },
        { "bus", "ap_domain", "\"4\"" },
        { "bus", "config_time", "4" },
        { "bus", "poll_timeout", "120000000001" },
        { "bus", "scans", "-1" },
        { "bus", "completions", "1.5" },
        { "bus", "cards", "\"3\"" },
        { "bus", "cards", "\"3,5-7\"" },
        { "bus", "bound", "\"3-5\"" },
        { "bus", "offline", "\"9\"" },
        { "bus", "deconfigured", "\"255\"" },
        { "bus", "checkstopped", "\"256\"" },
        { "bus", "poll_thread", "0" },
        { "bus", "incomplete", NULL },
        { "queues", "3", NULL },
        { "queues", "3", "{}" },
        { "queues", "3",
          "{\"offline\":\"71\",\"deconfigured\":\"\",\"checkstopped\":\"\","
          "\"started\":\"\"}" },
        { "queues", "5",
          "{\"offline\":\"\",\"deconfigured\":\"5\",\"checkstopped\":\"\","
          "\"started\":\"\"}" },
        { "queues", "4", "{}" },
    };
    AUTO(free_done) char *before = NULL;

    boot();
    for (size_t i = 0; i < ROWS(eventful); i++)
        (void)ask(eventful[i]);
    before = saved(host);
    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(free_done) char *after = NULL;
        json_t *json = json_loads(before, 0, NULL);
        json_t *object =
            *rows[i].object ? json_object_get(json, rows[i].object) : json;

        test_note("%s %s %s", rows[i].object, rows[i].key,
                  rows[i].value ? rows[i].value : "left out");
        if (rows[i].value)
            (void)json_object_set_new(
                object, rows[i].key,
                json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
        else
            (void)json_object_del(object, rows[i].key);
        CHECK_INT(devices_load(host, json), -EBADMSG);
        json_decref(json);
        after = saved(host);
        CHECK_STR(after, before);
    }
    CHECK_INT(devices_load(host, NULL), -EBADMSG);
}

TEST(names_of_drivers_that_nobody_has_are_kept)
{
    char name[16];

    boot();
    CHECK_INT(host_driver(host, ""), VAP_NO_DRIVER);
    CHECK_INT(host_driver(host, "vfio_ap"), VAP_VFIO_AP);
    for (unsigned i = VAP_OTHER_DRIVER; i < 256; i++) {
        (void)snprintf(name, sizeof(name), "driver%u", i);
        CHECK_INT(host_driver(host, name), i);
        CHECK_STR(host_driver_name(host, i), name);
    }
    CHECK_INT(host_driver(host, "driver7"), 7);
    CHECK_STR(host_driver_name(host, VAP_DEFAULT), "cex4queue");
}

/* The log knows them by name: after a restart they may have other numbers. */
TEST(a_request_for_such_a_driver_is_kept_by_its_name)
{
    struct host_request r = { .setting = HOST_ENGINE };
    struct host_request back;
    const char *what = NULL;
    json_t *json;

    boot();
    (void)host_driver(host, "one");
    r.engine =
        (struct vap_request){ .op = VAP_OVERRIDE,
                              .apqn = 0x347,
                              .driver = (uint8_t)host_driver(host, "two") };
    json = request_to_json(host, &r);
    boot();
    CHECK_INT(request_from_json(host, json, &back, &what), 0);
    CHECK_STR(host_driver_name(host, back.engine.driver), "two");
    json_decref(json);
}
