/* SPDX-License-Identifier: MIT */
/* A table says which word leads where; what begins with none of them is a
 * file and what is written to it. */
#include "host/change_reading.h"

#include "base/auto.h"
#include "host/words.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#define BLANKS " \t\r\n"
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static int
ended(struct reading *r, char *rest)
{
    return *rest ? reading_wrong(r, "\"%.64s\" is too much", rest) : 0;
}
/* 0 to 255 */
static int
read_byte(struct reading *r, const char *word, const char *what, uint8_t *out)
{
    uint64_t n;

    if (*word && vap_read_number(word, strlen(word), &n) == VAP_OK && n < 256) {
        *out = (uint8_t)n;
        return 0;
    }
    return reading_wrong(r, "\"%.64s\" found, %s from 0 to 255 expected", word,
                         what);
}

typedef int word_function(struct reading *r, enum vap_op op, char *rest);

static int
word_mdev(struct reading *r, enum vap_op op, char *rest)
{
    int bad;

    r->request->op = op;
    bad = reading_mdev(r, reading_next(&rest));
    return bad ? bad : ended(r, rest);
}

static int
set_vm(struct reading *r, const char *name)
{
    if (!words_is_name(name))
        return reading_wrong(
            r, "\"%.64s\" found, the name of a virtual machine expected", name);
    r->request->op = VAP_OPEN_MDEV;
    r->request->vm = host_vm(r->host, name);
    return r->request->vm ? 0 : -ENOMEM;
}

static int
word_open(struct reading *r, enum vap_op op, char *rest)
{
    int bad = reading_mdev(r, reading_next(&rest));

    (void)op;
    if (!bad)
        bad = set_vm(r, reading_next(&rest));
    return bad ? bad : ended(r, rest);
}

static int
word_bind(struct reading *r, enum vap_op op, char *rest)
{
    int bad = reading_driver(r, reading_next(&rest));

    r->request->op = op;
    if (!bad)
        bad = reading_apqn(r, reading_next(&rest));
    return bad ? bad : ended(r, rest);
}

static int
word_probe(struct reading *r, enum vap_op op, char *rest)
{
    int bad = reading_apqn(r, reading_next(&rest));

    r->request->op = op;
    return bad ? bad : ended(r, rest);
}

static int
word_scan(struct reading *r, enum vap_op op, char *rest)
{
    r->request->op = op;
    return ended(r, rest);
}

static int
word_look(struct reading *r, enum vap_op op, char *rest)
{
    const char *again = reading_next(&rest);

    r->request->op = op;
    return strcmp(again, "again") == 0
               ? ended(r, rest)
               : reading_wrong(
                     r, "\"look %.64s\" found, \"look again\" expected", again);
}

static int
word_autoprobe(struct reading *r, enum vap_op op, char *rest)
{
    const char *how = reading_next(&rest);

    r->request->op = op;
    r->request->id = strcmp(how, "on") == 0;
    return r->request->id || strcmp(how, "off") == 0
               ? ended(r, rest)
               : reading_wrong(
                     r, "\"autoprobe %.64s\" found, on or off expected", how);
}

static const struct {
    const char *word;
    enum vap_rc rc;
} states[] = {
    { "deconfigure", VAP_RC_DECONFIGURED },
    { "deconfigured", VAP_RC_DECONFIGURED },
    { "checkstop", VAP_RC_CHECKSTOPPED },
    { "checkstopped", VAP_RC_CHECKSTOPPED },
    { "configure", VAP_RC_NORMAL },
    { "configured", VAP_RC_NORMAL },
    { "recover", VAP_RC_NORMAL },
    { "recovered", VAP_RC_NORMAL },
};

static int
read_state(struct reading *r, const char *word)
{
    for (size_t i = 0; i < ROWS(states); i++)
        if (strcmp(states[i].word, word) == 0) {
            r->request->rc = (uint8_t)states[i].rc;
            return 0;
        }
    return reading_wrong(
        r,
        "\"%.64s\" found; deconfigure, configure, checkstop or "
        "recover expected",
        word);
}

static int
word_card(struct reading *r, enum vap_op op, char *rest)
{
    struct vap_mask ids = vap_mask_none();
    int bad = reading_ids(r, reading_next(&rest), &ids);

    if (!bad && vap_mask_count(&ids) != 1)
        bad = reading_wrong(r, "one card expected");
    r->request->op = op;
    r->request->id = vap_mask_next(&ids, 0);
    if (!bad)
        bad = read_state(r, reading_next(&rest));
    return bad ? bad : ended(r, rest);
}

static int
word_ids(struct reading *r, enum vap_op op, char *rest)
{
    r->request->op = op;
    return reading_clauses(r, rest);
}

static const struct {
    const char *word;
    word_function *read;
    enum vap_op op;
    bool whole; /* the function is to see the first word as well */
} words[] = {
    { "create", word_mdev, VAP_CREATE, false },
    { "remove", word_mdev, VAP_REMOVE, false },
    { "close", word_mdev, VAP_CLOSE_MDEV, false },
    { "reset", word_mdev, VAP_RESET_MDEV, false },
    { "open", word_open, VAP_OPEN_MDEV, false },
    { "bind", word_bind, VAP_BIND, false },
    { "unbind", word_bind, VAP_UNBIND, false },
    { "probe", word_probe, VAP_PROBE, false },
    { "card", word_card, VAP_CARD_STATE, false },
    { "scan", word_scan, VAP_SCAN, false },
    { "look", word_look, VAP_LOOK_AGAIN, false },
    { "autoprobe", word_autoprobe, VAP_AUTOPROBE, false },
    { "hardware", word_ids, VAP_HARDWARE, false },
    { "adapter", word_ids, VAP_HOST, true },
    { "adapters", word_ids, VAP_HOST, true },
    { "domain", word_ids, VAP_HOST, true },
    { "domains", word_ids, VAP_HOST, true },
    { "control-domain", word_ids, VAP_HOST, true },
    { "control-domains", word_ids, VAP_HOST, true },
};

static int
read_fails(struct reading *r, enum vap_op op, char *rest)
{
    const char *fails = reading_next(&rest);
    const char *rc = reading_next(&rest);
    int bad = 0;

    r->request->op = op;
    r->request->times = 1;
    if (strcmp(fails, "fails") != 0 || strcmp(rc, "rc") != 0)
        return reading_wrong(r, "\"%s fails rc N\" expected",
                             op == VAP_FAIL_RESET ? "reset" : "test");
    bad = read_byte(r, reading_next(&rest), "a response code", &r->request->rc);
    if (bad || !*rest)
        return bad;
    bad = read_byte(r, reading_next(&rest), "a number of times",
                    &r->request->times);
    rc = reading_next(&rest);
    if (!bad && strncmp(rc, "time", 4) != 0)
        bad = reading_wrong(r, "\"%.64s\" found, \"times\" expected", rc);
    return bad ? bad : ended(r, rest);
}

/* "05.0047 deconfigured", "05.0047 reset fails rc 7 2 times" */
static int
read_queue(struct reading *r, char *rest)
{
    int bad = reading_apqn(r, reading_next(&rest));
    const char *word = reading_next(&rest);

    if (bad)
        return bad;
    if (strcmp(word, "reset") == 0)
        return read_fails(r, VAP_FAIL_RESET, rest);
    if (strcmp(word, "test") == 0)
        return read_fails(r, VAP_FAIL_TEST, rest);
    r->request->op = VAP_QUEUE_STATE;
    bad = read_state(r, word);
    return bad ? bad : ended(r, rest);
}

/* "a opened by vm0", "a closed" */
static int
read_guest(struct reading *r, char *rest)
{
    int bad = reading_mdev(r, reading_next(&rest));
    bool opened = strcmp(reading_next(&rest), "opened") == 0;

    r->request->op = VAP_CLOSE_MDEV;
    if (!bad && opened && strcmp(reading_next(&rest), "by") != 0)
        bad = reading_wrong(r, "\"opened by VM\" expected");
    if (!bad && opened)
        bad = set_vm(r, reading_next(&rest));
    return bad ? bad : ended(r, rest);
}

static bool
begins_with(const char *text, const char *word)
{
    size_t length = strlen(word);

    return strncmp(text, word, length) == 0 &&
           (!text[length] || strchr(BLANKS, text[length]));
}

/* The word it begins with, if that is one of the table. */
static int
read_words(struct reading *r, char *text, bool *known)
{
    for (size_t i = 0; i < ROWS(words); i++)
        if (begins_with(text, words[i].word)) {
            char *rest = text;

            if (!words[i].whole)
                (void)reading_next(&rest);
            *known = true;
            return words[i].read(r, words[i].op, rest);
        }
    *known = false;
    return 0;
}

/* A shell's word becomes what is meant: 'a b', "a b", a\ b. */
static int
unquote(struct reading *r, char *word)
{
    char *out = word;
    char quote = '\0';

    for (; *word; word++)
        if (quote ? *word == quote : *word == '\'' || *word == '"')
            quote = quote ? '\0' : *word;
        else if (*word == '\\' && quote != '\'' && word[1])
            *out++ = *++word;
        else
            *out++ = *word;
    *out = '\0';
    return quote ? reading_wrong(r, "a quote (%c) is not closed", quote) : 0;
}

static int
read_write(struct reading *r, char *path, char *text)
{
    int bad = unquote(r, text);

    return bad ? bad : reading_write(r, path, text);
}

/* "echo 0x47 > /sys/bus/ap/apmask" */
static int
read_echo(struct reading *r, char *text)
{
    char *path = strrchr(text, '>');
    size_t length;

    if (!path)
        return reading_wrong(r, "\"> FILE\" expected after echo");
    *path++ = '\0';
    text += strspn(text, BLANKS);
    if (begins_with(text, "-n"))
        (void)reading_next(&text);
    length = strlen(text);
    while (length && strchr(BLANKS, text[length - 1]))
        text[--length] = '\0';
    return read_write(r, reading_next(&path), text);
}

/* "FILE TEXT", "FILE=TEXT" */
static int
read_file(struct reading *r, char *text)
{
    text += strspn(text, BLANKS);

    char *end = text + strcspn(text, BLANKS "=");
    char *rest = end + strspn(end, BLANKS);

    if (*end == '=')
        rest = end + 1;
    *end = '\0';
    return read_write(r, text, rest);
}

/* What begins with a name, or is a file. */
static int
read_named(struct reading *r, char *text)
{
    size_t length = strcspn(text, BLANKS);
    const char *second = text + length + strspn(text + length, BLANKS);
    uint16_t apqn;

    if (begins_with(second, "opened") || begins_with(second, "closed"))
        return read_guest(r, text);
    if (*second && vap_read_apqn(text, length, &apqn) == VAP_OK)
        return read_queue(r, text);
    return read_file(r, text);
}

static int
read_change(struct reading *r, char *text)
{
    bool known;
    int answer = read_words(r, text, &known);

    if (known)
        return answer;
    if (begins_with(text, "echo"))
        return read_echo(r, text + strlen("echo"));
    if (begins_with(text, "write"))
        return read_file(r, text + strcspn(text, BLANKS));
    return read_named(r, text);
}

int
change_words_read(struct host *host, const char *text,
                  struct vap_request *request, char error[CHANGE_WORDS_ERROR])
{
    AUTO(free_done) char *copy = strdup(text + strspn(text, BLANKS "#"));
    struct vap_request found = { 0 };
    struct reading r = { host, &found, error };
    size_t length;
    int answer;

    error[0] = '\0';
    if (!copy)
        return -ENOMEM;
    length = strlen(copy);
    while (length && strchr(BLANKS, copy[length - 1]))
        copy[--length] = '\0';
    answer =
        *copy ? read_change(&r, copy) : reading_wrong(&r, "a change expected");
    if (answer == 0)
        *request = found;
    return answer;
}
