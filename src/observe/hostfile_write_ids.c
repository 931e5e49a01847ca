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
write_run(FILE *out, int digits, unsigned first, unsigned last)
{
    (void)fprintf(out, "0x%0*x", digits, first);
    if (last > first)
        (void)fprintf(out, "-0x%0*x", digits, last);
}

void
write_ids(FILE *out, const struct vap_mask *mask, int digits)
{
    const char *comma = "";

    (void)putc('[', out);
    for (unsigned id = vap_mask_next(mask, 0); id < VAP_IDS;
         id = vap_mask_next(mask, run_end(mask, id) + 1)) {
        (void)fputs(comma, out);
        write_run(out, digits, id, run_end(mask, id));
        comma = ", ";
    }
    (void)putc(']', out);
}

void
write_list(FILE *out, const char *key, const struct vap_mask *mask, int digits)
{
    (void)fputs(key, out);
    write_ids(out, mask, digits);
    (void)putc('\n', out);
}

/* From all ones, or from none, whichever is shorter. */
void
write_mask(FILE *out, const char *key, const struct vap_mask *mask, int digits)
{
    struct vap_mask gone = vap_mask_less(vap_mask_all(), *mask);
    bool few = count_runs(mask) < count_runs(&gone);
    const struct vap_mask *listed = few ? mask : &gone;
    const char *comma = "";

    (void)fprintf(out, "%s: ", key);
    if (few || vap_mask_empty(&gone)) {
        (void)putc(vap_mask_empty(&gone) ? '+' : '-', out);
        write_run(out, digits, 0, VAP_IDS - 1);
        comma = ",";
    }
    for (unsigned id = vap_mask_next(listed, 0); id < VAP_IDS;
         id = vap_mask_next(listed, run_end(listed, id) + 1)) {
        (void)fprintf(out, "%s%c", comma, few ? '+' : '-');
        write_run(out, digits, id, run_end(listed, id));
        comma = ",";
    }
    (void)putc('\n', out);
}

static bool
is_uuid(const char *name)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (strlen(name) != sizeof(form) - 1)
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '-' ? name[i] != '-' : !isxdigit((unsigned char)name[i]))
            return false;
    return true;
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
    return is_uuid(name) ||
           (*name && strchr(letters, *name) && !name[strspn(name, more)]);
}

void
write_name(FILE *out, const char *key, const char *name)
{
    bool plain = is_plain(name);

    (void)fprintf(out, "%s: %s", key, plain ? "" : "\"");
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            (void)fprintf(out, "\\x%02x", (unsigned char)*c);
        else
            (void)fprintf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
    (void)fprintf(out, "%s\n", plain ? "" : "\"");
}
