/* SPDX-License-Identifier: MIT */
/* What is to be seen of a host, in the one text that scenarios have for it. */
#include "cli/lab/play.h"

#include "base/auto.h"
#include "cli/ask/explain.h"
#include "matrix/grammar.h"
#include "matrix/text.h"

static char *
copy(const char *text)
{
    return strdup(text);
}

static char *
number(unsigned long n)
{
    char *text;

    return asprintf(&text, "%lu", n) < 0 ? NULL : text;
}

static char *
mask_text(const struct vap_mask *mask)
{
    char digits[VAP_MASK_TEXT + 1];

    (void)vap_mask_text(mask, digits, sizeof(digits));
    return copy(digits);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, a blank between; "none" without any. */
static char *
joined(const char **names, size_t n)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return NULL;
    qsort(names, n, sizeof(*names), compare_names);
    for (size_t i = 0; i < n; i++)
        (void)fprintf(out, "%s%s", i ? " " : "", names[i]);
    if (!n)
        (void)fputs("none", out);
    return text_closed(out, &text);
}

/* -- an mdev -------------------------------------------------------------- */

/* The files that show all of something, whole. */
static char *
file_text(const struct vap_mdev *m, const char *file)
{
    static const struct {
        const char *name;
        size_t (*text)(const struct vap_matrix *m, char *buffer, size_t size);
        bool guest;
    } files[] = {
        { "matrix", vap_matrix_text, false },
        { "guest_matrix", vap_matrix_text, true },
        { "control_domains", vap_control_text, false },
        { "ap_config", vap_config_text, false },
    };
    size_t i = 0;

    while (strcmp(files[i].name, file) != 0)
        i++;

    const struct vap_matrix *matrix = files[i].guest ? &m->guest : &m->matrix;
    size_t n = files[i].text(matrix, NULL, 0);
    AUTO(free_done) char *text = malloc(n + 1);

    if (!text)
        return NULL;
    (void)files[i].text(matrix, text, n + 1);
    return scenario_quote(text);
}

/* The causes, in the order of their names. */
static char *
causes_text(uint32_t causes)
{
    const char *names[VAP_CAUSES];
    size_t n = 0;

    for (int i = 0; i < VAP_CAUSES; i++)
        if (vap_caused(causes, (enum vap_cause)i))
            names[n++] = explain_cause((enum vap_cause)i);
    return joined(names, n);
}

/* thing: "04.", ".0047" or "04.0047" */
static char *
why_text(const struct vap_host *host, uint32_t mdev, const char *thing)
{
    unsigned adapter = (unsigned)strtoul(thing, NULL, 16);
    unsigned domain = (unsigned)strtoul(strchr(thing, '.') + 1, NULL, 16);

    if (*thing == '.')
        return causes_text(vap_explain_domain(host, domain, mdev).causes);
    if (strlen(thing) == 3)
        return causes_text(vap_explain_adapter(host, adapter, mdev).causes);
    return causes_text(
        vap_explain_queue(host, VAP_APQN(adapter, domain), mdev).causes);
}

static const struct play_ends *
ends_of(const struct play *play, uint32_t slot)
{
    for (size_t i = 0; i < play->n_ends; i++)
        if (play->ends[i].mdev == slot)
            return &play->ends[i];
    return NULL;
}

static char *
see_mdev(const struct play *play, const struct scenario_expect *x,
         uint32_t slot)
{
    const struct vap_mdev *m = &play->host->engine->mdevs[slot];
    const struct play_ends *ends = ends_of(play, slot);

    switch ((int)x->about) {
    case SCENARIO_MATRIX:
        return sets_product_text(&m->matrix);
    case SCENARIO_CONTROL:
        return sets_ids_text(&m->matrix.control);
    case SCENARIO_GUEST:
        return sets_product_text(&m->guest);
    case SCENARIO_GUEST_CONTROL:
        return sets_ids_text(&m->guest.control);
    case SCENARIO_APCB:
        return m->vm ? sets_product_text(&m->apcb) : copy("no guest");
    case SCENARIO_APCB_CONTROL:
        return m->vm ? sets_ids_text(&m->apcb.control) : copy("no guest");
    case SCENARIO_UPDATES:
        return number(slot < play->n_updates ? play->updates[slot] : 0);
    case SCENARIO_TEXT:
        return file_text(m, x->file);
    case SCENARIO_WHY:
        return why_text(play->host->engine, slot, x->file);
    case SCENARIO_ENDS:
        return ends ? scenario_ends_text(ends->ends, ends->n) : copy("none");
    case SCENARIO_N_ENDS:
        return number(ends ? ends->n : 0);
    default:
        return copy("exists");
    }
}

/* -- a queue -------------------------------------------------------------- */

static char *
driver_text(const struct vap_host *host, unsigned apqn)
{
    bool there = vap_mask_has(&host->row[VAP_ADAPTER_OF(apqn)].present,
                              VAP_DOMAIN_OF(apqn));

    switch (vap_host_driver(host, apqn)) {
    case VAP_VFIO_AP:
        return copy("vfio_ap");
    case VAP_DEFAULT:
        return copy("cex4queue");
    case VAP_NO_DRIVER:
    case VAP_OTHER_DRIVER:
        break;
    }
    return copy(there ? "unbound" : "gone");
}

static bool
has(const struct vap_matrix *m, unsigned apqn)
{
    return vap_mask_has(&m->adapters, VAP_ADAPTER_OF(apqn)) &&
           vap_mask_has(&m->domains, VAP_DOMAIN_OF(apqn));
}

/* The attribute `status` of a queue that vfio_ap has. */
static char *
status_text(const struct vap_host *host, unsigned apqn)
{
    uint32_t owner = vap_host_owner(host, apqn);

    if (vap_host_driver(host, apqn) != VAP_VFIO_AP)
        return copy("gone");
    if (owner == host->n_slots)
        return copy("unassigned");
    return copy(host->mdevs[owner].vm && has(&host->mdevs[owner].guest, apqn)
                    ? "in use"
                    : "assigned");
}

/* Mdevs whose guest has the queue in its APCB. */
static char *
guests_text(const struct host *host, unsigned apqn)
{
    const struct vap_host *engine = host->engine;
    AUTO(free_done)
    const char **names = calloc(engine->n_slots, sizeof(*names));
    size_t n = 0;

    if (!names)
        return NULL;
    for (uint32_t i = 0; i < engine->n_slots; i++)
        if (engine->mdevs[i].vm && has(&engine->mdevs[i].apcb, apqn))
            names[n++] = host_mdev_name(host, i);
    return joined(names, n);
}

static char *
see_queue(const struct play *play, const struct scenario_expect *x)
{
    uint16_t apqn = 0;

    (void)vap_read_apqn(x->subject, strlen(x->subject), &apqn);
    if (x->about == SCENARIO_DRIVER)
        return driver_text(play->host->engine, apqn);
    if (x->about == SCENARIO_STATUS)
        return status_text(play->host->engine, apqn);
    return guests_text(play->host, apqn);
}

static char *
queues_text(const struct vap_host *host, const char *driver)
{
    struct sets_queues queues = { 0 };

    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &host->row[a];
        struct vap_mask bound = vap_mask_or(row->dflt, row->vfio);

        queues.row[a] = strcmp(driver, "vfio_ap") == 0 ? row->vfio
                        : strcmp(driver, "cex4queue") == 0
                            ? row->dflt
                            : vap_mask_less(row->present, bound);
    }
    return sets_queues_text(&queues);
}

char *
play_see(const struct play *play, const struct scenario_expect *x)
{
    const struct vap_host *engine = play->host->engine;
    uint32_t slot;

    switch ((int)x->about) {
    case SCENARIO_DRIVER:
    case SCENARIO_STATUS:
    case SCENARIO_GUESTS:
        return see_queue(play, x);
    case SCENARIO_QUEUES:
        return queues_text(engine, x->subject);
    case SCENARIO_RESETS:
        return sets_queues_text(&play->resets);
    case SCENARIO_APMASK:
        return mask_text(&engine->bus.apmask);
    case SCENARIO_AQMASK:
        return mask_text(&engine->bus.aqmask);
    default:
        slot = host_mdev(play->host, x->subject);
        return slot == NAMES_NONE ? copy("gone") : see_mdev(play, x, slot);
    }
}
