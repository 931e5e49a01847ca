/* SPDX-License-Identifier: MIT */
/* What is to be, as other programs have written it down: mdevctl's
 * definitions, chzdev's udev rule with the masks of the next boot, libvirt's
 * domains with the mdevs they use. */
#ifndef VAP_OBSERVE_STORES_H
#define VAP_OBSERVE_STORES_H

#include <stddef.h>

#include "host/host.h"

/** One attribute of a definition. */
struct stores_step {
    char text[80]; /* "assign_adapter=0x5" */
    enum vap_verdict verdict; /* VAP_OK: request is filled but for its mdev */
    struct vap_request request;
};

/** /etc/mdevctl.d/matrix/UUID. */
struct stores_definition {
    char name[64]; /* the file's */
    bool automatic; /* started with its parent */
    struct stores_step *steps; /* in the order in which they are written */
    size_t n;
};

/** A domain's <hostdev type='mdev' model='vfio-ap'>. */
struct stores_use {
    char *guest; /* the domain's name */
    char mdev[64];
};

struct stores {
    bool has_apmask; /* 41-ap.rules sets it */
    bool has_aqmask;
    struct vap_mask apmask;
    struct vap_mask aqmask;
    struct stores_definition *definitions;
    size_t n_definitions;
    struct stores_use *uses;
    size_t n_uses;
    char *notes; /* what could not be read: a line each; "" for none */
    char *broken; /* what is not what its place says: likewise */
};

/**
 * Reads what there is below a root: etc/mdevctl.d/matrix, etc/udev/rules.d/
 * 41-ap.rules, etc/libvirt/qemu. What is not there is no error, what cannot
 * be read is a note, what is no such file is broken.
 *
 * root  "/", or where a copy is
 * out   for stores_done() in any case
 *
 * Returns  0 or -ENOMEM
 */
int stores_load(const char *root, struct stores *out);
void stores_done(struct stores *stores);

/* The parsers. text need not end with a NUL.
 *
 * Returns  0, added to *stores; -EINVAL: it is no such file, and nothing is
 *          added; -ENOMEM
 * Source   mdevctl(8), "definition"; s390-tools' chzdev, which writes
 *          ATTR{../../bus/ap/apmask}="0x..."; libvirt's "Domain XML format" */
int stores_add_definition(struct stores *stores, const char *name,
                          const char *text, size_t length);
int stores_add_rule(struct stores *stores, const char *text, size_t length);
int stores_add_domain(struct stores *stores, const char *text, size_t length);

/* The definition of an mdev; NULL when it has none. */
const struct stores_definition *stores_definition(const struct stores *stores,
                                                  const char *name);

#endif
