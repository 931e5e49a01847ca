/* SPDX-License-Identifier: MIT */
/* The host file as cyaml knows it: what is in the text, nothing of it judged
 * yet. A pointer is NULL where the key is not there. */
#ifndef VAP_OBSERVE_HOSTFILE_SCHEMA_H
#define VAP_OBSERVE_HOSTFILE_SCHEMA_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>

#include "matrix/host.h"

/* "0x05", "7", "0x10-0x1f" */
struct doc_ids {
    char **text;
    uint32_t n;
};

struct doc_card {
    char *id; /* or a range */
    char *type;
    enum vap_rc *state; /* NORMAL, DECONFIGURED, CHECKSTOPPED */
};

struct doc_hardware {
    struct doc_card *cards;
    uint32_t n_cards;
    struct doc_ids domains;
    struct doc_ids control;
};

struct doc_failure {
    uint8_t rc;
    uint8_t times;
};

/* What is out of the ordinary about some queues. */
struct doc_queues {
    struct doc_ids adapters;
    struct doc_ids domains;
    enum vap_driver *driver;
    char *override; /* any driver's name */
    enum vap_rc *state;
    uint8_t *last_reset;
    struct doc_failure *fail_reset;
    struct doc_failure *fail_test;
    uint32_t *since_scan;
};

struct doc_matrix {
    struct doc_ids adapters;
    struct doc_ids domains;
    struct doc_ids control;
};

struct doc_mdev {
    char *name;
    struct doc_matrix matrix;
    char *guest;
    struct doc_matrix *guest_matrix;
    struct doc_matrix *apcb;
};

struct doc {
    char *rule;
    enum vap_kernel *kernel;
    bool *apxa;
    uint8_t *highest_adapter;
    uint8_t *highest_domain;
    struct doc_card *cards;
    uint32_t n_cards;
    struct doc_ids domains;
    struct doc_ids control;
    struct doc_hardware *hardware;
    char *apmask;
    char *aqmask;
    bool masks_written;
    char *boot_apmask;
    char *boot_aqmask;
    bool *autoprobe;
    uint32_t overrides_vanished;
    uint32_t scans;
    struct doc_queues *queues;
    uint32_t n_queues;
    struct doc_mdev *mdevs;
    uint32_t n_mdevs;
};

/* The longest text of each sort, in bytes: a directory's name, and what fits
 * into a page. */
#define DOC_NAME 255
#define DOC_TEXT 4095
/* ... and of a driver_override, each of its bytes \xNN. */
#define DOC_OVERRIDE (4 * DOC_TEXT)

extern const cyaml_schema_value_t doc_schema;

/* The words of the three enumerations; NULL for a value without one. */
const char *doc_kernel(enum vap_kernel kernel);
const char *doc_driver(enum vap_driver driver);
const char *doc_state(uint8_t state);

#endif
