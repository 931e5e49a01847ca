/* SPDX-License-Identifier: MIT */
/* A message is one line whatever it quotes: it is put together first, then
 * printed with all that could steer a terminal made visible. */
#include "base/say.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
say_colour(FILE *stream)
{
    const char *never = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return (!never || !*never) && term && strcmp(term, "dumb") != 0 &&
           isatty(fileno(stream));
}

/* How many bytes the character here has in UTF-8; 0: none begins here. */
static size_t
character(const unsigned char *c)
{
    size_t n = *c < 0x80                 ? 1
               : *c >= 0xc2 && *c < 0xe0 ? 2
               : *c >= 0xe0 && *c < 0xf0 ? 3
               : *c >= 0xf0 && *c < 0xf5 ? 4
                                         : 0;

    for (size_t i = 1; i < n; i++)
        if (c[i] >> 6 != 2)
            return 0;
    return n;
}

/* Controls, of ASCII and of Unicode (U+0080 to U+009F); what parts lines or
 * turns the direction of text (U+200E, 200F, 2028 to 202E, 2066 to 2069). */
static bool
steers(const unsigned char *c)
{
    if (*c < 0x20 || *c == 0x7f)
        return true;
    if (*c == 0xc2)
        return c[1] < 0xa0;
    if (*c == 0xe2 && c[1] == 0x80)
        return (c[2] >= 0x8e && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae);
    return *c == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9;
}

bool
say_is_plain(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    size_t n = 1;

    for (; *c && n && !steers(c); c += n)
        n = character(c);
    return !*c && n;
}

size_t
say_quoted(FILE *stream, const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    size_t bytes = 0;

    while (*c) {
        size_t n = character(c);
        bool shown = n && !steers(c);

        for (n = n ? n : 1; n; n--, c++, bytes += shown ? 1 : 4)
            (void)fprintf(stream, shown ? "%c" : "\\x%02x", *c);
    }
    return bytes;
}

__attribute__((format(printf, 1, 0))) static void
say_args(const char *format, va_list args)
{
    char message[SAY_MAX];
    int n = vsnprintf(message, sizeof(message), format, args);

    if (n >= (int)sizeof(message))
        memcpy(message + sizeof(message) - 4, "...", 4);
    say_quoted(stderr, n < 0 ? format : message);
    (void)putc('\n', stderr);
}

static void
say_program(void)
{
    if (say_colour(stderr))
        (void)fputs("\033[1;31mvap:\033[0m ", stderr);
    else
        (void)fputs("vap: ", stderr);
}

void
say_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    flockfile(stderr);
    say_program();
    say_args(format, args);
    funlockfile(stderr);
    va_end(args);
}

void
say_at(const char *file, unsigned long line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    flockfile(stderr);
    say_program();
    say_quoted(stderr, file);
    if (line)
        (void)fprintf(stderr, ":%lu", line);
    (void)fputs(": ", stderr);
    say_args(format, args);
    funlockfile(stderr);
    va_end(args);
}
