/* SPDX-License-Identifier: MIT */
/* A text means here what it means to the kernel, character by character, or
 * is refused as there. The kernel's parsers walk over a C string; so does this
 * one, over a struct text, beyond whose end it always finds a NUL. */
#include "matrix/grammar.h"

#include <stdbool.h>

/* What is left to read. */
struct text {
    const char *at;
    size_t left;
};

static struct text
text_of(const char *bytes, size_t length)
{
    size_t n = 0;

    while (n < length && bytes[n] != '\0')
        n++;
    return (struct text){ bytes, n };
}

static char
peek(const struct text *t, size_t ahead)
{
    return ahead < t->left ? t->at[ahead] : '\0';
}

static void
skip(struct text *t, size_t n)
{
    t->at += n;
    t->left -= n;
}

static bool
take(struct text *t, char c)
{
    if (t->left == 0 || *t->at != c)
        return false;
    skip(t, 1);
    return true;
}

/* Nothing left but at most one newline? */
static bool
ends(struct text t)
{
    (void)take(&t, '\n');
    return t.left == 0;
}

/* 0 to 15; 16 is no hex digit. */
static unsigned
digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 16;
}

/* Takes the 0x away. An octal number's 0 stays: it may be all there is. (The
 * kernel also asks for a hex digit behind the x. Without one it has read an
 * octal 0, and refuses the x; here the number has no digit, and is refused.) */
static unsigned
take_base(struct text *t)
{
    if (peek(t, 0) != '0')
        return 10;
    if (peek(t, 1) != 'x' && peek(t, 1) != 'X')
        return 8;
    skip(t, 2);
    return 16;
}

struct number {
    uint64_t value; /* modulo 2^64 */
    bool wrapped; /* it was more */
    bool any; /* there was a digit at all */
};

static struct number
take_number(struct text *t)
{
    unsigned base = take_base(t);
    struct number n = { 0, false, false };

    for (unsigned d; (d = digit(peek(t, 0))) < base; skip(t, 1)) {
        n.wrapped |= n.value > (UINT64_MAX - d) / base;
        n.value = n.value * base + d;
        n.any = true;
    }
    return n;
}

enum vap_verdict
vap_read_number(const char *text, size_t length, uint64_t *out)
{
    struct text t = text_of(text, length);

    (void)take(&t, '+');
    struct number n = take_number(&t);
    if (n.wrapped)
        return VAP_RANGE; /* whatever may follow */
    if (!n.any || !ends(t))
        return VAP_INVALID;
    *out = n.value;
    return VAP_OK;
}

/* Left-justified: digit i is ids 4i to 4i+3. No digit at all is no id. The
 * prefix is "0x" or a lone "x", and no "0X". */
static bool
read_absolute(struct text t, struct vap_mask *out)
{
    struct vap_mask m = vap_mask_none();

    if (peek(&t, 0) == '0' && peek(&t, 1) == 'x')
        skip(&t, 1);
    (void)take(&t, 'x');
    for (unsigned i = 0, d; i < 64 && (d = digit(peek(&t, 0))) < 16; i++) {
        m.word[i / 16] |= (uint64_t)d << (60 - i % 16 * 4);
        skip(&t, 1);
    }
    *out = m;
    return ends(t);
}

static bool
take_id(struct text *t, enum vap_kernel kernel, unsigned *out)
{
    struct number n = take_number(t);

    if (!n.any || n.value >= VAP_IDS)
        return false;
    *out = (unsigned)n.value;
    return !n.wrapped || kernel == VAP_LINUX_6_12;
}

/* N or N-M, behind its sign */
static bool
take_range(struct text *t, enum vap_kernel kernel, unsigned *first,
           unsigned *last)
{
    if (!take_id(t, kernel, first))
        return false;
    *last = *first;
    return !take(t, '-') || (take_id(t, kernel, last) && *first <= *last);
}

static bool
take_term(struct text *t, enum vap_kernel kernel, struct vap_edit *edit)
{
    bool sets = take(t, '+');
    unsigned first, last;

    if (!sets && !take(t, '-'))
        return false;
    if (!take_range(t, kernel, &first, &last))
        return false;
    for (unsigned id = first; id <= last; id++) {
        vap_mask_add(sets ? &edit->set : &edit->clear, id);
        vap_mask_drop(sets ? &edit->clear : &edit->set, id);
    }
    while (take(t, ',') || take(t, '\n'))
        ; /* any number of them, also none: +1+2 */
    return true;
}

static bool
read_relative(struct text t, enum vap_kernel kernel, struct vap_edit *out)
{
    struct vap_edit edit = { vap_mask_none(), vap_mask_none() };

    while (t.left)
        if (!take_term(&t, kernel, &edit))
            return false;
    *out = edit;
    return true;
}

enum vap_verdict
vap_read_mask(const char *text, size_t length, enum vap_kernel kernel,
              struct vap_edit *out)
{
    struct text t = text_of(text, length);
    struct vap_mask m;

    if (peek(&t, 0) == '+' || peek(&t, 0) == '-')
        return read_relative(t, kernel, out) ? VAP_OK : VAP_INVALID;
    if (!read_absolute(t, &m))
        return VAP_INVALID;
    *out = vap_edit_to(m);
    return VAP_OK;
}

/* One mask and what ends it, as strsep(rest, ",\n") does: behind a separator
 * there is one more, be it empty ("0x1,0x2\n" has three); behind the end of
 * the text, none. */
static bool
take_mask(struct text *t, bool *more, struct vap_mask *out)
{
    struct text token = *t;

    if (!*more)
        return false;
    while (t->left && *t->at != ',' && *t->at != '\n')
        skip(t, 1);
    token.left -= t->left;
    *more = take(t, ',') || take(t, '\n');
    return read_absolute(token, out);
}

/* The kernel cuts the text at 201 bytes. We need not: a third mask begins by
 * byte 134, and is refused with 67 bytes as with more. */
enum vap_verdict
vap_read_config(const char *text, size_t length, struct vap_matrix *out)
{
    struct text t = text_of(text, length);
    struct vap_matrix m;
    bool more = true;

    if (!take_mask(&t, &more, &m.adapters) ||
        !take_mask(&t, &more, &m.domains) || !take_mask(&t, &more, &m.control))
        return VAP_INVALID;
    *out = m;
    return VAP_OK;
}

/* Exactly n of them: 05 is not 5, and 0A is not 0a. */
static bool
take_lower_hex(struct text *t, int n, unsigned *out)
{
    for (*out = 0; n > 0; n--) {
        char c = peek(t, 0);

        if (digit(c) > 15 || (c >= 'A' && c <= 'F'))
            return false;
        *out = *out * 16 + digit(c);
        skip(t, 1);
    }
    return true;
}

enum vap_verdict
vap_read_apqn(const char *text, size_t length, uint16_t *out)
{
    struct text t = text_of(text, length);
    unsigned adapter, domain;

    if (!take_lower_hex(&t, 2, &adapter) || !take(&t, '.') ||
        !take_lower_hex(&t, 4, &domain) || !ends(t) || domain >= VAP_IDS)
        return VAP_INVALID;
    *out = (uint16_t)(adapter << 8 | domain);
    return VAP_OK;
}
