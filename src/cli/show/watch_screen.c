/* SPDX-License-Identifier: MIT */
/* The live screen: what vap show draws, and below it what has happened. All of
 * it is made as text first, and curses sends what differs from before, so
 * nothing flickers, however slow the line. */
#include "cli/show/watch.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/show/grid.h"
#include "cli/show/show.h"

#include <errno.h>
#include <string.h>
/* last: it has macros of many names */
#include <curses.h>
#include <term.h>

#define KEYS " q ends   arrows scroll   space stops and goes on "

enum { NEWS_SHOWN = 8 };

struct screen {
    struct watch *watch;
    SCREEN *term;
    char *news; /* all of it so far; the end is shown */
    size_t news_length;
    FILE *news_stream;
    int top; /* the first line shown, */
    int left; /* and column */
    bool stopped;
};

/* ---- what is shown */

static int
draw_host(FILE *out, const struct watch *w)
{
    struct grid_look look = { .width = (unsigned)COLS,
                              .height = (unsigned)LINES,
                              .legend = true };
    int r;

    say_quoted(out, w->called);
    (void)fprintf(out, ": rule %s\n\n", w->host->engine->rule->name);
    r = grid_draw(out, w->host, &look);
    if (r)
        return r;
    (void)fputc('\n', out);
    return show_table(out, w->host, NULL, true);
}

/* The last few lines of a text. */
static const char *
last_lines(const char *text, size_t length, int n)
{
    const char *c = text + length;

    while (c > text && n > 0) {
        c--;
        if (c > text && c[-1] == '\n')
            n--;
    }
    return c;
}

static void
put_lines(const char *text, int row, int rows, int top, int left)
{
    for (int i = -top; *text && i < rows; i++) {
        int length = (int)strcspn(text, "\n");

        if (i >= 0 && left < length)
            (void)mvaddnstr(row + i, 0, text + left, length - left);
        text += length + (text[length] == '\n');
    }
}

static int
draw(struct screen *s)
{
    AUTO(free_done) char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    int foot = LINES > 2 * NEWS_SHOWN ? NEWS_SHOWN : 0;
    int r;

    if (!f)
        return -ENOMEM;
    r = draw_host(f, s->watch);
    if (fclose(f) || !text)
        return -ENOMEM;
    (void)fflush(s->news_stream);
    (void)erase();
    put_lines(text, 0, LINES - foot - 1, s->top, s->left);
    put_lines(last_lines(s->news, s->news_length, foot), LINES - foot - 1, foot,
              0, 0);
    (void)attron(A_REVERSE);
    (void)mvaddnstr(LINES - 1, 0, s->stopped ? KEYS "  stopped" : KEYS, COLS);
    (void)attroff(A_REVERSE);
    (void)refresh();
    return r;
}

/* ---- keys */

static bool
key(struct screen *s, int c)
{
    int page = LINES / 2;

    switch (c) {
    case 'q':
    case 'Q':
        return false;
    case ' ':
        s->stopped = !s->stopped;
        break;
    case KEY_DOWN:
    case 'j':
        s->top++;
        break;
    case KEY_UP:
    case 'k':
        s->top -= s->top > 0;
        break;
    case KEY_NPAGE:
        s->top += page;
        break;
    case KEY_PPAGE:
        s->top = s->top > page ? s->top - page : 0;
        break;
    case KEY_RIGHT:
        s->left += 8;
        break;
    case KEY_LEFT:
        s->left -= s->left > 0 ? 8 : 0;
        break;
    case KEY_HOME:
        s->top = s->left = 0;
        break;
    default: /* KEY_RESIZE, or the time is up: it is drawn anew */
        break;
    }
    return true;
}

static int
go(struct screen *s)
{
    int status = watch_look(s->watch, s->news_stream);
    int c = ERR;

    while (status == CLI_DONE && key(s, c)) {
        if (draw(s))
            return CLI_FAILED;
        c = getch();
        if (c == ERR && !s->stopped)
            status = watch_look(s->watch, s->news_stream);
    }
    return status;
}

static void
leave(struct screen *s)
{
    if (!s->term)
        return;
    (void)endwin();
    delscreen(s->term);
    s->term = NULL;
}

static void
screen_done(struct screen *s)
{
    leave(s);
    if (s->news_stream)
        (void)fclose(s->news_stream);
    free(s->news);
}

/* Where it is not, newterm() fails as well, and loses memory. */
static bool
terminal_is_known(void)
{
    int error;

    if (setupterm(NULL, STDOUT_FILENO, &error) != OK)
        return false;
    (void)del_curterm(cur_term);
    return true;
}

int
watch_screen(struct watch *watch)
{
    AUTO(screen_done) struct screen s = { .watch = watch };
    int status;

    s.news_stream = open_memstream(&s.news, &s.news_length);
    if (s.news_stream && terminal_is_known())
        s.term = newterm(NULL, stdout, stdin);
    if (!s.term) {
        say_error("watch: this terminal cannot show it; --plain does without");
        return CLI_FAILED;
    }
    (void)cbreak();
    (void)noecho();
    (void)curs_set(0);
    (void)keypad(stdscr, TRUE);
    timeout(watch->interval_ms);
    status = go(&s);
    leave(&s);
    /* what was said of it went down with the screen */
    return status == CLI_DONE ? status : watch_look(watch, s.news_stream);
}
