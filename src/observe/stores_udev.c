/* SPDX-License-Identifier: MIT */
/* chzdev's 41-ap.rules: of a rule of udev's only the two masks are looked at,
 * wherever in a line they stand. */
#include "observe/stores.h"

#include "matrix/grammar.h"
#include "matrix/text.h"

#include <errno.h>
#include <string.h>

#define FILE_OF(name) "ATTR{../../bus/ap/" name "}=\""

/* The text between quotes, at most to the end of its line. */
static bool
read_value(const char *from, const char *end, struct vap_mask *out)
{
    const char *quote = memchr(from, '"', (size_t)(end - from));
    struct vap_edit edit;

    if (!quote || quote - from != VAP_MASK_TEXT ||
        vap_read_mask(from, VAP_MASK_TEXT, VAP_LINUX_7_2, &edit) != VAP_OK)
        return false;
    *out = edit.set;
    return true;
}

/* Does the line of this place begin with #? */
static bool
is_comment(const char *text, const char *at)
{
    const char *newline = memrchr(text, '\n', (size_t)(at - text));
    const char *line = newline ? newline + 1 : text;

    return line[strspn(line, " \t")] == '#';
}

/* 0 also when the file does not set it. The last one counts. */
static int
find_mask(const char *text, size_t length, const char *key, bool *has,
          struct vap_mask *out)
{
    const char *end = text + length;
    size_t n = strlen(key);

    for (const char *c = text; (c = memmem(c, (size_t)(end - c), key, n));) {
        c += n;
        if (is_comment(text, c))
            continue;
        if (!read_value(c, end, out))
            return -EINVAL;
        *has = true;
    }
    return 0;
}

int
stores_add_rule(struct stores *stores, const char *text, size_t length)
{
    struct stores found = { 0 };
    int r = find_mask(text, length, FILE_OF("apmask"), &found.has_apmask,
                      &found.apmask);

    if (!r)
        r = find_mask(text, length, FILE_OF("aqmask"), &found.has_aqmask,
                      &found.aqmask);
    if (r)
        return r;
    stores->has_apmask = found.has_apmask;
    stores->has_aqmask = found.has_aqmask;
    stores->apmask = found.apmask;
    stores->aqmask = found.aqmask;
    return 0;
}
