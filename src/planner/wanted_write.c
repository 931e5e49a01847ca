/* SPDX-License-Identifier: MIT */
/* What is wanted, as a person would write it. */
#include "planner/wanted.h"

#include "base/auto.h"
#include "observe/hostfile_write.h"

#include <errno.h>
#include <string.h>

static int
fill_mdev(const struct host *host, uint32_t slot, struct wanted_mdev *out)
{
    uint32_t vm = host->slots[slot].vm;

    out->matrix = host->slots[slot].matrix;
    out->name = strdup(host_mdev_name(host, slot));
    out->guest = vm ? strdup(host_vm_name(host, vm)) : NULL;
    return out->name && (out->guest || !vm) ? 0 : -ENOMEM;
}

int
wanted_of(const struct host *host, struct wanted *out)
{
    const struct vap_bus *bus = &host->engine->bus;
    int r = 0;

    *out = (struct wanted){ .has_apmask = true,
                            .has_aqmask = true,
                            .apmask = bus->apmask,
                            .aqmask = bus->aqmask,
                            .others_go = true };
    out->mdevs = calloc(host->engine->n_slots + 1, sizeof(*out->mdevs));
    if (!out->mdevs)
        return -ENOMEM;
    for (uint32_t i = 0; i < host->engine->n_slots && !r; i++)
        if (host->slots[i].exists)
            r = fill_mdev(host, i, &out->mdevs[out->n_mdevs++]);
    if (r)
        wanted_done(out);
    return r;
}

static void
write_ids(FILE *out, const char *key, const struct vap_mask *mask, int digits)
{
    if (!vap_mask_empty(mask))
        writer_list(out, key, mask, digits);
}

static void
write_mdev(FILE *out, const struct wanted_mdev *m)
{
    (void)fputs("  - name: ", out);
    writer_name(out, m->name);
    (void)putc('\n', out);
    if (m->guest) {
        (void)fputs("    guest: ", out);
        writer_name(out, m->guest);
        (void)putc('\n', out);
    }
    write_ids(out, "    adapters: ", &m->matrix.adapters, 2);
    write_ids(out, "    domains: ", &m->matrix.domains, 4);
    write_ids(out, "    control_domains: ", &m->matrix.control, 4);
}

void
wanted_write(FILE *out, const struct wanted *wanted)
{
    (void)fputs("# What is wanted of a host; vap-wanted(5) says what each "
                "word means.\n",
                out);
    if (wanted->has_apmask)
        writer_mask(out, "apmask", &wanted->apmask, 2);
    if (wanted->has_aqmask)
        writer_mask(out, "aqmask", &wanted->aqmask, 4);
    (void)fputs(wanted->n_mdevs ? "mdevs:\n" : "mdevs: []\n", out);
    for (size_t i = 0; i < wanted->n_mdevs; i++)
        write_mdev(out, &wanted->mdevs[i]);
    if (wanted->n_removed)
        (void)fputs("removed:\n", out);
    for (size_t i = 0; i < wanted->n_removed; i++) {
        (void)fputs("  - ", out);
        writer_name(out, wanted->removed[i]);
        (void)putc('\n', out);
    }
    (void)fprintf(out, "others: %s\n", wanted->others_go ? "remove" : "keep");
}
