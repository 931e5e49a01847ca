/* SPDX-License-Identifier: MIT */
/* What a check says when it has found something. */
#include "cli/ask/check.h"

#include "base/auto.h"
#include "host/change_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
check_found(struct check *c, enum severity severity, const char *place,
            const char *remedy, const char *format, ...)
{
    struct finding *grown = realloc(c->list, (c->n + 1) * sizeof(*grown));
    va_list args;

    if (grown)
        c->list = grown;
    if (!grown || c->no_memory) {
        c->no_memory = true;
        return;
    }
    grown += c->n++;
    *grown = (struct finding){ .severity = severity,
                               .check = c->name,
                               .place = strdup(place),
                               .remedy = remedy ? strdup(remedy) : NULL };
    va_start(args, format);
    if (vasprintf(&grown->text, format, args) < 0)
        grown->text = NULL;
    va_end(args);
    c->no_memory = !grown->place || !grown->text || (remedy && !grown->remedy);
}

const char *
check_commands(struct check *c, const struct vap_request *list, size_t n)
{
    size_t length;
    FILE *f;

    free(c->command);
    c->command = NULL;
    f = open_memstream(&c->command, &length);
    for (size_t i = 0; f && i < n; i++) {
        AUTO(free_done) char *one = NULL;

        if (change_words_text(c->host, &list[i], CHANGE_SYSFS, &one))
            c->no_memory = true;
        else
            (void)fprintf(f, "%s%s", i ? "; " : "", one);
    }
    if (!f || fclose(f) || !c->command)
        c->no_memory = true;
    return c->command;
}

const char *
check_command(struct check *c, const struct vap_request *request)
{
    return check_commands(c, request, 1);
}

/* Few are listed; of many the shell does each. */
const char *
check_probes(struct check *c, unsigned adapter, const struct vap_mask *domains)
{
    size_t length;
    FILE *f;

    if (vap_mask_count(domains) == 1)
        return check_command(
            c, &(struct vap_request){
                   .op = VAP_PROBE,
                   .apqn = VAP_APQN(adapter, vap_mask_next(domains, 0)),
               });
    free(c->command);
    c->command = NULL;
    f = open_memstream(&c->command, &length);
    if (f)
        (void)fprintf(f, "for d in");
    if (f)
        VAP_EACH (d, domains)
            (void)fprintf(f, " %04x", d);
    if (f)
        (void)fprintf(f, "; do echo %02x.$d > /sys/bus/ap/drivers_probe; done",
                      adapter);
    if (!f || fclose(f) || !c->command)
        c->no_memory = true;
    return c->command;
}

const char *
check_vap(struct check *c, const char *command, uint32_t slot)
{
    size_t n;
    FILE *f;

    free(c->command);
    c->command = NULL;
    f = open_memstream(&c->command, &n);
    if (f)
        (void)fprintf(f, "vap %s ", command);
    if (f)
        change_words_quote(f, host_mdev_name(c->host, slot));
    if (!f || fclose(f) || !c->command)
        c->no_memory = true;
    return c->command;
}
