/* SPDX-License-Identifier: MIT */
/* A host as a person would write it: what is as usual goes without saying,
 * and one host has one text. What the guests have is written only where it is
 * not what the reader would work out. */
#include "observe/hostfile.h"

#include "base/auto.h"
#include "matrix/filter.h"
#include "matrix/text.h"
#include "observe/hostfile_schema.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* The last of the ids that follow one another from this one on. Two are not
 * worth a range. */
static unsigned
run_end(const struct vap_mask *mask, unsigned id)
{
    unsigned end = id;

    while (end + 1 < VAP_IDS && vap_mask_has(mask, end + 1))
        end++;
    return end == id + 1 ? id : end;
}

static unsigned
count_runs(const struct vap_mask *mask)
{
    unsigned n = 0;

    for (unsigned id = vap_mask_next(mask, 0); id < VAP_IDS;
         id = vap_mask_next(mask, run_end(mask, id) + 1))
        n++;
    return n;
}

/* "0x0a" or "0x0a-0x0c"; digits as the kernel prints such an id. */
static void
write_run(FILE *out, int digits, unsigned first, unsigned last)
{
    (void)fprintf(out, "0x%0*x", digits, first);
    if (last > first)
        (void)fprintf(out, "-0x%0*x", digits, last);
}

static void
write_ids(FILE *out, const struct vap_mask *mask, int digits)
{
    const char *comma = "";

    (void)putc('[', out);
    for (unsigned id = vap_mask_next(mask, 0); id < VAP_IDS;
         id = vap_mask_next(mask, run_end(mask, id) + 1)) {
        (void)fputs(comma, out);
        write_run(out, digits, id, run_end(mask, id));
        comma = ", ";
    }
    (void)putc(']', out);
}

static void
write_list(FILE *out, const char *key, const struct vap_mask *mask, int digits)
{
    (void)fputs(key, out);
    write_ids(out, mask, digits);
    (void)putc('\n', out);
}

/* "-0x05,-0x47": from all ones, or from none, whichever is shorter. */
static void
write_mask(FILE *out, const char *key, const struct vap_mask *mask, int digits)
{
    struct vap_mask gone = vap_mask_less(vap_mask_all(), *mask);
    bool few = count_runs(mask) < count_runs(&gone);
    const struct vap_mask *listed = few ? mask : &gone;
    const char *comma = "";

    (void)fprintf(out, "%s: ", key);
    if (few || vap_mask_empty(&gone)) {
        (void)putc(vap_mask_empty(&gone) ? '+' : '-', out);
        write_run(out, digits, 0, VAP_IDS - 1);
        comma = ",";
    }
    for (unsigned id = vap_mask_next(listed, 0); id < VAP_IDS;
         id = vap_mask_next(listed, run_end(listed, id) + 1)) {
        (void)fprintf(out, "%s%c", comma, few ? '+' : '-');
        write_run(out, digits, id, run_end(listed, id));
        comma = ",";
    }
    (void)putc('\n', out);
}

/* --- names --- */

static bool
is_uuid(const char *name)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (strlen(name) != sizeof(form) - 1)
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '-' ? name[i] != '-' : !isxdigit((unsigned char)name[i]))
            return false;
    return true;
}

/* Would every reader of YAML take it for text as it is? */
static bool
is_plain(const char *name)
{
    static const char *const words[] = { "true", "false", "yes", "no", "on",
                                         "off",  "null",  "y",   "n" };
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char more[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(words[i], name) == 0)
            return false;
    return is_uuid(name) ||
           (*name && strchr(letters, *name) && !name[strspn(name, more)]);
}

static void
write_name(FILE *out, const char *key, const char *name)
{
    bool plain = is_plain(name);

    (void)fprintf(out, "%s: %s", key, plain ? "" : "\"");
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            (void)fprintf(out, "\\x%02x", (unsigned char)*c);
        else
            (void)fprintf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
    (void)fprintf(out, "%s\n", plain ? "" : "\"");
}

/* --- what a host has one of --- */

static void
write_bus(FILE *out, const struct vap_host *engine)
{
    const struct vap_config *config = &engine->bus.config;

    (void)fprintf(out, "rule: %s\n", engine->rule->name);
    if (engine->rule->kernel < 0)
        (void)fprintf(out, "kernel: %s\n", doc_kernel(engine->kernel));
    if (!config->apxa)
        (void)fputs("apxa: false\n", out);
    if (config->apxa && config->last_adapter != 255)
        (void)fprintf(out, "highest_adapter: 0x%02x\n", config->last_adapter);
    if (config->apxa && config->last_domain != 255)
        (void)fprintf(out, "highest_domain: 0x%04x\n", config->last_domain);
}

static uint32_t
vanished_overrides(const struct vap_host *engine)
{
    uint32_t n = engine->bus.n_overrides;

    for (unsigned a = 0; a < VAP_IDS; a++)
        n -= vap_mask_count(&engine->row[a].overridden);
    return n;
}

static void
write_masks(FILE *out, const struct vap_host *engine)
{
    (void)fputs("\n# A queue in both masks is kept for the host's own "
                "driver.\n",
                out);
    write_mask(out, "apmask", &engine->bus.apmask, 2);
    write_mask(out, "aqmask", &engine->bus.aqmask, 4);
    if (engine->bus.masks_written)
        (void)fputs("masks_written: true\n", out);
    if (engine->bus.no_autoprobe)
        (void)fputs("drivers_autoprobe: false\n", out);
    if (vanished_overrides(engine))
        (void)fprintf(out, "overrides_vanished: %u\n",
                      vanished_overrides(engine));
    if (engine->bus.scans)
        (void)fprintf(out, "scans: %u\n", engine->bus.scans);
}

/* --- cards --- */

/* The state that most queues of the adapter have, there or not: that of the
 * card. What has another is an exception. */
static uint8_t
card_state(const struct vap_host *engine, unsigned adapter)
{
    static const uint8_t states[] = { VAP_RC_NORMAL, VAP_RC_DECONFIGURED,
                                      VAP_RC_CHECKSTOPPED };
    uint8_t best = VAP_RC_NORMAL;
    unsigned most = 0;

    for (size_t i = 0; i < sizeof(states); i++) {
        unsigned n = 0;

        for (unsigned d = 0; d < VAP_IDS; d++)
            n += engine->queue[adapter][d].state == states[i];
        if (n > most) {
            most = n;
            best = states[i];
        }
    }
    return best;
}

static bool
like_cards(const struct host *host, unsigned a, unsigned b)
{
    return strcmp(host_card_type(host, a), host_card_type(host, b)) == 0 &&
           card_state(host->engine, a) == card_state(host->engine, b);
}

/* Cards that follow one another and are alike share a line. stated: those
 * whose state is said elsewhere. */
static void
write_cards(FILE *out, const char *indent, const struct host *host,
            const struct vap_mask *ids, const struct vap_mask *stated)
{
    unsigned last;

    (void)fprintf(out, "%scards:%s\n", indent,
                  vap_mask_empty(ids) ? " []" : "");
    for (unsigned id = vap_mask_next(ids, 0); id < VAP_IDS;
         id = vap_mask_next(ids, last + 1)) {
        uint8_t state = card_state(host->engine, id);
        bool is_stated = vap_mask_has(stated, id);

        last = id;
        while (last + 1 < VAP_IDS && vap_mask_has(ids, last + 1) &&
               vap_mask_has(stated, last + 1) == is_stated &&
               like_cards(host, id, last + 1))
            last++;
        (void)fprintf(out, "%s  - {id: ", indent);
        write_run(out, 2, id, last);
        (void)fprintf(out, ", type: %s", host_card_type(host, id));
        if (state && !is_stated)
            (void)fprintf(out, ", state: %s", doc_state(state));
        (void)fputs("}\n", out);
    }
}

static void
write_config(FILE *out, const struct host *host)
{
    const struct vap_matrix *seen = &host->engine->bus.config.ids;
    const struct vap_matrix *now = &host->engine->bus.hardware.ids;
    struct vap_mask none = vap_mask_none();

    (void)putc('\n', out);
    write_cards(out, "", host, &seen->adapters, &none);
    write_list(out, "domains: ", &seen->domains, 4);
    write_list(out, "control_domains: ", &seen->control, 4);
    if (vap_matrix_equal(seen, now))
        return;
    (void)fputs("\n# What there is by now; the AP bus has not scanned it "
                "yet.\nhardware:\n",
                out);
    write_cards(out, "  ", host, &now->adapters, &seen->adapters);
    write_list(out, "  domains: ", &now->domains, 4);
    write_list(out, "  control_domains: ", &now->control, 4);
}

/* --- queues --- */

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

/* Who has a queue of which nothing is said; see read_queues(). */
static enum vap_driver
usual_driver(const struct vap_host *engine, unsigned a, unsigned d)
{
    if (vap_mask_has(&engine->row[a].overridden, d))
        return engine->queue[a][d].override == VAP_OTHER_DRIVER
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
    uint8_t state = card ? card_state(engine, a) : 0;

    for (unsigned d = 0; d < VAP_IDS; d++)
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
write_traits(FILE *out, const struct traits *t)
{
    if (t->override)
        (void)fprintf(out, ", driver_override: %s",
                      doc_driver((enum vap_driver)t->override));
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

static void
write_entry(FILE *out, const struct vap_mask *adapters,
            const struct vap_mask *domains, const struct traits *t, bool first)
{
    if (first)
        (void)fputs("\nqueues:\n", out);
    (void)fputs("  - {adapters: ", out);
    write_ids(out, adapters, 2);
    (void)fputs(", domains: ", out);
    write_ids(out, domains, 4);
    write_traits(out, t);
    (void)fputs("}\n", out);
}

/* An entry for each sort of queue there is in the row. */
static bool
write_row(FILE *out, const struct vap_mask *adapters, const struct row *row,
          bool first)
{
    static const struct traits nothing;
    struct vap_mask done = vap_mask_none();

    for (unsigned d = 0; d < VAP_IDS; d++) {
        struct vap_mask alike = vap_mask_none();

        if (vap_mask_has(&done, d) || same(&row->queue[d], &nothing))
            continue;
        for (unsigned e = d; e < VAP_IDS; e++)
            if (same(&row->queue[d], &row->queue[e]))
                vap_mask_add(&alike, e);
        done = vap_mask_or(done, alike);
        write_entry(out, adapters, &alike, &row->queue[d], first);
        first = false;
    }
    return first;
}

/* Adapters whose queues are all alike share their entries. */
static int
write_queues(FILE *out, const struct vap_host *engine)
{
    AUTO(free_done) struct row *rows = calloc(VAP_IDS, sizeof(*rows));
    struct vap_mask done = vap_mask_none();
    bool first = true;

    if (!rows)
        return -ENOMEM;
    for (unsigned a = 0; a < VAP_IDS; a++)
        fill_row(engine, a, &rows[a]);
    for (unsigned a = 0; a < VAP_IDS; a++) {
        struct vap_mask alike = vap_mask_none();

        for (unsigned b = a; b < VAP_IDS && !vap_mask_has(&done, a); b++)
            if (memcmp(&rows[a], &rows[b], sizeof(rows[a])) == 0)
                vap_mask_add(&alike, b);
        done = vap_mask_or(done, alike);
        if (!vap_mask_empty(&alike))
            first = write_row(out, &alike, &rows[a], first);
    }
    return 0;
}

/* --- mdevs --- */

static void
write_matrix(FILE *out, const char *key, const struct vap_matrix *m)
{
    (void)fprintf(out, "    %s: {adapters: ", key);
    write_ids(out, &m->adapters, 2);
    (void)fputs(", domains: ", out);
    write_ids(out, &m->domains, 4);
    (void)fputs(", control_domains: ", out);
    write_ids(out, &m->control, 4);
    (void)fputs("}\n", out);
}

/* usual: what the reader works out by itself. */
static void
write_mdev(FILE *out, const struct host *host, uint32_t slot,
           const struct vap_matrix *usual)
{
    const struct vap_mdev *m = &host->slots[slot];

    write_name(out, "  - name", host_mdev_name(host, slot));
    if (!vap_mask_empty(&m->matrix.adapters))
        write_list(out, "    adapters: ", &m->matrix.adapters, 2);
    if (!vap_mask_empty(&m->matrix.domains))
        write_list(out, "    domains: ", &m->matrix.domains, 4);
    if (!vap_mask_empty(&m->matrix.control))
        write_list(out, "    control_domains: ", &m->matrix.control, 4);
    if (m->vm)
        write_name(out, "    guest", host_vm_name(host, m->vm));
    if (!vap_matrix_equal(&m->guest, usual))
        write_matrix(out, "guest_matrix", &m->guest);
    if (m->vm && !vap_matrix_equal(&m->apcb, &m->guest))
        write_matrix(out, "apcb", &m->apcb);
}

/* The host as if its guests had nothing yet and were looked at: as the
 * reader comes upon them. */
static int
without_history(const struct host *host, struct host **out)
{
    const struct vap_request look_again = { .op = VAP_LOOK_AGAIN };
    AUTO(host_done) struct host *copy = NULL;

    if (host_copy(host, &copy))
        return -ENOMEM;
    for (uint32_t i = 0; i < copy->engine->n_slots; i++)
        copy->slots[i].guest = copy->slots[i].apcb = (struct vap_matrix){ 0 };
    if (host_do(copy, &look_again, NULL) != VAP_OK)
        return -ENOMEM;
    *out = TAKE(copy);
    return 0;
}

static int
write_mdevs(FILE *out, const struct host *host)
{
    AUTO(host_done) struct host *usual = NULL;
    bool any = false;

    if (without_history(host, &usual))
        return -ENOMEM;
    for (uint32_t i = 0; i < host->engine->n_slots; i++) {
        if (!host->slots[i].exists)
            continue;
        (void)fputs(any ? "" : "\nmdevs:\n", out);
        write_mdev(out, host, i, &usual->slots[i].guest);
        any = true;
    }
    return 0;
}

int
hostfile_write(FILE *out, const struct host *host)
{
    int r;

    (void)fputs("# A host; vap-host(5) says what each word means.\n", out);
    write_bus(out, host->engine);
    write_config(out, host);
    write_masks(out, host->engine);
    r = write_queues(out, host->engine);
    return r < 0 ? r : write_mdevs(out, host);
}
