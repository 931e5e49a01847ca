/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_HOST_H
#define VAP_MATRIX_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "matrix/kernel.h"
#include "matrix/mask.h"

struct vap_rule;

/* A queue's number: adapter in the high byte, domain in the low one. */
#define VAP_APQN(adapter, domain)                                              \
    ((uint16_t)(((unsigned)(adapter)&255) << 8 | ((unsigned)(domain)&255)))
#define VAP_ADAPTER_OF(apqn) ((unsigned)(apqn) >> 8)
#define VAP_DOMAIN_OF(apqn) ((unsigned)(apqn)&255)

/* The most mdevs a host can have: available_instances of an unused host. */
#define VAP_MDEVS 65536

/** Response codes of the AP instructions that the engine knows by name. */
enum vap_rc {
    VAP_RC_NORMAL = 0x00,
    VAP_RC_NOT_AVAILABLE = 0x01,
    VAP_RC_RESETTING = 0x02,
    VAP_RC_DECONFIGURED = 0x03,
    VAP_RC_CHECKSTOPPED = 0x04,
    VAP_RC_BUSY = 0x05,
    VAP_RC_CHANGING = 0x0A,
    VAP_RC_NOT_UNIQUE = 0x35, /* association: reset again */
    VAP_RC_ASSOC_FAILED = 0x36
};

/** Who may have a queue. */
enum vap_driver {
    VAP_NO_DRIVER,
    VAP_DEFAULT, /* cex4queue, the host's own driver */
    VAP_VFIO_AP, /* for guests */
    VAP_OTHER_DRIVER /* only as driver_override: a name nobody has */
};

/** PQAP(QCI): what the host has been given. */
struct vap_config {
    struct vap_matrix ids; /* adapters, usage and control domains */
    bool apxa; /* else at most 64 adapters and 16 domains */
    uint8_t last_adapter; /* Na, 0 to 255; meant with apxa */
    uint8_t last_domain; /* Nd */
};

/** The highest ids of a host, as vfio_ap has them: 63 and 15 without APXA. */
unsigned vap_config_last_adapter(const struct vap_config *config);
unsigned vap_config_last_domain(const struct vap_config *config);

/** ... and those that the bus has: it takes an Na or Nd of 0 for not told, and
 *  keeps 63 and 15. Source: Linux ap_bus.c, ap_init_qci_info(). */
unsigned vap_config_bus_adapter(const struct vap_config *config);
unsigned vap_config_bus_domain(const struct vap_config *config);

/** All queues of one adapter, a bit each. */
struct vap_row {
    struct vap_mask present; /* has a device */
    struct vap_mask dflt; /* bound to the default driver */
    struct vap_mask vfio; /* bound to vfio_ap */
    struct vap_mask sound; /* so bound, and its last reset is passable */
    struct vap_mask overridden; /* has a driver_override */
    struct vap_mask abnormal; /* does not answer a reset with 0 at once, or
                               * did not last time; see its vap_queue */
};

/** What few queues have anything to say about. */
struct vap_queue {
    uint32_t born; /* the scan that made the device: the bus's order */
    uint8_t override; /* enum vap_driver */
    uint8_t reset_rc; /* of vfio_ap's last ZAPQ since it was bound */
    uint8_t state; /* hardware answers this: 0, 3 or 4; 1: nothing is
                    * there though both ids are, and no scan finds it */
    uint8_t zapq_rc; /* what the next zapq_n resets answer */
    uint8_t zapq_n;
    uint8_t tapq_rc; /* what the next tapq_n tests by vfio_ap answer */
    uint8_t tapq_n;
};

/** A mediated device. */
struct vap_mdev {
    struct vap_matrix matrix; /* what the administrator assigned */
    struct vap_matrix guest; /* guest_matrix: what a guest may use */
    struct vap_matrix apcb; /* what KVM was told last; empty without vm */
    uint32_t vm; /* who has it open; 0: nobody */
    uint8_t last_adapter; /* of the host when it was created */
    uint8_t last_domain;
    bool exists;
};

/** For who finds an mdev: its last_adapter and last_domain. They are those of
 * the host now, unless it has higher ids: then it was created when the host
 * had more, and the highest of them is all that is known. */
void vap_mdev_limit(struct vap_mdev *mdev, const struct vap_config *config);

/** What a host has one of. */
struct vap_bus {
    struct vap_config hardware; /* what QCI says now */
    struct vap_config config; /* what the last scan saw; rules use this */
    struct vap_mask apmask; /* kept for the default driver where both */
    struct vap_mask aqmask; /* masks have the queue's ids */
    struct vap_mask
        boot_apmask; /* as the kernel's command line had them; all */
    struct vap_mask boot_aqmask; /* ones: it did not */
    uint32_t scans; /* that changed anything */
    uint32_t n_overrides; /* as the kernel counts: not those that
                           * vanished with their queue */
    bool masks_written; /* the last mask write left a bit clear */
    bool no_autoprobe; /* new queues stay without a driver */
};

/** A host, whole. A queue, mdev or id that is not there is all zero. */
struct vap_host {
    const struct vap_rule *rule; /* what a guest gets */
    enum vap_kernel kernel; /* everything else */
    struct vap_bus bus;
    struct vap_mdev *mdevs; /* the caller's, n_slots of them */
    uint32_t n_slots; /* 0 to VAP_MDEVS */
    struct vap_row row[VAP_IDS];
    struct vap_queue queue[VAP_IDS][VAP_IDS];
};

/** A host as it comes up: hardware scanned, vfio_ap loaded, no mdev. Queues
 *  are bound as the masks say. mdevs: the caller's, lent for the host's life;
 *  overwritten. A rule that brings its kernel (linux-*) sets kernel too. */
void vap_host_init(struct vap_host *host, const struct vap_rule *rule,
                   enum vap_kernel kernel, const struct vap_config *config,
                   const struct vap_mask *apmask, const struct vap_mask *aqmask,
                   struct vap_mdev *mdevs, uint32_t n_slots);

/** Who has the queue. */
enum vap_driver vap_host_driver(const struct vap_host *host, unsigned apqn);

/** Do the masks keep it for the default driver? driver_override aside. */
bool vap_host_reserves(const struct vap_host *host, unsigned apqn);

/** The mdev whose matrix holds the queue; n_slots when none does. */
uint32_t vap_host_owner(const struct vap_host *host, unsigned apqn);

/** Does a queue whose last reset answered rc pass the filter? */
static inline bool
vap_rc_passes(uint8_t rc)
{
    return rc == VAP_RC_NORMAL || rc == VAP_RC_DECONFIGURED ||
           rc == VAP_RC_CHECKSTOPPED;
}

/**
 * The one function: what a guest with this matrix may use, from the present
 * state alone. Adapters with a hole (a domain of theirs whose queue is not
 * sound) are dropped; the domains stay, also when no adapter does.
 *
 * Source  "pure" in docs/traces.md; Linux vfio_ap_mdev_filter_matrix()
 */
void vap_guest_matrix(const struct vap_host *host, const struct vap_matrix *m,
                      struct vap_matrix *guest);

#endif
