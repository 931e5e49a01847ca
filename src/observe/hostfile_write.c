/* SPDX-License-Identifier: MIT */
/* A host as a person would write it: what is as usual goes without saying,
 * and one host has one text. What the guests have is written only where it is
 * not what the reader would work out. */
#include "observe/hostfile_write.h"

#include "base/auto.h"
#include "observe/hostfile_schema.h"

#include <errno.h>
#include <string.h>

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

/* Where it is not what masks_written says of it. */
static void
write_boot_mask(FILE *out, const struct vap_host *engine, const char *key,
                int digits)
{
    const struct vap_bus *bus = &engine->bus;
    const struct vap_mask *boot =
        digits == 2 ? &bus->boot_apmask : &bus->boot_aqmask;
    struct vap_mask usual = digits == 2 ? bus->apmask : bus->aqmask;

    if (bus->masks_written)
        usual = vap_mask_all();
    if (!vap_mask_equal(boot, &usual))
        writer_mask(out, key, boot, digits);
}

static void
write_masks(FILE *out, const struct vap_host *engine)
{
    (void)fputs("\n# A queue in both masks is kept for the host's own "
                "driver.\n",
                out);
    writer_mask(out, "apmask", &engine->bus.apmask, 2);
    writer_mask(out, "aqmask", &engine->bus.aqmask, 4);
    if (engine->bus.masks_written)
        (void)fputs("masks_written: true\n", out);
    write_boot_mask(out, engine, "boot_apmask", 2);
    write_boot_mask(out, engine, "boot_aqmask", 4);
    if (engine->bus.no_autoprobe)
        (void)fputs("drivers_autoprobe: false\n", out);
    if (vanished_overrides(engine))
        (void)fprintf(out, "overrides_vanished: %u\n",
                      vanished_overrides(engine));
    if (engine->bus.scans)
        (void)fprintf(out, "scans: %u\n", engine->bus.scans);
}

static bool
like_cards(const struct host *host, unsigned a, unsigned b)
{
    return strcmp(host_card_type(host, a), host_card_type(host, b)) == 0 &&
           writer_card_state(host->engine, a) ==
               writer_card_state(host->engine, b);
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
        uint8_t state = writer_card_state(host->engine, id);
        bool is_stated = vap_mask_has(stated, id);

        last = id;
        while (last + 1 < VAP_IDS && vap_mask_has(ids, last + 1) &&
               vap_mask_has(stated, last + 1) == is_stated &&
               like_cards(host, id, last + 1))
            last++;
        (void)fprintf(out, "%s  - {id: ", indent);
        writer_run(out, 2, id, last);
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
    writer_list(out, "domains: ", &seen->domains, 4);
    writer_list(out, "control_domains: ", &seen->control, 4);
    if (vap_matrix_equal(seen, now))
        return;
    (void)fputs("\n# What there is by now; the AP bus has not scanned it "
                "yet.\nhardware:\n",
                out);
    write_cards(out, "  ", host, &now->adapters, &seen->adapters);
    writer_list(out, "  domains: ", &now->domains, 4);
    writer_list(out, "  control_domains: ", &now->control, 4);
}

static void
write_matrix(FILE *out, const char *key, const struct vap_matrix *m)
{
    (void)fprintf(out, "    %s: {adapters: ", key);
    writer_ids(out, &m->adapters, 2);
    (void)fputs(", domains: ", out);
    writer_ids(out, &m->domains, 4);
    (void)fputs(", control_domains: ", out);
    writer_ids(out, &m->control, 4);
    (void)fputs("}\n", out);
}

/* usual: what the reader works out by itself. */
static void
write_mdev(FILE *out, const struct host *host, uint32_t slot,
           const struct vap_matrix *usual)
{
    const struct vap_mdev *m = &host->slots[slot];

    (void)fputs("  - name: ", out);
    writer_name(out, host_mdev_name(host, slot));
    (void)putc('\n', out);
    if (!vap_mask_empty(&m->matrix.adapters))
        writer_list(out, "    adapters: ", &m->matrix.adapters, 2);
    if (!vap_mask_empty(&m->matrix.domains))
        writer_list(out, "    domains: ", &m->matrix.domains, 4);
    if (!vap_mask_empty(&m->matrix.control))
        writer_list(out, "    control_domains: ", &m->matrix.control, 4);
    if (m->vm) {
        (void)fputs("    guest: ", out);
        writer_name(out, host_vm_name(host, m->vm));
        (void)putc('\n', out);
    }
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
    r = writer_queues(out, host);
    return r < 0 ? r : write_mdevs(out, host);
}

char *
hostfile_written(const struct host *host)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int r = out ? hostfile_write(out, host) : -ENOMEM;

    if (out)
        (void)text_closed(out, &text);
    if (r < 0) {
        free(text);
        return NULL;
    }
    return text;
}
