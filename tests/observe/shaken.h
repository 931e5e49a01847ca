/* SPDX-License-Identifier: MIT */
/* Hosts that live, each with mdevs, guests and a past that was drawn; and the
 * writes it was drawn from. */
#ifndef VAP_TESTS_OBSERVE_SHAKEN_H
#define VAP_TESTS_OBSERVE_SHAKEN_H

#include <string.h>

#include "base/auto.h"
#include "daemon/host.h"
#include "draw.h"
#include "host/change_words.h"
#include "host/host_rule.h"
#include "observe/hostfile.h"
#include "observe/sysdir.h"
#include "test.h"

enum { SHAKES = 48, WRITES = 40 };

static const char *const rules[] = { "linux-7.2", "linux-6.12", "state" };

/* ---- writes */

static const char *const forms[] = {
    "create %m",
    "%m/assign_adapter %a",
    "%m/assign_adapter %a",
    "%m/assign_domain %d",
    "%m/assign_domain %d",
    "%m/assign_control_domain %d",
    "%m/unassign_adapter %a",
    "%m/unassign_domain %d",
    "%m/unassign_control_domain %d",
    "%m/ap_config 0x1400,0x0800,0",
    "apmask -%a",
    "apmask +%a",
    "aqmask -%d",
    "aqmask +%d",
    "bind %D %q",
    "unbind %D %q",
    "probe %q",
    "%q/driver_override %D",
    "%q/driver_override ",
};

static inline void
draw_write(struct test_rng *rng, char *words, size_t size)
{
    draw_form(rng, forms[test_below(rng, sizeof(forms) / sizeof(*forms))],
              words, size);
}

static inline struct vap_request
request_of(struct host *host, const char *words)
{
    char error[CHANGE_WORDS_ERROR];
    struct vap_request r;

    if (change_words_read(host, words, &r, error))
        FAIL("%s", error);
    return r;
}

/* The words as a write to a file of the kernel's. */
static inline int
write_words(const struct vhost *live, struct host *host, const char *words)
{
    struct vap_request r = request_of(host, words);
    AUTO(change_write_done) struct change_write w;
    AUTO(free_done) char *line = NULL;

    CHECK_INT(change_words_write(host, &r, &w), 0);
    CHECK(asprintf(&line, "%s\n", w.text) > 0);
    return -vhost_write(live, w.file, line);
}

/* ---- hosts */

static inline struct host *
seen(const struct vhost *live)
{
    AUTO(sysdir_report_done) struct sysdir_report report;
    struct host *host = NULL;

    CHECK_INT(sysdir_load(live->place.tree, &host, &report), 0);
    CHECK(report.settled);
    return host;
}

/* As vap what-if asks for it: a /sys does not show which scan found a queue. */
static inline struct host *
told(const struct vhost *live)
{
    struct hostfile_error error;
    struct host *host = NULL;
    char *text = NULL;

    CHECK_INT(vhost_call(live, "/v1/hostfile", NULL, 0, &text), 200);
    CHECK_INT(hostfile_parse(text, strlen(text), &host, &error), 0);
    free(text);
    return host;
}

/* Masks as at boot, and written since: nothing in a /sys shows it, though a
 * driver_override depends on it. Then an id more is kept that nobody has. */
static inline void
show_masks(const struct vhost *live)
{
    AUTO(host_done) struct host *host = told(live);
    const struct vap_bus *bus = &host->engine->bus;

    if (bus->masks_written && vap_mask_equal(&bus->apmask, &bus->boot_apmask) &&
        vap_mask_equal(&bus->aqmask, &bus->boot_aqmask))
        CHECK_INT(vhost_write(live, "bus/ap/apmask", "+255\n"), 0);
}

static inline void
start(struct vhost *live, const char *rule)
{
    const char *const options[] = { "--no-scan", "--rule", rule, NULL };

    CHECK_INT(vhost_start(live, options), 0);
}

/* Mdevs with guests, and a past. */
static inline void
shake(struct vhost *live, struct test_rng *rng)
{
    for (int i = 0; i < SHAKES; i++) {
        AUTO(host_done) struct host *host = NULL;
        AUTO(free_done) char *list = NULL;
        char words[200], name[40];

        CHECK_INT(hostfile_builtin(&host), 0);
        draw_write(rng, words, sizeof(words));
        (void)write_words(live, host, words);
        if (i % 8)
            continue;
        draw_mdev((unsigned)test_below(rng, DRAW_MDEVS), name);
        CHECK(asprintf(&list, "[\"open %s vm%d\"]", name, i) > 0);
        (void)vhost_change(live, list);
    }
}

/* As it was read; under `state` nothing one-sided is shown. */
static inline void
predict(struct host *host, const char *rule)
{
    CHECK_INT(host_use_rule(host, vap_rule_named(rule), host->engine->kernel),
              0);
}

static inline void
check_guests(const struct host *planned, const struct host *now)
{
    for (uint32_t i = 0; i < now->engine->n_slots; i++) {
        uint32_t slot;

        if (!now->slots[i].exists)
            continue;
        slot = host_mdev(planned, host_mdev_name(now, i));
        CHECK(slot != NAMES_NONE);
        CHECK(vap_matrix_equal(&planned->slots[slot].guest,
                               &now->slots[i].guest));
    }
}

#endif
