/* SPDX-License-Identifier: MIT */
/* Ids: adapters and domains as numbers, ranges and lists of both. An id that
 * could be meant in two ways, 0047, is refused. */
#include "observe/hostfile_reader.h"

#include "observe/hostfile_yaml.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
reader_refuse(struct reader *r, const char *place, const char *format, ...)
{
    unsigned long line =
        hostfile_yaml_line(r->text, r->length, r->schema, place);
    va_list args;

    va_start(args, format);
    (void)hostfile_refuse(r->error, line, format, args);
    va_end(args);
    return 1;
}

const char *
reader_inside(char place[PLACE], const char *outer, const char *key)
{
    (void)snprintf(place, PLACE, "%s/%s", outer, key);
    return place;
}

const char *
reader_nth(char place[PLACE], const char *outer, uint32_t n)
{
    (void)snprintf(place, PLACE, "%s/%u", outer, n);
    return place;
}

struct kind
reader_adapters(const struct reader *r)
{
    return (struct kind){ "adapter", 2,
                          vap_config_bus_adapter(&r->boot.config) };
}

struct kind
reader_domains(const struct reader *r)
{
    return (struct kind){ "domain", 4, vap_config_bus_domain(&r->boot.config) };
}

struct kind
reader_control_domains(const struct reader *r)
{
    return (struct kind){ "control domain", 4,
                          vap_config_bus_domain(&r->boot.config) };
}

/* One id, and on to what follows it. Digits that are no number, like 0a, or
 * two numbers, like 0047, are none: NULL. Above 9,999 it stays 9,999. */
static const char *
read_number(const char *text, unsigned *out)
{
    bool hex = text[0] == '0' && tolower(text[1]) == 'x';
    const char *begin = hex ? text + 2 : text;
    const char *c = begin;

    for (*out = 0; hex ? isxdigit(*c) : isdigit(*c); c++)
        if (*out < 9999)
            *out = *out * (hex ? 16 : 10) +
                   (unsigned)(isdigit(*c) ? *c - '0' : (*c | 32) - 'a' + 10);
    if (*out > 9999)
        *out = 9999;
    if (c == begin || isalnum(*c) || (!hex && *begin == '0' && c > begin + 1))
        return NULL;
    return c;
}

/* Says how an id that is none could be meant. */
static int
refuse_id(struct reader *r, const char *place, const struct kind *kind,
          const char *text)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF");
    const char *decimal = text + strspn(text, "0");

    if (n && n < 9 && !text[n] && strspn(text, "0123456789") == n)
        return reader_refuse(r, place, "%s %s found; 0x%s or %s expected",
                             kind->name, text, text, *decimal ? decimal : "0");
    if (n && n < 9 && !text[n])
        return reader_refuse(r, place, "%s %s found; 0x%s expected", kind->name,
                             text, text);
    return reader_refuse(
        r, place,
        "%s \"%.40s\" found, a number or a range like 0x0a-0x0c "
        "expected",
        kind->name, text);
}

/* "7" or "0x10-0x1f" */
static int
read_range(struct reader *r, const char *place, const struct kind *kind,
           const char *text, struct vap_mask *out)
{
    unsigned first, last;
    const char *end = read_number(text, &first);

    last = first;
    if (end && *end == '-')
        end = read_number(end + 1, &last);
    if (!end || *end)
        return refuse_id(r, place, kind, text);
    if (last > kind->highest || first > kind->highest)
        return reader_refuse(r, place, "%s %.40s found, 0 to %u expected",
                             kind->name, text, kind->highest);
    if (first > last)
        return reader_refuse(r, place, "%ss %s found, the lower first expected",
                             kind->name, text);
    *out = vap_mask_none();
    for (unsigned id = first; id <= last; id++)
        vap_mask_add(out, id);
    return 0;
}

int
reader_add_ids(struct reader *r, const char *place, struct kind kind,
               const char *text, struct vap_mask *to)
{
    struct vap_mask ids, twice;
    int refused = read_range(r, place, &kind, text, &ids);

    if (refused)
        return refused;
    twice = vap_mask_and(ids, *to);
    *to = vap_mask_or(*to, ids);
    return vap_mask_empty(&twice)
               ? 0
               : reader_refuse(r, place, "%s 0x%0*x found a second time",
                               kind.name, kind.digits,
                               vap_mask_next(&twice, 0));
}

int
reader_ids(struct reader *r, const char *place, struct kind kind,
           const struct doc_ids *ids, struct vap_mask *out)
{
    char entry[PLACE];
    int refused = 0;

    *out = vap_mask_none();
    for (uint32_t i = 0; i < ids->n && !refused; i++)
        refused = reader_add_ids(r, reader_nth(entry, place, i), kind,
                                 ids->text[i], out);
    return refused;
}

/* The highest id of a kind that an mdev can have. Without APXA there never were
 * higher ones, and above 0 vfio_ap takes none, see vap_config_last_adapter().
 */
static unsigned
highest(const struct vap_config *config, unsigned last)
{
    return config->apxa && last ? VAP_IDS - 1 : last;
}

struct vap_matrix
hostfile_mdev_ids(const struct vap_config *config)
{
    unsigned adapter = highest(config, vap_config_last_adapter(config));
    unsigned domain = highest(config, vap_config_last_domain(config));

    return (struct vap_matrix){ vap_mask_up_to(adapter), vap_mask_up_to(domain),
                                vap_mask_up_to(domain) };
}

/* An mdev's highest ids are vfio_ap's, not the bus's. */
int
reader_matrix(struct reader *r, const char *place, const struct doc_matrix *m,
              struct vap_matrix *out)
{
    const struct vap_config *config = &r->boot.config;
    unsigned adapter = highest(config, vap_config_last_adapter(config));
    unsigned domain = highest(config, vap_config_last_domain(config));
    char list[PLACE];
    int refused = reader_ids(r, reader_inside(list, place, "adapters"),
                             (struct kind){ "adapter", 2, adapter },
                             &m->adapters, &out->adapters);

    if (!refused)
        refused = reader_ids(r, reader_inside(list, place, "domains"),
                             (struct kind){ "domain", 4, domain }, &m->domains,
                             &out->domains);
    if (!refused)
        refused = reader_ids(r, reader_inside(list, place, "control_domains"),
                             (struct kind){ "control domain", 4, domain },
                             &m->control, &out->control);
    return refused;
}
