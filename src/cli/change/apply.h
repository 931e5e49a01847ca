/* SPDX-License-Identifier: MIT */
/* The parts of vap apply on a tree: files that are written one after the
 * other, each read back, and a journal of it. */
#ifndef VAP_CLI_CHANGE_APPLY_H
#define VAP_CLI_CHANGE_APPLY_H

#include <jansson.h>

#include "host/change_words.h"
#include "planner/planner.h"

/** Where files are: below /sys, or what a test has in its place. */
struct apply_door {
    void *context;
    /* Both 0 or more, or -errno; read: the length, text ends with a NUL and
     * is cut at size - 1. */
    int (*write)(void *context, const char *file, const char *text);
    int (*read)(void *context, const char *file, char *text, size_t size);
};

/** Who is told, and may say no. Each may be NULL. */
struct apply_hooks {
    void *context;
    /* before a step, when all is as expected; not 0: go no further */
    int (*before)(void *context, size_t step, const struct change_write *write);
    /* after it, when it has been read back */
    void (*after)(void *context, size_t step);
};

enum apply_end {
    APPLY_DONE,
    APPLY_STOPPED, /* before() said no */
    APPLY_REFUSED, /* error, of the write */
    APPLY_SURPRISED /* a file is not what it is to be; what was found */
};

struct apply_result {
    enum apply_end end;
    size_t done; /* steps that have been written and read back */
    bool written; /* SURPRISED: the next one has been written, too */
    int error; /* positive errno */
    char what[1024]; /* the file, and what was found in it; one line */
};

/**
 * Carries a plan out by writing files. Before each step the masks and the
 * step's mdev must be as the steps before left them, so what somebody else
 * does meanwhile is found; after it they must be as planned, and no guest that
 * the step touches may lack what it is to keep.
 *
 * host  as it is now; carried along, and in the end as after result->done
 *
 * Returns 0, *result filled; -ENOMEM
 */
int apply_steps(struct host *host, const struct plan *plan,
                const struct apply_door *door, const struct apply_hooks *hooks,
                struct apply_result *result);

/* A door to a directory that looks like /sys; *fd is that directory's, lent. */
struct apply_door apply_tree_door(const int *fd);

/* Is there an mdev in it that cannot be written whole? */
bool apply_lacks_config(int fd);

/* ---- the journal: JSON, an object a line, in the folder of what stays */

struct apply_journal {
    int fd;
    char path[4096];
};

/** What an earlier run has left. */
struct apply_past {
    bool unfinished; /* it has begun and not said how it ended */
    size_t done; /* steps of it */
    size_t n; /* ... of so many */
    char *before; /* what there was before it, as WANTED.yaml; NULL: no run */
};

void apply_past_done(struct apply_past *past);

/**
 * Opens the journal, for one run at a time.
 *
 * tree  runs of other trees are passed over
 *
 * Returns 0; -EBUSY another run is at work; other -errno
 */
int apply_journal_open(const char *tree, struct apply_journal *journal,
                       struct apply_past *past);
void apply_journal_done(struct apply_journal *journal);

/* A file of this name there, to be read and written at its end, for one at a
 * time: -EBUSY. flags: O_CREAT, or 0: -ENOENT when it is not there. */
int apply_journal_file(const char *name, int flags,
                       struct apply_journal *journal);

/* One line, on the disk when it returns. json: taken over. 0 or -errno */
int apply_journal_write(struct apply_journal *journal, json_t *json);

#endif
