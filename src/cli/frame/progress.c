/* SPDX-License-Identifier: MIT */
#include "cli/frame/progress.h"

#include "base/say.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000, EVERY_MS = 100 };

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct progress
progress_start(void)
{
    return (struct progress){ .wanted = isatty(STDERR_FILENO),
                              .next_ms = now_ms() + PATIENCE_MS };
}

void
progress_show(struct progress *p, const char *what, int percent)
{
    if (!p->wanted || now_ms() < p->next_ms)
        return;
    (void)fputc('\r', stderr);
    say_quoted(stderr, what);
    (void)fprintf(stderr, "  %d %%\033[K", percent);
    (void)fflush(stderr);
    p->shown = true;
    p->next_ms = now_ms() + EVERY_MS;
}

void
progress_end(struct progress *p)
{
    if (p->shown)
        (void)fprintf(stderr, "\r\033[K");
    p->shown = false;
}
