/* SPDX-License-Identifier: MIT */
/* The parts of vap heal. */
#ifndef VAP_CLI_CHANGE_HEAL_H
#define VAP_CLI_CHANGE_HEAL_H

#include "cli/change/apply.h"

/** Which way Linux is made to look again at an mdev. */
enum heal_way {
    HEAL_CONFIG, /* ap_config is written back as it is */
    HEAL_BORROW, /* an id that the host has not is assigned and unassigned */
    HEAL_RETURN /* an adapter that is to come is unassigned and assigned */
};

/** What is done about one mdev. */
struct heal {
    uint32_t mdev;
    enum heal_way way;
    struct vap_request list[2];
    size_t n; /* 0: nothing, for nothing that is written here helps */
    struct vap_matrix before; /* its guest matrix */
    struct vap_matrix after; /* as planned */
    uint32_t updates;
    enum vap_verdict refused; /* all ways would be; VAP_OK: one is not */
    bool takes; /* from the guest, what it should not have */
    bool disturbs;
    const char *state; /* how it ended: for JSON */
};

struct heals {
    const struct host *host;
    const char *tree; /* NULL: nothing can be written */
    struct heal *list;
    size_t n;
};

/* Finds what there is to heal, in one mdev or, with NAMES_NONE, in all. 0 or
 * -ENOMEM. list: the caller's to free */
int heal_plan(struct heals *h, uint32_t only);

/* ---- what it says */

void heal_put_plan(const struct heals *h);
void heal_put_result(const struct heals *h);

/* Plan and result in JSON. CLI_DONE or CLI_FAILED. */
int heal_put_json(const struct heals *h);

/* ---- the journal, and what an mdev is owed between two writes, whatever comes
 * between */

struct heal_debt {
    char *tree;
    char *file;
    char *text;
    struct apply_journal journal;
};

/* What an earlier run on this tree has left owing; file is NULL when it has
 * not. begin: there is a journal from now on. 0; -EBUSY another run is at work;
 * other -errno */
int heal_debt_load(const char *tree, bool begin, struct heal_debt *debt);
void heal_debt_done(struct heal_debt *debt);

/* From now on the mdev is owed this write; and no longer. 0 or -errno */
int heal_debt_owe(struct heal_debt *debt, const struct change_write *write);
int heal_debt_paid(struct heal_debt *debt);

/* This has been written, or refused with this errno number. */
void heal_debt_note(struct heal_debt *debt, const char *file, const char *text,
                    int error);

#endif
