/* SPDX-License-Identifier: MIT */
/* /sys/devices/ap/cardXX. Source: Linux ap_card.c, zcrypt_card.c,
 * zcrypt_cex4.c. */
#include "sysfs/attrs.h"

#include "cards/identity.h"
#include "cards/queue.h"
#include "sysfs/ask.h"
#include "sysfs/card.h"
#include "sysfs/read.h"
#include "sysfs/sets.h"

#include <inttypes.h>

static struct card
card_of(const struct host *host, unsigned adapter)
{
    return card_of_type(host_card_type(host, adapter), (uint8_t)adapter,
                        host->engine->bus.config.apxa);
}

unsigned
card_hwtype(const struct host *host, unsigned adapter)
{
    struct card card = card_of(host, adapter);

    return card_type(&card);
}

char
card_mode(const struct host *host, unsigned adapter)
{
    return host_card_type(host, adapter)[4];
}

uint32_t
card_functions(const struct host *host, unsigned adapter)
{
    struct card card = card_of(host, adapter);

    return AP_FUNCTIONS(card_info(&card, QUEUE_DEPTH));
}

static const struct device_bus *
bus_of(const struct host *host)
{
    return &host->devices->bus;
}

uint8_t
card_test(const struct host *host, unsigned apqn)
{
    const struct vap_matrix *ids = &host->engine->bus.hardware.ids;
    unsigned a = VAP_ADAPTER_OF(apqn);
    unsigned d = VAP_DOMAIN_OF(apqn);

    return vap_mask_has(&ids->adapters, a) && vap_mask_has(&ids->domains, d)
               ? host->engine->queue[a][d].state
               : VAP_RC_NOT_AVAILABLE;
}

/* Is the card, or queue, in none of the three? */
static bool
is_online(const struct vap_mask *offline, const struct vap_mask *deconfigured,
          const struct vap_mask *checkstopped, unsigned id)
{
    return !vap_mask_has(offline, id) && !vap_mask_has(deconfigured, id) &&
           !vap_mask_has(checkstopped, id);
}

static bool
is_card_online(const struct host *host, unsigned adapter)
{
    const struct device_bus *bus = bus_of(host);

    return is_online(&bus->offline, &bus->deconfigured, &bus->checkstopped,
                     adapter);
}

/* Source: Linux zcrypt_api.c, zcrypt_send_cprb() and zcrypt_send_ep11_cprb():
 * card and queue bound, and online. */
bool
card_can_tell(const struct host *host, unsigned adapter,
              const struct vap_mask *domains)
{
    const struct device_row *row = &host->devices->row[adapter];
    struct vap_mask own =
        vap_mask_and(*domains, host->engine->row[adapter].dflt);

    if (!vap_mask_has(&bus_of(host)->bound, adapter) ||
        !is_card_online(host, adapter))
        return false;
    VAP_EACH (d, &own)
        if (is_online(&row->offline, &row->deconfigured, &row->checkstopped,
                      d) &&
            card_test(host, VAP_APQN(adapter, d)) == VAP_RC_NORMAL)
            return true;
    return false;
}

/* Through any queue. */
static bool
is_told(const struct host *host, struct node node)
{
    struct vap_mask all = vap_mask_all();

    return card_can_tell(host, node.id, &all);
}

static int
set(struct writer *w, enum host_setting setting, struct node node,
    int64_t value)
{
    return ask(w, &(struct host_request){
                      .setting = setting, .adapter = node.id, .value = value });
}

static int
show_hwtype(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%u\n", card_hwtype(host, node.id));
    return 0;
}

static int
show_depth(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "%d\n", QUEUE_DEPTH);
    return 0;
}

static int
show_functions(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "0x%08" PRIX32 "\n", card_functions(host, node.id));
    return 0;
}

static int
show_request_count(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%" PRIu64 "\n",
             devices_counts(host, DEVICE_CARD, node.id).requests);
    return 0;
}

static int
store_request_count(struct writer *w, struct node node, const char *text,
                    size_t length)
{
    (void)text;
    (void)length;
    return set(w, HOST_CARD_COUNT, node, 0);
}

static struct device_counts
counts(const struct host *host, struct node node)
{
    return devices_counts(host, node.kind == QUEUE ? DEVICE_QUEUE : DEVICE_CARD,
                          node.id);
}

int
show_requestq(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%" PRIu64 "\n", counts(host, node).waiting);
    return 0;
}

int
show_pendingq(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%" PRIu64 "\n", counts(host, node).working);
    return 0;
}

static int
show_modalias(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "ap:t%02X\n", card_hwtype(host, node.id));
    return 0;
}

static int
show_config(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%d\n", !vap_mask_has(&bus_of(host)->deconfigured, node.id));
    return 0;
}

static int
store_config(struct writer *w, struct node node, const char *text,
             size_t length)
{
    int value;
    int r = read_decimal(text, length, &value);

    return r ? r : set(w, HOST_CARD_CONFIG, node, value);
}

static int
show_chkstop(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%d\n", vap_mask_has(&bus_of(host)->checkstopped, node.id));
    return 0;
}

static int
show_max_msg_size(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "%d\n", SLOTS_MESSAGE);
    return 0;
}

/* while it is bound to cex4card */

static bool
is_bound(const struct host *host, unsigned id)
{
    return vap_mask_has(&bus_of(host)->bound, id);
}

static bool
is_cca(const struct host *host, unsigned id)
{
    return is_bound(host, id) && card_mode(host, id) == 'C';
}

static bool
is_ep11(const struct host *host, unsigned id)
{
    return is_bound(host, id) && card_mode(host, id) == 'P';
}

static int
show_type(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%s\n", host_card_type(host, node.id));
    return 0;
}

static int
show_online(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%d\n", is_card_online(host, node.id));
    return 0;
}

static int
store_online(struct writer *w, struct node node, const char *text,
             size_t length)
{
    int value;
    int r = read_decimal(text, length, &value);

    return r ? r : set(w, HOST_CARD_ONLINE, node, value);
}

static int
show_load(const struct host *host, struct node node, struct text *out)
{
    (void)host;
    (void)node;
    text_add(out, "0\n");
    return 0;
}

/* What the card alone knows: "\n" when it cannot be asked. */

static int
show_cca_serial(const struct host *host, struct node node, struct text *out)
{
    struct card card = card_of(host, node.id);
    char serial[CARD_SERIAL];

    card_serial(&card, serial);
    text_add(out, "%s\n", is_told(host, node) ? serial : "");
    return 0;
}

static int
show_ep11_serial(const struct host *host, struct node node, struct text *out)
{
    struct card card = card_of(host, node.id);
    char serial[CARD_SERIAL];

    /* Tools show the first 8 characters only. */
    card_serial(&card, serial);
    if (is_told(host, node))
        text_add(out, "%-16s", serial);
    text_add(out, "\n");
    return 0;
}

static int
show_api(const struct host *host, struct node node, struct text *out)
{
    if (is_told(host, node))
        text_add(out, "%d", CARD_EP11_API);
    text_add(out, "\n");
    return 0;
}

static int
show_firmware(const struct host *host, struct node node, struct text *out)
{
    if (is_told(host, node))
        text_add(out, "%d.0", card_of(host, node.id).generation);
    text_add(out, "\n");
    return 0;
}

static int
show_op_modes(const struct host *host, struct node node, struct text *out)
{
    text_add(out, "%s\n", is_told(host, node) ? CARD_OP_MODES : "");
    return 0;
}

#define WHILE(name_, show_, when_)                                             \
    {                                                                          \
        .name = (name_), .mode = FILE_MODE(0444), .show = (show_),             \
        .when = (when_)                                                        \
    }

static const struct row card_rows[] = {
    UEVENT,
    LINK("subsystem", BUS_AP),
    FOLDER("power", CARD_POWER),
    FOLDERS(set_queues_of_card, QUEUE),
    SHOWN("hwtype", show_hwtype),
    SHOWN("raw_hwtype", show_hwtype),
    SHOWN("depth", show_depth),
    SHOWN("ap_functions", show_functions),
    BOTH("request_count", show_request_count, store_request_count),
    SHOWN("requestq_count", show_requestq),
    SHOWN("pendingq_count", show_pendingq),
    SHOWN("modalias", show_modalias),
    BOTH("config", show_config, store_config),
    SHOWN("chkstop", show_chkstop),
    SHOWN("max_msg_size", show_max_msg_size),
    { .name = "driver", .mode = LINK_MODE, .to = CEX4CARD, .when = is_bound },
    WHILE("type", show_type, is_bound),
    { .name = "online",
      .mode = FILE_MODE(0644),
      .show = show_online,
      .store = store_online,
      .when = is_bound },
    WHILE("load", show_load, is_bound),
    WHILE("serialnr", show_cca_serial, is_cca),
    WHILE("serialnr", show_ep11_serial, is_ep11),
    WHILE("API_ordinalnr", show_api, is_ep11),
    WHILE("FW_version", show_firmware, is_ep11),
    WHILE("op_modes", show_op_modes, is_ep11),
};
const struct table card_table = TABLE(card_rows);

static const struct row ap_rows[] = {
    UEVENT,
    FOLDER("power", AP_POWER),
    FOLDERS(set_cards, CARD),
};
const struct table ap_table = TABLE(ap_rows);
