/* SPDX-License-Identifier: MIT */
/* A host told again, slowly: a bool for each id, a struct for each queue, a
 * loop for every question. Written from the descriptions (Linux's AP bus and
 * vfio_ap, the 2020 review, the definition of `state`), not from the engine,
 * of which it knows the words of a request and no code. */
#ifndef VAP_TESTS_MODEL_H
#define VAP_TESTS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "matrix/change.h"

#define MODEL_MDEVS 16
#define MODEL_REASONS 64

enum model_rule { MODEL_STATE, MODEL_LINUX, MODEL_FCFS };

struct model_set {
    bool has[256];
};

struct model_ids {
    struct model_set adapters;
    struct model_set domains;
    struct model_set control;
};

struct model_queue {
    bool present;
    enum vap_driver driver;
    enum vap_driver override; /* VAP_NO_DRIVER: none */
    unsigned born;
    uint8_t reset_rc;
    uint8_t state;
    uint8_t zapq_rc;
    uint8_t zapq_n;
    uint8_t tapq_rc;
    uint8_t tapq_n;
    /* of this request: */
    unsigned resets;
    uint32_t answers; /* all of them, in order, as one number */
};

struct model_mdev {
    bool exists;
    struct model_ids matrix;
    struct model_ids guest;
    struct model_ids apcb;
    uint32_t vm;
    unsigned last_adapter;
    unsigned last_domain;
    /* of this request: */
    unsigned updates;
    unsigned clears;
};

struct model_reason {
    uint16_t apqn;
    uint32_t holder;
    bool by_driver;
};

struct model {
    enum model_rule rule;
    bool old; /* 6.12 */
    unsigned n_adapters; /* ids at and above are not used */
    unsigned n_domains;
    struct model_ids hardware;
    struct model_ids config;
    struct model_ids gained; /* in a scan */
    struct model_set apmask;
    struct model_set aqmask;
    unsigned n_overrides;
    bool masks_written;
    bool no_autoprobe;
    unsigned scans;
    struct model_mdev mdevs[MODEL_MDEVS];
    /* of this request: why it was refused */
    unsigned limit;
    uint32_t holder;
    size_t n_reasons;
    struct model_reason reasons[MODEL_REASONS];
    struct model_queue queue[256][256];
};

/* As vap_host_init(). last_adapter, last_domain: the highest ids there are,
 * of which the model makes its arrays' bounds. */
void model_init(struct model *m, enum model_rule rule, bool old,
                const struct vap_config *config, const struct vap_mask *apmask,
                const struct vap_mask *aqmask);

/* Carries it out. The verdict; n_reasons, limit and holder when refused. */
enum vap_verdict model_ask(struct model *m, const struct vap_request *r);

/* What a guest with this matrix may have now. */
void model_guest(const struct model *m, const struct model_ids *matrix,
                 struct model_ids *guest);

void model_set_of(struct model_set *set, const struct vap_mask *mask);
void model_ids_of(struct model_ids *ids, const struct vap_matrix *m);

/* Are there ids at or above the bound? Is there none at all? */
bool model_beyond(const struct model_set *set, unsigned bound);
bool model_empty(const struct model_set *set);

#endif
