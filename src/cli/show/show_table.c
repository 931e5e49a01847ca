/* SPDX-License-Identifier: MIT */
/* The table of mdevs, a function a column. */
#include "cli/show/show.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cells.h"
#include "cli/frame/ids.h"

#include <errno.h>
#include <libsmartcols.h>
#include <string.h>

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

static const struct column {
    const char *name;
    void (*write)(const struct context *c, char *text);
    int flags;
    bool usual;
} columns[] = {
    { "LABEL", write_label, 0, false },
    { "MDEV", write_mdev, 0, true },
    { "GUEST", write_guest, 0, true },
    { "ADAPTERS", write_adapters, 0, true },
    { "DOMAINS", write_domains, 0, true },
    { "CONTROL", write_control, 0, true },
    { "QUEUES", write_queues, SCOLS_FL_RIGHT, true },
    { "FILTERED", write_filtered, 0, true },
    { "GUEST-ADAPTERS", write_guest_adapters, 0, false },
    { "GUEST-DOMAINS", write_guest_domains, 0, false },
    { "GUEST-CONTROL", write_guest_control, 0, false },
};

enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]), MAX_CHOSEN = 32 };

/** Which columns, in which order. */
struct choice {
    const struct column *column[MAX_CHOSEN];
    size_t n;
};

static int
refuse_column(const char *name)
{
    char names[256] = "";
    size_t n = 0;

    for (size_t i = 0; i < N_COLUMNS; i++)
        n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s",
                              i ? ", " : "", columns[i].name);
    say_error("%s is not a column; there are %s", name, names);
    return 1;
}

static int
choose_column(struct choice *choice, const char *name)
{
    for (size_t i = 0; i < N_COLUMNS; i++)
        if (strcasecmp(columns[i].name, name) == 0) {
            if (choice->n == MAX_CHOSEN) {
                say_error("more than %d columns", MAX_CHOSEN);
                return 1;
            }
            choice->column[choice->n++] = &columns[i];
            return 0;
        }
    return refuse_column(name);
}

static int
choose_named(struct choice *choice, const char *names)
{
    AUTO(free_done) char *copy = strdup(names);
    char *rest = copy;
    int r = copy ? 0 : -ENOMEM;

    for (const char *name; !r && (name = strsep(&rest, ","));)
        r = choose_column(choice, name);
    return r;
}

/* The label stands in front where the grid has labels. */
static void
choose_usual(struct choice *choice, const struct labels *labels)
{
    for (size_t i = 0; i < N_COLUMNS; i++)
        if (columns[i].usual || (i == 0 && !labels->names))
            choice->column[choice->n++] = &columns[i];
}

static void
table_done(struct libscols_table **table)
{
    scols_unref_table(*table);
}

static int
add_columns(struct libscols_table *table, const struct choice *choice,
            bool headings)
{
    for (size_t i = 0; i < choice->n; i++)
        if (!scols_table_new_column(table,
                                    headings ? choice->column[i]->name : "", 0,
                                    choice->column[i]->flags))
            return -ENOMEM;
    return 0;
}

static int
add_line(struct libscols_table *table, const struct choice *choice,
         const struct context *c)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    char text[CELL_TEXT];

    for (size_t i = 0; line && i < choice->n; i++) {
        choice->column[i]->write(c, text);
        if (scols_line_set_data(line, i, text))
            return -ENOMEM;
    }
    return line ? 0 : -ENOMEM;
}

static int
add_lines(struct libscols_table *table, const struct choice *choice,
          struct context *c)
{
    int r = 0;

    for (c->slot = 0; c->slot < c->host->engine->n_slots && !r; c->slot++) {
        c->mdev = &c->host->slots[c->slot];
        if (c->mdev->exists)
            r = add_line(table, choice, c);
    }
    return r;
}

int
show_table(FILE *out, const struct host *host, const char *names, bool headings)
{
    struct context c = { .host = host, .labels = labels_of(host) };
    struct choice choice = { .n = 0 };
    AUTO(table_done) struct libscols_table *table = scols_new_table();
    int r = table ? 0 : -ENOMEM;

    if (!r && names)
        r = choose_named(&choice, names);
    else if (!r)
        choose_usual(&choice, &c.labels);
    if (!r)
        r = add_columns(table, &choice, headings);
    if (!r)
        r = add_lines(table, &choice, &c);
    if (r)
        return r;
    (void)scols_table_enable_noheadings(table, !headings);
    (void)scols_table_set_stream(table, out);
    return scols_print_table(table) ? -ENOMEM : 0;
}
