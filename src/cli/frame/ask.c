/* SPDX-License-Identifier: MIT */
#include "cli/frame/ask.h"

#include <poll.h>
#include <unistd.h>

/* The first character of a line; 0 at the end, and when we are to stop. */
static char
read_line(void)
{
    struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
    char first = '\0';
    char c = '\0';

    while (c != '\n' && poll(&fd, 1, -1) == 1) {
        if (read(STDIN_FILENO, &c, 1) != 1)
            return '\0';
        first = first ? first : c;
    }
    return c == '\n' ? first : '\0';
}

bool
ask_yes(FILE *out, const char *question)
{
    char answer;

    (void)fputs(question, out);
    (void)fflush(out);
    answer = read_line();
    if (!answer)
        (void)fputc('\n', out);
    (void)fflush(out);
    return answer == 'y' || answer == 'Y';
}
