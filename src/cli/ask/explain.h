/* SPDX-License-Identifier: MIT */
/* The parts of vap explain. What can fail returns 0 or -ENOMEM. */
#ifndef VAP_CLI_ASK_EXPLAIN_H
#define VAP_CLI_ASK_EXPLAIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/frame/ids.h"
#include "host/change_words.h"
#include "host/host.h"
#include "matrix/explain.h"
#include "matrix/remedy.h"

/** What is asked about. A queue, adapter or domain of no mdev is one of the
 *  host's: mdev is n_slots. */
enum about { ABOUT_MDEV, ABOUT_ADAPTER, ABOUT_DOMAIN, ABOUT_QUEUE };

struct target {
    enum about about;
    uint32_t mdev;
    uint8_t adapter;
    uint8_t domain;
};

/** A host, and what it takes to search for remedies on it. */
struct explain {
    const struct host *host;
    const char *tree; /* the host's /sys, to see what can be written; or NULL */
    enum change_dialect commands; /* CHANGE_MDEVCTL: with all the tools */
    const char *shell; /* whose_shell() */
    bool all; /* nothing is left out for being long */
    struct vap_remedies *search;
    struct vap_change *scratch;
    uint32_t *where;
    struct vap_effect *effects;
    struct vap_reset *resets;
};

/* Room to search in. */
int explain_init(struct explain *e, const struct host *host);
void explain_done(struct explain *e);

/* ---- questions */

/* Queues of the mdev's matrix, the host's or not, and those its guest has. */
struct explain_counts {
    uint32_t assigned;
    uint32_t given;
};
struct explain_counts explain_count(const struct host *host, uint32_t mdev);

/* Of these domains those where the adapter's queue is deconfigured or
 * checkstopped; and the adapters of which a guest has such queues. */
struct vap_mask explain_dead(const struct host *host, unsigned adapter,
                             struct vap_mask domains);
struct vap_mask explain_dead_adapters(const struct host *host, uint32_t mdev);

/* Is there anything about the mdev to explain? */
bool explain_lacks(const struct host *host, uint32_t mdev);

/* Searches for what would give the guest what it lacks, into e->search;
 * false when that cannot be asked: the target is of no mdev, or it is given
 * and due. */
bool explain_search(struct explain *e, const struct target *t);

/* ---- words */

/* "holes", "not-told": as in JSON. */
const char *explain_cause(enum vap_cause cause);

/* Why a queue is not sound: "unbound". text: EXPLAIN_WHY bytes. */
#define EXPLAIN_WHY 160
void explain_why(const struct host *host, const struct vap_queue_facts *f,
                 char *text);

/* Since when the rule has not looked at an adapter of the mdev that has no hole
 * any more: "the last hole went; maybe domain 0047 was unassigned". What the
 * state tells are domains that would have been a hole, not which was. text:
 * EXPLAIN_SINCE bytes. */
#define EXPLAIN_PHRASE (IDS_TEXT + 64)
#define EXPLAIN_SINCE (2 * EXPLAIN_PHRASE + 64)
const char *explain_since(const struct host *host, uint32_t mdev,
                          unsigned adapter, char text[EXPLAIN_SINCE]);

/* "bind": as in JSON. */
const char *explain_act(enum vap_act act);

/* "bind 05.0047, unassign domain 0047 from a": what a remedy does. */
void explain_title(FILE *out, const struct explain *e,
                   const struct vap_remedy *remedy);

/* "gains 3 queues, the host loses 2, 1 guest update" */
void explain_effect(FILE *out, const struct vap_remedy *remedy);

/* One after the other what to type, in the caller's array of
 * VAP_REMEDY_REQUESTS, each to be freed. Returns how many, or -ENOMEM. */
int explain_commands(const struct explain *e, const struct vap_remedy *remedy,
                     char **commands);

/* ---- answers */

int explain_text(struct explain *e, const struct target *t);
int explain_put_queue(struct explain *e, const struct target *t);
int explain_put_remedies(struct explain *e, const struct target *t);
json_t *explain_json(struct explain *e, const struct target *t);

#endif
