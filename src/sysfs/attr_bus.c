/* SPDX-License-Identifier: MIT */
/* /sys/bus/ap, and the two buses of vfio_ap. Source: Linux ap_bus.c;
 * drivers/base/bus.c. */
#include "sysfs/attrs.h"

#include "host/words.h"
#include "matrix/text.h"
#include "sysfs/ask.h"
#include "sysfs/read.h"
#include "sysfs/sets.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct device_bus *
bus_of(const struct host *host)
{
    return &host->devices->bus;
}

static int
set(struct writer *w, enum host_setting setting, int64_t value)
{
    return ask(w, &(struct host_request){ .setting = setting, .value = value });
}

static void
add_mask(struct text *out, const struct vap_mask *mask)
{
    char text[VAP_MASK_TEXT + 1];

    (void)vap_mask_text(mask, text, sizeof(text));
    text_add(out, "%s\n", text);
}

/* masks */

static int
show_apmask(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    add_mask(out, &host->engine->bus.apmask);
    return 0;
}

static int
show_aqmask(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    add_mask(out, &host->engine->bus.aqmask);
    return 0;
}

static int
store_mask(struct writer *w, const char *file, const char *text, size_t length)
{
    struct vap_request r = { .op = VAP_APMASK };
    enum vap_verdict v =
        words_bus(file, text, length, w->owner->host->engine->kernel, &r);

    return v == VAP_OK ? ask_engine(w, &r) : words_error(v);
}

static int
store_apmask(struct writer *w, struct node node, const char *text,
             size_t length)
{
    (void)node;
    return store_mask(w, "apmask", text, length);
}

static int
store_aqmask(struct writer *w, struct node node, const char *text,
             size_t length)
{
    (void)node;
    return store_mask(w, "aqmask", text, length);
}

/* what the host has been given, as the last scan saw it */

static int
show_adapter_mask(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    add_mask(out, &host->engine->bus.config.ids.adapters);
    return 0;
}

static int
show_usage_mask(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    add_mask(out, &host->engine->bus.config.ids.domains);
    return 0;
}

static int
show_control_mask(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    add_mask(out, &host->engine->bus.config.ids.control);
    return 0;
}

static int
show_max_adapter(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%u\n", vap_config_bus_adapter(&host->engine->bus.config));
    return 0;
}

static int
show_max_domain(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%u\n", vap_config_bus_domain(&host->engine->bus.config));
    return 0;
}

static int
show_features(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "APSC %sQACT RC8A\n",
             host->engine->bus.config.apxa ? "APXA " : "");
    return 0;
}

/* settings */

static int
show_ap_domain(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%d\n", bus_of(host)->ap_domain);
    return 0;
}

static int
store_ap_domain(struct writer *w, struct node node, const char *text,
                size_t length)
{
    int value;
    int r = read_integer(text, length, &value);

    (void)node;
    return r ? r : set(w, HOST_AP_DOMAIN, value);
}

static int
show_interrupts(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%d\n", bus_of(host)->interrupts);
    return 0;
}

static int
show_config_time(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%u\n", bus_of(host)->config_time);
    return 0;
}

static int
store_config_time(struct writer *w, struct node node, const char *text,
                  size_t length)
{
    int value;
    int r = read_decimal(text, length, &value);

    (void)node;
    return r ? r : set(w, HOST_CONFIG_TIME, value);
}

static int
show_poll_thread(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%d\n", bus_of(host)->poll_thread);
    return 0;
}

static int
store_poll_thread(struct writer *w, struct node node, const char *text,
                  size_t length)
{
    bool on;
    int r = read_bool(text, length, &on);

    (void)node;
    return r ? r : set(w, HOST_POLL_THREAD, on);
}

static int
show_poll_timeout(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%" PRIu64 "\n", bus_of(host)->poll_timeout);
    return 0;
}

static int
store_poll_timeout(struct writer *w, struct node node, const char *text,
                   size_t length)
{
    uint64_t value;
    int r = read_number(text, length, &value);

    (void)node;
    if (r)
        return r;
    return value > INT64_MAX ? EINVAL
                             : set(w, HOST_POLL_TIMEOUT, (int64_t)value);
}

/* scans and bindings */

static int
show_scans(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%" PRIu64 "\n", bus_of(host)->scans);
    return 0;
}

/* Whatever is written. */
static int
store_scans(struct writer *w, struct node node, const char *text, size_t length)
{
    (void)node;
    (void)text;
    (void)length;
    return ask_engine(w, &(struct vap_request){ .op = VAP_SCAN });
}

static int
show_bindings(const struct host *host, struct node node, struct text *out)
{
    struct device_bindings b = devices_bindings(host);

    (void)node;
    text_add(out, "%u/%u%s\n", b.bound, b.queues,
             b.bound == b.queues && bus_of(host)->scans ? " (complete)" : "");
    return 0;
}

static int
show_completions(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%" PRIu64 "\n", bus_of(host)->completions);
    return 0;
}

/* drivers_autoprobe, drivers_probe */

static bool
read_autoprobe(const char *text, size_t length)
{
    return !(length && *text == '0');
}

static int
show_autoprobe(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%d\n", !host->engine->bus.no_autoprobe);
    return 0;
}

static int
store_autoprobe(struct writer *w, struct node node, const char *text,
                size_t length)
{
    (void)node;
    return set(w, HOST_AUTOPROBE, read_autoprobe(text, length));
}

static int
probe_card(struct writer *w, unsigned card)
{
    if (vap_mask_has(&bus_of(w->owner->host)->bound, card))
        return 0;
    return ask(w, &(struct host_request){ .setting = HOST_CARD_DRIVER,
                                          .adapter = card,
                                          .value = 1 });
}

static int
store_probe(struct writer *w, struct node node, const char *text, size_t length)
{
    const struct host *host = w->owner->host;
    char name[16];
    unsigned id;

    (void)node;
    if (!read_name(text, length, name, sizeof(name)))
        return ENODEV;
    id = set_cards.find(host, 0, name);
    if (id != SET_END)
        return probe_card(w, id);
    id = set_queues.find(host, 0, name);
    return id == SET_END
               ? ENODEV
               : ask_engine(w, &(struct vap_request){ .op = VAP_PROBE,
                                                      .apqn = (uint16_t)id });
}

static const struct row bus_ap_rows[] = {
    FOLDER("devices", BUS_AP_DEVICES),
    FOLDER("drivers", BUS_AP_DRIVERS),
    WRITTEN("drivers_probe", store_probe),
    BOTH("drivers_autoprobe", show_autoprobe, store_autoprobe),
    UEVENT_WRITTEN,
    BOTH("ap_domain", show_ap_domain, store_ap_domain),
    SHOWN("ap_control_domain_mask", show_control_mask),
    SHOWN("ap_usage_domain_mask", show_usage_mask),
    SHOWN("ap_adapter_mask", show_adapter_mask),
    BOTH("config_time", show_config_time, store_config_time),
    BOTH("poll_thread", show_poll_thread, store_poll_thread),
    SHOWN("ap_interrupts", show_interrupts),
    BOTH("poll_timeout", show_poll_timeout, store_poll_timeout),
    SHOWN("ap_max_domain_id", show_max_domain),
    SHOWN("ap_max_adapter_id", show_max_adapter),
    BOTH("apmask", show_apmask, store_apmask),
    BOTH("aqmask", show_aqmask, store_aqmask),
    BOTH("scans", show_scans, store_scans),
    SHOWN("bindings", show_bindings),
    { .name = "bindings_complete_count",
      .mode = FILE_MODE(0444),
      .show = show_completions,
      .kernel = ONLY_7_2 },
    SHOWN("features", show_features),
};
const struct table bus_ap_table = TABLE(bus_ap_rows);

/* bus/matrix and bus/mdev: no driver there looks for devices by itself */

static int
show_matrix_autoprobe(const struct host *host, struct node node,
                      struct text *out)
{
    (void)node;
    text_add(out, "%d\n", bus_of(host)->matrix_autoprobe);
    return 0;
}

static int
store_matrix_autoprobe(struct writer *w, struct node node, const char *text,
                       size_t length)
{
    (void)node;
    return set(w, HOST_MATRIX_AUTOPROBE, read_autoprobe(text, length));
}

static int
show_mdev_autoprobe(const struct host *host, struct node node, struct text *out)
{
    (void)node;
    text_add(out, "%d\n", bus_of(host)->mdev_autoprobe);
    return 0;
}

static int
store_mdev_autoprobe(struct writer *w, struct node node, const char *text,
                     size_t length)
{
    (void)node;
    return set(w, HOST_MDEV_AUTOPROBE, read_autoprobe(text, length));
}

static int
store_matrix_probe(struct writer *w, struct node node, const char *text,
                   size_t length)
{
    char name[8];

    (void)w;
    (void)node;
    return read_name(text, length, name, sizeof(name)) &&
                   strcmp(name, "matrix") == 0
               ? 0
               : ENODEV;
}

static int
store_mdev_probe(struct writer *w, struct node node, const char *text,
                 size_t length)
{
    char name[256];
    uint32_t slot;

    (void)node;
    return read_name(text, length, name, sizeof(name)) &&
                   sets_mdev(w->owner->host, name, &slot)
               ? 0
               : ENODEV;
}

static const struct row bus_matrix_rows[] = {
    FOLDER("devices", BUS_MATRIX_DEVICES),
    FOLDER("drivers", BUS_MATRIX_DRIVERS),
    WRITTEN("drivers_probe", store_matrix_probe),
    BOTH("drivers_autoprobe", show_matrix_autoprobe, store_matrix_autoprobe),
    UEVENT_WRITTEN,
};
const struct table bus_matrix_table = TABLE(bus_matrix_rows);

static const struct row bus_mdev_rows[] = {
    FOLDER("devices", BUS_MDEV_DEVICES),
    FOLDER("drivers", BUS_MDEV_DRIVERS),
    WRITTEN("drivers_probe", store_mdev_probe),
    BOTH("drivers_autoprobe", show_mdev_autoprobe, store_mdev_autoprobe),
    UEVENT_WRITTEN,
};
const struct table bus_mdev_table = TABLE(bus_mdev_rows);
