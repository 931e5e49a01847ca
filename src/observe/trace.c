/* SPDX-License-Identifier: MIT */
/* A file is read to its end or its first fault, and a fault is never taken
 * for an end. */
#include "observe/trace.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

struct trace_file {
    gzFile gz;
    off_t bytes; /* of the file, compressed; 0 unknown */
    unsigned long line;
    char *buffer;
    size_t room;
    size_t start; /* of what has been read and not yet given out */
    size_t end;
    bool ended;
};

static bool
is_directory(int fd, off_t *bytes)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return false;
    *bytes = S_ISREG(st.st_mode) ? st.st_size : 0;
    return S_ISDIR(st.st_mode);
}

int
trace_open(const char *path, struct trace_file **out)
{
    AUTO(trace_done) struct trace_file *file = calloc(1, sizeof(*file));
    AUTO(fd_done) int fd = -1;

    if (!file)
        return -ENOMEM;
    fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
                           : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (is_directory(fd, &file->bytes))
        return -EISDIR;
    file->gz = gzdopen(fd, "rb");
    if (!file->gz)
        return -ENOMEM;
    (void)fd_take(&fd);
    *out = TAKE(file);
    return 0;
}

void
trace_close(struct trace_file *file)
{
    if (!file)
        return;
    if (file->gz)
        (void)gzclose(file->gz);
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
    z_off_t at = gzoffset(file->gz);

    return file->bytes > 0 && at > 0 ? (int)(at * 100 / file->bytes) : 0;
}

static int
wrong(struct trace_error *error, unsigned long line, const char *what)
{
    error->line = line;
    (void)snprintf(error->text, sizeof(error->text), "%s", what);
    return -EBADMSG;
}

/* Room for more behind what is there. */
static int
make_room(struct trace_file *file)
{
    size_t room = file->room ? 2 * file->room : (size_t)1 << 16;
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
    int fault;
    int n;

    if (file->buffer && file->end - file->start > TRACE_LINE_MAX)
        return wrong(error, file->line + 1,
                     "a line of more than 64 MiB found, a trace expected");
    if ((!file->buffer || file->end == file->room) && make_room(file))
        return -ENOMEM;
    n = gzread(file->gz, file->buffer + file->end,
               (unsigned)(file->room - file->end));
    if (n > 0) {
        file->end += (size_t)n;
        return 0;
    }
    (void)gzerror(file->gz, &fault);
    file->ended = true;
    if (n == 0 && fault == Z_OK)
        return 0;
    if (fault == Z_ERRNO) {
        (void)wrong(error, 0, strerror(errno));
        return -EIO;
    }
    return wrong(error, 0,
                 fault == Z_BUF_ERROR
                     ? "the gzip data is cut off, its end expected"
                     : "damaged gzip data found");
}

/* The next line, without its newline, lent until the next call. 1, 0 at the
 * end, or an error. */
static int
next_line(struct trace_file *file, char **line, size_t *length,
          struct trace_error *error)
{
    size_t seen = 0;

    for (;;) {
        size_t there = file->end - file->start;
        char *from = file->buffer ? file->buffer + file->start : NULL;
        char *newline =
            there > seen ? memchr(from + seen, '\n', there - seen) : NULL;

        if (newline || (file->ended && there)) {
            *line = from;
            *length = newline ? (size_t)(newline - from) : there;
            file->start += *length + (newline != NULL);
            file->line++;
            return 1;
        }
        if (file->ended)
            return 0;
        seen = there;

        int r = fill(file, error);

        if (r < 0)
            return r;
    }
}

int
trace_parse(const char *text, size_t length, json_t **out,
            struct trace_error *error)
{
    json_error_t fault;
    json_t *trace = json_loadb(text, length, JSON_REJECT_DUPLICATES, &fault);

    if (json_is_object(trace)) {
        *out = trace;
        return 1;
    }
    error->line = 0;
    if (trace)
        (void)snprintf(error->text, sizeof(error->text),
                       "a JSON value that is no object found, a trace "
                       "expected");
    else
        (void)snprintf(error->text, sizeof(error->text),
                       "not JSON at column %d: %s", fault.column, fault.text);
    json_decref(trace);
    return -EBADMSG;
}

static bool
blank(const char *line, size_t length)
{
    while (length && strchr(" \t\r", line[length - 1]) && line[length - 1])
        length--;
    return length == 0;
}

int
trace_next(struct trace_file *file, json_t **out, struct trace_error *error)
{
    char *line = NULL;
    size_t length = 0;
    int r;

    do
        r = next_line(file, &line, &length, error);
    while (r > 0 && blank(line, length));
    if (r > 0) {
        r = trace_parse(line, length, out, error);
        error->line = file->line;
    }
    return r;
}
