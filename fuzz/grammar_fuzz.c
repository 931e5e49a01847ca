/* SPDX-License-Identifier: MIT */
/* Every input is given to every parser. A refusal leaves *out alone; what is
 * accepted is, printed, read again as the same; and a slow parser over C
 * strings, with the C library's help, comes to the same answer. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix/grammar.h"
#include "matrix/text.h"

#define HOLDS(expr)                                                            \
    do {                                                                       \
        if (!(expr)) {                                                         \
            (void)fprintf(stderr, "line %d: %s\n", __LINE__, #expr);           \
            abort();                                                           \
        }                                                                      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
untouched(const void *out, size_t size)
{
    for (const char *byte = out; size > 0; size--)
        if (byte[size - 1] != 0x5a)
            return false;
    return true;
}

/* Digits, of the base they tell; wrapped: 2^64 and above. */
static bool
slow_digits(char **s, uint64_t *value, bool *wrapped)
{
    const unsigned char *c = (const unsigned char *)*s;
    bool hex = c[0] == '0' && tolower(c[1]) == 'x' && isxdigit(c[2]);
    int base = hex ? 16 : c[0] == '0' ? 8 : 10;
    const char *begin = *s;

    if (!isdigit(c[0]))
        return false;
    errno = 0;
    *value = strtoull(begin, s, base);
    *wrapped = errno == ERANGE;
    if (*wrapped)
        for (*value = 0; begin < *s; begin++)
            if (isxdigit(*begin)) /* and not the x */
                *value = *value * (unsigned)base +
                         strtoull((char[]){ *begin, 0 }, NULL, 16);
    return true;
}

static enum vap_verdict
slow_number(char *s, uint64_t *value)
{
    bool wrapped = false;

    s += *s == '+';
    if (!slow_digits(&s, value, &wrapped))
        return VAP_INVALID;
    if (wrapped)
        return VAP_RANGE;
    return *s && strcmp(s, "\n") != 0 ? VAP_INVALID : VAP_OK;
}

static bool
slow_absolute(const char *s, struct vap_mask *mask)
{
    s += strncmp(s, "0x", 2) == 0 ? 2 : *s == 'x';
    size_t n = strspn(s, "0123456789abcdefABCDEF");

    *mask = vap_mask_none();
    for (unsigned bit = 0; bit < 4 * n && bit < VAP_IDS; bit++)
        if (strtoul((char[]){ s[bit / 4], 0 }, NULL, 16) & (8U >> bit % 4))
            vap_mask_add(mask, bit);
    return n <= 64 && (!s[n] || strcmp(s + n, "\n") == 0);
}

/* One id of a list. */
static bool
slow_id(char **s, enum vap_kernel kernel, uint64_t *id)
{
    bool wrapped = false;

    return slow_digits(s, id, &wrapped) && *id < VAP_IDS &&
           !(wrapped && kernel == VAP_LINUX_7_2);
}

static bool
slow_relative(char *s, enum vap_kernel kernel, struct vap_mask *mask)
{
    while (*s) {
        char sign = *s++;
        uint64_t first, last;

        if ((sign != '+' && sign != '-') || !slow_id(&s, kernel, &first))
            return false;
        last = first;
        if (*s == '-' && (s++, !slow_id(&s, kernel, &last) || last < first))
            return false;
        for (uint64_t id = first; id <= last; id++)
            (sign == '+' ? vap_mask_add : vap_mask_drop)(mask, (unsigned)id);
        s += strspn(s, ",\n");
    }
    return true;
}

static bool
slow_mask(char *s, enum vap_kernel kernel, struct vap_mask *mask)
{
    return *s == '+' || *s == '-' ? slow_relative(s, kernel, mask)
                                  : slow_absolute(s, mask);
}

static bool
slow_config(const char *s, struct vap_matrix *m)
{
    char cut[VAP_CONFIG_TEXT + 1] = "";
    struct vap_mask *masks[] = { &m->adapters, &m->domains, &m->control };
    char *rest = cut;

    strncat(cut, s, VAP_CONFIG_TEXT);
    for (int i = 0; i < 3; i++) {
        const char *token = strsep(&rest, ",\n");

        if (!token || !slow_absolute(token, masks[i]))
            return false;
    }
    return true;
}

static void
check_number(const char *text, size_t length, char *s)
{
    uint64_t n, slow, again;
    char printed[24];

    memset(&n, 0x5a, sizeof(n));
    enum vap_verdict verdict = vap_read_number(text, length, &n);
    HOLDS(verdict == slow_number(s, &slow));
    if (verdict != VAP_OK) {
        HOLDS(untouched(&n, sizeof(n)));
        return;
    }
    HOLDS(n == slow);
    int r = snprintf(printed, sizeof(printed), "%ju", (uintmax_t)n);
    HOLDS(vap_read_number(printed, (size_t)r, &again) == VAP_OK && again == n);
}

static void
check_printed_mask(const struct vap_mask *m, enum vap_kernel kernel)
{
    char printed[VAP_MASK_TEXT + 1];
    struct vap_edit again, whole = vap_edit_to(*m);

    HOLDS(vap_mask_text(m, printed, sizeof(printed)) == VAP_MASK_TEXT);
    HOLDS(vap_read_mask(printed, VAP_MASK_TEXT, kernel, &again) == VAP_OK);
    HOLDS(memcmp(&again, &whole, sizeof(whole)) == 0);
}

static void
check_mask(const char *text, size_t length, char *s, enum vap_kernel kernel)
{
    struct vap_mask none = vap_mask_none(), all = vap_mask_all();
    struct vap_edit edit;

    memset(&edit, 0x5a, sizeof(edit));
    enum vap_verdict verdict = vap_read_mask(text, length, kernel, &edit);
    HOLDS((verdict == VAP_OK) == slow_mask(s, kernel, &none));
    if (verdict != VAP_OK) {
        HOLDS(verdict == VAP_INVALID && untouched(&edit, sizeof(edit)));
        return;
    }
    struct vap_mask of_none = vap_mask_edited(vap_mask_none(), &edit);
    struct vap_mask of_all = vap_mask_edited(all, &edit);
    HOLDS(vap_mask_equal(&of_none, &none));
    HOLDS(slow_mask(s, kernel, &all) && vap_mask_equal(&of_all, &all));
    check_printed_mask(&of_none, kernel);
    check_printed_mask(&of_all, kernel);
}

static void
check_config(const char *text, size_t length, const char *s)
{
    struct vap_matrix m, slow, again;
    char printed[VAP_CONFIG_TEXT + 1];

    memset(&m, 0x5a, sizeof(m));
    enum vap_verdict verdict = vap_read_config(text, length, &m);
    HOLDS((verdict == VAP_OK) == slow_config(s, &slow));
    if (verdict != VAP_OK) {
        HOLDS(verdict == VAP_INVALID && untouched(&m, sizeof(m)));
        return;
    }
    HOLDS(vap_matrix_equal(&m, &slow));
    HOLDS(vap_config_text(&m, printed, sizeof(printed)) == VAP_CONFIG_TEXT);
    HOLDS(vap_read_config(printed, VAP_CONFIG_TEXT, &again) == VAP_OK);
    HOLDS(vap_matrix_equal(&m, &again));
}

/* A queue's name is what printf makes of two numbers below 256. */
static bool
slow_apqn(const char *s, unsigned long *apqn)
{
    bool long_enough = strlen(s) >= VAP_APQN_TEXT;
    unsigned long a = long_enough ? strtoul(s, NULL, 16) : VAP_IDS;
    unsigned long d = long_enough ? strtoul(s + 3, NULL, 16) : VAP_IDS;
    char name[2][VAP_APQN_TEXT + 2];

    if (a >= VAP_IDS || d >= VAP_IDS)
        return false;
    (void)snprintf(name[0], sizeof(name[0]), "%02lx.%04lx", a, d);
    (void)snprintf(name[1], sizeof(name[1]), "%02lx.%04lx\n", a, d);
    *apqn = a << 8 | d;
    return strcmp(s, name[0]) == 0 || strcmp(s, name[1]) == 0;
}

static void
check_apqn(const char *text, size_t length, const char *s)
{
    uint16_t apqn = 0x5a5a;
    unsigned long slow;
    char printed[VAP_APQN_TEXT + 1];
    enum vap_verdict verdict = vap_read_apqn(text, length, &apqn);

    HOLDS((verdict == VAP_OK) == slow_apqn(s, &slow));
    if (verdict != VAP_OK) {
        HOLDS(verdict == VAP_INVALID && apqn == 0x5a5a);
        return;
    }
    HOLDS(apqn == slow);
    HOLDS(vap_apqn_text(apqn, printed, sizeof(printed)) == VAP_APQN_TEXT);
    HOLDS(strncmp(s, printed, VAP_APQN_TEXT) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    char *s = strndup(size ? text : "", size);

    if (!s)
        return 0;
    check_number(text, size, s);
    check_mask(text, size, s, VAP_LINUX_6_12);
    check_mask(text, size, s, VAP_LINUX_7_2);
    check_config(text, size, s);
    check_apqn(text, size, s);
    free(s);
    return 0;
}
