/* SPDX-License-Identifier: MIT */
/* A message is one line whatever it quotes: it is put together first, then
 * printed with every control character made visible. */
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

void
say_quoted(FILE *stream, const char *text)
{
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;

        if (byte < 0x20 || byte == 0x7f)
            (void)fprintf(stream, "\\x%02x", byte);
        else
            (void)putc(byte, stream);
    }
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
