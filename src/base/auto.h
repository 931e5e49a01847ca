/* SPDX-License-Identifier: MIT */
/* Ownership ends by itself:
 *
 *     AUTO(file_done) FILE *f = fopen(path, "re");
 *     AUTO(free_done) char *text = malloc(n);
 *     ...
 *     *out = TAKE(text);       from here the caller frees it
 *
 * A done function gets the address of the variable, and does nothing to one
 * that owns nothing: NULL, or -1 for a descriptor. */
#ifndef VAP_BASE_AUTO_H
#define VAP_BASE_AUTO_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* done(&variable) whenever the variable goes out of scope. */
#define AUTO(done) __attribute__((cleanup(done)))

/* The pointer, which the variable then no longer owns. */
#define TAKE(pointer)                                                          \
    __extension__({                                                            \
        __typeof__(pointer) taken_ = (pointer);                                \
        (pointer) = NULL;                                                      \
        taken_;                                                                \
    })

/* Any pointer from malloc(). */
static inline void
free_done(void *variable)
{
    void *p = NULL;

    memcpy(&p, variable, sizeof(p));
    free(p);
}

/* For files that are read: what fclose() answers after writing is lost. */
static inline void
file_done(FILE **f)
{
    if (*f)
        (void)fclose(*f);
}

/* Closes what open_memstream() has opened: its text, the caller's; NULL, and
 * *text too, when there was no memory for it. */
static inline char *
text_closed(FILE *stream, char **text)
{
    int failed = ferror(stream);

    if (fclose(stream) != 0 || failed) {
        free(*text);
        *text = NULL;
    }
    return *text;
}

static inline void
fd_done(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static inline int
fd_take(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

#endif
