/* SPDX-License-Identifier: MIT */
/* A text means here what it means to the kernel, character by character. */
#include "sysfs/read.h"

#include "host/words.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <string.h>

struct rest {
    const char *at;
    const char *end;
};

static struct rest
rest_of(const char *text, size_t length)
{
    return (struct rest){ text, text + strnlen(text, length) };
}

static char
peek(const struct rest *r, size_t ahead)
{
    return (size_t)(r->end - r->at) > ahead ? r->at[ahead] : '\0';
}

/* 0 to 15; 16 is no hex digit. */
static unsigned
digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (unsigned)((c | 32) - 'a') + 10;
    return 16;
}

static bool
is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0';
}

/* "0x" counts as such only before a hex digit; else it is an octal 0. */
static unsigned
take_base(struct rest *r)
{
    if (peek(r, 0) != '0')
        return 10;
    if ((peek(r, 1) | 32) != 'x' || digit(peek(r, 2)) > 15)
        return 8;
    r->at += 2;
    return 16;
}

static int
scan(const char *text, size_t length, bool any_base, int *out)
{
    struct rest r = rest_of(text, length);
    uint64_t value = 0;
    bool minus;
    unsigned base;

    while (is_blank(peek(&r, 0)))
        r.at++;
    minus = peek(&r, 0) == '-';
    r.at += minus;
    if (digit(peek(&r, 0)) > 9)
        return EINVAL;
    base = any_base ? take_base(&r) : 10;
    for (; digit(peek(&r, 0)) < base; r.at++)
        value = value * base + digit(peek(&r, 0));
    *out = (int)(uint32_t)(minus ? 0 - value : value);
    return 0;
}

int
read_decimal(const char *text, size_t length, int *out)
{
    return scan(text, length, false, out);
}

int
read_integer(const char *text, size_t length, int *out)
{
    return scan(text, length, true, out);
}

int
read_bool(const char *text, size_t length, bool *out)
{
    struct rest r = rest_of(text, length);
    char c = peek(&r, 0);

    if (c == 'o' || c == 'O')
        c = (char)(peek(&r, 1) | 32) == 'n'   ? 'y'
            : (char)(peek(&r, 1) | 32) == 'f' ? 'n'
                                              : '?';
    if (!c || !strchr("yYtT1nNfF0", c))
        return EINVAL;
    *out = strchr("yYtT1", c) != NULL;
    return 0;
}

int
read_number(const char *text, size_t length, uint64_t *out)
{
    return words_error(vap_read_number(text, length, out));
}

bool
read_name(const char *text, size_t length, char *out, size_t size)
{
    size_t n = strnlen(text, length);

    n -= n > 0 && text[n - 1] == '\n';
    if (n >= size)
        return false;
    memcpy(out, text, n);
    out[n] = '\0';
    return true;
}

int
read_uuid(const char *text, size_t length, char out[READ_UUID + 1])
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (length != READ_UUID && length != READ_UUID + 1)
        return EINVAL;
    for (int i = 0; i < READ_UUID; i++)
        if (shape[i] == '-' ? text[i] != '-' : digit(text[i]) > 15)
            return EINVAL;
    for (int i = 0; i < READ_UUID; i++)
        out[i] = (char)(digit(text[i]) > 9 && text[i] != '-' ? text[i] | 32
                                                             : text[i]);
    out[READ_UUID] = '\0';
    return 0;
}
