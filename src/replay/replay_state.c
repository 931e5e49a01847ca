/* SPDX-License-Identifier: MIT */
/* The state that a step leaves: masks, bindings, mdevs, and their files. */
#include "replay/replay_run.h"

#include "base/auto.h"
#include "matrix/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
expect_queues(struct replay *r)
{
    const struct record *record = &r->record;

    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &r->host->engine->row[a];
        struct vap_mask unbound =
            vap_mask_less(vap_mask_less(row->present, row->vfio), row->dflt);

        replay_expect_row(r, a, "vfio_ap's", &record->vfio.of[a], &row->vfio);
        replay_expect_row(r, a, "the default driver's", &record->dflt.of[a],
                          &row->dflt);
        replay_expect_row(r, a, "unbound", &record->unbound.of[a], &unbound);
    }
}

static struct vap_matrix
one_sided_is_empty(struct vap_matrix m)
{
    if (vap_mask_empty(&m.adapters) || vap_mask_empty(&m.domains))
        m.adapters = m.domains = vap_mask_none();
    return m;
}

/* The guest matrix that the rule is held against. */
static struct vap_matrix
recorded_guest(const struct replay *r, const struct record_mdev *m)
{
    if (r->exact)
        return m->guest;
    return one_sided_is_empty(r->pure && m->has_pure ? m->pure : m->guest);
}

static void
expect_guest(struct replay *r, uint32_t i, const struct record_mdev *rec,
             const struct vap_mdev *m)
{
    struct vap_matrix recorded = recorded_guest(r, rec);
    struct vap_matrix found =
        r->exact ? m->guest : one_sided_is_empty(m->guest);

    replay_expect_matrix(r, &recorded, &found, "guest matrix", i);
    if (r->exact)
        replay_expect_matrix(r, &rec->apcb, &m->apcb, "APCB", i);
    else if (m->vm)
        replay_expect_matrix(r, &m->guest, &m->apcb, "APCB beside guest matrix",
                             i);
}

static void
expect_mdevs(struct replay *r)
{
    static const struct record_mdev none;

    for (uint32_t i = 0; i < r->host->engine->n_slots; i++) {
        const struct vap_mdev *m = &r->host->engine->mdevs[i];
        const struct record_mdev *rec =
            i < r->record.n_mdevs ? &r->record.mdevs[i] : &none;

        if (rec->exists != m->exists)
            replay_differ(r, rec->exists ? "there" : "not there",
                          m->exists ? "there" : "not there", "mdev %s",
                          host_mdev_name(r->host, i));
        if (!rec->exists || !m->exists)
            continue;
        replay_expect_matrix(r, &rec->matrix, &m->matrix, "matrix", i);
        if (rec->vm != m->vm)
            replay_differ(r,
                          rec->vm ? host_vm_name(r->host, rec->vm) : "nobody",
                          m->vm ? host_vm_name(r->host, m->vm) : "nobody",
                          "who has %s open", host_mdev_name(r->host, i));
        if (r->guests)
            expect_guest(r, i, rec, m);
    }
}

void
replay_expect_state(struct replay *r)
{
    const struct vap_bus *bus = &r->host->engine->bus;
    const struct vap_matrix *hw = &bus->hardware.ids;

    replay_expect_mask(r, &r->record.hardware.adapters, &hw->adapters,
                       "the host's adapters");
    replay_expect_mask(r, &r->record.hardware.domains, &hw->domains,
                       "the host's domains");
    replay_expect_mask(r, &r->record.hardware.control, &hw->control,
                       "the host's control domains");
    replay_expect_mask(r, &r->record.apmask, &bus->apmask, "apmask");
    replay_expect_mask(r, &r->record.aqmask, &bus->aqmask, "aqmask");
    expect_queues(r);
    expect_mdevs(r);
}

typedef size_t writer(const struct vap_matrix *m, char *buffer, size_t size);

static int
expect_file(struct replay *r, const json_t *texts, const char *file,
            writer *write, const struct vap_matrix *m, uint32_t mdev)
{
    const char *recorded = json_string_value(json_object_get(texts, file));
    size_t size = write(m, NULL, 0) + 1;
    AUTO(free_done) char *found = recorded ? malloc(size) : NULL;

    if (!recorded)
        return 0; /* longer than was kept */
    if (!found)
        return -ENOMEM;
    (void)write(m, found, size);
    if (strcmp(recorded, found) != 0)
        replay_differ(r, recorded, found, "file %s of %s", file,
                      host_mdev_name(r->host, mdev));
    return 0;
}

static int
expect_mdev_files(struct replay *r, const json_t *texts, uint32_t i)
{
    const struct vap_mdev *m = &r->host->engine->mdevs[i];
    int e = expect_file(r, texts, "matrix", vap_matrix_text, &m->matrix, i);

    if (!e)
        e = expect_file(r, texts, "control_domains", vap_control_text,
                        &m->matrix, i);
    if (!e)
        e = expect_file(r, texts, "ap_config", vap_config_text, &m->matrix, i);
    if (!e && r->exact)
        e = expect_file(r, texts, "guest_matrix", vap_matrix_text, &m->guest,
                        i);
    return e;
}

int
replay_expect_files(struct replay *r, const json_t *final)
{
    const json_t *texts = json_object_get(final, "text");
    int e = 0;

    for (uint32_t i = 0; i < r->host->engine->n_slots && !e; i++) {
        const char *name = host_mdev_name(r->host, i);
        const json_t *of = json_object_get(texts, name);

        if (of && r->host->engine->mdevs[i].exists)
            e = expect_mdev_files(r, of, i);
        else if (i < r->record.n_mdevs && r->record.mdevs[i].exists && !of)
            replay_differ(r, "none", "some", "files of %s", name);
    }
    return e;
}
