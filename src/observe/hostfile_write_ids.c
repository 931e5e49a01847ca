/* SPDX-License-Identifier: MIT */
/* Ids, masks and names as the reader takes them. */
#include "observe/hostfile_write.h"

#include <ctype.h>
#include <string.h>

/* The last of the ids that follow one another from this one on. Two are not
 * worth a range. */
static unsigned
run_end(const struct vap_mask *mask, unsigned id)
{
    unsigned end = id;

    while (end + 1 < VAP_IDS && vap_mask_has(mask, end + 1))
        end++;
    return end == id + 1 ? id : end;
}

static unsigned
count_runs(const struct vap_mask *mask)
{
    unsigned n = 0;

    for (unsigned id = vap_mask_next(mask, 0); id < VAP_IDS;
         id = vap_mask_next(mask, run_end(mask, id) + 1))
        n++;
    return n;
}

void
writer_run(FILE *out, int digits, unsigned first, unsigned last)
{
    (void)fprintf(out, "0x%0*x", digits, first);
    if (last > first)
        (void)fprintf(out, "-0x%0*x", digits, last);
}

void
writer_ids(FILE *out, const struct vap_mask *mask, int digits)
{
    const char *comma = "";

    (void)putc('[', out);
    for (unsigned id = vap_mask_next(mask, 0); id < VAP_IDS;
         id = vap_mask_next(mask, run_end(mask, id) + 1)) {
        (void)fputs(comma, out);
        writer_run(out, digits, id, run_end(mask, id));
        comma = ", ";
    }
    (void)putc(']', out);
}

void
writer_list(FILE *out, const char *key, const struct vap_mask *mask, int digits)
{
    (void)fputs(key, out);
    writer_ids(out, mask, digits);
    (void)putc('\n', out);
}

/* From all ones, or from none, whichever is shorter. */
void
writer_mask(FILE *out, const char *key, const struct vap_mask *mask, int digits)
{
    struct vap_mask gone = vap_mask_less(vap_mask_all(), *mask);
    bool few = count_runs(mask) < count_runs(&gone);
    const struct vap_mask *listed = few ? mask : &gone;
    const char *comma = "";

    (void)fprintf(out, "%s: ", key);
    if (few || vap_mask_empty(&gone)) {
        (void)putc(vap_mask_empty(&gone) ? '+' : '-', out);
        writer_run(out, digits, 0, VAP_IDS - 1);
        comma = ",";
    }
    for (unsigned id = vap_mask_next(listed, 0); id < VAP_IDS;
         id = vap_mask_next(listed, run_end(listed, id) + 1)) {
        (void)fprintf(out, "%s%c", comma, few ? '+' : '-');
        writer_run(out, digits, id, run_end(listed, id));
        comma = ",";
    }
    (void)putc('\n', out);
}

/* Would every reader of YAML take it for text as it is? */
static bool
is_plain(const char *name)
{
    static const char *const words[] = { "true", "false", "yes", "no", "on",
                                         "off",  "null",  "y",   "n" };
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char more[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(words[i], name) == 0)
            return false;
    return host_is_uuid(name) ||
           (*name && strchr(letters, *name) && !name[strspn(name, more)]);
}

/* A character of UTF-8, and how many bytes it has; 0 for what is none. */
static size_t
read_character(const char *text, uint32_t *out)
{
    const unsigned char *c = (const unsigned char *)text;
    size_t n = c[0] < 0x80 ? 1 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
    uint32_t value = c[0] & (n == 1 ? 0x7fU : 0x7fU >> n);

    for (size_t i = 1; i < n; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (c[i] & 0x3f);
    }
    *out = value;
    if ((c[0] >= 0x80 && c[0] < 0xc2) || c[0] > 0xf4 || value > 0x10ffff ||
        (n == 3 && (value < 0x800 || (value & ~0x7ffU) == 0xd800)) ||
        (n == 4 && value < 0x10000))
        return 0;
    return n;
}

/* Is a character taken as it is, also by YAML of 2005? */
static bool
is_harmless(uint32_t c)
{
    return c >= 0x20 && (c < 0x7f || c > 0x9f) && c != 0x2028 && c != 0x2029 &&
           c != 0xfeff && (c & 0xfffe) != 0xfffe;
}

void
writer_name(FILE *out, const char *name)
{
    size_t n;

    if (is_plain(name)) {
        (void)fputs(name, out);
        return;
    }
    (void)putc('"', out);
    for (; *name; name += n ? n : 1) {
        uint32_t c = (unsigned char)*name;

        n = read_character(name, &c);
        if (!n || !is_harmless(c))
            (void)fprintf(out, "\\U%08x", n ? c : (unsigned char)*name);
        else
            (void)fprintf(out, "%s%.*s", c == '"' || c == '\\' ? "\\" : "",
                          (int)n, name);
    }
    (void)putc('"', out);
}
