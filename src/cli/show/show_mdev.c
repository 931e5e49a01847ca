/* SPDX-License-Identifier: MIT */
/* One mdev: on the left what is said, wrapped on the right what. */
#include "cli/show/show.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/ids.h"
#include "matrix/text.h"

#include <errno.h>
#include <string.h>

enum { LEFT = 17, WIDTH = 79, MANY = 70, REASON = 3 * IDS_TEXT + 256 };

static void
put_fact(FILE *out, const char *left, const char *right)
{
    (void)fprintf(out, "%-*s", LEFT, left);
    say_quoted(out, right);
    (void)putc('\n', out);
}

/* The lines of a kernel's file, as many as fit beside one another. */
static void
put_lines(FILE *out, const char *left, char *lines)
{
    int column = fprintf(out, "%-*s", LEFT, left);
    char *rest = lines;

    for (const char *word; *rest && (word = strsep(&rest, "\n"));) {
        int n = (int)strlen(word);

        if (column > LEFT && column + 1 + n > WIDTH) {
            (void)fprintf(out, "\n%*s", LEFT, "");
            column = LEFT;
        }
        column += fprintf(out, "%s%s", column > LEFT ? " " : "", word);
    }
    (void)fprintf(out, "%s\n", *lines ? "" : "-");
}

/* As the kernel shows it; a matrix of more queues than can be read, as what
 * it is. */
static int
put_matrix(FILE *out, const char *left, const struct vap_matrix *m)
{
    char adapters[IDS_TEXT], domains[IDS_TEXT];
    size_t n = vap_matrix_text(m, NULL, 0);
    AUTO(free_done) char *text = malloc(n + 1);

    if (!text)
        return -ENOMEM;
    (void)vap_matrix_text(m, text, n + 1);
    if (show_queues(m) <= MANY)
        put_lines(out, left, text);
    else
        (void)fprintf(out, "%-*sadapters %s x domains %s\n", LEFT, left,
                      ids_text(&m->adapters, 2, adapters),
                      ids_text(&m->domains, 4, domains));
    return 0;
}

static void
put_domains(FILE *out, const char *left, const struct vap_mask *domains)
{
    char ids[IDS_TEXT];

    put_fact(out, left, ids_text(domains, 4, ids));
}

/* "hole at 0047: no driver has it" */
static size_t
write_hole(char *text, size_t n, const struct vap_mask *domains,
           const char *one, const char *many)
{
    char ids[IDS_TEXT];
    bool single = vap_mask_count(domains) == 1;

    if (vap_mask_empty(domains) || n >= REASON)
        return n;
    return n + (size_t)snprintf(text + n, REASON - n, "%shole%s at %s: %s",
                                n ? "; " : "", single ? "" : "s",
                                ids_text(domains, 4, ids), single ? one : many);
}

/* Why the guest has not this adapter. */
static void
write_reason(const struct host *host, uint32_t mdev, unsigned adapter,
             char text[REASON])
{
    const struct vap_matrix *ids = &host->engine->bus.config.ids;
    const struct vap_matrix *m = &host->slots[mdev].matrix;
    struct show_holes holes = show_holes(host, mdev, adapter);
    size_t n = 0;

    if (!vap_mask_has(&ids->adapters, adapter)) {
        (void)snprintf(text, REASON, "not in the host's configuration");
        return;
    }
    n = write_hole(text, n, &holes.unbound, "no driver has it",
                   "no driver has them");
    n = write_hole(text, n, &holes.host, "the host's driver has it",
                   "the host's driver has them");
    n = write_hole(text, n, &holes.failed, "its last reset failed",
                   "their last reset failed");
    if (!n && !vap_mask_meets(&m->domains, &ids->domains))
        (void)snprintf(text, REASON, "no domain to go with it");
    else if (!n)
        (void)snprintf(text, REASON, "no hole, but rule %s has not given it",
                       host->engine->rule->name);
}

static void
put_reason(FILE *out, const char **left, const char *what,
           const struct vap_mask *which, int digits, const char *reason)
{
    char ids[IDS_TEXT];

    if (vap_mask_empty(which))
        return;
    (void)fprintf(out, "%-*s%s%s %s: %s\n", LEFT, *left, what,
                  vap_mask_count(which) > 1 ? "s" : "",
                  ids_text(which, digits, ids), reason);
    *left = "";
}

/* Adapters for which the same is true share a line. */
static void
put_adapters(FILE *out, const char **left, const struct host *host,
             uint32_t mdev, struct vap_mask rest)
{
    char reason[REASON], other[REASON];

    while (!vap_mask_empty(&rest)) {
        unsigned first = vap_mask_next(&rest, 0);
        struct vap_mask alike = vap_mask_none();

        write_reason(host, mdev, first, reason);
        VAP_EACH (a, &rest) {
            write_reason(host, mdev, a, other);
            if (strcmp(reason, other) == 0)
                vap_mask_add(&alike, a);
        }
        put_reason(out, left, "adapter", &alike, 2, reason);
        rest = vap_mask_less(rest, alike);
    }
}

static void
put_list(FILE *out, const char **left, const char *what,
         const struct vap_mask *lost, const struct vap_mask *there)
{
    struct vap_mask missing = vap_mask_less(*lost, *there);
    struct vap_mask withheld = vap_mask_and(*lost, *there);

    put_reason(out, left, what, &missing, 4, "not in the host's configuration");
    put_reason(out, left, what, &withheld, 4, "the rule has not given it");
}

static void
put_filtered(FILE *out, const struct host *host, uint32_t mdev)
{
    const struct vap_matrix *ids = &host->engine->bus.config.ids;
    struct vap_matrix lost = show_filtered(host, mdev);
    const char *left = "filtered";

    put_adapters(out, &left, host, mdev, lost.adapters);
    put_list(out, &left, "domain", &lost.domains, &ids->domains);
    put_list(out, &left, "control domain", &lost.control, &ids->control);
    if (*left)
        put_fact(out, left, "-");
}

/* What the running machine has, where that is something else. */
static int
put_apcb(FILE *out, const struct vap_mdev *m)
{
    int r = 0;

    if (!m->vm || vap_matrix_equal(&m->apcb, &m->guest))
        return 0;
    r = put_matrix(out, "in the machine", &m->apcb);
    put_domains(out, "  control", &m->apcb.control);
    return r;
}

int
show_mdev(FILE *out, const struct host *host, uint32_t mdev)
{
    const struct vap_mdev *m = &host->slots[mdev];
    char queues[64];
    int r;

    (void)snprintf(queues, sizeof(queues), "%u of %u", show_queues(&m->guest),
                   show_queues(&m->matrix));
    put_fact(out, "mdev", host_mdev_name(host, mdev));
    put_fact(out, "guest", m->vm ? host_vm_name(host, m->vm) : "-");
    put_fact(out, "queues", queues);
    r = put_matrix(out, "matrix", &m->matrix);
    if (!r)
        r = put_matrix(out, "guest_matrix", &m->guest);
    if (r)
        return r;
    put_domains(out, "control_domains", &m->matrix.control);
    put_domains(out, "  in the guest", &m->guest.control);
    r = put_apcb(out, m);
    if (!r)
        put_filtered(out, host, mdev);
    return r;
}
