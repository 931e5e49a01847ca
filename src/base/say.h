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
 * from anywhere: control characters are shown as \xNN. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and where: file as the user wrote it, line from 1; line 0 for
 * the file as a whole. */
void say_at(const char *file, unsigned long line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* May this stream be coloured? It is a terminal that can, and NO_COLOR is
 * not set. */
bool say_colour(FILE *stream);

/**
 * Copies text to a stream with its control characters as \xNN, so that
 * what is shown cannot steer a terminal. Bytes from 0x80 up are left alone.
 */
void say_quoted(FILE *stream, const char *text);

#endif
