/* SPDX-License-Identifier: MIT */
/* What is out of the ordinary about queues, said of as many of them at once
 * as there are in a product. */
#include "observe/hostfile_write.h"

#include "base/auto.h"
#include "matrix/filter.h"
#include "observe/hostfile_schema.h"

#include <errno.h>
#include <string.h>

uint8_t
writer_card_state(const struct vap_host *engine, unsigned adapter)
{
    static const uint8_t states[] = { VAP_RC_NORMAL, VAP_RC_DECONFIGURED,
                                      VAP_RC_CHECKSTOPPED,
                                      VAP_RC_NOT_AVAILABLE };
    unsigned last = vap_config_bus_domain(&engine->bus.config);
    uint8_t best = VAP_RC_NORMAL;
    unsigned most = 0;

    for (size_t i = 0; i < sizeof(states); i++) {
        unsigned n = 0;

        for (unsigned d = 0; d <= last; d++)
            n += engine->queue[adapter][d].state == states[i];
        if (n > most) {
            most = n;
            best = states[i];
        }
    }
    return best;
}

/* What the text says of a queue, every byte of it; all zero: nothing. */
struct traits {
    uint32_t since_scan;
    uint8_t driver; /* enum vap_driver + 1 */
    uint8_t override;
    uint8_t state; /* + 1 */
    uint8_t last_reset;
    uint8_t fail_reset_rc;
    uint8_t fail_reset_times;
    uint8_t fail_test_rc;
    uint8_t fail_test_times;
};

struct row {
    struct traits queue[VAP_IDS];
};

/* Who has a queue of which nothing is said; see reader_queues(). */
static enum vap_driver
usual_driver(const struct vap_host *engine, unsigned a, unsigned d)
{
    if (vap_mask_has(&engine->row[a].overridden, d))
        return engine->queue[a][d].override >= VAP_OTHER_DRIVER
                   ? VAP_NO_DRIVER
                   : (enum vap_driver)engine->queue[a][d].override;
    return vap_host_reserves(engine, VAP_APQN(a, d)) ? VAP_DEFAULT
                                                     : VAP_VFIO_AP;
}

static void
device_traits(const struct vap_host *engine, unsigned a, unsigned d,
              struct traits *t)
{
    const struct vap_queue *q = &engine->queue[a][d];
    enum vap_driver driver = vap_row_driver(&engine->row[a], d);

    t->since_scan = q->born;
    if (driver != usual_driver(engine, a, d))
        t->driver = (uint8_t)(driver + 1);
    if (vap_mask_has(&engine->row[a].overridden, d))
        t->override = q->override;
    if (driver == VAP_VFIO_AP)
        t->last_reset = q->reset_rc;
}

static struct traits
traits_of(const struct vap_host *engine, unsigned a, unsigned d, uint8_t card)
{
    const struct vap_queue *q = &engine->queue[a][d];
    struct traits t = { 0 };

    if (vap_mask_has(&engine->row[a].present, d))
        device_traits(engine, a, d, &t);
    if (q->state != card)
        t.state = (uint8_t)(q->state + 1);
    if (q->zapq_n) {
        t.fail_reset_rc = q->zapq_rc;
        t.fail_reset_times = q->zapq_n;
    }
    if (q->tapq_n) {
        t.fail_test_rc = q->tapq_rc;
        t.fail_test_times = q->tapq_n;
    }
    return t;
}

static void
fill_row(const struct vap_host *engine, unsigned a, struct row *row)
{
    bool card = vap_mask_has(&engine->bus.config.ids.adapters, a) ||
                vap_mask_has(&engine->bus.hardware.ids.adapters, a);
    uint8_t state = card ? writer_card_state(engine, a) : 0;

    for (unsigned d = 0; d <= vap_config_bus_domain(&engine->bus.config); d++)
        row->queue[d] = traits_of(engine, a, d, state);
}

static bool
same(const struct traits *a, const struct traits *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static void
write_failure(FILE *out, const char *key, uint8_t rc, uint8_t times)
{
    if (times)
        (void)fprintf(out, ", %s: {rc: 0x%02x, times: %u}", key, rc, times);
}

static void
write_traits(FILE *out, const struct host *host, const struct traits *t)
{
    if (t->override) {
        (void)fputs(", driver_override: ", out);
        writer_name(out, host_driver_name(host, t->override));
    }
    if (t->driver)
        (void)fprintf(out, ", driver: %s",
                      doc_driver((enum vap_driver)(t->driver - 1)));
    if (t->state)
        (void)fprintf(out, ", state: %s", doc_state(t->state - 1));
    if (t->last_reset)
        (void)fprintf(out, ", last_reset: 0x%02x", t->last_reset);
    write_failure(out, "fail_reset", t->fail_reset_rc, t->fail_reset_times);
    write_failure(out, "fail_test", t->fail_test_rc, t->fail_test_times);
    if (t->since_scan)
        (void)fprintf(out, ", since_scan: %u", t->since_scan);
}

/** Adapters whose queues are all alike. */
struct rows {
    struct vap_mask adapters;
    const struct row *row;
};

static void
write_entry(FILE *out, const struct host *host, const struct rows *rows,
            const struct vap_mask *domains)
{
    (void)fputs("  - {adapters: ", out);
    writer_ids(out, &rows->adapters, 2);
    (void)fputs(", domains: ", out);
    writer_ids(out, domains, 4);
    write_traits(out, host, &rows->row->queue[vap_mask_next(domains, 0)]);
    (void)fputs("}\n", out);
}

/* An entry for each sort of queue there is in the rows. */
static void
write_rows(FILE *out, const struct host *host, const struct rows *rows)
{
    static const struct traits nothing;
    const struct traits *q = rows->row->queue;
    struct vap_mask done = vap_mask_none();

    for (unsigned d = 0; d < VAP_IDS; d++) {
        struct vap_mask alike = vap_mask_none();

        if (vap_mask_has(&done, d) || same(&q[d], &nothing))
            continue;
        for (unsigned e = d; e < VAP_IDS; e++)
            if (same(&q[d], &q[e]))
                vap_mask_add(&alike, e);
        done = vap_mask_or(done, alike);
        write_entry(out, host, rows, &alike);
    }
}

/* Adapters whose row is like this one; those before it are done. */
static struct vap_mask
alike_from(const struct row *rows, unsigned a)
{
    struct vap_mask alike = vap_mask_none();

    for (unsigned b = a; b < VAP_IDS; b++)
        if (memcmp(&rows[a], &rows[b], sizeof(rows[a])) == 0)
            vap_mask_add(&alike, b);
    return alike;
}

static bool
says_nothing(const struct row *row)
{
    static const struct row nothing;

    return memcmp(row, &nothing, sizeof(nothing)) == 0;
}

int
writer_queues(FILE *out, const struct host *host)
{
    AUTO(free_done) struct row *rows = calloc(VAP_IDS, sizeof(*rows));
    struct vap_mask done = vap_mask_none();
    unsigned last = vap_config_bus_adapter(&host->engine->bus.config);
    bool begun = false;

    if (!rows)
        return -ENOMEM;
    for (unsigned a = 0; a <= last; a++)
        fill_row(host->engine, a, &rows[a]);
    for (unsigned a = 0; a < VAP_IDS; a++) {
        if (vap_mask_has(&done, a) || says_nothing(&rows[a]))
            continue;

        struct rows group = { alike_from(rows, a), &rows[a] };

        (void)fputs(begun ? "" : "\nqueues:\n", out);
        begun = true;
        write_rows(out, host, &group);
        done = vap_mask_or(done, group.adapters);
    }
    return 0;
}
