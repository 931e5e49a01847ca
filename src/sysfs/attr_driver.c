/* SPDX-License-Identifier: MIT */
/* Directories of drivers: who is bound, and bind and unbind by name. Source:
 * Linux drivers/base/bus.c, bind_store() and unbind_store(). */
#include "sysfs/attrs.h"

#include "sysfs/ask.h"
#include "sysfs/read.h"
#include "sysfs/sets.h"

#include <errno.h>

/* The device of this name; SET_END. */
static unsigned
named(const struct host *host, const struct set *set, const char *text,
      size_t length)
{
    char name[256];

    if (!read_name(text, length, name, sizeof(name)))
        return SET_END;
    return set->find(host, 0, name);
}

static int
drive_card(struct writer *w, bool bind, const char *text, size_t length)
{
    unsigned card = named(w->owner->host, &set_cards, text, length);

    if (card == SET_END)
        return ENODEV;
    return ask(w, &(struct host_request){ .setting = HOST_CARD_DRIVER,
                                          .adapter = card,
                                          .value = bind });
}

static int
store_bind_card(struct writer *w, struct node node, const char *text,
                size_t length)
{
    (void)node;
    return drive_card(w, true, text, length);
}

static int
store_unbind_card(struct writer *w, struct node node, const char *text,
                  size_t length)
{
    (void)node;
    return drive_card(w, false, text, length);
}

static int
drive_queue(struct writer *w, enum vap_op op, struct node node,
            const char *text, size_t length)
{
    unsigned queue = named(w->owner->host, &set_queues, text, length);

    if (queue == SET_END)
        return ENODEV;
    return ask_engine(
        w, &(struct vap_request){
               .op = op,
               .apqn = (uint16_t)queue,
               .driver = node.kind == VFIO_AP ? VAP_VFIO_AP : VAP_DEFAULT,
           });
}

static int
store_bind_queue(struct writer *w, struct node node, const char *text,
                 size_t length)
{
    return drive_queue(w, VAP_BIND, node, text, length);
}

static int
store_unbind_queue(struct writer *w, struct node node, const char *text,
                   size_t length)
{
    return drive_queue(w, VAP_UNBIND, node, text, length);
}

/* No mdev ever matches a driver by itself, nor by hand. */
static int
store_bind_mdev(struct writer *w, struct node node, const char *text,
                size_t length)
{
    (void)w;
    (void)node;
    (void)text;
    (void)length;
    return ENODEV;
}

static int
store_unbind_mdev(struct writer *w, struct node node, const char *text,
                  size_t length)
{
    unsigned slot = named(w->owner->host, &set_mdevs_driven, text, length);
    struct host_request r = { .setting = HOST_MDEV_UNBIND };

    (void)node;
    if (slot == SET_END || (w->tree->leaving &&
                            w->tree->leaving(w->tree->context, slot) == LEAVES))
        return ENODEV; /* what is being removed has left the bus */
    r.engine.mdev = slot;
    return ask(w, &r);
}

static const struct row cex4card_rows[] = {
    WRITTEN("bind", store_bind_card),
    WRITTEN("unbind", store_unbind_card),
    UEVENT_WRITTEN,
    LINK("module", MODULE_ZCRYPT),
    LINKS(set_cards_bound, CARD),
};
const struct table cex4card_table = TABLE(cex4card_rows);

static const struct row cex4queue_rows[] = {
    WRITTEN("bind", store_bind_queue),
    WRITTEN("unbind", store_unbind_queue),
    UEVENT_WRITTEN,
    LINK("module", MODULE_ZCRYPT),
    LINKS(set_queues_default, QUEUE),
};
const struct table cex4queue_table = TABLE(cex4queue_rows);

static const struct row vfio_ap_rows[] = {
    WRITTEN("bind", store_bind_queue),
    WRITTEN("unbind", store_unbind_queue),
    UEVENT_WRITTEN,
    LINK("module", MODULE_VFIO_AP),
    LINKS(set_queues_vfio, QUEUE),
};
const struct table vfio_ap_table = TABLE(vfio_ap_rows);

static const struct row matrix_driver_rows[] = {
    UEVENT_WRITTEN,
    LINK("matrix", MATRIX),
};
const struct table matrix_driver_table = TABLE(matrix_driver_rows);

static const struct row mdev_driver_rows[] = {
    WRITTEN("bind", store_bind_mdev),
    WRITTEN("unbind", store_unbind_mdev),
    UEVENT_WRITTEN,
    LINK("module", MODULE_VFIO_AP),
    LINKS_UNTIL(set_mdevs_driven, MDEV, LEAVES_DRIVER),
};
const struct table mdev_driver_table = TABLE(mdev_driver_rows);
