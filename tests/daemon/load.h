/* SPDX-License-Identifier: MIT */
/* Many who write and read at once, what they did, and the past that vapd's log
 * tells, against which it is held. */
#ifndef VAP_TESTS_DAEMON_LOAD_H
#define VAP_TESTS_DAEMON_LOAD_H

#include "daemon/host.h"

#include <stdint.h>
#include <stdlib.h>

struct host;

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

enum { WRITERS = 8, READERS = 8, WORKERS = WRITERS + READERS };

/* What readers read; the last is the whole host, by the API. */
enum { LOAD_FILES = 20, HOST_FILE = LOAD_FILES - 1 };
extern const char *const load_files[LOAD_FILES];

/** What a worker did, in its file; a text of length bytes follows. */
struct deed {
    json_int_t before; /* the last event when it began */
    json_int_t after; /* ... when it was over; -1: nobody knows */
    int file; /* that was read; -1: written */
    int error; /* errno; of the API -1: the text has its name */
    json_int_t event; /* that the API has named; else 0 */
    pid_t pid;
    size_t length;
};

/* What a test cannot go on without. */
static inline void *
sure(void *it)
{
    if (!it)
        abort();
    return it;
}

/* --- work ------------------------------------------------------------------
 */

/* The workers write down what they do until so many seconds have passed, or
 * vapd is no more. */
void load_begin(const struct vhost *host, uint64_t seed, int seconds,
                pid_t pids[WORKERS]);
void load_end(const pid_t pids[WORKERS]);

/* Where a worker writes it down. */
void load_path(const struct vhost *host, unsigned worker, char path[96]);

/* --- the past --------------------------------------------------------------
 */

/** What a file showed, from an event on. */
struct sight {
    json_int_t since;
    int error;
    char *text;
};

struct sights {
    struct sight *list;
    size_t n;
};

/** An event as far as whoever asked for it knows. */
struct told {
    pid_t pid;
    char verdict[24];
};

struct past {
    struct host *host;
    struct sights files[LOAD_FILES];
    struct told *events; /* by number */
    json_int_t n_events;
    unsigned long refused;
    unsigned long changed;
};

void past_done(struct past *past);

/* Fills an empty one: each event of the log is carried out again, and comes to
 * what vapd made of it. */
void past_read(const struct vhost *host, struct past *past);

/* Holds against it what a worker was answered and has read. Returns of how
 * much. */
size_t past_check_worker(const struct vhost *host, const struct past *past,
                         unsigned worker);

#endif
