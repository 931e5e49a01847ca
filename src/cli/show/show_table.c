/* SPDX-License-Identifier: MIT */
/* The table of mdevs, a function a column. */
#include "cli/show/show.h"

#include "base/auto.h"
#include "cli/frame/cells.h"
#include "cli/frame/ids.h"
#include "cli/frame/table.h"

enum { CELL_TEXT = 3 * IDS_TEXT };

struct context {
    const struct host *host;
    struct labels labels;
    uint32_t slot;
    const struct vap_mdev *mdev;
};

static void
write_label(const struct context *c, char *text)
{
    label(&c->labels, c->slot, text);
}

static void
write_mdev(const struct context *c, char *text)
{
    (void)snprintf(text, CELL_TEXT, "%s", host_mdev_name(c->host, c->slot));
}

static void
write_guest(const struct context *c, char *text)
{
    (void)snprintf(text, CELL_TEXT, "%s",
                   c->mdev->vm ? host_vm_name(c->host, c->mdev->vm) : "-");
}

static void
write_adapters(const struct context *c, char *text)
{
    (void)ids_text(&c->mdev->matrix.adapters, 2, text);
}

static void
write_domains(const struct context *c, char *text)
{
    (void)ids_text(&c->mdev->matrix.domains, 4, text);
}

static void
write_control(const struct context *c, char *text)
{
    (void)ids_text(&c->mdev->matrix.control, 4, text);
}

static void
write_guest_adapters(const struct context *c, char *text)
{
    (void)ids_text(&c->mdev->guest.adapters, 2, text);
}

static void
write_guest_domains(const struct context *c, char *text)
{
    (void)ids_text(&c->mdev->guest.domains, 4, text);
}

static void
write_guest_control(const struct context *c, char *text)
{
    (void)ids_text(&c->mdev->guest.control, 4, text);
}

static void
write_queues(const struct context *c, char *text)
{
    (void)snprintf(text, CELL_TEXT, "%u of %u", show_queues(&c->mdev->guest),
                   show_queues(&c->mdev->matrix));
}

/* As the kernel writes what has but one side: "05." and ".0047". */
static void
write_filtered(const struct context *c, char *text)
{
    struct vap_matrix lost = show_filtered(c->host, c->slot);
    char ids[IDS_TEXT];
    size_t n = 0;

    *text = '\0';
    if (!vap_mask_empty(&lost.adapters))
        n = (size_t)snprintf(text, CELL_TEXT, "%s.",
                             ids_text(&lost.adapters, 2, ids));
    if (!vap_mask_empty(&lost.domains))
        (void)snprintf(text + n, CELL_TEXT - n, "%s.%s", n ? " " : "",
                       ids_text(&lost.domains, 4, ids));
    if (!*text)
        (void)snprintf(text, CELL_TEXT, "-");
}

static const struct table_column columns[] = {
    { "LABEL", false },          { "MDEV", false },
    { "GUEST", false },          { "ADAPTERS", false },
    { "DOMAINS", false },        { "CONTROL", false },
    { "QUEUES", true },          { "FILTERED", false },
    { "GUEST-ADAPTERS", false }, { "GUEST-DOMAINS", false },
    { "GUEST-CONTROL", false },  { 0 },
};

static void (*const writers[])(const struct context *c, char *text) = {
    write_label,         write_mdev,          write_guest,
    write_adapters,      write_domains,       write_control,
    write_queues,        write_filtered,      write_guest_adapters,
    write_guest_domains, write_guest_control,
};

/* The label stands in front where the grid has labels. */
#define LABELLED "label," USUAL
#define USUAL "mdev,guest,adapters,domains,control,queues,filtered"

enum { COLUMNS = sizeof(writers) / sizeof(writers[0]) };

static int
add_line(struct table *table, const struct context *c)
{
    char text[COLUMNS][CELL_TEXT];
    const char *cells[COLUMNS];

    for (size_t i = 0; i < COLUMNS; i++) {
        writers[i](c, text[i]);
        cells[i] = text[i];
    }
    return table_add(table, cells);
}

int
show_table(FILE *out, const struct host *host, const char *names, bool headings)
{
    struct context c = { .host = host, .labels = labels_of(host) };
    const char *usual = c.labels.names ? USUAL : LABELLED;
    AUTO(table_done) struct table table = { 0 };
    int r = table_init(&table, columns, names ? names : usual, headings);

    for (; c.slot < host->engine->n_slots && !r; c.slot++) {
        c.mdev = &host->slots[c.slot];
        if (c.mdev->exists)
            r = add_line(&table, &c);
    }
    return r ? r : table_print(&table, out);
}
