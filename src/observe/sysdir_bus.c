/* SPDX-License-Identifier: MIT */
/* What the host was given and how it is shared out, and which kernel says so.
 * Source: Linux ap_bus.c, its bus attributes. */
#include "observe/sysdir_sight.h"

#include "matrix/grammar.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* driver_override, the veto and a file of its own came with 6.19. */
static void
find_kernel(struct sight *s)
{
    bool new =
        faccessat(s->dir, "bus/ap/bindings_complete_count", F_OK, 0) == 0;

    s->boot.kernel = new ? VAP_LINUX_7_2 : VAP_LINUX_6_12;
    s->boot.rule = new ? &vap_rule_linux_7_2 : &vap_rule_linux_6_12;
}

/* Kernels that have no file features yet: by the highest ids. */
static void
read_highest(struct sight *s)
{
    struct vap_config *config = &s->boot.config;
    unsigned adapter = 255;
    unsigned domain = 255;
    char text[SIGHT_PAGE];

    if (!sight_number(s, s->dir, "bus/ap/ap_max_adapter_id", &adapter))
        sight_note(s, "bus/ap/ap_max_adapter_id is not shown: taken for 255");
    if (!sight_number(s, s->dir, "bus/ap/ap_max_domain_id", &domain))
        sight_note(s, "bus/ap/ap_max_domain_id is not shown: taken for 255");
    config->apxa = adapter != 63 || domain != 15;
    if (!config->apxa && sight_text(s, s->dir, "bus/ap/features", text) >= 0)
        config->apxa = strstr(text, "APXA");
    config->last_adapter = (uint8_t)adapter;
    config->last_domain = (uint8_t)domain;
}

static void
read_masks(struct sight *s)
{
    s->boot.apmask = s->boot.aqmask = vap_mask_all();
    if (!sight_mask(s, "bus/ap/apmask", &s->boot.apmask))
        sight_note(s, "bus/ap/apmask is not shown: taken for all ones");
    if (!sight_mask(s, "bus/ap/aqmask", &s->boot.aqmask))
        sight_note(s, "bus/ap/aqmask is not shown: taken for all ones");
}

void
sight_limit(struct vap_matrix *ids, const struct vap_config *config)
{
    unsigned domain = vap_config_bus_domain(config);
    struct vap_matrix can = { vap_mask_up_to(vap_config_bus_adapter(config)),
                              vap_mask_up_to(domain), vap_mask_up_to(domain) };

    *ids = vap_matrix_and(ids, &can);
}

/* Without QCI, and on kernels that do not show what it says, the host has
 * what it has devices of. */
static void
read_ids(struct sight *s, struct vap_matrix *ids)
{
    char text[SIGHT_PAGE];

    *ids = (struct vap_matrix){ 0 };
    s->no_qci = !sight_mask(s, "bus/ap/ap_adapter_mask", &ids->adapters) ||
                !sight_mask(s, "bus/ap/ap_usage_domain_mask", &ids->domains);
    if (s->no_qci)
        sight_note(s, "the bus does not say which adapters and domains it was "
                      "given: taken for those that have a device");
    if (sight_mask(s, "bus/ap/ap_control_domain_mask", &ids->control))
        return;
    if (sight_text(s, s->dir, "bus/ap/ap_control_domain_mask", text) < 0)
        sight_note(s,
                   "bus/ap/ap_control_domain_mask is not shown: taken for no "
                   "control domain");
}

/* What the command line said of a mask, on kernels where we may read it; else
 * nothing. It counts from zero, see ap_perms_init(). */
static struct vap_mask
boot_mask(struct sight *s, const char *path)
{
    char text[SIGHT_PAGE];
    struct vap_edit edit = vap_edit_to(vap_mask_none());

    if (faccessat(s->dir, path, R_OK, AT_EACCESS) < 0 ||
        sight_text(s, s->dir, path, text) <= 0 || !*text ||
        strcmp(text, "(null)") == 0)
        return vap_mask_all();
    if (vap_read_mask(text, strlen(text), s->boot.kernel, &edit) != VAP_OK)
        edit.set = vap_mask_none();
    return edit.set;
}

static void
read_past(struct sight *s)
{
    struct vap_bus *bus = &s->host->engine->bus;
    struct vap_mask all = vap_mask_all();
    unsigned autoprobe = 1;

    bus->no_autoprobe =
        sight_number(s, s->dir, "bus/ap/drivers_autoprobe", &autoprobe) &&
        !autoprobe;
    bus->boot_apmask = boot_mask(s, "module/ap/parameters/apmask");
    bus->boot_aqmask = boot_mask(s, "module/ap/parameters/aqmask");
    if (vap_mask_equal(&bus->apmask, &all) &&
        vap_mask_equal(&bus->aqmask, &all))
        return;
    /* given at boot, or written since? driver_override goes by it */
    bus->masks_written = !vap_mask_equal(&bus->apmask, &bus->boot_apmask) ||
                         !vap_mask_equal(&bus->aqmask, &bus->boot_aqmask);
}

/* The host comes up empty: what has devices is seen one by one. */
int
sight_bus(struct sight *s)
{
    struct vap_matrix ids;
    struct vap_bus *bus;

    if (faccessat(s->dir, "bus/ap", F_OK, 0) < 0)
        return sight_refuse(s, "no bus/ap found in it, a directory that looks "
                               "like /sys of a host with an AP bus expected");
    find_kernel(s);
    read_highest(s);
    read_masks(s);
    read_ids(s, &ids);
    if (host_new(&s->boot, &s->host))
        return -ENOMEM;
    bus = &s->host->engine->bus;
    sight_limit(&ids, &bus->config);
    bus->config.ids = bus->hardware.ids = ids;
    read_past(s);
    return 0;
}
