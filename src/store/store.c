/* SPDX-License-Identifier: MIT */
/* An event is one row, written in one transaction. The journal is a
 * write-ahead log, so what has been committed outlives a killed process; the
 * file may lose its end with the machine's power, never its order. That it has
 * lost it, the number beside it tells. */
#include "store/store.h"

#include "base/auto.h"
#include "store/last.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum statement {
    RECORD,
    CHECKPOINT,
    LAST_CHECKPOINT,
    AT,
    RANGE,
    EACH,
    EACH_FIRST,
    TRIM_EVENTS,
    TRIM_CHECKPOINTS,
    BEGIN,
    COMMIT,
    ROLLBACK,
    STATEMENTS
};

struct store {
    char *path;
    sqlite3 *db;
    sqlite3_stmt *statement[STATEMENTS];
    int64_t last; /* event */
    int64_t checkpoint; /* event of the last one */
    uint64_t max_bytes;
    int64_t lost; /* events */
    int last_fd;
};

#define APPLICATION 0x76617001 /* "vap", 1 */

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS event ("
    " number INTEGER PRIMARY KEY, time_us INTEGER NOT NULL,"
    " uid INTEGER NOT NULL, pid INTEGER NOT NULL, command TEXT NOT NULL,"
    " door TEXT NOT NULL, request TEXT NOT NULL, verdict TEXT NOT NULL,"
    " changed INTEGER NOT NULL, effect TEXT NOT NULL) STRICT;"
    "CREATE INDEX IF NOT EXISTS event_time ON event (time_us);"
    "CREATE TABLE IF NOT EXISTS checkpoint ("
    " number INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT;";

/* clang-format off */
#define FOUND                                                                 \
    "SELECT * FROM event WHERE number > ?1 AND number <= ?2"                  \
    " AND time_us >= ?3"                                                      \
    " AND (?4 IS NULL OR instr(effect, ?4) OR instr(request, ?4)"             \
    " OR instr(effect, ?7))"                                                  \
    " AND (NOT ?5 OR changed)"
/* clang-format on */

static const char *const sql[STATEMENTS] = {
    [RECORD] = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [CHECKPOINT] = "INSERT OR REPLACE INTO checkpoint VALUES (?, ?)",
    [LAST_CHECKPOINT] = "SELECT number, state FROM checkpoint"
                        " WHERE number <= ? ORDER BY number DESC LIMIT 1",
    [AT] = "SELECT number FROM event WHERE time_us <= ?"
           " ORDER BY number DESC LIMIT 1",
    [RANGE] = "SELECT ifnull(min(number), 0), ifnull(max(number), 0),"
              " (SELECT ifnull(max(number), 0) FROM checkpoint) FROM event",
    [EACH] = "SELECT * FROM (" FOUND " ORDER BY number DESC LIMIT ?6)"
             " ORDER BY number",
    [EACH_FIRST] = FOUND " ORDER BY number LIMIT ?6",
    [TRIM_EVENTS] = "DELETE FROM event WHERE number <= ?",
    [TRIM_CHECKPOINTS] = "DELETE FROM checkpoint WHERE number < ?",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
};

static int
error_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return -EBADMSG;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return -EACCES;
    default:
        return -EIO;
    }
}

static int
run(struct store *store, enum statement s)
{
    int code = sqlite3_step(store->statement[s]);

    (void)sqlite3_reset(store->statement[s]);
    (void)sqlite3_clear_bindings(store->statement[s]);
    return error_of(code);
}

void
store_checkpoint_done(struct store_checkpoint *checkpoint)
{
    free(checkpoint->state);
    checkpoint->state = NULL;
}

void
store_close(struct store *store)
{
    if (!store)
        return;
    for (int s = 0; s < STATEMENTS; s++)
        (void)sqlite3_finalize(store->statement[s]);
    (void)sqlite3_close(store->db);
    if (store->last_fd >= 0) {
        (void)close(store->last_fd);
        last_forget(store->path);
    }
    free(store->path);
    free(store);
}

void
store_done(struct store **store)
{
    store_close(*store);
}

static int
execute(struct store *store, const char *text)
{
    return error_of(sqlite3_exec(store->db, text, NULL, NULL, NULL));
}

/* A number that a pragma answers. */
static int64_t
pragma(struct store *store, const char *text)
{
    sqlite3_stmt *s = NULL;
    int64_t value = 0;

    if (sqlite3_prepare_v2(store->db, text, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        value = sqlite3_column_int64(s, 0);
    (void)sqlite3_finalize(s);
    return value;
}

/* A new file, or one of ours; ours for as long as it is open. */
static int
claim(struct store *store)
{
    int r = execute(store, "PRAGMA locking_mode = EXCLUSIVE;"
                           "PRAGMA journal_mode = WAL;"
                           "PRAGMA synchronous = NORMAL;");
    int64_t application;

    if (r < 0)
        return r;
    application = pragma(store, "PRAGMA application_id");
    if (application == 0 &&
        pragma(store, "SELECT count(*) FROM sqlite_master") == 0)
        return execute(store, "PRAGMA application_id = 0x76617001");
    if (application == APPLICATION)
        return 0;
    return application >> 8 == APPLICATION >> 8 ? -EPROTO : -EBADMSG;
}

static int
prepare(struct store *store)
{
    for (int s = 0; s < STATEMENTS; s++) {
        int code =
            sqlite3_prepare_v3(store->db, sql[s], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statement[s], NULL);

        if (code != SQLITE_OK)
            return code == SQLITE_ERROR ? -EBADMSG : error_of(code);
    }
    return 0;
}

static int
read_range(struct store *store, int64_t *first)
{
    sqlite3_stmt *s = store->statement[RANGE];
    int code = sqlite3_step(s);

    *first = sqlite3_column_int64(s, 0);
    store->last = sqlite3_column_int64(s, 1);
    store->checkpoint = sqlite3_column_int64(s, 2);
    if (store->last < store->checkpoint)
        store->last = store->checkpoint;
    (void)sqlite3_reset(s);
    return error_of(code);
}

/* What a store was, and is no more. */
static bool
is_gone(const char *path)
{
    struct stat st;

    return stat(path, &st) < 0 || st.st_size == 0;
}

/* What is known to have been there, and is not; from now on it is noted. */
static int
miss(struct store *store, const char *path, int64_t known)
{
    store->lost = known > store->last ? known - store->last : 0;
    store->last_fd = last_open(path);
    return store->last_fd < 0 ? store->last_fd : 0;
}

/* SQLite says of every file that it cannot make that it cannot open it. */
static int
why_not(const char *path)
{
    int fd = last_open(path);

    if (fd < 0)
        return fd;
    (void)close(fd);
    last_forget(path);
    return -EACCES;
}

int
store_open(const char *path, uint64_t max_bytes, struct store **out)
{
    AUTO(store_done) struct store *store = calloc(1, sizeof(*store));
    int64_t known = last_read(path);
    int64_t first;
    int r;

    if (!store)
        return -ENOMEM;
    store->last_fd = -1;
    store->path = strdup(path);
    if (!store->path)
        return -ENOMEM;
    if (known >= 0 && is_gone(path))
        return -EBADMSG;
    store->max_bytes = max_bytes;
    r = error_of(sqlite3_open_v2(path, &store->db,
                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                     SQLITE_OPEN_NOMUTEX,
                                 NULL));
    if (!r)
        r = claim(store);
    if (!r)
        r = execute(store, schema);
    if (!r)
        r = prepare(store);
    if (!r)
        r = read_range(store, &first);
    if (!r)
        r = miss(store, path, known);
    if (r < 0)
        return r == -EACCES ? why_not(path) : r;
    *out = TAKE(store);
    return 0;
}

static void
bind_event(sqlite3_stmt *s, int64_t number, const struct store_event *e)
{
    (void)sqlite3_bind_int64(s, 1, number);
    (void)sqlite3_bind_int64(s, 2, e->time_us);
    (void)sqlite3_bind_int64(s, 3, e->uid);
    (void)sqlite3_bind_int64(s, 4, e->pid);
    (void)sqlite3_bind_text(s, 5, e->command, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(s, 6, e->door, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(s, 7, e->request, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(s, 8, e->verdict, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(s, 9, e->changed);
    (void)sqlite3_bind_text(s, 10, e->effect, -1, SQLITE_STATIC);
}

int
store_record(struct store *store, struct store_event *event)
{
    int r;

    bind_event(store->statement[RECORD], store->last + 1, event);
    r = run(store, RECORD);
    if (r == 0) {
        event->number = ++store->last;
        last_write(store->last_fd, store->last);
    }
    return r;
}

static uint64_t
bytes_used(struct store *store)
{
    int64_t pages = pragma(store, "PRAGMA page_count") -
                    pragma(store, "PRAGMA freelist_count");

    return (uint64_t)(pages * pragma(store, "PRAGMA page_size"));
}

/* The older half of the events goes, with the checkpoints before them. The
 * checkpoint that is being written stands behind the last event, and stays. */
static int
trim(struct store *store, int64_t first)
{
    int64_t cut = first + (store->last - first) / 2;
    int r;

    (void)sqlite3_bind_int64(store->statement[TRIM_EVENTS], 1, cut);
    r = run(store, TRIM_EVENTS);
    if (r < 0)
        return r;
    (void)sqlite3_bind_int64(store->statement[TRIM_CHECKPOINTS], 1, cut);
    return run(store, TRIM_CHECKPOINTS);
}

static int
write_checkpoint(struct store *store, const char *state)
{
    int64_t first;
    int64_t last;

    (void)sqlite3_bind_int64(store->statement[CHECKPOINT], 1, store->last);
    (void)sqlite3_bind_text(store->statement[CHECKPOINT], 2, state, -1,
                            SQLITE_STATIC);

    int r = run(store, CHECKPOINT);

    if (r < 0 || !store->max_bytes || bytes_used(store) <= store->max_bytes)
        return r;
    store_range(store, &first, &last);
    return last > first ? trim(store, first) : 0;
}

int
store_checkpoint(struct store *store, const char *state)
{
    int64_t before = store->checkpoint;
    int r = run(store, BEGIN);

    if (r < 0)
        return r;
    r = write_checkpoint(store, state);
    if (r == 0)
        r = run(store, COMMIT);
    if (r < 0) {
        (void)run(store, ROLLBACK);
        store->checkpoint = before;
        return r;
    }
    store->checkpoint = store->last;
    return 0;
}

int
store_settle(struct store *store)
{
    last_write(store->last_fd, store->last);
    return error_of(sqlite3_wal_checkpoint_v2(
        store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

int64_t
store_lost(const struct store *store)
{
    return store->lost;
}

int64_t
store_since_checkpoint(const struct store *store)
{
    return store->last - store->checkpoint;
}

int
store_last_checkpoint(struct store *store, int64_t number,
                      struct store_checkpoint *out)
{
    sqlite3_stmt *s = store->statement[LAST_CHECKPOINT];
    int r;

    (void)sqlite3_bind_int64(s, 1, number);

    int code = sqlite3_step(s);

    r = code == SQLITE_ROW ? 1 : error_of(code);
    if (r == 1) {
        out->number = sqlite3_column_int64(s, 0);
        out->state = strdup((const char *)sqlite3_column_text(s, 1));
        r = out->state ? 1 : -ENOMEM;
    }
    (void)sqlite3_reset(s);
    return r;
}

static void
bind_query(sqlite3_stmt *s, const struct store_query *q)
{
    (void)sqlite3_bind_int64(s, 1, q->after);
    (void)sqlite3_bind_int64(s, 2, q->until ? q->until : INT64_MAX);
    (void)sqlite3_bind_int64(s, 3, q->since_us);
    (void)sqlite3_bind_int(s, 5, q->changed_only);
    (void)sqlite3_bind_int64(s, 6,
                             q->first   ? q->first
                             : q->limit ? q->limit
                                        : -1);
}

/* As it stands in JSON. */
static int
bind_name(sqlite3_stmt *s, int at, const char *key, const char *name)
{
    char *text;

    if (asprintf(&text, "\"%s\":\"%s", key, name) < 0)
        return -ENOMEM;
    return error_of(sqlite3_bind_text(s, at, text, -1, free));
}

static struct store_event
read_event(sqlite3_stmt *s)
{
    return (struct store_event){
        .number = sqlite3_column_int64(s, 0),
        .time_us = sqlite3_column_int64(s, 1),
        .uid = (uid_t)sqlite3_column_int64(s, 2),
        .pid = (pid_t)sqlite3_column_int64(s, 3),
        .command = (const char *)sqlite3_column_text(s, 4),
        .door = (const char *)sqlite3_column_text(s, 5),
        .request = (const char *)sqlite3_column_text(s, 6),
        .verdict = (const char *)sqlite3_column_text(s, 7),
        .changed = sqlite3_column_int(s, 8) != 0,
        .effect = (const char *)sqlite3_column_text(s, 9),
    };
}

static int
step_each(sqlite3_stmt *s,
          int (*each)(void *context, const struct store_event *event),
          void *context)
{
    for (;;) {
        int code = sqlite3_step(s);

        if (code != SQLITE_ROW)
            return error_of(code);

        struct store_event event = read_event(s);
        int r = event.effect ? each(context, &event) : -ENOMEM;

        if (r)
            return r;
    }
}

int
store_each(struct store *store, const struct store_query *query,
           int (*each)(void *context, const struct store_event *event),
           void *context)
{
    sqlite3_stmt *s = store->statement[query->first ? EACH_FIRST : EACH];
    int r = 0;

    bind_query(s, query);
    if (query->mdev)
        r = bind_name(s, 4, "mdev", query->mdev);
    if (query->mdev && r == 0)
        r = bind_name(s, 7, "holder", query->mdev);
    if (r == 0)
        r = step_each(s, each, context);

    (void)sqlite3_reset(s);
    (void)sqlite3_clear_bindings(s);
    return r;
}

int64_t
store_at(struct store *store, int64_t time_us)
{
    sqlite3_stmt *s = store->statement[AT];
    int64_t number = 0;

    (void)sqlite3_bind_int64(s, 1, time_us);
    if (sqlite3_step(s) == SQLITE_ROW)
        number = sqlite3_column_int64(s, 0);
    (void)sqlite3_reset(s);
    return number;
}

int64_t
store_last(const struct store *store)
{
    return store->last;
}

uint64_t
store_bytes(struct store *store)
{
    return bytes_used(store);
}

void
store_range(struct store *store, int64_t *first, int64_t *last)
{
    sqlite3_stmt *s = store->statement[RANGE];

    *first = *last = 0;
    if (sqlite3_step(s) == SQLITE_ROW) {
        *first = sqlite3_column_int64(s, 0);
        *last = sqlite3_column_int64(s, 1);
    }
    (void)sqlite3_reset(s);
}
