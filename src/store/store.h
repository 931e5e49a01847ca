/* SPDX-License-Identifier: MIT */
/* What survives a crash: every change in order, and now and then the whole
 * state. The present state is the last checkpoint and the changes after it,
 * carried out again. */
#ifndef VAP_STORE_STORE_H
#define VAP_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct store;

/** One event, to be written or as it was. Strings are UTF-8; lent. */
struct store_event {
    int64_t number; /* from 1, without gaps; given by store_record() */
    int64_t time_us; /* since 1970, UTC */
    uid_t uid;
    pid_t pid; /* 0 unknown */
    const char *command; /* "" unknown */
    const char *door; /* "sysfs", "api", ... */
    const char *request; /* JSON: a list of requests */
    const char *verdict; /* "" done, or the error's name */
    bool changed; /* the state: to be carried out again */
    const char *effect; /* JSON: what it did to each mdev */
};

/** The state as it was behind an event. Owned by whoever got it. */
struct store_checkpoint {
    int64_t number; /* of the event; 0 before the first */
    char *state; /* as given to store_checkpoint() */
};

void store_checkpoint_done(struct store_checkpoint *checkpoint);

/**
 * Opens or makes a store.
 *
 * max_bytes   when the file outgrows this, the oldest events go that no
 *             checkpoint needs; 0 no bound
 *
 * Returns  0; -EBUSY another process has it; -EBADMSG the file is no store of
 *          ours, or damaged; -EPROTO it is one of another version; -EACCES,
 *          -ENOSPC, -ENOMEM, -EIO
 */
int store_open(const char *path, uint64_t max_bytes, struct store **out);
void store_close(struct store *store);
void store_done(struct store **store);

/**
 * Writes an event. When it has returned 0 the event survives the end of this
 * process, however that comes.
 *
 * Returns  0, event->number filled; -ENOSPC, -EIO, -ENOMEM: nothing has been
 *          written
 */
int store_record(struct store *store, struct store_event *event);

/** Writes the state behind the last event. Returns as store_record(). */
int store_checkpoint(struct store *store, const char *state);

/**
 * Takes all that is written into the file itself, so that no damage of the log
 * beside it can take it away. Returns as store_record().
 */
int store_settle(struct store *store);

/* How many events had been written and were missing when it was opened, the
 * last ones: the log beside the file was damaged, cut off or gone. What is
 * there is as it was before them. 0 none, or that is not known. */
int64_t store_lost(const struct store *store);

/* Events since the last checkpoint. */
int64_t store_since_checkpoint(const struct store *store);

/**
 * The last checkpoint at or before an event.
 *
 * number   INT64_MAX for the last of all
 *
 * Returns  1 filled; 0 there is none; -EIO, -ENOMEM
 */
int store_last_checkpoint(struct store *store, int64_t number,
                          struct store_checkpoint *out);

/** What to list: events that satisfy all. */
struct store_query {
    int64_t after; /* numbers above this */
    int64_t until; /* numbers up to this; 0 no bound */
    int64_t since_us; /* at this time or later */
    const char *mdev; /* whose request or effect is about an mdev that is
                       * called so, or begins so; NULL: any */
    int64_t limit; /* the last so many; 0 all */
    int64_t first; /* the first so many, whatever limit says; 0 all */
    bool changed_only;
};

/**
 * Calls each() for every event found, in order; its strings are lent for the
 * call. A return other than 0 ends it.
 *
 * Returns  0, what each() returned, -EIO or -ENOMEM
 */
int store_each(struct store *store, const struct store_query *query,
               int (*each)(void *context, const struct store_event *event),
               void *context);

/* The number of the last event at or before a time; 0 when there is none. */
int64_t store_at(struct store *store, int64_t time_us);

/* The number of the last event there has been, kept or not; 0 for none. */
int64_t store_last(const struct store *store);

/* What the file takes, without its journal. */
uint64_t store_bytes(struct store *store);

/* The numbers of the first and the last event kept; 0 and 0 for none. */
void store_range(struct store *store, int64_t *first, int64_t *last);

#endif
