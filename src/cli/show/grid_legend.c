/* SPDX-License-Identifier: MIT */
/* Only what occurs is explained. */
#include "cli/show/grid_parts.h"

#include "base/say.h"

/* A line of it, the first after a blank one. */
static void
put_sign(struct grid *g, const char *sign)
{
    unsigned n = grid_width(sign);

    if (!g->legend)
        (void)putc('\n', g->out);
    g->legend = true;
    (void)fprintf(g->out, "%*s", (int)g->look->indent, "");
    say_quoted(g->out, sign);
    (void)fprintf(g->out, "%*s", n < 7 ? (int)(7 - n) : 1, "");
}

static void
put_meaning(struct grid *g, const char *sign, const char *meaning)
{
    put_sign(g, sign);
    (void)fprintf(g->out, "%s\n", meaning);
}

static const char *const meanings[CELL_KINDS] = {
    [CELL_ABSENT] = "not in the host's configuration",
    [CELL_HOST] = "kept by the host's own driver",
    [CELL_FREE] = "bound to vfio_ap, in no mdev",
    [CELL_UNBOUND] = "no driver has it",
    [CELL_LOST] = "sound, but its adapter has a hole: not in the guest",
    [CELL_HOLE] = "a hole: vfio_ap does not have it",
    [CELL_FAILED] = "a hole: its last reset failed",
    [CELL_MISSING] = "assigned, but not in the host's configuration",
    [CELL_WITHHELD] = "no hole, but this rule has not given it",
    [CELL_KEPT] = "in the guest still, though it should not be",
};

static void
put_kinds(struct grid *g)
{
    bool both = *g->sample[CELL_HOLE].text && *g->sample[CELL_FAILED].text;

    for (int kind = 0; kind < CELL_KINDS; kind++) {
        const char *sign = g->sample[kind].text;

        if (!*sign || !meanings[kind] || (kind == CELL_FAILED && both))
            continue;
        put_meaning(g, sign,
                    kind == CELL_HOLE && both
                        ? "a hole: vfio_ap does not have it, or its last "
                          "reset failed"
                        : meanings[kind]);
    }
}

static void
put_marks(struct grid *g)
{
    char sign[TEXT] = "+";

    if (g->untold)
        put_meaning(g, "/", "in guest_matrix, but not in the running guest");
    if (g->stray) {
        label(&g->labels, g->stray - 1, sign + 1);
        put_meaning(g, sign, "and the guest of that mdev has it, too");
    }
    if (g->state)
        put_meaning(g, "#", "deconfigured or checkstopped");
    if (g->changed)
        put_meaning(g, "*", "differs");
}

static void
put_name(struct grid *g, uint32_t slot)
{
    const struct vap_mdev *m = &g->host->slots[slot];
    char sign[LABEL];

    label(&g->labels, slot, sign);
    put_sign(g, sign);
    say_quoted(g->out, host_mdev_name(g->host, slot));
    if (m->vm) {
        (void)fputs(", guest ", g->out);
        say_quoted(g->out, host_vm_name(g->host, m->vm));
    }
    (void)putc('\n', g->out);
}

void
grid_legend(struct grid *g)
{
    if (g->look->names && !g->labels.names)
        for (uint32_t i = 0; i < g->host->engine->n_slots; i++)
            if (g->host->slots[i].exists)
                put_name(g, i);
    if (!g->look->legend)
        return;
    put_kinds(g);
    put_marks(g);
}
