/* SPDX-License-Identifier: MIT */
/* Names are given anew in two rounds, for the new name of one may be the old
 * one of another. */
#include "observe/anonymise.h"

#include <errno.h>
#include <stdio.h>

static int
rename_to(struct names *names, uint32_t number, const char *format, unsigned n,
          bool last)
{
    char name[64];

    if (last)
        (void)snprintf(name, sizeof(name), format, n);
    else
        (void)snprintf(name, sizeof(name), "/%u", n); /* nobody's */
    return names_change(names, number, name);
}

/* Of what has a number from 0 on. */
static int
rename_all(struct names *names, const char *format, bool last)
{
    int r = 0;

    for (uint32_t i = 0; i < names->n && !r; i++)
        r = rename_to(names, i, format, i + 1, last);
    return r;
}

/* Machines that hold no mdev stand in no host file: only the order counts. */
static int
rename_guests(struct host *host)
{
    unsigned n = 0;
    int r = 0;

    for (uint32_t i = 0; i < host->engine->n_slots && !r; i++)
        if (host->slots[i].exists && host->slots[i].vm)
            r = rename_to(&host->vms, host->slots[i].vm - 1, "guest-%u", ++n,
                          true);
    return r;
}

static int
rename_mdevs(struct host *host)
{
    unsigned n = 0;
    int r = 0;

    for (uint32_t i = 0; i < host->engine->n_slots && !r; i++)
        if (host->slots[i].exists)
            r = rename_to(&host->mdevs, i, "00000000-0000-4000-8000-%012x", ++n,
                          true);
    return r;
}

int
anonymise(struct host *host)
{
    int r = rename_all(&host->mdevs, NULL, false);

    if (!r)
        r = rename_mdevs(host);
    if (!r)
        r = rename_all(&host->vms, NULL, false);
    if (!r)
        r = rename_guests(host);
    if (!r)
        r = rename_all(&host->drivers, NULL, false);
    if (!r)
        r = rename_all(&host->drivers, "driver-%u", true);
    return r == -EEXIST ? -ENOMEM : r;
}
