/* SPDX-License-Identifier: MIT */
/* A file is read to its end or its first fault, and a fault is never taken
 * for an end. */
#include "replay/trace.h"

#include "base/auto.h"
#include "replay/gunzip.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM ((size_t)1 << 16) /* for a line; grows by as much */
#define BLANKS " \t\r"

struct trace_file {
    struct gunzip *text;
    unsigned long line;
    char *buffer;
    size_t room;
    size_t start; /* of what has been read and not yet given out */
    size_t end;
    bool ended;
};

int
trace_open(const char *path, struct trace_file **out)
{
    AUTO(trace_done) struct trace_file *file = calloc(1, sizeof(*file));
    int r;

    if (!file)
        return -ENOMEM;
    file->room = ROOM;
    file->buffer = malloc(file->room);
    if (!file->buffer)
        return -ENOMEM;
    r = gunzip_open(path, &file->text);
    if (!r)
        *out = TAKE(file);
    return r;
}

void
trace_close(struct trace_file *file)
{
    if (!file)
        return;
    gunzip_close(file->text);
    free(file->buffer);
    free(file);
}

void
trace_done(struct trace_file **file)
{
    trace_close(*file);
}

unsigned long
trace_line(const struct trace_file *file)
{
    return file->line;
}

int
trace_percent(const struct trace_file *file)
{
    return gunzip_percent(file->text);
}

/* Room for more behind what is there. */
static int
make_room(struct trace_file *file)
{
    size_t room = file->room + ROOM;
    char *grown;

    if (file->start) {
        memmove(file->buffer, file->buffer + file->start,
                file->end - file->start);
        file->end -= file->start;
        file->start = 0;
        return 0;
    }
    grown = realloc(file->buffer, room);
    if (!grown)
        return -ENOMEM;
    file->buffer = grown;
    file->room = room;
    return 0;
}

/* Reads on. 0, or an error; file->ended when there was no more. */
static int
fill(struct trace_file *file, struct trace_error *error)
{
    const char *what = NULL;
    ssize_t n;

    if (file->end == file->room && make_room(file))
        return -ENOMEM;
    n = gunzip_read(file->text, file->buffer + file->end,
                    file->room - file->end, &what);
    if (n == -EBADMSG) {
        error->line = file->line + 1;
        (void)snprintf(error->text, sizeof(error->text), "%s, its end expected",
                       what);
    }
    if (n < 0)
        return (int)n;
    file->end += (size_t)n;
    file->ended = n == 0;
    return 0;
}

/* Where the first character stands that is not blank; length when there is
 * none. */
static size_t
beginning(const char *line, size_t length)
{
    size_t i = 0;

    while (i < length && line[i] && strchr(BLANKS, line[i]))
        i++;
    return i;
}

/* Is it clear by now that this is no trace, however it goes on? */
static bool
hopeless(const char *line, size_t length)
{
    size_t i = beginning(line, length);

    return length > TRACE_LINE_MAX || (i < length && line[i] != '{');
}

/* The next line, without its newline, or so much of it as shows that it is no
 * trace; lent until the next call. 1, 0 at the end, or an error. */
static int
next_line(struct trace_file *file, char **line, size_t *length,
          struct trace_error *error)
{
    size_t seen = 0;

    for (;;) {
        size_t there = file->end - file->start;
        char *from = file->buffer + file->start;
        char *newline =
            there > seen ? memchr(from + seen, '\n', there - seen) : NULL;
        int r;

        if (newline || (there && (file->ended || hopeless(from, there)))) {
            *line = from;
            *length = newline ? (size_t)(newline - from) : there;
            file->start += *length + (newline != NULL);
            file->line++;
            return 1;
        }
        if (file->ended)
            return 0;
        seen = there;
        r = fill(file, error);
        if (r < 0)
            return r;
    }
}

/* How a line begins, on one line whatever it is. */
static void
quote(const char *line, size_t length, char text[100])
{
    size_t at = 0;

    for (size_t i = 0; i < length && i < 20; i++) {
        unsigned char c = (unsigned char)line[i];

        at += (size_t)snprintf(text + at, 100 - at,
                               c < 0x20 || c > 0x7e ? "\\x%02x" : "%c", c);
    }
    (void)snprintf(text + at, 100 - at, "%s", length > 20 ? "..." : "");
}

static int
no_trace(const char *line, size_t length, struct trace_error *error)
{
    char text[100];

    if (length > TRACE_LINE_MAX) {
        (void)snprintf(error->text, sizeof(error->text),
                       "a line of more than %zu MiB found, a trace expected",
                       TRACE_LINE_MAX >> 20);
        return -EBADMSG;
    }
    quote(line, length, text);
    (void)snprintf(error->text, sizeof(error->text),
                   "\"%s\" found, a trace expected: a JSON object on a line "
                   "of its own",
                   text);
    return -EBADMSG;
}

int
trace_parse(const char *text, size_t length, json_t **out,
            struct trace_error *error)
{
    json_error_t fault;

    error->line = 0;
    if (hopeless(text, length) || beginning(text, length) == length)
        return no_trace(text, length, error);
    *out = json_loadb(text, length, JSON_REJECT_DUPLICATES, &fault);
    if (*out)
        return 1;
    (void)snprintf(error->text, sizeof(error->text), "no JSON at column %d: %s",
                   fault.column, fault.text);
    return -EBADMSG;
}

int
trace_next(struct trace_file *file, json_t **out, struct trace_error *error)
{
    char *line = NULL;
    size_t length = 0;
    int r;

    do
        r = next_line(file, &line, &length, error);
    while (r > 0 && beginning(line, length) == length);
    if (r <= 0)
        return r;
    r = trace_parse(line, length, out, error);
    error->line = file->line;
    return r;
}
