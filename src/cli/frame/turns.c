/* SPDX-License-Identifier: MIT */
#include "cli/frame/turns.h"

#include "cli/frame/ids.h"

#include <string.h>

static void
put(struct turns *t, const struct turn *turn)
{
    bool one = vap_mask_count(&turn->adapters) == 1;
    char adapters[IDS_TEXT];
    char domains[IDS_TEXT];

    (void)fprintf(t->out, "%-*s%s%s%s%s\n", TURNS_LEFT, t->left,
                  ids_text(&turn->adapters, 2, adapters), one ? "." : " x ",
                  ids_text(&turn->domains, 4, domains), turn->to);
    t->left = "";
}

void
turns_end(struct turns *turns)
{
    for (unsigned i = 0; i < turns->n; i++)
        put(turns, &turns->turn[i]);
    turns->n = 0;
}

/* The line it can stand on, or the number of lines. */
static unsigned
find(const struct turns *t, unsigned adapter, struct vap_mask domains,
     const char *to)
{
    unsigned i = t->in_order && t->n ? t->n - 1 : 0;

    while (i < t->n && (!vap_mask_equal(&t->turn[i].domains, &domains) ||
                        vap_mask_has(&t->turn[i].adapters, adapter) ||
                        strcmp(t->turn[i].to, to) != 0))
        i++;
    return i;
}

void
turns_add(struct turns *turns, unsigned adapter, struct vap_mask domains,
          const char *to)
{
    unsigned i = find(turns, adapter, domains, to);

    if (vap_mask_empty(&domains))
        return;
    if (i == TURNS_KEPT) {
        turns_end(turns);
        i = 0;
    }
    if (i == turns->n) {
        turns->turn[turns->n++] = (struct turn){ .domains = domains };
        (void)snprintf(turns->turn[i].to, TURNS_TO, "%s", to);
    }
    vap_mask_add(&turns->turn[i].adapters, adapter);
}

void
turns_reset(unsigned times, unsigned rc, char to[TURNS_TO])
{
    int n = 0;

    *to = '\0';
    if (times > 1)
        n = snprintf(to, TURNS_TO, ", %u times", times);
    if (rc)
        (void)snprintf(to + n, TURNS_TO - (size_t)n, ": response code %02x",
                       rc);
}
