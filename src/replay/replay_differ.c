/* SPDX-License-Identifier: MIT */
/* The first difference is kept in full, whatever comes behind it. */
#include "replay/replay_run.h"

#include "matrix/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Notes a difference: the first in full. */
void
replay_differ(struct replay *r, const char *recorded, const char *found,
              const char *what, ...)
{
    struct replay_difference *first = &r->result->first;
    va_list values;

    r->agrees = false;
    if (!r->result->agrees)
        return;
    r->result->agrees = false;
    first->step = r->step;
    (void)snprintf(first->op, sizeof(first->op), "%s", r->op);
    va_start(values, what);
    (void)vsnprintf(first->what, sizeof(first->what), what, values);
    va_end(values);
    first->recorded = strdup(recorded);
    first->found = strdup(found);
}

void
replay_expect_mask(struct replay *r, const struct vap_mask *recorded,
                   const struct vap_mask *found, const char *what)
{
    char a[VAP_SET_TEXT];
    char b[VAP_SET_TEXT];

    if (vap_mask_equal(recorded, found))
        return;
    (void)vap_set_text(recorded, a, sizeof(a));
    (void)vap_set_text(found, b, sizeof(b));
    replay_differ(r, a, b, "%s", what);
}

/* "{0-2}x{5} control {6}" */
static void
matrix_words(const struct vap_matrix *m, char text[4 * VAP_SET_TEXT])
{
    char a[VAP_SET_TEXT];
    char d[VAP_SET_TEXT];
    char c[VAP_SET_TEXT];

    (void)vap_set_text(&m->adapters, a, sizeof(a));
    (void)vap_set_text(&m->domains, d, sizeof(d));
    (void)vap_set_text(&m->control, c, sizeof(c));
    (void)snprintf(text, (size_t)4 * VAP_SET_TEXT, "{%s}x{%s} control {%s}", a,
                   d, c);
}

void
replay_expect_matrix(struct replay *r, const struct vap_matrix *recorded,
                     const struct vap_matrix *found, const char *what,
                     uint32_t mdev)
{
    char a[4 * VAP_SET_TEXT];
    char b[4 * VAP_SET_TEXT];

    if (vap_matrix_equal(recorded, found))
        return;
    matrix_words(recorded, a);
    matrix_words(found, b);
    replay_differ(r, a, b, "%s of %s", what, host_mdev_name(r->host, mdev));
}

void
replay_expect_text(struct replay *r, const char *recorded, const char *found,
                   const char *what)
{
    if (strcmp(recorded, found) != 0)
        replay_differ(r, recorded, found, "%s", what);
}

void
replay_expect_row(struct replay *r, unsigned adapter, const char *what,
                  const struct vap_mask *recorded, const struct vap_mask *found)
{
    char queues[64];

    if (vap_mask_equal(recorded, found))
        return;
    (void)snprintf(queues, sizeof(queues), "queues of adapter %u, %s", adapter,
                   what);
    replay_expect_mask(r, recorded, found, queues);
}
