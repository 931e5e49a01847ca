/* SPDX-License-Identifier: MIT */
/* /sys/devices/ap/cardXX/XX.YYYY. Source: Linux ap_queue.c, zcrypt_queue.c,
 * zcrypt_cex4.c, vfio_ap_ops.c. */
#include "sysfs/attrs.h"

#include "base/auto.h"
#include "cards/identity.h"
#include "host/words.h"
#include "sysfs/ask.h"
#include "sysfs/card.h"
#include "sysfs/read.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct device_row *
row_of(const struct host *host, struct node node)
{
    return &host->devices->row[VAP_ADAPTER_OF(node.id)];
}

static int
set(struct writer *w, enum host_setting setting, struct node node,
    int64_t value)
{
    return ask(w, &(struct host_request){
                      .setting = setting, .apqn = node.id, .value = value });
}

static bool
is_started(const struct host *host, struct node node)
{
    return vap_mask_has(&row_of(host, node)->started, VAP_DOMAIN_OF(node.id));
}

static bool
is_configured(const struct host *host, struct node node)
{
    return !vap_mask_has(&row_of(host, node)->deconfigured,
                         VAP_DOMAIN_OF(node.id));
}

static bool
is_checkstopped(const struct host *host, struct node node)
{
    return vap_mask_has(&row_of(host, node)->checkstopped,
                        VAP_DOMAIN_OF(node.id));
}

static int
show_request_count(const struct host *host, struct node node, struct text *out)
{
    if (is_started(host, node))
        text_add(out, "%" PRIu64 "\n",
                 devices_counts(host, DEVICE_QUEUE, node.id).requests);
    else
        text_add(out, "-\n");
    return 0;
}

static int
store_request_count(struct writer *w, struct node node, const char *text,
                    size_t length)
{
    (void)text;
    (void)length;
    return set(w, HOST_QUEUE_COUNT, node, 0);
}

/* The host's own driver asks for nothing. */
static int
show_load(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "0\n");
    return 0;
}

static int
show_reset(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "No Reset Timer set.\n");
    return 0;
}

static int
store_reset(struct writer *w, struct node node, const char *text, size_t length)
{
    (void)text;
    (void)length;
    return set(w, HOST_QUEUE_RESET, node, 0);
}

static int
show_interrupt(const struct host *host, struct node node, struct text *out)
{
    bool on = host->devices->bus.interrupts && is_started(host, node) &&
              is_configured(host, node) && !is_checkstopped(host, node);

    text_add(out, "Interrupts %s.\n", on ? "enabled" : "disabled");
    return 0;
}

static int
show_config(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%d\n", is_configured(host, node));
    return 0;
}

static int
show_chkstop(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%d\n", is_checkstopped(host, node));
    return 0;
}

/* As TAPQ tells it now. */
static int
show_functions(const struct host *host, struct node node, struct text *out)
{
    bool is_there = card_test(host, node.id) != VAP_RC_NOT_AVAILABLE;

    text_add(out, "0x%08" PRIX32 "\n",
             is_there ? card_functions(host, VAP_ADAPTER_OF(node.id)) : 0);
    return 0;
}

/* A name of 4,094 bytes and its newline just fit. */
static int
show_override(const struct host *host, struct node node, struct text *out)
{
    const struct vap_queue *q =
        &host->engine->queue[VAP_ADAPTER_OF(node.id)][VAP_DOMAIN_OF(node.id)];
    const char *name = host_driver_name(host, q->override);
    AUTO(free_done) char *bytes = malloc(strlen(name) + 1);

    if (!bytes)
        return ENOMEM;
    bytes[words_unescape(name, bytes)] = '\0';
    text_add(out, "%s\n", bytes);
    return 0;
}

#define MAX_OVERRIDE 4095

/* Any text up to its first newline, whether a driver is called so or not.
 * Source: Linux drivers/base/driver.c, driver_set_override(). */
static int
store_override(struct writer *w, struct node node, const char *text,
               size_t length)
{
    size_t all = strnlen(text, length);
    const char *end = memchr(text, '\n', all);
    AUTO(free_done) char *name = NULL;
    unsigned driver;

    if (length >= MAX_OVERRIDE)
        return EINVAL;
    name = words_escape(text, end ? (size_t)(end - text) : all);
    driver = name ? host_driver(w->owner->host, name) : UINT8_MAX + 1;
    if (driver > UINT8_MAX)
        return ENOMEM;
    return ask_engine(w, &(struct vap_request){ .op = VAP_OVERRIDE,
                                                .apqn = node.id,
                                                .driver = (uint8_t)driver });
}

/* while it is bound to cex4queue */

static bool
is_default(const struct host *host, unsigned id)
{
    return vap_host_driver(host->engine, id) == VAP_DEFAULT;
}

static bool
is_coprocessor(const struct host *host, unsigned id)
{
    return is_default(host, id) && card_mode(host, VAP_ADAPTER_OF(id)) != 'A';
}

static bool
is_ep11(const struct host *host, unsigned id)
{
    return is_default(host, id) && card_mode(host, VAP_ADAPTER_OF(id)) == 'P';
}

static int
show_online(const struct host *host, struct node node, struct text *out)
{
    bool offline =
        vap_mask_has(&row_of(host, node)->offline, VAP_DOMAIN_OF(node.id));

    text_add(out, "%d\n",
             !offline && is_configured(host, node) &&
                 !is_checkstopped(host, node));
    return 0;
}

static int
store_online(struct writer *w, struct node node, const char *text,
             size_t length)
{
    int value;
    int r = read_decimal(text, length, &value);

    return r ? r : set(w, HOST_QUEUE_ONLINE, node, value);
}

static void
add_hex(struct text *out, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text_add(out, "%02x", bytes[i]);
}

/* Can the card be asked through this queue? */
static bool
is_told(const struct host *host, struct node node)
{
    struct vap_mask own = vap_mask_one(VAP_DOMAIN_OF(node.id));

    return card_can_tell(host, VAP_ADAPTER_OF(node.id), &own);
}

static void
show_wrapping_keys(uint8_t domain, bool told, struct text *out)
{
    uint8_t pattern[CARD_PATTERN];

    if (!told) {
        text_add(out, "WK CUR: - -\nWK NEW: - -\n");
        return;
    }
    text_add(out, "WK CUR: valid 0x");
    add_hex(out, pattern, card_pattern(CARD_KEY_WRAPPING, domain, pattern));
    text_add(out, "\nWK NEW: empty -\n");
}

/* A line; pattern NULL: it is not known. */
static void
add_key(struct text *out, const char *key, const char *which, const char *state,
        const uint8_t *pattern, size_t size)
{
    text_add(out, "%s %s: ", key, which);
    if (pattern) {
        text_add(out, "%s 0x", state);
        add_hex(out, pattern, size);
    } else {
        text_add(out, "- -");
    }
    text_add(out, "\n");
}

/* Master keys as the card tells them. */
static int
show_mkvps(const struct host *host, struct node node, struct text *out)
{
    static const struct {
        const char *name;
        enum card_key key;
    } keys[] = { { "AES", CARD_KEY_AES },
                 { "APKA", CARD_KEY_APKA },
                 { "ASYM", CARD_KEY_ASYM } };
    static const uint8_t none[CARD_PATTERN];
    uint8_t pattern[CARD_PATTERN];
    uint8_t domain = VAP_DOMAIN_OF(node.id);
    bool told = is_told(host, node);

    if (card_mode(host, VAP_ADAPTER_OF(node.id)) == 'P') {
        show_wrapping_keys(domain, told, out);
        return 0;
    }
    for (int i = 0; i < 3; i++) {
        size_t size = card_pattern(keys[i].key, domain, pattern);

        add_key(out, keys[i].name, "NEW", "empty", told ? none : NULL, size);
        add_key(out, keys[i].name, "CUR", "valid", told ? pattern : NULL, size);
        add_key(out, keys[i].name, "OLD", "invalid", told ? none : NULL, size);
    }
    return 0;
}

static int
show_op_modes(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%s\n", is_told(host, node) ? CARD_OP_MODES : "");
    return 0;
}

/* while it is bound to vfio_ap */

static bool
is_vfio(const struct host *host, unsigned id)
{
    return vap_host_driver(host->engine, id) == VAP_VFIO_AP;
}

static int
show_status(const struct host *host, struct node node, struct text *out)
{
    uint32_t owner = vap_host_owner(host->engine, node.id);
    const struct vap_mdev *m;
    bool used;

    if (owner == host->engine->n_slots) {
        text_add(out, "unassigned\n");
        return 0;
    }
    m = &host->engine->mdevs[owner];
    used = m->vm && vap_mask_has(&m->guest.adapters, VAP_ADAPTER_OF(node.id)) &&
           vap_mask_has(&m->guest.domains, VAP_DOMAIN_OF(node.id));
    text_add(out, used ? "in use\n" : "assigned\n");
    return 0;
}

#define WHILE(name_, show_, when_)                                             \
    {                                                                          \
        .name = (name_), .mode = FILE_MODE(0444), .show = (show_),             \
        .when = (when_)                                                        \
    }

static const struct row queue_rows[] = {
    UEVENT,
    LINK("subsystem", BUS_AP),
    FOLDER("power", QUEUE_POWER),
    BOTH("request_count", show_request_count, store_request_count),
    SHOWN("requestq_count", show_requestq),
    SHOWN("pendingq_count", show_pendingq),
    BOTH("reset", show_reset, store_reset),
    SHOWN("interrupt", show_interrupt),
    SHOWN("config", show_config),
    SHOWN("chkstop", show_chkstop),
    SHOWN("ap_functions", show_functions),
    { .name = "driver_override",
      .mode = FILE_MODE(0644),
      .show = show_override,
      .store = store_override,
      .kernel = ONLY_7_2 },
    { .name = "driver",
      .mode = LINK_MODE,
      .to = CEX4QUEUE,
      .when = is_default },
    { .name = "driver", .mode = LINK_MODE, .to = VFIO_AP, .when = is_vfio },
    { .name = "online",
      .mode = FILE_MODE(0644),
      .show = show_online,
      .store = store_online,
      .when = is_default },
    WHILE("load", show_load, is_default),
    WHILE("mkvps", show_mkvps, is_coprocessor),
    WHILE("op_modes", show_op_modes, is_ep11),
    WHILE("status", show_status, is_vfio),
};
const struct table queue_table = TABLE(queue_rows);
