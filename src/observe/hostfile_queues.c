/* SPDX-License-Identifier: MIT */
/* What is out of the ordinary about queues: an entry of the text says it of
 * every queue of a product. Drivers last, for a queue that nothing is said
 * about has the one that its override, or else the masks, give it. */
#include "observe/hostfile_reader.h"

#include "base/auto.h"
#include "observe/rows.h"

#include <errno.h>

/** One thing that can be said of a queue. */
struct trait {
    const char *key;
    bool (*is_said)(const struct doc_queues *q);
    /* Makes it so. Returns as reader_refuse(). */
    int (*set)(struct reader *r, const char *place, const struct doc_queues *q,
               unsigned apqn);
    bool anywhere; /* also of queues that the host does not have (yet) */
};

static struct vap_queue *
queue_of(struct reader *r, unsigned apqn)
{
    return &r->host->engine->queue[VAP_ADAPTER_OF(apqn)][VAP_DOMAIN_OF(apqn)];
}

static struct vap_row *
row_of(struct reader *r, unsigned apqn)
{
    return &r->host->engine->row[VAP_ADAPTER_OF(apqn)];
}

static bool
says_override(const struct doc_queues *q)
{
    return q->override;
}

static int
set_override(struct reader *r, const char *place, const struct doc_queues *q,
             unsigned apqn)
{
    unsigned driver = host_driver(r->host, q->override);

    if (driver > UINT8_MAX)
        return reader_refuse(r, place,
                             "driver_override: more than %d drivers found",
                             UINT8_MAX - VAP_OTHER_DRIVER);
    if (r->host->engine->kernel == VAP_LINUX_6_12)
        return reader_refuse(r, place,
                             "driver_override found, but kernel 6.12 has none");
    queue_of(r, apqn)->override = (uint8_t)driver;
    vap_mask_add(&row_of(r, apqn)->overridden, VAP_DOMAIN_OF(apqn));
    r->host->engine->bus.n_overrides++;
    return 0;
}

static bool
says_driver(const struct doc_queues *q)
{
    return q->driver;
}

static void
bind(struct vap_row *row, unsigned domain, enum vap_driver driver)
{
    vap_mask_drop(&row->vfio, domain);
    vap_mask_drop(&row->dflt, domain);
    if (driver == VAP_VFIO_AP)
        vap_mask_add(&row->vfio, domain);
    else if (driver == VAP_DEFAULT)
        vap_mask_add(&row->dflt, domain);
}

static int
set_driver(struct reader *r, const char *place, const struct doc_queues *q,
           unsigned apqn)
{
    (void)place;
    bind(row_of(r, apqn), VAP_DOMAIN_OF(apqn), *q->driver);
    return 0;
}

static bool
says_last_reset(const struct doc_queues *q)
{
    return q->last_reset;
}

static int
set_last_reset(struct reader *r, const char *place, const struct doc_queues *q,
               unsigned apqn)
{
    if (!vap_mask_has(&row_of(r, apqn)->vfio, VAP_DOMAIN_OF(apqn)))
        return reader_refuse(
            r, place, "last_reset found, but vfio_ap does not have %02x.%04x",
            VAP_ADAPTER_OF(apqn), VAP_DOMAIN_OF(apqn));
    queue_of(r, apqn)->reset_rc = *q->last_reset;
    return 0;
}

static bool
says_state(const struct doc_queues *q)
{
    return q->state;
}

static int
set_state(struct reader *r, const char *place, const struct doc_queues *q,
          unsigned apqn)
{
    (void)place;
    queue_of(r, apqn)->state = (uint8_t)*q->state;
    return 0;
}

static bool
says_fail_reset(const struct doc_queues *q)
{
    return q->fail_reset;
}

static int
set_fail_reset(struct reader *r, const char *place, const struct doc_queues *q,
               unsigned apqn)
{
    (void)place;
    queue_of(r, apqn)->zapq_rc = q->fail_reset->rc;
    queue_of(r, apqn)->zapq_n = q->fail_reset->times;
    return 0;
}

static bool
says_fail_test(const struct doc_queues *q)
{
    return q->fail_test;
}

static int
set_fail_test(struct reader *r, const char *place, const struct doc_queues *q,
              unsigned apqn)
{
    (void)place;
    queue_of(r, apqn)->tapq_rc = q->fail_test->rc;
    queue_of(r, apqn)->tapq_n = q->fail_test->times;
    return 0;
}

static bool
says_since_scan(const struct doc_queues *q)
{
    return q->since_scan;
}

static int
set_since_scan(struct reader *r, const char *place, const struct doc_queues *q,
               unsigned apqn)
{
    if (*q->since_scan > r->doc->scans)
        return reader_refuse(r, place, "since_scan: %u found, scans says %u",
                             *q->since_scan, r->doc->scans);
    queue_of(r, apqn)->born = *q->since_scan;
    return 0;
}

/* In the order in which they must be set: what is absent before all else, an
 * override before the driver that follows from it, the driver before what it
 * knows of the queue. */
static const struct trait states = { "state", says_state, set_state, true };
static const struct trait overrides = { "driver_override", says_override,
                                        set_override, false };
static const struct trait drivers = { "driver", says_driver, set_driver,
                                      false };
static const struct trait others[] = {
    { "last_reset", says_last_reset, set_last_reset, false },
    { "since_scan", says_since_scan, set_since_scan, false },
    { "fail_reset", says_fail_reset, set_fail_reset, true },
    { "fail_test", says_fail_test, set_fail_test, true },
};

/** The product that an entry speaks of. */
struct product {
    struct vap_mask adapters;
    struct vap_mask domains;
};

/* Of one entry, one trait; said: of which queues it has been said before. */
static int
set_trait(struct reader *r, uint32_t entry, const struct product *p,
          const struct trait *t, struct vap_mask said[VAP_IDS])
{
    const struct doc_queues *q = &r->doc->queues[entry];
    char at[PLACE], key[PLACE];
    int refused = 0;

    (void)reader_inside(key, reader_nth(at, "queues", entry), t->key);
    VAP_EACH (a, &p->adapters)
        VAP_EACH (d, &p->domains) {
            if (!t->anywhere &&
                !vap_mask_has(&r->host->engine->row[a].present, d))
                return reader_refuse(
                    r, key,
                    "%s of %02x.%04x found, a queue of the host "
                    "expected",
                    t->key, a, d);
            if (vap_mask_has(&said[a], d))
                return reader_refuse(r, key,
                                     "%s of %02x.%04x found a second time",
                                     t->key, a, d);
            vap_mask_add(&said[a], d);
            refused = t->set(r, key, q, VAP_APQN(a, d));
            if (refused)
                return refused;
        }
    return 0;
}

static int
read_trait(struct reader *r, const struct product *products,
           const struct trait *t)
{
    AUTO(free_done) struct vap_mask *said = calloc(VAP_IDS, sizeof(*said));
    int refused = said ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < r->doc->n_queues && !refused; i++)
        if (t->is_said(&r->doc->queues[i]))
            refused = set_trait(r, i, &products[i], t, said);
    return refused;
}

/* An entry says something, and of some queue. */
static int
read_product(struct reader *r, uint32_t entry, struct product *out)
{
    const struct doc_queues *q = &r->doc->queues[entry];
    char at[PLACE], key[PLACE];
    int refused = reader_ids(
        r, reader_inside(key, reader_nth(at, "queues", entry), "adapters"),
        reader_adapters(r), &q->adapters, &out->adapters);

    if (!refused)
        refused = reader_ids(r, reader_inside(key, at, "domains"),
                             reader_domains(r), &q->domains, &out->domains);
    if (!refused &&
        (vap_mask_empty(&out->adapters) || vap_mask_empty(&out->domains)))
        refused = reader_refuse(
            r, at, "no queue found, adapters and domains expected");
    return refused;
}

static void
drop_absent(struct reader *r)
{
    for (unsigned a = 0; a < VAP_IDS; a++) {
        struct vap_row *row = &r->host->engine->row[a];

        VAP_EACH (d, &row->present)
            if (r->host->engine->queue[a][d].state == VAP_RC_NOT_AVAILABLE) {
                bind(row, d, VAP_NO_DRIVER);
                vap_mask_drop(&row->present, d);
            }
    }
}

/* Queues that have an override have its driver, if nothing else is said. */
static void
bind_overridden(struct reader *r)
{
    for (unsigned a = 0; a < VAP_IDS; a++) {
        struct vap_row *row = &r->host->engine->row[a];

        VAP_EACH (d, &row->overridden)
            bind(row, d,
                 (enum vap_driver)r->host->engine->queue[a][d].override);
    }
}

int
reader_queues(struct reader *r)
{
    uint32_t n = r->doc->n_queues;
    AUTO(free_done) struct product *products = calloc(n + 1, sizeof(*products));
    int refused = products ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < n && !refused; i++)
        refused = read_product(r, i, &products[i]);
    if (!refused)
        refused = read_trait(r, products, &states);
    drop_absent(r);
    if (!refused)
        refused = read_trait(r, products, &overrides);
    bind_overridden(r);
    if (!refused)
        refused = read_trait(r, products, &drivers);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && !refused; i++)
        refused = read_trait(r, products, &others[i]);
    for (unsigned a = 0; a < VAP_IDS; a++)
        rows_derive(r->host->engine, a);
    return refused;
}
