/* SPDX-License-Identifier: MIT */
#include "cli/show/news.h"

#include "cli/frame/ids.h"
#include "cli/show/show.h"

#include <stdarg.h>

struct news {
    FILE *out;
    const char *stamp;
    const struct host *was;
    const struct host *is;
    unsigned n;
};

__attribute__((format(printf, 2, 3))) static void
put(struct news *news, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fputs(news->stamp, news->out);
    (void)vfprintf(news->out, format, args);
    (void)fputc('\n', news->out);
    va_end(args);
    news->n++;
}

/* ---- the host */

/* "apmask -05 +0a" */
static void
put_ids(struct news *news, const char *what, int digits, struct vap_mask was,
        struct vap_mask is)
{
    struct vap_mask gone = vap_mask_less(was, is);
    struct vap_mask come = vap_mask_less(is, was);
    char minus[IDS_TEXT], plus[IDS_TEXT];

    if (vap_mask_equal(&was, &is))
        return;
    put(news, "%s%s%s%s%s", what, vap_mask_empty(&gone) ? "" : " -",
        vap_mask_empty(&gone) ? "" : ids_text(&gone, digits, minus),
        vap_mask_empty(&come) ? "" : " +",
        vap_mask_empty(&come) ? "" : ids_text(&come, digits, plus));
}

static void
put_bus(struct news *news)
{
    const struct vap_bus *was = &news->was->engine->bus;
    const struct vap_bus *is = &news->is->engine->bus;
    const struct vap_matrix *before = &was->config.ids;
    const struct vap_matrix *now = &is->config.ids;

    put_ids(news, "apmask", 2, was->apmask, is->apmask);
    put_ids(news, "aqmask", 4, was->aqmask, is->aqmask);
    put_ids(news, "host adapters", 2, before->adapters, now->adapters);
    put_ids(news, "host domains", 4, before->domains, now->domains);
    put_ids(news, "host control domains", 4, before->control, now->control);
}

/* ---- queues */

static void
put_turn(struct news *news, unsigned adapter, struct vap_mask domains,
         const char *what)
{
    char ids[IDS_TEXT];

    if (!vap_mask_empty(&domains))
        put(news, "%02x.%s %s", adapter, ids_text(&domains, 4, ids), what);
}

static struct vap_mask
unbound(const struct vap_row *row)
{
    return vap_mask_less(row->present, vap_mask_or(row->dflt, row->vfio));
}

static void
put_states(struct news *news, unsigned adapter)
{
    static const struct {
        uint8_t state;
        const char *word;
    } states[] = {
        { VAP_RC_NORMAL, "answer again" },
        { VAP_RC_DECONFIGURED, "deconfigured" },
        { VAP_RC_CHECKSTOPPED, "checkstopped" },
    };
    const struct vap_host *was = news->was->engine;
    const struct vap_host *is = news->is->engine;
    struct vap_mask both =
        vap_mask_and(was->row[adapter].present, is->row[adapter].present);

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        struct vap_mask turned = vap_mask_none();

        VAP_EACH (d, &both)
            if (is->queue[adapter][d].state == states[i].state &&
                was->queue[adapter][d].state != states[i].state)
                vap_mask_add(&turned, d);
        put_turn(news, adapter, turned, states[i].word);
    }
}

static void
put_queues(struct news *news, unsigned adapter)
{
    const struct vap_row *was = &news->was->engine->row[adapter];
    const struct vap_row *is = &news->is->engine->row[adapter];

    put_turn(news, adapter, vap_mask_less(was->present, is->present), "gone");
    put_turn(news, adapter, vap_mask_less(is->dflt, was->dflt),
             "to cex4queue, for the host");
    put_turn(news, adapter, vap_mask_less(is->vfio, was->vfio),
             "to vfio_ap, for guests");
    put_turn(news, adapter, vap_mask_less(unbound(is), unbound(was)),
             "unbound");
    put_states(news, adapter);
}

/* ---- mdevs */

static const char *
matrix_text(const struct vap_matrix *m, char text[3 * IDS_TEXT + 16])
{
    char adapters[IDS_TEXT], domains[IDS_TEXT], control[IDS_TEXT];
    bool any = !vap_mask_empty(&m->control);

    (void)snprintf(text, 3 * IDS_TEXT + 16, "%s x %s%s%s",
                   ids_text(&m->adapters, 2, adapters),
                   ids_text(&m->domains, 4, domains), any ? ", control " : "",
                   any ? ids_text(&m->control, 4, control) : "");
    return text;
}

/* "web guest matrix 4 -> 2 queues: 05 x 0047, control 0004" */
static void
put_guest(struct news *news, const char *name, const struct vap_matrix *was,
          const struct vap_matrix *is)
{
    char text[3 * IDS_TEXT + 16];
    unsigned before = show_queues(was);
    unsigned after = show_queues(is);

    (void)matrix_text(is, text);
    if (before == after)
        put(news, "%s guest matrix %u queue%s: %s", name, after,
            after == 1 ? "" : "s", text);
    else
        put(news, "%s guest matrix %u -> %u queues: %s", name, before, after,
            text);
}

static void
put_mdev(struct news *news, const char *name, const struct vap_mdev *was,
         const struct vap_mdev *is)
{
    char text[3 * IDS_TEXT + 16];

    if (was->exists != is->exists)
        put(news, "%s %s", name, is->exists ? "created" : "removed");
    if (!is->exists)
        return;
    if (!vap_matrix_equal(&was->matrix, &is->matrix))
        put(news, "%s is assigned %s", name, matrix_text(&is->matrix, text));
    if (!was->vm != !is->vm)
        put(news, "%s %s", name,
            is->vm ? "taken by a guest" : "let go by its guest");
    if (!vap_matrix_equal(&was->guest, &is->guest))
        put_guest(news, name, &was->guest, &is->guest);
}

static const struct vap_mdev *
mdev_of(const struct host *host, const char *name)
{
    static const struct vap_mdev none;
    uint32_t slot = host_mdev(host, name);

    return slot == NAMES_NONE ? &none : &host->slots[slot];
}

static void
put_mdevs(struct news *news)
{
    for (uint32_t i = 0; i < news->was->engine->n_slots; i++) {
        const char *name = host_mdev_name(news->was, i);

        if (news->was->slots[i].exists)
            put_mdev(news, name, &news->was->slots[i], mdev_of(news->is, name));
    }
    for (uint32_t i = 0; i < news->is->engine->n_slots; i++) {
        const char *name = host_mdev_name(news->is, i);

        if (news->is->slots[i].exists && !mdev_of(news->was, name)->exists)
            put_mdev(news, name, mdev_of(news->was, name), &news->is->slots[i]);
    }
}

unsigned
news_put(FILE *out, const char *stamp, const struct host *was,
         const struct host *is)
{
    struct news news = { out, stamp, was, is, 0 };

    put_bus(&news);
    for (unsigned a = 0; a < VAP_IDS; a++)
        put_queues(&news, a);
    put_mdevs(&news);
    return news.n;
}
