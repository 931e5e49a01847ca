/* SPDX-License-Identifier: MIT */
/* Reads scenario files line by line: a table of words for each place a line
 * can be in. The first thing that is wrong ends it, with its line. */
#include "lab/scenario_reading.h"

#include "base/auto.h"

#include <ctype.h>
#include <errno.h>

/* One blank between words, none at the ends, no comment; inside quotation
 * marks nothing changes. */
static int
tidy(struct reader *r, char *line)
{
    bool quoted = false;
    char *to = line;

    for (const char *from = line; *from; from++) {
        bool blank = !quoted && strchr(" \t\r", *from);

        if (!quoted && *from == '#' && (to == line || to[-1] == ' '))
            break;
        if (!blank && iscntrl((unsigned char)*from))
            return scene_wrong(r, "a byte 0x%02x found, text expected",
                               (unsigned char)*from);
        if (blank && (to == line || to[-1] == ' '))
            continue;
        *to++ = blank ? ' ' : *from;
        if (quoted && *from == '\\' && from[1] &&
            !iscntrl((unsigned char)from[1]))
            *to++ = *++from;
        else if (*from == '"')
            quoted = !quoted;
    }
    if (quoted)
        return scene_wrong(r, "a quotation mark without its other found");
    while (to > line && to[-1] == ' ')
        to--;
    *to = '\0';
    return 0;
}

static int
at_head(struct reader *r, const char *word, bool said)
{
    if (r->s->n_steps)
        return scene_wrong(r, "%s found after the host, before it expected",
                           word);
    return said ? scene_wrong(r, "a second line of %s found", word) : 0;
}

static int
read_title(struct reader *r, char *text)
{
    int e = at_head(r, "title", r->s->title);

    if (e)
        return e;
    return *text ? scene_keep(&r->s->title, text)
                 : scene_wrong(r, "nothing found, a title expected");
}

/* One more string of an array that may have no more than some. */
static int
add_string(struct reader *r, char ***array, size_t *n, const char *text)
{
    char **string;

    if (!*text)
        return scene_wrong(r, "nothing found, text expected");
    if (*n == SCENARIO_MAX_LINES)
        return scene_wrong(r, "more than %d lines of the same found",
                           SCENARIO_MAX_LINES);
    string = scene_push(array, n, sizeof(*string));
    return string ? scene_keep(string, text) : -ENOMEM;
}

static int
read_source(struct reader *r, char *text)
{
    int e = at_head(r, "source", false);

    return e ? e : add_string(r, &r->s->sources, &r->s->n_sources, text);
}

static int
read_rules(struct reader *r, char *text)
{
    int e = at_head(r, "rules", r->s->rules);

    return e ? e : scene_rules(r, text, &r->s->rules);
}

static int
read_kernel(struct reader *r, char *text)
{
    int e = at_head(r, "kernel", r->s->kernel >= 0);

    if (e)
        return e;
    if (strcmp(text, "6.12") == 0)
        r->s->kernel = VAP_LINUX_6_12;
    else if (strcmp(text, "7.2") == 0)
        r->s->kernel = VAP_LINUX_7_2;
    else
        return scene_wrong(r, "\"%.64s\" found, 6.12 or 7.2 expected", text);
    return 0;
}

static int
read_note(struct reader *r, char *text)
{
    return add_string(r, &r->notes, &r->n_notes, text);
}

static int
open_block(struct reader *r, enum scene_place place)
{
    r->place = place;
    r->opened = r->line;
    return 0;
}

static int
open_host(struct reader *r, char *text)
{
    if (*text)
        return scene_wrong(r, "\"%.64s\" found after host", text);
    return r->s->n_steps ? scene_wrong(r, "a second host found")
                         : open_block(r, IN_HOST);
}

static int
open_batch(struct reader *r, char *text)
{
    int e = *text ? scene_wrong(r, "\"%.64s\" found after batch", text)
                  : scene_begin_step(r, SCENARIO_BATCH);

    return e ? e : open_block(r, IN_BATCH);
}

static int
open_orders(struct reader *r, char *text)
{
    int e;

    if (strcmp(text, "order of") != 0)
        return scene_wrong(r, "\"every %s\" found, \"every order of\" expected",
                           text);
    e = scene_begin_step(r, SCENARIO_ORDERS);
    return e ? e : open_block(r, IN_ORDERS);
}

static int
stray_end(struct reader *r, char *text)
{
    *text = '\0'; /* whatever follows, this is wrong already */
    return scene_wrong(r, "end found, and no block that it ends");
}

static const struct keyword top_words[] = {
    { "title", read_title, false }, { "source", read_source, true },
    { "rules", read_rules, false }, { "kernel", read_kernel, false },
    { "note", read_note, true },    { "host", open_host, false },
    { "batch", open_batch, true },  { "every", open_orders, true },
    { "->", scene_answer, true },   { "expect", scene_expect, true },
    { "end", stray_end, true },     { NULL, NULL, false },
};

static const char *const block_names[] = {
    [IN_HOST] = "host",
    [IN_BATCH] = "batch",
    [IN_ORDERS] = "every order of",
};

static int
read_block_line(struct reader *r, char *line)
{
    const struct keyword *k = scene_keyword(top_words, line);

    if (k && k->read == stray_end)
        return scene_end_block(r, line);
    if (k)
        return scene_wrong(
            r,
            "%s found in \"%.64s\" of line %lu, an operation or end expected",
            k->word, block_names[r->place], r->opened);
    return scene_op_in_block(r, line);
}

static int
read_top_line(struct reader *r, char *line)
{
    const struct keyword *k = scene_keyword(top_words, line);

    return k ? k->read(r, scene_rest(line)) : scene_op(r, line);
}

static int
read_line(struct reader *r, char *line)
{
    int e = tidy(r, line);

    if (e || !*line)
        return e;
    switch (r->place) {
    case IN_HOST:
        return scene_host_line(r, line);
    case IN_BATCH:
    case IN_ORDERS:
        return read_block_line(r, line);
    case TOP:
        break;
    }
    return read_top_line(r, line);
}

static int
finish(struct reader *r)
{
    if (r->place != TOP)
        return scene_wrong(
            r,
            "the file's end found, the end of \"%.64s\" of line %lu expected",
            block_names[r->place], r->opened);
    if (!r->s->n_steps)
        return scene_wrong(
            r, "the file's end found, a block \"host ... end\" expected");
    if (r->n_notes)
        return scene_wrong(
            r, "the file's end found, a step after the note expected");
    return scene_settle(r);
}

static int
read_lines(struct reader *r, char *text)
{
    int e = 0;

    while (!e && text && *text) {
        char *line = strsep(&text, "\n");

        r->line++;
        e = read_line(r, line);
    }
    return e ? e : finish(r);
}

static unsigned long
line_at(const char *text, const char *at)
{
    unsigned long line = 1;

    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/* What can be said before reading: that it is text, and not too much. */
static int
check_bytes(struct reader *r, const char *text, size_t length)
{
    size_t n = length < SCENARIO_MAX ? length : SCENARIO_MAX;
    const char *nul = memchr(text, '\0', n);

    if (nul) {
        r->line = line_at(text, nul);
        return scene_wrong(r, "a NUL byte found, text expected");
    }
    if (length > SCENARIO_MAX)
        return scene_wrong(r, "more than %zu bytes found", SCENARIO_MAX);
    return 0;
}

static struct scenario *
blank(void)
{
    struct scenario *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->kernel = -1;
    s->config.apxa = true;
    s->config.last_adapter = s->config.last_domain = VAP_IDS - 1;
    s->apmask = s->aqmask = vap_mask_all();
    return s;
}

static void
reader_done(struct reader *r)
{
    host_free(r->scratch);
    for (size_t i = 0; i < r->n_notes; i++)
        free(r->notes[i]);
    free(r->notes);
}

int
scenario_parse(const char *text, size_t length, struct scenario **out,
               struct scenario_error *error)
{
    AUTO(scenario_done) struct scenario *s = blank();
    AUTO(free_done) char *copy = NULL;
    AUTO(reader_done) struct reader r = { .s = s, .error = error };
    int e;

    *error = (struct scenario_error){ 0 };
    if (!s)
        return -ENOMEM;
    e = check_bytes(&r, text, length);
    if (e)
        return e;
    copy = strndup(text, length);
    if (!copy)
        return -ENOMEM;
    e = read_lines(&r, copy);
    if (!e)
        *out = TAKE(s);
    return e;
}
