/* SPDX-License-Identifier: MIT */
/* One queue: the questions that decide whether a guest has it, in turn, each
 * with its answer. */
#include "cli/ask/explain.h"

#include "cli/frame/ids.h"

#include <string.h>

static void
put_question(const char *question, const char *answer)
{
    (void)printf("  %-11s  %s\n", question, answer);
}

static void
put_assignment(const struct explain *e, const struct vap_queue_facts *f)
{
    bool adapter = !vap_caused(f->causes, VAP_CAUSE_ADAPTER_UNASSIGNED);
    bool domain = !vap_caused(f->causes, VAP_CAUSE_DOMAIN_UNASSIGNED);
    char text[256];

    if (f->owner < e->host->engine->n_slots)
        (void)snprintf(text, sizeof(text), "to %s",
                       host_mdev_name(e->host, f->owner));
    else
        (void)snprintf(text, sizeof(text), "to no mdev");
    if (f->mdev < e->host->engine->n_slots && f->owner != f->mdev)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                       "; %s has %s", host_mdev_name(e->host, f->mdev),
                       adapter  ? "the adapter, and not the domain"
                       : domain ? "the domain, and not the adapter"
                                : "neither its adapter nor its domain");
    put_question("assigned", text);
}

static void
put_presence(const struct vap_queue_facts *f)
{
    static const struct {
        enum vap_cause cause;
        const char *answer;
    } answers[] = {
        { VAP_CAUSE_ADAPTER_ABSENT, "the host has not the adapter" },
        { VAP_CAUSE_ADAPTER_UNSCANNED,
          "the adapter has come, and is not yet scanned" },
        { VAP_CAUSE_DOMAIN_ABSENT, "the host has not the domain" },
        { VAP_CAUSE_DOMAIN_UNSCANNED,
          "the domain has come, and is not yet scanned" },
        { VAP_CAUSE_NO_DEVICE, "the host has both ids, and no such queue" },
        { VAP_CAUSE_LEAVING, "there, until the next scan" },
    };
    bool any = false;

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (vap_caused(f->causes, answers[i].cause)) {
            put_question(any ? "" : "in the host", answers[i].answer);
            any = true;
        }
    if (!any)
        put_question("in the host", "yes");
}

static void
put_masks(const struct explain *e, const struct vap_queue_facts *f)
{
    const struct vap_bus *bus = &e->host->engine->bus;
    bool apmask = vap_mask_has(&bus->apmask, VAP_ADAPTER_OF(f->apqn));
    bool aqmask = vap_mask_has(&bus->aqmask, VAP_DOMAIN_OF(f->apqn));

    put_question("masks", apmask && aqmask ? "keep it for the host: both "
                                             "apmask and aqmask have it"
                          : apmask ? "leave it to guests: aqmask lacks the "
                                     "domain"
                          : aqmask ? "leave it to guests: apmask lacks the "
                                     "adapter"
                                   : "leave it to guests");
    if (f->override != VAP_NO_DRIVER)
        put_question("override", host_driver_name(e->host, f->override));
}

static void
put_binding(const struct explain *e, const struct vap_queue_facts *f)
{
    char text[64];

    put_question("driver", f->driver == VAP_NO_DRIVER
                               ? "none"
                               : host_driver_name(e->host, f->driver));
    if (vap_caused(f->causes, VAP_CAUSE_RESET_FAILED)) {
        (void)snprintf(text, sizeof(text), "failed with response code %02x",
                       (unsigned)f->reset_rc);
        put_question("last reset", text);
    }
    if (vap_caused(f->causes, VAP_CAUSE_DECONFIGURED))
        put_question("card", "deconfigured: it answers nothing, and a reset "
                             "of its mdev fails with EIO");
    if (vap_caused(f->causes, VAP_CAUSE_CHECKSTOPPED))
        put_question("card", "checkstopped: it answers nothing, and a reset "
                             "of its mdev fails with EIO");
}

static void
put_adapter_holes(const struct explain *e, const struct vap_queue_facts *f)
{
    const struct vap_host *host = e->host->engine;
    unsigned adapter = VAP_ADAPTER_OF(f->apqn);
    struct vap_mask holes = vap_mask_none();
    char ids[IDS_TEXT];
    char text[IDS_TEXT + 32];

    if (f->mdev < host->n_slots)
        holes = vap_holes(host, &host->mdevs[f->mdev].matrix, adapter);
    if (vap_mask_empty(&holes))
        return;
    (void)snprintf(text, sizeof(text), "out: hole%s at %02x.%s",
                   vap_mask_count(&holes) == 1 ? "" : "s", adapter,
                   ids_text(&holes, 4, ids));
    put_question("its adapter", text);
}

static void
put_rule(const struct explain *e, const struct vap_queue_facts *f)
{
    char since[EXPLAIN_SINCE];
    char text[EXPLAIN_WHY + EXPLAIN_SINCE];

    if (vap_caused(f->causes, VAP_CAUSE_STALE))
        (void)snprintf(
            text, sizeof(text), "%s has not looked again since %s",
            e->host->engine->rule->name,
            explain_since(e->host, f->mdev, VAP_ADAPTER_OF(f->apqn), since));
    else if (vap_caused(f->causes, VAP_CAUSE_LEFTOVER))
        (void)snprintf(text, sizeof(text),
                       "%s has not looked again, and leaves it to the guest",
                       e->host->engine->rule->name);
    else if (vap_caused(f->causes, VAP_CAUSE_NOT_TOLD))
        (void)snprintf(text, sizeof(text),
                       "the running guest has not been told");
    else
        return;
    put_question("rule", text);
}

int
explain_put_queue(struct explain *e, const struct target *t)
{
    unsigned apqn = VAP_APQN(t->adapter, t->domain);
    struct vap_queue_facts f =
        vap_explain_queue(e->host->engine, apqn, t->mdev);

    (void)printf("%02x.%04x", (unsigned)t->adapter, (unsigned)t->domain);
    if (t->mdev < e->host->engine->n_slots)
        (void)printf(" of %s: %s\n", host_mdev_name(e->host, t->mdev),
                     f.given ? "given" : "not given");
    else
        (void)puts(": in no mdev");
    put_assignment(e, &f);
    put_presence(&f);
    put_masks(e, &f);
    put_binding(e, &f);
    put_adapter_holes(e, &f);
    put_rule(e, &f);
    return explain_put_remedies(e, t);
}
