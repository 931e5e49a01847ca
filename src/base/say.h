/* SPDX-License-Identifier: MIT */
/* Messages for people, on stderr: one line each, printed once, by whoever
 * decides.
 *
 *     vap: host.yaml:7: adapter 300 found, 0 to 255 expected
 */
#ifndef VAP_BASE_SAY_H
#define VAP_BASE_SAY_H

#include <stdbool.h>
#include <stdio.h>

/* The longest message; the rest is cut, and shown as cut. */
#define SAY_MAX 1024

/* "vap: " and the message, in the manner of printf. What it quotes may come
 * from anywhere: it is shown as say_quoted() does. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and where: file as the user wrote it, line from 1; line 0 for
 * the file as a whole. */
void say_at(const char *file, unsigned long line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* May this stream be coloured? It is a terminal that can, and NO_COLOR is
 * not set. */
bool say_colour(FILE *stream);

/**
 * Copies text to a stream so that it cannot steer a terminal: control
 * characters, Unicode's and those that turn the direction of text among them,
 * and what is no UTF-8 are shown as \xNN. All that comes from outside, a name,
 * a path, a file's text, is printed by it.
 *
 * Returns  how many bytes it has become
 */
size_t say_quoted(FILE *stream, const char *text);

/* Would it be shown as it is? */
bool say_is_plain(const char *text);

#endif
