/* SPDX-License-Identifier: MIT */
/* Recorded histories: one JSON object a line, gzip or plain. The format is
 * described in docs/traces.md. */
#ifndef VAP_REPLAY_TRACE_H
#define VAP_REPLAY_TRACE_H

#include <jansson.h>
#include <stddef.h>

/* The longest line that is read; longer ones are no traces. Its parts may
 * take a hundred times as much memory. */
#define TRACE_LINE_MAX ((size_t)8 << 20)

/** What is wrong with a file, in words, and where. */
struct trace_error {
    unsigned long line; /* from 1; 0: the file as a whole */
    char text[256];
};

struct trace_file;

/* Opens a file, or stdin for "-". Returns 0 or -errno. */
int trace_open(const char *path, struct trace_file **out);
void trace_close(struct trace_file *file);
void trace_done(struct trace_file **file);

/* The number of the line read last, from 1. */
unsigned long trace_line(const struct trace_file *file);

/* How much of the file has been read, in per cent. */
int trace_percent(const struct trace_file *file);

/**
 * The next trace: an object, its parts yet unseen; the caller's, for
 * json_decref(). Blank lines are passed over.
 *
 * Returns  1 *out filled; 0 the file has ended well; -EBADMSG with *error:
 *          not JSON, not an object, line too long, gzip damaged or cut off;
 *          -errno
 */
int trace_next(struct trace_file *file, json_t **out,
               struct trace_error *error);

/* The same from memory, for one line, which is number 0. Returns as
 * trace_next(), never 0. */
int trace_parse(const char *text, size_t length, json_t **out,
                struct trace_error *error);

/* Has the trace every part, each of its kind and in its range? What it says
 * need make no sense for all that, and its operations are read by
 * history.h. 0; -EBADMSG with *error, its line left alone. */
int trace_check(const json_t *trace, struct trace_error *error);

/** A value as JSON, short and on one line; cut when there is no more room. */
struct trace_excerpt {
    char text[48];
    size_t length;
};
struct trace_excerpt trace_excerpt(const json_t *value); /* NULL: "nothing" */

#endif
