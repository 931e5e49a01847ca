/* SPDX-License-Identifier: MIT */
/* Scenario files: what is done to a host, step by step, and what is to be
 * seen of it. The language is described in vap-scenario(5). Reading one does
 * nothing: whoever plays it does, on the engine or on a live tree. */
#ifndef VAP_LAB_SCENARIO_H
#define VAP_LAB_SCENARIO_H

#include "host/host.h"
#include "lab/sets.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The largest file, the most operations in all, and in `every order of`. */
#define SCENARIO_MAX ((size_t)1 << 20)
#define SCENARIO_MAX_OPS 20000
#define SCENARIO_MAX_ORDER 8

/* The most mdevs of a host; expectations, or notes, of a step; sources. */
#define SCENARIO_MAX_LINES 256

/** What is wrong with a file, for say_at(). */
struct scenario_error {
    unsigned long line; /* from 1; 0: the file as a whole */
    char text[512]; /* what was found, what was expected */
};

/* Rules as a set: bit i is vap_rules[i]. */
#define SCENARIO_RULE(i) (UINT32_C(1) << (i))
uint32_t scenario_all_rules(void);

/** Something done: "write a/assign_adapter 3", in the words of change_words.h,
 *  one blank between them. */
struct scenario_op {
    unsigned long line;
    char *words;
    char *written; /* the line it comes from, {1-3} and all; NULL when that
                    * line gave an operation before this one */
};

/** What an operation, a batch or each operation of an order answers. */
struct scenario_answer {
    unsigned long line;
    uint32_t rules; /* under these */
    char *answer; /* "ok", "EADDRINUSE"; "any" for whatever it may be */
    char **reasons; /* each is to be said, and nothing else when there are */
    size_t n_reasons;
};

/** What is looked at. Beside each: the subject, and how the value is
 *  written. A value has one text, so texts are compared. */
enum scenario_about {
    SCENARIO_MATRIX, /* mdev; sets_product_text() */
    SCENARIO_CONTROL, /* mdev; sets_ids_text() */
    SCENARIO_GUEST, /* mdev; sets_product_text() */
    SCENARIO_GUEST_CONTROL, /* mdev; sets_ids_text() */
    SCENARIO_APCB, /* mdev; sets_product_text() */
    SCENARIO_APCB_CONTROL, /* mdev; sets_ids_text() */
    SCENARIO_UPDATES, /* mdev; a number: since last looked at */
    SCENARIO_TEXT, /* mdev and file; scenario_quote() */
    SCENARIO_WHY, /* mdev, and an adapter "04.", a domain ".0004" or a queue;
                   * what keeps it from the guest, as vap explain --json has
                   * it, by name with a blank between, or "none" */
    SCENARIO_EXISTS, /* mdev; "exists" or "gone" */
    SCENARIO_ENDS, /* mdev, after orders; scenario_ends_text() */
    SCENARIO_N_ENDS, /* mdev, after orders; how many there are */
    SCENARIO_DRIVER, /* queue; "vfio_ap", "cex4queue", "unbound", "gone" */
    SCENARIO_STATUS, /* queue; "unassigned", "assigned", "in use",
                      * "gone" where vfio_ap has it not */
    SCENARIO_GUESTS, /* queue; mdevs whose guest has it, by name, a blank
                      * between, or "none" */
    SCENARIO_QUEUES, /* a driver, or "unbound"; sets_queues_text() */
    SCENARIO_RESETS, /* -; sets_queues_text(): since last looked at */
    SCENARIO_APMASK, /* -; vap_mask_text() */
    SCENARIO_AQMASK, /* -; vap_mask_text() */
    SCENARIO_ABOUTS
};

struct scenario_expect {
    unsigned long line;
    uint32_t rules; /* under these */
    enum scenario_about about;
    char *subject; /* "" for none */
    char *file; /* SCENARIO_TEXT, SCENARIO_WHY: of what; NULL otherwise */
    char *value;
};

enum scenario_kind {
    SCENARIO_START, /* the host as it comes up: expectations alone */
    SCENARIO_DO, /* its ops one after the other */
    SCENARIO_BATCH, /* its ops as one change */
    SCENARIO_ORDERS /* its ops in every order, each time from here; the host
                     * is then as it was before */
};

/** Something that happens, and what is to be seen after it. */
struct scenario_step {
    enum scenario_kind kind;
    unsigned long line; /* where it begins */
    char **notes; /* lines of what it is about */
    size_t n_notes;
    struct scenario_op *ops;
    size_t n_ops;
    struct scenario_answer *answers; /* one for each rule */
    size_t n_answers;
    struct scenario_expect *expects;
    size_t n_expects;
};

/** An mdev that is there from the start. */
struct scenario_mdev {
    unsigned long line;
    char *name;
    struct vap_matrix matrix;
    char *vm; /* the guest that has it open; NULL for none */
};

struct scenario {
    char *title;
    char **sources;
    size_t n_sources;
    uint32_t rules; /* those to run under; 0: not said */
    int kernel; /* enum vap_kernel for rules that bring none; -1: not said */

    struct vap_config config;
    struct vap_mask apmask;
    struct vap_mask aqmask;
    struct sets_queues unbound;
    struct scenario_mdev *mdevs;
    size_t n_mdevs;

    struct scenario_step *steps; /* the first is SCENARIO_START */
    size_t n_steps;
};

/**
 * Reads a scenario file.
 *
 * path   "-" reads stdin
 * out    the caller's from here, with scenario_free()
 * error  filled when it returns anything but 0
 *
 * Returns  0    done
 *          1    refused: not a scenario
 *          < 0  could not: -ENOENT, -EACCES, -ENOMEM, ...
 */
int scenario_load(const char *path, struct scenario **out,
                  struct scenario_error *error);

/** The same, of text in memory; it need not end with a NUL. */
int scenario_parse(const char *text, size_t length, struct scenario **out,
                   struct scenario_error *error);

void scenario_free(struct scenario *scenario);
void scenario_done(struct scenario **scenario);

/** Writes it; read back it is the same scenario, without comments and with
 *  nothing left to be said in two ways. */
void scenario_print(FILE *out, const struct scenario *scenario);

/**
 * The host that a scenario begins with.
 *
 * kernel   where the rule brings none
 *
 * Returns  0, *out the caller's; 1 with *error: its mdevs cannot be as they
 *          are said to be; -ENOMEM
 */
int scenario_boot(const struct scenario *scenario, const struct vap_rule *rule,
                  enum vap_kernel kernel, struct host **out,
                  struct scenario_error *error);

/** A guest matrix in which orders end, and how many of them do. */
struct scenario_end {
    char *matrix; /* sets_product_text() */
    unsigned long times;
};

/** "{0}x{0-1}: 12, empty: 12", the most frequent first, then by text; the
 *  list is sorted so. The caller's, for free(); NULL when memory is short. */
char *scenario_ends_text(struct scenario_end *ends, size_t n);

/** Text between quotation marks, newlines and the like as \n, \" and \xNN.
 *  The caller's, for free(); NULL when memory is short. */
char *scenario_quote(const char *text);

/** What an expectation says, "a guest {1-3}x{1-2}"; without its rules. */
void scenario_print_expect(FILE *out, const struct scenario_expect *x);

#endif
